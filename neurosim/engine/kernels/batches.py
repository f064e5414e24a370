"""Batches of trials, by BLAS, in bands of 256 neurons: the bits do not depend on how many threads share the panels."""

from __future__ import annotations

import numpy as np

from neurosim.engine.kernels.cells import BAND, at
from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import gemm32 as gemm
from neurosim.engine.memory import number

real = np.float32
width = 4


def multiply(row, ctx):
    """U (+)= X Wᵀ for a batch, by BLAS.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: sets, 6-8: U, 9-11: X, 12, 13: row lengths of U and X, 14: gemm.
    """
    count, pre = row[2] // width, row[3]
    bands = (count + BAND - 1) // BAND
    panels = (row[4] + count - 1) // count
    pieces = pieces_of(panels * bands, pre)
    beta = real(0) if row[5] else real(1)
    x, u = at(row, 9, ctx[0]), at(row, 6, ctx[0])
    for share in range(panels * bands * pieces * ctx[2] // ctx[3], panels * bands * pieces * (ctx[2] + 1) // ctx[3]):
        panel, low, piece = share // pieces // bands, share // pieces % bands * BAND, share % pieces
        first, last = ctx[1] * piece // pieces, ctx[1] * (piece + 1) // pieces
        n = min(min(BAND, count - low), row[4] - panel * count - low)
        if n > 0 and last > first:
            w, into = row[1] + panel * row[2] * pre + low * width, u + panel * row[2] + (low + first * row[12]) * width
            source = x + first * row[13] * width
            gemm(row[14], 0, 0, n, last - first, pre, real(1), w, count, source, row[13], beta, into, row[12])


def multiply_transposed(row, ctx):
    """U (+)= X W for a batch, by BLAS, in bands of 256 presynaptic neurons.   As `multiply`, with 3: post of W, 4: pre of W."""
    count, post, pre = row[2] // width, row[3], row[4]
    bands = (pre + BAND - 1) // BAND
    x, u = at(row, 9, ctx[0]), at(row, 6, ctx[0])
    for band in range(bands * ctx[2] // ctx[3], bands * (ctx[2] + 1) // ctx[3]):
        low = band * BAND
        m = min(BAND, pre - low)
        for panel in range((post + count - 1) // count):
            k = min(count, post - panel * count)
            w = row[1] + (panel * pre + low) * row[2]
            beta = real(0) if row[5] and panel == 0 else real(1)
            gemm(row[14], 1, 0, m, ctx[1], k, real(1), w, count, x + panel * row[2], row[13], beta, u + low * width, row[12])


def learn_batch(row, ctx):
    """W += η Σ x dᵀ over a batch, by BLAS.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 9-11: X, 12-14: D, 15: η, 16: V or 0, 17: α, 18: η λ, 19, 20: row
    lengths of X and D, 21: gemm. With momentum or decay V ← α V − η λ W + η Σ x dᵀ, W ← W + V.
    """
    count, pre, eta = row[2] // width, row[3], real(number(row[15]))
    bands = (count + BAND - 1) // BAND
    panels = (row[4] + count - 1) // count
    pieces = pieces_of(panels * bands, pre)
    x, d = at(row, 9, ctx[0]), at(row, 12, ctx[0])
    for share in range(panels * bands * pieces * ctx[2] // ctx[3], panels * bands * pieces * (ctx[2] + 1) // ctx[3]):
        panel, low, piece = share // pieces // bands, share // pieces % bands * BAND, share % pieces
        first, last = pre * piece // pieces, pre * (piece + 1) // pieces
        n = min(min(BAND, count - low), row[4] - panel * count - low)
        if n > 0:
            place = panel * row[2] * pre + low * width
            fade(row, place, n, first, last)
            into = (row[16] if row[16] else row[1]) + place + first * row[2]
            taught, rates = d + panel * row[2] + low * width, x + first * width
            gemm(row[21], 0, 1, n, last - first, ctx[1], eta, taught, row[20], rates, row[19], real(1), into, count)
            if row[16]:
                for i in range(first, last):
                    w, v = floats(row[1] + place + i * row[2]), floats(row[16] + place + i * row[2])
                    for j in range(n):
                        w[j] += v[j]


def pieces_of(bands, pre):
    """Into how many pieces a single band of neurons is cut, always at the same places, so that threads can share it."""
    return 4 if bands == 1 and pre >= BAND else 1


def fade(row, place, n, first, last):
    """V ← α V − η λ W, or without momentum W ← W − η λ W, for n postsynaptic neurons and some presynaptic ones."""
    alpha, shrink = real(number(row[17])), real(number(row[18]))
    if row[16]:
        for i in range(first, last):
            w, v = floats(row[1] + place + i * row[2]), floats(row[16] + place + i * row[2])
            for j in range(n):
                v[j] = alpha * v[j] - shrink * w[j]
    elif shrink != real(0):
        for i in range(first, last):
            w = floats(row[1] + place + i * row[2])
            for j in range(n):
                w[j] -= shrink * w[j]
