"""Families of layered circuits of any depth: the same forward path, and one of several ways back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError, Problem, nearest
from neurosim.models.plasticity import PlasticityChoice, delta, node_perturbation
from neurosim.models.weights import Weights, WeightsChoice, pseudoinverse, tied, uniform

DEEPEST = 200
Wire = Callable[[Circuit, list[str], WeightsChoice], None]


def layered(
    sizes: Sequence[int],
    *,
    feedback: str,
    transfer: Any = "tanh",
    output_transfer: Any = "linear",
    eta: float = 0.005,
    weights: Any = None,
    feedback_weights: Any = None,
    bias: bool = True,
    noise: float = 0.001,
    momentum: float | None = None,
    decay: float | None = None,
    output_model: str | None = None,
    dropout: float | Sequence[float | None] | None = None,
    name: str = "",
) -> Circuit:
    """A layered circuit: input → hidden … → output, compared with a target, and a way back for what the error says.

    Args:
        sizes: neurons of the input, of each hidden population, and of the output, e.g. [784, 1000, 10].
        feedback: how the hidden populations are taught:
            `none` (not at all: shallow, Supp. Fig. 2), `broadcast` (the scalar loss: reinforcement; the output learns
            from its own error), `broadcast_to_all` (the scalar loss to the output, too: Supp. Fig. 1 to the letter),
            `random` (fixed random B: feedback alignment, Supp. Figs 3 and 4), `tied` (the transpose Wᵀ: backpropagation),
            `pseudoinverse` (the Moore-Penrose pseudoinverse W⁺: pseudobackprop, Supp. Note 15).
        transfer, output_transfer: transfer functions of hidden and output populations.
        eta, momentum, decay: constants of every plastic projection and bias.
        weights, feedback_weights: initial weights; by default U[−0.1, 0.1] forward and U[−0.5, 0.5] back.
        bias: whether hidden and output neurons have a learned bias that starts at 0.
        noise: σ of the exploration that `broadcast` needs.
        output_model: neuron model of the output, e.g. `direct` to leave out its slope.
        dropout: the probability with which each hidden neuron is silenced in a trial of learning: one number for all hidden
            populations, or a list with one for each (None, or "none" in a file, for one without).
        name: the circuit's name.

    Raises:
        InputError: fewer than two sizes, an unknown kind of feedback, or a list of dropout of another length.

    With two or more hidden populations they are `hidden1`, `hidden2` … and the feedback populations likewise; the error
    goes to the last feedback population and from there down, each gated by the slope of the hidden population that it
    teaches: δ1 = B1((B2 e) ⊙ φ'(a2)) ⊙ φ'(a1).

    >>> layered([30, 20, 10], feedback="random")
    <circuit: input 30 → hidden 20 → output 10; 9 projections>
    """
    way = _checked(sizes, feedback)
    constants = {"eta": eta, **{k: v for k, v in (("momentum", momentum), ("decay", decay)) if v is not None}}
    taught = way.rule(**constants), noise if way.explores else None
    output_rule, output_noise = taught if way.teaches_output else (delta(**constants), None)
    circuit = Circuit(name)
    hidden = _hidden_names("hidden", len(sizes) - 2)
    circuit.population("input", sizes[0], role="input")
    shared = {"transfer": transfer, "noise": taught[1], "bias": _bias(bias, taught[0])}
    for population, size, silenced in zip(hidden, sizes[1:-1], _for_each(hidden, dropout), strict=True):
        circuit.population(population, size, dropout=silenced, **shared)
    properties = {"transfer": output_transfer, "model": output_model, "noise": output_noise, "bias": _bias(bias, output_rule)}
    circuit.population("output", sizes[-1], role="output", **properties)
    rules = [taught[0]] * len(hidden) + [output_rule]
    for (pre, post), rule in zip(pairwise(["input", *hidden, "output"]), rules, strict=True):
        circuit.project(pre, post, weights=uniform(0.1) if weights is None else weights, plasticity=rule)
    _compare(circuit, sizes[-1], error_teaches_output=not way.teaches_output)
    way.wire(circuit, hidden, uniform(0.5) if feedback_weights is None else feedback_weights)
    return circuit


def _checked(sizes: object, feedback: object) -> Way:
    if not isinstance(sizes, Sequence | np.ndarray) or len(sizes) < 2 or isinstance(sizes, str):
        raise InputError(f"layered needs the sizes of at least an input and an output, found {sizes!r}")
    if len(sizes) > DEEPEST:
        raise InputError([Problem("sizes", f"expected at most {DEEPEST} populations one after the other, found {len(sizes)}")])
    if not isinstance(feedback, str) or feedback not in FEEDBACK:
        listed = ", ".join(FEEDBACK)
        raise InputError(
            [Problem("feedback", f"no such way back {feedback!r}; there are {listed}", nearest(str(feedback), FEEDBACK))]
        )
    return FEEDBACK[feedback]


def _hidden_names(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}{depth + 1}" for depth in range(count)]


def _for_each(hidden: list[str], dropout: Any) -> Sequence[Any]:
    if not isinstance(dropout, list | tuple):
        return [dropout] * len(hidden)
    if len(dropout) != len(hidden):
        expected = f"expected one number for each hidden population ({len(hidden)} of them)"
        raise InputError([Problem("dropout", f"{expected}, found {dropout!r}")])
    return dropout


def _bias(wanted: bool, rule: PlasticityChoice | str) -> dict[str, Any] | None:
    return {"plasticity": rule} if wanted else None


def _compare(circuit: Circuit, outputs: int, *, error_teaches_output: bool) -> None:
    """The error e = y* − y, which teaches the output unless the way back does, and the loss."""
    for role, size in (("target", outputs), ("error", outputs), ("loss", 1)):
        circuit.population(role, size, role=role)
    circuit.project("target", "error", connector="one_to_one")
    circuit.project("output", "error", connector="one_to_one", weights={"kind": "constant", "value": -1.0})
    if error_teaches_output:
        circuit.project("output", "error", name="output_gates_error", receptor="gate", signal="slope", connector="one_to_one")
        circuit.project("error", "output", receptor="modulatory", signal="drive", connector="one_to_one")
    circuit.project("error", "loss", signal="drive", weights="constant")


def _no_way_back(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """Nothing reaches the hidden populations."""


def _broadcast_loss(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """The loss tells every hidden neuron the same scalar."""
    for population in hidden:
        circuit.project("loss", population, receptor="modulatory", signal="deviation", connector="broadcast")


def _broadcast_loss_to_all(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """The loss tells every hidden and every output neuron the same scalar."""
    _broadcast_loss(circuit, [*hidden, "output"], weights)


def _random_chain(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """error → the last feedback population → … → the first, through fixed random weights."""
    _chain(circuit, hidden, lambda pre, taught, above: weights)


def _derived_chain(kind: Weights) -> Wire:
    """The same chain, each projection's weights derived from those of the forward one that it mirrors."""

    def wire(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
        _chain(circuit, hidden, lambda pre, taught, above: kind(to=f"{taught}_to_{above}"))

    return wire


def _chain(circuit: Circuit, hidden: list[str], weights: Callable[[str, str, str], WeightsChoice]) -> None:
    """One feedback population per hidden one; all but the first are gated by the slope of those that they teach."""
    if not hidden:
        return
    feedback = [population.replace("hidden", "feedback") for population in hidden]
    for taught, name in zip(hidden, feedback, strict=True):
        circuit.population(name, circuit.populations[taught].size, role="feedback")
    carriers = [*feedback[1:], "error"]
    above = [*hidden[1:], "output"]
    for name, pre, taught, next_up in reversed(list(zip(feedback, carriers, hidden, above, strict=True))):
        circuit.project(pre, name, weights=weights(pre, taught, next_up))
        circuit.project(name, taught, receptor="modulatory", signal="drive", connector="one_to_one")
        if name != feedback[0]:
            circuit.project(taught, name, name=f"{taught}_gates_{name}", receptor="gate", signal="slope", connector="one_to_one")


@dataclass(frozen=True)
class Way:
    """A way back: how it is wired, the rule of those it teaches, whether they explore, whether the output is one of them."""

    wire: Wire
    rule: Callable[..., PlasticityChoice | str]
    explores: bool = False
    teaches_output: bool = False


def _fixed(**constants: float) -> str:
    return "fixed"


FEEDBACK = {
    "none": Way(_no_way_back, _fixed),
    "broadcast": Way(_broadcast_loss, node_perturbation, explores=True),
    "broadcast_to_all": Way(_broadcast_loss_to_all, node_perturbation, explores=True, teaches_output=True),
    "random": Way(_random_chain, delta),
    "tied": Way(_derived_chain(tied), delta),
    "pseudoinverse": Way(_derived_chain(pseudoinverse), delta),
}
"""The ways back that `layered` knows."""
