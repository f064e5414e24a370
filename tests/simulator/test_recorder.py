from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import bits, given_rows, trained

from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.metrics.look import METRICS, Look, metric
from neurosim.recording import Recording
from neurosim.simulator import Simulator, record
from neurosim.simulator.recorder import OWN
from neurosim.tasks import LinearMap, Trials

CIRCUIT = layered([6, 5, 3], feedback="random", eta=0.05)
TASK = given_rows(6, 3, 11)
INTERVALS = {"nse": 3, "hidden.angle": 4, "input_to_hidden.weights": 2, "hidden.bias": 5, "hidden.rate": 4}


def recorded(path: Path, intervals: dict[str, int], trials: int = 10, batch: int = 1, circuit=CIRCUIT) -> Simulator:
    simulator = Simulator(circuit, seed=1, dtype="float64")
    with record(path, intervals) as recording:
        simulator.train(TASK, trials, batch=batch, into=recording)
    return simulator


def values(path: Path, address: str) -> tuple[list[int], np.ndarray]:
    with Recording(path) as recording:
        found = recording[address]
        return [int(t) for t in found.trials], np.asarray(found.values)


def test_that_what_stands_at_trial_t_holds_after_t_trials(tmp_path: Path) -> None:
    recorded(tmp_path / "a.h5", INTERVALS)
    for address, name in (("input_to_hidden.weights", "state"), ("hidden.bias", "state"), ("hidden.rate", "signal")):
        trials, rows = values(tmp_path / "a.h5", address)
        interval = INTERVALS[address]
        assert trials == sorted({*range(0, 11, interval), 10})
        for trial, row in zip(trials, rows, strict=True):
            simulator = Simulator(CIRCUIT, seed=1, dtype="float64")
            if trial:
                simulator.train(TASK, trials=trial)
            if name == "state":
                wanted = simulator.state[address]
            else:
                one = TASK.trials(1, trial, 1)
                wanted = simulator.evaluate(*one, [address], first=trial)[address][0]
            np.testing.assert_allclose(row, wanted, rtol=0, atol=1e-13, err_msg=f"{address} at {trial}")


def test_metrics_that_are_recorded(tmp_path: Path) -> None:
    simulator = recorded(tmp_path / "a.h5", INTERVALS)
    trials, found = values(tmp_path / "a.h5", "nse")
    assert trials == [0, 3, 6, 9, 10]
    out = simulator.evaluate(TASK.x, TASK.y, ["output.rate"])["output.rate"]
    wanted = ((TASK.y - out) ** 2).sum() / ((TASK.y - TASK.y.mean(axis=0)) ** 2).sum()
    assert found[-1] == pytest.approx(wanted, rel=1e-12)
    assert found[-1] != pytest.approx(found[0], rel=1e-3)


def test_the_error_on_training_examples_as_they_are_stored(tmp_path: Path) -> None:
    """The first 10,000 of them, and nan where a task has none."""
    seen = []

    class Stored(type(TASK)):
        def training_set(self, count: int) -> Trials:
            seen.append(count)
            return Trials(self.x[::-1][:4], self.y[::-1][:4])

    task = Stored(TASK.x, TASK.y)
    simulator = Simulator(CIRCUIT, seed=1, dtype="float64")
    with record(tmp_path / "a.h5", {"training_error": 5, "test_error": 5}) as recording:
        simulator.train(task, 10, into=recording)
    out = simulator.evaluate(task.x[::-1][:4], task.y[::-1][:4], ["output.rate"])["output.rate"]
    wanted = (out.argmax(axis=1) != task.y[::-1][:4].argmax(axis=1)).mean()
    assert values(tmp_path / "a.h5", "training_error")[1][-1] == wanted
    assert seen == [10_000]
    recorded(tmp_path / "b.h5", {"training_error": 5})
    assert np.isnan(values(tmp_path / "b.h5", "training_error")[1]).all()


@pytest.mark.parametrize("feedback", ["random", "broadcast"])
@pytest.mark.parametrize("model", ["loss", "loss_against_mean"])
def test_that_recording_changes_nothing(tmp_path: Path, feedback: str, model: str) -> None:
    circuit = layered([6, 5, 3], feedback=feedback, eta=0.01, noise=0.1).replace(
        {"loss.model": model} if feedback == "broadcast" else {}
    )
    watched = bits(recorded(tmp_path / "a.h5", {"nse": 1, "hidden.modulation": 1, "hidden.angle": 2}, circuit=circuit))
    plain = bits(trained(circuit, TASK, 10, dtype="float64"))
    assert {address: watched[address] for address in plain} == plain


