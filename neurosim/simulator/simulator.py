"""The simulator: owns the state of a run, and has the one loop that runs trials."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_json, to_json
from neurosim.circuit.formulas import formulas_of
from neurosim.circuit.signals import Signals
from neurosim.circuit.validate import validate
from neurosim.engine import side_by_side
from neurosim.engine.lower import lower
from neurosim.engine.plan import BLOCK
from neurosim.engine.program import Program
from neurosim.engine.state import State
from neurosim.errors import InputError, Problem, RunError, nearest
from neurosim.models.dropout import MASK, survivors
from neurosim.registry import edition
from neurosim.seeding import TRIAL_BLOCK, trial_rows
from neurosim.simulator.ahead import SECONDS_AHEAD, Ahead, Stand
from neurosim.simulator.evaluation import Evaluation
from neurosim.simulator.last_finite import LastFinite
from neurosim.surroundings import is_users, seen
from neurosim.tasks import Task, Trials, trials_of

WINDOW = 4 * TRIAL_BLOCK
"""Trials are drawn so many at once, and kept until the run has passed them."""
SYNAPSES_AT_ONCE = 5_000_000_000
"""Circuits whose window would have more synapses times trials than this take a part of it at once: about half a second."""
CLOSELY = 64
"""Where the numbers blew up is told to so many trials."""
EVALUATED_TOGETHER = 256
ROUND = 1_000_000_000
"""Synapses times trials of what is computed before anybody is asked whether to go on: a tenth of a second or two."""


class Executor(side_by_side.Executor, Protocol):
    """What runs a program on the arrays of a state, and says when the numbers blow up."""

    def not_finite(self) -> str | None:
        """The first signal that holds something that is not a number, or None."""
        ...


class Observer(Protocol):
    """What looks at a run at moments known beforehand."""

    def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
        """The trial numbers at which it wants to look, in order, within the trials to come."""
        ...

    def look(self, simulator: Simulator, task: Task) -> None:
        """Look, now."""
        ...


MakeExecutor = Callable[[Program, State, int, Sequence[str], int], Executor]


def _cpu() -> MakeExecutor:
    from neurosim.engine.cpu import CpuExecutor

    return CpuExecutor


def _reference() -> MakeExecutor:
    from neurosim.engine.reference import ReferenceExecutor

    return ReferenceExecutor


BACKENDS: dict[str, Callable[[], MakeExecutor]] = {"cpu": _cpu, "reference": _reference}


class Simulator:
    """A circuit that runs: it is checked, ordered and compiled, and from then on there are only arrays.

    Args:
        circuit: any circuit; it is validated here.
        seed: decides every draw of the run: weights, the order of trials, exploration, dropout.
        backend: `cpu` (compiled), or `reference` (NumPy, slow: the oracle).
        dtype: `float32` or `float64`.
        threads: threads that share the work within a trial; the bits do not depend on it.

    Attributes:
        trial: how many trials have been learned.
        state: the arrays by address, to read and to write into.
        signals: which signals the circuit has.

    Raises:
        CircuitError: with every problem of the circuit.

    >>> from neurosim.circuit.layered import layered
    >>> from neurosim.tasks import LinearMap
    >>> simulator = Simulator(layered([4, 3, 2], feedback="random"), seed=1, backend="reference")
    >>> simulator.train(LinearMap(4, 2), trials=10)
    >>> simulator.trial
    10
    """

    def __init__(
        self, circuit: Circuit, *, seed: int = 0, backend: str = "cpu", dtype: str = "float32", threads: int = 1
    ) -> None:
        if backend not in BACKENDS:
            raise InputError(
                [
                    Problem(
                        "backend",
                        f"no such backend {backend!r}; there are {', '.join(BACKENDS)}",
                        nearest(backend, BACKENDS),
                    )
                ]
            )
        if dtype not in ("float32", "float64"):
            raise InputError([Problem("dtype", f"expected float32 or float64, found {dtype!r}")])
        for name, number, least in (("seed", seed, 0), ("threads", threads, 1)):
            if not _whole(number, least):
                raise InputError([Problem(name, f"expected a whole number of at least {least}, found {number!r}")])
        if not isinstance(circuit, Circuit):
            told = f"expected a circuit, found {circuit!r}; load_circuit makes one of a name or of a file"
            raise InputError([Problem("circuit", told)])
        self.circuit = validate(circuit)
        self.signals = Signals(self.circuit)
        self.seed = seed
        self.backend = backend
        self.trial = 0
        self.state = State(self.circuit, seed, dtype)
        self._threads = threads
        self._finite = LastFinite()
        self._ahead = Ahead()
        self._make = BACKENDS[backend]()
        self._presenting: Task | None = None
        self._windows: dict[int, Trials] = {}
        self._executors: dict[tuple[bool, int, tuple[str, ...]], tuple[Program, Executor]] = {}

    def train(self, task: Task, trials: int, *, batch: int = 1, into: Observer | None = None) -> None:
        """Learn from the next trials of a task.

        Args:
            task: where trials come from; its sizes must be those of the input and the target.
            trials: how many.
            batch: trials at the same weights, whose changes are summed; 1 is online.
            into: what looks at the run on the way, e.g. a recording.

        Raises:
            InputError: the task does not fit the circuit, or a number is below 1.
            RunError: the numbers blew up; the message names the signal, and the trial by which it was noticed (they are
                looked at each time that trials are drawn, and at each recording moment; where the state is small enough to be
                kept beside itself, the trial is right to 64, and the state is the last finite one).
        """
        self.check(task, trials, batch)
        end = self.trial + trials
        moments = list(into.moments(self, task, trials, batch)) if into is not None else []
        self.foresee(moments)
        for moment in moments:
            self.advance(task, moment, batch)
            assert into is not None
            into.look(self, task)
        self.advance(task, end, batch)

    def check(self, task: Task, trials: int, batch: int) -> None:
        """Raise InputError if a task does not fit the circuit, or a number is below 1."""
        if not isinstance(task, Task):
            raise InputError([Problem("task", f"expected a task, found {task!r}; neurosim.tasks has some")])
        counts = (("trials", trials), ("batch", batch))
        problems = [
            Problem(name, f"expected a whole number of at least 1, found {n!r}") for name, n in counts if not _whole(n, 1)
        ]
        for role, size in (("input", task.inputs), ("target", task.outputs)):
            for population in self.circuit.of_role(role):
                if population.size != size:
                    problems.append(Problem(f"{population.name}.size", f"the task has {size}, the circuit {population.size}"))
        if problems:
            raise InputError(problems, self.circuit.label)

    def prepare(self, batch: int) -> None:
        """Compile what learning needs, if it has not been; several members of an ensemble must not do so at the same time."""
        self._executor(learning=True, batch=batch)

    def foresee(self, moments: Sequence[int]) -> None:
        """Say at which trials somebody is going to look, in order: `advance` may then go through several of them at once."""
        self._ahead.forget()
        self._ahead.moments = sorted(set(moments))

    def stride(self, batch: int) -> int:
        """How many trials are learned in one go: whole batches, as many as a window holds, or fewer of a large circuit.

        A run may be cut between any two goes, and end with the same bits.
        """
        affordable = SYNAPSES_AT_ONCE // max(1, self.circuit.synapses()) // BLOCK * BLOCK
        return max(batch if batch > 1 else BLOCK, min(WINDOW, affordable) // batch * batch)

    def advance(self, task: Task, until: int, batch: int) -> None:
        """Learn up to a trial: the one loop. Raises RunError if the numbers blew up; the state is then the last finite one."""
        program, executor = self._executor(learning=True, batch=batch)
        stride = self.stride(batch)
        while self.trial < until:
            reached = self._ahead.next(self.state, Stand(task, batch, self.trial, self.state.edits), until)
            if reached is not None:
                self.trial = reached
                continue
            self._finite.keep(self.trial, self.state)
            if self._go_ahead(program, executor, task, batch, until):
                continue
            self._learn(program, executor, task, min(stride, until - self.trial))
            broken = executor.not_finite()
            if broken is not None:
                self._fail(task, batch, broken)

    def _go_ahead(self, program: Program, executor: Executor, task: Task, batch: int, until: int) -> bool:
        """Learn up to each of some looks to come, and keep the states there; False where that is not worth it, or cannot be."""
        first = self.trial
        stops = self._ahead.stops(self.state, first, until, first + self.stride(batch))
        if not stops:
            return False
        try:
            streams = self._streams(program, *self.present(task, first, stops[-1] - first), first)
        except Exception:
            return False  # it is met again, and told, by whoever gets as far
        before, done = self.state.snapshot(), 0
        self._ahead.stand(Stand(task, batch, first, self.state.edits))
        try:
            done = self._kept_at(stops, first, executor, streams)
        except RunError:
            pass  # as numbers that blow up: whoever gets as far is told
        except BaseException:
            self._ahead.forget()
            raise
        finally:
            self.state.restore(before)
        self._ahead.arrived(done, in_time=done == len(stops))
        return bool(self._ahead)

    def _kept_at(self, stops: Sequence[int], first: int, executor: Executor, streams: Mapping[str, np.ndarray]) -> int:
        """Learn up to some looks, and keep the state at each, as long as the numbers are finite and time allows; how many."""
        began, last = time.monotonic(), first
        for count, stop in enumerate(stops, start=1):
            executor.run({address: rows[last - first : stop - first] for address, rows in streams.items()})
            if executor.not_finite() is not None:
                return count - 1
            self._ahead.keep(stop, self.state)
            last = stop
            if time.monotonic() - began > SECONDS_AHEAD:
                return count
        return len(stops)

    def _learn(self, program: Program, executor: Executor, task: Task, count: int) -> None:
        inputs, targets = self.present(task, self.trial, count)
        executor.run(self._streams(program, inputs, targets, self.trial))
        self.trial += count

    def _fail(self, task: Task, batch: int, broken: str) -> None:
        """Go back to the last state that was kept, and from there in small steps to the one before the numbers blow up."""
        noticed, first = self.trial, self._finite.put_back(self.state)
        if first is not None:
            self.trial = first
            program, _ = self._executor(learning=True, batch=batch)
            executor = self._make(program, self.state, batch, (), self._threads)  # one that has seen no broken numbers
            step = max(batch, CLOSELY // batch * batch)
            while self.trial < noticed:
                before, trial = self.state.snapshot(), self.trial
                self._learn(program, executor, task, min(step, noticed - trial))
                found = executor.not_finite() or self.state.not_finite()
                if found is not None:
                    broken, noticed = found, self.trial
                    self.state.restore(before)
                    self.trial = trial
                    break
        raise RunError(
            f"{self.circuit.label}: the numbers blew up: {broken} is not finite after trial {noticed} "
            f"(seed {self.seed}); {self._advice()}"
        )

    def _advice(self) -> str:
        choices = [projection.plasticity for projection in self.circuit.projections.values()]
        etas = sorted({float(choice.parameters["eta"]) for choice in choices if "eta" in choice.parameters})
        return (
            f"eta is {' and '.join(f'{eta:g}' for eta in etas)}; a smaller one usually helps"
            if etas
            else "nothing here has an eta"
        )

    def present(self, task: Task, first: int, count: int) -> Trials:
        """Trials of a task, as this run sees them: those near the present one are drawn once and kept."""
        windows = range(first // WINDOW, -(-(first + count) // WINDOW))
        kept = self._windows if self._presenting is task else {}
        self._presenting, self._windows = task, {window: kept[window] for window in windows if window in kept}
        drawn = []
        for window in windows:
            if window not in self._windows:
                self._windows[window] = _whole_window(task, trials_of(task, self.seed, window * WINDOW, WINDOW))
            low, high = max(first, window * WINDOW), min(first + count, (window + 1) * WINDOW)
            drawn.append([part[low - window * WINDOW : high - window * WINDOW] for part in self._windows[window]])
        inputs, targets = (np.concatenate(parts) if len(parts) > 1 else parts[0] for parts in zip(*drawn, strict=True))
        return Trials(inputs, targets)

    def evaluate(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        addresses: Iterable[str],
        *,
        first: int | None = None,
        go_on: Callable[[], bool] = lambda: True,
    ) -> dict[str, np.ndarray]:
        """Signals on given trials with the present weights, without learning, and so without dropout.

        Args:
            inputs, targets: one row per trial.
            addresses: which signals, e.g. `output.rate`, `hidden.teaching`.
            first: the trial number of the first row, which decides the exploration; None draws from a stream for tests.
            go_on: asked every tenth of a second or two where it takes longer; where it says no, the rest is not computed.

        Raises:
            InputError: there is no such signal, or the rows do not fit the circuit.
            Interrupted: `go_on` said no.
        """
        return self.evaluation(inputs, targets, addresses, first=first, once=True)(go_on)

    def evaluation(
        self,
        inputs: np.ndarray,
        targets: np.ndarray,
        addresses: Iterable[str],
        *,
        first: int | None = None,
        once: bool = False,
    ) -> Evaluation:
        """What `evaluate` does, made ready to be done again and again; what it is given must stay as it is.

        Args:
            inputs, targets, addresses, first: as for `evaluate`.
            once: it will be done once only, and nothing need be kept for the next time.

        Raises:
            InputError: there is no such signal, or the rows do not fit the circuit.

        >>> from neurosim.circuit.layered import layered
        >>> from neurosim.tasks import LinearMap
        >>> simulator = Simulator(layered([4, 3, 2], feedback="random", eta=0.1), seed=1, backend="reference")
        >>> outputs = simulator.evaluation(np.ones((1, 4)), np.zeros((1, 2)), ["output.rate"])
        >>> before = outputs()["output.rate"]
        >>> simulator.train(LinearMap(4, 2), trials=10)
        >>> bool((outputs()["output.rate"] == before).all())
        False
        """
        wanted = (addresses,) if isinstance(addresses, str) else tuple(addresses)
        inputs, targets = (_rows(role, given) for role, given in (("inputs", inputs), ("targets", targets)))
        self._check_rows(inputs, targets)
        together = min(EVALUATED_TOGETHER, len(inputs))
        program, executor = self._executor(learning=False, batch=together, wanted=wanted)
        streams = self._streams(program, inputs, targets, first)
        length = max(1, ROUND // (self.circuit.synapses() + 1) // together) * together
        return Evaluation(executor, streams, length, once)

    def _check_rows(self, inputs: np.ndarray, targets: np.ndarray) -> None:
        problems = []
        for role, rows in (("input", inputs), ("target", targets)):
            for population in self.circuit.of_role(role):
                if np.ndim(rows) != 2 or np.shape(rows)[1] != population.size:
                    found = np.shape(rows)
                    problems.append(
                        Problem(population.name, f"expected rows of {population.size} numbers, found the shape {found}")
                    )
        if not problems and (len(inputs) != len(targets) or not len(inputs)):
            problems.append(
                Problem("", f"expected as many inputs as targets, at least one; found {len(inputs)} and {len(targets)}")
            )
        if problems:
            raise InputError(problems, self.circuit.label)

    def check_signals(self, addresses: Iterable[str]) -> None:
        """Raise InputError for each address that is no signal of the circuit."""
        problems = []
        for address in addresses:
            population, _, variable = address.rpartition(".")
            if not self.signals.exists(population, variable):
                known = [f"{p}.{v}" for p in self.circuit.populations for v in self.signals.variables(p)]
                problems.append(Problem(address, "no such signal", nearest(address, known)))
        if problems:
            raise InputError(problems, self.circuit.label)

    def _executor(self, *, learning: bool, batch: int, wanted: tuple[str, ...] = ()) -> tuple[Program, Executor]:
        key = (learning, batch, wanted)
        if key not in self._executors:
            self.check_signals(wanted)
            formulas = (formula for _, formula in formulas_of(self.circuit) if formula is not None)
            written = tuple(seen(formula) for formula in formulas if is_users(formula))
            program = _program(self.described, wanted, learning, (edition(), written))
            for array in program.arrays:
                self.state.storage(array.address)  # made now, so that whoever copies the state has all of it
            self._executors[key] = program, self._make(program, self.state, batch, wanted, self._threads)
        return self._executors[key]

    @cached_property
    def described(self) -> str:
        """The circuit as a text, by which programs are known."""
        return to_json(self.circuit)

    def _streams(self, program: Program, inputs: np.ndarray, targets: np.ndarray, first: int | None) -> dict[str, np.ndarray]:
        """What comes from outside in these trials: the task's rates, and each population's exploration and mask of dropout."""
        streams: dict[str, np.ndarray] = {"": inputs}
        roles = {"input": inputs, "target": targets}
        for address in program.streams:
            owner, _, variable = address.rpartition(".")
            population = self.circuit.populations[owner]
            if variable == MASK:
                assert population.dropout is not None
                draw = survivors(population.size, population.dropout)
                streams[address] = trial_rows(draw, self.seed, address, first or 0, len(inputs))
            elif population.role in roles:
                streams[address] = roles[population.role]
            else:
                name = address if first is not None else f"{address} in tests"
                drawn = trial_rows(_normal(population.size), self.seed, name, first or 0, len(inputs))
                streams[address] = drawn * population.noise
        return streams


@lru_cache(maxsize=256)
def _program(circuit: str, wanted: tuple[str, ...], learning: bool, written: tuple[int, tuple[Any, ...]]) -> Program:
    """The program of a circuit, given as JSON; many seeds of one circuit share it.

    Until a rule is registered anew, or a constant or function that one uses is another: `written` tells.
    """
    return lower(from_json(circuit), wanted, learning=learning)


def _whole_window(task: Task, drawn: Trials) -> Trials:
    """Trials of a task, as many and as large as it says; raises InputError, since kernels would read what lies behind them."""
    found, wanted = [np.shape(part) for part in drawn], [(WINDOW, task.inputs), (WINDOW, task.outputs)]
    if found != wanted:
        told = f"expected its trials to be of the shapes {wanted[0]} and {wanted[1]}, found {found[0]} and {found[1]}"
        raise InputError([Problem(type(task).__name__, told)])
    return drawn


def _rows(role: str, given: Any) -> np.ndarray:
    """What somebody gave as numbers; raises InputError where it is none."""
    try:
        rows = np.asarray(given)
    except ValueError as error:
        raise InputError([Problem(role, f"expected rows of numbers: {error}")]) from None
    if rows.dtype.kind not in "biuf":
        raise InputError([Problem(role, f"expected rows of numbers, found {rows.dtype.name}")])
    return rows


def _whole(number: object, least: int) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool) and int(number) >= least


def _normal(size: int) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda random, rows: random.standard_normal((rows, size))
