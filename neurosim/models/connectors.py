"""Connectors: which synapses of a projection exist.

A connector is a function of the projection's random stream and its shape `(post, pre)`; it raises InputError for sizes
that it cannot join. Its form says what it makes: `every` pair and the `diagonal` need no array; a `pattern` is a boolean
array `[post, pre]`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Count, Fraction, Parameters
from neurosim.registry import Registry

Form = Literal["every", "diagonal", "pattern"]
Join = Callable[..., np.ndarray | None]
Density = Callable[..., float]


class ConnectorChoice(Choice):
    """A connector, e.g. `"all_to_all"` or `{ kind = "fixed_probability", probability = 0.5 }`."""

    key = "kind"


class Connector(Chooser):
    """A registered connector: `join(random, shape, **parameters)`, and the form of what it makes."""

    choice = ConnectorChoice

    def __init__(self, name: str, join: Join, doc: str, form: Form, weighted: bool, density: Density | None) -> None:
        super().__init__(name, Parameters(join, supplied=("random", "shape")), doc)
        self.join = join
        self.form = form
        self.weighted = weighted
        self.density: Density = density or (lambda shape, **parameters: 1.0)


CONNECTORS: Registry[Connector] = Registry("connectors")


def connector(*, form: Form = "pattern", weighted: bool = True, density: Density | None = None) -> Callable[[Join], Connector]:
    """Register a connector: `join(random, shape, …)`, which raises InputError for sizes that it cannot join.

    Args:
        form: what it makes: `every` pair or the `diagonal` (it returns None), or a `pattern` (a boolean array).
        weighted: whether a projection must say its initial weights; where not, each synapse has weight 1.
        density: for a pattern, the share of pairs that it is expected to join, from the shape and the parameters; few synapses
            are stored one by one, many as a whole matrix with gaps. A pattern of unknown density is stored whole.

    >>> @connector()
    ... def lower_triangle(random, shape):
    ...     '''Each unit to itself and those after it.'''
    ...     return np.tri(*shape, dtype=bool)
    >>> int(lower_triangle.join(None, (2, 2)).sum())
    3
    """

    def register(join: Join) -> Connector:
        return CONNECTORS.add(join.__name__, Connector(join.__name__, join, join.__doc__ or "", form, weighted, density))

    return register


@connector(form="every")
def all_to_all(random, shape):
    """Every presynaptic neuron to every postsynaptic one."""


@connector(form="diagonal", weighted=False)
def one_to_one(random, shape):
    """Neuron i to neuron i; both populations have the same size. Each synapse has weight 1 unless said otherwise."""
    post, pre = shape
    if post != pre:
        raise InputError(f"one_to_one joins populations of the same size, found {pre} onto {post}")


@connector(form="every", weighted=False)
def broadcast(random, shape):
    """One neuron to all: the same signal everywhere (Supp. Fig. 1). Each synapse has weight 1 unless said otherwise."""
    if shape[1] != 1:
        raise InputError(f"broadcast starts from a single neuron, found a population of {shape[1]}")


@connector(weighted=False, density=lambda shape: 1 / shape[1])
def fan_out(random, shape):
    """Each presynaptic neuron to its own block of postsynaptic ones (Supp. Fig. 3's caption), blocks of equal size."""
    post, pre = shape
    if post % pre:
        raise InputError(f"fan_out needs a postsynaptic size that is a multiple of the presynaptic one, found {pre} onto {post}")
    return np.repeat(np.eye(pre, dtype=bool), post // pre, axis=0)


@connector(density=lambda shape, probability: probability)
def fixed_probability(random, shape, probability: Fraction):
    """Each pair is joined with the given probability, independently."""
    return random.random(shape) < probability


@connector(density=lambda shape, patch, maps: patch * patch / shape[1])
def local_patch(random, shape, patch: Count, maps: Count):
    """Each unit sees its own square patch of a square image, with weights of its own; several maps over the image (Note 5).

    An image of side s under patches of side p has (s − p + 1)² places; unit m (s − p + 1)² + r (s − p + 1) + c belongs to map
    m and sees the pixels from row r and column c on. Note 5: 6 maps of 6 × 6 on 28 × 28 pixels are 3174 units.
    """
    post, pre = shape
    side = math.isqrt(pre)
    if side * side != pre:
        raise InputError(f"local_patch needs a square image, found {pre} presynaptic neurons")
    places = side - patch + 1
    if places < 1:
        raise InputError([Problem("patch", f"expected at most {side}, the side of the image, found {patch}")])
    if post != maps * places * places:
        raise InputError(f"local_patch makes {maps * places * places} units ({maps} × {places} × {places}), found {post}")
    seen = np.zeros((places, places, side, side), dtype=bool)
    for row, column in np.ndindex(places, places):
        seen[row, column, row : row + patch, column : column + patch] = True
    return np.tile(seen.reshape(places * places, pre), (maps, 1))


@connector(density=lambda shape, pairs: len(pairs) / (shape[0] * shape[1]))
def explicit(random, shape, pairs: list[list[int]]):
    """Just these pairs, each [post, pre], counted from 0."""
    pattern = np.zeros(shape, dtype=bool)
    for post, pre in _checked(pairs, shape):
        pattern[post, pre] = True
    return pattern


def _checked(pairs: list[list[int]], shape: tuple[int, int]) -> list[list[int]]:
    for index, pair in enumerate(pairs):
        if len(pair) != 2 or not (0 <= pair[0] < shape[0] and 0 <= pair[1] < shape[1]):
            raise InputError([Problem(f"pairs.{index}", f"expected [post, pre] below {list(shape)}, found {pair}")])
    return pairs
