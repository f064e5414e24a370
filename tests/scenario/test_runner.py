"""Phases carry state by address; freezing freezes; runs do not depend on threads; resume keeps what is complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurosim.errors import EnvironmentFailure, InputError, ScenarioError
from neurosim.recording import Recording
from neurosim.scenario import runner
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario, serial
from neurosim.scenario.files import checked
from neurosim.scenario.identity import fingerprint
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import final_values
from neurosim.simulator import Simulator, record

BASE: dict[str, Any] = {
    "name": "test",
    "title": "test",
    "task": {"name": "linear_map", "inputs": 4, "outputs": 2, "tests": 20},
    "dtype": "float64",
    "arm": [
        {"name": "random", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "random"}},
        {"name": "tied", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied"}},
    ],
    "phase": [{"trials": 40}],
    "record": {"nse": 20, "input_to_hidden.weights": 20, "error_to_feedback.weights": 40},
}


def scenario(**changes: Any) -> Scenario:
    return checked({**BASE, **changes}, "test")


def recorded(out: Path, arm: str, address: str, seed: int = 0) -> np.ndarray:
    with Recording(out / arm / f"seed_{seed}.h5") as recording:
        return recording[address].values


def test_an_arm_is_what_the_simulator_does_by_itself(tmp_path: Path) -> None:
    made = scenario()
    run_scenario(made, Plan(tmp_path / "a"))
    simulator = Simulator(made.circuit(made.arm[0], made.phase[0]), seed=0, dtype="float64")
    with record(tmp_path / "b.h5", {"nse": 20}) as into:
        simulator.train(made.task_of(made.arm[0]), 40, into=into)
    with Recording(tmp_path / "b.h5") as recording:
        np.testing.assert_array_equal(recording["nse"].values, recorded(tmp_path / "a", "random", "nse"))


def test_what_an_arm_does_not_have_is_left_out_of_its_recording(tmp_path: Path) -> None:
    shallow = {"name": "shallow", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "none"}}
    paths = run_scenario(scenario(arm=[BASE["arm"][0], shallow]), Plan(tmp_path))
    held = [set(Recording(path).addresses) for path in paths]
    assert held[0] - held[1] == {"error_to_feedback.weights"}


def test_phases_continue_where_the_last_one_ended(tmp_path: Path) -> None:
    run_scenario(scenario(), Plan(tmp_path / "one"))
    run_scenario(scenario(phase=[{"trials": 20}, {"trials": 20}]), Plan(tmp_path / "two"))
    for address in ("nse", "input_to_hidden.weights"):
        np.testing.assert_array_equal(
            recorded(tmp_path / "one", "random", address), recorded(tmp_path / "two", "random", address)
        )


def test_a_phase_may_change_the_circuit_and_freeze_projections(tmp_path: Path) -> None:
    tied = BASE["arm"][1]["circuit"]
    phases = [{"trials": 20}, {"trials": 20, "circuit": tied, "freeze": ["input_to_hidden", "hidden"]}]
    run_scenario(scenario(phase=phases), Plan(tmp_path))
    weights = recorded(tmp_path, "random", "input_to_hidden.weights")
    assert (weights[1] != weights[0]).any()
    np.testing.assert_array_equal(weights[2], weights[1])
    nse = recorded(tmp_path, "random", "nse")
    assert nse[2] != nse[1]


def test_threads_change_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial, "SYNAPSES_WORTH_A_THREAD", 0)
    for threads in (1, 3):
        run_scenario(scenario(seeds=2), Plan(tmp_path / str(threads), threads=threads))
    for arm in ("random", "tied"):
        for seed in (0, 1):
            first, second = (recorded(tmp_path / t, arm, "input_to_hidden.weights", seed) for t in ("1", "3"))
            np.testing.assert_array_equal(first, second)


def test_progress_adds_up(tmp_path: Path) -> None:
    told: list[int] = []
    made = scenario(seeds=2)
    run_scenario(made, Plan(tmp_path, progress=told.append))
    assert sum(told) == 2 * 2 * made.trials(made.arm[0])


def test_final_values_are_the_last_recorded_ones(tmp_path: Path) -> None:
    made = scenario(seeds=2, table=["nse"])
    values = final_values(made, run_scenario(made, Plan(tmp_path)))
    assert list(values["tied"]["nse"]) == [recorded(tmp_path, "tied", "nse", seed)[-1] for seed in (0, 1)]


def test_a_folder_that_cannot_be_made_ends_with_4(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFailure, match="cannot be made") as caught:
        run_scenario(scenario(), Plan(tmp_path / "file" / "runs"))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("change", "address", "fragment"),
    [
        ({"task": {"name": "linear_mop"}}, "task.name", "did you mean 'linear_map'"),
        ({"task": {"name": "linear_map", "inputs": 5, "outputs": 2}}, "arm.random.input.size", "has 5"),
        ({"phase": [{"trials": 3, "passes": 2}]}, "phase.0", "either trials or passes"),
        ({"phase": [{"passes": 2}]}, "phase.passes", "no passes"),
        ({"phase": [{"trials": 3, "freeze": ["hiden"]}]}, "freeze", "did you mean 'hidden'"),
        ({"record": {"hidden.angel": 3}}, "record.hidden.angel", "nothing to record"),
        ({"record": {"nse": 0}}, "record.nse", "at least 1"),
        ({"figure": [{"name": "learning_curves"}]}, "figure.0.name", "did you mean 'learning_curve'"),
        ({"figure": [{"name": "learning_curve", "quantty": "nse"}]}, "figure.0.quantty", "did you mean 'quantity'"),
        ({"claim": [{"check": "valeu"}]}, "claim.0.check", "did you mean 'value'"),
        ({"claim": [{"check": "value", "arm": "randon", "quantity": "nse"}]}, "claim.0.arm", "did you mean 'random'"),
        ({"claim": [{"check": "value", "arm": "random", "quantity": "mse"}]}, "claim.0.quantity", "did you mean 'nse'"),
        ({"arm": [*BASE["arm"], BASE["arm"][0]]}, "arm.random", "a second arm"),
        ({"arm": [{"name": "a", "circuit": {"family": "layred", "sizes": [4, 2]}}]}, "family", "did you mean 'layered'"),
        ({"arm": [{"name": "a", "circuit": {"family": "layered", "size": [4, 2]}}]}, "size", "did you mean 'sizes'"),
        ({"seeds": -1}, "seeds", "found -1"),
        ({"dtype": "float16"}, "dtype", "float32"),
    ],
)
def test_every_problem_has_its_address(change: dict[str, Any], address: str, fragment: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(**change)
    told = [str(problem) for problem in caught.value.problems]
    assert any(address in line and fragment in line for line in told), told


def test_unknown_arm() -> None:
    with pytest.raises(InputError, match="did you mean 'random'"):
        runner.chosen_arms(scenario(), ["randon"])


@pytest.mark.parametrize(("name", "wanted"), [("r*", ["random"]), ("*", ["random", "tied"]), ("tied", ["tied"])])
def test_arms_by_a_pattern(name: str, wanted: list[str]) -> None:
    assert [arm.name for arm in runner.chosen_arms(scenario(), [name])] == wanted


def test_a_pattern_that_no_arm_fits() -> None:
    with pytest.raises(InputError, match=r"tiny_\*: no such arm"):
        runner.chosen_arms(scenario(), ["tiny_*"])


def test_what_the_command_line_changes_comes_last() -> None:
    own = {**BASE["arm"][0], "set": {"hidden.size": 5, "feedback.size": 5}}
    made = scenario(arm=[own])
    changed = checked(runner.with_changes(made, {"hidden.size": 7, "feedback.size": 7}), "test")
    assert changed.circuit(changed.arm[0], changed.phase[0]).populations["hidden"].size == 7


def test_the_interval_of_an_address_with_dots_can_be_changed() -> None:
    changed = checked(runner.with_changes(scenario(), {"record.hidden.angle": 10}), "test")
    assert changed.record["hidden.angle"] == 10


def test_the_fingerprint_knows_backend_circuit_and_formulas() -> None:
    made = scenario()
    other = scenario(set={"*.plasticity.eta": 0.1})
    prints = {
        fingerprint(made, made.arm[0]), fingerprint(made, made.arm[0], "reference"),
        fingerprint(made, made.arm[1]), fingerprint(other, other.arm[0]),
    }  # fmt: skip
    assert len(prints) == 4
    assert fingerprint(made, made.arm[0]) == fingerprint(scenario(), scenario().arm[0])


def test_an_interrupted_run_stops_all_its_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial, "SYNAPSES_WORTH_A_THREAD", 0)
    told: list[int] = []

    def interrupt(trials: int) -> None:
        told.extend([trials] if trials else [])  # a run that begins tells 0, before its recording is there
        if len(told) == 3:
            raise KeyboardInterrupt

    made = scenario(seeds=20, phase=[{"trials": 4000}])
    with pytest.raises(KeyboardInterrupt):
        run_scenario(made, Plan(tmp_path, threads=2, progress=interrupt))
    statuses = [Recording(path).status for path in tmp_path.rglob("*.h5")]
    assert statuses.count("complete") < 20
    assert "interrupted" in statuses


@pytest.mark.parametrize(
    ("change", "address", "fragment"),
    [
        ({"table": ["input_to_hidden.weights"]}, "table.0", "one number"),
        ({"phase": [{"trials": 40, "batch": 7}]}, "record.nse", "multiple of the batch"),
        ({"figure": [{"name": "learning_curve", "quantity": "nze"}]}, "figure.0.quantity", "did you mean 'nse'"),
        ({"figure": [{"name": "weight_trajectory", "address": "x.weights"}]}, "figure.0.address", "not recorded"),
        ({"figure": [{"name": "panels", "quantities": ["nse", "nze"]}]}, "figure.0.quantities.1", "did you mean 'nse'"),
        ({"figure": [{"name": "forward_against_feedback", "forward": "x.weights"}]}, "figure.0.forward", "not recorded"),
        (
            {"claim": [{"check": "difference", "arms": ["random"], "quantity": "nse", "within": 1.0}]},
            "claim.0.arms",
            "at least 2",
        ),
        ({"set": {"feed*.siz": 3}}, "set.feed*.siz", "changes nothing"),
    ],
)
def test_what_would_fail_late_is_told_early(change: dict[str, Any], address: str, fragment: str) -> None:
    test_every_problem_has_its_address(change, address, fragment)


def test_phases_of_an_arms_own(tmp_path: Path) -> None:
    """A then W, twice, in one arm; both together in the other."""
    first, second = BASE["arm"]
    alternating = {
        **first,
        "repeat": 2,
        "phase": [
            {"trials": 10, "freeze": ["hidden_to_output", "output"]},
            {"trials": 20, "freeze": ["input_to_hidden", "hidden"]},
        ],
    }
    made = scenario(arm=[alternating, second], record={"input_to_hidden.weights": 10, "hidden_to_output.weights": 10})
    assert [made.trials(arm) for arm in made.arm] == [60, 40]
    paths = run_scenario(made, Plan(tmp_path))
    recording = Recording(paths[0])
    changes = {
        name: [bool(np.any(step)) for step in np.diff(recording[f"{name}.weights"].values, axis=0)]
        for name in ("input_to_hidden", "hidden_to_output")
    }
    assert changes["input_to_hidden"] == [True, False, False] * 2
    assert changes["hidden_to_output"] == [False, True, True] * 2
    phases = json.loads(str(recording.attributes["phases"]))
    assert [(p["first"], p["last"], p["frozen"][0]) for p in phases] == [
        (0, 10, "hidden_to_output"),
        (10, 30, "input_to_hidden"),
        (30, 40, "hidden_to_output"),
        (40, 60, "input_to_hidden"),
    ]
    assert len(Recording(paths[1])["input_to_hidden.weights"].trials) == 5


def test_that_an_arm_without_any_phase_is_told() -> None:
    with pytest.raises(ScenarioError, match=r"arm.random.phase: expected a phase"):
        scenario(phase=[])


def test_a_target_for_each_run(tmp_path: Path) -> None:
    made = scenario(seeds=2, first_seed=7, task={**BASE["task"], "seed": "run"}, arm=BASE["arm"][:1])
    paths = run_scenario(made, Plan(tmp_path))
    for seed, path in zip((7, 8), paths, strict=True):
        fixed = scenario(seeds=1, first_seed=seed, task={**BASE["task"], "seed": seed}, arm=BASE["arm"][:1])
        (alone,) = run_scenario(fixed, Plan(tmp_path / str(seed)))
        np.testing.assert_array_equal(Recording(path)["nse"].values, Recording(alone)["nse"].values)
    assert made.task_of(made.arm[0], 7) != made.task_of(made.arm[0], 8)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"phase": [{"trials": 50}, {"trials": 40, "batch": 20}]},
            r"phase\.1: expected to begin at a multiple of its batch",
        ),
        ({"arm": [{**BASE["arm"][0], "phase": [{"trials": 40, "frezze": ["input_to_hidden"]}]}]}, "did you mean 'freeze'"),
        ({"arm": [{**BASE["arm"][0], "task": {"inpts": 4}}]}, "arm.random.task.inpts: unknown key"),
        ({"task": {**BASE["task"], "patterns": "bases"}}, "task.patterns: .*did you mean 'basis'"),
        ({"task": {**BASE["task"], "seed": "runn"}}, "task.seed: .*another one for every run; did you mean 'run'"),
    ],
)
def test_what_is_wrong_with_phases_and_tasks_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError, match=told):
        scenario(**{"record": {"nse": 20}, **changes})


def test_that_recording_more_often_changes_nothing_in_batches(tmp_path: Path) -> None:
    phases = [{"trials": 40}, {"trials": 80, "batch": 20}]
    for name, interval in (("often", 20), ("seldom", 60)):
        run_scenario(scenario(phase=phases, record={"input_to_hidden.weights": interval}), Plan(tmp_path / name))
    often, seldom = (recorded(tmp_path / name, "random", "input_to_hidden.weights") for name in ("often", "seldom"))
    np.testing.assert_array_equal(often[::3], seldom)


def test_what_only_a_later_phase_has_is_recorded_too(tmp_path: Path) -> None:
    family = BASE["arm"][0]["circuit"]
    arm = {"name": "a", "circuit": {**family, "feedback": "none"}, "phase": [{"trials": 20}, {"trials": 20, "circuit": family}]}
    (path,) = run_scenario(scenario(arm=[arm], record={"feedback.rate": 20}), Plan(tmp_path))
    rates = Recording(path)["feedback.rate"].values
    assert np.isnan(rates[0]).all()
    assert np.isfinite(rates[1:]).all()


def test_that_an_edited_source_is_another_experiment(tmp_path: Path) -> None:
    """Initial weights, tasks and metrics, and not their docstrings alone."""
    from neurosim.registry import extend

    text = "import numpy as np\nimport neurosim as ns\n@ns.weights()\ndef edited(random, shape):\n    '''{}'''\n    return {}\n"
    keys = []
    for doc, code in (("a", "np.zeros(shape)"), ("b", "np.zeros(shape)"), ("b", "np.ones(shape)")):
        path = tmp_path / f"own_{doc}_{code[3:7]}.py"
        path.write_text(text.format(doc, code), encoding="utf-8")
        extend(path)
        made = scenario(set={"input_to_hidden.weights": "edited"})
        keys.append(fingerprint(made, made.arm[0]))
    assert keys[0] == keys[1] != keys[2]


def test_that_arms_can_be_changed_by_name() -> None:
    base = scenario(arm=[{**BASE["arm"][0], "phase": [{"trials": 20}]}])
    changed = checked(runner.with_changes(base, {"arm.random.phase.0.trials": 60}), "test")
    assert changed.trials(changed.arm[0]) == 60
    with pytest.raises(InputError, match="no such place"):
        runner.with_changes(base, {"arm.randm.phase.0.trials": 60})


@pytest.mark.parametrize("kind", [InputError, MemoryError, KeyboardInterrupt])
def test_what_ends_before_anything_is_written_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise kind("no")

    monkeypatch.setattr(runner, "_run", refuse)
    with pytest.raises(kind):
        run_scenario(scenario(), Plan(tmp_path / "a" / "b"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    with pytest.raises(kind):
        run_scenario(scenario(), Plan(tmp_path / "a" / "b"))
    assert list(tmp_path.rglob("*")) == [tmp_path / "a"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": "../x"}, "name: expected a name of a folder: at most 200 printable letters, no / and no"),
        ({"name": "a\\b"}, "expected a name of a folder"),
        ({"name": ".."}, "expected a name of a folder"),
        ({"name": "x" * 201}, "expected a name of a folder"),
        ({"title": "a\0"}, "title: expected a text without zero characters"),
        ({"arm": [{**BASE["arm"][0], "label": "\0"}]}, "arm.0.label: expected a text without zero characters"),
        ({"seeds": 10**9}, "seeds: expected at most 1,000,000, found 1000000000"),
        ({"first_seed": 10**30}, "first_seed: expected at most 9,007,199,254,740,992"),
        ({"phase": [{"trials": 10**13}]}, "phase.0.trials: expected at most 1,000,000,000,000, found"),
        (
            {"phase": [{"trials": 10**12}] * 2, "record": {"nse": 10**9}},
            "phase: expected at most 1,000,000,000,000 trials in a run",
        ),
        ({"phase": [{"trials": 10**8}]}, "record.nse: expected at most 1,000,000 moments, found 5,000,001"),
        ({"arm": [{**BASE["arm"][0], "repeat": 10**6}]}, "arm.0.repeat: expected at most 10,000, found 1000000"),
        ({"arm": [{**BASE["arm"][0], "circuit": {"family": "layered", "sizes": [2] * 300, "feedback": "tied"}}]}, "at most 200"),
        ({"claim": [{"check": "order", "arms": 3, "quantity": "nse"}]}, "claim.0.arms: expected a list, found 3"),
        ({"changes": 3}, "changes: expected a table, found 3"),
        ({"set": {"hidden.size": 10**400}}, "arm.random.hidden.size: expected at most 1,000,000,000"),
        ({"set": {"input_to_hidden.weights": {"kind": "uniform", "bound": 1e308}}}, "weights.bound: expected at most 1e+30"),
    ],
)
def test_what_no_run_can_bear_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(**change)
    assert told in str(caught.value)


def test_large_circuits_are_checked_without_making_them() -> None:
    """To say that weights can be recorded, none need be drawn."""
    sizes = [1_000_000, 100_000, 2]
    arm = {"name": "large", "circuit": {"family": "layered", "sizes": sizes, "feedback": "random"}}
    task = {"name": "linear_map", "inputs": sizes[0], "outputs": 2}
    assert scenario(arm=[arm], task=task).record["input_to_hidden.weights"] == 20
    with pytest.raises(ScenarioError, match="joins 10,000,000 neurons to 1,000,000; expected at most 1,000,000,000,000 pairs"):
        scenario(arm=[{**arm, "set": {"hidden.size": 10**6, "feedback.size": 10**6, "input.size": 10**7}}], task=task)


def test_a_change_of_no_key_is_told_once() -> None:
    with pytest.raises(InputError, match=r"--set: seds: expected a key of the scenario, or .*; did you mean 'seeds'"):
        runner.with_changes(scenario(), {"seds": 3})
    with pytest.raises(ScenarioError, match="changes: expected a table"):
        checked(runner.with_changes(scenario(), {"changes": 3}), "test")


def test_arms_and_phases_that_have_the_same_circuit_share_it() -> None:
    made = scenario(phase=[{"trials": 20}, {"trials": 20}, {"trials": 20, "freeze": ["hidden"]}])
    first, second, third = (made.circuit(made.arm[0], phase) for phase in made.phases(made.arm[0]))
    assert first is second
    assert first != third
    assert made.circuit(made.arm[1], made.phases(made.arm[1])[0]) != first
