"""Batches of trials: five trials, or five presynaptic neurons, and a cache line of postsynaptic ones at a time.

Each number of a product is added up by itself, in the order of the presynaptic neurons or of the trials: the bits do not
depend on how many threads share the work, nor on how it is cut. What is read again and again lies in a row, in the
nearest cache. BLAS would do so, too, but copies all weights for every product, which costs as much as it saves where trials
are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import STRIP, at

if TYPE_CHECKING:
    from neurosim.engine.lanes import eight32 as eight
    from neurosim.engine.lanes import fma, load_like, minus, plus, repeat_like, store, times
    from neurosim.engine.lanes import sixteen32 as line_of
    from neurosim.engine.memory import floats32 as floats
    from neurosim.engine.memory import number, release, scratch

real = np.float32
width = 4


def multiply(row, ctx):
    """U (+)= X Wᵀ for a batch, or U (+)= X W with sums in the same order, strip by strip of neurons.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: sets, 6-8: U, 9-11: X, 12, 13: row lengths of U and X, 14: whether W is
    transposed; 3 is then its post, and 4 its pre.
    """
    trials, strips = ctx[1], (row[4] * width + STRIP - 1) // STRIP
    pieces = pieces_of(strips)
    space = scratch((row[3] + 1) * STRIP)
    w = (space + STRIP - 1) // STRIP * STRIP
    held = -1
    for share in range(strips * pieces * ctx[2] // ctx[3], strips * pieces * (ctx[2] + 1) // ctx[3]):
        strip, piece = share // pieces, share % pieces
        first, last = trials * piece // pieces, trials * (piece + 1) // pieces
        if last > first:
            if held != strip:
                if row[14]:
                    collect_turned(row, strip * STRIP // width, w)
                else:
                    collect(row, strip, w)
                held = strip
            for trial in range(first, last, 5):
                five_trials(row, at(row, 6, ctx[0]) + strip * STRIP, at(row, 9, ctx[0]), w, trial, last - 1)
    release(space)


def pieces_of(strips):
    """Into how many pieces each strip is cut, so that threads can share few of them."""
    return 1 if strips >= 8 else 8


def place_of(row, strip):
    """Where a strip of the weights begins: those onto as many postsynaptic neurons as a cache line holds."""
    return row[1] + strip * STRIP // row[2] * row[2] * row[3] + strip * STRIP % row[2]


def collect(row, strip, into):
    """Copy a strip of the weights to where its lines follow each other."""
    w, like = place_of(row, strip), line_of()
    for _ in range(row[3]):
        store(into, load_like(w, like))
        into += STRIP
        w += row[2]


def five_trials(row, u, x, w, trial, last):
    """The drives of a strip of neurons in five trials; after the last one, it comes again."""
    t1, t2, t3, t4 = min(trial + 1, last), min(trial + 2, last), min(trial + 3, last), min(trial + 4, last)
    step, shift, like = row[12] * width, row[13] * width, line_of()
    u0, u1, u2, u3, u4 = u + trial * step, u + t1 * step, u + t2 * step, u + t3 * step, u + t4 * step
    x0, x1, x2 = floats(x + trial * shift), floats(x + t1 * shift), floats(x + t2 * shift)
    x3, x4 = floats(x + t3 * shift), floats(x + t4 * shift)
    a0 = a1 = a2 = a3 = a4 = like
    if not row[5]:
        a0, a1, a2 = load_like(u0, like), load_like(u1, like), load_like(u2, like)
        a3, a4 = load_like(u3, like), load_like(u4, like)
    for i in range(row[3]):
        b = load_like(w, like)
        a0 = fma(repeat_like(x0[i], like), b, a0)
        a1 = fma(repeat_like(x1[i], like), b, a1)
        a2 = fma(repeat_like(x2[i], like), b, a2)
        a3 = fma(repeat_like(x3[i], like), b, a3)
        a4 = fma(repeat_like(x4[i], like), b, a4)
        w += STRIP
    store(u0, a0)
    store(u1, a1)
    store(u2, a2)
    store(u3, a3)
    store(u4, a4)


def collect_turned(row, low, into):
    """Copy the weights from as many presynaptic neurons as a cache line holds: those onto one neuron after those onto another."""
    to, many, count = floats(into), STRIP // width, row[2] // width
    for panel in range((row[3] + count - 1) // count):
        size = min(count, row[3] - panel * count)
        for lane in range(many):
            n = panel * count * many + lane
            if low + lane < row[4]:
                w = floats(row[1] + (panel * row[4] + low + lane) * row[2])
                for j in range(size):
                    to[n] = w[j]
                    n += many
            else:
                for _ in range(size):
                    to[n] = real(0)
                    n += many


def learn_batch(row, ctx):
    """W += η Σ x dᵀ over a batch.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 9-11: X, 12-14: D, 15: η, 16: V or 0, 17: α, 18: η λ, 19, 20: row
    lengths of X and D. With momentum V ← α V − η λ W + η Σ x dᵀ, W ← W + V; without W ← W − η λ W + η Σ x dᵀ.
    """
    pre, strips = row[3], (row[4] * width + STRIP - 1) // STRIP
    pieces = pieces_of(strips)
    tiles = ((pre + 4) // 5 + pieces - 1) // pieces
    space = scratch((ctx[1] + 1) * STRIP + tiles * 5 * ctx[1] * width)
    taught = (space + STRIP - 1) // STRIP * STRIP
    rates, held = taught + ctx[1] * STRIP, -1
    for share in range(strips * pieces * ctx[2] // ctx[3], strips * pieces * (ctx[2] + 1) // ctx[3]):
        strip, piece = share // pieces, share % pieces
        first, last = piece * tiles * 5, min((piece + 1) * tiles * 5, pre)
        if last > first:
            if held != piece:
                turn(row, ctx, first, last, rates)
                held = piece
            scale(row, ctx, strip, taught)
            for i in range(first, last, 5):
                five_inputs(row, ctx[1], place_of(row, strip), taught, rates + (i - first) * ctx[1] * width, i)
    release(space)


def turn(row, ctx, first, last, into):
    """Copy the rates of some presynaptic neurons, five by five: those of one trial follow those of the trial before."""
    end, eights = row[3] - 1, eight()
    for i in range(first, last, 5):
        x = at(row, 9, ctx[0]) + i * width
        if i + 8 <= row[3]:
            for _ in range(ctx[1] - 1):
                store(into, load_like(x, eights))  # three too many, which the next trial's replace
                into += 5 * width
                x += row[19] * width
            five_of(x, into, 1, 2, 3, 4)
        else:
            i1, i2, i3, i4 = min(i + 1, end) - i, min(i + 2, end) - i, min(i + 3, end) - i, min(i + 4, end) - i
            for _ in range(ctx[1] - 1):
                five_of(x, into, i1, i2, i3, i4)
                into += 5 * width
                x += row[19] * width
            five_of(x, into, i1, i2, i3, i4)
        into += 5 * width


def five_of(x, into, i1, i2, i3, i4):
    """Copy a number and four others of a row."""
    rates, to = floats(x), floats(into)
    to[0], to[1], to[2], to[3], to[4] = rates[0], rates[i1], rates[i2], rates[i3], rates[i4]


def scale(row, ctx, strip, into):
    """η d of a strip of neurons, trial after trial."""
    d, like = at(row, 12, ctx[0]) + strip * STRIP, line_of()
    eta = repeat_like(real(number(row[15])), like)
    for _ in range(ctx[1]):
        store(into, times(eta, load_like(d, like)))
        d += row[20] * width
        into += STRIP


def five_inputs(row, trials, w, taught, x, i):
    """The changes of the synapses from five presynaptic neurons onto a strip of others; after the last one, it comes again."""
    line, end, like = row[2], row[3] - 1, line_of()
    i1, i2, i3, i4 = min(i + 1, end), min(i + 2, end), min(i + 3, end), min(i + 4, end)
    w0, w1, w2, w3, w4 = w + i * line, w + i1 * line, w + i2 * line, w + i3 * line, w + i4 * line
    a0, a1, a2, a3, a4 = faded(row, w0), faded(row, w1), faded(row, w2), faded(row, w3), faded(row, w4)
    for _ in range(trials):
        b, rates = load_like(taught, like), floats(x)
        a0 = fma(repeat_like(rates[0], like), b, a0)
        a1 = fma(repeat_like(rates[1], like), b, a1)
        a2 = fma(repeat_like(rates[2], like), b, a2)
        a3 = fma(repeat_like(rates[3], like), b, a3)
        a4 = fma(repeat_like(rates[4], like), b, a4)
        taught += STRIP
        x += 5 * width
    if row[16]:
        shift = row[16] - row[1]
        store(w0 + shift, a0)
        store(w1 + shift, a1)
        store(w2 + shift, a2)
        store(w3 + shift, a3)
        store(w4 + shift, a4)
        a0, a1, a2 = plus(load_like(w0, like), a0), plus(load_like(w1, like), a1), plus(load_like(w2, like), a2)
        a3, a4 = plus(load_like(w3, like), a3), plus(load_like(w4, like), a4)
    store(w0, a0)
    store(w1, a1)
    store(w2, a2)
    store(w3, a3)
    store(w4, a4)


def faded(row, w):
    """α V − η λ W, or without momentum W − η λ W, of a line of weights."""
    weights = load_like(w, line_of())
    shrunk = times(repeat_like(real(number(row[18])), weights), weights)
    if row[16]:
        velocity = load_like(w - row[1] + row[16], weights)
        return minus(times(repeat_like(real(number(row[17])), weights), velocity), shrunk)
    return minus(weights, shrunk)
