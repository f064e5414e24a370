"""What the disk can refuse, told in one sentence; and how bytes are made to stay."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from neurosim.errors import EnvironmentFailure

_REASONS = {
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is a file",
    errno.EISDIR: "it is a folder",
    errno.EACCES: "there is no permission",
    errno.EPERM: "there is no permission",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "it is larger than a file may be here",
}


class told:  # noqa: N801 - read as a word: with told(path); a class, since a run enters it at every sample
    """Turn an OSError of the block into an EnvironmentFailure that names the file.

    >>> with told(Path("run.h5")):
    ...     raise OSError(errno.ENOSPC, "No space left on device")
    Traceback (most recent call last):
    neurosim.errors.EnvironmentFailure: run.h5 cannot be written: the disk is full
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, OSError):
            reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
            raise EnvironmentFailure(f"{self._path} cannot be written: {reason}") from error


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A name beside a file to write to; what was written takes the file's place as a whole, once the disk holds it.

    Raises:
        EnvironmentFailure: the disk refuses; the file is then as it was before.

    >>> with tempfile.TemporaryDirectory() as folder, replaced(Path(folder) / "table.md") as made:
    ...     _ = made.write_text("a table")
    """
    with told(path), tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        made = Path(folder) / path.name
        yield made
        keep(made)
        os.replace(made, path)


def reserve(descriptor: int, size: int) -> None:
    """Claim the space of `size` bytes, so that a full disk is an OSError now and never an HDF5 error later.

    HDF5 ends the interpreter with a segmentation fault when it meets a full disk itself.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, 0, size)


def write_at(descriptor: int, content: bytes | memoryview, offset: int) -> None:
    """Write all bytes at an offset, however many calls it takes."""
    done = os.pwrite(descriptor, content, offset)
    if done == len(content):
        return
    rest = memoryview(content)[done:]
    write_at(descriptor, rest, offset + done)


def keep(path: Path) -> None:
    """Wait until the disk holds a file or, for a folder, the names in it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """Read `size` bytes at an offset, however many calls it takes.

    Raises:
        OSError: the file ends before them.
    """
    pieces = []
    while size:
        piece = os.pread(descriptor, size, offset)
        if not piece:
            raise OSError(errno.EIO, "it is shorter than it was")
        pieces.append(piece)
        size, offset = size - len(piece), offset + len(piece)
    return b"".join(pieces)
