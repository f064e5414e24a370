"""Why W comes to point where Bᵀ points: A alone, then W alone (Note 12)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import convergence_probability as cp
from neurosim.theory import feedback_alignment_flow as fa
from neurosim.theory.checks._check import SEEDS, theory_check, within
from neurosim.verdict import Verdict, wilson

HIDDEN = 20
DRAWS = range(100, 120)
EXACT = {1: 1 / 2, 2: 1 / 4}
"""outputs → how often A alone converges, by symmetry."""
ESTIMATED = {3: 0.11, 4: 0.034, 5: 0.017}
"""outputs → how often A alone converged in earlier draws; known no better than 2,000 draws tell it."""
ESTIMATED_FROM = 2_000
SHARE_DRAWS = 20_000


def _share(outputs: int, draws: int) -> float:
    return cp.share_converging(outputs, HIDDEN, draws, stream(100, f"theory.note_12.{outputs}.{draws}"))


def _variance(share: float, draws: int) -> float:
    return share * (1 - share) / draws


def _register_share(outputs: int, expected: float) -> None:
    @theory_check(
        name=f"share_converging_{outputs}",
        title=f"A alone, W frozen, converges this often with {outputs} output{'s' * (outputs > 1)} and 20 hidden units.",
        source="Note 12, case 1",
        paper="the probability is small and shrinks with the network; no number is printed",
    )
    def check() -> Verdict:
        share = _share(outputs, SHARE_DRAWS)
        if outputs in EXACT:
            error = float(np.sqrt(_variance(expected, SHARE_DRAWS)))
            wanted = f"{expected:g} within 3 standard errors ({3 * error:.2g})"
        else:
            error = float(np.sqrt(_variance(share, SHARE_DRAWS) + _variance(expected, ESTIMATED_FROM)))
            wanted = f"{expected:g} (estimated from {ESTIMATED_FROM} draws) within 3 standard errors of both ({3 * error:.2g})"
        return Verdict(share, wilson(share, SHARE_DRAWS), SHARE_DRAWS, abs(share - expected) <= 3 * error, wanted)


for _outputs, _expected in (EXACT | ESTIMATED).items():
    _register_share(_outputs, _expected)


@theory_check(source="Note 12, case 1", paper="the probability is obviously small")
def share_converging_10() -> Verdict:
    """A alone, W frozen, all but never converges with 10 outputs."""
    share, draws = _share(10, 20_000), 20_000
    return Verdict(share, wilson(share, draws), draws, share <= 5e-4, "≤ 0.0005")


@theory_check(source="Note 12, case 1", paper="shrinks with increasing network size")
def share_converging_shrinks() -> Verdict:
    """Each further output makes convergence of A alone rarer, from 1 to 5 (largest ratio of neighbours, 50,000 draws)."""
    shares = [_share(outputs, 50_000) for outputs in EXACT | ESTIMATED]
    ratios = [after / before for before, after in pairwise(shares)]
    return Verdict(max(ratios), (min(ratios), max(ratios)), 50_000, max(ratios) < 0.6, "each ratio < 0.6")


@theory_check(source="Note 12, case 1", paper="by symmetry; no number is printed")
def share_converging_exactly() -> Verdict:
    """With 1 and 2 outputs A alone converges in ½ and ¼ of all draws (farthest, in binomial standard errors)."""
    draws = 50_000
    off = [(_share(k, draws) - p) / np.sqrt(p * (1 - p) / draws) for k, p in EXACT.items()]
    found = float(max(off, key=abs))
    return Verdict(found, (float(min(off)), float(max(off))), draws, abs(found) <= 3, "within ± 3")


def _drawn(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray, fa.Weights]:
    """30-20-10: B ~ U[−½, ½], T ~ U[−1, 1], A and W ~ U[−spread, spread]."""
    random = stream(seed, "theory.note_12")
    B, T = random.uniform(-0.5, 0.5, (HIDDEN, 10)), random.uniform(-1, 1, (10, 30))
    return B, T, fa.Weights(*(random.uniform(-spread, spread, part.shape) for part in fa.zeros(B, T)))


TAU = 1.0
"""How long A learns alone."""


def _after_input_weights(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray, fa.Weights]:
    """B, T, and the weights after A alone has learned for τ."""
    B, T, start = _drawn(seed, spread)
    weights = fa.flow(start, B, T, TAU, frozen="W").weights
    return B, T, fa.Weights(weights.A[-1], start.W)


def _hidden_ratio(seed: int, spread: float) -> float:
    """tr(AᵀBE) / τ‖BT‖² after A alone."""
    B, T, weights = _after_input_weights(seed, spread)
    return float(fa.hidden_alignment(weights, B, T) / (TAU * np.sum((B @ T) ** 2)))


def _output_ratio(seed: int, spread: float) -> float:
    """tr(BW) τ / n_o after W alone has then learned all it can."""
    B, T, weights = _after_input_weights(seed, spread)
    return float(fa.output_alignment(fa.flow(weights, B, T, 15.0, frozen="A").weights, B)[-1] * TAU / len(T))


@theory_check(source="Note 12, eqs 24 and 25; Supp. Fig. 11", paper="on average tr(AᵀBE) > 0; from W = 0 it is τ‖BT‖²")
def alignment_while_input_weights_learn() -> Verdict:
    """A alone, from weights ~ U[−0.01, 0.01], has tr(AᵀBE) = τ‖BT‖² at τ = 1 (ratio)."""
    return within((_hidden_ratio(seed, 0.01) for seed in DRAWS), of=1.0, by=0.02)


@theory_check(source="Note 12, eqs 26 to 28; Supp. Fig. 11", paper="W is driven towards Bᵀ: tr(BW) grows")
def alignment_while_output_weights_learn() -> Verdict:
    """W alone, after A alone for τ = 1, ends at tr(BW) = n_o/τ (ratio)."""
    return within((_output_ratio(seed, 0.01) for seed in DRAWS), of=1.0, by=0.01)


@theory_check(source="Note 12, eqs 24 and 26", paper="from zero weights both closed forms are exact: A = τBT, then W = T(BT)⁺/τ")
def alignment_from_zero() -> Verdict:
    """From zero weights both, tr(AᵀBE) / τ‖BT‖² and tr(BW) τ / n_o, are 1."""
    return within((ratio(seed, 0.0) for seed in SEEDS for ratio in (_hidden_ratio, _output_ratio)), of=1.0, by=1e-8)
