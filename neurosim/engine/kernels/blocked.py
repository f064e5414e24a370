"""Inputs that are known ahead: four trials in one pass over the weights, with the exact correction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.batches import put
from neurosim.engine.kernels.cells import HALF, ROWS, STRIP, at, first_panel
from neurosim.engine.kernels.online import clear

if TYPE_CHECKING:
    from neurosim.engine.lanes import eight32 as half
    from neurosim.engine.lanes import fma, load_at, plus, repeat_like, single_fma, store
    from neurosim.engine.lanes import load32 as load
    from neurosim.engine.lanes import repeat32 as repeat
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
            block_pass(row, step, panel, size)
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


def block_pass(row, step, panel, size):
    """W += η Σ x' d'ᵀ of the four trials before, and W x of the four to come, for the neurons of a panel.

    Some presynaptic neurons and a band of postsynaptic ones at a time: what is the same for all these synapses stays in
    registers, first the four d', then the four sums, and the weights stay in the nearest cache in between.
    """
    eta, line = real(number(row[15])) if step else real(0), row[2]
    taught = at(row, 12, step - 4 if step else step) + panel * line
    u = at(row, 22, step) + panel * line
    for trial in range(4):
        clear(u + trial * row[23], size)
    rates = spare(4096)  # eight float64 for each of ROWS
    for first in range(0, row[3], ROWS):
        many = min(ROWS, row[3] - first)
        turn_block(row, step, first, many, eta, rates)
        w, halves = row[1] + (panel * row[3] + first) * line, (size + HALF - 1) // HALF
        for low in range(0, halves, 3):
            here, j = min(3, halves - low), low * HALF
            if step:  # else what is taught is of another run, perhaps not even finite
                change_band(w + j, line, many, here, rates, taught + j, row[13])
            sum_band(w + j, line, many, here, rates + 4 * width, u + j, row[23])


def turn_block(row, step, first, many, eta, into):
    """η x' of the four trials before and x of the four to come, of one presynaptic neuron after the other."""
    back, shift = step - 4 if step else step, first * width
    o0, o1 = floats(at(row, 19, back) + shift), floats(at(row, 19, back + 1) + shift)
    o2, o3 = floats(at(row, 19, back + 2) + shift), floats(at(row, 19, back + 3) + shift)
    n0, n1 = floats(at(row, 9, step) + shift), floats(at(row, 9, step + 1) + shift)
    n2, n3 = floats(at(row, 9, step + 2) + shift), floats(at(row, 9, step + 3) + shift)
    for i in range(many):
        to = floats(into)
        to[0], to[1], to[2], to[3] = eta * o0[i], eta * o1[i], eta * o2[i], eta * o3[i]
        to[4], to[5], to[6], to[7] = n0[i], n1[i], n2[i], n3[i]
        into += 8 * width


def change_band(w, line, many, halves, rates, taught, slot):
    """W += η Σ x' d'ᵀ of four trials, for a band of neurons; where it has fewer registers, the first one comes again."""
    like, b, c = half(), min(1, halves - 1) * HALF, halves // 3 * 2 * HALF
    a0, b0, c0 = load_at(taught, 0, like), load_at(taught, b, like), load_at(taught, c, like)
    taught += slot
    a1, b1, c1 = load_at(taught, 0, like), load_at(taught, b, like), load_at(taught, c, like)
    taught += slot
    a2, b2, c2 = load_at(taught, 0, like), load_at(taught, b, like), load_at(taught, c, like)
    taught += slot
    a3, b3, c3 = load_at(taught, 0, like), load_at(taught, b, like), load_at(taught, c, like)
    for _ in range(many):
        fetch(w + 2 * STRIP)
        fetch(w + 3 * STRIP)
        x = floats(rates)
        p, q, r = load_at(w, 0, like), load_at(w, b, like), load_at(w, c, like)
        f = repeat_like(x[0], like)
        p, q, r = fma(f, a0, p), fma(f, b0, q), fma(f, c0, r)
        f = repeat_like(x[1], like)
        p, q, r = fma(f, a1, p), fma(f, b1, q), fma(f, c1, r)
        f = repeat_like(x[2], like)
        p, q, r = fma(f, a2, p), fma(f, b2, q), fma(f, c2, r)
        f = repeat_like(x[3], like)
        put(w, b, c, fma(f, a3, p), fma(f, b3, q), fma(f, c3, r))
        w += line
        rates += 8 * width


def sum_band(w, line, many, halves, rates, u, slot):
    """U += W x in four trials, for a band of neurons; where it has fewer registers, the first one comes again."""
    like, b, c = half(), min(1, halves - 1) * HALF, halves // 3 * 2 * HALF
    u1, u2, u3 = u + slot, u + 2 * slot, u + 3 * slot
    a0, b0, c0 = load_at(u, 0, like), load_at(u, b, like), load_at(u, c, like)
    a1, b1, c1 = load_at(u1, 0, like), load_at(u1, b, like), load_at(u1, c, like)
    a2, b2, c2 = load_at(u2, 0, like), load_at(u2, b, like), load_at(u2, c, like)
    a3, b3, c3 = load_at(u3, 0, like), load_at(u3, b, like), load_at(u3, c, like)
    for _ in range(many):
        x, p, q, r = floats(rates), load_at(w, 0, like), load_at(w, b, like), load_at(w, c, like)
        f = repeat_like(x[0], like)
        a0, b0, c0 = fma(f, p, a0), fma(f, q, b0), fma(f, r, c0)
        f = repeat_like(x[1], like)
        a1, b1, c1 = fma(f, p, a1), fma(f, q, b1), fma(f, r, c1)
        f = repeat_like(x[2], like)
        a2, b2, c2 = fma(f, p, a2), fma(f, q, b2), fma(f, r, c2)
        f = repeat_like(x[3], like)
        a3, b3, c3 = fma(f, p, a3), fma(f, q, b3), fma(f, r, c3)
        w += line
        rates += 8 * width
    put(u3, b, c, a3, b3, c3)
    put(u2, b, c, a2, b2, c2)
    put(u1, b, c, a1, b1, c1)
    put(u, b, c, a0, b0, c0)


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
