"""The Moore-Penrose pseudoinverse of weights, in float64, by one-sided Jacobi rotations (Hestenes 1958).

LAPACK is not asked: for the few neurons of an output it is hardly faster, its bits depend on how many threads it has, and what is
not finite would be an error that machine code cannot raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neurosim.engine.memory import floats32 as floats
    from neurosim.engine.memory import number


real = np.float32
width = 4


def pseudoinverse(row, ctx):
    """B = W⁺, by the first of a team: the singular values of W are no work that can be shared without sharing sums.

    1: W, 2: bytes per row of a panel, 3: pre, 4: post, 5: B, 6: bytes per row of a panel of B, 7: the share of the largest
    singular value up to which another one counts as zero.
    """
    if ctx[2] > 0:
        return
    pre, post, wide = row[3], row[4], row[4] <= row[3]
    rows = np.empty((min(pre, post), max(pre, post)))
    count = row[2] // width
    for j in range(post):
        for i in range(pre):
            value = floats(row[1] + (j // count * pre + i) * row[2])[j % count]
            if wide:
                rows[j, i] = value
            else:
                rows[i, j] = value
    inverse = transposed_inverse(rows, number(row[7]))
    count = row[6] // width
    for j in range(post):
        for i in range(pre):
            value = inverse[j, i] if wide else inverse[i, j]
            floats(row[5] + (i // count * post + j) * row[6])[i % count] = real(value)


def transposed_inverse(rows, share):
    """(A⁺)ᵀ of a matrix with no more rows than columns, which is overwritten; nan where A is not finite.

    Rotations R make the rows of RA orthogonal, RA = diag(s) Q; then A⁺ = (RA)ᵀ diag(1/s²) R, over s above a share of the largest.
    """
    few, many = rows.shape
    found, squares = np.zeros((few, many)), np.empty(few)
    scale = divide_by_largest(rows)
    if not scale > 0.0:
        found[:, :] = scale
        return found
    turns = orthogonalise(rows)
    largest = 0.0
    for k in range(few):
        squares[k] = scalar_product(rows[k], rows[k])
        largest = max(largest, squares[k])
    for k in range(few):
        if squares[k] > share * share * largest:
            for j in range(few):
                gain = turns[k, j] / squares[k] / scale
                for i in range(many):
                    found[j, i] += gain * rows[k, i]
    return found


def divide_by_largest(rows):
    """Divide by the largest number, so that no square is too large or too small; returns it, nan where one is not finite."""
    few, many = rows.shape
    scale = 0.0
    for k in range(few):
        for i in range(many):
            if not np.isfinite(rows[k, i]):
                return np.nan
            scale = max(scale, abs(rows[k, i]))
    for k in range(few):
        for i in range(many):
            rows[k, i] /= scale
    return scale


def orthogonalise(rows):
    """Rotate pairs of rows until all are orthogonal; returns the product of the rotations.

    Pairs are swept over until none is rotated any more, which six to ten sweeps do. Rows that are rounding beside the others
    have no direction, and are left alone.
    """
    few, many = rows.shape
    turns = np.zeros((few, few))
    small, nothing = 2.0**-52 * np.sqrt(many), 0.0
    for k in range(few):
        turns[k, k] = 1.0
        nothing += 2.0**-104 * scalar_product(rows[k], rows[k])
    for _ in range(40):
        rotated = False
        for p in range(few - 1):
            for q in range(p + 1, few):
                a, b = scalar_product(rows[p], rows[p]), scalar_product(rows[q], rows[q])
                c = scalar_product(rows[p], rows[q])
                if abs(c) > small * np.sqrt(a * b) and min(a, b) > nothing:
                    rotated = True
                    ratio = (b - a) / (2.0 * c)
                    tangent = np.copysign(1.0, ratio) / (abs(ratio) + np.sqrt(1.0 + ratio * ratio))
                    cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
                    rotate_pair(rows[p], rows[q], cosine, cosine * tangent)
                    rotate_pair(turns[p], turns[q], cosine, cosine * tangent)
        if not rotated:
            break
    return turns


def scalar_product(a, b):
    """Σ a b, in four sums side by side."""
    one = two = three = four = 0.0
    whole = len(a) // 4 * 4
    for i in range(0, whole, 4):
        one += a[i] * b[i]
        two += a[i + 1] * b[i + 1]
        three += a[i + 2] * b[i + 2]
        four += a[i + 3] * b[i + 3]
    for i in range(whole, len(a)):
        one += a[i] * b[i]
    return (one + two) + (three + four)


def rotate_pair(a, b, cosine, sine):
    """a, b ← cosine a − sine b, sine a + cosine b."""
    for i in range(len(a)):
        first, second = a[i], b[i]
        a[i] = cosine * first - sine * second
        b[i] = sine * first + cosine * second
