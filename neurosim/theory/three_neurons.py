"""Feedback alignment in a network of three neurons, solved: dA = B e, dW = e A with e = T − W A (Supp. Fig. 10, Note 11).

One input neuron of rate 1, one hidden, one output neuron; the target is T, the feedback weight B, and A and W are learned.
A²/2 − B W never changes, so every trajectory stays on a parabola and ends at one of its crossings with A W = T.

With α = ∛(B T) and ω = T / α, both with the sign that the real cube root has, a = A / α and w = W / ω follow
da = α² (1 − w a), dw = α² (1 − w a) a: the network with B = T = 1, only faster or slower. All is solved for that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from neurosim.errors import InputError, Problem

FOLD = -1.5
"""On parabolas w = a²/2 + k below this k there is a bad stable solution besides the good one."""

_CORNER = -1.0
"""Where the separatrix turns from the parabola of the fold to the unstable solutions."""


@dataclass(frozen=True)
class ThreeNeurons:
    """The network with a feedback weight B and a target T, neither of them 0.

    Raises:
        InputError: one of them is 0 or not finite: then nothing is fed back, or nothing is to be learned.

    >>> bool(np.allclose(ThreeNeurons().endpoint(0.0, 0.0), (2 ** (1 / 3), 2 ** (-1 / 3)), rtol=1e-15))
    True
    """

    feedback: float = 1.0
    target: float = 1.0

    def __post_init__(self) -> None:
        problems = [
            Problem(name, f"expected a finite number other than 0, found {value:g}")
            for name, value in (("feedback", self.feedback), ("target", self.target))
            if not np.isfinite(value) or value == 0
        ]
        if problems:
            raise InputError(problems)

    @property
    def scales(self) -> tuple[float, float]:
        """α and ω: what A and W are in the network with B = T = 1, times these, they are here.

        >>> ThreeNeurons(feedback=4.0, target=2.0).scales
        (2.0, 1.0)
        """
        alpha = float(np.cbrt(self.feedback * self.target))
        return alpha, self.target / alpha

    def flow(self, a: Any, w: Any) -> tuple[Any, Any]:
        """How A and W change: dA = B e and dW = e A.

        >>> ThreeNeurons().flow(0.5, 0.0)
        (1.0, 0.5)
        """
        error = self.target - w * a
        return self.feedback * error, error * a

    def invariant(self, a: Any, w: Any) -> Any:
        """A²/2 − B W, which no trajectory changes.

        >>> ThreeNeurons().invariant(2.0, 0.5)
        1.5
        """
        return a * a / 2 - self.feedback * w

    def fixed_points(self, a: float, w: float) -> list[tuple[float, float]]:
        """Where the parabola of a point crosses A W = T: the good solution last, bad ones before it.

        >>> [(round(x, 6), round(y, 6)) for x, y in ThreeNeurons().fixed_points(0.0, -1.75)]
        [(-1.459261, -0.685278), (-0.649832, -1.538859), (2.109093, 0.474137)]
        """
        alpha, omega = self.scales
        return [(alpha * root, omega / root) for root in _crossings(_parabola(a / alpha, w / omega))]

    def stable(self, a: Any) -> Any:
        """Whether the solution (A, T / A) is stable: A² + B W > 0, so all of the good branch and a part of the bad one.

        >>> ThreeNeurons().stable(np.array([-2.0, -0.5, 0.5])).tolist()
        [True, False, True]
        """
        scaled = np.asarray(a, np.float64) / self.scales[0]
        return (scaled > 0) | (scaled < _CORNER)

    def ends_badly(self, a: Any, w: Any) -> Any:
        """Whether the trajectory from a point ends on the bad branch, where e W B e < 0: the shaded region.

        >>> ThreeNeurons().ends_badly(np.array([0.0, -1.5]), np.array([0.0, -1.5])).tolist()
        [False, True]
        """
        alpha, omega = self.scales
        scaled = np.asarray(a, np.float64) / alpha
        return (scaled < 0) & (np.asarray(w, np.float64) / omega < _separatrix(np.minimum(scaled, -np.finfo(float).tiny)))

    def separatrix(self, a: Any) -> Any:
        """W on the boundary between the good and the bad basin, at an A of the bad side (A B T < 0).

        >>> ThreeNeurons().separatrix(np.array([-2.0, -1.0, -0.5])).tolist()
        [0.5, -1.0, -2.0]
        """
        alpha, omega = self.scales
        return omega * _separatrix(np.asarray(a, np.float64) / alpha)

    def bad_area(self, bound: float = 2.0) -> float:
        """The area of the bad basin within −bound ≤ A, W ≤ bound, exactly.

        >>> bool(np.isclose(ThreeNeurons().bad_area(2.0), 5 / 3 + 1 - np.log(2), rtol=1e-14))
        True
        """
        alpha, omega = self.scales
        across, up = bound / abs(alpha), bound / abs(omega)
        # The separatrix falls from left to right: left of where it comes in, the whole height is bad, and nothing is right
        # of where it leaves. What lies between is the integral of its height above the lower edge.
        enters, leaves = (max(-across, _at_height(height)) for height in (up, -up))
        under = _integral(leaves) - _integral(enters) + up * (leaves - enters)
        return abs(alpha * omega) * (2 * up * (enters + across) + under)

    def endpoint(self, a: float, w: float) -> tuple[float, float]:
        """Where the trajectory from a point ends, in closed form.

        >>> ThreeNeurons().endpoint(-1.0, -1.0)
        (-1.0, -1.0)
        """
        if self.target == w * a:
            return a, w
        alpha, omega = self.scales
        roots = _crossings(_parabola(a / alpha, w / omega))
        # The last root attracts, the one before it, if any, divides, and what is left of that goes to the first.
        root = roots[0] if len(roots) > 1 and a / alpha < roots[-2] else roots[-1]
        return alpha * root, omega / root

    def trajectory(
        self, a: Any, w: Any, until: float = 30.0, points: int = 200, rtol: float = 1e-12
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Times, A and W along the way from one start, or from an array of them; by an 8th-order Runge-Kutta method.

        `until` counts in 1 / ∛(B T)², in which a small error falls e-fold or faster near the good branch.

        >>> times, a, w = ThreeNeurons().trajectory(0.0, 0.0)
        >>> bool(abs(a[-1] - 2 ** (1 / 3)) < 1e-10 and abs(w[-1] - 2 ** (-1 / 3)) < 1e-10)
        True
        """
        from scipy.integrate import solve_ivp  # slow to import, and descriptions are checked without it

        starts = np.stack(np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(w, np.float64)))
        shape = starts.shape

        def change(_: float, flat: np.ndarray) -> np.ndarray:
            return np.stack(self.flow(*flat.reshape(shape))).ravel()

        times = np.linspace(0.0, until / self.scales[0] ** 2, points)
        solved = solve_ivp(change, (0.0, times[-1]), starts.ravel(), method="DOP853", t_eval=times, rtol=rtol, atol=1e-14)
        along = np.moveaxis(solved.y.reshape(*shape, points), -1, 0)
        return times, along[:, 0], along[:, 1]


