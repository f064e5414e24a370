"""The vector field of the parameters: the gradient of the loss for backpropagation, of nothing for feedback alignment (Note 16).

θ = (W, b, A, c) as one flat array, in the order of eqs 75 to 78; y = Wh + b, h = σ(a), a = Ax + c (eqs 60 to 62).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from neurosim.errors import InputError, Problem
from neurosim.theory.squash import squashing

Field = Callable[[np.ndarray], np.ndarray]
"""θ ↦ θ̇."""


@dataclass(frozen=True)
class Network:
    """A network of one hidden layer with biases, its training set, and how its hidden units are taught.

    Args:
        x, targets: the training set, [pairs, inputs] and [pairs, outputs].
        hidden: how many hidden units.
        B: feedback weights [hidden, outputs]; None is backpropagation, where they are Wᵀ.
        squash: σ: identity or tanh.

    Raises:
        InputError: the shapes do not fit together, or there is no such squashing function.

    >>> network = Network(x=np.ones((1, 1)), targets=np.ones((1, 1)), hidden=1, B=np.array([[3.0]]), squash="identity")
    >>> network.field(np.zeros(4)).tolist()  # e = 1: Ẇ = eh, ḃ = e, Ȧ = Bex, ċ = Be
    [0.0, 1.0, 3.0, 3.0]
    """

    x: np.ndarray
    targets: np.ndarray
    hidden: int
    B: np.ndarray | None = None
    squash: str = "tanh"

    def __post_init__(self) -> None:
        squashing(self.squash)
        problems = []
        if len(self.x) != len(self.targets):
            problems.append(Problem("targets", f"expected {len(self.x)} rows like x, found {len(self.targets)}"))
        wanted = (self.hidden, self.targets.shape[1])
        if self.B is not None and self.B.shape != wanted:
            problems.append(Problem("B", f"expected the shape {wanted}, found {self.B.shape}"))
        if problems:
            raise InputError(problems, "the network of Note 16")

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of W, b, A and c."""
        inputs, outputs = self.x.shape[1], self.targets.shape[1]
        return (outputs, self.hidden), (outputs,), (self.hidden, inputs), (self.hidden,)

    @property
    def size(self) -> int:
        """How many numbers θ has."""
        return sum(int(np.prod(shape)) for shape in self.shapes)

    def parts(self, theta: np.ndarray) -> list[np.ndarray]:
        """W, b, A and c out of θ."""
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        return [theta[i:j].reshape(shape) for (i, j), shape in zip(pairwise(ends), self.shapes, strict=True)]

    def loss(self, theta: np.ndarray) -> float:
        """𝓛 = ½ Σ eᵀe over the training set (eq. 63)."""
        W, b, A, c = self.parts(theta)
        e = self.targets - squashing(self.squash).value(self.x @ A.T + c) @ W.T - b
        return float(0.5 * np.sum(e * e))

    def field(self, theta: np.ndarray) -> np.ndarray:
        """θ̇: Ẇ = Σ ehᵀ, ḃ = Σ e, Ȧ = Σ ((Be) ⊙ D) xᵀ, ċ = Σ (Be) ⊙ D (eqs 64 to 67 and 69 to 72).

        Eq. 67 lacks ⊙ D, and eqs 71 and 72 lack η.
        """
        W, b, A, c = self.parts(theta)
        sigma = squashing(self.squash)
        a = self.x @ A.T + c
        h = sigma.value(a)
        e = self.targets - h @ W.T - b
        delta = (e @ (W if self.B is None else self.B.T)) * sigma.slope(a)
        return np.concatenate([(e.T @ h).ravel(), e.sum(axis=0), (delta.T @ self.x).ravel(), delta.sum(axis=0)])


def three_neuron_jacobian(theta: np.ndarray, x: float, target: float, B: float) -> np.ndarray:
    """dθ̇/dθ of the linear three-neuron network, [4, 4]: eq. 79 with its entries [0, 0] = −h² and [0, 3] = −Wh + e put right.

    Args:
        theta: (W, b, A, c).
        x, target: the one pair.
        B: the feedback weight.

    >>> three_neuron_jacobian(np.array([1.0, 0.0, 2.0, 0.0]), x=1.0, target=3.0, B=1.0)[0].tolist()  # h = 2, e = 1
    [-4.0, -2.0, -1.0, -1.0]
    """
    W, b, A, c = theta
    h = A * x + c
    e = target - W * h - b
    return np.array(
        [
            [-h * h, -h, -W * x * h + e * x, -W * h + e],
            [-h, -1.0, -W * x, -W],
            [-B * h * x, -B * x, -B * W * x * x, -B * W * x],
            [-B * h, -B, -B * W * x, -B * W],
        ]
    )


MISPRINTED = ((0, 0), (0, 3))
"""The entries of eq. 79 that are printed wrongly."""


def printed_jacobian(theta: np.ndarray, x: float, target: float, B: float) -> np.ndarray:
    """Eq. 79 as it is printed: with h² at [0, 0] and −W + e at [0, 3].

    >>> printed_jacobian(np.array([1.0, 0.0, 2.0, 0.0]), x=1.0, target=3.0, B=1.0)[0].tolist()
    [4.0, -2.0, -1.0, 0.0]
    """
    W, b, A, c = theta
    h = A * x + c
    printed = three_neuron_jacobian(theta, x, target, B)
    printed[0, 0], printed[0, 3] = h * h, -W + (target - W * h - b)
    return printed


def jacobian(field: Field, theta: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """dθ̇/dθ by central differences, [size, size].

    >>> jacobian(lambda theta: theta**2, np.array([1.0, 2.0])).round(6).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    moves = step * np.eye(len(theta))
    return np.stack([(field(theta + move) - field(theta - move)) / (2 * step) for move in moves], axis=1)


def asymmetry(matrix: np.ndarray) -> float:
    """‖J − Jᵀ‖ / ‖J‖: 0 for the second derivative of a function.

    >>> asymmetry(np.eye(3)), round(asymmetry(np.array([[0.0, 1.0], [0.0, 0.0]])), 3)
    (0.0, 1.414)
    """
    return float(np.linalg.norm(matrix - matrix.T) / np.linalg.norm(matrix))


def work(field: Field, centre: np.ndarray, first: np.ndarray, second: np.ndarray, points: int = 256) -> float:
    """∮ θ̇ · dθ around θ = centre + first cos φ + second sin φ: 0 for a gradient, whatever the loop.

    The sum over evenly spaced φ converges faster than any power of `points`, since the loop is smooth.

    >>> round(work(lambda p: np.array([-p[1], p[0]]), np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0])), 9)  # 2π
    6.283185307
    """
    angles = 2 * np.pi * np.arange(points) / points
    done = 0.0
    for phi in angles:
        here = centre + first * np.cos(phi) + second * np.sin(phi)
        done += float(field(here) @ (second * np.cos(phi) - first * np.sin(phi)))
    return done * 2 * np.pi / points
