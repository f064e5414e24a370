"""What the machine refuses: full disks, closed streams, signals; one line, exit code 4, and what was there stays."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.tiny import TINY, run

from neurosim.engine import storage
from neurosim.errors import Interrupted
from neurosim.models.plasticity import RULES
from neurosim.recording import disk


@pytest.fixture
def runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    command = ["run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "runs"), "--backend", "reference", "-q"]
    assert run(capsys, *command)[0] == 0
    return tmp_path / "runs"


@pytest.fixture
def full(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the runs the disk has no room for what is put in place as a whole."""

    def refuse(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(disk, "keep", refuse)


COMMANDS = [
    ("learning_curve.png", ["draw", "learning_curve", "RUNS", "-o", "FILE"]),
    ("circuit.json", ["show", "shallow", "-o", "FILE"]),
    ("circuit.svg", ["show", "shallow", "-o", "FILE"]),
    ("report.md", ["check", "RUNS", "--report", "FILE"]),
    ("table.csv", ["export", "RUNS", "--to", "csv", "--force", "-o", "FILE"]),
]


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=[name for name, _ in COMMANDS])
def test_a_full_disk_costs_no_file_that_was_there(
    name: str, command: list[str], runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    file.write_text("from before", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    places = {"RUNS": str(runs), "FILE": str(file)}
    code, answer, told = run(capsys, *(places.get(word, word) for word in command))
    assert (code, answer) == (4, "")
    assert told == f"neurosim: {file} cannot be written: the disk is full\n"
    assert file.read_text(encoding="utf-8") == "from before"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("full")
def test_a_run_whose_figures_find_no_room_still_tells_its_table(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn = (runs / "learning_curve.png").read_bytes()
    command = ["run", str(tmp_path / "tiny.toml"), "--out", str(runs), "--backend", "reference", "--resume"]
    code, answer, told = run(capsys, *command)
    assert code == 4
    assert "feedback alignment" in answer
    assert "the figure learning_curve was not drawn" in told
    assert "the disk is full" in told
    assert (runs / "learning_curve.png").read_bytes() == drawn


def test_no_figure_takes_a_run_down(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of a figure of one's own")

    monkeypatch.setattr("neurosim.cli.outcome.draw", fails)
    command = ["run", str(tmp_path / "tiny.toml"), "--out", str(runs), "--backend", "reference", "--resume", "--json"]
    code, answer, _ = run(capsys, *command)
    assert code == 2
    assert json.loads(answer)["undrawn"] == {"learning_curve": "of a figure of one's own"}


def test_who_interrupts_the_drawing_is_told_how_to_go_on(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("neurosim.cli.outcome.draw", interrupted)
    command = ["run", str(tmp_path / "tiny.toml"), "--out", str(runs), "--backend", "reference", "--resume"]
    code, _, told = run(capsys, *command)
    assert code == 130
    assert told.endswith("the same command with --resume goes on from here\n")


def test_dollar_signs_are_no_formulas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    title = "title = 'costs $5 $x^$'\nsource = '$\\frac{$'"
    text = TINY.replace('title = "tiny"', title).replace("[[figure]]", "[[figure]]\ntitle = 'a $x_{$ b'", 1)
    assert title in text
    (tmp_path / "dollars.toml").write_text(text, encoding="utf-8")
    command = ["run", str(tmp_path / "dollars.toml"), "--out", str(tmp_path / "o"), "--backend", "reference", "-q"]
    code, _, told = run(capsys, *command)
    assert (code, told) == (0, "")
    assert (tmp_path / "o" / "learning_curve.png").exists()


@pytest.mark.parametrize(
    ("command", "streams", "code"),
    [("list figures", ">&-", 0), ("list figures", ">/dev/full", 4), ("--version", ">/dev/full", 4), ("show nope", "2>&-", 2)],
)
def test_streams_that_are_closed_or_full(command: str, streams: str, code: int) -> None:
    shell = f"{sys.executable} -m neurosim {command} {streams}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == (1 if code == 4 else 0)


def test_what_ones_own_file_prints_is_no_part_of_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "own.py").write_text("print('hello')\n", encoding="utf-8")
    code, answer, told = run(capsys, "list", "figures", "--json", "--with", str(tmp_path / "own.py"))
    assert code == 0
    assert "learning_curve" in json.loads(answer)["figures"]
    assert told == "hello\n"


def test_more_than_one_value_and_too_large_grids_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    common = ["run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "o")]
    code, _, told = run(capsys, *common, "--set", "hidden.size=3\nx=4")
    assert (code, told) == (2, "neurosim: --set: 3\\nx=4: expected one value\n")
    code, _, told = run(capsys, *common, "--grid", "hidden.size=" + ",".join(map(str, range(1, 3000))))
    assert code == 2
    assert "expected at most 1,000 more arms, found 5,998" in told
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), AssertionError("Status.init")])
def test_whatever_dask_makes_of_a_signal_it_is_an_interruption(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = pytest.importorskip("neurosim.scenario.engines.dask")
    from neurosim.scenario.plan import Plan

    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(engine, "_run", fails)
    with pytest.raises(Interrupted):
        engine.engine(None, Plan(Path("o"), stop=lambda: True))
    if isinstance(error, Exception):
        with pytest.raises(AssertionError):
            engine.engine(None, Plan(Path("o")))


def test_a_formula_that_is_no_kernel_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = "import neurosim as ns\n\n\n@ns.plasticity\ndef unreal(pre_rate, eta):\n    return eta * pre_rate * 1j\n"
    (tmp_path / "own.py").write_text(own, encoding="utf-8")
    text = TINY.replace("[set]", "[set]\n'input_to_hidden.plasticity' = { rule = 'unreal', eta = 0.1 }", 1)
    (tmp_path / "tiny.toml").write_text(text, encoding="utf-8")
    command = ["run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "o"), "-q", "--with", str(tmp_path / "own.py")]
    code, answer, told = run(capsys, *command)
    RULES._things.pop("unreal")
    assert (code, answer) == (2, "")
    assert "own.py, line 5: the formula 'unreal' cannot become a kernel" in told
    assert told.count("\n") == 1
    assert not list(tmp_path.rglob("*.h5"))


def test_what_there_is_no_memory_for_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "installed", lambda: 100)
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    code, _, told = run(capsys, "run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "runs"), "-q")
    assert code == 4
    assert told == "neurosim: not enough memory: input_to_hidden.weights: an array of 0 GB; this machine has 0\n"
