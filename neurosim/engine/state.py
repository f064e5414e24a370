"""The state of a run: every array that outlives a trial, by address, drawn from its own named stream."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.circuit.signals import Signals
from neurosim.engine.storage import Compact, Panels, Storage, Vector, is_compact
from neurosim.errors import InputError, Problem, nearest
from neurosim.models.connectors import CONNECTORS
from neurosim.models.weights import WEIGHTS, Derivation, WeightsChoice
from neurosim.seeding import stream

Snapshot = list[tuple[np.ndarray, np.ndarray]]
"""Arrays as they lie in memory, each with what it held."""
ROWS_AT_ONCE = 1 << 20
"""Weights are drawn for so many synapses at a time, so that a large matrix is never there twice."""


class State(MutableMapping[str, np.ndarray]):
    """The arrays of a run by address: `input_to_hidden.weights`, `hidden.bias`, `input_to_hidden.velocity` …

    An array is made when it is first asked for; what is drawn depends on the seed and the address alone, so an unrelated
    population changes nothing. What is read is a copy, `W[post, pre]` for weights; write with `state[address] = values`.
    How an array lies in memory is its storage's business. Weights that follow from another projection's are computed when they
    are read, from what those are then; they cannot be written, and are not among the addresses that the state lists.

    Args:
        circuit: a validated circuit.
        seed: the run's seed.
        dtype: float32 or float64.

    Attributes:
        edits: how often somebody has written into an array from outside.

    >>> from neurosim.circuit.layered import layered
    >>> State(layered([4, 3, 2], feedback="random"), seed=1)["input_to_hidden.weights"].shape
    (3, 4)
    """

    def __init__(self, circuit: Circuit, seed: int, dtype: str = "float32") -> None:
        self.circuit = circuit
        self.seed = seed
        self.dtype = np.dtype(dtype)
        self._arrays: dict[str, Storage] = {}
        self._origins: dict[str, tuple[Derivation, str] | None] = {}
        self._listed: list[np.ndarray] | None = None
        self.edits = 0

    def __getitem__(self, address: str) -> np.ndarray:
        """The values of an array as they are now: a copy, which cannot be written into."""
        derived = self._derived(address)
        if derived is not None:
            values = np.array(derived[0].function(self[derived[1]]), self.dtype)
        else:
            values = self.storage(address).values()
        values = values[:, 0] if _is_bias(address) else values
        values.flags.writeable = False
        return values

    def __setitem__(self, address: str, values: np.ndarray) -> None:
        """Overwrite the values of an array; raises InputError when the shapes differ, or when another array decides them."""
        derived = self._derived(address)
        if derived is not None:
            raise InputError([Problem(address, f"its weights follow from those of {derived[1]}; write those")])
        storage = self.storage(address)
        shape = storage.shape[:1] if _is_bias(address) else storage.shape
        if np.shape(values) != shape:
            raise InputError([Problem(address, f"expected the shape {shape}, found {np.shape(values)}")])
        storage.write(np.asarray(values)[:, None] if _is_bias(address) else np.asarray(values))
        self.edits += 1

    def __delitem__(self, address: str) -> None:
        """Forget an array: it is made anew when it is next asked for."""
        del self._arrays[address]
        self._listed = None
        self.edits += 1

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(address for address in self._arrays if self._derived(address) is None))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def storage(self, address: str) -> Storage:
        """The array as kernels see it: weights and biases (`[post, 1]`) in panels, or a vector.

        That of derived weights holds what was last computed from the others, and nobody but executors reads it.

        Raises:
            MemoryError: there is no room for it; the message names it.
        """
        if address not in self._arrays:
            try:
                self._arrays[address] = self._made(address)
                self._listed = None
            except MemoryError as error:
                raise MemoryError(f"{address}: {error}") from None
        return self._arrays[address]

    def holds(self, address: str) -> bool:
        """Whether there is an array under an address; none is made."""
        owner, _, what = address.rpartition(".")
        projection, population = self.circuit.projections.get(owner), self.circuit.populations.get(owner)
        if projection is not None and (what == "weights" or (projection.derivation is None and what in ("velocity", "pattern"))):
            return True
        biased = population is not None and population.bias is not None and what in ("bias", "bias_velocity")
        return biased or (population is not None and self._remembers(owner, what))

    def shape(self, address: str) -> tuple[int, ...]:
        """The shape of an array, without a copy of it."""
        shape = self.storage(address).shape
        return shape[:1] if _is_bias(address) else shape

    def snapshot(self) -> Snapshot:
        """Copies of all arrays as they lie in memory, for `restore`."""
        if self._listed is None:
            self._listed = [self._arrays[address].memory for address in self]
        return [(memory, memory.copy()) for memory in self._listed]

    def restore(self, snapshot: Snapshot) -> None:
        """Put back what `snapshot` copied; arrays that were made since stay as they are."""
        for memory, values in snapshot:
            memory[...] = values

    def not_finite(self) -> str | None:
        """The first array that holds something that is not a number, or None."""
        return next((address for address in self if not np.isfinite(self._arrays[address].memory).all()), None)

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays that are there."""
        return sum(self._arrays[address].memory.nbytes for address in self)

    def carry(self, earlier: State) -> None:
        """Take over the values of every array that an earlier state has under the same address and shape."""
        for address in earlier:
            if self._derived(address) is None and self._known(address) and self.shape(address) == earlier.shape(address):
                self[address] = earlier[address]

    def _known(self, address: str) -> bool:
        try:
            self.storage(address)
        except InputError:
            return False
        return True

    def _derived(self, address: str) -> tuple[Derivation, str] | None:
        """How an array follows from another one, and from which; None where it has values of its own."""
        if address not in self._origins:  # found out once: a run asks at every look
            self._origins[address] = self._origin(address)
        return self._origins[address]

    def _origin(self, address: str) -> tuple[Derivation, str] | None:
        owner, _, what = address.rpartition(".")
        projection = self.circuit.projections.get(owner)
        if projection is None or projection.derivation is None or what != "weights":
            return None
        return projection.derivation, f"{projection.derived_from}.weights"

    def _made(self, address: str) -> Storage:
        owner, _, what = address.rpartition(".")
        projection, population = self.circuit.projections.get(owner), self.circuit.populations.get(owner)
        if self._derived(address) is not None and projection is not None:
            return Panels(self._shape(projection), self.dtype)
        if projection is not None and projection.derivation is None and what in ("weights", "velocity", "pattern"):
            return self._synapses(projection, what)
        if population is not None and what in ("bias", "bias_velocity") and population.bias is not None:
            storage = Panels((population.size, 1), self.dtype)
            if what == "bias":
                storage.write(self._drawn(population.bias.weights, (population.size,), address)[:, None])
            return storage
        if population is not None and self._remembers(owner, what):
            return Vector(population.size, self.dtype)
        known = [f"{p.name}.weights" for p in self.circuit.projections.values()] + [f"{p}.bias" for p in self.circuit.populations]
        raise InputError([Problem(address, "no such array in the state", nearest(address, known))])

    def _remembers(self, population: str, variable: str) -> bool:
        """Whether a variable of a population outlives a trial."""
        signals = Signals(self.circuit)
        own = variable in signals.model(population).formulas and signals.exists(population, variable)
        return own and signals.formula(population, variable).remembers

    def _shape(self, projection: Projection) -> tuple[int, int]:
        return self.circuit.populations[projection.post].size, self.circuit.populations[projection.pre].size

    def _synapses(self, projection: Projection, what: str) -> Storage:
        post, pre = self._shape(projection)
        connector = CONNECTORS[projection.connector.name]
        name = f"{projection.name}.weights"
        if connector.form == "diagonal":
            vector = Vector(post, self.dtype)
            if what != "velocity":
                vector.write(np.ones(post) if what == "pattern" else self._drawn(projection.weights, (post,), name))
            return vector
        if connector.form == "pattern":
            return self._sparse(projection, (post, pre), what)
        known_ahead = self.circuit.populations[projection.pre].role == "input"  # a pass serves several trials
        panels = Panels((post, pre), self.dtype, apart=known_ahead)
        if what == "weights":
            self._fill(panels, projection.weights, name)
        elif what == "pattern":
            panels.write(np.ones((1, 1)))
        return panels

    def _sparse(self, projection: Projection, shape: tuple[int, int], what: str) -> Storage:
        """Synapses of a pattern, one by one where they are few; the pattern itself is a whole matrix."""
        name = f"{projection.name}.weights"
        compact = is_compact(self.circuit, projection)
        if what == "velocity":
            weights = self.storage(name)
            return weights.like() if isinstance(weights, Compact) else Panels(shape, self.dtype)
        kind = CONNECTORS[projection.connector.name]
        random = stream(self.seed, f"{projection.name}.pattern")
        pattern = kind.join(random, shape, **kind.parameters.complete(projection.connector.parameters))
        assert pattern is not None
        storage = Compact(pattern, self.dtype) if compact and what == "weights" else Panels(shape, self.dtype)
        storage.write(pattern if what == "pattern" else self._drawn(projection.weights, shape, name) * pattern)
        return storage

    def _fill(self, panels: Panels, choice: WeightsChoice | None, address: str) -> None:
        """Draw weights, some rows at a time where their kind allows it."""
        post, pre = panels.shape
        if choice is None or not WEIGHTS[choice.name].by_row:
            panels.write(self._drawn(choice, (post, pre), address))
            return
        kind, random = WEIGHTS[choice.name], stream(self.seed, address)
        parameters = kind.parameters.complete(choice.parameters)
        rows = max(1, ROWS_AT_ONCE // pre)
        for first in range(0, post, rows):
            panels.write_rows(first, kind.draw(random, (min(rows, post - first), pre), **parameters))

    def _drawn(self, choice: WeightsChoice | None, shape: tuple[int, ...], address: str) -> np.ndarray:
        if choice is None:
            return np.ones(shape)
        kind = WEIGHTS[choice.name]
        return np.asarray(kind.draw(stream(self.seed, address), shape, **kind.parameters.complete(choice.parameters)))


def _is_bias(address: str) -> bool:
    return address.rpartition(".")[2] in ("bias", "bias_velocity")
