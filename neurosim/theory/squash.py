"""Squashing functions σ of the theory's small networks, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neurosim.errors import InputError, Problem, nearest


@dataclass(frozen=True)
class Squash:
    """σ and D = σ', both as functions of the pre-activation a, element by element."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


SQUASHES = {
    "identity": Squash(lambda a: a, np.ones_like),
    "tanh": Squash(np.tanh, lambda a: 1 - np.tanh(a) ** 2),
}


def squashing(name: str) -> Squash:
    """σ and σ' by name; raises InputError that names those that there are.

    >>> squashing("tanh").slope(np.array([0.0])).tolist()
    [1.0]
    """
    if name not in SQUASHES:
        raise InputError([Problem(name, f"no such squashing function; there are {', '.join(SQUASHES)}", nearest(name, SQUASHES))])
    return SQUASHES[name]
