"""Seeds side by side end with the bits that each has alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from oracles import bits, given_rows

import neurosim.simulator.ensemble
from neurosim.circuit.layered import layered
from neurosim.errors import InputError, RunError
from neurosim.recording import Recording
from neurosim.simulator import Ensemble, Simulator, record
from neurosim.tasks import LinearMap

TASK = LinearMap(6, 3)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("feedback", ["random", "tied", "broadcast"])
def test_that_members_are_what_they_are_alone(feedback: str, batch: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.simulator.ensemble, "WORK_WORTH_A_THREAD", 0)
    circuit = layered([6, 5, 3], feedback=feedback, eta=0.01, noise=0.1)
    together = Ensemble(circuit, seeds=[3, 1, 7, 2], threads=threads)
    together.train(TASK, trials=30, batch=batch)
    together.train(TASK, trials=1500, batch=batch)
    for member in together:
        alone = Simulator(circuit, seed=member.seed)
        alone.train(TASK, trials=30, batch=batch)
        alone.train(TASK, trials=1500, batch=batch)
        assert bits(member) == bits(alone)
    assert bits(together[0]) != bits(together[1])


def test_that_threads_really_run_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.simulator.ensemble, "WORK_WORTH_A_THREAD", 0)
    asked = []
    real = neurosim.simulator.ensemble.side_by_side

    def watched(pieces, threads):
        asked.append((len(pieces), threads))
        return real(pieces, threads)

    monkeypatch.setattr(neurosim.simulator.ensemble, "side_by_side", watched)
    Ensemble(layered([6, 5, 3], feedback="random"), seeds=range(5), threads=2).train(TASK, trials=10)
    assert asked == [(5, 2)]


def test_that_each_member_is_recorded_as_it_would_be_alone(tmp_path: Path) -> None:
    circuit = layered([6, 5, 3], feedback="random", eta=0.01)
    what = {"loss": 7, "hidden.rate": 10}
    together = Ensemble(circuit, seeds=[1, 2])
    with record(tmp_path / "a.h5", what) as a, record(tmp_path / "b.h5", what) as b:
        together.train(TASK, trials=50, into=[a, b])
    for seed, name in ((1, "a"), (2, "b")):
        with record(tmp_path / f"{name}_alone.h5", what) as alone:
            Simulator(circuit, seed=seed).train(TASK, trials=50, into=alone)
        with Recording(tmp_path / f"{name}.h5") as found, Recording(tmp_path / f"{name}_alone.h5") as wanted:
            for address in what:
                np.testing.assert_array_equal(found[address].values, wanted[address].values)
                np.testing.assert_array_equal(found[address].trials, wanted[address].trials)


def test_that_a_blow_up_names_its_seed() -> None:
    circuit = layered([6, 5, 3], feedback="random", eta=1e30)
    with pytest.raises(RunError, match=r"\(seed 4\)"):
        Ensemble(circuit, seeds=[4, 5]).train(given_rows(6, 3, 9), trials=20)


def test_what_an_ensemble_refuses() -> None:
    circuit = layered([6, 5, 3], feedback="random")
    with pytest.raises(InputError, match="different numbers"):
        Ensemble(circuit, seeds=[1, 1])
    with pytest.raises(InputError, match="different numbers"):
        Ensemble(circuit, seeds=[])
    pair = Ensemble(circuit, seeds=[1, 2])
    with pytest.raises(InputError, match="each of the 2 members, found 1"):
        pair.train(TASK, trials=5, into=[record("never.h5", {"loss": 1})])
    pair[0].train(TASK, trials=3)
    with pytest.raises(InputError, match="different trials"):
        pair.train(TASK, trials=5)


def test_a_task_for_each_member() -> None:
    circuit = layered([4, 3, 2], feedback="random")
    tasks = [LinearMap(4, 2, seed=seed) for seed in (5, 6)]
    together = Ensemble(circuit, [1, 2])
    together.train(tasks, trials=50)
    for member, seed, task in zip(together, (1, 2), tasks, strict=True):
        alone = Simulator(circuit, seed=seed)
        alone.train(task, trials=50)
        assert (member.state["input_to_hidden.weights"] == alone.state["input_to_hidden.weights"]).all()
    with pytest.raises(InputError, match="expected one for each of the 2 members, found 1"):
        together.train(tasks[:1], trials=50)
