"""`math` for float32 kernels: `tanh` as a rational form that vectorises, the others as they are.

tanh x = x P(x²) / Q(x²), both of degree 4, fitted to |x| < 8 with a largest relative error of 6e-9; beyond, it stays at tanh 8,
2e-7 below 1. The roundings of float32 make it 3e-7 at most, five units in the last place near 1. In float64 only the last one
would be left, 6e-8, but that takes twice as long.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from neurosim.engine.lanes import fma, least, most, over, repeat_like, single_fma, times

f4 = np.float32
pi = f4(math.pi)
e = f4(math.e)


@njit(inline="always", error_model="numpy")
def tanh(x):
    """tanh x to 3e-7."""
    x = f4(x)
    x = f4(-8.0) if f4(-8.0) > x else x  # nan stays nan
    x = f4(8.0) if f4(8.0) < x else x
    y = x * x
    p = single_fma(y, f4(1.5230289833852808e-08), f4(2.189457859711772e-05))
    p = single_fma(p, y, f4(0.0035715932945743333))
    p = single_fma(p, y, f4(0.13444494098525722))
    p = single_fma(p, y, f4(0.9999999935736837))
    q = single_fma(y, f4(8.522397034790224e-07), f4(0.0003411284054014837))
    q = single_fma(q, y, f4(0.02616442526195253))
    q = single_fma(q, y, f4(0.46777821419356697))
    q = single_fma(q, y, f4(1.0))
    return p * x / q


@njit(inline="always", error_model="numpy")
def tanh_lanes(x):
    """tanh x for several numbers at once, operation by operation what `tanh` does."""
    x = least(repeat_like(f4(8.0), x), most(repeat_like(f4(-8.0), x), x))
    y = times(x, x)
    p = fma(y, repeat_like(f4(1.5230289833852808e-08), x), repeat_like(f4(2.189457859711772e-05), x))
    p = fma(p, y, repeat_like(f4(0.0035715932945743333), x))
    p = fma(p, y, repeat_like(f4(0.13444494098525722), x))
    p = fma(p, y, repeat_like(f4(0.9999999935736837), x))
    q = fma(y, repeat_like(f4(8.522397034790224e-07), x), repeat_like(f4(0.0003411284054014837), x))
    q = fma(q, y, repeat_like(f4(0.02616442526195253), x))
    q = fma(q, y, repeat_like(f4(0.46777821419356697), x))
    q = fma(q, y, repeat_like(f4(1.0), x))
    return over(times(p, x), q)


def _single(function):
    @njit(inline="always", error_model="numpy")
    def single(x):
        return f4(function(x))

    return single


exp, expm1, log, log1p, sqrt = (_single(f) for f in (math.exp, math.expm1, math.log, math.log1p, math.sqrt))
sin, cos, tan, atan, sinh, cosh = (_single(f) for f in (math.sin, math.cos, math.tan, math.atan, math.sinh, math.cosh))
erf, fabs = _single(math.erf), _single(math.fabs)
