"""Every engine writes the same files, whatever happens to its workers; what goes wrong reads as in the serial engine."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from contents import contents
from dask import config
from scenario.tiny import BASE, TASK, scenario

from neurosim.circuit.exchange import to_json
from neurosim.cli import main
from neurosim.errors import EnvironmentFailure, InputError, NeurosimError, RunError
from neurosim.models.plasticity import RULES
from neurosim.recording import Recording, find_recordings
from neurosim.registry import extend
from neurosim.scenario.blocks import blocks
from neurosim.scenario.engines import ENGINES, _parcel, dask, run_scenario
from neurosim.scenario.plan import Plan
from neurosim.shelf import shelf
from neurosim.tasks import TASKS

OWN = '''
import os, signal
import neurosim as ns
from pathlib import Path
from neurosim.tasks import TASKS, LinearMap


class Deadly(LinearMap):
    """A linear map that kills the process that first comes to one of its trials, and counts how often one does."""

    def __init__(self, inputs: int, outputs: int, tests: int, log: str, at: int = 1024, always: bool = False) -> None:
        super().__init__(inputs, outputs, tests=tests)
        self._log, self._at, self._always = Path(log), at, always

    def trials(self, seed, first, count):
        if first == self._at and os.getpid() != {parent}:
            with self._log.open("a") as log:
                log.write(f"{{seed}}\\n")
            if self._always or len(self._log.read_text().splitlines()) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().trials(seed, first, count)


TASKS.add("deadly", Deadly)


@ns.plasticity
def leaky(weight, pre_rate, post_teaching, eta):
    """Δw = η (δ x − w / {leak})."""
    return eta * (post_teaching * pre_rate - weight / {leak})
'''


DEADLY = """
title = "deadly"
seeds = 3
phase = [{ trials = 1100 }]
record = { nse = 100 }
task = { name = "deadly", inputs = 4, outputs = 2, tests = 20, log = "log" }
[set]
"input.size" = 4
"hidden.size" = 3
"feedback.size" = 3
"output.size" = 2
"target.size" = 2
"error.size" = 2
[[arm]]
name = "own"
circuit = "./own.toml"
[[arm]]
name = "leaky"
circuit = "./own.toml"
set = { "input_to_hidden.plasticity" = { rule = "leaky", eta = 0.01 } }
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A user's file with a task and a rule, registered here as `--with` does it."""
    path = tmp_path / "own.py"
    path.write_text(OWN.format(parent=os.getpid(), leak=10.0), encoding="utf-8")
    extend(path)
    yield path
    TASKS._things.pop("deadly")
    RULES._things.pop("leaky")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster that outlives the runs, whose workers work elsewhere."""
    from distributed import LocalCluster

    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
    try:
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL)
    finally:
        os.chdir(before)
    with cluster:
        yield cluster.scheduler_address


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """What dask logs in this process; its own handlers write to the stderr that there was when it was imported."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    for logger in loggers:
        logger.addHandler(handler)
    yield records
    for logger in loggers:
        logger.removeHandler(handler)


