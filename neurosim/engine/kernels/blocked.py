"""Inputs that are known ahead: four trials in one pass over the weights, with the exact correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import TILE, at, first_panel
from neurosim.engine.kernels.online import clear

if TYPE_CHECKING:
    from neurosim.engine.lanes import fma, load_at, plus, single_fma, store, store_at
    from neurosim.engine.lanes import load32 as load
    from neurosim.engine.lanes import repeat32 as repeat
    from neurosim.engine.lanes import sixteen32 as sixteen
    from neurosim.engine.memory import fetch, number, spare
    from neurosim.engine.memory import floats32 as floats

real = np.float32
width = 4


def learn_gather_blocked(row, ctx):
    """As `learn_gather` for inputs that are known ahead: four trials in one pass over W, with the exact correction

        u_k = W x_k + η Σ_{i<k} (x_i · x_k) d_i,    W from before the block.

    As `learn_gather`, and 22-24: what W gives to each of the four trials (four slots); d has four slots, x is a stream.
    Blocks begin at every fourth step, so only where a run of trials is cut decides the rounding.
    """
    step, line, eta = ctx[0], row[2], real(number(row[15]))
    phase = step & 3
    x = at(row, 9, step)
    o0 = o1 = o2 = real(0)
    if phase > 0:
        o0 = eta * dot(at(row, 9, step - phase), x, row[3])
    if phase > 1:
        o1 = eta * dot(at(row, 9, step - phase + 1), x, row[3])
    if phase > 2:
        o2 = eta * dot(at(row, 9, step - 1), x, row[3])
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        size = min(line, row[4] * width - panel * line)
        if phase == 0:
            for first in range(0, size, TILE * width):
                block_pass(row, step, panel, first, min(TILE * width, size - first))
        correct(row, step, panel * line, size, o0, o1, o2)


def correct(row, step, shift, size, o0, o1, o2):
    """u (+)= what the weights from before the block give, and what the block's earlier trials have changed."""
    phase, begin = step & 3, step & ~3
    u, ahead = at(row, 6, step) + shift, at(row, 22, step) + shift
    d0, d1, d2 = at(row, 12, begin) + shift, at(row, 12, begin + 1) + shift, at(row, 12, begin + 2) + shift
    r0, r1, r2 = repeat(o0), repeat(o1), repeat(o2)
    for j in range(0, size, 16 * width):
        a = load(ahead + j)
        if not row[5]:
            a = plus(load(u + j), a)
        if phase > 0:
            a = fma(r0, load(d0 + j), a)
        if phase > 1:
            a = fma(r1, load(d1 + j), a)
        if phase > 2:
            a = fma(r2, load(d2 + j), a)
        store(u + j, a)


