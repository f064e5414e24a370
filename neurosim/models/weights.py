"""Initial weights: how the synapses of a projection are made.

A kind is a function of the named random stream of the projection and of the shape `(post, pre)`; its further arguments
are its parameters. Weights stand as `W[post, pre]`.

A kind may have no values of its own: its weights follow from another projection's at every moment, as a `Derivation` says.
That is what no synapse could know by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from neurosim.errors import InputError, Problem
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Count, Parameters
from neurosim.registry import Registry

LARGEST = 1e30
"""No weight is larger: float32 ends at 3e38."""
Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, le=LARGEST)]


class WeightsChoice(Choice):
    """Initial weights, e.g. `"zeros"` or `{ kind = "uniform", bound = 0.5 }`."""

    key = "kind"


@dataclass(frozen=True)
class Derivation:
    """How weights follow from those of another projection, the one that the parameter `to` names.

    Attributes:
        function: W[post, pre] → weights of the shape of the transpose of W.
        superscript: how drawings write it, as mathtext.
    """

    function: Callable[[np.ndarray], np.ndarray]
    superscript: str


class Weights(Chooser):
    """A registered kind of initial weights: `draw(random, shape, **parameters)` returns an array of that shape.

    Where there is a `derivation`, nothing is drawn.
    """

    choice = WeightsChoice

    def __init__(
        self, name: str, draw: Callable[..., np.ndarray], doc: str, *, by_row: bool, derivation: Derivation | None = None
    ) -> None:
        super().__init__(name, Parameters(draw, supplied=("random", "shape")), doc)
        self.draw = draw
        self.by_row = by_row
        self.derivation = derivation


WEIGHTS: Registry[Weights] = Registry("initial weights")


def weights(*, by_row: bool = False, derivation: Derivation | None = None) -> Callable[[Callable[..., np.ndarray]], Weights]:
    """Register a kind of initial weights: `draw(random, shape, …)`.

    Args:
        by_row: whether drawing some postsynaptic neurons after others, from the same stream, gives what drawing all at once
            gives: a large matrix is then never in memory twice.
        derivation: for weights that follow from those of another projection, which the parameter `to` names.

    >>> @weights()
    ... def halves(random, shape):
    ...     '''w = ½.'''
    ...     return np.full(shape, 0.5)
    >>> WEIGHTS["halves"].draw(None, (1, 2))
    array([[0.5, 0.5]])
    """

    def register(draw: Callable[..., np.ndarray]) -> Weights:
        return WEIGHTS.add(draw.__name__, Weights(draw.__name__, draw, draw.__doc__ or "", by_row=by_row, derivation=derivation))

    return register


@weights(by_row=True)
def zeros(random, shape):
    """w = 0."""
    return np.zeros(shape)


@weights(by_row=True)
def constant(random, shape, value: Number = 1.0):
    """w = value, 1 unless said otherwise."""
    return np.full(shape, float(value))


@weights(by_row=True)
def uniform(random, shape, bound: Amount, centre: Number = 0.0):
    """w ~ U[centre − bound, centre + bound]."""
    return random.uniform(centre - bound, centre + bound, shape)


@weights(by_row=True)
def normal(random, shape, sd: Amount, mean: Number = 0.0):
    """w ~ N(mean, sd²)."""
    return random.normal(mean, sd, shape)


@weights(by_row=True)
def fan_in(random, shape, gain: Amount = 1.0):
    """w ~ U[−b, b], b = gain · √(3 / pre): an SD of gain / √pre for pre presynaptic neurons; 1 for a bias or one to one.

    What independent presynaptic signals of variance 1 sum to then has the variance gain². For B from the layer above it is the
    rule of Supp. Note 5 that errors have equal size in every layer. All presynaptic neurons count, also where the connector
    leaves out pairs.
    """
    pre = shape[1] if len(shape) == 2 else 1
    bound = gain * math.sqrt(3.0 / pre)
    return random.uniform(-bound, bound, shape)


@weights()
def orthogonal(random, shape, gain: Amount = 1.0):
    """W = gain · Q, Q uniformly distributed among the matrices with orthonormal rows or columns; ± gain for a bias or one to one.

    Signals keep their size and stay distinct through many layers (Saxe et al. 2014). Q is a product of random reflections
    (Stewart 1980), made of sums in a fixed order: LAPACK's bits depend on how many threads it has.
    """
    if len(shape) == 1:
        return gain * (2.0 * random.integers(2, size=shape) - 1.0)
    tall = _orthonormal_columns(random, max(shape), min(shape))
    return gain * (tall if shape[0] >= shape[1] else tall.T)


def _orthonormal_columns(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Reflections of 1, 0, 0, … onto random directions, in ever more dimensions, one after the other."""
    found = np.eye(rows, columns)
    for k in reversed(range(columns)):
        direction = random.standard_normal(rows - k)
        size, sign = math.sqrt(np.square(direction).sum()), math.copysign(1.0, direction[0])
        direction[0] += sign * size
        block, normal = found[k:, k:], direction[:, None]
        block -= (2.0 / np.square(direction).sum()) * normal * (normal * block).sum(axis=0)
        found[k:, k] *= -sign
    return found


