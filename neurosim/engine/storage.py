"""How the arrays of a state lie in memory: vectors, weights in panels of postsynaptic neurons, and few synapses one by one."""

from __future__ import annotations

import copy
import math
import os
import sys
from functools import cache
from typing import Protocol

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.models.connectors import CONNECTORS

COMPACT_BELOW = 0.2
"""Patterns that join a smaller share of the pairs are stored synapse by synapse, where a synapse costs several times as much."""
ALIGNMENT = 64
LANES = 16
"""Kernels for few neurons read and write so many numbers at once, so every row has room for whole lanes."""
FEW_LINES = 4
"""Panels of no more lines than this are for the kernels for few neurons, which need them as narrow as they are."""
ONE_PANEL = 512
PANEL = 1008
"""The most postsynaptic neurons of a matrix in one panel, and of one panel among several: long rows are read fastest."""


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes, so that rows of whole vectors never straddle cache lines."""
    size = math.prod(shape) * dtype.itemsize
    if size > installed():
        raise MemoryError(f"an array of {size / 1e9:,.0f} GB; this machine has {installed() / 1e9:,.0f}")
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


@cache
def installed() -> int:
    """The bytes of memory that the machine has. A system that gives out more ends the process when it is used."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return sys.maxsize


def padded(count: int, dtype: np.dtype) -> int:
    """The length of a row of `count` numbers: whole lanes, a zero after the last, no multiple of 4 KB (cache-set conflicts)."""
    length = -(-(count + 1) // LANES) * LANES
    return length + LANES if length * dtype.itemsize % 4096 == 0 else length


def panels_of(post: int, *, apart: bool = False) -> tuple[int, int]:
    """How many panels hold so many postsynaptic neurons, and how wide each is.

    A matrix that one panel cannot hold gets an even number of them, so that two threads have equal shares.

    Args:
        post: how many.
        apart: a wide panel has an odd number of lines of numbers: the rows of some presynaptic neurons then lie in different sets
            of the nearest cache, for passes that go back and forth between them.

    >>> panels_of(10), panels_of(1000), panels_of(1500)
    ((1, 16), (2, 512), (2, 752))
    >>> panels_of(1000, apart=True)
    (2, 528)
    """
    count = 1 if post <= ONE_PANEL else 2 * -(-post // (2 * PANEL))
    lines = -(-post // (count * LANES))
    width = (lines | 1 if apart and lines > FEW_LINES else lines) * LANES
    return -(-post // width), width


class Storage(Protocol):
    """An array in the order in which kernels want it."""

    shape: tuple[int, ...]
    memory: np.ndarray

    def values(self) -> np.ndarray:
        """A copy, in the order in which people want it."""
        ...

    def write(self, values: np.ndarray) -> None:
        """Overwrite the values."""
        ...


class Vector:
    """One number per neuron, in a row with room for whole lanes."""

    def __init__(self, count: int, dtype: np.dtype) -> None:
        self.shape: tuple[int, ...] = (count,)
        self.memory = aligned((padded(count, dtype),), dtype)

    def values(self) -> np.ndarray:
        """A copy of the numbers."""
        return self.memory[: self.shape[0]].copy()

    def write(self, values: np.ndarray) -> None:
        """Overwrite the numbers."""
        self.memory[: self.shape[0]] = values


class Panels:
    """Weights `[post, pre]` in panels of postsynaptic neurons; in a panel the fan-out of a presynaptic neuron is contiguous.

    A panel is one stretch of memory, which one thread reads and writes from end to end: rows that go across all
    postsynaptic neurons would make two threads fetch each other's cache lines ahead of time.

    Args:
        shape, dtype: of the weights.
        apart: as for `panels_of`.

    Attributes:
        memory: `[panel, pre, neuron of the panel]`, with zeros where there is no neuron.
    """

    def __init__(self, shape: tuple[int, int], dtype: np.dtype, *, apart: bool = False) -> None:
        self.shape: tuple[int, ...] = shape
        post, pre = shape
        count, width = panels_of(post, apart=apart)
        self.memory = aligned((count, pre, width), dtype)

    def values(self) -> np.ndarray:
        """A copy as W[post, pre]."""
        post, pre = self.shape
        count, _, width = self.memory.shape
        return np.array(self.memory.transpose(0, 2, 1), order="C").reshape(count * width, pre)[:post]

    def write(self, values: np.ndarray) -> None:
        """Overwrite W[post, pre]."""
        self.write_rows(0, np.broadcast_to(values, self.shape))

    def write_rows(self, first: int, rows: np.ndarray) -> None:
        """Overwrite the synapses onto the postsynaptic neurons from `first` on."""
        width = self.memory.shape[2]
        while len(rows):
            panel, place = divmod(first, width)
            some = rows[: width - place]
            self.memory[panel, :, place : place + len(some)] = some.T
            first, rows = first + len(some), rows[len(some) :]


class Compact:
    """Weights of a sparse pattern: for each postsynaptic neuron only the synapses that it has, in panels like the rest.

    The k-th synapses of all neurons of a panel are one row. A neuron with fewer synapses than another has some that start
    from nowhere: from the number after the last presynaptic neuron, where every signal has a zero.

    Attributes:
        memory: `[panel, k, neuron of the panel]`.
        index: the presynaptic neuron of each of them.
    """

    def __init__(self, pattern: np.ndarray, dtype: np.dtype) -> None:
        self.shape: tuple[int, ...] = pattern.shape
        post, pre = pattern.shape
        count, width = panels_of(post)
        fan_in = max(1, int(pattern.sum(axis=1).max()))
        flat = np.full((count * width, fan_in), pre, np.int32)
        self._post, self._pre = np.nonzero(pattern)
        starts = np.searchsorted(self._post, np.arange(post))
        self._place = np.arange(len(self._post)) - starts[self._post]
        flat[self._post, self._place] = self._pre
        self.index = aligned((count, fan_in, width), np.dtype(np.int32))
        self.index[...] = flat.reshape(count, width, fan_in).transpose(0, 2, 1)
        self.memory = aligned((count, fan_in, width), dtype)

    def like(self) -> Compact:
        """Zeros for the same synapses."""
        other = copy.copy(self)
        other.memory = aligned(self.memory.shape, self.memory.dtype)
        return other

    def values(self) -> np.ndarray:
        """A copy as W[post, pre], with zeros where there is no synapse."""
        found = np.zeros(self.shape, self.memory.dtype)
        found[self._post, self._pre] = self.memory[self._slots()]
        return found

    def write(self, values: np.ndarray) -> None:
        """Overwrite W[post, pre] where there are synapses."""
        self.memory[self._slots()] = np.broadcast_to(values, self.shape)[self._post, self._pre]

    def _slots(self) -> tuple[np.ndarray, ...]:
        panel, column = np.divmod(self._post, self.memory.shape[2])
        return panel, self._place, column


def is_compact(circuit: Circuit, projection: Projection) -> bool:
    """Whether the weights of a projection are stored synapse by synapse: few of the pairs, and no others follow from them."""
    kind = CONNECTORS[projection.connector.name]
    if kind.form != "pattern" or any(p.derived_from == projection.name for p in circuit.projections.values()):
        return False
    shape = tuple(circuit.populations[name].size for name in (projection.post, projection.pre))
    return kind.density(shape, **kind.parameters.complete(projection.connector.parameters)) < COMPACT_BELOW
