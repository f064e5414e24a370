"""Batches of trials: four trials, or four presynaptic neurons, and a band of postsynaptic ones at a time.

A band is three vector registers of neighbouring neurons: with four rows of it, the twelve sums, a line of what they are sums of
and one factor are all the registers that there are. Each number of a product is added up by itself, in the order of the
presynaptic neurons or of the trials: the bits do not depend on how many threads share the work, nor on how it is cut. What is
read again and again lies in a row, in the nearest cache, and what comes next is asked for before. BLAS would do so, too, but
copies all weights for every product, which costs as much as it saves where trials are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import BAND, HALF, at, room

if TYPE_CHECKING:
    from neurosim.engine.lanes import eight32 as half
    from neurosim.engine.lanes import fma, load_at, minus, plus, repeat_like, store_at, times
    from neurosim.engine.lanes import four32 as four
    from neurosim.engine.memory import fetch, number, release
    from neurosim.engine.memory import floats32 as floats

real = np.float32
width = 4


def multiply(row, ctx):
    """U (+)= X Wᵀ for a batch, or U (+)= X W with sums in the same order, band by band of neurons.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: sets, 6-8: U, 9-11: X, 12, 13: row lengths of U and X, 14: whether W is
    transposed; 3 is then its post, and 4 its pre.
    """
    line = all_halves(row[4]) * HALF if row[14] else row[2]
    trials, bands = ctx[1], bands_of(line, row[4])
    pieces = pieces_of(bands)
    space, held = room(ctx, row[3] * BAND), -1
    if space == 0:
        return
    for share in range(bands * pieces * ctx[2] // ctx[3], bands * pieces * (ctx[2] + 1) // ctx[3]):
        band, piece = share // pieces, share % pieces
        first, last = cut(trials, piece, pieces), cut(trials, piece + 1, pieces)
        if last > first:
            if held != band:
                if row[14]:
                    collect_turned(row, first_half(line, band) * HALF // width, space)
                else:
                    collect(row, band, space)
                held = band
            trials_of(row, ctx, band, line, first, last, space)
    release(space)


def all_halves(post):
    """How many registers hold a number for each of some neurons."""
    return (post * width + HALF - 1) // HALF


def bands_of(line, post):
    """How many bands of three registers there are, in panels of so many bytes per row; the last one of a panel may have fewer."""
    halves, many = all_halves(post), line // HALF
    return halves // many * ((many + 2) // 3) + (halves % many + 2) // 3


def first_half(line, band):
    """With which register a band begins."""
    many = line // HALF
    each = (many + 2) // 3
    return band // each * many + band % each * 3


def halves_of(line, post, band):
    """How many registers a band has."""
    many, first = line // HALF, first_half(line, band)
    return min(3, many - first % many, all_halves(post) - first)


def pieces_of(bands):
    """Into how many pieces each band is cut, so that threads can share few of them."""
    return 1 if bands >= 8 else 8


def cut(count, piece, pieces):
    """Where a piece begins: four rows stay together."""
    return min((count + 3) // 4 * piece // pieces * 4, count)


def place_of(row, band):
    """Where a band of the weights begins."""
    low = first_half(row[2], band) * HALF
    return row[1] + low // row[2] * row[2] * row[3] + low % row[2]


def trials_of(row, ctx, band, line, first, last, w):
    """The drives of a band of neurons in some trials; meanwhile the weights of the next band come nearer."""
    u, x = at(row, 6, ctx[0]) + first_half(line, band) * HALF, at(row, 9, ctx[0])
    halves, groups, apart, beside = halves_of(line, row[4], band), (last - first + 3) // 4, row[12] * width, row[13] * width
    many = (row[3] + groups - 1) // groups
    coming = w if row[14] else place_of(row, band + 1)
    ahead, chunk = 0 if row[14] else row[2], (row[3] + many - 1) // many
    for trial in range(first, last, 4):
        rows, to, factors = min(4, last - trial), u + trial * apart, x + trial * beside
        add_products(to, apart, rows, halves, row[5], w, factors, beside, width, row[3], coming, ahead, chunk)
        coming += many * ahead


def add_products(to, apart, rows, halves, sets, lines, x, beside, step, count, coming, ahead, chunk):
    """Add Σ x · line to four rows of a band. Where there are fewer, the last one comes again, and so does the first register.

    Args:
        to, apart, rows, halves: the rows of the band, the bytes between them, how many, and how many registers each has.
        sets: the rows begin with 0.
        lines, count: the lines of the sum, one after the other, and how many.
        x, beside, step: the factors, and the bytes from row to row and from line to line.
        coming, ahead, chunk: what is asked for, and the bytes to what is asked for so many lines later.
    """
    like, b, c = half(), min(1, halves - 1) * HALF, halves // 3 * 2 * HALF
    n1, n2, n3 = min(1, rows - 1), min(2, rows - 1), min(3, rows - 1)
    to1, to2, to3, x1, x2, x3 = (
        to + n1 * apart,
        to + n2 * apart,
        to + n3 * apart,
        x + n1 * beside,
        x + n2 * beside,
        x + n3 * beside,
    )
    a0 = b0 = c0 = a1 = b1 = c1 = a2 = b2 = c2 = a3 = b3 = c3 = like
    if not sets:
        a0, b0, c0 = load_at(to, 0, like), load_at(to, b, like), load_at(to, c, like)
        a1, b1, c1 = load_at(to1, 0, like), load_at(to1, b, like), load_at(to1, c, like)
        a2, b2, c2 = load_at(to2, 0, like), load_at(to2, b, like), load_at(to2, c, like)
        a3, b3, c3 = load_at(to3, 0, like), load_at(to3, b, like), load_at(to3, c, like)
    done = at_factor = 0
    while done < count:
        fetch(coming)
        fetch(coming + BAND - width)
        coming += ahead
        end = min(done + chunk, count)
        if rows > 2:
            for _ in range(done, end):
                p, q, r = load_at(lines, 0, like), load_at(lines, HALF, like), load_at(lines, 2 * HALF, like)
                f = repeat_like(floats(x + at_factor)[0], like)
                a0, b0, c0 = fma(f, p, a0), fma(f, q, b0), fma(f, r, c0)
                f = repeat_like(floats(x1 + at_factor)[0], like)
                a1, b1, c1 = fma(f, p, a1), fma(f, q, b1), fma(f, r, c1)
                f = repeat_like(floats(x2 + at_factor)[0], like)
                a2, b2, c2 = fma(f, p, a2), fma(f, q, b2), fma(f, r, c2)
                f = repeat_like(floats(x3 + at_factor)[0], like)
                a3, b3, c3 = fma(f, p, a3), fma(f, q, b3), fma(f, r, c3)
                lines += BAND
                at_factor += step
        else:
            for _ in range(done, end):
                p, q, r = load_at(lines, 0, like), load_at(lines, HALF, like), load_at(lines, 2 * HALF, like)
                f = repeat_like(floats(x + at_factor)[0], like)
                a0, b0, c0 = fma(f, p, a0), fma(f, q, b0), fma(f, r, c0)
                f = repeat_like(floats(x1 + at_factor)[0], like)
                a1, b1, c1 = fma(f, p, a1), fma(f, q, b1), fma(f, r, c1)
                lines += BAND
                at_factor += step
        done = end
    put(to3, b, c, a3, b3, c3)
    put(to2, b, c, a2, b2, c2)
    put(to1, b, c, a1, b1, c1)
    put(to, b, c, a0, b0, c0)


def put(to, second, third, a, b, c):
    """Write the registers of a row; where there are fewer, the first one's numbers remain."""
    store_at(to, third, c)
    store_at(to, second, b)
    store_at(to, 0, a)


