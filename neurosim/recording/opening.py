"""How a recording is opened to be read: what can be wrong is told in words, where HDF5 has its own."""

from __future__ import annotations

from pathlib import Path

import h5py

from neurosim.errors import DataError, EnvironmentFailure, not_a_file
from neurosim.recording import guard


def opened(path: Path) -> tuple[h5py.File, bool]:
    """The file, with HDF5, once it is known to be sound; and whether it is laid out as a writer has left it.

    Raises:
        DataError: there is none, or it is empty, damaged or no recording.
        EnvironmentFailure: it may not be read.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise DataError(f"{path}: {not_a_file(path)}")  # whose reading might never end
    # A plain open first: its errors are clear, where HDF5 tells everything as "unable to open file".
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise DataError(f"{path} is a folder, not a recording") from None
    except OSError as error:
        raise EnvironmentFailure(f"{path} cannot be read: {error.strerror}") from None
    if empty:
        raise DataError(f"{path} is empty")
    sealed = guard.require_sound(path)
    try:
        return _opened_with_hdf5(path), sealed
    except (OSError, RuntimeError) as error:
        raise DataError(f"{path} is damaged or not a recording: {first_line(error)}") from error


def _opened_with_hdf5(path: Path) -> h5py.File:
    """The file, locked as everybody does by default: HDF5 refuses one process that opens a file with locks and without.

    So a notebook may have it open with h5py or xarray, too. Where the file system has no locks it is opened without.
    """
    try:
        return h5py.File(path, "r")
    except OSError:
        return h5py.File(path, "r", locking=False)


def first_line(error: Exception) -> str:
    """What HDF5 says, without where it says it."""
    text = str(error.args[0]) if error.args else type(error).__name__
    return text.partition("\n")[0]
