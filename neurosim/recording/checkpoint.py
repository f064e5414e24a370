"""Checkpoints: where a run stood, in a file that is whole or is not there.

An HDF5 file behind a head of 512 bytes, in which its SHA-256 stands. It is made in memory and goes to the disk in one piece, so
HDF5 never meets a full disk, and is read only after the checksum has been compared, so it never meets a damaged file either.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.recording import attributes, disk

MAGIC = b"neurosim checkpoint 1\n"
HEAD_BYTES = 512


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Texts and numbers by name, and arrays by address.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "run.checkpoint"
    >>> write_checkpoint(path, Checkpoint({"trial": 3}, {"hidden.bias": np.array([0.5])}))
    >>> read_checkpoint(path).arrays["hidden.bias"].tolist()
    [0.5]
    >>> folder.cleanup()
    """

    attributes: Mapping[str, attributes.Attribute] = field(default_factory=dict)
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Put a checkpoint in place of an older one, which stays until the new one is on the disk.

    Raises:
        EnvironmentFailure: the disk refuses; an older checkpoint is still there.
    """
    image = _image(checkpoint, str(path))
    head = MAGIC + hashlib.sha256(image).hexdigest().encode() + b"\n"
    temporary = path.with_name(path.name + ".tmp")
    with disk.told(path):
        try:
            with open(temporary, "wb") as file:
                file.write(head.ljust(HEAD_BYTES, b"\0"))
                file.write(image)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        disk.keep(path.parent)


def read_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint at a path.

    Raises:
        DataError: there is none, or it is damaged.
        EnvironmentFailure: there is no permission to read it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except OSError as error:
        raise EnvironmentFailure(f"{path} cannot be read: {error.strerror}") from None
    if not content.startswith(MAGIC):
        raise DataError(f"{path} is no checkpoint of this version of neurosim")
    image = memoryview(content)[HEAD_BYTES:]
    told = content[len(MAGIC) : HEAD_BYTES].partition(b"\n")[0]
    if hashlib.sha256(image).hexdigest().encode() != told:
        raise DataError(f"{path} is damaged: its checksum is another one")
    with h5py.File(io.BytesIO(image), "r") as file:
        return Checkpoint(attributes.read(file), {address: dataset[()] for address, dataset in file.items()})


def _image(checkpoint: Checkpoint, name: str) -> bytes:
    """The file as bytes; HDF5 takes files of one name for one file, in memory, too."""
    with h5py.File(name, "w", driver="core", backing_store=False) as file:
        attributes.write(file, attributes.checked(checkpoint.attributes))
        for address, values in checkpoint.arrays.items():
            file.create_dataset(address, data=values)
        file.flush()
        return bytes(file.id.get_file_image())
