"""One trial at a time, few postsynaptic neurons: eight at a time, in explicit vectors, their sums in registers.

Of the last ones, when they are four or fewer, only so many are computed. Sixteen at a time, with four sums, the weights of four
rows and their changes, want more registers than most processors have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import at

if TYPE_CHECKING:
    from neurosim.engine.lanes import eight32 as eight
    from neurosim.engine.lanes import fma, load_at, plus, repeat_like, single_fma, store_at, times
    from neurosim.engine.lanes import four32 as four
    from neurosim.engine.lanes import sixteen32 as sixteen
    from neurosim.engine.memory import floats32 as floats
    from neurosim.engine.memory import number

real = np.float32
width = 4


def gather_narrow(row, ctx):
    """As `gather` for few postsynaptic neurons: their sums are in registers over all presynaptic ones.

    Rows i, i + 4, i + 8 … have a sum of their own; the four are joined at the end, and then added to what was there.
    """
    if ctx[2] != 0:
        return
    for block in range(0, row[4], 8):
        if row[4] - block > 4:
            gather_lanes(row, ctx[0], block, eight())
        else:
            gather_lanes(row, ctx[0], block, four())


def gather_lanes(row, step, block, lanes):
    """u (+)= W x for as many neurons as there are lanes."""
    x, line, w = floats(at(row, 9, step)), row[2], row[1]
    place = block * width
    a0 = a1 = a2 = a3 = lanes
    i = 0
    while i + 4 <= row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
        a1 = fma(repeat_like(x[i + 1], lanes), load_at(w, place + line, lanes), a1)
        a2 = fma(repeat_like(x[i + 2], lanes), load_at(w, place + 2 * line, lanes), a2)
        a3 = fma(repeat_like(x[i + 3], lanes), load_at(w, place + 3 * line, lanes), a3)
        i += 4
        place += 4 * line
    while i < row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
        i += 1
        place += line
    total = plus(plus(a0, a1), plus(a2, a3))
    u = at(row, 6, step)
    store_at(u, block * width, total if row[5] else plus(load_at(u, block * width, lanes), total))


def learn_gather_narrow(row, ctx):
    """As `learn_gather` for few postsynaptic neurons, in the order of `gather_narrow`."""
    if ctx[0] == 0:
        gather_narrow(row, ctx)
        return
    if ctx[2] != 0:
        return
    for block in range(0, row[4], 8):
        if row[4] - block > 4:
            learn_gather_lanes(row, ctx[0], block, eight())
        else:
            learn_gather_lanes(row, ctx[0], block, four())


def learn_gather_lanes(row, step, block, lanes):
    """W += η x' d'ᵀ of the trial before, and u (+)= W x, for as many neurons as there are lanes."""
    x, old, line, w = floats(at(row, 9, step)), floats(at(row, 19, step - 1)), row[2], row[1]
    place, d = block * width, load_at(at(row, 12, step - 1), block * width, lanes)
    d = times(repeat_like(real(number(row[15])), lanes), d)
    a0 = a1 = a2 = a3 = lanes
    i = 0
    while i + 4 <= row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        w1 = fma(repeat_like(old[i + 1], lanes), d, load_at(w, place + line, lanes))
        w2 = fma(repeat_like(old[i + 2], lanes), d, load_at(w, place + 2 * line, lanes))
        w3 = fma(repeat_like(old[i + 3], lanes), d, load_at(w, place + 3 * line, lanes))
        store_at(w, place, w0)
        store_at(w, place + line, w1)
        store_at(w, place + 2 * line, w2)
        store_at(w, place + 3 * line, w3)
        a0 = fma(repeat_like(x[i], lanes), w0, a0)
        a1 = fma(repeat_like(x[i + 1], lanes), w1, a1)
        a2 = fma(repeat_like(x[i + 2], lanes), w2, a2)
        a3 = fma(repeat_like(x[i + 3], lanes), w3, a3)
        i += 4
        place += 4 * line
    while i < row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        store_at(w, place, w0)
        a0 = fma(repeat_like(x[i], lanes), w0, a0)
        i += 1
        place += line
    total = plus(plus(a0, a1), plus(a2, a3))
    u = at(row, 6, step)
    store_at(u, block * width, total if row[5] else plus(load_at(u, block * width, lanes), total))


def learn_outer_narrow(row, ctx):
    """As `learn_outer`, with the roundings of `learn_gather_narrow`."""
    if ctx[2] != 0:
        return
    x, lanes = floats(at(row, 9, ctx[0])), sixteen()
    for block in range(0, row[4], 16):
        d = times(repeat_like(real(number(row[15])), lanes), load_at(at(row, 12, ctx[0]), block * width, lanes))
        place = block * width
        for i in range(row[3]):
            store_at(row[1], place, fma(repeat_like(x[i], lanes), d, load_at(row[1], place, lanes)))
            place += row[2]


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
