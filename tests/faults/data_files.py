"""Damaged files of data sets: what the tasks that read them make of them, with the checksums of their owners and without."""

from __future__ import annotations

import gzip
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
import pytest
from small_files import LAID_OUT, TESTS, TRAINING, Small, forget

from faults.damage import DAMAGES
from faults.told import Looked, patience, peak
from neurosim.errors import EnvironmentFailure, InputError
from neurosim.tasks import TASKS

_PATCH = pytest.MonkeyPatch()
SETS = ("mnist", "fashion_mnist", "svhn", "mnist_background")
MEGABYTES = 1_000
"""Damaged sizes may ask for any amount of memory."""


def loaded(folder: str, number: int) -> Looked:
    """Ask a task for its trials while one of its files is damaged.

    Every second file passes for the owner's own, as if its checksum were right: so that what reads it is reached.
    """
    random = Random(f"data file {number}")
    name, how = random.choice(SETS), random.choice(sorted([*DAMAGES, *SAID]))
    small, whole, right = _small(folder, name)
    file = random.choice(sorted(whole))
    damage = SAID.get(how) or DAMAGES[how]
    content = damage(whole[file], random)
    pinned = bool(number % 2)
    small.write(file, content, pinned=pinned and bool(small.module.SOURCE.files[file]))
    forget()
    outcome, faults = _asked(name, file, right, exact=content == whole[file])
    small.write(file, whole[file], pinned=bool(small.module.SOURCE.files[file]))
    if outcome == "other numbers" and small.module.SOURCE.files[file] and how not in SAID:
        faults.append("other numbers than the owner's")
    told = "owner's checksum" if small.module.SOURCE.files[file] and not pinned else "no checksum"
    return Looked(f"{told}: {outcome}", tuple(f"data file {number} ({file}, {how}, {told}): {fault}" for fault in faults))


def _asked(name: str, file: str, right: list[np.ndarray], *, exact: bool) -> tuple[str, list[str]]:
    try:
        with patience():
            found = _numbers(name)
    except InputError as error:
        text = str(error)
        lines = [] if "\n" not in text else [f"told in several lines: {text!r}"]
        return "refused", lines + ([] if file in text else [f"the message does not name the file: {text!r}"])
    except EnvironmentFailure as error:
        return "refused", [f"told as if the machine were at fault: {error}"]
    except BaseException as error:
        return "traceback", [f"traceback: {type(error).__name__}: {error}"]
    if peak() > MEGABYTES:
        return "refused", [f"needed {peak():.0f} MB"]
    if all(np.array_equal(one, other) for one, other in zip(found, right, strict=True)):
        return "right numbers", []
    return "other numbers", ["other numbers of an undamaged file"] if exact else []


def _numbers(name: str) -> list[np.ndarray]:
    sizes = {"tests": TESTS, **({"training": TRAINING} if name in ("mnist", "fashion_mnist") else {})}
    task = TASKS[name](normalise="none", **sizes)
    return [*task.trials(1, 0, TRAINING), *task.test()]


def _another_count(content: bytes, random: Random) -> bytes:
    """A number in the header is another one, however the file is packed."""
    number = random.choice((0, 1, 39, 41, 2**16, 2**31 - 1, 2**31, 2**32 - 1))
    if content.startswith(b"\x1f\x8b"):
        raw = bytearray(gzip.decompress(content))
        place = 4 * random.randint(0, 3)
        raw[place : place + 4] = struct.pack(">I", number)
        return gzip.compress(bytes(raw))
    if content.startswith(b"MATLAB"):
        size = struct.unpack_from("<I", content, 132)[0]
        raw = bytearray(zlib.decompress(content[136 : 136 + size]))
        place = 4 * random.randint(0, 14)
        raw[place : place + 4] = struct.pack("<I", number)
        packed = zlib.compress(bytes(raw))
        return content[:132] + struct.pack("<I", len(packed)) + packed + content[136 + size :]
    return content.replace(b" ", random.choice((b"  ", b",", b" nan ", b" 1e999 ", b"\n")), random.choice((1, 40, -1)))


def _bomb(content: bytes, random: Random) -> bytes:
    """A file that unpacks to two gigabytes of zeros, where it is packed."""
    return _packed_zeros() if content.startswith(b"\x1f\x8b") else gzip.compress(content)


@lru_cache(maxsize=1)
def _packed_zeros() -> bytes:
    """The block of a stream that refers to nothing before it may be repeated: so this is quickly packed."""
    block, times = bytes(1 << 24), 128
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = 0
    for _ in range(times):
        checksum = zlib.crc32(block, checksum)
    head = gzip.compress(b"")[:10]
    return head + packed * times + b"\x03\x00" + struct.pack("<II", checksum, len(block) * times % 2**32)


def _empty(content: bytes, random: Random) -> bytes:
    """There is nothing in it."""
    return b""


SAID = {"another_count": _another_count, "bomb": _bomb, "empty": _empty}
"""Damage that knows the formats."""


def taken_away() -> None:
    """Let the tasks find the files of their owners again."""
    _PATCH.undo()
    _small.cache_clear()
    forget()


@lru_cache(maxsize=8)
def _small(folder: str, name: str) -> tuple[Small, dict[str, bytes], list[np.ndarray]]:
    """A data set in whole files, their bytes, and the numbers in them."""
    small = LAID_OUT[name](Path(folder), _PATCH)
    whole = {path.name: path.read_bytes() for path in small.folder.iterdir() if path.name != "extra_32x32.mat"}
    return small, whole, _numbers(name)
