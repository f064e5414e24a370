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
    beta = real(0) if row[5] else real(1)
    x, u = at(row, 9, ctx[0]), at(row, 6, ctx[0])
    for share in range(panels * bands * ctx[2] // ctx[3], panels * bands * (ctx[2] + 1) // ctx[3]):
        panel, low = share // bands, share % bands * BAND
        n = min(min(BAND, count - low), row[4] - panel * count - low)
        if n > 0:
            w, into = row[1] + panel * row[2] * pre + low * width, u + panel * row[2] + low * width
            gemm(row[14], 0, 0, n, ctx[1], pre, real(1), w, count, x, row[13], beta, into, row[12])


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
    x, d = at(row, 9, ctx[0]), at(row, 12, ctx[0])
    for share in range(panels * bands * ctx[2] // ctx[3], panels * bands * (ctx[2] + 1) // ctx[3]):
        panel, low = share // bands, share % bands * BAND
        n = min(min(BAND, count - low), row[4] - panel * count - low)
        if n > 0:
            place = panel * row[2] * pre + low * width
            fade(row, place, n)
            into = (row[16] if row[16] else row[1]) + place
            gemm(row[21], 0, 1, n, pre, ctx[1], eta, d + panel * row[2] + low * width, row[20], x, row[19], real(1), into, count)
            if row[16]:
                for i in range(pre):
                    w, v = floats(row[1] + place + i * row[2]), floats(row[16] + place + i * row[2])
                    for j in range(n):
                        w[j] += v[j]


def fade(row, place, n):
    """V ← α V − η λ W, or without momentum W ← W − η λ W, for the n postsynaptic neurons of a band."""
    alpha, shrink = real(number(row[17])), real(number(row[18]))
    if row[16]:
        for i in range(row[3]):
            w, v = floats(row[1] + place + i * row[2]), floats(row[16] + place + i * row[2])
            for j in range(n):
                v[j] = alpha * v[j] - shrink * w[j]
    elif shrink != real(0):
        for i in range(row[3]):
            w = floats(row[1] + place + i * row[2])
            for j in range(n):
                w[j] -= shrink * w[j]
