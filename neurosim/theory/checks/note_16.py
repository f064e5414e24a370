"""Feedback alignment follows the gradient of no function (Note 16)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neurosim.seeding import stream
from neurosim.theory import vector_field as vf
from neurosim.theory.checks._check import SEEDS, largest, smallest, theory_check
from neurosim.verdict import Verdict


class _Pair(NamedTuple):
    """A network, a point θ, and two directions that span a loop through parameter space."""

    network: vf.Network
    theta: np.ndarray
    first: np.ndarray
    second: np.ndarray


def _three_neurons(seed: int, *, aligned: bool) -> _Pair:
    """The linear network of eqs 75 to 78; x, y*, B and θ ~ N(0, 1), |B| at least ½ away from 0."""
    random = stream(seed, "theory.note_16.three_neurons")
    B = random.standard_normal()
    B += np.copysign(0.5, B)
    x, target = random.standard_normal((2, 1, 1))
    network = vf.Network(x, target, hidden=1, B=np.array([[B]]) if aligned else None, squash="identity")
    return _Pair(network, *random.standard_normal((3, 4)))


def _vector_net(seed: int, *, aligned: bool) -> _Pair:
    """A 5-4-3 network of tanh units that learns six pairs; B ~ U[−½, ½]."""
    random = stream(seed, "theory.note_16.vector_net")
    x, targets = random.standard_normal((6, 5)), random.standard_normal((6, 3))
    B = random.uniform(-0.5, 0.5, (4, 3))
    network = vf.Network(x, targets, hidden=4, B=B if aligned else None)
    return _Pair(network, *0.5 * random.standard_normal((3, network.size)))


def _all(*, aligned: bool) -> list[_Pair]:
    return [make(seed, aligned=aligned) for make in (_three_neurons, _vector_net) for seed in SEEDS]


def _jacobians(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Eq. 79 put right, as it is printed, and by differences."""
    network, theta, *_ = _three_neurons(seed, aligned=True)
    assert network.B is not None
    x, target, B = float(network.x[0, 0]), float(network.targets[0, 0]), float(network.B[0, 0])
    put_right, printed = vf.three_neuron_jacobian(theta, x, target, B), vf.printed_jacobian(theta, x, target, B)
    return put_right, printed, vf.jacobian(network.field, theta)


@theory_check(source="Note 16, eq. 79", paper="dθ̇/dθ of the three-neuron network; misprints: [0, 0] is −h² and [0, 3] is −Wh + e")
def derivative_of_the_field() -> Verdict:
    """Eq. 79, with two entries put right, is the derivative of the field (against differences, largest entry)."""
    found = map(_jacobians, SEEDS)
    return largest((float(np.max(np.abs(right - measured))) for right, _, measured in found), below=1e-6)


@theory_check(source="Note 16, eq. 79", paper="misprints: h² at [0, 0] and −W + e at [0, 3]")
def misprints_of_the_derivative() -> Verdict:
    """The two misprinted entries do not agree with differences (smallest distance)."""
    off = [float(abs(printed - measured)[entry]) for _, printed, measured in map(_jacobians, SEEDS) for entry in vf.MISPRINTED]
    return smallest(off, above=1e-4)


@theory_check(source="Note 16, eq. 79", paper="the other fourteen entries as printed")
def other_entries_of_the_derivative() -> Verdict:
    """The other fourteen printed entries agree with differences (largest distance)."""

    def worst(seed: int) -> float:
        _, printed, measured = _jacobians(seed)
        off = np.abs(printed - measured)
        off[tuple(zip(*vf.MISPRINTED, strict=True))] = 0.0
        return float(np.max(off))

    return largest((worst(seed) for seed in SEEDS), below=1e-6)


@theory_check(source="Note 16, eqs 64 to 67", paper="backpropagation follows −∇𝓛; misprint: eq. 67 lacks ⊙ D")
def backpropagation_is_the_gradient() -> Verdict:
    """Backpropagation's field is minus the gradient of the loss (against differences, relative)."""

    def off(pair: _Pair) -> float:
        gradient = vf.jacobian(lambda theta: np.array([pair.network.loss(theta)]), pair.theta)[0]
        return float(np.linalg.norm(pair.network.field(pair.theta) + gradient) / np.linalg.norm(gradient))

    return largest((off(pair) for pair in _all(aligned=False)), below=1e-6)


