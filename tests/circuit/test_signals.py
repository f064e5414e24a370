from __future__ import annotations

import os
import subprocess
import sys

import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.signals import Signals
from neurosim.models.neurons import NEURONS, PERTURBED, RECEPTORS


def signals(feedback: str, **properties) -> Signals:
    return Signals(layered([6, 5, 4, 3], feedback=feedback, **properties))


def test_which_signals_there_are() -> None:
    found = signals("random")
    assert found.variables("input") == ["rate"]
    assert found.variables("hidden1") == ["drive", "modulation", "activation", "slope", "rate", "teaching"]
    assert found.variables("feedback2") == ["drive", "gating", "activation", "slope", "rate"]
    assert "teaching" not in signals("none").variables("hidden1")


@pytest.mark.parametrize(
    "nowhere", ["nobody.rate", "hidden1.nothing", "hidden1.noise", "input.drive", "hidden1.perturbed_rate", "loss.deviation"]
)
def test_which_there_are_not(nowhere: str) -> None:
    assert not signals("random").exists(*nowhere.split("."))


def test_that_exploration_reaches_everything_downstream_and_nothing_else() -> None:
    found = signals("broadcast")
    for address in ("hidden1.rate", "hidden2.drive", "output.rate", "loss.rate", "error.drive"):
        assert found.exists(address.split(".")[0], PERTURBED + address.split(".")[1]), address
    for address in ("input.rate", "target.rate"):
        assert not found.exists(address.split(".")[0], PERTURBED + address.split(".")[1]), address
    assert found.exists("hidden1", "eligibility")
    assert found.exists("loss", "deviation")


def test_that_a_bias_alone_drives() -> None:
    circuit = Circuit()
    circuit.population("alone", 2, bias={"weights": "constant"})
    circuit.population("silent", 2)
    found = Signals(circuit)
    assert found.exists("alone", "drive")
    assert found.exists("alone", "rate")
    assert not found.exists("silent", "rate")


def test_that_a_formula_has_its_constants() -> None:
    circuit = layered([4, 3, 2], feedback="broadcast", noise=0.5, transfer={"function": "leaky", "leak": 0.25})
    found = Signals(circuit)
    assert found.formula("hidden", "activation").constants == {"leak": 0.25}
    assert found.formula("hidden", "slope").reads == {"u": "drive", "rate": "activation"}
    assert found.formula("hidden", "eligibility").constants == {"sigma": 0.5}
    assert found.formula("hidden", "rate").constants == {"gating": 1.0}
    default = Signals(layered([4, 3, 2], feedback="random", transfer="leaky"))
    assert default.formula("hidden", "slope").constants == {"leak": 0.05}


def test_what_remembers() -> None:
    found = Signals(
        layered([4, 3, 2], feedback="broadcast").replace({"loss.model": {"kind": "loss_against_mean", "time_constant": 7.0}})
    )
    assert found.formula("loss", "mean").remembers
    assert found.formula("loss", "mean").constants == {"time_constant": 7.0}
    assert not found.formula("loss", "deviation").remembers


@pytest.mark.parametrize("feedback", ["none", "random", "tied", "broadcast"])
def test_that_learning_circuits_have_no_loops_of_signals(feedback: str) -> None:
    assert signals(feedback).loops() == []


def test_that_each_loop_is_found() -> None:
    circuit = layered([6, 5, 4, 3], feedback="none")
    circuit.project("hidden1", "hidden1", weights="zeros")
    circuit.project("output", "hidden2", weights="zeros")
    loops = Signals(circuit).loops()
    assert [{address.split(".")[0] for address in loop} for loop in loops] == [{"hidden1"}, {"hidden2", "output"}]


@pytest.mark.parametrize("name", list(NEURONS))
def test_that_variables_of_every_model_can_be_told(name: str) -> None:
    model = NEURONS[name]
    circuit = Circuit()
    circuit.population("pre", 1, role="input")
    circuit.population("post", 1, model=name, noise=0.1)
    for receptor in model.receptors:
        circuit.project("pre", "post", name=receptor, receptor=receptor, weights="zeros")
    found = Signals(circuit).variables("post")
    assert "rate" in found
    assert {RECEPTORS[r] for r in model.receptors} <= set(found)
    assert set(model.formulas) <= set(found)


def test_that_a_loop_is_told_the_same_in_every_process() -> None:
    text = (
        "from neurosim.circuit.layered import layered\n"
        "from neurosim.circuit.signals import Signals\n"
        "c = layered([6, 5, 4, 3], feedback='none')\n"
        "c.project('output', 'hidden1', weights='zeros')\n"
        "print(Signals(c).loops())\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", text],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(told) == 1, told
