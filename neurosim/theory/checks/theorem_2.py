"""Theorem 2: learning one pair from zero weights, B acts like W⁺ (Note 14)."""

from __future__ import annotations

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import pseudoinverse as single
from neurosim.theory.checks._check import SEEDS, largest, smallest, theory_check, within
from neurosim.verdict import Verdict

HIDDEN, OUTPUTS = 20, 10
ETA, STEPS = 0.01, 600


def _drawn(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """B ~ U[−½, ½] and y* ~ N(0, 1)."""
    random = stream(seed, "theory.theorem_2")
    return random.uniform(-0.5, 0.5, (HIDDEN, OUTPUTS)), random.standard_normal(OUTPUTS)


def _learned(seed: int, eta: float = ETA, spread: float = 0.0) -> tuple[np.ndarray, np.ndarray, single.Learning]:
    B, target = _drawn(seed)
    random = stream(seed, "theory.theorem_2.start")
    start = {"h": random.uniform(-spread, spread, HIDDEN), "W": random.uniform(-spread, spread, (OUTPUTS, HIDDEN))}
    return B, target, single.learn_pair(B, target, eta, round(STEPS * ETA / eta), **start)


def _off_pseudoinverse(B: np.ndarray, target: np.ndarray, learning: single.Learning) -> np.ndarray:
    """1 − cos(Be, W⁺e) from step 2, the first with W ≠ 0, while |e| > 1e-9 |y*|."""
    seen = np.linalg.norm(learning.e, axis=1) > 1e-9 * np.linalg.norm(target)
    seen[:2] = False
    e, W = learning.e[seen], learning.W[seen]
    return single.off_direction(e @ B.T, np.einsum("tho,to->th", single.pseudoinverse(W), e))


@theory_check(source="Note 14, Theorem 2", paper="Be is a positive multiple of W⁺e; at steps 0 and 1 W is still 0")
def feedback_is_the_pseudoinverse() -> Verdict:
    """Be points where W⁺e points, at every step from 2 while |e| > 1e-9 |y*| (largest 1 − cos)."""

    def worst(seed: int) -> float:
        return float(np.max(_off_pseudoinverse(*_learned(seed))))

    return largest((worst(seed) for seed in SEEDS), below=1e-12)


@theory_check(source="Note 14, Theorem 2", paper="holds for W and A initialised to zero only")
def random_start_is_not_the_pseudoinverse() -> Verdict:
    """The control from weights ~ U[−¼, ¼] ends with Be far from W⁺e (smallest angle, degrees)."""

    def angle(seed: int) -> float:
        off = _off_pseudoinverse(*_learned(seed, spread=0.25))
        return float(np.degrees(np.arccos(1 - off[-1])))

    return smallest((angle(seed) for seed in SEEDS), above=60.0)


@theory_check(source="Note 14, Lemma 5, eq. 39", paper="h = s_h By*")
def hidden_lemma() -> Verdict:
    """h is a multiple of By* at every step (largest ‖h − s_h By*‖ / ‖h‖)."""
    return largest((float(np.max(_residuals(seed)[0])) for seed in SEEDS), below=1e-12)


@theory_check(source="Note 14, Lemma 5, eq. 40", paper="W = s_w y*(By*)ᵀ")
def output_lemma() -> Verdict:
    """W is a multiple of y*(By*)ᵀ at every step (largest ‖W − s_w y*(By*)ᵀ‖ / ‖W‖)."""
    return largest((float(np.max(_residuals(seed)[1])) for seed in SEEDS), below=1e-12)


def _residuals(seed: int) -> tuple[np.ndarray, np.ndarray]:
    B, target, learning = _learned(seed)
    return single.lemma_residuals(learning, B, target)


@theory_check(
    source="Note 14, eqs 48 and 49",
    paper="misprint: s = (By*)ᵀ(By*) is printed; it is the inverse of that. (By*)ᵀ⁺ = Bᵀ⁺y*ᵀ⁺ is not valid in general, either",
)
def factor_of_the_pseudoinverse() -> Verdict:
    """(y*(By*)ᵀ)⁺ y* = s By* with s = 1 / ‖By*‖² (largest relative error)."""

    def off(seed: int) -> float:
        B, target = _drawn(seed)
        back = B @ target
        return float(np.linalg.norm(_by_pseudoinverse(B, target) - back / (back @ back)) * np.linalg.norm(back))

    return largest((off(seed) for seed in SEEDS), below=1e-12)


@theory_check(source="Note 14, after eq. 49", paper="misprint: s = (By*)ᵀ(By*)")
def printed_factor() -> Verdict:
    """The factor as it is printed is another one (smallest |log10| of printed over found)."""

    def apart(seed: int) -> float:
        B, target = _drawn(seed)
        back = B @ target
        found = float(_by_pseudoinverse(B, target) @ back / (back @ back))
        return abs(float(np.log10((back @ back) / found)))

    return smallest((apart(seed) for seed in SEEDS), above=0.5)


def _by_pseudoinverse(B: np.ndarray, target: np.ndarray) -> np.ndarray:
    return single.pseudoinverse(np.outer(target, B @ target)) @ target


@theory_check(source="Note 14, eqs 41, 45, 46", paper="s_h and s_w by recursion; for small η, s_w = s_h²/2")
def limit_of_the_hidden_scalar() -> Verdict:
    """s_h ends at (2 / ‖By*‖²)^⅓ for small η (η = 0.001; largest relative error)."""
    return largest((abs(_end(seed, 1e-3)) for seed in SEEDS), below=2e-3)


@theory_check(source="Note 14, eqs 45 and 46", paper="the limit is that of small η")
def order_of_the_limit() -> Verdict:
    """The distance of s_h from its limit falls by 2 when η is halved (η = 0.002 over 0.001)."""
    return within((_end(seed, 2e-3) / _end(seed, 1e-3) for seed in SEEDS), of=2.0, by=0.1)


def _end(seed: int, eta: float) -> float:
    B, target, learning = _learned(seed, eta)
    return float(single.scalars(learning, B, target)[0][-1] / single.hidden_limit(B, target) - 1)
