"""The reference executor: the program in NumPy, operation by operation, as its formulas say it. Slow, and the oracle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from neurosim.engine.program import ONE, Compute, Derive, Learn, Operation, Program, Rest, Transmit
from neurosim.engine.state import State


class ReferenceExecutor:
    """Executes a program in NumPy on the arrays of a state.

    Args:
        program: what to execute.
        state: whose arrays are read and, by learning, written.
        batch: trials that are computed together, at the same weights, and whose changes are summed.
        wanted: signals whose values are kept, trial by trial.
        threads: ignored; there is one.
    """

    def __init__(self, program: Program, state: State, batch: int = 1, wanted: Sequence[str] = (), threads: int = 1) -> None:
        self._program = program
        self._state = state
        self._batch = batch
        self._wanted = tuple(wanted)
        self._signals: dict[str, np.ndarray] = {}

    @np.errstate(all="ignore")  # numbers that blow up are told once, by the simulator
    def run(self, streams: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Execute one trial for each row of the streams; returns the wanted signals, one row per trial."""
        trials = len(next(iter(streams.values())))
        kept: dict[str, list[np.ndarray]] = {address: [] for address in self._wanted}
        for first in range(0, trials, self._batch):
            rows = slice(first, min(first + self._batch, trials))
            self._signals = {name: np.asarray(streams[name][rows], self._state.dtype) for name in self._program.streams}
            self._signals[ONE] = np.ones((rows.stop - first, 1), self._state.dtype)
            for operation in self._program.operations:
                _EXECUTE[type(operation)](self, operation)
            for address in self._wanted:
                kept[address].append(self._rows(address))
        return {address: np.concatenate(values) for address, values in kept.items()}

    def not_finite(self) -> str | None:
        """The first signal of the last batch that holds something that is not a number, or None."""
        return next((address for address, values in self._signals.items() if not np.isfinite(values).all()), None)

    def _rest(self, operation: Rest) -> None:
        rows = len(self._signals[ONE])
        self._signals[operation.out] = np.zeros((rows, self._program.sizes[operation.out]), self._state.dtype)

    def _derive(self, operation: Derive) -> None:
        self._state.storage(operation.out).write(operation.function(self._array(operation.source)))

    def _transmit(self, operation: Transmit) -> None:
        x = self._rows(operation.source)
        if operation.weights is None:
            self._signals[operation.out] += operation.gain * x
            return
        weights = self._array(operation.weights)
        self._signals[operation.out] += (
            weights * x if operation.diagonal else x @ (weights if operation.transposed else weights.T)
        )

    def _compute(self, operation: Compute) -> None:
        function = np.vectorize(operation.function, otypes=[self._state.dtype])
        if not operation.remembers:
            values = [self._value(address) for address in operation.arguments.values()]
            shape = (len(self._signals[ONE]), self._program.sizes[operation.out])
            arguments = dict(zip(operation.arguments, values, strict=True))
            self._signals[operation.out] = np.broadcast_to(function(**arguments, **operation.constants), shape).copy()
            return
        memory = self._array(operation.out)
        for row in range(len(self._signals[ONE])):
            now = {a: memory if s == operation.out else self._value(s)[row] for a, s in operation.arguments.items()}
            memory = function(**now, **operation.constants)
        self._state.storage(operation.out).write(memory)

    def _rows(self, address: str) -> np.ndarray:
        """A signal or a memory, one row per trial of the batch."""
        values = self._value(address)
        return np.broadcast_to(values, (len(self._signals[ONE]), values.shape[1]))

    def _value(self, address: str) -> np.ndarray:
        return self._signals[address] if address in self._signals else self._array(address)[None, :]

    def _learn(self, operation: Learn) -> None:
        weights = self._array(operation.weights)
        change = np.vectorize(operation.change, otypes=[self._state.dtype])
        own = {"weight": weights} if operation.reads_weight else {}
        total = np.zeros(weights.shape, self._state.dtype)
        for row in range(len(self._signals[ONE])):
            pre = {name: self._rows(address)[row] for name, address in operation.pre.items()}
            post = {name: self._rows(address)[row] for name, address in operation.post.items()}
            if not operation.diagonal:
                post = {name: values[:, None] for name, values in post.items()}
            total += change(**pre, **post, **own, **operation.constants)
        total -= operation.constants["eta"] * operation.decay * weights
        if operation.pattern is not None:
            total *= self._array(operation.pattern)
        if operation.velocity is not None:
            total = (operation.momentum * self._array(operation.velocity) + total).astype(self._state.dtype)
            self._state.storage(operation.velocity).write(total)
        self._state.storage(operation.weights).write(weights + total)

    def _array(self, address: str) -> np.ndarray:
        """What outlives the trial: `[post, pre]`, `[post, 1]` for a bias, or `[n]`."""
        return self._state.storage(address).values()


_EXECUTE: dict[type[Operation], Callable] = {
    Rest: ReferenceExecutor._rest,
    Derive: ReferenceExecutor._derive,
    Transmit: ReferenceExecutor._transmit,
    Compute: ReferenceExecutor._compute,
    Learn: ReferenceExecutor._learn,
}
