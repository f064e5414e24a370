"""The kernels of the cpu executor, as plain functions; `compile` turns each into machine code for a dtype.

In a generated module `real`, `floats`, `gemm`, `width` and `math` stand for one dtype; here they stand for float32, so
that the file reads and checks as ordinary Python. A kernel is called with its row of the table and the context. The
context is (step, rows, part, parts). An operand takes three cells: address, bytes per step, mask of the step (−1: a
stream, one row per step; 1: two slots in turn; 0 with stride 0: one slot).

No reduction is split between threads and none is reordered: a part of a team takes whole postsynaptic neurons, so the
bits do not depend on how many parts there are.
"""

from __future__ import annotations

import numpy as np

from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import fma32 as fma
from neurosim.engine.memory import gemm32 as gemm
from neurosim.engine.memory import load32 as load
from neurosim.engine.memory import number
from neurosim.engine.memory import plus32 as plus
from neurosim.engine.memory import repeat32 as repeat
from neurosim.engine.memory import single_fma32 as single_fma
from neurosim.engine.memory import store32 as store

real = np.float32
width = 4
SHARE = 64
PANEL = 256
TILE = 512


def at(row, cell, step):
    """Where an operand's row of this step begins."""
    return row[cell] + (step & row[cell + 2]) * row[cell + 1]


def first_of(count, part, parts):
    """The first neuron of a part: boundaries are multiples of 64."""
    return min((count + SHARE - 1) // SHARE * part // parts * SHARE, count)


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
    u, x = floats(at(row, 6, ctx[0])), floats(at(row, 9, ctx[0]))
    for h in range(row[4]):
        w = floats(row[1] + h * row[2])
        a0 = a1 = a2 = a3 = real(0)
        i = 0
        while i + 4 <= row[3]:
            a0 = single_fma(x[i], w[i], a0)
            a1 = single_fma(x[i + 1], w[i + 1], a1)
            a2 = single_fma(x[i + 2], w[i + 2], a2)
            a3 = single_fma(x[i + 3], w[i + 3], a3)
            i += 4
        while i < row[3]:
            a0 = single_fma(x[i], w[i], a0)
            i += 1
        total = (a0 + a1) + (a2 + a3)
        u[h] = total if row[5] else u[h] + total


def multiply(row, ctx):
    """U (+)= X Wᵀ for a batch, by BLAS.

    1: W, 2: row length of W, 3: pre, 4: post, 5: sets, 6-8: U, 9-11: X, 12, 13: row lengths of U and X, 14: gemm.
    Panels of 256 postsynaptic neurons, whoever computes them: the bits do not depend on the number of threads.
    """
    panels = (row[4] + PANEL - 1) // PANEL
    beta = real(0) if row[5] else real(1)
    for panel in range(panels * ctx[2] // ctx[3], panels * (ctx[2] + 1) // ctx[3]):
        low = panel * PANEL
        n = min(PANEL, row[4] - low)
        gemm(
            row[14],
            0,
            0,
            n,
            ctx[1],
            row[3],
            real(1),
            row[1] + low * width,
            row[2],
            at(row, 9, ctx[0]),
            row[13],
            beta,
            at(row, 6, ctx[0]) + low * width,
            row[12],
        )


def multiply_transposed(row, ctx):
    """U (+)= X W for a batch, by BLAS.   As `multiply`, with 3: post of W, 4: pre of W."""
    panels = (row[4] + PANEL - 1) // PANEL
    beta = real(0) if row[5] else real(1)
    for panel in range(panels * ctx[2] // ctx[3], panels * (ctx[2] + 1) // ctx[3]):
        low = panel * PANEL
        n = min(PANEL, row[4] - low)
        gemm(
            row[14],
            1,
            0,
            n,
            ctx[1],
            row[3],
            real(1),
            row[1] + low * row[2] * width,
            row[2],
            at(row, 9, ctx[0]),
            row[13],
            beta,
            at(row, 6, ctx[0]) + low * width,
            row[12],
        )


def learn_batch(row, ctx):
    """W += η Σ x dᵀ over a batch, by BLAS.

    1: W, 2: row length, 3: pre, 4: post, 9-11: X, 12-14: D, 15: η, 16: V or 0, 17: α, 18: η λ, 19, 20: row lengths of X
    and D, 21: gemm. With momentum or decay V ← α V − η λ W + η Σ x dᵀ, W ← W + V.
    """
    panels = (row[4] + PANEL - 1) // PANEL
    eta = real(number(row[15]))
    for panel in range(panels * ctx[2] // ctx[3], panels * (ctx[2] + 1) // ctx[3]):
        low = panel * PANEL
        n = min(PANEL, row[4] - low)
        fade(row, low, n)
        into = row[16] if row[16] else row[1]
        x, d = at(row, 9, ctx[0]), at(row, 12, ctx[0]) + low * width
        gemm(row[21], 0, 1, n, row[3], ctx[1], eta, d, row[20], x, row[19], real(1), into + low * width, row[2])
        if row[16]:
            for i in range(row[3]):
                w, v = floats(row[1] + (i * row[2] + low) * width), floats(row[16] + (i * row[2] + low) * width)
                for j in range(n):
                    w[j] += v[j]


def fade(row, low, n):
    """V ← α V − η λ W, or without momentum W ← W − η λ W, for n postsynaptic neurons."""
    alpha, shrink = real(number(row[17])), real(number(row[18]))
    if row[16]:
        for i in range(row[3]):
            w, v = floats(row[1] + (i * row[2] + low) * width), floats(row[16] + (i * row[2] + low) * width)
            for j in range(n):
                v[j] = alpha * v[j] - shrink * w[j]
    elif shrink != real(0):
        for i in range(row[3]):
            w = floats(row[1] + (i * row[2] + low) * width)
            for j in range(n):
                w[j] -= shrink * w[j]


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


def combine(row, ctx):
    """u (+)= Σ gain · x over one-to-one projections without weights of their own.

    1: terms, 2: bytes per trial, 4: count, 5: sets, 6-8: u, then per term four cells: x, gain.
    """
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    for trial in range(ctx[1]):
        u = floats(at(row, 6, ctx[0]) + trial * row[2] + low * width)
        if row[5]:
            for j in range(high - low):
                u[j] = real(0)
        for term in range(row[1]):
            x, gain = (
                floats(at(row, 9 + 4 * term, ctx[0]) + trial * row[2] + low * width),
                real(number(row[12 + 4 * term])),
            )
            for j in range(high - low):
                u[j] += gain * x[j]


def mask(row, ctx):
    """W = W ⊙ pattern.   1: W, 2: bytes per row, 3: pre, 4: post, 5: pattern."""
    low, high = first_of(row[4], ctx[2], ctx[3]), first_of(row[4], ctx[2] + 1, ctx[3])
    for i in range(row[3]):
        w, pattern = floats(row[1] + i * row[2] + low * width), floats(row[5] + i * row[2] + low * width)
        for j in range(high - low):
            w[j] *= pattern[j]
