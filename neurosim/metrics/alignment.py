"""How well what a circuit teaches agrees with what backpropagation would teach it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurosim.circuit.elements import Projection
from neurosim.metrics.look import Look, metric
from neurosim.models.connectors import CONNECTORS
from neurosim.models.plasticity import RULES
from neurosim.models.weights import moore_penrose, transposed


@metric(of="population", units="degree")
def angle(look: Look, population: str) -> float:
    """Angle between a population's teaching signal and backpropagation's, signed (0-180°), mean over the test set.

    θ = arccos(a · b / (|a| |b|)) per trial. The teaching signal is what the rule of the projection that drives the
    population multiplies presynaptic rates with. nan where nothing is taught, or the error is zero.
    """
    return _angle_between(teaching(look, population), backpropagated(look)[population])


@metric(of="population", units="degree")
def pseudobackprop_angle(look: Look, population: str) -> float:
    """Angle between a population's teaching signal and pseudobackprop's, signed (0-180°), mean over the test set.

    θ = arccos(a · b / (|a| |b|)) per trial, as `angle`, with the Moore-Penrose pseudoinverse W⁺ in the place of Wᵀ on the
    way back: b = (W⁺ e) ⊙ φ' for the last hidden population, the Gauss-Newton step of its rates where φ' = 1 (Lillicrap et al.
    2016, Supp. Fig. 13 and Note 15). nan where nothing is taught, or the error is zero.
    """
    return _angle_between(teaching(look, population), backpropagated(look, moore_penrose)[population])


def _angle_between(taught: np.ndarray | None, wanted: np.ndarray) -> float:
    """The mean angle of the rows of two signals, in degrees, over those where neither is zero."""
    if taught is None:
        return float("nan")
    norms = np.linalg.norm(taught, axis=1) * np.linalg.norm(wanted, axis=1)
    use = norms > 0
    if not use.any():
        return float("nan")
    cosines = (taught * wanted).sum(axis=1)[use] / norms[use]
    return float(np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))).mean())


def teaching(look: Look, population: str) -> np.ndarray | None:
    """The postsynaptic factor of the first plastic rule that drives a population, per probe trial.

    None where nothing is taught: no rule, or one that looks at its own weight or at nothing postsynaptic.
    """
    for projection in look.circuit.onto(population, "drive"):
        rule = RULES[projection.plasticity.name]
        if rule.change is not None and rule.reads("post") and "weight" not in rule.arguments:
            post = {f"post_{v}": np.asarray(look.probe(f"{population}.{v}"), np.float64) for v in rule.reads("post")}
            pre = {f"pre_{v}": 1.0 for v in rule.reads("pre")}
            constants = {name: 1.0 if name == "eta" else value for name, value in _constants(projection).items()}
            shape = next(iter(post.values())).shape
            return np.broadcast_to(rule.change(**pre, **post, **constants), shape)
    return None


def _constants(projection: Projection) -> dict[str, float]:
    constants = RULES[projection.plasticity.name].parameters.complete(projection.plasticity.parameters)
    return {name: value for name, value in constants.items() if name not in ("momentum", "decay")}


def backpropagated(look: Look, turned: Callable[[np.ndarray], np.ndarray] = transposed) -> dict[str, np.ndarray]:
    """What backpropagation would teach each population of the forward path, per probe trial.

    δ(output) = e ⊙ φ'; δ(p) = Σ over projections p → q of Wᵀ δ(q), ⊙ φ'(p), and ⊙ what gates p. This is −∂L/∂drive for
    L = ½ Σ e² where the gates do not depend on what is learned.

    Args:
        look: the circuit at this moment.
        turned: what takes the place of Wᵀ: W[post, pre] → weights of the way back.
    """
    found: dict[str, np.ndarray] = {}
    for name, above in reversed(look.circuit.forward_path().items()):
        slope = np.asarray(look.probe(f"{name}.slope"), np.float64)
        back = np.zeros_like(slope)
        if name == look.output:
            back = back + (look.targets[: len(slope)] - look.probe(f"{name}.rate"))
        for projection in above:
            back = back + _sent_back(look, projection, found[projection.post], turned)
        gated = look.circuit.onto(name, "gate")
        found[name] = back * slope * (np.asarray(look.probe(f"{name}.gating"), np.float64) if gated else 1.0)
    return found


def _sent_back(look: Look, projection: Projection, signal: np.ndarray, turned: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Rows of a signal, back through a projection; each weight of a one-to-one projection is a matrix by itself."""
    weights = look.arrays[f"{projection.name}.weights"]
    if CONNECTORS[projection.connector.name].form == "diagonal":
        return signal * np.asarray(turned(weights[:, None, None]), np.float64)[:, 0, 0]
    return signal @ np.asarray(turned(weights), np.float64).T
