"""`math` for float32 kernels: `tanh` as a rational form that vectorises, the others as they are.

tanh: a 13/6 rational form fitted on |x| < 9.1 (largest error 7e-9) and evaluated in float64, so that what is left is the
rounding to float32, 6e-8; it vectorises, while libm's is a scalar call.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

f4, f8 = np.float32, np.float64
pi = f4(math.pi)
e = f4(math.e)


@njit(inline="always", error_model="numpy")
def tanh(x):
    """tanh x to 2e-7."""
    x = min(max(f8(x), -9.1), 9.1)
    y = x * x
    p = y * -8.037056778813342e-14 + 5.09370971696609e-11
    p = p * y - 1.9823791360113413e-08
    p = p * y + 1.1050988080908587e-05
    p = p * y + 0.003093781610744512
    p = p * y + 0.13074795086485658
    p = p * y + 0.9999999651997965
    q = y * 0.0002531514221792025 + 0.024454338895126198
    q = q * y + 0.4640811386764414
    q = q * y + 1.0
    return f4(p * x / q)


def _single(function):
    @njit(inline="always", error_model="numpy")
    def single(x):
        return f4(function(x))

    return single


exp, expm1, log, log1p, sqrt = (_single(f) for f in (math.exp, math.expm1, math.log, math.log1p, math.sqrt))
sin, cos, tan, atan, sinh, cosh = (_single(f) for f in (math.sin, math.cos, math.tan, math.atan, math.sinh, math.cosh))
erf, fabs = _single(math.erf), _single(math.fabs)
