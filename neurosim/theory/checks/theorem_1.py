"""Theorem 1: from zero weights, and with B of full column rank, feedback alignment reaches zero error (Note 11)."""

from __future__ import annotations

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import feedback_alignment_flow as fa
from neurosim.theory.checks._check import SEEDS, largest, smallest, theory_check, within
from neurosim.verdict import Verdict

INPUTS, HIDDEN, OUTPUTS = 30, 20, 10
UNTIL = 30.0


def _drawn(seed: int, hidden: int = HIDDEN, outputs: int = OUTPUTS) -> tuple[np.ndarray, np.ndarray]:
    """B ~ U[−½, ½] and T ~ U[−1, 1], as in the main text's linear task."""
    random = stream(seed, "theory.theorem_1")
    return random.uniform(-0.5, 0.5, (hidden, outputs)), random.uniform(-1, 1, (outputs, INPUTS))


def _learned(B: np.ndarray, T: np.ndarray, until: float = UNTIL) -> fa.Weights:
    return fa.flow(fa.zeros(B, T), B, T, until).weights


@theory_check(source="Note 11, Lemma 2", paper="V = ‖BE‖² never increases")
def error_function_never_increases() -> Verdict:
    """V = ‖BE‖² falls from step to step, down to 1e-18 of its start."""

    def worst(seed: int) -> float:
        B, T = _drawn(seed)
        V = fa.lyapunov(_learned(B, T), B, T)
        seen = V[V / V[0] >= 1e-18]
        return float(np.max(np.diff(seen) / seen[:-1]))

    return largest((worst(seed) for seed in SEEDS), below=1e-12)


@theory_check(source="Note 11, Theorem 1", paper="E → 0 if C = 0 and B⁺B = I")
def zero_error() -> Verdict:
    """The error goes to zero from zero weights (NSE at t = 30)."""
    return largest((float(fa.nse(_learned(B, T), T)[-1]) for B, T in map(_drawn, SEEDS)), below=1e-15)


@theory_check(source="Note 11, Theorem 1", paper="B⁺B = I needs n_o ≤ n_h")
def more_outputs_than_hidden() -> Verdict:
    """With fewer hidden units than outputs (6 for 10) the error does not go to zero."""
    drawn = (_drawn(seed, hidden=6) for seed in SEEDS)
    return smallest((float(fa.nse(_learned(B, T), T)[-1]) for B, T in drawn), above=1e-2)


@theory_check(source="Note 11, Theorem 1", paper="B⁺B = I: the columns of B are linearly independent")
def rank_deficient_feedback() -> Verdict:
    """With enough hidden units, but two equal columns of B, the error does not go to zero."""

    def stuck(seed: int) -> float:
        B, T = _drawn(seed)
        B[:, 1] = B[:, 0]
        return float(fa.nse(_learned(B, T), T)[-1])

    return smallest((stuck(seed) for seed in SEEDS), above=1e-2)


@theory_check(source="Note 11, eqs 11 to 13", paper="C = BW + WᵀBᵀ − AAᵀ is constant")
def conserved_by_the_flow() -> Verdict:
    """C stays where it started, from random weights, too (Runge-Kutta; largest ‖C − C₀‖ / ‖AAᵀ‖)."""

    def drift(seed: int, spread: float) -> float:
        B, T = _drawn(seed)
        random = stream(seed, "theory.start")
        start = fa.Weights(*(random.uniform(-spread, spread, part.shape) for part in fa.zeros(B, T)))
        weights = fa.flow(start, B, T, UNTIL).weights
        moved = np.linalg.norm(fa.conserved(weights, B) - fa.conserved(start, B), axis=(1, 2))
        return float(np.max(moved) / np.linalg.norm(weights.A[-1] @ weights.A[-1].T))

    return largest((drift(seed, spread) for seed in SEEDS for spread in (0.0, 0.5)), below=1e-9)


