"""Read all of an HDF5 file: run as a script, in a process of its own, by which the file may do no harm to another.

It ends with 0 if all of it could be read, with 1 and a line that says why if not, and however HDF5 ends it otherwise.
"""

from __future__ import annotations

import contextlib
import sys

BLOCK = 16 * 1024 * 1024
MEMORY = 4 * 1024**3
"""Bytes of addresses: a damaged length may ask for any number."""


def main(path: str) -> int:
    """Read every attribute and every value; 1 if one cannot be."""
    _limit()
    import h5py

    def visit(name: str, node: h5py.HLObject) -> None:
        dict(node.attrs.items())
        if isinstance(node, h5py.Dataset):
            _read(node)

    try:
        with h5py.File(path, "r", locking=False) as file:
            visit("/", file)
            file.visititems(visit)
    except MemoryError:
        print("it asks for more memory than any recording needs")
        return 1
    except Exception as error:
        print((str(error) or type(error).__name__).splitlines()[0])
        return 1
    return 0


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _read(dataset):  # type: ignore[no-untyped-def]
    """Read a dataset in pieces, so that a large one takes no more memory than a small one."""
    if not dataset.shape:
        dataset[()]
        return
    row = max(dataset.dtype.itemsize * dataset.size // max(dataset.shape[0], 1), 1)
    rows = max(BLOCK // row, 1)
    for first in range(0, dataset.shape[0], rows):
        dataset[first : first + rows]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
