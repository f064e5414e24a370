"""Several looks to come are gone through at once: whoever looks finds what he would find had the run stopped there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from oracles import bits, given_rows

import neurosim.simulator.ahead
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.errors import RunError
from neurosim.simulator import Ensemble, Simulator
from neurosim.tasks import LinearMap, Task

TASK = LinearMap(6, 3)


class Seen:
    """What an observer sees at every so many trials, and what it does there."""

    def __init__(self, every: int, then: Callable[[Simulator], None] = lambda simulator: None) -> None:
        self.every, self.then = every, then
        self.trials: list[int] = []
        self.bits: list[dict[str, bytes]] = []
        self.outputs: list[bytes] = []
        self.ahead: list[bool] = []

    def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
        return range(simulator.trial, simulator.trial + trials + 1, self.every)

    def look(self, simulator: Simulator, task: Task) -> None:
        self.trials.append(simulator.trial)
        self.bits.append(bits(simulator))
        found = simulator.evaluate(*simulator.present(task, simulator.trial, 1), ["output.rate"], first=simulator.trial)
        self.outputs.append(found["output.rate"].tobytes())
        self.ahead.append(bool(simulator._ahead))
        self.then(simulator)

    def told(self) -> tuple[list[int], list[dict[str, bytes]], list[bytes]]:
        return self.trials, self.bits, self.outputs


def circuits() -> list[Circuit]:
    explores = layered([6, 5, 3], feedback="broadcast", eta=0.01, noise=0.1, name="explores")
    return [layered([6, 5, 3], feedback="random", eta=0.01, name="taught"), explores]


def run(circuit: Circuit, seen: Seen, batch: int, backend: str = "cpu") -> Simulator:
    simulator = Simulator(circuit, seed=3, backend=backend)
    simulator.train(TASK, trials=240, batch=batch, into=seen)
    simulator.train(TASK, trials=60, batch=batch, into=seen)
    return simulator


@pytest.fixture(autouse=True)
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, time does not end the way."""
    monkeypatch.setattr("neurosim.simulator.simulator.SECONDS_AHEAD", 60.0)


def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.simulator.ahead, "MOST_STOPS", 0)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("circuit", circuits(), ids=lambda circuit: circuit.name)
def test_that_looks_and_the_end_are_those_of_a_run_that_stops(
    circuit: Circuit, batch: int, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Seen(12)
    ahead = run(circuit, gone, batch, backend)
    assert sum(gone.ahead) > 15
    nowhere(monkeypatch)
    stopped = Seen(12)
    alone = run(circuit, stopped, batch, backend)
    assert not any(stopped.ahead)
    assert gone.told() == stopped.told()
    assert bits(ahead) == bits(alone)
    assert len(set(map(str, gone.bits))) == len(set(gone.trials))


def test_that_what_a_look_writes_into_the_state_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def lesion(simulator: Simulator) -> None:
        if simulator.trial == 60:
            simulator.state["hidden_to_output.weights"] = np.zeros((3, 5))

    gone, stopped = Seen(12, lesion), Seen(12, lesion)
    ahead = run(circuits()[0], gone, 1)
    assert gone.ahead[gone.trials.index(60)]
    nowhere(monkeypatch)
    assert bits(ahead) == bits(run(circuits()[0], stopped, 1))
    assert gone.told() == stopped.told()


def test_that_a_run_that_ends_at_a_look_stands_there() -> None:
    seen = [Seen(10), Seen(10)]
    together = Ensemble(circuits()[0], seeds=[3, 4])
    together.train(TASK, trials=200, into=seen, go_on=lambda: len(seen[1].trials) < 6)
    assert [member.trial for member in together] == [50, 50]
    assert all(one.ahead[-1] for one in seen)
    together.train(TASK, trials=30)
    for member in together:
        alone = Simulator(circuits()[0], seed=member.seed)
        alone.train(TASK, trials=50)
        alone.train(TASK, trials=30)
        assert bits(member) == bits(alone)


def test_that_another_task_or_batch_begins_where_the_last_look_was() -> None:
    other = given_rows(6, 3, 9)

    def simulator_at_50() -> Simulator:
        simulator, seen = Simulator(circuits()[0], seed=3), Seen(10)
        simulator.foresee(range(0, 200, 10))
        for moment in range(10, 51, 10):
            simulator.advance(TASK, moment, 1)
            seen.look(simulator, TASK)
        assert seen.ahead[-1]
        return simulator

    for task, until, batch in ((other, 60, 1), (TASK, 60, 2), (TASK, 57, 1)):
        gone, alone = simulator_at_50(), Simulator(circuits()[0], seed=3)
        gone.advance(task, until, batch)
        alone.advance(TASK, 50, 1)
        alone.advance(task, until, batch)
        assert gone.trial == alone.trial == until
        assert bits(gone) == bits(alone)


def test_that_a_blow_up_is_told_at_the_look_at_which_it_would_be_met(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(seen: Seen) -> str:
        with pytest.raises(RunError) as error:
            Simulator(layered([6, 5, 3], feedback="random", eta=3.0), seed=1).train(TASK, trials=400, into=seen)
        return str(error.value)

    gone, stopped = Seen(10), Seen(10)
    message = told(gone)
    nowhere(monkeypatch)
    assert told(stopped) == message
    assert gone.told() == stopped.told()
    assert len(gone.trials) > 1
    assert any(gone.ahead)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RunError("stopped with an exception")])