@theory_check(source="Note 11, eqs 6 to 13", paper="C is constant in the limit of small η")
def conserved_by_small_steps() -> Verdict:
    """Euler's drift of C halves with the step (‖C‖ at t = 10 with η = 0.004, over that with 0.002)."""

    def drift(seed: int, eta: float) -> float:
        B, T = _drawn(seed)
        *_, last = fa.euler(fa.zeros(B, T), B, T, eta, round(10 / eta))
        return float(np.linalg.norm(fa.conserved(last, B)) / np.linalg.norm(last.A @ last.A.T))

    return within((drift(seed, 0.004) / drift(seed, 0.002) for seed in SEEDS), of=2.0, by=0.1)


@theory_check(
    source="Note 11, eq. 21",
    paper="s ≤ ‖BT‖² + 2 n_h; Lemma 3's own chain goes by (s/n_h)² and gives only 2 n_h², by s²/n_h it gives 2 n_h",
)
def bounded_weights() -> Verdict:
    """‖A‖² stays below its bound (largest ‖A‖² over bound)."""
    drawn = map(_drawn, SEEDS)
    return largest((float(np.max(fa.size(_learned(B, T)))) / fa.size_bound(B, T) for B, T in drawn), below=1.0)


@theory_check(source="Note 11, eq. 18", paper="V̇ = −2 tr(BEAᵀAEᵀBᵀ) − tr(AᵀBEEᵀBᵀA)")
def slope_of_the_error_function() -> Verdict:
    """Eq. 18 is the slope of V along the flow (against 2 tr(BĖEᵀBᵀ), relative)."""

    def off(seed: int) -> float:
        B, T = _drawn(seed)
        weights = _learned(B, T, until=3.0)
        slope = fa.lyapunov_slope(weights, B, T)
        return float(np.max(np.abs(_slope(weights, B, T) - slope)) / np.max(np.abs(slope)))

    return largest((off(seed) for seed in SEEDS), below=1e-9)


@theory_check(source="Note 11, eq. 10", paper="misprint: BW + WᵀBᵀ = AAᵀ − C is printed; by C's definition it is + C")
def sign_of_the_constant() -> Verdict:
    """From weights with C ≠ 0, V̇ needs eq. 10 with + C, and − C is wrong (error with − C, over error with + C)."""

    def ratio(seed: int) -> float:
        B, T = _drawn(seed)
        random = stream(seed, "theory.start")
        weights = fa.Weights(*(random.uniform(-0.5, 0.5, part.shape) for part in fa.zeros(B, T)))
        right, back = _slope(weights, B, T), B @ fa.error(weights, T)
        plus = fa.lyapunov_slope(weights, B, T)
        minus = plus + 2 * np.trace(fa.conserved(weights, B) @ back @ back.T)
        return float(abs(minus - right) / max(abs(plus - right), np.finfo(float).eps * abs(right)))

    return smallest((ratio(seed) for seed in SEEDS), above=1e9)


@theory_check(
    source="Note 11, eq. 22",
    paper="V̈ is a sum of traces; misprint: its terms BEBEAEᵀBᵀ and BEBEEᵀBᵀA stand for BEEᵀBᵀAEᵀBᵀ and EᵀBᵀBEEᵀBᵀA, as Ȧᵀ = EᵀBᵀ",
)
def curvature_of_the_error_function() -> Verdict:
    """Eq. 22, put right, is the slope of V̇ along the flow (against differences, relative)."""

    def off(seed: int) -> float:
        B, T = _drawn(seed)
        here = fa.Weights(*(part[-1] for part in _learned(B, T, until=0.7)))
        moved, step = fa.rates(here, B, T), 1e-5
        ahead, behind = (fa.Weights(*(w + way * step * d for w, d in zip(here, moved, strict=True))) for way in (1, -1))
        differences = (_slope(ahead, B, T) - _slope(behind, B, T)) / (2 * step)
        return float(abs(fa.lyapunov_curvature(here, B, T) / differences - 1))

    return largest((off(seed) for seed in SEEDS), below=1e-6)


def _slope(weights: fa.Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    """V̇ = 2 tr(BĖEᵀBᵀ) by the product rule, Ė = −ẆA − WȦ (eq. 16)."""
    dA, dW = fa.rates(weights, B, T)
    moving = -dW @ weights.A - weights.W @ dA
    return 2 * np.sum((B @ moving) * (B @ fa.error(weights, T)), axis=(-2, -1))
