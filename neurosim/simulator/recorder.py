"""What a run writes down: quantities by address, each at its own interval."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError, Problem, nearest
from neurosim.metrics.look import METRICS, Look, resolve
from neurosim.recording import Quantity, Recording, Writer, sampling
from neurosim.registry import edition
from neurosim.simulator.evaluation import Evaluation
from neurosim.simulator.simulator import Simulator
from neurosim.tasks import Task, Trials, examples_of, test_of

TRAINING_EXAMPLES = 10_000
"""Metrics of the training set look at so many of its examples, the first ones, at most."""

KEPT_READY = 1 << 20
"""Bytes of a small test set, whose looks would take longer to make ready than to do."""
BEST = "best."
OWN = (
    *("neurosim_version", "numpy_version", "python_version", "circuit_name", "circuit"),
    *("seed", "backend", "dtype", "task", "trials"),
)
"""The attributes by which a recording tells of its run; nobody else may say them."""


def record(path: str | Path, intervals: Mapping[str, int], **attributes: str | int | float) -> Recorder:
    """A recording to train into, as a context manager.

    Args:
        path: the HDF5 file.
        intervals: address → every how many trials: a metric (`nse`, `hidden.angle`), an array of the state
            (`input_to_hidden.weights`), a signal of the trial about to be presented (`hidden.rate`, `loss.rate`), or `best.` and
            a metric that is one number (`best.test_error`): the lowest that it has been so far, whenever this was looked at.
        attributes: more to note in the file.

    The file is laid out when training begins, for the trials of that one call of `train`; without a call no file is written.
    What is recorded at trial t is what holds after t trials have been learned; the first is t = 0.
    """
    return Recorder(path, intervals, attributes)


class Recorder(AbstractContextManager["Recorder"]):
    """Writes quantities of a run into a recording; see `record`.

    Attributes:
        go_on: asked while it looks; where it says no, the look ends with `Interrupted`, and can be taken again.
    """

    def __init__(self, path: str | Path, intervals: Mapping[str, int], attributes: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        self.go_on: Callable[[], bool] = _always
        self._intervals = dict(intervals)
        self._attributes = dict(attributes or {})
        self._writer: Writer | None = None
        self._quantities: dict[str, Quantity] = {}
        self._kinds: dict[str, str] = {}
        self._due: dict[int, list[str]] = {}
        self._look: Look | None = None
        self._end = 0
        self._lowest: dict[str, float] = {}
        problems = [Problem(name, "is written by the recording itself") for name in self._attributes if name in OWN]
        problems += [
            Problem(a, f"expected an interval of at least 1 trial, found {n!r}")
            for a, n in self._intervals.items()
            if not _is_count(n)
        ]
        if problems:
            raise InputError(problems, "record")

    def plan(
        self, simulator: Simulator, task: Task, trials: int, later: Sequence[Simulator] = (), *, until: int | None = None
    ) -> None:
        """Lay the file out for a run of so many trials; `Simulator.train` does it where nobody has.

        Args:
            simulator, task, trials: the run.
            later: simulators of its later phases, which may have what the first has not.
            until: the trial at which the run goes on; what the file at hand holds before it is kept.

        Raises:
            DataError: there is nothing to go on with, or it is of another run.
            EnvironmentFailure: the file cannot be written.
        """
        self._end = simulator.trial + trials
        holding = {address: _first_with(address, (simulator, *later)) for address in self._intervals}
        self._kinds = {address: what(holder, address) for address, holder in holding.items()}
        self._due = {}
        self._quantities = {a: self._quantity(holding[a], simulator.trial, a, n) for a, n in self._intervals.items()}
        for quantity in self._quantities.values():
            for trial in quantity.trials:
                self._due.setdefault(trial, []).append(quantity.address)
        self._writer = Writer(self.path, list(self._quantities.values()), self._noted(simulator, task), until=until)
        if until is not None:
            self._remember()

    def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
        """Every trial number at which something is due, within the trials to come."""
        self._check_batch(batch)
        if self._writer is None:
            self.plan(simulator, task, trials)
        first, last = simulator.trial, simulator.trial + trials
        if last > self._end:
            raise InputError(
                f"{self.path}: this recording was laid out for {self._end} trials; record further ones in a new file"
            )
        self._look = None
        self._kinds = {address: _kind_or_absent(simulator, address) for address in self._intervals}
        return sorted(trial for trial in self._due if first <= trial <= last)

    def _check_batch(self, batch: int) -> None:
        problems = [
            Problem(address, f"expected an interval that is a multiple of the batch, {batch}, found {interval}")
            for address, interval in self._intervals.items()
            if interval % batch
        ]
        if problems:
            raise InputError(problems, "record")

    def is_due(self, simulator: Simulator) -> bool:
        """Whether there is something to write at the trial at which a simulator stands."""
        return simulator.trial in self._due

    def look(self, simulator: Simulator, task: Task) -> None:
        """Write what is due now."""
        assert self._writer is not None
        if self._look is None:
            self._look = self._look_into(simulator, task)
        self._look.renew()
        due = self._due[simulator.trial]
        signals = [address for address in due if self._kinds[address] == "signal"]
        seen = self._signals(simulator, task, signals) if signals else {}
        for address in due:
            kind = self._kinds[address]
            if kind == "absent":
                value: Any = np.full(self._quantities[address].row_shape, np.nan)
            else:
                value = _READ[kind](self._look, seen, address)
            if kind == "best":
                value = self._lowest[address] = float(np.fmin(value, self._lowest.get(address, np.nan)))
            self._writer.write(address, simulator.trial, value)
        self._writer.commit(simulator.trial)

    def sync(self) -> None:
        """Wait until the disk holds what has been written."""
        assert self._writer is not None
        self._writer.sync()

    def end(self, simulator: Simulator, task: Task) -> None:
        """The run ends here, before the trials that were planned: everything that has no sample of now gets one, the last."""
        assert self._writer is not None
        self._quantities = {a: self._writer.end(a, simulator.trial) for a in self._quantities}
        self._due = {simulator.trial: list(self._quantities)}
        self._end = simulator.trial
        self.look(simulator, task)
        self._writer.annotate("trials", self._end)

    def _remember(self) -> None:
        """What was the lowest so far in the part of the run that lies behind."""
        with Recording(self.path) as recording:
            for address in (address for address, kind in self._kinds.items() if kind == "best"):
                rows = recording.rows(address)
                self._lowest |= {address: float(recording.part(address, -1))} if rows else {}

    def _look_into(self, simulator: Simulator, task: Task) -> Look:
        """A look at the test set, and at training examples for those who ask for them."""

        def training() -> Look | None:
            examples = examples_of(task, TRAINING_EXAMPLES)
            return None if examples is None else self._look_at(simulator, examples, of_training=True)

        return self._look_at(simulator, test_of(task), training)

    def _look_at(
        self,
        simulator: Simulator,
        trials: Trials,
        training: Callable[[], Look | None] = lambda: None,
        *,
        of_training: bool = False,
    ) -> Look:
        ready: dict[tuple[tuple[str, ...], int], Evaluation] = {}

        def evaluate(addresses: tuple[str, ...], count: int) -> dict[str, np.ndarray]:
            evaluation = ready.get((addresses, count))
            if evaluation is None:
                evaluation = simulator.evaluation(trials.inputs[:count], trials.targets[:count], addresses)
                if evaluation.nbytes <= KEPT_READY:
                    ready[addresses, count] = evaluation
            return evaluation(lambda: self.go_on())

        asked = _asked_before(simulator.described, tuple(self._intervals), of_training, edition())
        return Look(simulator.circuit, simulator.state, trials.inputs, trials.targets, evaluate, training, asked)

    @staticmethod
    def _signals(simulator: Simulator, task: Task, signals: Sequence[str]) -> dict[str, np.ndarray]:
        """Signals of the trial about to be presented."""
        return simulator.evaluate(*simulator.present(task, simulator.trial, 1), signals, first=simulator.trial)

    def annotate(self, name: str, value: str | int | float) -> None:
        """Note something in the file that becomes known on the way."""
        assert self._writer is not None
        self._writer.annotate(name, value)

    def close(self, status: str = "complete") -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.finish(status)
            self._writer = None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Finish the file, saying how the run ended."""
        interrupted = kind is not None and not issubclass(kind, Exception)
        self.close("complete" if kind is None else "interrupted" if interrupted else "failed")

    def _quantity(self, simulator: Simulator, first: int, address: str, interval: int) -> Quantity:
        trials = tuple(first + t for t in sampling(interval, self._end - first))
        kind = self._kinds[address]
        digits = "f8" if simulator.state.dtype == np.float64 else "f4"
        if kind in ("metric", "best"):
            found = resolve(address.removeprefix(BEST))
            assert found is not None
            metric, arguments = found
            dimensions = metric.dimensions(simulator.circuit, *arguments)
            meaning = metric.doc.splitlines()[0] + (" The lowest so far." if kind == "best" else "")
            return Quantity(address, trials, dimensions, "f8", units=metric.units, long_name=meaning)
        if kind == "signal":
            size = simulator.circuit.populations[address.rpartition(".")[0]].size
            return Quantity(address, trials, (("unit", size),), digits)
        shape = simulator.state.shape(address)
        names = ("post", "pre") if len(shape) == 2 else ("unit",)
        return Quantity(address, trials, tuple(zip(names, shape, strict=True)), digits)

    def _noted(self, simulator: Simulator, task: Task) -> dict[str, Any]:
        return {
            "neurosim_version": _version(),
            "numpy_version": np.__version__,
            "python_version": platform.python_version(),
            "circuit_name": simulator.circuit.name,
            "circuit": simulator.described,
            "seed": simulator.seed,
            "backend": simulator.backend,
            "dtype": simulator.state.dtype.name,
            "task": json.dumps(_described(task)),
            "trials": self._end,
            **self._attributes,
        }