def collect(row, band, into):
    """Copy a band of the weights to where its lines follow each other."""
    w, like, halves = place_of(row, band), half(), halves_of(row[2], row[4], band)
    b, c = min(1, halves - 1) * HALF, halves // 3 * 2 * HALF
    for _ in range(row[3]):
        store_at(into, 0, load_at(w, 0, like))
        store_at(into, HALF, load_at(w, b, like))
        store_at(into, 2 * HALF, load_at(w, c, like))
        into += BAND
        w += row[2]


def collect_turned(row, low, into):
    """Copy the weights from a band of presynaptic neurons: those onto one neuron after those onto another."""
    to, many, count = floats(into), BAND // width, row[2] // width
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
    pre, trials, bands = row[3], ctx[1], bands_of(row[2], row[4])
    pieces = pieces_of(bands)
    space = room(ctx, trials * BAND + ((pre + 4) * trials * width if pieces == 1 else 0))
    if space == 0:
        return
    x, rates, held = at(row, 9, ctx[0]), space + trials * BAND, -1
    low, high = bands * pieces * ctx[2] // ctx[3], bands * pieces * (ctx[2] + 1) // ctx[3]
    if pieces == 1 and low < high:
        turn(row, x, trials, rates)
    for share in range(low, high):
        band, piece = share // pieces, share % pieces
        first, last = cut(pre, piece, pieces), cut(pre, piece + 1, pieces)
        if held != band:
            scale(row, ctx, band, space)
            held = band
        if pieces == 1:
            inputs_of(row, trials, band, first, last, space, rates, 4 * width, 4 * width * trials)
        else:
            inputs_of(row, trials, band, first, last, space, x + first * width, row[19] * width, 4 * width)
    release(space)


