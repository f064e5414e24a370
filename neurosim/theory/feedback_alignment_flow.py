"""The deterministic linear dynamics of feedback alignment: Ȧ = BE, Ẇ = EAᵀ, E = T − WA (Notes 11 and 12).

They are what the expected changes become for inputs with [xxᵀ] = I and a small learning rate. Every quantity here takes
the weights at one moment, or at many of them, stacked along leading dimensions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from neurosim.errors import InputError, Problem, RunError


class Weights(NamedTuple):
    """The weights of the linear network y = WAx: A[…, hidden, inputs] and W[…, outputs, hidden]."""

    A: np.ndarray
    W: np.ndarray


class Flow(NamedTuple):
    """A solution: times[k], and the weights at each of them, stacked along the first dimension."""

    times: np.ndarray
    weights: Weights


def zeros(B: np.ndarray, T: np.ndarray) -> Weights:
    """A = 0 and W = 0, the only start with C = 0 whatever B is (Note 11).

    >>> zeros(np.ones((4, 2)), np.ones((2, 5))).A.shape
    (4, 5)
    """
    return Weights(np.zeros((B.shape[0], T.shape[1])), np.zeros((T.shape[0], B.shape[0])))


def error(weights: Weights, T: np.ndarray) -> np.ndarray:
    """E = T − WA, so that e = Ex; of shape […, outputs, inputs]."""
    return T - weights.W @ weights.A


def rates(weights: Weights, B: np.ndarray, T: np.ndarray, frozen: Collection[str] = ()) -> Weights:
    """Ȧ = BE and Ẇ = EAᵀ (eqs 8 and 9); what is frozen does not move (eqs 24 and 26).

    >>> rates(Weights(np.ones((1, 1)), np.zeros((1, 1))), B=np.array([[2.0]]), T=np.array([[3.0]]))
    Weights(A=array([[6.]]), W=array([[3.]]))
    """
    E = error(weights, T)
    dA = np.zeros_like(weights.A) if "A" in frozen else B @ E
    dW = np.zeros_like(weights.W) if "W" in frozen else E @ _t(weights.A)
    return Weights(dA, dW)


def flow(
    start: Weights,
    B: np.ndarray,
    T: np.ndarray,
    until: float,
    *,
    frozen: Collection[str] = (),
    tolerance: float = 1e-12,
    times: np.ndarray | None = None,
) -> Flow:
    """The solution of Ȧ = BE, Ẇ = EAᵀ from t = 0, by SciPy's Runge-Kutta method of order 8.

    Args:
        start: the weights at t = 0; A is [hidden, inputs] and W is [outputs, hidden].
        B: feedback weights, [hidden, outputs].
        T: target map, [outputs, inputs].
        until: the last moment; one unit of time is 1/η changes (eqs 6 and 7).
        frozen: which of "A" and "W" do not learn (Note 12).
        tolerance: relative error of a step; the absolute one is a hundredth of it.
        times: moments at which the weights are wanted; by default all at which the integrator stopped.

    Raises:
        InputError: the shapes do not fit together, or something else than A and W is frozen.
        RunError: the solution blew up.

    Source: eqs 8 and 9 (Note 11), 24 and 26 (Note 12).

    >>> one = np.ones((1, 1))
    >>> end = flow(zeros(one, one), B=one, T=one, until=40.0).weights
    >>> round(float(end.A[-1, 0, 0]), 6), round(float(end.W[-1, 0, 0]), 6)  # 2^⅓ and 2^−⅓ (Supp. Fig. 10)
    (1.259921, 0.793701)
    """
    from scipy.integrate import solve_ivp  # slow to import, and descriptions are checked without it

    _check(start, B, T, frozen)
    here, there = start.A.shape, start.W.shape

    def unpacked(flat: np.ndarray) -> Weights:
        lead, cut = flat.shape[:-1], start.A.size
        return Weights(flat[..., :cut].reshape(*lead, *here), flat[..., cut:].reshape(*lead, *there))

    def slope(_: float, flat: np.ndarray) -> np.ndarray:
        return _packed(rates(unpacked(flat), B, T, frozen))

    with np.errstate(all="ignore"):
        found = solve_ivp(slope, (0.0, until), _packed(start), "DOP853", t_eval=times, rtol=tolerance, atol=tolerance / 100)
    if not found.success or not np.isfinite(found.y).all():
        raise RunError(f"the flow blew up before t = {until:g}: {found.message}")
    return Flow(found.t, unpacked(found.y.T))


def euler(
    start: Weights, B: np.ndarray, T: np.ndarray, step: float, steps: int, *, frozen: Collection[str] = ()
) -> Iterator[Weights]:
    """The weights after 0, 1 … `steps` changes ΔA = ηBE, ΔW = ηEAᵀ (eqs 6 and 7), both from the weights before.

    Args:
        start, B, T, frozen: as for `flow`.
        step: the learning rate η.
        steps: how many changes.

    Raises:
        InputError: the shapes do not fit together.

    >>> one = np.ones((1, 1))
    >>> [float(w.A[0, 0]) for w in euler(zeros(one, one), one, one, step=0.5, steps=2)]
    [0.0, 0.5, 1.0]
    """
    _check(start, B, T, frozen)
    return _stepped(start, B, T, step, steps, frozen)


def conserved(weights: Weights, B: np.ndarray) -> np.ndarray:
    """C = BW + WᵀBᵀ − AAᵀ, which the flow leaves as it is (eqs 11 to 13); so BW + WᵀBᵀ = AAᵀ + C (eq. 10 prints − C)."""
    product = B @ weights.W
    return product + _t(product) - weights.A @ _t(weights.A)


def lyapunov(weights: Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """V = tr(BEEᵀBᵀ) = ‖BE‖² (eq. 15)."""
    return _squared(B @ error(weights, T))


def lyapunov_slope(weights: Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """V̇ = −2‖BEAᵀ‖² − ‖AᵀBE‖² − tr(C BEEᵀBᵀ); the last term is 0 under Theorem 1 (eq. 18).

    >>> weights, B, T = Weights(np.ones((1, 1)), np.ones((1, 1)) / 2), np.ones((1, 1)), np.ones((1, 1)) * 2
    >>> float(lyapunov_slope(weights, B, T))  # C = 0 and E = 3/2: −3 E²
    -6.75
    """
    back, A = B @ error(weights, T), weights.A
    return -2 * _squared(back @ _t(A)) - _squared(_t(A) @ back) - _trace(conserved(weights, B) @ back @ _t(back))


def lyapunov_curvature(weights: Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """V̈ under C = 0, with G = BE (eq. 22, whose third and fourth terms need Ȧᵀ = EᵀBᵀ where BE is printed).

    V̈ = 4 tr(GAᵀAAᵀAGᵀ) + 4 tr(BWGAᵀAGᵀ) − 4 tr(GGᵀAGᵀ) − 2 tr(GᵀGGᵀA) + 2 tr(AᵀGAᵀAGᵀA) + 2 tr(AᵀBWGGᵀA)
    """
    A, G, BW = weights.A, B @ error(weights, T), B @ weights.W
    At, Gt = _t(A), _t(G)
    return (
        4 * _trace(G @ At @ A @ At @ A @ Gt)
        + 4 * _trace(BW @ G @ At @ A @ Gt)
        - 4 * _trace(G @ Gt @ A @ Gt)
        - 2 * _trace(Gt @ G @ Gt @ A)
        + 2 * _trace(At @ G @ At @ A @ Gt @ A)
        + 2 * _trace(At @ BW @ G @ Gt @ A)
    )


def size(weights: Weights) -> np.ndarray:
    """s = tr(AAᵀ) = ‖A‖² (Lemma 3)."""
    return _squared(weights.A)


def size_bound(B: np.ndarray, T: np.ndarray) -> float:
    """s ≤ ‖BT‖² + 2 n_h (eq. 21).

    Lemma 3 goes by ‖AAᵀ‖² ≥ (s/n_h)², which gives only 2 n_h²; 2 n_h follows from ‖AAᵀ‖² ≥ s²/n_h, which holds as well.

    >>> size_bound(np.ones((3, 1)), np.ones((1, 1)))
    9.0
    """
    return float(_squared(B @ T)) + 2 * B.shape[0]


def nse(weights: Weights, T: np.ndarray) -> np.ndarray:
    """‖E‖² / ‖T‖²: the squared error over all inputs, relative to that of an output of zero."""
    return _squared(error(weights, T)) / _squared(T)


def hidden_alignment(weights: Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """tr(AᵀBE), which is also the slope of tr(BW) (eqs 25, 27 and 28)."""
    return np.sum(weights.A * (B @ error(weights, T)), axis=(-2, -1))


def output_alignment(weights: Weights, B: np.ndarray) -> np.ndarray:
    """tr(BW): the inner product of W and Bᵀ (Note 12)."""
    return np.sum(_t(weights.W) * B, axis=(-2, -1))


def _stepped(
    weights: Weights, B: np.ndarray, T: np.ndarray, step: float, steps: int, frozen: Collection[str]
) -> Iterator[Weights]:
    yield weights
    for _ in range(steps):
        change = rates(weights, B, T, frozen)
        weights = Weights(weights.A + step * change.A, weights.W + step * change.W)
        yield weights


def _check(start: Weights, B: np.ndarray, T: np.ndarray, frozen: Collection[str]) -> None:
    hidden, outputs, inputs = np.shape(B)[0], np.shape(T)[0], np.shape(T)[1]
    wanted = {"A": (hidden, inputs), "W": (outputs, hidden), "B": (hidden, outputs)}
    found = {"A": np.shape(start.A), "W": np.shape(start.W), "B": np.shape(B)}
    problems = [Problem(k, f"expected the shape {wanted[k]}, found {found[k]}") for k in wanted if wanted[k] != found[k]]
    problems += [Problem("frozen", f"expected 'A' or 'W', found {name!r}") for name in frozen if name not in ("A", "W")]
    if problems:
        raise InputError(problems, "the linear dynamics")


def _packed(weights: Weights) -> np.ndarray:
    return np.concatenate([weights.A.ravel(), weights.W.ravel()])


def _t(matrix: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrix, -1, -2)


def _trace(matrix: np.ndarray) -> np.ndarray:
    return np.trace(matrix, axis1=-2, axis2=-1)


def _squared(matrix: np.ndarray) -> np.ndarray:
    return np.sum(matrix * matrix, axis=(-2, -1))