def _parabola(a: float, w: float) -> float:
    """The k of the parabola w = a²/2 + k through a point, for B = T = 1."""
    return w - a * a / 2


def _crossings(k: float) -> list[float]:
    """The real roots of a³ + 2 k a − 2, where the parabola w = a²/2 + k meets a w = 1, in increasing order."""
    if k == 0:
        return [float(np.cbrt(2.0))]
    size = 2 * np.sqrt(2 * abs(k) / 3)
    shape = (1.5 / abs(k)) ** 1.5
    if k > 0:
        return [float(size * np.sinh(np.arcsinh(shape) / 3))]
    if k > FOLD:
        return [float(size * np.cosh(np.arccosh(shape) / 3))]
    if k == FOLD:
        return [-1.0, 2.0]
    angles = (np.arccos(shape) + 2 * np.pi * np.array([1, 2, 0])) / 3
    return [float(root) for root in size * np.cos(angles)]


def _separatrix(a: Any) -> Any:
    """w on the boundary of the bad basin at a < 0, for B = T = 1."""
    return np.where(a <= _CORNER, a * a / 2 + FOLD, 1 / np.maximum(a, _CORNER))


def _at_height(w: float) -> float:
    """The a < 0 at which the separatrix has a height."""
    return -float(np.sqrt(2 * (w - FOLD))) if w >= _CORNER else 1 / w


def _integral(a: float) -> float:
    """An antiderivative of the separatrix, one formula on each side of its corner."""
    return a**3 / 6 + FOLD * a if a <= _CORNER else float(np.log(-a)) + 4 / 3
