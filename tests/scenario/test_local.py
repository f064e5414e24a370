"""The engine `local`: processes of this machine write the same files as `serial`, and what goes wrong reads the same."""

from __future__ import annotations

import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from contents import contents
from scenario.test_engines import own  # noqa: F401 - a fixture
from scenario.tiny import BASE, scenario

from neurosim.errors import EnvironmentFailure, Interrupted, RunError
from neurosim.recording import Recording, find_recordings
from neurosim.scenario.engines import _process, local, run_scenario, serial
from neurosim.scenario.engines._parcel import packed
from neurosim.scenario.engines.local import blocks
from neurosim.scenario.plan import Plan


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any work is worth a process."""
    monkeypatch.setattr(local, "SECONDS_WORTH_A_PROCESS", 1e-9)


@pytest.mark.usefixtures("spread")
def test_the_same_files_and_all_progress(tmp_path: Path) -> None:
    made, told = scenario(seeds=9), []
    paths = run_scenario(made, Plan(tmp_path / "local", engine="local", threads=3, progress=told.append))
    assert [path.relative_to(tmp_path / "local") for path in paths] == [
        path.relative_to(tmp_path / "serial") for path in run_scenario(made, Plan(tmp_path / "serial"))
    ]
    assert contents(tmp_path / "local") == contents(tmp_path / "serial")
    assert sum(told) == 18 * made.trials(made.arm[0])
    stamps = [path.stat().st_mtime_ns for path in paths]
    assert run_scenario(made, Plan(tmp_path / "local", engine="local", threads=3, resume=True)) == paths
    assert [path.stat().st_mtime_ns for path in paths] == stamps


def test_little_work_stays_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "Process", None)
    made = scenario(seeds=9)
    assert len(run_scenario(made, Plan(tmp_path, engine="local", threads=8))) == 18
    monkeypatch.setattr(local, "SECONDS_WORTH_A_PROCESS", 1e-9)
    with pytest.raises(TypeError):
        run_scenario(made, Plan(tmp_path, engine="local", threads=8))
    assert len(run_scenario(made, Plan(tmp_path, engine="local", threads=1))) == 18, "one thread is one process"
    assert len(run_scenario(made, Plan(tmp_path, engine="local", threads=8, resume=True))) == 18, "all is done"
    monkeypatch.setattr(serial, "SYNAPSES_WORTH_A_THREAD", 1)
    assert len(run_scenario(made, Plan(tmp_path, engine="local", threads=8))) == 18, "kernels leave Python to others"


def test_how_much_is_worth_a_process() -> None:
    made = scenario(seeds=100, phase=[{"trials": 1000}], record={"nse": 10})
    plan = Plan(Path("nowhere"), threads=64)
    of_one = local.SECONDS_A_RUN + 100 * local.SECONDS_A_LOOK + 1000 * 15_000 * local.SECONDS_A_UNIT
    assert local._processes(made, plan) == int(200 * of_one / local.SECONDS_WORTH_A_PROCESS) > 3
    assert local._processes(made, replace(plan, threads=2)) == 2
    assert local._processes(made, replace(plan, arms=["tied"])) == int(100 * of_one / local.SECONDS_WORTH_A_PROCESS)


@pytest.mark.usefixtures("spread")
def test_files_of_the_users_own_travel(own: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    own.write_text(own.read_text() + "\nprint('hello')\n", encoding="utf-8")
    arm = {"name": "own", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied"}}
    made = scenario(arm=[{**arm, "set": {"input_to_hidden.plasticity": {"rule": "leaky", "eta": 0.01}}}], seeds=6)
    run_scenario(made, Plan(tmp_path / "local", engine="local", threads=2, extensions=[own]))
    told = capfd.readouterr()
    assert (told.out, told.err) == ("", "hello\n"), "what a file prints is no answer"
    run_scenario(made, Plan(tmp_path / "serial"))
    assert contents(tmp_path / "local") == contents(tmp_path / "serial")


@pytest.mark.usefixtures("spread")
def test_files_of_the_users_own_find_their_neighbours(
    own: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those in a folder that a notebook, or `python -m`, looks for modules in."""
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "neighbour_of_the_rules.py").write_text("RATE = 0.5\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "beside")
    own.write_text("from neighbour_of_the_rules import RATE\n" + own.read_text(), encoding="utf-8")
    plan = Plan(tmp_path / "local", engine="local", threads=2, extensions=[own])
    slow = replace(plan, progress=lambda trials: time.sleep(0.1))  # so that the other process gets a block, too
    assert len(run_scenario(scenario(seeds=6), slow)) == 12


@pytest.mark.usefixtures("spread")
def test_a_process_that_is_killed_is_told_and_its_runs_go_on(own: Path, tmp_path: Path) -> None:  # noqa: F811
    task = {"name": "deadly", "inputs": 4, "outputs": 2, "tests": 20, "log": str(tmp_path / "log")}
    made = scenario(task=task, phase=[{"trials": 1100}], seeds=12)
    plan = Plan(tmp_path / "local", engine="local", threads=2, extensions=[own])
    slow = replace(plan, progress=lambda trials: time.sleep(0.2))  # so that the other process gets a block, too
    told = r"arm \w+, seeds \d+ to \d+: the process that ran them ended by SIGKILL, perhaps for want of memory; --resume goes on"
    with pytest.raises(EnvironmentFailure, match=told):
        run_scenario(made, slow)
    assert len((tmp_path / "log").read_text().splitlines()) >= 1
    run_scenario(made, replace(plan, resume=True))
    run_scenario(made, Plan(tmp_path / "serial"))
    assert contents(tmp_path / "local") == contents(tmp_path / "serial")


@pytest.mark.usefixtures("spread")
@pytest.mark.parametrize("first_arm_is_long", [False, True])
def test_of_several_blow_ups_the_first_in_order_is_told(tmp_path: Path, first_arm_is_long: bool) -> None:
    late, soon = BASE["arm"][0], {**BASE["arm"][1], "set": {"*.plasticity.eta": 1e6}}
    phases = [{"trials": 60_000 if first_arm_is_long else 3000}, {"trials": 2000, "set": {"*.plasticity.eta": 1e6}}]
    made = scenario(arm=[late, soon], phase=phases, set={"hidden.transfer": "linear"}, record={"nse": 1000}, seeds=2)
    told = []
    for plan in (Plan(tmp_path / "serial"), Plan(tmp_path / "local", engine="local", threads=2)):
        with pytest.raises(RunError) as caught:
            run_scenario(made, plan)
        told.append(re.sub(re.escape(str(plan.out)), "", str(caught.value)))
    assert told[0] == told[1]


@pytest.mark.usefixtures("spread")
def test_that_all_stop_and_go_on(tmp_path: Path) -> None:
    made, learned = scenario(seeds=12, phase=[{"trials": 20_000}], record={"nse": 1000}), [0]

    def count(trials: int) -> None:
        learned[0] += trials

    plan = Plan(tmp_path / "local", engine="local", threads=2, progress=count)
    with pytest.raises(Interrupted):
        run_scenario(made, replace(plan, stop=lambda: learned[0] > 150_000))
    statuses = [Recording(path).status for path in find_recordings(tmp_path / "local")]
    assert "interrupted" in statuses
    assert "running" not in statuses
    run_scenario(made, replace(plan, resume=True))
    run_scenario(made, Plan(tmp_path / "serial"))
    assert contents(tmp_path / "local") == contents(tmp_path / "serial")


@pytest.mark.usefixtures("spread")
def test_a_process_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    with pytest.raises(EnvironmentFailure, match="no process can be started: No such file or directory; --threads 1 needs none"):
        run_scenario(scenario(seeds=9), Plan(tmp_path / "runs", engine="local", threads=2))


@pytest.mark.usefixtures("spread")
@pytest.mark.parametrize("error", [ZeroDivisionError, BrokenPipeError])
def test_what_goes_wrong_in_telling_progress_ends_it(tmp_path: Path, error: type[Exception]) -> None:
    """Also where nobody reads any more what is told: no process has ended then."""

    def confused(trials: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise error
        time.sleep(0.2)

    with pytest.raises(error):
        run_scenario(scenario(seeds=9), Plan(tmp_path, engine="local", threads=2, progress=confused))


def _eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not holds() and time.monotonic() < until:
        time.sleep(0.05)
    return holds()


def test_that_a_process_without_a_parent_ends_and_keeps_where_it_stood(tmp_path: Path) -> None:
    made = scenario(seeds=1, phase=[{"trials": 2_000_000}], arm=BASE["arm"][:1])
    plan = Plan(tmp_path)
    parcel = packed(made, made.model_dump_json(), blocks(made, plan, 1)[0], plan, ())
    text = f"""
import pickle, time
from neurosim.scenario.engines._process import Process
process = Process()
process._say(pickle.loads({pickle.dumps(parcel)!r}))
print(process._process.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    recording = tmp_path / "random" / "seed_0.h5"
    assert _eventually(recording.exists)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert _eventually(lambda: Recording(recording).status == "interrupted")
    assert _eventually(lambda: not _is_alive(child))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_that_words_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, int]] = []
    words = _process._Words(None)  # type: ignore[arg-type]
    monkeypatch.setattr(words, "say", lambda kind, value: said.append((kind, value)))
    for _ in range(1000):
        words.learned(3)
    words.flush()
    assert sum(value for _, value in said) == 3000
    assert len(said) < 100
