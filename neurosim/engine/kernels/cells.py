"""What a kernel finds in its row of the table: operands by step, and its part of the neurons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.machine import RAISED

if TYPE_CHECKING:
    from neurosim.engine.memory import scratch

SHARE = 64
"""Threads take neurons in shares of this many."""
STRIP = 64
"""The bytes of a cache line: of so many weights onto neighbouring neurons."""
HALF = STRIP // 2
"""The bytes of a vector register, for which kernels of batches are written."""
BAND = 3 * HALF
"""The bytes of a number for each of a band of postsynaptic neurons."""
ROWS = 64
"""Blocked passes go over the synapses from so many presynaptic neurons at a time: they stay in the nearest cache."""
NO_ROOM = 2
"""What a kernel leaves in its context where the system has no memory for it."""
width = np.dtype(np.float32).itemsize


def at(row, cell, step):
    """Where an operand's row of this step begins."""
    return row[cell] + (step & row[cell + 2]) * row[cell + 1]


def first_of(count, part, parts):
    """The first neuron of a part: boundaries are multiples of 64."""
    return min((count + SHARE - 1) // SHARE * part // parts * SHARE, count)


def first_panel(row, part, parts):
    """The first panel of a part; 2: bytes per row of a panel, 4: post."""
    count = row[2] // width
    return (row[4] + count - 1) // count * part // parts


def room(ctx, size):
    """The address of so many bytes, to be released; 0, with word of it in the context, where there are none."""
    place = scratch(size)
    if place == 0:
        ctx[RAISED] = NO_ROOM
    return place