@weights()
def lattice(random, shape, low: Number, high: Number, count: Count, repeat: Count = 1):
    """w = count numbers from low to high at equal distances, each repeat times, over and over, in the order of the neurons.

    Two vectors of count² weights, one with repeat = count, are together all points of a square lattice: what flow fields
    start from.
    """
    which = np.arange(int(np.prod(shape))) // repeat % count
    return np.linspace(low, high, count)[which].reshape(shape)


Row = list[Number]


@weights()
def explicit(random, shape, values: list[Row] | Row):
    """w = values, one list per postsynaptic neuron, in the order W[post, pre]; a plain list for a vector."""
    array = np.asarray(values, dtype=float)
    if array.shape != tuple(shape):
        raise InputError([Problem("values", f"expected the shape {tuple(shape)} (post, pre), found {array.shape}")])
    return array


def transposed(weights: np.ndarray) -> np.ndarray:
    """Wᵀ, of the last two dimensions.

    >>> transposed(np.array([[1.0, 2.0]])).shape
    (2, 1)
    """
    return np.swapaxes(weights, -1, -2)


def cutoff(shape: tuple[int, ...], dtype: np.dtype) -> float:
    """Up to which share of the largest singular value of W another one counts as zero in W⁺: max(post, pre) · ε(dtype).

    ε is that of the numbers that W is made of: a matrix of rank 1 in float32 has further singular values of about 1e-8, which
    are rounding, and whose inverses would be all that is left of W⁺.

    >>> cutoff((10, 20), np.dtype("float64"))
    4.440892098500626e-15
    """
    return max(shape[-2:]) * float(np.finfo(dtype).eps)


def moore_penrose(weights: np.ndarray) -> np.ndarray:
    """W⁺, the Moore-Penrose pseudoinverse: V diag(1/s) Uᵀ of W = U diag(s) Vᵀ, over the singular values above the `cutoff`.

    It is computed in float64 whatever W is made of. W = 0 has W⁺ = 0; where W is not finite, neither is W⁺.

    >>> moore_penrose(np.array([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))[:, 0]
    array([0.5, 0. , 0. ])
    """
    if not np.isfinite(weights).all():
        return np.full(transposed(weights).shape, np.nan)
    return np.linalg.pinv(np.asarray(weights, np.float64), rcond=cutoff(weights.shape, weights.dtype))


TRANSPOSE = Derivation(transposed, r"\top")
PSEUDOINVERSE = Derivation(moore_penrose, "+")


@weights(derivation=TRANSPOSE)
def tied(random, shape, to: str):
    """w = the transpose Wᵀ of another projection's weights, at every moment: weight transport, as in backpropagation."""
    raise InputError(f"tied weights have no values of their own; they are those of {to!r}")


@weights(derivation=PSEUDOINVERSE)
def pseudoinverse(random, shape, to: str):
    """w = the Moore-Penrose pseudoinverse W⁺ of another projection's weights, at every moment (Supp. Note 15)."""
    raise InputError(f"a pseudoinverse has no values of its own; they follow from those of {to!r}")


def plain(values: Any) -> WeightsChoice:
    """Explicit weights from an array or nested lists.

    >>> plain([[1.0, 2.0]]).parameters["values"]
    [[1.0, 2.0]]
    """
    return WeightsChoice(name="explicit", parameters={"values": np.asarray(values, dtype=float).tolist()})
