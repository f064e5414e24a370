"""The state of a run: every array that outlives a trial, by address, drawn from its own named stream."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.circuit.signals import Signals
from neurosim.errors import InputError, Problem, nearest
from neurosim.models.connectors import CONNECTORS
from neurosim.models.weights import WEIGHTS, WeightsChoice
from neurosim.seeding import stream

ALIGNMENT = 64
LANES = 16
"""Kernels for few neurons read and write so many numbers at once, so every row has room for whole lanes."""


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes, so that rows of whole vectors never straddle cache lines."""
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def padded(count: int, dtype: np.dtype) -> int:
    """The length of a row of `count` numbers in memory: whole lanes, and never a multiple of 4 KB (cache-set conflicts)."""
    length = -(-count // LANES) * LANES
    return length + LANES if length * dtype.itemsize % 4096 == 0 else length


class State(MutableMapping[str, np.ndarray]):
    """The arrays of a run by address: `input_to_hidden.weights`, `hidden.bias`, `input_to_hidden.velocity` …

    An array is made when it is first asked for; what is drawn depends on the seed and the address alone, so an unrelated
    population changes nothing. Weights are `W[post, pre]`; in memory the fan-out is contiguous and rows are padded.

    Args:
        circuit: a validated circuit.
        seed: the run's seed.
        dtype: float32 or float64.

    >>> from neurosim.circuit.layered import layered
    >>> State(layered([4, 3, 2], feedback="random"), seed=1)["input_to_hidden.weights"].shape
    (3, 4)
    """

    def __init__(self, circuit: Circuit, seed: int, dtype: str = "float32") -> None:
        self.circuit = circuit
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self._arrays: dict[str, np.ndarray] = {}

    def __getitem__(self, address: str) -> np.ndarray:
        """The array itself, to read or to write into."""
        if address not in self._arrays:
            values = self._made(address)
            self._arrays[address] = self._stored(values)
        array = self._arrays[address]
        return array[:, 0] if self._is_bias(address) else array

    def __setitem__(self, address: str, values: np.ndarray) -> None:
        """Overwrite the values of an array; raises InputError when the shapes differ."""
        array = self[address]
        if np.shape(values) != array.shape:
            raise InputError([Problem(address, f"expected the shape {array.shape}, found {np.shape(values)}")])
        array[...] = values

    def __delitem__(self, address: str) -> None:
        """Forget an array: it is made anew when it is next asked for."""
        del self._arrays[address]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._arrays))

    def __len__(self) -> int:
        return len(self._arrays)

    def stored(self, address: str) -> np.ndarray:
        """The array as the machine sees it: `[post, pre]` for weights, `[post, 1]` for a bias, `[n]` for a vector."""
        self[address]
        return self._arrays[address]

    def carry(self, earlier: State) -> None:
        """Take over the values of every array that an earlier state has under the same address and shape."""
        for address, values in earlier.items():
            if self._known(address) and self[address].shape == values.shape:
                self[address] = values

    def _known(self, address: str) -> bool:
        try:
            self[address]
        except InputError:
            return False
        return True

    def _is_bias(self, address: str) -> bool:
        return address.rpartition(".")[2] in ("bias", "bias_velocity")

    def _stored(self, values: np.ndarray) -> np.ndarray:
        post = values.shape[0]
        pre = values.shape[1] if values.ndim == 2 else 1
        storage = aligned((pre, padded(post, self.dtype)), self.dtype)
        view = storage[:, :post].T
        array = view if values.ndim == 2 else view[:, 0]
        array[...] = values
        return array

    def _made(self, address: str) -> np.ndarray:
        owner, _, what = address.rpartition(".")
        projection, population = self.circuit.projections.get(owner), self.circuit.populations.get(owner)
        if projection is not None and projection.tied_to is None and what in ("weights", "velocity", "pattern"):
            return self._synapses(projection, what)
        if population is not None and what in ("bias", "bias_velocity") and population.bias is not None:
            shape = (population.size,)
            return (self._drawn(population.bias.weights, shape, address) if what == "bias" else np.zeros(shape))[:, None]
        if population is not None and self._remembers(owner, what):
            return np.zeros(population.size)
        known = [f"{p.name}.weights" for p in self.circuit.projections.values()] + [f"{p}.bias" for p in self.circuit.populations]
        raise InputError([Problem(address, "no such array in the state", nearest(address, known))])

    def _remembers(self, population: str, variable: str) -> bool:
        """Whether a variable of a population outlives a trial."""
        signals = Signals(self.circuit)
        own = variable in signals.model(population).formulas and signals.exists(population, variable)
        return own and signals.formula(population, variable).remembers

    def _synapses(self, projection: Projection, what: str) -> np.ndarray:
        post, pre = (self.circuit.populations[name].size for name in (projection.post, projection.pre))
        connector = CONNECTORS[projection.connector.name]
        shape = (post,) if connector.form == "diagonal" else (post, pre)
        if what == "velocity":
            return np.zeros(shape)
        if connector.form != "pattern":
            return np.ones(shape) if what == "pattern" else self._drawn(projection.weights, shape, f"{projection.name}.weights")
        random = stream(self.seed, f"{projection.name}.pattern")
        pattern = connector.join(random, (post, pre), **connector.parameters.complete(projection.connector.parameters))
        assert pattern is not None
        return (
            pattern.astype(float)
            if what == "pattern"
            else self._drawn(projection.weights, shape, f"{projection.name}.weights") * pattern
        )

    def _drawn(self, choice: WeightsChoice | None, shape: tuple[int, ...], address: str) -> np.ndarray:
        if choice is None:
            return np.ones(shape)
        kind = WEIGHTS[choice.name]
        return np.asarray(kind.draw(stream(self.seed, address), shape, **kind.parameters.complete(choice.parameters)))
