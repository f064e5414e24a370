"""Pseudobackprop is the Gauss-Newton step of the hidden units (Note 15)."""

from __future__ import annotations

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import gauss_newton as gn
from neurosim.theory.checks._check import SEEDS, largest, smallest, theory_check, within
from neurosim.theory.pseudoinverse import pseudoinverse
from neurosim.theory.squash import squashing
from neurosim.verdict import Verdict

INPUTS, HIDDEN, OUTPUTS = 30, 20, 10
DRAWS = range(200, 220)


def _drawn(seed: int, outputs: int = OUTPUTS, spread: float = 1.0) -> tuple[np.ndarray, ...]:
    """A and W of variance spread²/n_i and 1/n_h, x ~ N(0, 1), and a direction of the error, of length 1."""
    random = stream(seed, "theory.note_15")
    A = spread * random.standard_normal((HIDDEN, INPUTS)) / np.sqrt(INPUTS)
    W = random.standard_normal((outputs, HIDDEN)) / np.sqrt(HIDDEN)
    x, direction = random.standard_normal(INPUTS), random.standard_normal(outputs)
    return A, W, x, direction / np.linalg.norm(direction)


def _order(seed: int, spread: float, sizes: tuple[float, ...]) -> float:
    """The slope of log ‖Δh − W⁺e‖ / ‖W⁺e‖ against log |e|, for errors of these sizes."""
    A, W, x, direction = _drawn(seed, spread=spread)
    steps = [gn.pseudobackprop(A, W, x, W @ np.tanh(A @ x) + size * direction) for size in sizes]
    off = [np.linalg.norm(step.dh - step.gauss_newton) / np.linalg.norm(step.gauss_newton) for step in steps]
    return float(np.polyfit(np.log(sizes), np.log(off), 1)[0])


@theory_check(source="Note 15, eqs 55 and 57", paper="for linear output e_hh = 0, so Gauss-Newton is Newton")
def one_step_of_a_linear_network() -> Verdict:
    """With σ the identity and η = 1/xᵀx, one step takes the whole error away (|e| after, over before)."""

    def left(seed: int) -> float:
        A, W, x, direction = _drawn(seed)
        target = W @ A @ x + direction
        step = gn.pseudobackprop(A, W, x, target, squash="identity")
        return float(np.linalg.norm(target - W @ (A + step.dA) @ x) / np.linalg.norm(direction))

    return largest((left(seed) for seed in SEEDS), below=1e-14)


@theory_check(source="Note 15, eq. 59", paper="Δh is δ_GN to first order; η is one for each hidden unit")
def first_order_of_a_tanh_network() -> Verdict:
    """Δh differs from W⁺e by O(|e|), relative, for a ~ N(0, ¼) (slope in log-log for |e| = 0.1, 0.01, 0.001)."""
    return within((_order(seed, 0.5, (0.1, 0.01, 0.001)) for seed in DRAWS), of=1.0, by=0.15)


@theory_check(source="Note 15, eq. 59", paper="to first order: where tanh units saturate, for smaller errors only")
def first_order_of_saturated_units() -> Verdict:
    """Δh differs from W⁺e by O(|e|) for saturated units, too: a ~ N(0, 1) (slope for |e| = 0.01, 0.001, 0.0001)."""
    return within((_order(seed, 1.0, (0.01, 0.001, 0.0001)) for seed in DRAWS), of=1.0, by=0.15)


@theory_check(source="Note 15, after eq. 56", paper="misprint: D is said to be evaluated at h; it is σ' at the pre-activation")
def slope_at_the_wrong_place() -> Verdict:
    """With D evaluated at h, as printed, Δh does not become W⁺e for small e (smallest relative distance at 0.001)."""

    def off(seed: int) -> float:
        A, W, x, direction = _drawn(seed)
        sigma = squashing("tanh")
        a = A @ x
        h = sigma.value(a)
        D, wanted = sigma.slope(h), pseudoinverse(W) @ (0.001 * direction)
        dA = np.outer(wanted / (D * (x @ x)), x)
        return float(np.linalg.norm(sigma.value((A + dA) @ x) - h - wanted) / np.linalg.norm(wanted))

    return smallest((off(seed) for seed in SEEDS), above=0.05)


@theory_check(source="Note 15, first paragraph", paper="W⁺ satisfies the condition of the main text, eᵀWW⁺e > 0")
def pseudoinverse_teaches() -> Verdict:
    """eᵀWW⁺e > 0 for any error, with fewer and with more outputs than hidden units (smallest, over eᵀe)."""

    def teaching(seed: int, outputs: int) -> float:
        _, W, _, e = _drawn(seed, outputs)
        return float(e @ W @ pseudoinverse(W) @ e / (e @ e))

    return smallest((teaching(seed, outputs) for seed in SEEDS for outputs in (OUTPUTS, 2 * HIDDEN)), above=0.0)
