"""One trial at a time, few postsynaptic neurons: sixteen at a time, in explicit vectors, their sums in registers."""

from __future__ import annotations

import numpy as np

from neurosim.engine.kernels.cells import at
from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import fma32 as fma
from neurosim.engine.memory import load32 as load
from neurosim.engine.memory import number
from neurosim.engine.memory import plus32 as plus
from neurosim.engine.memory import repeat32 as repeat
from neurosim.engine.memory import single_fma32 as single_fma
from neurosim.engine.memory import store32 as store

real = np.float32
width = 4


def gather_narrow(row, ctx):
    """As `gather` for few postsynaptic neurons: sixteen at a time, their sums in registers over all presynaptic ones.

    Rows i, i + 4, i + 8 … have a sum of their own; the four are joined at the end, and then added to what was there.
    """
    if ctx[2] != 0:
        return
    step, line = ctx[0], row[2]
    u, x = at(row, 6, step), floats(at(row, 9, step))
    for block in range(0, row[4], 16):
        w = row[1] + block * width
        a0 = a1 = a2 = a3 = repeat(real(0))
        i = 0
        while i + 4 <= row[3]:
            a0 = fma(repeat(x[i]), load(w), a0)
            a1 = fma(repeat(x[i + 1]), load(w + line), a1)
            a2 = fma(repeat(x[i + 2]), load(w + 2 * line), a2)
            a3 = fma(repeat(x[i + 3]), load(w + 3 * line), a3)
            i += 4
            w += 4 * line
        while i < row[3]:
            a0 = fma(repeat(x[i]), load(w), a0)
            i += 1
            w += line
        total = plus(plus(a0, a1), plus(a2, a3))
        place = u + block * width
        store(place, total if row[5] else plus(load(place), total))


def learn_gather_narrow(row, ctx):
    """As `learn_gather` for few postsynaptic neurons, in the order of `gather_narrow`."""
    step, line = ctx[0], row[2]
    if step == 0:
        gather_narrow(row, ctx)
        return
    if ctx[2] != 0:
        return
    u, x, old = at(row, 6, step), floats(at(row, 9, step)), floats(at(row, 19, step - 1))
    eta = real(number(row[15]))
    for block in range(0, row[4], 16):
        w, d = row[1] + block * width, load(at(row, 12, step - 1) + block * width)
        a0 = a1 = a2 = a3 = repeat(real(0))
        i = 0
        while i + 4 <= row[3]:
            w0 = fma(repeat(eta * old[i]), d, load(w))
            w1 = fma(repeat(eta * old[i + 1]), d, load(w + line))
            w2 = fma(repeat(eta * old[i + 2]), d, load(w + 2 * line))
            w3 = fma(repeat(eta * old[i + 3]), d, load(w + 3 * line))
            store(w, w0)
            store(w + line, w1)
            store(w + 2 * line, w2)
            store(w + 3 * line, w3)
            a0 = fma(repeat(x[i]), w0, a0)
            a1 = fma(repeat(x[i + 1]), w1, a1)
            a2 = fma(repeat(x[i + 2]), w2, a2)
            a3 = fma(repeat(x[i + 3]), w3, a3)
            i += 4
            w += 4 * line
        while i < row[3]:
            w0 = fma(repeat(eta * old[i]), d, load(w))
            store(w, w0)
            a0 = fma(repeat(x[i]), w0, a0)
            i += 1
            w += line
        total = plus(plus(a0, a1), plus(a2, a3))
        place = u + block * width
        store(place, total if row[5] else plus(load(place), total))


def learn_outer_narrow(row, ctx):
    """As `learn_outer`, with the roundings of `learn_gather_narrow`."""
    if ctx[2] != 0:
        return
    x, eta = floats(at(row, 9, ctx[0])), real(number(row[15]))
    for block in range(0, row[4], 16):
        w, d = row[1] + block * width, load(at(row, 12, ctx[0]) + block * width)
        for i in range(row[3]):
            store(w, fma(repeat(eta * x[i]), d, load(w)))
            w += row[2]


def gather_transposed_narrow(row, ctx):
    """As `gather_transposed`, with the sums in the order of `gather_narrow`."""
    if ctx[2] != 0:
        return
    u, line = floats(at(row, 6, ctx[0])), row[2]
    count = line // width
    for h in range(row[4]):
        a0 = a1 = a2 = a3 = real(0)
        for first in range(0, row[3], count):
            w, x = floats(row[1] + (first // count * row[4] + h) * line), floats(at(row, 9, ctx[0]) + first * width)
            n = min(count, row[3] - first)
            i = 0
            while i + 4 <= n:
                a0 = single_fma(x[i], w[i], a0)
                a1 = single_fma(x[i + 1], w[i + 1], a1)
                a2 = single_fma(x[i + 2], w[i + 2], a2)
                a3 = single_fma(x[i + 3], w[i + 3], a3)
                i += 4
            while i < n:
                a0 = single_fma(x[i], w[i], a0)
                i += 1
        total = (a0 + a1) + (a2 + a3)
        u[h] = total if row[5] else u[h] + total
