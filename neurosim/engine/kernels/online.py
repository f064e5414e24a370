"""One trial at a time, many postsynaptic neurons: drives, updates, and both in one pass over the weights."""

from __future__ import annotations

import numpy as np

from neurosim.engine.kernels.cells import at, first_of
from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import number

real = np.float32
width = 4


def gather(row, ctx):
    """u (+)= W x for one trial.   1: W, 2: bytes per row of W, 3: pre, 4: post, 5: sets, 6-8: u, 9-11: x."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    n = high - low
    if n <= 0:
        return
    step, line = ctx[0], row[2]
    u, x = floats(at(row, 6, step) + low * width), floats(at(row, 9, step))
    if row[5]:
        for j in range(n):
            u[j] = real(0)
    at_row = row[1] + low * width
    i = 0
    while i + 4 <= row[3]:
        w0, w1 = floats(at_row), floats(at_row + line)
        w2, w3 = floats(at_row + 2 * line), floats(at_row + 3 * line)
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        for j in range(n):
            u[j] += (w0[j] * x0 + w1[j] * x1) + (w2[j] * x2 + w3[j] * x3)
        i += 4
        at_row += 4 * line
    while i < row[3]:
        w0, x0 = floats(at_row), x[i]
        for j in range(n):
            u[j] += w0[j] * x0
        i += 1
        at_row += line


def learn_gather(row, ctx):
    """W += η x' d'ᵀ of the trial before, and u (+)= W x of this one, in one pass over W.

    As `gather`, and 12-14: d, 15: η, 16: V (0 without momentum), 17: α, 18: η λ, 19-21: x'.
    """
    step = ctx[0]
    if step == 0:
        gather(row, ctx)
        return
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    n = high - low
    if n <= 0:
        return
    line = row[2]
    u, x, old = floats(at(row, 6, step) + low * width), floats(at(row, 9, step)), floats(at(row, 19, step - 1))
    d, eta = floats(at(row, 12, step - 1) + low * width), real(number(row[15]))
    if row[5]:
        for j in range(n):
            u[j] = real(0)
    at_row = row[1] + low * width
    i = 0
    while i + 4 <= row[3]:
        w0, w1 = floats(at_row), floats(at_row + line)
        w2, w3 = floats(at_row + 2 * line), floats(at_row + 3 * line)
        p0, p1, p2, p3 = eta * old[i], eta * old[i + 1], eta * old[i + 2], eta * old[i + 3]
        x0, x1, x2, x3 = x[i], x[i + 1], x[i + 2], x[i + 3]
        for j in range(n):
            a0, a1, a2, a3 = w0[j] + p0 * d[j], w1[j] + p1 * d[j], w2[j] + p2 * d[j], w3[j] + p3 * d[j]
            w0[j] = a0
            w1[j] = a1
            w2[j] = a2
            w3[j] = a3
            u[j] += (a0 * x0 + a1 * x1) + (a2 * x2 + a3 * x3)
        i += 4
        at_row += 4 * line
    while i < row[3]:
        w0, p0, x0 = floats(at_row), eta * old[i], x[i]
        for j in range(n):
            a0 = w0[j] + p0 * d[j]
            w0[j] = a0
            u[j] += a0 * x0
        i += 1
        at_row += line


def learn_gather_momentum(row, ctx):
    """As `learn_gather`, with V ← α V + η x' d'ᵀ − η λ W and W ← W + V, in the same pass; decay alone keeps no V."""
    step = ctx[0]
    if step == 0:
        gather_by_rows(row, ctx)
        return
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    n = high - low
    if n <= 0:
        return
    u, x, old = floats(at(row, 6, step) + low * width), floats(at(row, 9, step)), floats(at(row, 19, step - 1))
    d = floats(at(row, 12, step - 1) + low * width)
    eta, alpha, shrink = real(number(row[15])), real(number(row[17])), real(number(row[18]))
    if row[5]:
        for j in range(n):
            u[j] = real(0)
    for i in range(row[3]):
        w, p, q = floats(row[1] + i * row[2] + low * width), eta * old[i], x[i]
        if row[16]:
            v = floats(row[16] + i * row[2] + low * width)
            for j in range(n):
                change = alpha * v[j] + (p * d[j] - shrink * w[j])
                v[j] = change
                a = w[j] + change
                w[j] = a
                u[j] += a * q
        else:
            for j in range(n):
                a = w[j] + (p * d[j] - shrink * w[j])
                w[j] = a
                u[j] += a * q


def gather_by_rows(row, ctx):
    """As `gather`, with the sums in the order of `learn_gather_momentum`."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    n = high - low
    if n <= 0:
        return
    u, x = floats(at(row, 6, ctx[0]) + low * width), floats(at(row, 9, ctx[0]))
    if row[5]:
        for j in range(n):
            u[j] = real(0)
    for i in range(row[3]):
        w, q = floats(row[1] + i * row[2] + low * width), x[i]
        for j in range(n):
            u[j] += w[j] * q


def gather_transposed(row, ctx):
    """u (+)= Wᵀ x for one trial, with the sums in the order of `gather`.

    1: W, 2: bytes per row of W, 3: post of W, 4: pre of W, 5: sets, 6-8: u, 9-11: x.
    """
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    u, x = floats(at(row, 6, ctx[0])), floats(at(row, 9, ctx[0]))
    for h in range(low, high):
        w = floats(row[1] + h * row[2])
        total = real(0) if row[5] else u[h]
        i = 0
        while i + 4 <= row[3]:
            total += (w[i] * x[i] + w[i + 1] * x[i + 1]) + (w[i + 2] * x[i + 2] + w[i + 3] * x[i + 3])
            i += 4
        while i < row[3]:
            total += w[i] * x[i]
            i += 1
        u[h] = total


def learn_outer(row, ctx):
    """W += η x dᵀ for one trial.   1: W, 2: bytes per row, 3: pre, 4: post, 9-11: x, 12-14: d, 15: η."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    x, d, eta = floats(at(row, 9, ctx[0])), floats(at(row, 12, ctx[0]) + low * width), real(number(row[15]))
    for i in range(row[3]):
        w, p = floats(row[1] + i * row[2] + low * width), eta * x[i]
        for j in range(high - low):
            w[j] += p * d[j]


def learn_outer_momentum(row, ctx):
    """V ← α V + η x dᵀ − η λ W, W ← W + V for one trial.   As `learn_outer`, and 16: V, 17: α, 18: η λ."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    x, d = floats(at(row, 9, ctx[0])), floats(at(row, 12, ctx[0]) + low * width)
    eta, alpha, shrink = real(number(row[15])), real(number(row[17])), real(number(row[18]))
    for i in range(row[3]):
        w, p = floats(row[1] + i * row[2] + low * width), eta * x[i]
        if row[16]:
            v = floats(row[16] + i * row[2] + low * width)
            for j in range(high - low):
                change = alpha * v[j] + (p * d[j] - shrink * w[j])
                v[j] = change
                w[j] += change
        else:
            for j in range(high - low):
                w[j] += p * d[j] - shrink * w[j]
