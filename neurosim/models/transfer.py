"""Transfer functions: the rate of a neuron as a function of its drive, and the slope of that function.

A transfer function is a class with two scalar formulas, written with `math`, that become kernels as they stand:
`value(u, …)` and `slope(u, rate, …)`, where `rate = value(u)`. Further arguments are its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from neurosim.errors import InputError
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Fraction, Parameters
from neurosim.registry import Registry


class TransferChoice(Choice):
    """A transfer function with its parameters, e.g. `"tanh"` or `{ function = "leaky", leak = 0.05 }`."""

    key = "function"


class Transfer(Chooser):
    """A registered transfer function: `value(u)`, `slope(u, rate)` and its parameters."""

    choice = TransferChoice

    def __init__(self, name: str, value: Callable[..., float], slope: Callable[..., float], doc: str) -> None:
        super().__init__(name, Parameters(value, supplied=("u",)), doc)
        self.value = value
        self.slope = slope


TRANSFERS: Registry[Transfer] = Registry("transfer functions")


def transfer(definition: type[Any]) -> Transfer:
    """Register a transfer function: a class with the formulas `value(u)` and `slope(u, rate)`.

    Raises:
        InputError: one of the two formulas is missing.

    >>> @transfer
    ... class half:
    ...     '''f(u) = u / 2.'''
    ...     def value(u): return 0.5 * u
    ...     def slope(u, rate): return 0.5
    >>> half.value(3.0)
    1.5
    """
    name = definition.__name__
    for formula in ("value", "slope"):
        if not callable(getattr(definition, formula, None)):
            raise InputError(f"transfer function {name!r}: expected a formula named {formula!r}")
    made = Transfer(name, definition.value, definition.slope, definition.__doc__ or "")
    return TRANSFERS.add(name, made)


@transfer
class linear:
    """f(u) = u; f'(u) = 1."""

    def value(u):
        return u

    def slope(u, rate):
        return 1.0


@transfer
class tanh:
    """f(u) = tanh u; f'(u) = 1 − f(u)²."""

    def value(u):
        return math.tanh(u)

    def slope(u, rate):
        return 1.0 - rate * rate


@transfer
class logistic:
    """f(u) = 1 / (1 + exp(−u)) = ½ + ½ tanh(u/2); f'(u) = f(u) (1 − f(u))."""

    def value(u):
        return 0.5 + 0.5 * math.tanh(0.5 * u)

    def slope(u, rate):
        return rate * (1.0 - rate)


@transfer
class relu:
    """f(u) = max(u, 0); f'(u) = 1 above zero, 0 elsewhere."""

    def value(u):
        return u if u > 0.0 else 0.0

    def slope(u, rate):
        return 1.0 if u > 0.0 else 0.0


@transfer
class leaky:
    """f(u) = u above zero, u · leak below; leak = 1/20 (Supplementary Note 5, eq. 1)."""

    def value(u, leak: Fraction = 0.05):
        return u if u > 0.0 else leak * u

    def slope(u, rate, leak=0.05):
        return 1.0 if u > 0.0 else leak
