"""Three neurons in a row: where feedback alignment leads, by integration against the closed forms (Supp. Fig. 10)."""

from __future__ import annotations

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import three_neurons as tn
from neurosim.theory.checks._check import SEEDS, largest, smallest, theory_check, within
from neurosim.verdict import Verdict

NETWORKS = ((1.0, 1.0), (2.0, 1.0), (0.5, 1.0), (1.0, 3.0), (-1.0, 1.0))
"""Feedback B and target T; the first is the paper's."""
GRID = 41


def _starts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Eight starts in the square of the figure."""
    a, w = stream(seed, "theory.supp_fig_10").uniform(-2, 2, (2, 8))
    return a, w


@theory_check(source="Supp. Fig. 10b", paper="the large arrow, from near 0 to the grey hyperbola (closed form: to (2^⅓, 2^−⅓))")
def endpoint_from_zero() -> Verdict:
    """From A = W = 0 the flow ends where the closed form says (largest distance, five pairs of B and T)."""
    found = []
    for feedback, target in NETWORKS:
        network = tn.ThreeNeurons(feedback, target)
        _, a, w = network.trajectory(0.0, 0.0)
        found.append(float(np.max(np.abs(np.array([a[-1], w[-1]]) - network.endpoint(0.0, 0.0)))))
    return largest(found, below=1e-6)


@theory_check(source="Supp. Fig. 10b", paper="thick lines are the solutions, AW = 1 = T")
def every_way_ends_on_a_solution() -> Verdict:
    """From random starts in [−2, 2]² the flow ends with AW = T (largest distance from it of eight starts)."""
    found = []
    for seed in SEEDS:
        _, a, w = tn.ThreeNeurons().trajectory(*_starts(seed), until=300.0, points=2)
        found.append(float(np.max(np.abs(a[-1] * w[-1] - 1))))
    return largest(found, below=1e-6)


@theory_check(source="Supp. Fig. 10b", paper="the flow; its constant A²/2 − BW is not printed")
def invariant_of_three_neurons() -> Verdict:
    """A²/2 − BW stays what it was along the flow (largest drift from eight random starts)."""
    found = []
    for seed in SEEDS:
        network = tn.ThreeNeurons()
        _, a, w = network.trajectory(*_starts(seed))
        constant = network.invariant(a, w)
        found.append(float(np.max(np.abs(constant - constant[0]))))
    return largest(found, below=1e-10)


@theory_check(source="Supp. Fig. 10b", paper="deterministic dynamics, simulated; by which method is not said")
def invariant_by_small_steps() -> Verdict:
    """By Euler's method A²/2 − BW drifts in proportion to the step: half as far with half the step."""
    ratios = []
    for feedback, target in NETWORKS:
        network = tn.ThreeNeurons(feedback, target)
        ratios.append(_drift(network, 0.01) / _drift(network, 0.005))
    return within(ratios, of=2.0, by=0.1)


def _drift(network: tn.ThreeNeurons, step: float) -> float:
    a, w = 0.0, 0.0
    for _ in range(round(10.0 / step)):
        da, dw = network.flow(a, w)
        a, w = a + step * da, w + step * dw
    return abs(float(network.invariant(a, w)))


@theory_check(
    source="Supp. Fig. 10b", paper='a small region from which the system travels to the "bad" hyperbola (12.33 % of the square)'
)
def basin_of_the_bad_hyperbola() -> Verdict:
    """The shaded region: integration and closed form agree on more than 99.5 % of a lattice of 41 × 41 starts."""
    found = []
    side = np.linspace(-2.0, 2.0, GRID)
    a, w = np.meshgrid(side, side)
    for feedback, target in NETWORKS:
        network = tn.ThreeNeurons(feedback, target)
        _, ends, _ = network.trajectory(a.ravel(), w.ravel(), until=60.0, points=2, rtol=1e-8)
        good = np.sign(network.endpoint(0.0, 0.0)[0])
        found.append(float(np.mean((np.sign(ends[-1]) != good) == network.ends_badly(a.ravel(), w.ravel()))))
    return smallest(found, above=0.995)
