"""Populations and projections: the frozen descriptions that a circuit is made of."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field, model_validator

from neurosim.models.connectors import ConnectorChoice
from neurosim.models.neurons import ModelChoice
from neurosim.models.plasticity import PlasticityChoice
from neurosim.models.transfer import TransferChoice
from neurosim.models.weights import WEIGHTS, Derivation, WeightsChoice
from neurosim.parameters import STRICT, Positive

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
Role = Literal["input", "hidden", "output", "target", "error", "loss", "feedback"]
ROLES: tuple[str, ...] = get_args(Role)
Receptor = Literal["drive", "modulatory", "gate"]

LARGEST_POPULATION = 1_000_000_000
"""More neurons than any machine has room for."""

_MODEL_OF_ROLE = {"input": "source", "target": "source", "loss": "loss"}


class Bias(BaseModel):
    """A bias on every neuron of a population: a synapse from a neuron that is always 1."""

    model_config = STRICT

    weights: WeightsChoice = WeightsChoice(name="zeros")
    plasticity: PlasticityChoice = PlasticityChoice(name="fixed")


class Population(BaseModel):
    """A group of neurons of one kind: a node of the circuit.

    Attributes:
        name: how addresses begin, e.g. `hidden.rate`.
        size: number of neurons.
        role: its part in learning; decides the drawing, the default model, and what may reach which receptor.
        model: the neuron model; the default follows from the role.
        transfer: the transfer function.
        bias: a bias per neuron; None, or in a file "none", for no bias.
        noise: standard deviation σ of the exploration ξ added to the drive in the perturbed pass; 0 is none.
        dropout: while the circuit learns, each neuron is silenced in each trial with this probability p, and the rates and slopes
            of the others are multiplied by 1 / (1 − p); hidden and input populations only. None, or in a file "none", for never.
    """

    model_config = STRICT

    name: Name
    size: Annotated[int, Field(ge=1, le=LARGEST_POPULATION)]
    role: Role = "hidden"
    model: ModelChoice
    transfer: TransferChoice = TransferChoice(name="linear")
    bias: Bias | None = None
    noise: Positive | None = None
    dropout: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _filled_in(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        if filled.get("model") is None:
            filled["model"] = _MODEL_OF_ROLE.get(str(given.get("role")), "rate")
        for key in ("bias", "dropout"):
            if filled.get(key) == "none":
                filled[key] = None
        return filled


class Projection(BaseModel):
    """The synapses from one population onto a receptor of another: an edge of the circuit.

    Attributes:
        name: how addresses begin, e.g. `input_to_hidden.weights`; `{pre}_to_{post}` unless said otherwise.
        pre, post: the two populations.
        receptor: `drive` (summed into the neuron), `modulatory` (teaches it) or `gate` (multiplies its rate).
        signal: which signal of the presynaptic population travels: `rate` unless said otherwise.
        connector: which synapses exist.
        weights: their initial weights; may be left out where the connector gives each synapse weight 1.
        plasticity: the rule by which they change.
    """

    model_config = STRICT

    name: Name
    pre: Name
    post: Name
    receptor: Receptor = "drive"
    signal: str = "rate"
    connector: ConnectorChoice = ConnectorChoice(name="all_to_all")
    weights: WeightsChoice | None = None
    plasticity: PlasticityChoice = PlasticityChoice(name="fixed")

    @model_validator(mode="before")
    @classmethod
    def _default_name(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("name") is None and "pre" in given and "post" in given:
            return {**given, "name": f"{given['pre']}_to_{given['post']}"}
        return given

    @property
    def derivation(self) -> Derivation | None:
        """How its weights follow from those of another projection; None where it has weights of its own."""
        if self.weights is None or self.weights.name not in WEIGHTS:
            return None
        return WEIGHTS[self.weights.name].derivation

    @property
    def derived_from(self) -> str | None:
        """The projection that its weights follow from, if they are derived: tied to its transpose, or to its pseudoinverse.

        >>> Projection(pre="error", post="feedback", weights={"kind": "tied", "to": "a_to_b"}).derived_from
        'a_to_b'
        """
        if self.weights is None or self.derivation is None:
            return None
        return str(self.weights.parameters.get("to"))


def table(element: BaseModel) -> dict[str, Any]:
    """An element as a plain nested mapping that says only what differs from the defaults.

    >>> table(Population(name="hidden", size=3, model="rate"))
    {'name': 'hidden', 'size': 3, 'model': {'kind': 'rate'}}
    """
    return element.model_dump(exclude_defaults=True)