def turn(row, x, trials, into):
    """Copy the rates of a batch, four presynaptic neurons by four: those of one trial follow those of the trial before."""
    shift = row[19] * width
    for i in range(0, row[3], 4):
        end, fours = row[3] - 1 - i, four()
        n1, n2, n3 = min(1, end), min(2, end), min(3, end)
        for trial in range(trials):
            if n3 == 3:
                store_at(into, 0, load_at(x, trial * shift, fours))
            else:
                to, rates = floats(into), floats(x + trial * shift)
                to[0], to[1], to[2], to[3] = rates[0], rates[n1], rates[n2], rates[n3]
            into += 4 * width
        x += 4 * width


def scale(row, ctx, band, into):
    """η d of a band of neurons, trial after trial."""
    d, like, halves = at(row, 12, ctx[0]) + first_half(row[2], band) * HALF, half(), halves_of(row[2], row[4], band)
    b, c = min(1, halves - 1) * HALF, halves // 3 * 2 * HALF
    eta = repeat_like(real(number(row[15])), like)
    for _ in range(ctx[1]):
        store_at(into, 0, times(eta, load_at(d, 0, like)))
        store_at(into, HALF, times(eta, load_at(d, b, like)))
        store_at(into, 2 * HALF, times(eta, load_at(d, c, like)))
        d += row[20] * width
        into += BAND


def inputs_of(row, trials, band, first, last, taught, x, step, further):
    """The changes of the synapses from some neurons onto a band of others; meanwhile the weights of the next four come nearer."""
    line, w, halves = row[2], place_of(row, band) + first * row[2], halves_of(row[2], row[4], band)
    shift = row[16] - row[1] if row[16] else 0
    for i in range(first, last, 4):
        rows = min(4, last - i)
        for n in range(4, 8):
            fetch(w + n * line)
        if row[16] or number(row[18]) != 0:
            fade(row, w, rows, halves)
        add_products(w + shift, line, rows, halves, 0, taught, x, width, step, trials, w, 0, trials)
        if row[16]:
            move(row, w, rows, halves)
        w += 4 * line
        x += further


def fade(row, w, rows, halves):
    """V ← α V − η λ W, or without momentum W ← W − η λ W, in some rows of a band."""
    like = half()
    shrink, keep = repeat_like(real(number(row[18])), like), repeat_like(real(number(row[17])), like)
    for _ in range(rows):
        for n in range(halves):
            at_half = n * HALF
            weights = load_at(w, at_half, like)
            shrunk = times(shrink, weights)
            if row[16]:
                v = w - row[1] + row[16]
                store_at(v, at_half, minus(times(keep, load_at(v, at_half, like)), shrunk))
            else:
                store_at(w, at_half, minus(weights, shrunk))
        w += row[2]


def move(row, w, rows, halves):
    """W ← W + V in some rows of a band."""
    like = half()
    for _ in range(rows):
        for n in range(halves):
            at_half = n * HALF
            store_at(w, at_half, plus(load_at(w, at_half, like), load_at(w - row[1] + row[16], at_half, like)))
        w += row[2]
