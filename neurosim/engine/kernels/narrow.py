"""One trial at a time, few postsynaptic neurons: up to 24 at a time, in two explicit vectors, their sums in registers.

Of the last ones only so many are computed, in fours. Each row of weights is one presynaptic neuron's, whose rate is spread over a
register once for all of them; more sums than two, or wider vectors, want more registers than most processors have.
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

    Even and odd rows have a sum of their own; the two are joined at the end, and then added to what was there.
    """
    if ctx[2] != 0:
        return
    for block in range(0, row[4], 24):
        if row[4] - block > 20:
            gather_pair(row, ctx[0], block, sixteen(), eight(), 16 * width)
        elif row[4] - block > 16:
            gather_pair(row, ctx[0], block, sixteen(), four(), 16 * width)
        elif row[4] - block > 12:
            gather_pair(row, ctx[0], block, eight(), eight(), 8 * width)
        elif row[4] - block > 8:
            gather_pair(row, ctx[0], block, eight(), four(), 8 * width)
        elif row[4] - block > 4:
            gather_lanes(row, ctx[0], block, eight())
        else:
            gather_lanes(row, ctx[0], block, four())


def gather_lanes(row, step, block, lanes):
    """u (+)= W x for as many neurons as there are lanes."""
    x, line, w = floats(at(row, 9, step)), row[2], row[1]
    place, i = block * width, 0
    a0 = a1 = lanes
    while i + 2 <= row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
        a1 = fma(repeat_like(x[i + 1], lanes), load_at(w, place + line, lanes), a1)
        i += 2
        place += 2 * line
    if i < row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
    arrive(row, step, block * width, plus(a0, a1))


def gather_pair(row, step, block, lanes, more, apart):
    """u (+)= W x for as many neurons as there are lanes in two vectors, the second so many bytes behind the first."""
    x, line, w = floats(at(row, 9, step)), row[2], row[1]
    place, i = block * width, 0
    a0 = a1 = lanes
    b0 = b1 = more
    while i + 2 <= row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
        b0 = fma(repeat_like(x[i], more), load_at(w, place + apart, more), b0)
        a1 = fma(repeat_like(x[i + 1], lanes), load_at(w, place + line, lanes), a1)
        b1 = fma(repeat_like(x[i + 1], more), load_at(w, place + line + apart, more), b1)
        i += 2
        place += 2 * line
    if i < row[3]:
        a0 = fma(repeat_like(x[i], lanes), load_at(w, place, lanes), a0)
        b0 = fma(repeat_like(x[i], more), load_at(w, place + apart, more), b0)
    arrive(row, step, block * width, plus(a0, a1))
    arrive(row, step, block * width + apart, plus(b0, b1))


def arrive(row, step, place, total):
    """u (+)= a sum."""
    u = at(row, 6, step)
    store_at(u, place, total if row[5] else plus(load_at(u, place, total), total))


def learn_gather_narrow(row, ctx):
    """As `learn_gather` for few postsynaptic neurons, in the order of `gather_narrow`."""
    if ctx[0] == 0:
        gather_narrow(row, ctx)
        return
    if ctx[2] != 0:
        return
    for block in range(0, row[4], 24):
        if row[4] - block > 20:
            learn_gather_pair(row, ctx[0], block, sixteen(), eight(), 16 * width)
        elif row[4] - block > 16:
            learn_gather_pair(row, ctx[0], block, sixteen(), four(), 16 * width)
        elif row[4] - block > 12:
            learn_gather_pair(row, ctx[0], block, eight(), eight(), 8 * width)
        elif row[4] - block > 8:
            learn_gather_pair(row, ctx[0], block, eight(), four(), 8 * width)
        elif row[4] - block > 4:
            learn_gather_lanes(row, ctx[0], block, eight())
        else:
            learn_gather_lanes(row, ctx[0], block, four())


def learn_gather_lanes(row, step, block, lanes):
    """W += η x' d'ᵀ of the trial before, and u (+)= W x, for as many neurons as there are lanes."""
    x, old, line, w = floats(at(row, 9, step)), floats(at(row, 19, step - 1)), row[2], row[1]
    d = taught(row, step, block * width, lanes)
    place, i = block * width, 0
    a0 = a1 = lanes
    while i + 2 <= row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        w1 = fma(repeat_like(old[i + 1], lanes), d, load_at(w, place + line, lanes))
        store_at(w, place, w0)
        store_at(w, place + line, w1)
        a0 = fma(repeat_like(x[i], lanes), w0, a0)
        a1 = fma(repeat_like(x[i + 1], lanes), w1, a1)
        i += 2
        place += 2 * line
    if i < row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        store_at(w, place, w0)
        a0 = fma(repeat_like(x[i], lanes), w0, a0)
    arrive(row, step, block * width, plus(a0, a1))


def learn_gather_pair(row, step, block, lanes, more, apart):
    """W += η x' d'ᵀ of the trial before, and u (+)= W x, for as many neurons as there are lanes in two vectors."""
    x, old, line, w = floats(at(row, 9, step)), floats(at(row, 19, step - 1)), row[2], row[1]
    d, e = taught(row, step, block * width, lanes), taught(row, step, block * width + apart, more)
    place, i = block * width, 0
    a0 = a1 = lanes
    b0 = b1 = more
    while i + 2 <= row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        v0 = fma(repeat_like(old[i], more), e, load_at(w, place + apart, more))
        store_at(w, place, w0)
        store_at(w, place + apart, v0)
        a0, b0 = fma(repeat_like(x[i], lanes), w0, a0), fma(repeat_like(x[i], more), v0, b0)
        place += line
        w1 = fma(repeat_like(old[i + 1], lanes), d, load_at(w, place, lanes))
        v1 = fma(repeat_like(old[i + 1], more), e, load_at(w, place + apart, more))
        store_at(w, place, w1)
        store_at(w, place + apart, v1)
        a1, b1 = fma(repeat_like(x[i + 1], lanes), w1, a1), fma(repeat_like(x[i + 1], more), v1, b1)
        place += line
        i += 2
    if i < row[3]:
        w0 = fma(repeat_like(old[i], lanes), d, load_at(w, place, lanes))
        v0 = fma(repeat_like(old[i], more), e, load_at(w, place + apart, more))
        store_at(w, place, w0)
        store_at(w, place + apart, v0)
        a0, b0 = fma(repeat_like(x[i], lanes), w0, a0), fma(repeat_like(x[i], more), v0, b0)
    arrive(row, step, block * width, plus(a0, a1))
    arrive(row, step, block * width + apart, plus(b0, b1))


def taught(row, step, place, lanes):
    """η d' of the trial before."""
    return times(repeat_like(real(number(row[15])), lanes), load_at(at(row, 12, step - 1), place, lanes))


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
        a0 = a1 = real(0)
        for first in range(0, row[3], count):
            w, x = floats(row[1] + (first // count * row[4] + h) * line), floats(at(row, 9, ctx[0]) + first * width)
            n = min(count, row[3] - first)
            i = 0
            while i + 2 <= n:
                a0 = single_fma(x[i], w[i], a0)
                a1 = single_fma(x[i + 1], w[i + 1], a1)
                i += 2
            if i < n:
                a0 = single_fma(x[i], w[i], a0)
        total = a0 + a1
        u[h] = total if row[5] else u[h] + total
