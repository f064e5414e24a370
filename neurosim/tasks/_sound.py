"""Recordings as samples: 16-bit PCM from NIST SPHERE files, as TIMIT has them, and from RIFF WAVE files."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np

from neurosim.errors import DataError, EnvironmentFailure, Problem

_SPHERE = b"NIST_1A\n"
_BYTE_ORDERS = {"01": "<i2", "10": ">i2"}
"""What the byte formats of SPHERE mean: the byte of lower order first, or last."""


def samples_of(path: Path, rate: int) -> np.ndarray:
    """The samples of a recording of one channel, [samples] in int16.

    What a file is, is told by its first bytes, not by its name: TIMIT's files are called WAV and are SPHERE files.

    Args:
        path: the file.
        rate: how many samples per second it must have.

    Raises DataError for a file that is damaged or holds something else, EnvironmentFailure for one that cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read: {error}") from error
    try:
        samples, found = parse_sphere(data) if data.startswith(_SPHERE) else parse_wave(data)
    except ValueError as error:
        raise DataError([Problem(str(path), str(error))]) from error
    if found != rate:
        raise DataError([Problem(str(path), f"expected {rate} samples per second, found {found}")])
    return samples


def parse_sphere(data: bytes) -> tuple[np.ndarray, int]:
    """The samples of a NIST SPHERE file of one channel of 16-bit PCM, and their rate in Hz.

    Layout: the line `NIST_1A`, a line with the size of the header in bytes (1024), lines of a name, a type (`-i` for a whole
    number, `-s3` for a text of three bytes) and a value until the line `end_head`, padding, the samples. What the header does
    not say is: one channel, coded as pcm.

    Raises ValueError that says what is wrong, also for samples that are compressed by shorten.

    Note: the SPHERE package of NIST, header.doc.

    >>> head = "sample_count -i 2|sample_rate -i 16000|sample_n_bytes -i 2|sample_byte_format -s2 10|end_head|"
    >>> parse_sphere(("NIST_1A|   1024|" + head).replace("|", chr(10)).encode().ljust(1024) + bytes([0, 5, 1, 0]))
    (array([  5, 256], dtype=int16), 16000)
    """
    size, said = _sphere_header(data)
    coding = said.get("sample_coding", "pcm")
    if "shorten" in coding:
        raise ValueError(f"compressed as {coding!r}: uncompress it first, as sph2pipe -p -f sph and NIST's w_decode -o pcm do")
    for name, wanted in (("sample_coding", "pcm"), ("channel_count", "1"), ("sample_n_bytes", "2")):
        if said.get(name, wanted) != wanted:
            raise ValueError(f"expected {name} {wanted}, found {said[name]}")
    order = _said(said, "sample_byte_format")
    if order not in _BYTE_ORDERS:
        raise ValueError(f"expected sample_byte_format 01 or 10, found {order}")
    count, present = _number(said, "sample_count"), (len(data) - size) // 2
    if count > present:
        raise ValueError(f"the file is cut short: its header promises {count} samples, there are {max(present, 0)}")
    return np.frombuffer(data, _BYTE_ORDERS[order], count, size).astype(np.int16), _number(said, "sample_rate")


def parse_wave(data: bytes) -> tuple[np.ndarray, int]:
    """The samples of a RIFF WAVE file of one channel of 16-bit PCM, and their rate in Hz; raises ValueError."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate, count = file.getparams()[:4]
            frames = file.readframes(count)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"neither a NIST SPHERE nor a whole RIFF WAVE file: {error}".rstrip(": ")) from error
    if (channels, width) != (1, 2):
        raise ValueError(f"expected one channel of 2 bytes per sample, found {channels} of {width}")
    if len(frames) != 2 * count:
        raise ValueError(f"the file is cut short: its header promises {count} samples, there are {len(frames) // 2}")
    return np.frombuffer(frames, "<i2").astype(np.int16), rate


def _sphere_header(data: bytes) -> tuple[int, dict[str, str]]:
    """The size of the header, and what it says, by name."""
    lines = data[: 1 << 16].split(b"\n")
    told = lines[1].strip().decode("latin-1") if len(lines) > 1 else ""
    if not (told.isascii() and told.isdigit()):
        raise ValueError(f"line 2: expected the size of the header in bytes, found {told[:20]!r}")
    size = int(told)
    header = data[:size].decode("latin-1").splitlines()
    said: dict[str, str] = {}
    for number, line in enumerate(header[2:], start=3):
        if line.strip() == "end_head":
            return size, said
        words = line.split(maxsplit=2)
        if len(words) != 3:
            raise ValueError(f"line {number}: expected a name, a type and a value, or end_head, found {line[:40]!r}")
        said[words[0]] = words[2].strip()
    raise ValueError(f"the header has no line end_head in its {size} bytes")


def _said(said: dict[str, str], name: str) -> str:
    if name not in said:
        raise ValueError(f"the header does not tell {name}")
    return said[name]


def _number(said: dict[str, str], name: str) -> int:
    told = _said(said, name)
    if not (told.isascii() and told.isdigit()):
        raise ValueError(f"{name}: expected a whole number, found {told!r}")
    return int(told)
