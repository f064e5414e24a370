"""Why W comes to point where Bᵀ points: A alone, then W alone (Note 12)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import convergence_probability as cp
from neurosim.theory import feedback_alignment_flow as fa
from neurosim.theory.checks._check import theory_check, within
from neurosim.verdict import Verdict, wilson

HIDDEN = 20
EXPECTED = {1: 0.50, 2: 0.24, 3: 0.11, 4: 0.034, 5: 0.017}
"""outputs → how often A alone converges, as it was found in earlier draws."""


def _share(outputs: int, draws: int) -> float:
    return cp.share_converging(outputs, HIDDEN, draws, stream(100, f"theory.note_12.{outputs}.{draws}"))


def _register_share(outputs: int, expected: float, draws: int = 2000) -> None:
    @theory_check(
        name=f"share_converging_{outputs}",
        title=f"A alone, W frozen, converges this often with {outputs} output{'s' * (outputs > 1)} and 20 hidden units.",
        source="Note 12, case 1",
        paper="the probability is small and shrinks with the network; no number is printed",
    )
    def check() -> Verdict:
        share, error = _share(outputs, draws), np.sqrt(expected * (1 - expected) / draws)
        wanted = f"{expected:g} within 3 binomial standard errors ({3 * error:.2g})"
        return Verdict(share, wilson(share, draws), draws, bool(abs(share - expected) <= 3 * error), wanted)


for _outputs, _expected in EXPECTED.items():
    _register_share(_outputs, _expected)


@theory_check(source="Note 12, case 1", paper="the probability is obviously small")
def share_converging_10() -> Verdict:
    """A alone, W frozen, all but never converges with 10 outputs."""
    share, draws = _share(10, 20_000), 20_000
    return Verdict(share, wilson(share, draws), draws, share <= 5e-4, "≤ 0.0005")


@theory_check(source="Note 12, case 1", paper="shrinks with increasing network size")
def share_converging_shrinks() -> Verdict:
    """Each further output makes convergence of A alone rarer, from 1 to 5 (largest ratio of neighbours, 50,000 draws)."""
    shares = [_share(outputs, 50_000) for outputs in EXPECTED]
    ratios = [after / before for before, after in pairwise(shares)]
    return Verdict(max(ratios), (min(ratios), max(ratios)), 50_000, max(ratios) < 0.6, "each ratio < 0.6")


@theory_check(source="Note 12, case 1", paper="by symmetry; no number is printed")
def share_converging_exactly() -> Verdict:
    """With 1 and 2 outputs A alone converges in ½ and ¼ of all draws (farthest, in binomial standard errors)."""
    draws = 50_000
    off = [(_share(k, draws) - p) / np.sqrt(p * (1 - p) / draws) for k, p in ((1, 0.5), (2, 0.25))]
    found = float(max(off, key=abs))
    return Verdict(found, (float(min(off)), float(max(off))), draws, abs(found) <= 3, "within ± 3")


def _drawn(seed: int, spread: float) -> tuple[np.ndarray, np.ndarray, fa.Weights]:
    """30-20-10: B ~ U[−½, ½], T ~ U[−1, 1], A and W ~ U[−spread, spread]."""
    random = stream(seed, "theory.note_12")
    B, T = random.uniform(-0.5, 0.5, (HIDDEN, 10)), random.uniform(-1, 1, (10, 30))
    return B, T, fa.Weights(*(random.uniform(-spread, spread, part.shape) for part in fa.zeros(B, T)))


def _phases(seed: int, spread: float, tau: float = 1.0) -> tuple[float, float]:
    """(tr(AᵀBE) / τ‖BT‖² after A alone learned for τ, tr(BW) τ / n_o after W alone then learned)."""
    B, T, start = _drawn(seed, spread)
    first = fa.flow(start, B, T, tau, frozen="W").weights
    between = fa.Weights(first.A[-1], first.W[-1])
    then = fa.flow(between, B, T, 30.0, frozen="A").weights
    aligned = fa.hidden_alignment(between, B, T) / (tau * np.sum((B @ T) ** 2))
    return float(aligned), float(fa.output_alignment(then, B)[-1] * tau / T.shape[0])


@theory_check(source="Note 12, eqs 24 and 25; Supp. Fig. 11", paper="on average tr(AᵀBE) > 0; from W = 0 it is τ‖BT‖²")
def alignment_while_input_weights_learn() -> Verdict:
    """A alone, from weights ~ U[−0.01, 0.01], has tr(AᵀBE) = τ‖BT‖² at τ = 1 (ratio)."""
    return within((_phases(seed, 0.01)[0] for seed in range(100, 120)), of=1.0, by=0.02)


@theory_check(source="Note 12, eqs 26 to 28; Supp. Fig. 11", paper="W is driven towards Bᵀ: tr(BW) grows")
def alignment_while_output_weights_learn() -> Verdict:
    """W alone, after A alone for τ = 1, ends at tr(BW) = n_o/τ (ratio)."""
    return within((_phases(seed, 0.01)[1] for seed in range(100, 120)), of=1.0, by=0.01)


@theory_check(source="Note 12, eqs 24 and 26", paper="from zero weights both closed forms are exact: A = τBT, then W = T(BT)⁺/τ")
def alignment_from_zero() -> Verdict:
    """From zero weights both, tr(AᵀBE) / τ‖BT‖² and tr(BW) τ / n_o, are 1."""
    return within((ratio for seed in range(100, 105) for ratio in _phases(seed, 0.0)), of=1.0, by=1e-8)
