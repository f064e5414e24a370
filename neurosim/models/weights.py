"""Initial weights: how the synapses of a projection are made.

A kind is a function of the named random stream of the projection and of the shape `(post, pre)`; its further arguments
are its parameters. Weights stand as `W[post, pre]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from neurosim.errors import InputError, Problem
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Count, NonNegative, Parameters
from neurosim.registry import Registry


class WeightsChoice(Choice):
    """Initial weights, e.g. `"zeros"` or `{ kind = "uniform", bound = 0.5 }`."""

    key = "kind"


class Weights(Chooser):
    """A registered kind of initial weights: `draw(random, shape, **parameters)` returns an array of that shape."""

    choice = WeightsChoice

    def __init__(self, name: str, draw: Callable[..., np.ndarray], doc: str, *, by_row: bool) -> None:
        super().__init__(name, Parameters(draw, supplied=("random", "shape")), doc)
        self.draw = draw
        self.by_row = by_row


WEIGHTS: Registry[Weights] = Registry("initial weights")


def weights(*, by_row: bool = False) -> Callable[[Callable[..., np.ndarray]], Weights]:
    """Register a kind of initial weights: `draw(random, shape, …)`.

    Args:
        by_row: whether drawing some postsynaptic neurons after others, from the same stream, gives what drawing all at once
            gives: a large matrix is then never in memory twice.

    >>> @weights()
    ... def halves(random, shape):
    ...     '''w = ½.'''
    ...     return np.full(shape, 0.5)
    >>> WEIGHTS["halves"].draw(None, (1, 2))
    array([[0.5, 0.5]])
    """

    def register(draw: Callable[..., np.ndarray]) -> Weights:
        return WEIGHTS.add(draw.__name__, Weights(draw.__name__, draw, draw.__doc__ or "", by_row=by_row))

    return register


@weights(by_row=True)
def zeros(random, shape):
    """w = 0."""
    return np.zeros(shape)


@weights(by_row=True)
def constant(random, shape, value: float = 1.0):
    """w = value, 1 unless said otherwise."""
    return np.full(shape, float(value))


@weights(by_row=True)
def uniform(random, shape, bound: NonNegative, centre: float = 0.0):
    """w ~ U[centre − bound, centre + bound]."""
    return random.uniform(centre - bound, centre + bound, shape)


@weights(by_row=True)
def normal(random, shape, sd: NonNegative, mean: float = 0.0):
    """w ~ N(mean, sd²)."""
    return random.normal(mean, sd, shape)


@weights()
def lattice(random, shape, low: float, high: float, count: Count, repeat: Count = 1):
    """w = count numbers from low to high at equal distances, each repeat times, over and over, in the order of the neurons.

    Two vectors of count² weights, one with repeat = count, are together all points of a square lattice: what flow fields
    start from.
    """
    which = np.arange(int(np.prod(shape))) // repeat % count
    return np.linspace(low, high, count)[which].reshape(shape)


Row = list[Annotated[float, Field(allow_inf_nan=False)]]


@weights()
def explicit(random, shape, values: list[Row] | Row):
    """w = values, one list per postsynaptic neuron, in the order W[post, pre]; a plain list for a vector."""
    array = np.asarray(values, dtype=float)
    if array.shape != tuple(shape):
        raise InputError([Problem("values", f"expected the shape {tuple(shape)} (post, pre), found {array.shape}")])
    return array


TIED = "tied"


@weights()
def tied(random, shape, to: str):
    """w = the transpose of another projection's weights, at every moment: weight transport, the one non-local thing."""
    raise InputError(f"tied weights have no values of their own; they are those of {to!r}")


def plain(values: Any) -> WeightsChoice:
    """Explicit weights from an array or nested lists.

    >>> plain([[1.0, 2.0]]).parameters["values"]
    [[1.0, 2.0]]
    """
    return WeightsChoice(name="explicit", parameters={"values": np.asarray(values, dtype=float).tolist()})
