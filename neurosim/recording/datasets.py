"""Every dataset of a file, by HDF5's own identifiers: to make h5py's objects of all takes longer than what is read of them."""

from __future__ import annotations

import h5py


def datasets_of(file: h5py.File) -> list[h5py.h5d.DatasetID]:
    """The datasets of a file, in the order in which HDF5 visits them; one that has several names comes once."""
    names: list[bytes] = []

    def meet(name: bytes, node: h5py.h5o.ObjInfo) -> None:
        if node.type == h5py.h5o.TYPE_DATASET:
            names.append(name)

    h5py.h5o.visit(file.id, meet, info=True)
    return [h5py.h5d.open(file.id, name) for name in names]
