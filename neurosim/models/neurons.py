"""Neuron models: one scalar formula per variable, never one step that does everything.

A model is a class. Each of its methods computes the variable of its name from the variables that its arguments name, so
the order of computation follows from the signatures. What a population offers to formulas:

    drive        what reached the receptor `drive`, bias included
    modulation   what reached the receptor `modulatory`
    gating       what reached the receptor `gate`
    activation   φ(drive), and `slope` = φ'(drive): the population's transfer function
    eligibility  ξ / σ² where the population explores (its drive is perturbed by ξ ~ N(0, σ²))
    perturbed_x  the variable x in the same trial, had the exploring populations not been silent

An argument with a default is optional: it takes the default when nothing provides it. A formula that reads its own
variable has a memory: it is computed at the end of a trial from the trial's values (its first value is 0). Other arguments
with a default that name no variable are parameters of the model.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Parameters, Positive
from neurosim.registry import Registry

RECEPTORS = {"drive": "drive", "modulatory": "modulation", "gate": "gating"}
"""receptor → the variable that sums what reaches it."""

PROVIDED = frozenset({*RECEPTORS.values(), "activation", "slope", "eligibility", "noise"})
PERTURBED = "perturbed_"


class ModelChoice(Choice):
    """A neuron model, e.g. `"rate"` or `{ kind = "loss_against_mean", time_constant = 100.0 }`."""

    key = "kind"


class NeuronModel(Chooser):
    """A registered neuron model: its receptors and its formulas by variable."""

    choice = ModelChoice

    def __init__(self, name: str, receptors: tuple[str, ...], formulas: dict[str, Callable[..., float]], doc: str) -> None:
        self.arriving = formulas.pop("arriving", None)
        self.receptors = receptors
        self.formulas = formulas
        variables = PROVIDED | set(formulas)
        super().__init__(name, Parameters(_all_arguments(formulas, variables)), doc)

    def parameter(self, argument: str) -> bool:
        """Whether an argument of a formula is a parameter of the model rather than a variable."""
        return argument in self.parameters.fields


def _all_arguments(formulas: dict[str, Callable[..., float]], variables: set[str] | frozenset[str]) -> Callable[..., None]:
    """A function whose signature holds the parameters of all formulas together."""

    def holder() -> None: ...

    found: dict[str, inspect.Parameter] = {}
    for formula in formulas.values():
        for argument in inspect.signature(formula, eval_str=True).parameters.values():
            if argument.name.removeprefix(PERTURBED) not in variables:
                found[argument.name] = argument.replace(kind=inspect.Parameter.KEYWORD_ONLY)
    holder.__signature__ = inspect.Signature(list(found.values()))  # type: ignore[attr-defined]
    return holder


NEURONS: Registry[NeuronModel] = Registry("neuron models")


def neuron_model(definition: type[Any]) -> NeuronModel:
    """Register a neuron model: a class with `receptors` and one formula per variable.

    >>> @neuron_model
    ... class doubling:
    ...     '''A neuron whose rate is twice its activation.'''
    ...     receptors = ("drive",)
    ...     def rate(activation): return 2.0 * activation
    >>> doubling.receptors
    ('drive',)
    """
    formulas = {name: value for name, value in vars(definition).items() if inspect.isfunction(value)}
    model = NeuronModel(definition.__name__, tuple(definition.receptors), formulas, definition.__doc__ or "")
    return NEURONS.add(definition.__name__, model)


@neuron_model
class source:
    """A neuron whose rate is set by the task: input and target."""

    receptors = ()


@neuron_model
class rate:
    """A rate neuron: rate = φ(drive) ⊙ gating; teaching signal δ = modulation ⊙ φ'(drive) ⊙ gating."""

    receptors = ("drive", "modulatory", "gate")

    def rate(activation, gating=1.0):
        return activation * gating

    def teaching(modulation, slope, gating=1.0):
        return modulation * slope * gating


@neuron_model
class direct:
    """A rate neuron that takes its modulatory input as its teaching signal as it is: δ = modulation.

    The output derivative is left out, as in the paper's MNIST network (main text Fig. 3a) and as cross-entropy does for
    logistic units: its `slope` is 1 for everybody who asks.
    """

    receptors = ("drive", "modulatory", "gate")

    def slope():
        return 1.0

    def rate(activation, gating=1.0):
        return activation * gating

    def teaching(modulation):
        return modulation


@neuron_model
class loss:
    """The loss neuron: L = ½ Σ e²; it hands out ΔL = L̃ − L, the perturbed pass against the clean one (Supp. Fig. 1)."""

    receptors = ("drive",)

    def arriving(signal):
        return 0.5 * signal * signal

    def rate(drive):
        return drive

    def deviation(perturbed_rate, rate):
        return perturbed_rate - rate


@neuron_model
class loss_against_mean:
    """The loss neuron that knows no clean pass: ΔL = L̃ − L̄, against the running mean of what it has felt.

    L̄ ← L̄ + (L̃ − L̄) / time_constant, trial by trial; within a batch every trial is held against the L̄ from before it.
    """

    receptors = ("drive",)

    def arriving(signal):
        return 0.5 * signal * signal

    def rate(drive):
        return drive

    def mean(mean, perturbed_rate, time_constant: Positive = 100.0):
        return mean + (perturbed_rate - mean) / time_constant

    def deviation(perturbed_rate, mean):
        return perturbed_rate - mean
