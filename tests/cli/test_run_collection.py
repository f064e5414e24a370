"""`neurosim run COLLECTION`: one scenario after the other, each as if it were run alone; one that fails stops no other."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from cli.tiny import TINY, run
from contents import contents

from neurosim.cli.progress import Progress

BLOWS_UP = TINY.replace("trials = 60", "trials = 2000").replace(
    "[set]", '[set]\n"hidden.transfer" = "linear"\n"*.plasticity.eta" = 1e6'
)


def collection(folder: Path, **texts: str) -> str:
    """A collection of these scenarios, by name; returns its path."""
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    listed = ", ".join(f'"{folder.as_posix()}/{name}.toml"' for name in texts)
    path = folder / "several.toml"
    path.write_text(f'title = "several"\nscenarios = [{listed}]', encoding="utf-8")
    return str(path)


SECOND = TINY.replace('title = "tiny"', 'title = "second"').replace("trials = 60", "trials = 40")


def test_each_scenario_has_the_recordings_that_it_has_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    several, out = collection(tmp_path, first=TINY, second=SECOND), tmp_path / "runs"
    code, answer, narration = run(capsys, "run", several, "--out", str(out), "--backend", "reference", "--threads", "1")
    assert code == 0
    assert [line for line in answer.splitlines() if ": " in line] == ["first: tiny", "second: second"]
    assert answer.count("feedback alignment") == 2
    assert "1 of 2, first: 2 arms × 2 seeds × 60 trials" in narration
    assert "2 of 2, second: 2 arms × 2 seeds × 40 trials" in narration
    assert f"neurosim check {out}/first {out}/second" in narration
    assert "2 scenarios in " in narration
    assert (out / "first" / "learning_curve.png").is_file()
    run(capsys, "run", str(tmp_path / "second.toml"), "--out", str(tmp_path / "alone"), "--backend", "reference", "-q")
    assert contents(out / "second") == contents(tmp_path / "alone")


def test_recordings_are_where_a_run_of_the_single_scenario_resumes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    several = collection(tmp_path, first=TINY, second=SECOND)
    common = ["--backend", "reference", "-q", "--seeds", "1"]
    assert run(capsys, "run", several, *common)[::2] == (0, "")
    files = sorted(Path("runs").rglob("*.h5"))
    assert {path.parts[1] for path in files} == {"first", "second"}
    assert {path.name for path in files} == {"seed_0.h5"}
    stamps = [path.stat().st_mtime_ns for path in files]
    assert run(capsys, "run", "first.toml", *common, "--resume")[0] == 0
    assert run(capsys, "run", several, *common, "--resume")[0] == 0
    assert [path.stat().st_mtime_ns for path in files] == stamps


def test_one_that_blows_up_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    several = collection(tmp_path, deadly=BLOWS_UP, second=SECOND)
    common = ["run", several, "--out", str(tmp_path / "runs"), "--backend", "reference"]
    code, answer, narration = run(capsys, *common)
    assert code == 1
    assert "second: second" in answer
    assert "deadly" not in answer
    assert "deadly failed; the others go on" in narration
    assert f"neurosim check {tmp_path}/runs/second\n" in narration
    last = narration.splitlines()[-1]
    assert last.startswith("neurosim: deadly failed: ")
    assert "blew up" in last
    code, answer, narration = run(capsys, *common, "--quiet", "--json")
    assert code == 1
    assert len(narration.splitlines()) == 1
    document = json.loads(answer)
    assert document["collection"] == "several"
    assert "blew up" in document["scenarios"][0]["error"]
    assert list(document["scenarios"][1]["values"]) == ["feedback_alignment", "shallow"]


def test_what_is_about_one_scenario_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--arm", "shallow", "--set", "hidden.size=3", "--grid", "hidden.size=3,4", "--index", "0", "--of", "2"]
    code, answer, told = run(capsys, "run", "all-paper", "--out", str(tmp_path / "runs"), *given)
    assert (code, answer) == (2, "")
    for option in ("--arm", "--set", "--grid", "--index", "--of"):
        assert f"{option}: is about a single scenario, and all-paper is a collection" in told
    assert not list(tmp_path.iterdir())


def test_lists_show_and_validate_know_collections(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(run(capsys, "list", "--json")[1])
    assert "all-paper" in listed["collections"]
    assert "all-paper" not in listed["scenarios"]
    assert run(capsys, "validate", "all-paper")[:2] == (0, "all-paper: valid\n")
    path = collection(tmp_path, first=TINY.replace('"shallow"', '"shalow"'))
    code, _, told = run(capsys, "validate", path)
    assert code == 2
    assert "did you mean 'shallow'?" in told


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_over_all_says_where_it_is_and_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    with Progress(200.0, quiet=False, shares=True) as progress:
        progress.at("2 of 3, xor")
        progress(50.0)
        with progress.aside():
            print("a line", file=shown)
        progress(150.0)
    assert "2 of 3, xor:" in shown.getvalue()
    assert "100%" in shown.getvalue()
    assert "left" in shown.getvalue()


def test_lines_say_the_time_left_over_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What is left is told by what has been learned since the first trials: before them, kernels are compiled."""
    clock = iter([0.0, 100.0, 110.0, 120.0])
    monkeypatch.setattr("neurosim.cli.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with Progress(200.0, quiet=False, shares=True) as progress:
        progress.at("2 of 3, xor")
        for _ in range(3):
            progress(25.0)
    assert capsys.readouterr().err == "2 of 3, xor:  25 %, about 60 s left\n2 of 3, xor:  38 %, about 50 s left\n"


def test_no_time_is_told_before_anybody_can_know_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The kernels of looks are compiled after the first trials; a run that is slow by itself is believed after a minute."""
    clock = iter([0.0, 1.0, 12.0, 24.0, 30.0, 95.0])
    monkeypatch.setattr("neurosim.cli.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with Progress(1000.0, quiet=False) as progress:
        for trials in (1.0, 9.0, 10.0, 0.0, 5.0):
            progress(trials)
    assert capsys.readouterr().err == "  1 %\n  2 %\n  2 %, about 3819 s left\n"