@theory_check(source="Note 16, eq. 67", paper="misprint: Δc = η Σ Wᵀe is printed, without ⊙ D")
def hidden_bias_without_slope() -> Verdict:
    """Eq. 67 as printed is not the gradient for tanh units (relative distance of its ċ)."""

    def off(seed: int) -> float:
        network, theta, *_ = _vector_net(seed, aligned=False)
        W, b, A, c = network.parts(theta)
        printed = (network.targets - np.tanh(network.x @ A.T + c) @ W.T - b).sum(axis=0) @ W
        right = network.parts(network.field(theta))[3]
        return float(np.linalg.norm(printed - right) / np.linalg.norm(right))

    return smallest((off(seed) for seed in SEEDS), above=0.05)


@theory_check(source="Note 16, eq. 79", paper="the derivative is not symmetric")
def asymmetric_for_feedback_alignment() -> Verdict:
    """Feedback alignment's derivative is not symmetric, with three neurons and in a tanh network (‖J − Jᵀ‖ / ‖J‖)."""
    return smallest((vf.asymmetry(vf.jacobian(p.network.field, p.theta)) for p in _all(aligned=True)), above=0.05)


@theory_check(source="Note 16, eqs 68 and 74", paper="a second derivative is symmetric")
def symmetric_for_backpropagation() -> Verdict:
    """Backpropagation's derivative is symmetric (‖J − Jᵀ‖ / ‖J‖, by differences)."""
    return largest((vf.asymmetry(vf.jacobian(p.network.field, p.theta)) for p in _all(aligned=False)), below=1e-7)


@theory_check(source="Note 16", paper="the dynamics are non-conservative")
def work_of_feedback_alignment() -> Verdict:
    """Feedback alignment does work around a closed loop (|∮ θ̇ · dθ|), with three neurons and in a tanh network."""
    return smallest((abs(vf.work(p.network.field, *p[1:])) for p in _all(aligned=True)), above=1e-3)


@theory_check(source="Note 16, eq. 68", paper="θ̇ = −∇𝓛 is conservative")
def work_of_backpropagation() -> Verdict:
    """Backpropagation does no work around a closed loop (|∮ θ̇ · dθ|), with three neurons and in a tanh network."""
    return largest((abs(vf.work(p.network.field, *p[1:])) for p in _all(aligned=False)), below=1e-8)


@theory_check(source="Note 16; Supp. Fig. 14", paper="a minimum of the error need not be an equilibrium of feedback alignment")
def minimum_is_no_rest() -> Verdict:
    """At a minimum of the error (|∇L| < 1e-6) that leaves an error, feedback alignment does not rest (smallest |θ̇|)."""
    return smallest(map(_speed_at_a_minimum, SEEDS), above=0.01)


def _speed_at_a_minimum(seed: int) -> float:
    """|θ̇| of feedback alignment where backpropagation rests; nan where it is found nowhere.

    A linear 5-2-3 network, which is too narrow to learn 40 random pairs; hidden tanh units would saturate and have no minimum.
    """
    from scipy.optimize import minimize  # slow to import, and lists are made without it

    random = stream(seed, "theory.note_16.minimum")
    x, targets = random.standard_normal((40, 5)), random.standard_normal((40, 3))
    B = random.uniform(-0.5, 0.5, (2, 3))
    gradient = vf.Network(x, targets, hidden=2, squash="identity")
    start = 0.1 * random.standard_normal(gradient.size)
    rest = minimize(gradient.loss, start, jac=lambda theta: -gradient.field(theta), method="BFGS", options={"gtol": 1e-8}).x
    speed = float(np.linalg.norm(vf.Network(x, targets, hidden=2, B=B, squash="identity").field(rest)))
    return speed if np.linalg.norm(gradient.field(rest)) < 1e-6 else float("nan")
