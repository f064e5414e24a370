"""One writer per recording: a lock on a file beside it, which the system releases however the writer ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from neurosim.errors import EnvironmentFailure


def lock_of(path: Path) -> Path:
    """The file that carries the lock of a recording."""
    return path.with_name(path.name + ".lock")


def is_locked(path: Path) -> bool:
    """Whether somebody is writing a recording just now; the lock that a killed writer left behind is nobody's."""
    try:
        descriptor = os.open(lock_of(path), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


class WriterLock:
    """The right to write one recording, held from the moment this object exists until `release`.

    HDF5's own locks would shut out readers of a live file too, so they stay off; this one is only between writers. A
    file left behind by a killed writer is no obstacle: the lock is the system's, the file only carries it.

    Raises:
        EnvironmentFailure: another writer, in this process or another one, holds it.
        OSError: the file of the lock cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = lock_of(path)
        while True:
            self._descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o666)
            self._acquire(path)
            if self._is_current():
                return
            # Its last holder removed the file between our open and our lock: what we hold has no name any more.
            os.close(self._descriptor)

    def release(self) -> None:
        """Let the next writer in, and leave no file behind."""
        # Removed while still locked: afterwards it could already be the next writer's.
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _acquire(self, path: Path) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise EnvironmentFailure(f"{path} cannot be written: another run is writing it") from None
        except OSError:
            os.close(self._descriptor)
            raise

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False
