"""What stands between HDF5 and a damaged file: HDF5 follows whatever addresses it reads, crashes over wrong ones, or never ends.

A recording ends with a *seal*, behind what HDF5 knows of: a checksum of every byte that HDF5 follows. It is looked at before
HDF5 sees the file. What changes while a run lives is left out of it, and so are compressed chunks: they have two checksums of
their own, so that a recording with one damaged quantity still gives the others. A file without a seal (HDF5 removes it when
another program writes into the file) is first read from end to end in a process of its own.
"""

from __future__ import annotations

import hashlib
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from neurosim.errors import Damaged

if TYPE_CHECKING:
    import h5py

Stretch: TypeAlias = tuple[int, int]
"""Where some bytes of a file begin, and how many they are."""

SIGNATURE = b"\x89HDF\r\n\x1a\n"
PATIENCE = 10.0
"""Seconds that a small file without a seal may take to be read."""
BYTES_PER_SECOND = 20_000_000
RECENT = 2.0

_MARK = b"neurosim\x00sealed\x01"
_FOOT = struct.Struct(f"<32sQ{len(_MARK)}s")
_PAIR = struct.Struct("<QQ")
_BLOCK, _HEAD = 1 << 20, 64
_known: dict[Path, tuple[tuple[int, ...], str | None, bool]] = {}
"""What was found out about files, as they were then: figures and checks open a recording several times."""


def seal(path: Path, loose: Sequence[Stretch] | None = None) -> None:
    """Put a seal behind a closed HDF5 file.

    Args:
        path: the file.
        loose: what the seal does not hold, in any order; by default the compressed chunks.

    Raises:
        OSError: the disk cannot hold it.
    """
    with path.open("r+b") as file:
        end = _end(file.read(_HEAD)) or os.fstat(file.fileno()).st_size
        file.truncate(end)
        left_out = sorted(_chunks_of(path) if loose is None else loose)
        table = b"".join(_PAIR.pack(*stretch) for stretch in left_out)
        digest = _digest(file, end, left_out, table)
        file.seek(end)
        file.write(table + _FOOT.pack(digest, len(left_out), _MARK))


def require_sound(path: Path) -> bool:
    """Whether a file is, but for its values, as a writer of recordings has left it, and not only sound.

    Raises:
        Damaged: it is damaged, or HDF5 might crash over it or never end.
    """
    told = os.stat(path)
    as_it_is = (told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    if path not in _known or _known[path][0] != as_it_is:
        _known[path] = as_it_is, *_fault(path)
    _, fault, sealed = _known[path]
    if fault is not None:
        raise Damaged(f"{path} {fault}")
    return sealed


def _fault(path: Path) -> tuple[str | None, bool]:
    """What is wrong with a file, or None; and whether it has a seal that fits."""
    with path.open("rb") as file:
        told = os.fstat(file.fileno())  # of this very file: a run may put another one in its place at any moment
        head = file.read(_HEAD)
        if not head.startswith(SIGNATURE):
            return "is damaged or not a recording: it does not begin as HDF5 files do", False
        end = _end(head)
        if end > told.st_size:
            return f"is cut short: it has {told.st_size:,} of {end:,} bytes", False
        sealed = _is_as_sealed(file, told.st_size)
    if sealed is False and time.time() - told.st_mtime < RECENT:
        time.sleep(0.1)  # a run that was just interrupted may be writing its last attributes
        with path.open("rb") as file:
            sealed = _is_as_sealed(file, os.fstat(file.fileno()).st_size)
    if sealed is False:
        return "is damaged: its checksum is not that of its content; copy it, or run it, again", False
    if sealed is None and end < told.st_size:
        return "is damaged: its checksum, which stands at its end, cannot be read", False
    return (None, True) if sealed else (_fault_elsewhere(path, told.st_size), False)


def _is_as_sealed(file: BinaryIO, size: int) -> bool | None:
    """Whether the content of a file is what it was when it was sealed; None where there is no seal."""
    if size < _FOOT.size:
        return None
    file.seek(size - _FOOT.size)
    digest, count, mark = _FOOT.unpack(file.read(_FOOT.size))
    end = size - _FOOT.size - count * _PAIR.size
    if mark != _MARK:
        return None
    if end < 0:
        return False
    file.seek(end)
    table = file.read(count * _PAIR.size)
    return bool(digest == _digest(file, end, list(_PAIR.iter_unpack(table)), table))


def _digest(file: BinaryIO, end: int, loose: Sequence[Stretch], table: bytes) -> bytes:
    """The checksum of a file up to an end, without the loose stretches, and of where these are."""
    total = hashlib.sha256(table)
    for start, length in _between(loose, end):
        file.seek(start)
        while length:
            block = file.read(min(length, _BLOCK))
            if not block:
                break
            total.update(block)
            length -= len(block)
    return total.digest()


def _between(loose: Sequence[Stretch], end: int) -> Iterator[Stretch]:
    """What lies between stretches, up to an end.

    >>> list(_between([(10, 5), (15, 5)], 30))
    [(0, 10), (20, 10)]
    """
    place = 0
    for start, length in loose:
        if end > place < start:
            yield place, min(start, end) - place
        place = max(place, start + length)
    if place < end:
        yield place, end - place


def _end(head: bytes) -> int:
    """Where an HDF5 file ends, as its superblock tells; 0 where it does not tell in a way that is known here."""
    version, place = head[8:9], {b"\x00": 40, b"\x01": 44, b"\x02": 28, b"\x03": 28}
    start = place.get(version, len(head))
    return int.from_bytes(head[start : start + 8], "little") if len(head) >= start + 8 else 0


def chunks(file: h5py.File) -> list[Stretch]:
    """Where the chunks of all datasets are that went through all filters: zlib and Fletcher tell damage to these."""
    import h5py

    from neurosim.recording.datasets import datasets_of

    found: list[Stretch] = []

    def note(chunk: h5py.h5d.StoreInfo) -> None:
        if not chunk.filter_mask:  # a bit of it says that a filter was left out, as where zlib made nothing shorter
            found.append((chunk.byte_offset, chunk.size))

    file.flush()
    for dataset in datasets_of(file):
        made = dataset.get_create_plist()
        filters = {made.get_filter(index)[0] for index in range(made.get_nfilters())}
        if {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32} <= filters:
            dataset.chunk_iter(note)
    return found


def _chunks_of(path: Path) -> list[Stretch]:
    import h5py

    with h5py.File(path, "r", locking=False) as file:
        return chunks(file)


def _fault_elsewhere(path: Path, size: int) -> str | None:
    """Read a file from end to end in a process of its own, and say what did not go well there."""
    script = Path(__file__).with_name("read_whole.py")
    paths = os.pathsep.join(place for place in sys.path if place)
    environment = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(script), str(path)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE + size / BYTES_PER_SECOND,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "is damaged: reading it does not come to an end"
    if done.returncode < 0:
        return f"is damaged: HDF5 crashes over it ({signal.Signals(-done.returncode).name})"
    lines = done.stdout.strip().splitlines() or ["it cannot be read"]
    return f"is damaged: {lines[-1]}" if done.returncode else None
