"""What is typed and cannot be meant: devices and pipes for files, names that no file can have, numbers that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cli.tiny import run

READERS = [["run"], ["validate"], ["show"], ["check"], ["export", "--to", "csv"], ["draw", "learning_curve", "-o", "curve.png"]]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", READERS, ids=lambda words: words[0])
def test_a_pipe_is_no_file_and_nobody_waits_for_what_it_might_hold(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo("pipe")
    code, answer, told = run(capsys, *command, "./pipe")
    assert (code, answer) == (2, "")
    assert "pipe: is a device or a pipe, not a file" in told
    assert told.count("\n") == 1


def test_nor_is_it_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.h5")
    code, _, told = run(capsys, "export", "pipe.h5", "--to", "csv")
    assert (code, told) == (2, "neurosim: pipe.h5: is a device or a pipe, not a file\n")


def test_nor_is_it_python(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe.py")
    code, _, told = run(capsys, "run", "xor", "--with", "pipe.py")
    assert (code, told) == (2, "neurosim: --with: pipe.py: is a device or a pipe, not a file\n")


@pytest.mark.parametrize("command", READERS, ids=lambda words: words[0])
def test_a_name_that_no_file_can_have_is_a_wrong_input(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, told = run(capsys, *command, "./" + "a" * 300)
    assert (code, answer) == (2, "")
    assert told.startswith("neurosim: ./aaa") or told.startswith("neurosim: aaa")
    assert told.count("\n") == 1


@pytest.mark.parametrize("number", ["²", "0", "-1", "1.5", "x", "9" * 5_000], ids=lambda text: text[:5])
@pytest.mark.parametrize("option", ["--seeds", "--threads", "--of"])
def test_a_number_that_is_none_is_told_in_words(option: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = run(capsys, "run", "xor", f"{option}={number}")
    assert code == 2
    assert told.startswith(f"neurosim: argument {option}: expected a whole number above 0, found '{number[:50]}")
    assert len(told) < 300


@pytest.mark.parametrize("scenario", ["xor", "two.toml"])
def test_an_engine_that_nobody_knows_is_told_before_anything_is_announced(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("two.toml").write_text('title = "two"\nscenarios = ["xor", "linear_map"]\n', encoding="utf-8")
    code, _, told = run(capsys, "run", scenario, "--engine", "seriel")
    assert code == 2
    assert told == "neurosim: --engine: no such engine 'seriel'; there are dask, local, serial; did you mean 'serial'?\n"
