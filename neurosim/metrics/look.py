"""A look at a circuit: what a metric can see at one moment of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError
from neurosim.registry import Registry

PROBES = 500
"""Signals of whole populations are looked at on this many trials of the test set, at most."""


Of = Literal["network", "population", "projection"]
Per = Literal["", "unit", "pre", "post"]


@dataclass(frozen=True)
class Metric:
    """A registered metric: `function(look)`, or `function(look, name)` for each population or each projection.

    `per` says whether it is one number (""), or one for each neuron of the population ("unit"), or of the projection's
    presynaptic ("pre") or postsynaptic ("post") population.
    """

    name: str
    function: Callable[..., Any]
    of: Of
    units: str
    per: Per
    doc: str

    def __call__(self, look: Look, *arguments: str) -> Any:
        """The metric's value at a look."""
        return self.function(look, *arguments)

    def dimensions(self, circuit: Circuit, *arguments: str) -> tuple[tuple[str, int], ...]:
        """The name and the size of the value's dimension; none for one number."""
        if not self.per:
            return ()
        (owner,) = arguments
        population = owner if self.per == "unit" else getattr(circuit.projections[owner], self.per)
        return ((self.per, circuit.populations[population].size),)


METRICS: Registry[Metric] = Registry("metrics")
_PER: dict[Of, tuple[Per, ...]] = {"network": ("",), "population": ("", "unit"), "projection": ("", "pre", "post")}


@overload
def metric(function: Callable[..., Any], /) -> Metric: ...
@overload
def metric(*, of: Of = "network", units: str = "1", per: Per = "") -> Callable[[Callable[..., Any]], Metric]: ...
def metric(
    function: Callable[..., Any] | None = None, /, *, of: Of = "network", units: str = "1", per: Per = ""
) -> Metric | Callable[[Callable[..., Any]], Metric]:
    """Register a metric, a function of a `Look` (and of a population's or projection's name); parentheses may be left out.

    It returns a number, or an array with one for each neuron that `per` names.

    >>> @metric()
    ... def largest_output(look):
    ...     '''Largest rate of any output neuron on the test set.'''
    ...     return float(look.outputs.max())
    >>> METRICS["largest_output"].units
    '1'
    """

    if per not in _PER[of]:
        raise InputError(f"a metric of a {of} cannot have a value per {per!r}; expected one of {_PER[of]}")

    def register(function: Callable[..., Any]) -> Metric:
        return METRICS.add(function.__name__, Metric(function.__name__, function, of, units, per, function.__doc__ or ""))

    return register if function is None else register(function)


class Look:
    """What a metric can see: the circuit, its arrays, and its signals on the test set.

    Args:
        circuit: the circuit that runs.
        arrays: weights, biases and the like, by address.
        inputs, targets: the test set, one row per trial.
        evaluate: `evaluate(addresses, trials)` returns signals on the first so many trials of the test set.
        training: makes the same look at training examples, for those who ask for it; returns None where there are none.
        asked: number of trials → the signals asked for on so many, which are computed together the next time; looks
            of runs that are alike may have one in common.
    """

    def __init__(
        self,
        circuit: Circuit,
        arrays: Mapping[str, np.ndarray],
        inputs: np.ndarray,
        targets: np.ndarray,
        evaluate: Callable[[tuple[str, ...], int], dict[str, np.ndarray]],
        training: Callable[[], Look | None] = lambda: None,
        asked: dict[int, list[str]] | None = None,
    ) -> None:
        self.circuit = circuit
        self.arrays = arrays
        self.inputs = inputs
        self.targets = targets
        self._evaluate = evaluate
        self._make_training = training
        self._asked: dict[int, list[str]] = {} if asked is None else asked
        self._seen: dict[int, dict[str, np.ndarray]] = {}

    def renew(self) -> None:
        """Forget what was seen: the weights have changed. What was asked for once is then computed together."""
        self._seen.clear()
        if "training" in vars(self) and self.training is not None:
            self.training.renew()

    @cached_property
    def training(self) -> Look | None:
        """The same look at training examples, undistorted, instead of the test set; None where the task has none."""
        return self._make_training()

    @cached_property
    def output(self) -> str:
        """The name of the output population; raises InputError if there is not exactly one."""
        outputs = self.circuit.of_role("output")
        if len(outputs) != 1:
            raise InputError(f"metrics need one population with the role 'output', found {len(outputs)}")
        return outputs[0].name

    @property
    def outputs(self) -> np.ndarray:
        """The rates of the output population on the whole test set."""
        return self.signal(f"{self.output}.rate")

    @property
    def errors(self) -> np.ndarray:
        """e = y* − y on the whole test set."""
        return self.targets - self.outputs

    def signal(self, address: str) -> np.ndarray:
        """A signal on the whole test set, one row per trial."""
        return self._see(address, len(self.inputs))

    def probe(self, address: str) -> np.ndarray:
        """A signal on the first trials of the test set, at most 500."""
        return self._see(address, min(PROBES, len(self.inputs)))

    def _see(self, address: str, trials: int) -> np.ndarray:
        seen = self._seen.setdefault(trials, {})
        if address not in seen:
            asked = self._asked.setdefault(trials, [])
            wanted = tuple(dict.fromkeys([*asked, address]))
            seen.update(self._evaluate(wanted, trials))
            asked[:] = wanted  # now that it is known to be a signal
        return seen[address]


def resolve(name: str, circuit: Circuit | None = None) -> tuple[Metric, tuple[str, ...]] | None:
    """The metric that an address means, with its arguments: `nse`, or `hidden.angle`; None if it means none.

    With a circuit, the population or the projection must be one of its own.
    """
    owner, _, last = name.rpartition(".")
    if last not in METRICS or (METRICS[last].of == "network") == bool(owner):
        return None
    owners = {"population": circuit.populations, "projection": circuit.projections} if circuit is not None else {}
    if owner and owners and owner not in owners[METRICS[last].of]:
        return None
    return METRICS[last], (owner,) if owner else ()
