"""Files of data sets: found in the user's folders or fetched once, and never read with a wrong checksum."""

from __future__ import annotations

import hashlib
import importlib
import io
import math
import os
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from gzip import GzipFile
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from neurosim.errors import DataError, EnvironmentFailure, Problem

_BYTES = 0x08
"""The IDX code of unsigned bytes, the only kind of element that is read."""

LARGEST = 10_000_000
"""The most examples, where any number is right."""


class Source(NamedTuple):
    """Where a data set comes from.

    Args:
        folder: the name of its folder, among the user's and in the cache.
        url: the address of the folder in which its owner publishes it.
        files: name → checksum as "algorithm:digest", or "" where none is known for certain: such a file is never fetched,
            and taken for what it should be if its content is.
        archive: the file at `url` that holds the files, where they are not published one by one.
        by_hand: of a data set that is never fetched: what it needs, and why the user has to bring it.
    """

    folder: str
    url: str
    files: dict[str, str]
    archive: str = ""
    by_hand: str = ""


def located(source: Source) -> dict[str, Path]:
    """Where every file of a data set lies, by name; each has the right checksum, if one is known.

    Looked for in the data set's subfolder of the folder that NEUROSIM_DATA names and in that folder itself, then in the user's
    cache, else fetched into that cache; NEUROSIM_OFFLINE=1 never fetches.

    Raises DataError for a file whose checksum is not the expected one, EnvironmentFailure when a file cannot be had.
    """
    found = {name: local(source, name) for name in source.files}
    missing = [name for name, path in found.items() if path is None]
    fetched = _fetch(source, missing) if missing else {}
    return {name: verified(found[name] or fetched[name], checksum) for name, checksum in source.files.items()}


def contents(source: Source) -> dict[str, bytes]:
    """The bytes of every file of a data set, by name; see `located`."""
    return {name: path.read_bytes() for name, path in located(source).items()}


def located_folders(source: Source, names: Sequence[str]) -> dict[str, Path] | None:
    """Folders that lie side by side in a data set's own, by name; None where they do not.

    Looked for where `located` looks, and there in a subfolder that is called as the data set, too. Upper and lower case are the
    same. Raises EnvironmentFailure for a folder that cannot be read.

    >>> located_folders(Source("nothing of this name", "", {}), ["no such folder"]) is None
    True
    """
    for place in _places(source):
        for folder in (place, named(place, source.folder)):
            found = {name: named(folder, name) for name in names} if folder else {}
            there = {name: path for name, path in found.items() if path and path.is_dir()}
            if len(there) == len(names):
                return there
    return None


def absent(source: Source) -> EnvironmentFailure:
    """What to raise where a data set that is never fetched is nowhere."""
    places = "\n".join(f"  {place}" for place in _places(source))
    return EnvironmentFailure(
        f"the data set {source.folder!r} is not here, and is never fetched: {source.by_hand}\nLooked for in\n{places}\n"
        f"Copy it there, or name the folder in which {source.folder!r} lies in the environment variable NEUROSIM_DATA."
    )


def named(folder: Path, name: str) -> Path | None:
    """What lies in a folder under a name, in upper or lower case; None where nothing does."""
    return next((path for path in entries(folder) if path.name.lower() == name.lower()), None)


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, in the order of the names in lower case; nothing where there is no such folder.

    Raises EnvironmentFailure when the folder cannot be read.
    """
    if not folder.is_dir():
        return []
    try:
        return sorted(folder.iterdir(), key=lambda path: (path.name.lower(), path.name))
    except OSError as error:
        raise EnvironmentFailure(f"{folder}: cannot be read: {error}") from error


def verified(path: Path, checksum: str) -> Path:
    """The path of a file whose checksum, "algorithm:digest", is right; "" is any file that can be read.

    Raises DataError that names the file and both checksums when it is not, EnvironmentFailure when it cannot be read.
    """
    algorithm = checksum.partition(":")[0]
    try:
        with path.open("rb") as file:
            actual = f"{algorithm}:{hashlib.file_digest(file, algorithm).hexdigest()}" if checksum else ""
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read: {error}") from error
    if actual != checksum:
        text = f"the file is damaged, or another data set's: expected {checksum}, found {actual}; copy the right one here"
        raise DataError([Problem(str(path), text)])
    return path


def needs(module: str, why: str) -> ModuleType:
    """An optional module; raises EnvironmentFailure that tells how to install it when it is not there."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        text = f'{why} needs {module.partition(".")[0]} ({error}); pip install "neurosim[data]"'
        raise EnvironmentFailure(text) from error