def test_a_killed_worker_changes_nothing(
    own: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    logged: list[logging.LogRecord],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text((shelf("circuits") / "feedback_alignment.toml").read_text(encoding="utf-8"), encoding="utf-8")
    Path("deadly.toml").write_text(DEADLY, encoding="utf-8")
    common = ["run", "deadly.toml", "--with", "own.py", "--quiet", "--threads", "2"]
    assert main([*common, "--out", "dask", "--engine", "dask"]) == 0
    assert (capfd.readouterr().err, logged) == ("", [])
    assert len(Path("log").read_text().splitlines()) == 7, "six runs, one of which was killed and run again"
    assert main([*common, "--out", "serial"]) == 0
    assert contents(tmp_path / "dask") == contents(tmp_path / "serial")
    assert len(contents(tmp_path / "dask")) == 6
    assert not [path for path in Path("dask").rglob("*.*") if path.suffix != ".h5"]


def test_a_cluster_elsewhere_gives_the_same_files_and_tells_progress(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text((shelf("circuits") / "shallow.toml").read_text(encoding="utf-8"), encoding="utf-8")
    sizes = {"input.size": 4, "hidden.size": 3, "output.size": 2, "target.size": 2, "error.size": 2}
    made = scenario(seeds=5, arm=[BASE["arm"][0], {"name": "own", "circuit": "./own.toml", "set": sizes}])
    told: list[int] = []
    plan = Plan(Path("dask"), engine="dask", scheduler=scheduler, progress=told.append)
    paths = run_scenario(made, plan)
    assert paths == [Path(str(path).replace("serial", "dask")) for path in run_scenario(made, Plan(Path("serial")))]
    assert contents(tmp_path / "dask") == contents(tmp_path / "serial")
    assert sum(told) == 10 * made.trials(made.arm[0])
    assert len(told) > 2
    stamps = [path.stat().st_mtime_ns for path in paths]
    assert run_scenario(made, replace(plan, resume=True)) == paths
    assert [path.stat().st_mtime_ns for path in paths] == stamps


def test_workers_that_live_on_take_the_rule_as_it_is_now(scheduler: str, own: Path, tmp_path: Path) -> None:
    for leak in (10.0, 1.0):
        own.write_text(OWN.format(parent=os.getpid(), leak=leak), encoding="utf-8")
        extend(own)
        arm = {"name": "tied", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied"}}
        made = scenario(arm=[{**arm, "set": {"input_to_hidden.plasticity": {"rule": "leaky", "eta": 0.01}}}], seeds=8)
        run_scenario(made, Plan(tmp_path / f"serial {leak}"))
        run_scenario(made, Plan(tmp_path / f"dask {leak}", engine="dask", scheduler=scheduler, extensions=[own]))
        assert contents(tmp_path / f"dask {leak}") == contents(tmp_path / f"serial {leak}")
    assert contents(tmp_path / "dask 10.0") != contents(tmp_path / "dask 1.0")


def test_a_blow_up_reads_as_in_the_serial_engine_and_is_not_tried_again(scheduler: str, own: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("nobody is killed\n")
    made = scenario(
        task={"name": "deadly", "inputs": 4, "outputs": 2, "tests": 20, "log": str(log), "at": 0},
        arm=BASE["arm"][:1],
        set={"*.plasticity.eta": 1e6, "hidden.transfer": "linear"},
        phase=[{"trials": 2000}],
        seeds=8,
    )
    told = []
    for plan in (Plan(tmp_path), Plan(tmp_path, engine="dask", scheduler=scheduler, extensions=[own])):
        with pytest.raises(RunError, match="blew up") as caught:
            run_scenario(made, plan)
        told.append((str(caught.value), caught.value.exit_code))
    assert told[0] == told[1]
    tried = log.read_text().splitlines()[1:]
    assert "0" in tried
    assert len(tried) == len(set(tried))


def test_of_several_blow_ups_the_first_in_order_is_told(scheduler: str, tmp_path: Path) -> None:
    late, soon = BASE["arm"][0], {**BASE["arm"][1], "set": {"*.plasticity.eta": 1e6}}
    phases = [{"trials": 100_000}, {"trials": 2000, "set": {"*.plasticity.eta": 1e6}}]
    made = scenario(arm=[late, soon], phase=phases, set={"hidden.transfer": "linear"}, record={"nse": 1000})
    told = []
    for plan in (Plan(tmp_path), Plan(tmp_path, engine="dask", scheduler=scheduler)):
        with pytest.raises(RunError) as caught:
            run_scenario(made, plan)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "after trial 10" in told[0]


def test_a_scheduler_that_goes_away_is_told_in_one_line(tmp_path: Path, logged: list[logging.LogRecord]) -> None:
    from distributed import LocalCluster

    cluster = LocalCluster(n_workers=1, processes=False, protocol="tcp", host="127.0.0.1", dashboard_address="127.0.0.1:0")
    made = scenario(seeds=8, phase=[{"trials": 20_000}])
    plan = Plan(tmp_path, engine="dask", scheduler=cluster.scheduler_address, progress=lambda trials: cluster.close())
    logged.clear()  # of the scheduler's beginning, which is here in this process
    with pytest.raises(EnvironmentFailure, match="went away; --resume goes on"):
        run_scenario(made, plan)
    assert logged == []


def test_what_the_environment_refuses_reads_as_in_the_serial_engine(scheduler: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = []
    for plan in (Plan(tmp_path / "file" / "runs"), Plan(tmp_path / "file" / "runs", engine="dask", scheduler=scheduler)):
        with pytest.raises(EnvironmentFailure) as caught:
            run_scenario(scenario(), plan)
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_an_interrupted_run_stops_its_tasks(scheduler: str, tmp_path: Path) -> None:
    def interrupt(trials: int) -> None:
        raise KeyboardInterrupt

    made = scenario(seeds=16, phase=[{"trials": 40_000}])
    plan = Plan(tmp_path / "long", engine="dask", scheduler=scheduler, progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_scenario(made, plan)
    run_scenario(scenario(), Plan(tmp_path / "short", engine="dask", scheduler=scheduler))  # the workers are free again
    statuses = [Recording(path).status for path in find_recordings(tmp_path / "long")]
    assert "interrupted" in statuses
    assert "running" not in statuses
    assert statuses.count("complete") < 32


def test_a_task_that_kills_every_worker_is_given_up(own: Path, tmp_path: Path) -> None:
    task = {"name": "deadly", "inputs": 4, "outputs": 2, "tests": 20, "log": str(tmp_path / "log"), "always": True}
    made = scenario(task=task, phase=[{"trials": 1100}], arm=BASE["arm"][:1])
    told = "arm random, seeds 0 to 0: worker after worker died"
    with config.set({"distributed.scheduler.allowed-failures": 1}), pytest.raises(EnvironmentFailure, match=told) as caught:
        run_scenario(made, Plan(tmp_path / "runs", engine="dask", extensions=[own]))
    assert len((tmp_path / "log").read_text().splitlines()) == 2
    assert caught.value.exit_code == 4


def test_files_that_cannot_be_seen_from_here(scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask, "SEEN_SECONDS", 0.3)
    monkeypatch.setattr(dask, "is_complete", lambda path, key: False)
    with pytest.raises(EnvironmentFailure, match="must share the folder"):
        run_scenario(scenario(), Plan(tmp_path, engine="dask", scheduler=scheduler))


@pytest.mark.parametrize(
    ("address", "kind", "fragment"),
    [
        ("tcp://127.0.0.1:1", EnvironmentFailure, "no dask scheduler answers at tcp://127.0.0.1:1"),
        ("tls://127.0.0.1:1", EnvironmentFailure, "no dask scheduler answers at tls://127.0.0.1:1: TLS"),
        ("nowhere", InputError, "expected an address like tcp://host:8786, found 'nowhere'"),
    ],
)
def test_a_scheduler_that_does_not_answer(
    address: str, kind: type[NeurosimError], fragment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)
    with pytest.raises(kind, match=fragment):
        run_scenario(scenario(), Plan(tmp_path / "runs", engine="dask", scheduler=address))
    assert not (tmp_path / "runs").exists()


def test_what_listens_but_is_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(EnvironmentFailure, match="no dask scheduler answers"):
            run_scenario(scenario(), Plan(tmp_path, engine="dask", scheduler=address))
        assert time.monotonic() - started < 5


def test_without_dask_one_line_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # type: ignore[arg-type]
    monkeypatch.delitem(sys.modules, "neurosim.scenario.engines.dask")
    monkeypatch.delitem(ENGINES._things, "dask", raising=False)
    with pytest.raises(EnvironmentFailure, match=r'pip install "neurosim\[dask\]"'):
        run_scenario(scenario(), Plan(tmp_path, engine="dask"))
    assert run_scenario(scenario(), Plan(tmp_path / "serial"))


def test_unknown_engine_and_a_scheduler_that_no_one_asks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'dask'"):
        run_scenario(scenario(), Plan(tmp_path, engine="daks"))
    with pytest.raises(InputError, match=r"--scheduler: .*say --engine dask"):
        run_scenario(scenario(), Plan(tmp_path, scheduler="tcp://127.0.0.1:8786"))


def test_an_engine_of_ones_own(tmp_path: Path) -> None:
    ENGINES.add("none", lambda scenario, plan: [])
    assert run_scenario(scenario(), Plan(tmp_path, engine="none")) == []
    ENGINES._things.pop("none")


def test_a_parcel_refuses_another_version_of_a_rule(tmp_path: Path) -> None:
    made = scenario(task=TASK)
    plan = Plan(tmp_path)
    block = replace(blocks(made, plan, 1)[0], fingerprint="of another version")
    problem = _parcel.run_parcel(_parcel.packed(made, made.model_dump_json(), block, plan, ()), print)
    assert isinstance(problem, EnvironmentFailure)
    assert "another version" in str(problem)
    assert not list(tmp_path.iterdir())


def test_a_parcel_needs_none_of_the_files_that_it_was_made_of(own: Path, tmp_path: Path) -> None:
    arm: dict[str, Any] = {"name": "tied", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied"}}
    made = scenario(arm=[{**arm, "set": {"input_to_hidden.plasticity": {"rule": "leaky", "eta": 0.01}}}])
    plan = Plan(tmp_path / "runs")
    parcel = _parcel.packed(made, made.model_dump_json(), blocks(made, plan, 1)[0], plan, _parcel.read_extensions([own]))
    assert parcel.circuits == (to_json(made.circuit(made.arm[0], made.phase[0])),)
    own.unlink()
    RULES._things.pop("leaky")
    _parcel._LOADED.clear()
    assert _parcel.run_parcel(parcel, lambda: False) is None
    assert "leaky" in RULES
