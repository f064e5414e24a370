"""`math` for float32 kernels: `tanh` as a rational form that vectorises, the others as they are.

tanh: a 13/6 rational form fitted on |x| < 9.1 (largest error 7e-9) and evaluated in float64, so that what is left is the
rounding to float32, 6e-8; it vectorises, while libm's is a scalar call.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from neurosim.engine.lanes import doubled, fma, halved, least, most, over, repeat_like, single_fma, times

f4, f8 = np.float32, np.float64
pi = f4(math.pi)
e = f4(math.e)


@njit(inline="always", error_model="numpy")
def tanh(x):
    """tanh x to 2e-7."""
    x = min(max(f8(x), -9.1), 9.1)
    y = x * x
    p = single_fma(y, -8.037056778813342e-14, 5.09370971696609e-11)
    p = single_fma(p, y, -1.9823791360113413e-08)
    p = single_fma(p, y, 1.1050988080908587e-05)
    p = single_fma(p, y, 0.003093781610744512)
    p = single_fma(p, y, 0.13074795086485658)
    p = single_fma(p, y, 0.9999999651997965)
    q = single_fma(y, 0.0002531514221792025, 0.024454338895126198)
    q = single_fma(q, y, 0.4640811386764414)
    q = single_fma(q, y, 1.0)
    return f4(p * x / q)


@njit(inline="always", error_model="numpy")
def tanh_lanes(x):
    """tanh x for several numbers at once, operation by operation what `tanh` does."""
    x = doubled(x)
    x = least(most(x, repeat_like(-9.1, x)), repeat_like(9.1, x))
    y = times(x, x)
    p = fma(y, repeat_like(-8.037056778813342e-14, x), repeat_like(5.09370971696609e-11, x))
    p = fma(p, y, repeat_like(-1.9823791360113413e-08, x))
    p = fma(p, y, repeat_like(1.1050988080908587e-05, x))
    p = fma(p, y, repeat_like(0.003093781610744512, x))
    p = fma(p, y, repeat_like(0.13074795086485658, x))
    p = fma(p, y, repeat_like(0.9999999651997965, x))
    q = fma(y, repeat_like(0.0002531514221792025, x), repeat_like(0.024454338895126198, x))
    q = fma(q, y, repeat_like(0.4640811386764414, x))
    q = fma(q, y, repeat_like(1.0, x))
    return halved(over(times(p, x), q))


def _single(function):
    @njit(inline="always", error_model="numpy")
    def single(x):
        return f4(function(x))

    return single


exp, expm1, log, log1p, sqrt = (_single(f) for f in (math.exp, math.expm1, math.log, math.log1p, math.sqrt))
sin, cos, tan, atan, sinh, cosh = (_single(f) for f in (math.sin, math.cos, math.tan, math.atan, math.sinh, math.cosh))
erf, fabs = _single(math.erf), _single(math.fabs)
