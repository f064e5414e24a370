"""Plasticity rules: the change of one synapse, as a scalar formula.

A rule's signature *is* its locality. Arguments named `pre_…` and `post_…` are signals of the synapse's own two ends,
`weight` is its own weight, and everything else is a constant of the projection. A rule that wants another projection's
weights cannot be written. A bias is a synapse from a neuron whose every signal is 1.

The change over a batch is the *sum* of the changes over its trials, all taken at the weights before the batch. Every
rule also takes

    momentum α, decay λ:    v ← α v + Σ Δw − η λ w,    w ← w + v

(Supplementary Note 8 for the momentum; Δw already holds η. Without momentum v is not kept.)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from neurosim.errors import InputError
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Fraction, NonNegative, Parameters
from neurosim.registry import Registry


class PlasticityChoice(Choice):
    """A rule with its constants, e.g. `{ rule = "delta", eta = 0.01, momentum = 0.9 }`, or `"fixed"`."""

    key = "rule"


class Rule(Chooser):
    """A registered plasticity rule: `change(…)` of one synapse, and the signals that it reads."""

    choice = PlasticityChoice

    def __init__(self, name: str, change: Callable[..., float] | None, doc: str) -> None:
        generic: dict[str, tuple[Any, Any]] = {"momentum": (Fraction, 0.0), "decay": (NonNegative, 0.0)} if change else {}
        super().__init__(name, Parameters(change or _nothing, ("pre_", "post_", "weight"), generic), doc)
        self.change = change
        self.arguments: tuple[str, ...] = tuple(inspect.signature(change).parameters) if change else ()

    @property
    def plastic(self) -> bool:
        """Whether synapses under this rule change at all."""
        return self.change is not None

    def reads(self, end: str) -> tuple[str, ...]:
        """The signals that the rule reads at one end, `pre` or `post`, e.g. ("rate",)."""
        return tuple(name.removeprefix(f"{end}_") for name in self.arguments if name.startswith(f"{end}_"))


def _nothing() -> None: ...


RULES: Registry[Rule] = Registry("plasticity rules")


def plasticity(change: Callable[..., float]) -> Rule:
    """Register a plasticity rule: a function that returns the change of one synapse.

    Raises:
        InputError: the rule has no `eta`, its learning rate.

    >>> @plasticity
    ... def oja(weight, pre_rate, post_rate, eta):
    ...     '''Δw = η y (x − y w)   (Oja 1982).'''
    ...     return eta * post_rate * (pre_rate - post_rate * weight)
    >>> oja.reads("pre"), oja.reads("post")
    (('rate',), ('rate',))
    """
    name = change.__name__
    if "eta" not in inspect.signature(change).parameters:
        raise InputError(f"plasticity rule {name!r}: expected an argument 'eta', the learning rate")
    return RULES.add(name, Rule(name, change, change.__doc__ or ""))


fixed = RULES.add("fixed", Rule("fixed", None, "Δw = 0: the synapses stay as they were made."))


@plasticity
def delta(pre_rate, post_teaching, eta: NonNegative):
    """Δw = η δ_post x_pre   (Widrow & Hoff 1960; Lillicrap et al. 2016)."""
    return eta * post_teaching * pre_rate


@plasticity
def node_perturbation(pre_rate, post_modulation, post_eligibility, eta: NonNegative):
    """Δw = −η ΔL (ξ_post / σ²) x_pre   (Williams 1992; Werfel et al. 2005; Supp. Fig. 1).

    ΔL is what the loss population broadcasts, ξ / σ² the postsynaptic neuron's own exploration.
    """
    return -eta * post_modulation * post_eligibility * pre_rate


@plasticity
def hebbian(pre_rate, post_rate, eta: NonNegative):
    """Δw = η y_post x_pre   (Hebb 1949)."""
    return eta * post_rate * pre_rate
