"""All that recordings hold, for comparing runs with one another: every dataset and every attribute, bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

_LINKS = ("REFERENCE_LIST", "DIMENSION_LIST")
"""HDF5's own references between a dataset and its scales: addresses in the file."""
_TIME = "seconds"
"""How long a run took: what no two runs have in common."""


def contents(folder: Path) -> dict[str, dict[tuple[str, str], Any]]:
    """file → (object, attribute, or "" for its values) → what is there; none of it tells the time of the run."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(folder.rglob("*.h5"))}


def _content(path: Path) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}

    def visit(name: str, node: h5py.HLObject) -> None:
        for key, value in node.attrs.items():
            if key not in (*_LINKS, _TIME):
                found[name, key] = _plain(value)
        if isinstance(node, h5py.Dataset):
            found[name, ""] = _plain(node[()])

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
    assert found
    return found


def _plain(value: Any) -> Any:
    array = np.asarray(value)
    return (array.dtype.str, array.shape, array.tolist() if array.dtype == object else array.tobytes())
