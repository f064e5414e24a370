"""One trial at a time, many postsynaptic neurons: drives, updates, and both in one pass over the weights.

A drive is u_j = Σ_i W_ji x_i, added up in the order of i with one rounding for each multiplication and addition, whichever
kernel computes it. Sixteen postsynaptic neurons at a time, in explicit vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import at, first_of, first_panel

if TYPE_CHECKING:
    from neurosim.engine.lanes import fma, plus, single_fma, store, times
    from neurosim.engine.lanes import load32 as load
    from neurosim.engine.lanes import repeat32 as repeat
    from neurosim.engine.memory import fetch, number
    from neurosim.engine.memory import floats32 as floats

real = np.float32
width = 4


def gather(row, ctx):
    """u (+)= W x for one trial.   1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: sets, 6-8: u, 9-11: x."""
    line, x = row[2], floats(at(row, 9, ctx[0]))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        u = at(row, 6, ctx[0]) + panel * line
        size = min(line, row[4] * width - panel * line)
        w = row[1] + panel * line * row[3]
        if row[5]:
            clear(u, size)
        i = 0
        while i + 4 <= row[3]:
            x0, x1, x2, x3 = repeat(x[i]), repeat(x[i + 1]), repeat(x[i + 2]), repeat(x[i + 3])
            for j in range(0, size, 16 * width):
                fetch(w + 4 * line + j)
                fetch(w + 5 * line + j)
                fetch(w + 6 * line + j)
                fetch(w + 7 * line + j)
                a = fma(load(w + j), x0, load(u + j))
                a = fma(load(w + line + j), x1, a)
                a = fma(load(w + 2 * line + j), x2, a)
                store(u + j, fma(load(w + 3 * line + j), x3, a))
            i += 4
            w += 4 * line
        while i < row[3]:
            x0 = repeat(x[i])
            for j in range(0, size, 16 * width):
                store(u + j, fma(load(w + j), x0, load(u + j)))
            i += 1
            w += line


def clear(u, size):
    """u = 0."""
    for j in range(0, size, 16 * width):
        store(u + j, repeat(real(0)))


def learn_gather(row, ctx):
    """W += η x' d'ᵀ of the trial before, and u (+)= W x of this one, in one pass over W.

    As `gather`, and 12-14: d, 15: η, 16: V (0 without momentum), 17: α, 18: η λ, 19-21: x'.
    """
    if ctx[0] == 0:
        gather(row, ctx)
        return
    step, line, eta = ctx[0], row[2], real(number(row[15]))
    x, old = floats(at(row, 9, step)), floats(at(row, 19, step - 1))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        u, d = at(row, 6, step) + panel * line, at(row, 12, step - 1) + panel * line
        size = min(line, row[4] * width - panel * line)
        w = row[1] + panel * line * row[3]
        if row[5]:
            clear(u, size)
        i = 0
        while i + 4 <= row[3]:
            p0, p1 = repeat(eta * old[i]), repeat(eta * old[i + 1])
            p2, p3 = repeat(eta * old[i + 2]), repeat(eta * old[i + 3])
            x0, x1, x2, x3 = repeat(x[i]), repeat(x[i + 1]), repeat(x[i + 2]), repeat(x[i + 3])
            for j in range(0, size, 16 * width):
                fetch(w + 4 * line + j)
                fetch(w + 5 * line + j)
                fetch(w + 6 * line + j)
                fetch(w + 7 * line + j)
                e = load(d + j)
                w0, w1 = fma(p0, e, load(w + j)), fma(p1, e, load(w + line + j))
                w2, w3 = fma(p2, e, load(w + 2 * line + j)), fma(p3, e, load(w + 3 * line + j))
                store(w + j, w0)
                store(w + line + j, w1)
                store(w + 2 * line + j, w2)
                store(w + 3 * line + j, w3)
                store(u + j, fma(w3, x3, fma(w2, x2, fma(w1, x1, fma(w0, x0, load(u + j))))))
            i += 4
            w += 4 * line
        while i < row[3]:
            p0, x0 = repeat(eta * old[i]), repeat(x[i])
            for j in range(0, size, 16 * width):
                w0 = fma(p0, load(d + j), load(w + j))
                store(w + j, w0)
                store(u + j, fma(w0, x0, load(u + j)))
            i += 1
            w += line


def learn_gather_momentum(row, ctx):
    """As `learn_gather`, with V ← α V + η x' d'ᵀ − η λ W and W ← W + V, in the same pass; decay alone keeps no V."""
    if ctx[0] == 0:
        gather(row, ctx)
        return
    step, line, eta = ctx[0], row[2], real(number(row[15]))
    x, old = floats(at(row, 9, step)), floats(at(row, 19, step - 1))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        u, d = at(row, 6, step) + panel * line, at(row, 12, step - 1) + panel * line
        size = min(line, row[4] * width - panel * line)
        if row[5]:
            clear(u, size)
        for i in range(row[3]):
            w, x0 = row[1] + (panel * row[3] + i) * line, repeat(x[i])
            change_row(row, w, d, eta * old[i], size)
            for j in range(0, size, 16 * width):
                store(u + j, fma(load(w + j), x0, load(u + j)))


def change_row(row, w, d, p, size):
    """v ← α v + p d − η λ w, w ← w + v for one presynaptic neuron; without momentum w ← w + p d − η λ w."""
    alpha, shrink, change = repeat(real(number(row[17]))), repeat(-real(number(row[18]))), repeat(p)
    v = w + row[16] - row[1]
    if row[16]:
        for j in range(0, size, 16 * width):
            moved = fma(alpha, load(v + j), fma(shrink, load(w + j), times(change, load(d + j))))
            store(v + j, moved)
            store(w + j, plus(load(w + j), moved))
    else:
        for j in range(0, size, 16 * width):
            store(w + j, plus(load(w + j), fma(shrink, load(w + j), times(change, load(d + j)))))


def gather_transposed(row, ctx):
    """u (+)= Wᵀ x for one trial, with the sums in the order of `gather`; eight sums side by side hide each other's waiting.

    1: W, 2: bytes per row of a panel, 3: post of W, 4: pre of W, 5: sets, 6-8: u, 9-11: x.
    """
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    u, line = floats(at(row, 6, ctx[0])), row[2]
    count = line // width
    if row[5]:
        for h in range(low, high):
            u[h] = real(0)
    for panel in range((row[3] + count - 1) // count):
        x = floats(at(row, 9, ctx[0]) + panel * line)
        n = min(count, row[3] - panel * count)
        h = low
        while h + 8 <= high:
            sum_rows_8(row[1] + (panel * row[4] + h) * line, line, x, n, u, h)
            h += 8
        while h < high:
            w = floats(row[1] + (panel * row[4] + h) * line)
            for i in range(n):
                u[h] = single_fma(w[i], x[i], u[h])
            h += 1


def sum_rows_8(w, line, x, n, u, h):
    """u += w · x for eight rows of W, each in the order of its neurons."""
    w0, w1, w2, w3 = floats(w), floats(w + line), floats(w + 2 * line), floats(w + 3 * line)
    w += 4 * line
    w4, w5, w6, w7 = floats(w), floats(w + line), floats(w + 2 * line), floats(w + 3 * line)
    t0, t1, t2, t3, t4, t5, t6, t7 = u[h], u[h + 1], u[h + 2], u[h + 3], u[h + 4], u[h + 5], u[h + 6], u[h + 7]
    for i in range(n):
        a = x[i]
        t0, t1, t2, t3 = single_fma(w0[i], a, t0), single_fma(w1[i], a, t1), single_fma(w2[i], a, t2), single_fma(w3[i], a, t3)
        t4, t5, t6, t7 = single_fma(w4[i], a, t4), single_fma(w5[i], a, t5), single_fma(w6[i], a, t6), single_fma(w7[i], a, t7)
    u[h], u[h + 1], u[h + 2], u[h + 3], u[h + 4], u[h + 5], u[h + 6], u[h + 7] = t0, t1, t2, t3, t4, t5, t6, t7


def learn_outer(row, ctx):
    """W += η x dᵀ for one trial.   1: W, 2: bytes per row of a panel, 3: pre, 4: post, 9-11: x, 12-14: d, 15: η."""
    x, eta, line = floats(at(row, 9, ctx[0])), real(number(row[15])), row[2]
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        d, size = at(row, 12, ctx[0]) + panel * line, min(line, row[4] * width - panel * line)
        for i in range(row[3]):
            w, p = row[1] + (panel * row[3] + i) * line, repeat(eta * x[i])
            for j in range(0, size, 16 * width):
                store(w + j, fma(p, load(d + j), load(w + j)))


def learn_outer_momentum(row, ctx):
    """V ← α V + η x dᵀ − η λ W, W ← W + V for one trial.   As `learn_outer`, and 16: V, 17: α, 18: η λ."""
    x, eta, line = floats(at(row, 9, ctx[0])), real(number(row[15])), row[2]
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        d, size = at(row, 12, ctx[0]) + panel * line, min(line, row[4] * width - panel * line)
        for i in range(row[3]):
            change_row(row, row[1] + (panel * row[3] + i) * line, d, eta * x[i], size)