@cache
def _version() -> str:
    """The version that is installed; to look it up takes as long as a dozen looks."""
    return version("neurosim")


@lru_cache(maxsize=64)
def _asked_before(circuit: str, recorded: tuple[str, ...], of_training: bool, edition: int) -> dict[int, list[str]]:
    """Which signals the metrics of a circuit, given as JSON, turned out to need: its next seeds compute them together at once."""
    return {}


def _is_count(n: object) -> bool:
    return isinstance(n, int) and not isinstance(n, bool) and n >= 1


def _described(task: Task) -> dict[str, Any]:
    parameters = {k: v for k, v in vars(task).items() if isinstance(v, str | int | float | bool) and not k.startswith("_")}
    return {"name": type(task).__name__, **parameters}


def _always() -> bool:
    return True


def _kind_or_absent(simulator: Simulator, address: str) -> str:
    """As `what`; a later phase may lack what an earlier one had, and nan is written for it."""
    try:
        return what(simulator, address)
    except InputError:
        return "absent"


def _first_with(address: str, simulators: Sequence[Simulator]) -> Simulator:
    """The first that has something under an address; the first of all where none has."""
    return next((one for one in simulators if _kind_or_absent(one, address) != "absent"), simulators[0])


def what(simulator: Simulator, address: str) -> str:
    """Whether an address means a signal, an array of the state, or a metric; raises InputError if it means nothing."""
    owner, _, variable = address.rpartition(".")
    circuit = simulator.circuit
    if simulator.signals.exists(owner, variable):
        return "signal"
    if resolve(address, circuit) is not None:
        return "metric"
    if _is_best(address, circuit):
        return "best"
    if not simulator.state.holds(address):
        known = [f"{p}.{v}" for p in circuit.populations for v in simulator.signals.variables(p)]
        known += [f"{p}.weights" for p in circuit.projections] + list(METRICS)
        raise InputError([Problem(address, "nothing to record under this address", nearest(address, known))], "record")
    return "array"


def _is_best(address: str, circuit: Circuit) -> bool:
    """Whether an address is `best.` and a metric that is one number."""
    found = resolve(address.removeprefix(BEST), circuit) if address.startswith(BEST) else None
    return found is not None and not found[0].dimensions(circuit, *found[1])


_READ: dict[str, Callable[[Look, dict[str, np.ndarray], str], Any]] = {
    "signal": lambda look, seen, address: seen[address][0],
    "array": lambda look, seen, address: look.arrays[address],
    "metric": lambda look, seen, address: _measured(look, address),
    "best": lambda look, seen, address: _measured(look, address.removeprefix(BEST)),
}


def _measured(look: Look, address: str) -> Any:
    found = resolve(address)
    assert found is not None
    metric, arguments = found
    return metric(look, *arguments)