def test_that_an_unknown_address_is_told(tmp_path: Path) -> None:
    for address, suggestion in (
        ("hiden.rate", "hidden.rate"),
        ("input_to_hidden.weight", "input_to_hidden.weights"),
        ("nes", "nse"),
    ):
        with pytest.raises(InputError) as caught:
            recorded(tmp_path / "a.h5", {address: 1})
        assert [(p.address, p.suggestion) for p in caught.value.problems] == [(address, suggestion)]


def test_that_intervals_must_be_counts(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        record(tmp_path / "a.h5", {"nse": 0, "loss": 1.5, "mse": True, "hidden.rate": 1})  # type: ignore[dict-item]
    assert {p.address for p in caught.value.problems} == {"nse", "loss", "mse"}


def test_that_intervals_must_be_multiples_of_the_batch(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        recorded(tmp_path / "a.h5", {"nse": 3, "loss": 8, "hidden.rate": 6}, trials=8, batch=4)
    assert {p.address for p in caught.value.problems} == {"nse", "hidden.rate"}
    assert "multiple of the batch, 4, found 3" in str(caught.value)


def test_batches_with_a_rest(tmp_path: Path) -> None:
    recorded(tmp_path / "a.h5", {"input_to_hidden.weights": 4}, trials=10, batch=4)
    trials, rows = values(tmp_path / "a.h5", "input_to_hidden.weights")
    assert trials == [0, 4, 8, 10]
    np.testing.assert_allclose(
        rows[-1], trained(CIRCUIT, TASK, 10, batch=4, dtype="float64").state["input_to_hidden.weights"], atol=1e-13
    )


def test_that_several_calls_fill_one_recording(tmp_path: Path) -> None:
    simulator = Simulator(CIRCUIT, seed=1, dtype="float64")
    with record(tmp_path / "a.h5", {"hidden.bias": 2}) as recording:
        recording.plan(simulator, TASK, 10)
        simulator.train(TASK, 4, into=recording)
        simulator.train(TASK, 6, into=recording)
        with pytest.raises(InputError, match="laid out for 10"):
            simulator.train(TASK, 1, into=recording)
    recorded(tmp_path / "b.h5", {"hidden.bias": 2})
    one, other = values(tmp_path / "a.h5", "hidden.bias"), values(tmp_path / "b.h5", "hidden.bias")
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])


def test_that_what_is_recorded_explores_as_the_trial_to_come_does(tmp_path: Path) -> None:
    circuit = layered([6, 5, 3], feedback="broadcast", eta=0.01, noise=0.1)
    recorded(tmp_path / "a.h5", {"hidden.noise": 2, "loss.deviation": 5}, circuit=circuit)
    for address in ("hidden.noise", "loss.deviation"):
        for trial, row in zip(*values(tmp_path / "a.h5", address), strict=True):
            simulator = Simulator(circuit, seed=1, dtype="float64")
            if trial:
                simulator.train(TASK, trials=trial)
            wanted = simulator.evaluate(*TASK.trials(1, trial, 1), [address], first=trial)[address][0]
            np.testing.assert_allclose(row, wanted, rtol=0, atol=1e-12, err_msg=f"{address} at {trial}")


def test_that_a_metric_that_asked_for_nothing_real_spoils_no_other_recording(tmp_path: Path) -> None:
    simulator = Simulator(layered([5, 4, 3], feedback="random"), seed=1, backend="reference")

    def recorded(name: str, signal: str) -> None:
        @metric()
        def of_a_signal(look: Look) -> float:
            """The mean of a signal."""
            return float(look.probe(signal).mean())

        try:
            with record(tmp_path / name, {"of_a_signal": 5, "nse": 5}) as recorder:
                simulator.train(given_rows(5, 3, 9), trials=10, into=recorder)
        finally:
            del METRICS._things["of_a_signal"]

    with pytest.raises(InputError, match=r"hidden\.rat"):
        recorded("wrong.h5", "hidden.rat")
    recorded("right.h5", "hidden.rate")
    with Recording(tmp_path / "right.h5") as recording:
        assert recording.rows("of_a_signal") == 3


@pytest.mark.parametrize("name", OWN)
def test_that_nobody_else_says_what_a_recording_tells_of_its_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: is written by the recording itself"):
        record(tmp_path / "run.h5", {"nse": 10}, **{name: "x"})


def test_that_what_it_tells_of_its_run_is_all_that_nobody_else_may_say(tmp_path: Path) -> None:
    circuit = layered([3, 2], feedback="none")
    with record(tmp_path / "run.h5", {"nse": 10}) as recorder:
        Simulator(circuit, seed=1).train(LinearMap(3, 2), 10, into=recorder)
    with Recording(tmp_path / "run.h5") as recording:
        assert {*OWN} <= {*recording.attributes}