def test_that_what_stops_a_run_on_the_way_stops_it_where_it_would_be_met(
    error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the seventh stretch of ten trials, the third of a way; and again whenever it is tried again."""

    def stopped(seen: Seen) -> tuple[Simulator, type[BaseException]]:
        simulator = Simulator(circuits()[0], seed=3)
        _, executor = simulator._executor(learning=True, batch=1)
        run, seventh = executor.run, TASK.trials(3, 0, 70)[0][60:70].tobytes()

        def breaking(streams):  # type: ignore[no-untyped-def]
            if next(iter(streams.values())).tobytes() == seventh:
                raise error
            return run(streams)

        monkeypatch.setattr(executor, "run", breaking)
        with pytest.raises((KeyboardInterrupt, RunError)) as caught:
            simulator.train(TASK, trials=100, into=seen)
        return simulator, caught.type

    gone, alone = Seen(10), Simulator(circuits()[0], seed=3)
    simulator, kind = stopped(gone)
    assert kind is (error if isinstance(error, type) else type(error))
    for moment in gone.trials:
        alone.advance(TASK, moment, 1)
    assert bits(simulator) == bits(alone)
    assert gone.trials == [*range(0, 41 if error is KeyboardInterrupt else 61, 10)]
    assert gone.trials[-1] == simulator.trial


def test_that_a_moment_that_comes_twice_is_one() -> None:
    class Twice(Seen):
        def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
            return [0, 10, 20, 20, 30]

    seen = Twice(10)
    Simulator(circuits()[0], seed=3).train(TASK, trials=60, into=seen)
    assert seen.trials == [0, 10, 20, 20, 30]
    assert seen.bits[2] == seen.bits[3]


def test_that_a_run_goes_on_without_the_looks_of_before() -> None:
    """Looks every six trials cut batches of four; those that are taken no more cut none."""

    def stopped() -> Ensemble:
        seen = Seen(6)
        together = Ensemble(circuits()[0], seeds=[3])
        together.train(TASK, trials=200, batch=4, into=[seen], go_on=lambda: len(seen.trials) < 9)
        assert seen.ahead[-1]
        return together

    gone, other = stopped(), stopped()
    gone.train(TASK, trials=40, batch=4)
    other[0]._ahead.forget()
    other.train(TASK, trials=40, batch=4)
    assert bits(gone[0]) == bits(other[0])


def test_that_a_way_is_as_long_as_the_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = Simulator.present

    def present(self: Simulator, task: Task, first: int, count: int):  # type: ignore[no-untyped-def]
        asked.append(count)
        return real(self, task, first, count)

    monkeypatch.setattr(Simulator, "present", present)
    monkeypatch.setattr("neurosim.simulator.simulator.SECONDS_AHEAD", 0.0)
    run(circuits()[0], Seen(12), 1)
    assert max(asked[4:]) <= 24, "two looks"
    asked.clear()
    monkeypatch.setattr("neurosim.simulator.simulator.SECONDS_AHEAD", 60.0)
    run(circuits()[0], Seen(12), 1)
    assert max(asked) > 24


def test_that_nobody_goes_ahead_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("neurosim.simulator.simulator.SECONDS_AHEAD", 0.0)
    seen = Seen(10)
    run(circuits()[0], seen, 1)
    assert not any(seen.ahead)