def parse_idx(data: bytes, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    """The array of unsigned bytes in a gzipped IDX file.

    Args:
        data: the file's bytes.
        name: what to call it in a message.
        shape: the expected sizes, None for any.

    Layout: two zero bytes, the type of the elements, the number of dimensions, their sizes as big-endian 32-bit
    numbers, the elements. Raises DataError when the bytes are not that.

    >>> from gzip import compress
    >>> parse_idx(compress(bytes([0, 0, 8, 1, 0, 0, 0, 2, 5, 7])), "labels", (None,)).tolist()
    [5, 7]
    """
    header = 4 + 4 * len(shape)
    most = header + math.prod(size or LARGEST for size in shape)
    try:
        raw = GzipFile(fileobj=io.BytesIO(data)).read(most + 1)  # and no more, whatever it unpacks to
    except (OSError, EOFError, zlib.error) as error:
        raise DataError([Problem(name, f"not a whole gzip file: {error}")]) from error
    magic = bytes([0, 0, _BYTES, len(shape)])
    if raw[:4] != magic or len(raw) < header:
        text = f"not an IDX file of {len(shape)} dimensions: expected {magic.hex()} at its start, found {raw[:4].hex()}"
        raise DataError([Problem(name, text)])
    sizes = tuple(np.frombuffer(raw, ">u4", len(shape), 4).tolist())
    if any(wanted not in (None, size) for wanted, size in zip(shape, sizes, strict=True)):
        told = tuple("any" if size is None else size for size in shape)
        raise DataError([Problem(name, f"expected the sizes {told}, found {sizes}")])
    if len(raw) - header != math.prod(sizes):
        text = f"expected {math.prod(sizes)} bytes of data for the sizes {sizes}, found {len(raw) - header}"
        raise DataError([Problem(name, text)])
    return np.frombuffer(raw, np.uint8, offset=header).reshape(sizes)


def arrays_of(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays of a file of NumPy's (npz), by name; raises DataError where it is damaged or lacks one."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        text = f"not a whole file of the arrays {', '.join(names)}: {error}"
        raise DataError([Problem(str(path), text)]) from error


def _places(source: Source) -> list[Path]:
    """The folders to look in, first to last; the last is the cache."""
    import platformdirs

    named = os.environ.get("NEUROSIM_DATA", "")
    folders = [Path(named).expanduser() / source.folder, Path(named).expanduser()] if named else []
    return [*folders, Path(platformdirs.user_cache_dir("neurosim", appauthor=False)) / source.folder]


def local(source: Source, name: str) -> Path | None:
    """Where a file of a data set lies on this machine, whatever it holds; None where it does not."""
    return next((place / name for place in _places(source) if (place / name).is_file()), None)


def _fetch(source: Source, names: Iterable[str]) -> dict[str, Path]:
    names = list(names)
    if source.by_hand:
        raise absent(source)
    if os.environ.get("NEUROSIM_OFFLINE", "") not in ("", "0"):
        raise EnvironmentFailure(_by_hand(source, names, "NEUROSIM_OFFLINE is set"))
    if not all(source.files[name] for name in names):
        raise EnvironmentFailure(_by_hand(source, names, "no checksum is known by which to recognise the files"))
    try:
        pooch = needs("pooch", "fetching a data set")
    except EnvironmentFailure as error:
        raise EnvironmentFailure(_by_hand(source, names, str(error))) from error
    cache = _places(source)[-1]
    fetched = {}
    for name in names:
        try:
            path = pooch.retrieve(source.url + name, source.files[name], fname=name, path=cache)
        except ValueError as error:  # what was fetched has another checksum; pooch has deleted it
            raise DataError([Problem(source.url + name, str(error))]) from error
        except OSError as error:  # no network, a refused request, no permission, a full disk
            raise EnvironmentFailure(_by_hand(source, names, str(error))) from error
        fetched[name] = Path(path)
    return fetched


def _by_hand(source: Source, names: Iterable[str], reason: str) -> str:
    """What to tell someone whose machine cannot fetch the files."""
    files = [_published(source, name) for name in names]
    places = ", ".join(str(place) for place in _places(source))
    return "\n".join(
        [
            f"cannot fetch the data set {source.folder!r}: {reason}",
            f"These files were not found in {places}:",
            *files,
            "Copy them by hand into a folder, and name that folder in the environment variable NEUROSIM_DATA.",
        ]
    )


def _published(source: Source, name: str) -> str:
    """Where the owner publishes a file, and its checksum."""
    address = f"{name}, in {source.url}{source.archive}" if source.archive else source.url + name
    return f"  {address}\n    {source.files[name] or 'no checksum is known'}"
