"""Batches of trials, by BLAS, in panels of postsynaptic neurons."""

from __future__ import annotations

import numpy as np

from neurosim.engine.kernels.cells import PANEL, at
from neurosim.engine.memory import floats32 as floats
from neurosim.engine.memory import gemm32 as gemm
from neurosim.engine.memory import number

real = np.float32
width = 4


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
