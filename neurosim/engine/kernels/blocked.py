"""Inputs that are known ahead: four trials in one pass over the weights, with the exact correction."""

from __future__ import annotations

import numpy as np

from neurosim.engine.kernels.cells import TILE, at, first_of
from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import number

real = np.float32
width = 4


def learn_gather_blocked(row, ctx):
    """As `learn_gather` for inputs that are known ahead: four trials in one pass over W, with the exact correction

        u_k = W x_k + η Σ_{i<k} (x_i · x_k) d_i,    W from before the block.

    As `learn_gather`, and 22-24: what W gives to each of the four trials (four slots); d has four slots, x is a stream.
    Blocks begin at every fourth step, so only where a run of trials is cut decides the rounding.
    """
    step = ctx[0]
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    if high <= low:
        return
    phase = step & 3
    if phase == 0:
        start = low
        while start < high:
            block_pass(row, step, start, min(TILE, high - start))
            start += TILE
    u, ahead, x = (
        floats(at(row, 6, step) + low * width),
        floats(at(row, 22, step) + low * width),
        floats(at(row, 9, step)),
    )
    if row[5]:
        for j in range(high - low):
            u[j] = ahead[j]
    else:
        for j in range(high - low):
            u[j] += ahead[j]
    for i in range(phase):
        before = step - phase + i
        overlap = real(number(row[15])) * dot(floats(at(row, 9, before)), x, row[3])
        d = floats(at(row, 12, before) + low * width)
        for j in range(high - low):
            u[j] += overlap * d[j]


def block_pass(row, step, start, n):
    """W += η Σ x' d'ᵀ of the four trials before, and W x of the four to come, for n postsynaptic neurons."""
    eta = real(number(row[15])) if step else real(0)
    back = step - 4 if step else step
    shift = start * width
    d0, d1 = floats(at(row, 12, back) + shift), floats(at(row, 12, back + 1) + shift)
    d2, d3 = floats(at(row, 12, back + 2) + shift), floats(at(row, 12, back + 3) + shift)
    o0, o1 = floats(at(row, 19, back)), floats(at(row, 19, back + 1))
    o2, o3 = floats(at(row, 19, back + 2)), floats(at(row, 19, back + 3))
    x0, x1, x2, x3 = (
        floats(at(row, 9, step)),
        floats(at(row, 9, step + 1)),
        floats(at(row, 9, step + 2)),
        floats(at(row, 9, step + 3)),
    )
    u0, u1 = floats(at(row, 22, step) + shift), floats(at(row, 22, step + 1) + shift)
    u2, u3 = floats(at(row, 22, step + 2) + shift), floats(at(row, 22, step + 3) + shift)
    for j in range(n):
        u0[j] = real(0)
        u1[j] = real(0)
        u2[j] = real(0)
        u3[j] = real(0)
    i, line, at_row = 0, row[2], row[1] + shift
    while i + 4 <= row[3]:
        w, v = floats(at_row), floats(at_row + line)
        s, t = floats(at_row + 2 * line), floats(at_row + 3 * line)
        p0, p1, p2, p3 = eta * o0[i], eta * o1[i], eta * o2[i], eta * o3[i]
        q0, q1, q2, q3 = eta * o0[i + 1], eta * o1[i + 1], eta * o2[i + 1], eta * o3[i + 1]
        r0, r1, r2, r3 = eta * o0[i + 2], eta * o1[i + 2], eta * o2[i + 2], eta * o3[i + 2]
        k0, k1, k2, k3 = eta * o0[i + 3], eta * o1[i + 3], eta * o2[i + 3], eta * o3[i + 3]
        a0, a1, a2, a3 = x0[i], x1[i], x2[i], x3[i]
        b0, b1, b2, b3 = x0[i + 1], x1[i + 1], x2[i + 1], x3[i + 1]
        c0, c1, c2, c3 = x0[i + 2], x1[i + 2], x2[i + 2], x3[i + 2]
        g0, g1, g2, g3 = x0[i + 3], x1[i + 3], x2[i + 3], x3[i + 3]
        for j in range(n):
            e0, e1, e2, e3 = d0[j], d1[j], d2[j], d3[j]
            a = w[j] + p0 * e0 + p1 * e1 + p2 * e2 + p3 * e3
            b = v[j] + q0 * e0 + q1 * e1 + q2 * e2 + q3 * e3
            c = s[j] + r0 * e0 + r1 * e1 + r2 * e2 + r3 * e3
            g = t[j] + k0 * e0 + k1 * e1 + k2 * e2 + k3 * e3
            w[j] = a
            v[j] = b
            s[j] = c
            t[j] = g
            u0[j] += (a * a0 + b * b0) + (c * c0 + g * g0)
            u1[j] += (a * a1 + b * b1) + (c * c1 + g * g1)
            u2[j] += (a * a2 + b * b2) + (c * c2 + g * g2)
            u3[j] += (a * a3 + b * b3) + (c * c3 + g * g3)
        i += 4
        at_row += 4 * line
    while i < row[3]:
        w = floats(at_row)
        p0, p1, p2, p3 = eta * o0[i], eta * o1[i], eta * o2[i], eta * o3[i]
        for j in range(n):
            a = w[j] + p0 * d0[j] + p1 * d1[j] + p2 * d2[j] + p3 * d3[j]
            w[j] = a
            u0[j] += a * x0[i]
            u1[j] += a * x1[i]
            u2[j] += a * x2[i]
            u3[j] += a * x3[i]
        i += 1
        at_row += line


def dot(x, y, count):
    """x · y in sixteen sums side by side, joined in a fixed order."""
    sums = np.zeros(16, real)
    i = 0
    while i + 16 <= count:
        for lane in range(16):
            sums[lane] += x[i + lane] * y[i + lane]
        i += 16
    total = real(0)
    while i < count:
        total += x[i] * y[i]
        i += 1
    for lane in range(16):
        total += sums[lane]
    return total


def learn_block(row, ctx):
    """W += η Σ x dᵀ of the trials since the last block began: what `learn_gather_blocked` has left pending.

    As `learn_outer`; d has four slots.
    """
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    eta, begin = real(number(row[15])), ctx[0] & ~3
    for i in range(row[3]):
        w = floats(row[1] + i * row[2] + low * width)
        for trial in range(begin, ctx[0] + 1):
            p, d = eta * floats(at(row, 9, trial))[i], floats(at(row, 12, trial) + low * width)
            for j in range(high - low):
                w[j] += p * d[j]
