"""The attributes of a recording: which values HDF5, netCDF-4 and xarray all read alike, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import h5py
import numpy as np

from neurosim.errors import Damaged, InputError, Problem

Attribute: TypeAlias = str | int | float | Sequence[str]

FORMAT = "neurosim recording"
FORMAT_VERSION = 1
RESERVED = ("format", "format_version", "Conventions", "status", "committed_trial")
"""The writer's own names."""
LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes of an attribute: the description of a circuit whose weights are written out may be long."""
STATUSES = ("running", "complete", "failed", "interrupted")
"""How a run can stand, as the attribute `status` tells."""

_STRING = h5py.string_dtype()
_TEXT = h5py.h5t.py_create(_STRING, logical=True)
_ONE = h5py.h5s.create(h5py.h5s.SCALAR)


def checked(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    """The attributes as they will be stored: whole numbers as int, truth values as 0 and 1, sequences as lists.

    Neither enumerations (HDF5's booleans), which netCDF drops, nor references, at which h5netcdf fails, are stored.

    Raises:
        InputError: with every attribute that cannot be stored.

    >>> checked({"seed": 1, "paired": True, "arms": ("a", "b")})
    {'seed': 1, 'paired': 1, 'arms': ['a', 'b']}
    """
    faults = {name: _fault(name, value) for name, value in attributes.items()}
    problems = [Problem(place(name), fault) for name, fault in faults.items() if fault]
    if problems:
        raise InputError(problems)
    return {name: _plain(value) for name, value in attributes.items()}


def write(target: h5py.HLObject, attributes: Mapping[str, Any]) -> None:
    """Store checked attributes at an HDF5 object, replacing those of the same name."""
    # One HDF5 call each instead of h5py's six: a run writes eighty files with two dozen attributes.
    for name, value in attributes.items():
        content = np.array(value, dtype=_STRING if isinstance(value, str | list) else None)
        kind = _TEXT if content.dtype == _STRING else h5py.h5t.py_create(content.dtype)
        space = h5py.h5s.create_simple(content.shape) if content.shape else _ONE
        if h5py.h5a.exists(target.id, name.encode()):
            h5py.h5a.delete(target.id, name.encode())
        h5py.h5a.create(target.id, name.encode(), kind, space).write(content)


def read(target: h5py.HLObject) -> dict[str, Any]:
    """All attributes of an HDF5 object as str, int, float or list of str.

    Raises:
        Damaged: one is empty, or longer than any that is ever written.
    """
    names: list[bytes] = []
    h5py.h5a.iterate(target.id, lambda name, *_: names.append(name))
    found: dict[str, Any] = {}
    for encoded in names:  # with HDF5's own calls: h5py opens each attribute twice
        name = encoded.decode(errors="surrogateescape")
        stored = h5py.h5a.open(target.id, encoded)
        text = _text(stored)
        value = _other(target, name, stored) if text is None else text
        if value is None or (isinstance(value, str) and len(value) > LARGEST_TEXT):
            raise damaged(target, place(name), f"expected at most {LARGEST_TEXT:,} bytes, found more")
        found[name] = value
    return found


def _text(stored: h5py.h5a.AttrID) -> str | None:
    """An attribute that is one text as they are written, which most are; None if it is anything else."""
    kind = stored.get_type()
    if not (isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str() and kind.get_cset() == h5py.h5t.CSET_UTF8):
        return None
    if stored.shape != ():
        return None
    content = np.zeros((), _STRING)
    stored.read(content)
    value = content[()]
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else None


def _other(target: h5py.HLObject, name: str, stored: h5py.h5a.AttrID) -> Any:
    """An attribute that is not one text of any length; None where it is longer than any that is written."""
    shape, dtype = stored.shape, stored.dtype
    if shape is None:
        raise damaged(target, place(name), "expected a value, found none")
    if math.prod(shape) * dtype.itemsize > LARGEST_TEXT:
        return None
    if shape == ():
        content = np.zeros((), dtype)
        stored.read(content)
        return python(content[()])
    return python(target.attrs[name])


def place(name: str) -> str:
    """The address of an attribute of a file, as messages tell it."""
    return f"attribute {name!r}"


def damaged(node: h5py.HLObject, address: str, message: str) -> Damaged:
    """The error that something in the file of a node is not what it should be."""
    return Damaged([Problem(address, message)], str(node.file.filename))


def is_text(target: h5py.HLObject, name: str) -> bool:
    """Whether an attribute is there and is one text; found out without reading it, since files have thousands of them."""
    if not h5py.h5a.exists(target.id, name.encode()):
        return False
    stored = h5py.h5a.open(target.id, name.encode())
    return stored.shape == () and isinstance(stored.get_type(), h5py.h5t.TypeStringID)


def one(target: h5py.HLObject, name: str) -> Any:
    """One attribute of an HDF5 object as `read` gives it; None where it is not there."""
    if not h5py.h5a.exists(target.id, name.encode()):
        return None
    text = _text(h5py.h5a.open(target.id, name.encode()))
    return python(target.attrs[name]) if text is None else text


def _fault(name: str, value: object) -> str | None:
    if name in RESERVED:
        return "is written by the recording itself"
    if not name or "/" in name or "\0" in name:
        return "cannot name an attribute"
    if isinstance(value, str):
        return _string_fault(value)
    if isinstance(value, bool | np.bool_ | float | np.floating):
        return None
    if isinstance(value, int | np.integer):
        return None if -(2**63) <= value < 2**63 else "does not fit into 64 bits"
    if isinstance(value, Sequence) and not isinstance(value, bytes) and all(isinstance(item, str) for item in value):
        return next((fault for item in value if (fault := _string_fault(item))), None)
    return f"expected text, a number or a sequence of texts, found {type(value).__name__}"


def _string_fault(text: str) -> str | None:
    if "\0" in text:
        return "contains a zero character, which HDF5 cannot store"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "contains half a character (a lone surrogate), which UTF-8 cannot store"
    return f"is longer than {LARGEST_TEXT // 1024**2} MB" if size > LARGEST_TEXT else None


def _plain(value: Any) -> str | int | float | list[str]:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value)
    return [str(item) for item in value]


def python(value: Any) -> Any:
    """What h5py gave as a value of Python's own."""
    if isinstance(value, bytes):  # a text of a fixed length: other programs write such
        return value.decode(errors="replace")
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value
