"""The weights and biases of a circuit at one moment: as a run begins with them, or as a recording last holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.engine.state import State
from neurosim.errors import DataError, Problem
from neurosim.exports._format import listed
from neurosim.recording import Recording

UNKNOWN = "is learned and not recorded, so its last values are not known; record it"


@dataclass(frozen=True)
class Weights:
    """Arrays of a circuit by address, whole and writable.

    Attributes:
        state: where they are.
        told: of which run and trial they are, by name.
        remarks: what a user should know about where they come from.
    """

    state: State
    told: Mapping[str, Any]
    remarks: Sequence[str] = field(default=())

    @property
    def dtype(self) -> np.dtype:
        """float32 or float64."""
        return self.state.dtype

    def matrix(self, projection: Projection) -> np.ndarray:
        """W[post, pre]; one weight per neuron, as between neurons one to one, stands on the diagonal."""
        values = np.array(self.state[f"{projection.name}.weights"])
        return np.diag(values) if values.ndim == 1 else values

    def vector(self, address: str) -> np.ndarray:
        """The biases of a population."""
        return np.array(self.state[address])


def drawn(circuit: Circuit, seed: int) -> Weights:
    """The initial weights of a run of a validated circuit with this seed."""
    return Weights(State(circuit, seed), {"seed": seed})


def recorded(recording: Recording, circuit: Circuit, addresses: Sequence[str]) -> Weights:
    """The weights at the last trial at which a recording has those of all these addresses.

    What never changes and was not recorded is drawn as the run drew it; what follows from other weights follows from theirs.

    Raises:
        DataError: something that was learned is not recorded, or not at one trial with the rest, or is not a number.
    """
    wanted = list(dict.fromkeys(_source(circuit, address) for address in addresses))
    held = [address for address in wanted if address in recording]
    missing = [address for address in wanted if address not in recording]
    learned = [address for address in missing if _may_change(recording, circuit, address)]
    if learned:
        raise DataError([Problem(address, UNKNOWN) for address in learned], str(recording.path))
    seed = recording.whole_number("seed")
    state = State(circuit, seed, str(recording.attributes.get("dtype", "float32")))
    trial = _last_common_trial(recording, held)
    for address in held:
        state[address] = _at(recording, address, trial)
    told = {"seed": seed, "trial": trial}
    return Weights(
        state, told, [f"never changes and is not recorded; drawn for seed {seed}: {listed(missing)}"] if missing else []
    )


def _source(circuit: Circuit, address: str) -> str:
    """The address itself, or that of the weights from which it follows."""
    owner, _, what = address.rpartition(".")
    projection = circuit.projections.get(owner)
    return address if projection is None or projection.derived_from is None else f"{projection.derived_from}.{what}"


def _may_change(recording: Recording, circuit: Circuit, address: str) -> bool:
    """Whether an array is learned, in the first phase or, for all that is known, in a later one."""
    owner, _, what = address.rpartition(".")
    if what == "bias":
        bias = circuit.populations[owner].bias
        rule = bias.plasticity.name if bias is not None else "fixed"
    else:
        rule = circuit.projections[owner].plasticity.name
    return rule != "fixed" or len(json.loads(str(recording.attributes.get("phases", "[]")))) > 1


def _last_common_trial(recording: Recording, addresses: Sequence[str]) -> int:
    if not addresses:
        return 0
    common = reduce(np.intersect1d, [recording.trials(address) for address in addresses])
    if not len(common):
        raise DataError(f"{recording.path}: there is no trial at which all of {listed(addresses)} are recorded")
    return int(common[-1])


def _at(recording: Recording, address: str, trial: int) -> np.ndarray:
    row = int(np.searchsorted(recording.trials(address), trial))
    values = recording.part(address, row)
    if not np.isfinite(values).all():
        raise DataError(f"{recording.path}: {address} at trial {trial} holds something that is not a number")
    return values