def block_pass(row, step, panel, first, size):
    """W += η Σ x' d'ᵀ of the four trials before, and W x of the four to come, for the neurons of a panel; two rows at a time."""
    eta, line = real(number(row[15])) if step else real(0), row[2]
    back, shift = step - 4 if step else step, panel * row[2] + first
    d0, d1 = at(row, 12, back) + shift, at(row, 12, back + 1) + shift
    d2, d3 = at(row, 12, back + 2) + shift, at(row, 12, back + 3) + shift
    o0, o1 = floats(at(row, 19, back)), floats(at(row, 19, back + 1))
    o2, o3 = floats(at(row, 19, back + 2)), floats(at(row, 19, back + 3))
    x0, x1 = floats(at(row, 9, step)), floats(at(row, 9, step + 1))
    x2, x3 = floats(at(row, 9, step + 2)), floats(at(row, 9, step + 3))
    u0, u1 = at(row, 22, step) + shift, at(row, 22, step + 1) + shift
    u2, u3 = at(row, 22, step + 2) + shift, at(row, 22, step + 3) + shift
    clear(u0, size)
    clear(u1, size)
    clear(u2, size)
    clear(u3, size)
    w, i = row[1] + panel * line * row[3] + first, 0
    while i + 2 <= row[3]:
        p0, p1, p2, p3 = repeat(eta * o0[i]), repeat(eta * o1[i]), repeat(eta * o2[i]), repeat(eta * o3[i])
        q0, q1 = repeat(eta * o0[i + 1]), repeat(eta * o1[i + 1])
        q2, q3 = repeat(eta * o2[i + 1]), repeat(eta * o3[i + 1])
        a0, a1, a2, a3 = repeat(x0[i]), repeat(x1[i]), repeat(x2[i]), repeat(x3[i])
        b0, b1, b2, b3 = repeat(x0[i + 1]), repeat(x1[i + 1]), repeat(x2[i + 1]), repeat(x3[i + 1])
        beside, like = w + line, sixteen()
        for j in range(0, size, 16 * width):
            fetch(w + 4 * line + j)
            fetch(beside + 4 * line + j)
            e0, e1, e2, e3 = load_at(d0, j, like), load_at(d1, j, like), load_at(d2, j, like), load_at(d3, j, like)
            a = fma(p3, e3, fma(p2, e2, fma(p1, e1, fma(p0, e0, load_at(w, j, like)))))
            b = fma(q3, e3, fma(q2, e2, fma(q1, e1, fma(q0, e0, load_at(beside, j, like)))))
            store_at(w, j, a)
            store_at(beside, j, b)
            store_at(u0, j, fma(b, b0, fma(a, a0, load_at(u0, j, like))))
            store_at(u1, j, fma(b, b1, fma(a, a1, load_at(u1, j, like))))
            store_at(u2, j, fma(b, b2, fma(a, a2, load_at(u2, j, like))))
            store_at(u3, j, fma(b, b3, fma(a, a3, load_at(u3, j, like))))
        i += 2
        w += 2 * line
    if i < row[3]:
        p0, p1, p2, p3 = repeat(eta * o0[i]), repeat(eta * o1[i]), repeat(eta * o2[i]), repeat(eta * o3[i])
        a0, a1, a2, a3 = repeat(x0[i]), repeat(x1[i]), repeat(x2[i]), repeat(x3[i])
        for j in range(0, size, 16 * width):
            a = fma(p1, load(d1 + j), fma(p0, load(d0 + j), load(w + j)))
            a = fma(p3, load(d3 + j), fma(p2, load(d2 + j), a))
            store(w + j, a)
            store(u0 + j, fma(a, a0, load(u0 + j)))
            store(u1 + j, fma(a, a1, load(u1 + j)))
            store(u2 + j, fma(a, a2, load(u2 + j)))
            store(u3 + j, fma(a, a3, load(u3 + j)))


def dot(x, y, count):
    """x · y in sixteen sums side by side, joined in a fixed order."""
    sums, i = repeat(real(0)), 0
    while i + 16 <= count:
        sums = fma(load(x + i * width), load(y + i * width), sums)
        i += 16
    joined = spare(128)
    store(joined, sums)
    total, a, b = real(0), floats(x), floats(y)
    while i < count:
        total = single_fma(a[i], b[i], total)
        i += 1
    for lane in range(16):
        total += floats(joined)[lane]
    return total


def learn_block(row, ctx):
    """W += η Σ x dᵀ of the trials since the last block began: what `learn_gather_blocked` has left pending.

    As `learn_outer`; d has four slots.
    """
    eta, begin, line = real(number(row[15])), ctx[0] & ~3, row[2]
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        size = min(line, row[4] * width - panel * line)
        for i in range(row[3]):
            w = row[1] + (panel * row[3] + i) * line
            for trial in range(begin, ctx[0] + 1):
                p, d = repeat(eta * floats(at(row, 9, trial))[i]), at(row, 12, trial) + panel * line
                for j in range(0, size, 16 * width):
                    store(w + j, fma(p, load(d + j), load(w + j)))
