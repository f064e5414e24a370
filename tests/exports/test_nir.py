"""NIR, read back by nir: every bit of the weights, and what the graph computes against what the simulator computes."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from exports.runs import CIRCUIT, run
from hypothesis import HealthCheck, assume, given, settings
from oracles import circuits

import neurosim as ns
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_json
from neurosim.circuit.validate import validate
from neurosim.errors import DataError, InputError
from neurosim.exports import export
from neurosim.models.transfer import TRANSFERS
from neurosim.recording import Quantity, Recording, Writer
from neurosim.simulator import Simulator, record

nir = pytest.importorskip("nir")


def computed(graph: object, rates: np.ndarray) -> dict[str, np.ndarray]:
    """What each node makes of the rates of the only Input: the sum of what arrives, y = W x + b, its transfer function."""
    order = nx.DiGraph(graph.edges)  # type: ignore[attr-defined]
    made: dict[str, np.ndarray] = {}
    for name in nx.topological_sort(order):
        node, before = graph.nodes[name], list(order.predecessors(name))  # type: ignore[attr-defined]
        if isinstance(node, nir.Input):
            made[name] = np.asarray(rates, np.float64)
            continue
        arriving = sum(made[other] for other in before)
        if isinstance(node, nir.Output):
            made[name] = arriving
            continue
        assert type(node) in (nir.Linear, nir.Affine)
        drive = arriving @ np.asarray(node.weight, np.float64).T + np.asarray(getattr(node, "bias", 0.0), np.float64)
        told = json.loads(node.metadata["transfer"]) if "transfer" in node.metadata else {"function": "linear"}
        made[name] = _through(told, drive)
    return made


def _through(told: dict[str, object], drive: np.ndarray) -> np.ndarray:
    value = TRANSFERS[told.pop("function")].value  # type: ignore[index]
    return np.array([value(float(u), **told) for u in drive.ravel()]).reshape(drive.shape)


def exported(path: Path, circuit: Circuit | str, **options: object) -> tuple[object, tuple[str, ...]]:
    done = export(circuit, "nir", path / "circuit.nir", force=True, **options)
    return nir.read(done.path), done.remarks


def test_the_weights_are_those_that_a_run_begins_with_bit_for_bit(tmp_path: Path) -> None:
    graph, _ = exported(tmp_path, "feedback_alignment", seed=3)
    assert graph.edges == [
        ("input", "input_to_hidden"),
        ("input_to_hidden", "hidden_to_output"),
        ("hidden_to_output", "output"),
    ]
    assert {name: type(node).__name__ for name, node in graph.nodes.items()} == {
        "input": "Input",
        "output": "Output",
        "input_to_hidden": "Affine",
        "hidden_to_output": "Affine",
    }
    state = Simulator(ns.load_circuit("feedback_alignment"), seed=3, backend="reference").state
    for name, owner in (("input_to_hidden", "hidden"), ("hidden_to_output", "output")):
        node = graph.nodes[name]
        assert node.weight.dtype == node.bias.dtype == np.float32
        assert node.weight.tobytes() == np.ascontiguousarray(state[f"{name}.weights"]).tobytes()
        assert node.bias.tobytes() == state[f"{owner}.bias"].tobytes()
    assert json.loads(graph.nodes["input_to_hidden"].metadata["transfer"]) == {"function": "tanh"}
    assert int(graph.metadata["seed"]) == 3
    assert from_json(graph.metadata["circuit"]) == ns.load_circuit("feedback_alignment")
    assert graph.nodes["input"].input_type["input"].tolist() == [30]
    assert graph.nodes["output"].output_type["output"].tolist() == [10]


def test_another_seed_has_other_weights_and_none_is_zero(tmp_path: Path) -> None:
    weights = [
        exported(tmp_path, CIRCUIT, **given)[0].nodes["input_to_hidden"].weight for given in ({"seed": 1}, {"seed": 0}, {})
    ]
    assert (weights[0] != weights[1]).all()
    assert (weights[1] == weights[2]).all()


def test_all_that_nir_cannot_tell_is_named(tmp_path: Path) -> None:
    assert exported(tmp_path, "feedback_alignment")[1] == (
        "left out, transfer functions: tanh of hidden",
        "left out, plasticity: delta of input_to_hidden, delta of hidden_to_output, delta of hidden.bias, delta of output.bias",
        "left out, modulatory projections: error_to_output, feedback_to_hidden",
        "left out, gates: output_gates_error",
        "left out, other projections: target_to_error, output_to_error, error_to_loss, error_to_feedback",
        "left out, populations: target, error, loss, feedback",
    )
    assert "left out, exploration: hidden" in exported(tmp_path, "reinforcement")[1]
    bare = ns.layered([3, 2], feedback="none", bias=False).replace({"*.plasticity": "fixed"})
    for teaching in ("target", "error", "loss"):
        assert any(teaching in remark for remark in exported(tmp_path, bare)[1])


@given(circuit=circuits())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_the_graph_computes_what_the_simulator_computes(tmp_path: Path, circuit: Circuit) -> None:
    """With the transfer functions of the metadata; a circuit whose forward rates are gated is said to lose that."""
    forward = [name for name, population in circuit.populations.items() if population.role in ("hidden", "output")]
    gated = any(p.receptor == "gate" and p.post in forward for p in circuit.projections.values())
    other = any(
        p.post in forward and p.receptor == "drive" and p.signal != "rate" for p in validate(circuit).projections.values()
    )
    graph, remarks = exported(tmp_path, circuit, seed=5)
    assert any(remark.startswith("left out, gates") for remark in remarks) >= gated
    assume(not gated and not other)
    simulator = Simulator(circuit, seed=5, backend="reference")
    random = np.random.default_rng(1)
    (source,), (end,) = circuit.of_role("input"), circuit.of_role("output")
    inputs = random.standard_normal((3, source.size)).astype(np.float32)
    targets = np.zeros((3, circuit.of_role("target")[0].size), np.float32)
    wanted = simulator.evaluate(inputs, targets, f"{end.name}.rate")[f"{end.name}.rate"]
    np.testing.assert_allclose(computed(graph, inputs)[end.name], wanted, rtol=2e-4, atol=2e-5)


def bypassed() -> Circuit:
    """A diamond with a bypass, projections one to one and in a pattern, a dead end, and weights tied within the path."""
    circuit = Circuit("diamond")
    circuit.population("input", 4, role="input")
    circuit.population("left", 4, bias={"weights": {"kind": "normal", "sd": 0.3}})
    circuit.population("right", 3, transfer="tanh")
    circuit.population("aside", 2)
    circuit.population("output", 4, role="output", bias={"weights": {"kind": "normal", "sd": 0.3}})
    circuit.project("input", "left", connector="one_to_one", weights={"kind": "normal", "sd": 1.0})
    circuit.project("input", "right", weights={"kind": "normal", "sd": 1.0})
    circuit.project("input", "aside", weights="constant")
    circuit.project("right", "left", weights={"kind": "tied", "to": "input_to_right"})
    circuit.project("left", "output", connector={"kind": "fixed_probability", "probability": 0.1}, weights="constant")
    circuit.project("right", "output", weights={"kind": "normal", "sd": 1.0})
    circuit.project("input", "output", connector="one_to_one")
    return circuit


def test_sums_diagonals_patterns_and_ties(tmp_path: Path) -> None:
    graph, remarks = exported(tmp_path, bypassed(), seed=2)
    assert remarks == (
        "left out, transfer functions: tanh of right",
        "left out, other projections: input_to_aside",
        "left out, populations: aside",
    )
    assert graph.nodes["left.drive"].weight.tolist() == np.eye(4).tolist()
    assert graph.nodes["right_to_left"].weight.tolist() == graph.nodes["input_to_right"].weight.T.tolist()
    assert np.count_nonzero(graph.nodes["input_to_left"].weight) == 4
    assert {type(node).__name__ for node in graph.nodes.values()} == {"Input", "Output", "Linear", "Affine"}
    inputs = np.random.default_rng(3).standard_normal((5, 4)).astype(np.float32)
    simulator = Simulator(bypassed(), seed=2, backend="reference")
    wanted = simulator.evaluate(inputs, np.zeros((5, 1), np.float32), ("output.rate", "left.rate"))
    made = computed(graph, inputs)
    np.testing.assert_allclose(made["output"], wanted["output.rate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(made["left.drive"], wanted["left.rate"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_of_a_recording_the_last_weights_bit_for_bit(tmp_path: Path, dtype: str) -> None:
    simulator = run(tmp_path / "run.h5", dtype=dtype)
    done = export(tmp_path / "run.h5", "nir")
    graph = nir.read(done.path)
    first = exported(tmp_path, CIRCUIT, seed=7)[0]
    for name, owner in (("input_to_hidden", "hidden"), ("hidden_to_output", "output")):
        assert graph.nodes[name].weight.dtype == np.dtype(dtype)
        assert graph.nodes[name].weight.tobytes() == np.ascontiguousarray(simulator.state[f"{name}.weights"]).tobytes()
        assert graph.nodes[name].bias.tobytes() == simulator.state[f"{owner}.bias"].tobytes()
        assert (graph.nodes[name].weight != first.nodes[name].weight).any()
    assert (int(graph.metadata["trial"]), int(graph.metadata["seed"])) == (42, 7)
    assert not [remark for remark in done.remarks if not remark.startswith("left out")]


def test_of_an_unfinished_recording_the_last_trial_that_has_all(tmp_path: Path) -> None:
    run(tmp_path / "whole.h5")
    with Recording(tmp_path / "whole.h5") as whole:
        quantities = [whole.quantity(address) for address in whole]
        writer = Writer(tmp_path / "run.h5", quantities, {"circuit": whole.attributes["circuit"], "seed": 7})
        for quantity in quantities:
            series = whole[quantity.address]
            for trial, values in zip(series.trials.tolist(), series.values, strict=True):
                writer.write(quantity.address, trial, values)
        writer.commit(30)
        done = export(tmp_path / "run.h5", "nir")
        graph = nir.read(done.path)
        assert int(graph.metadata["trial"]) == 20
        assert done.remarks[0].endswith("is running: exported up to trial 30")
        for name in ("input_to_hidden", "hidden_to_output"):
            series = whole[f"{name}.weights"]
            wanted = series.values[series.trials.tolist().index(20)]
            assert graph.nodes[name].weight.tobytes() == wanted.tobytes()
        writer.close()


def test_what_was_learned_must_be_recorded(tmp_path: Path) -> None:
    run(tmp_path / "run.h5", {"nse": 10, "input_to_hidden.weights": 10, "hidden.bias": 20})
    with pytest.raises(DataError) as caught:
        export(tmp_path / "run.h5", "nir")
    told = "is learned and not recorded, so its last values are not known; record it"
    assert [str(problem) for problem in caught.value.problems] == [f"hidden_to_output.weights: {told}", f"output.bias: {told}"]
    assert not (tmp_path / "run.nir").exists()


def test_what_never_changes_need_not_be_and_that_is_said(tmp_path: Path) -> None:
    circuit = CIRCUIT.replace({"input_to_hidden.plasticity": "fixed", "hidden.bias": "none", "output.bias": "none"})
    simulator = run(tmp_path / "run.h5", {"hidden_to_output.weights": 10}, circuit)
    done = export(tmp_path / "run.h5", "nir")
    graph = nir.read(done.path)
    assert done.remarks[0] == "never changes and is not recorded; drawn for seed 7: input_to_hidden.weights"
    for name in ("input_to_hidden", "hidden_to_output"):
        assert graph.nodes[name].weight.tobytes() == np.ascontiguousarray(simulator.state[f"{name}.weights"]).tobytes()
    run(tmp_path / "phases.h5", {"hidden_to_output.weights": 10}, circuit, phases=json.dumps([{}, {}]))
    with pytest.raises(DataError, match=r"input_to_hidden\.weights: is learned and not recorded"):
        export(tmp_path / "phases.h5", "nir")  # a later phase may have learned it


def test_tied_weights_follow_from_those_that_were_recorded(tmp_path: Path) -> None:
    circuit = ns.layered([4, 3, 2], feedback="random", bias=False)
    circuit.population("again", 4, role="output")
    circuit.project("hidden", "again", weights={"kind": "tied", "to": "input_to_hidden"})
    circuit = circuit.replace({"output.role": "hidden", "error_to_output.receptor": "modulatory"})
    assert circuit.of_role("output")[0].name == "again"
    values = {"input_to_hidden.weights": (3, 4)}
    with Writer(
        tmp_path / "run.h5",
        [Quantity(address, (0, 9), (("post", shape[0]), ("pre", shape[1]))) for address, shape in values.items()],
        {"circuit": _json(circuit), "seed": 1},
    ) as writer:
        writer.write("input_to_hidden.weights", 9, np.arange(12).reshape(3, 4))
    graph = nir.read(export(tmp_path / "run.h5", "nir").path)
    assert graph.nodes["input_to_hidden"].weight.tolist() == np.arange(12).reshape(3, 4).tolist()
    assert graph.nodes["hidden_to_again"].weight.tolist() == np.arange(12).reshape(3, 4).T.tolist()


def _json(circuit: Circuit) -> str:
    from neurosim.circuit.exchange import to_json

    return to_json(circuit)


def test_recordings_that_cannot_be_told_in_nir(tmp_path: Path) -> None:
    with record(tmp_path / "run.h5", {"input_to_hidden.weights": 10, "hidden_to_output.weights": 10}) as recording:
        circuit = CIRCUIT.replace({"*.bias": "none"})
        Simulator(circuit, seed=1, backend="reference").train(ns.tasks.LinearMap(4, 2), 20, into=recording)
    with pytest.raises(InputError, match="nir: seed: is for circuits; a recording has its own seed and weights"):
        export(tmp_path / "run.h5", "nir", seed=1)
    with pytest.raises(InputError, match=r"nir\.seed: expected at least 0"):
        export("shallow", "nir", tmp_path / "x.nir", seed=-1)
    with Writer(tmp_path / "plain.h5", [Quantity("x", (0,))]) as writer:
        writer.write("x", 0, 1.0)
    with pytest.raises(DataError, match="does not tell its circuit"):
        export(tmp_path / "plain.h5", "nir")
    values = {"input_to_hidden.weights": (3, 4), "hidden_to_output.weights": (2, 3)}
    trials = {"input_to_hidden.weights": (0, 8), "hidden_to_output.weights": (5,)}
    for name, when in (("apart", trials), ("unfilled", dict.fromkeys(trials, (0, 8)))):
        quantities = [Quantity(a, when[a], tuple(zip(("post", "pre"), shape, strict=True))) for a, shape in values.items()]
        with Writer(tmp_path / f"{name}.h5", quantities, {"circuit": _json(circuit)}) as writer:
            writer.commit(8)
    with pytest.raises(DataError, match="there is no trial at which all of input_to_hidden"):
        export(tmp_path / "apart.h5", "nir")
    with pytest.raises(DataError, match=r"input_to_hidden\.weights at trial 8 holds something that is not a number"):
        export(tmp_path / "unfilled.h5", "nir")


def test_a_circuit_without_a_way_through_is_refused(tmp_path: Path) -> None:
    circuit = Circuit("blind")
    circuit.population("input", 2, role="input")
    circuit.population("output", 2, role="output", bias={})
    with pytest.raises(InputError, match="circuit 'blind': no rate travels from an input to an output"):
        export(circuit, "nir", tmp_path / "x.nir")


def test_signals_other_than_rates_are_no_forward_path(tmp_path: Path) -> None:
    circuit = Circuit("drives")
    circuit.population("input", 2, role="input")
    circuit.population("hidden", 3, transfer="tanh")
    circuit.population("output", 2, role="output")
    circuit.project("input", "hidden", weights={"kind": "normal", "sd": 1.0})
    circuit.project("hidden", "output", name="ascending", signal="drive", weights={"kind": "normal", "sd": 1.0})
    with pytest.raises(InputError, match="no rate travels from an input to an output"):
        exported(tmp_path, circuit)
    circuit.project("hidden", "output", weights={"kind": "normal", "sd": 1.0})
    graph, remarks = exported(tmp_path, circuit)
    assert "ascending" not in graph.nodes
    assert "left out, other projections: ascending" in remarks
