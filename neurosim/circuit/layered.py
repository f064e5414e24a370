"""Families of layered circuits of any depth: the same forward path, and one of four ways back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError, nearest
from neurosim.models.plasticity import PlasticityChoice, delta, node_perturbation
from neurosim.models.weights import WeightsChoice, uniform

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
    name: str = "",
) -> Circuit:
    """A layered circuit: input → hidden … → output, compared with a target, and a way back for what the error says.

    Args:
        sizes: neurons of the input, of each hidden population, and of the output, e.g. [784, 1000, 10].
        feedback: how the hidden populations are taught:
            `none` (not at all: shallow, Supp. Fig. 2), `broadcast` (the scalar loss: reinforcement, Supp. Fig. 1),
            `random` (fixed random B: feedback alignment, Supp. Figs 3 and 4), `tied` (transposed W: backpropagation).
        transfer, output_transfer: transfer functions of hidden and output populations.
        eta, momentum, decay: constants of every plastic projection and bias.
        weights, feedback_weights: initial weights; by default U[−0.1, 0.1] forward and U[−0.5, 0.5] back.
        bias: whether hidden and output neurons have a learned bias that starts at 0.
        noise: σ of the exploration that `broadcast` needs.
        output_model: neuron model of the output, e.g. `direct` to leave out its slope.
        name: the circuit's name.

    Raises:
        InputError: fewer than two sizes, or an unknown kind of feedback.

    With two or more hidden populations they are `hidden1`, `hidden2` … and the feedback populations likewise; the error
    goes to the last feedback population and from there down, each gated by the slope of the hidden population that it
    teaches: δ1 = B1((B2 e) ⊙ φ'(a2)) ⊙ φ'(a1).

    >>> layered([30, 20, 10], feedback="random")
    <circuit: input 30 → hidden 20 → output 10; 9 projections>
    """
    if not isinstance(sizes, Sequence) or len(sizes) < 2 or isinstance(sizes, str):
        raise InputError(f"layered needs the sizes of at least an input and an output, found {sizes!r}")
    if not isinstance(feedback, str) or feedback not in FEEDBACK:
        near = nearest(str(feedback), FEEDBACK)
        raise InputError(
            f"no such feedback {feedback!r}; there are {', '.join(FEEDBACK)}" + (f"; did you mean {near!r}?" if near else "")
        )
    constants = {key: value for key, value in (("momentum", momentum), ("decay", decay)) if value is not None}
    explores = feedback == "broadcast"
    hidden_rule = {"none": "fixed", "broadcast": node_perturbation(eta=eta, **constants)}.get(
        feedback, delta(eta=eta, **constants)
    )
    initial = weights if weights is not None else uniform(0.1)
    circuit = Circuit(name)
    hidden = _hidden_names("hidden", len(sizes) - 2)

    circuit.population("input", sizes[0], role="input")
    for population, size in zip(hidden, sizes[1:-1], strict=True):
        circuit.population(population, size, transfer=transfer, noise=noise if explores else None, bias=_bias(bias, hidden_rule))
    learned = delta(eta=eta, **constants)
    circuit.population(
        "output", sizes[-1], role="output", transfer=output_transfer, model=output_model, bias=_bias(bias, learned)
    )
    for role in ("target", "error"):
        circuit.population(role, sizes[-1], role=role)
    circuit.population("loss", 1, role="loss")

    path = ["input", *hidden, "output"]
    for pre, post in pairwise(path):
        circuit.project(pre, post, weights=initial, plasticity=learned if post == "output" else hidden_rule)
    _compare(circuit)
    FEEDBACK[feedback](circuit, hidden, feedback_weights if feedback_weights is not None else uniform(0.5))
    return circuit


def _hidden_names(stem: str, count: int) -> list[str]:
    return [stem] if count == 1 else [f"{stem}{depth + 1}" for depth in range(count)]


def _bias(wanted: bool, rule: PlasticityChoice | str) -> dict[str, Any] | None:
    return {"plasticity": rule} if wanted else None


def _compare(circuit: Circuit) -> None:
    """The error e = y* − y, which teaches the output, and the loss."""
    circuit.project("target", "error", connector="one_to_one")
    circuit.project("output", "error", connector="one_to_one", weights={"kind": "constant", "value": -1.0})
    circuit.project("output", "error", name="output_gates_error", receptor="gate", signal="slope", connector="one_to_one")
    circuit.project("error", "output", receptor="modulatory", signal="drive", connector="one_to_one")
    circuit.project("error", "loss", signal="drive", weights="constant")


def _no_way_back(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """Nothing reaches the hidden populations."""


def _broadcast_loss(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """The loss tells every hidden neuron the same scalar."""
    for population in hidden:
        circuit.project("loss", population, receptor="modulatory", signal="deviation", connector="broadcast")


def _random_chain(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """error → the last feedback population → … → the first, through fixed random weights."""
    _chain(circuit, hidden, lambda pre, taught, above: weights)


def _tied_chain(circuit: Circuit, hidden: list[str], weights: WeightsChoice) -> None:
    """The same chain, each projection tied to the transpose of the forward one that it mirrors."""
    _chain(
        circuit,
        hidden,
        lambda pre, taught, above: WeightsChoice(name="tied", parameters={"to": f"{taught}_to_{above}"}),
    )


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


FEEDBACK: dict[str, Wire] = {
    "none": _no_way_back,
    "broadcast": _broadcast_loss,
    "random": _random_chain,
    "tied": _tied_chain,
}
