"""What is handed to machine code: arrays of Python's, and where in memory they begin, which is found out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.engine.compile import begin_of
from neurosim.engine.kernel_texts import Kernel


class Words:
    """Whole numbers that kernels read and write, and where they begin."""

    def __init__(self, count: int) -> None:
        self.cells = np.zeros(count, np.int64)
        self.place = begin_of(self.cells)


class Table:
    """A table as the machine reads it, and where it begins, its rows, and their length."""

    def __init__(self, rows: Sequence[tuple[Kernel, list[int]]]) -> None:
        self.cells = np.zeros((len(rows), max((1 + len(cells) for _, cells in rows), default=1)), np.int64)
        for row, (served, cells) in zip(self.cells, rows, strict=True):
            row[0] = served.address
            row[1 : 1 + len(cells)] = cells
        self.place = (begin_of(self.cells), self.cells.shape[0], self.cells.shape[1])


class Stream:
    """Rows of numbers that come from outside, one for each trial, and where they begin."""

    def __init__(self, address: str, rows: np.ndarray) -> None:
        self.address, self.rows = address, rows
        self.place, self.row_bytes, self.size = begin_of(rows), rows.strides[0], rows.shape[1]
