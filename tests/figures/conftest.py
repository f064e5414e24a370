"""Real recordings of small circuits, made once for all figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurosim.circuit.layered import layered
from neurosim.simulator import Simulator, record
from neurosim.tasks import LinearMap, Xor

ARMS = (("shallow", "none"), ("reinforcement", "broadcast"), ("feedback_alignment", "random"), ("backpropagation", "tied"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four arms, two seeds each, of a 6-4-3 circuit on a linear map."""
    folder = tmp_path_factory.mktemp("runs")
    for order, (arm, feedback) in enumerate(ARMS):
        (folder / arm).mkdir()
        for seed in (1, 2):
            simulator = Simulator(layered([6, 4, 3], feedback=feedback, name=arm), seed=seed, backend="reference")
            intervals = {"nse": 10, "loss": 10, "hidden.angle": 10, "hidden_to_output.weights": 20, "hidden.rate": 20}
            if feedback == "random":
                intervals["error_to_feedback.weights"] = 20
            told = {
                "arm": arm,
                "arm_label": arm.replace("_", " "),
                "arm_order": order,
                "scenario": "small",
                "scenario_title": "A small linear map",
            }
            with record(folder / arm / f"seed_{seed}.h5", intervals, **told) as recording:
                simulator.train(LinearMap(6, 3, seed=1), trials=40, into=recording)
    return folder


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One 2-2-1 circuit on XOR, recorded without saying which arm it is; a pass has 4 trials."""
    path = tmp_path_factory.mktemp("by_hand") / "xor.h5"
    simulator = Simulator(layered([2, 2, 1], feedback="random"), seed=3, backend="reference")
    intervals = {"mse": 4, "hidden_to_output.weights": 4, "error_to_feedback.weights": 8}
    with record(path, intervals, trials_per_pass=4) as recording:
        simulator.train(Xor(), trials=40, into=recording)
    return path


@pytest.fixture(scope="module")
def three_neurons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 1-1-1 circuit of linear neurons that learns y* = x."""
    path = tmp_path_factory.mktemp("three_neurons") / "run.h5"
    circuit = layered([1, 1, 1], feedback="random", transfer="linear", bias=False)
    simulator = Simulator(circuit, seed=1, backend="reference")
    with record(path, {"input_to_hidden.weights": 10, "hidden_to_output.weights": 20}) as recording:
        simulator.train(LinearMap(1, 1, seed=1), trials=200, into=recording)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two arms of a 16-5-2 circuit, whose inputs are images of 4 x 4 pixels."""
    folder = tmp_path_factory.mktemp("images")
    for arm, feedback in (("backpropagation", "tied"), ("feedback_alignment", "random")):
        simulator = Simulator(layered([16, 5, 2], feedback=feedback, name=arm), seed=1, backend="reference")
        with record(folder / f"{arm}.h5", {"input_to_hidden.weights": 20}, arm=arm) as recording:
            simulator.train(LinearMap(16, 2, seed=1), trials=40, into=recording)
    return folder


@pytest.fixture
def recorded(name: str, request: pytest.FixtureRequest) -> Path:
    """Real recordings that the figure of this name can show."""
    others = {"basin": "three_neurons", "flow": "three_neurons", "receptive_fields": "images"}
    return request.getfixturevalue(others.get(name, "runs"))
