"""Neuron to neuron: one-to-one projections, and the pattern of a sparse one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import at, first_of, first_panel

if TYPE_CHECKING:
    from neurosim.engine.memory import floats32 as floats

real = np.float32
width = 4


def diagonal(row, ctx):
    """u (+)= w ⊙ x.   1: w, 2: bytes per trial, 4: count, 5: sets, 6-8: u, 9-11: x."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    w = floats(row[1] + low * width)
    for trial in range(ctx[1]):
        u = floats(at(row, 6, ctx[0]) + trial * row[2] + low * width)
        x = floats(at(row, 9, ctx[0]) + trial * row[2] + low * width)
        if row[5]:
            for j in range(high - low):
                u[j] = real(0)
        for j in range(high - low):
            u[j] += w[j] * x[j]


def mask(row, ctx):
    """W = W ⊙ pattern.   1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: pattern."""
    line = row[2]
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        n = min(line // width, row[4] - panel * (line // width))
        for i in range(row[3]):
            place = (panel * row[3] + i) * line
            w, pattern = floats(row[1] + place), floats(row[5] + place)
            for j in range(n):
                w[j] *= pattern[j]
