"""`neurosim export` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.tiny import TINY, run
from exports.runs import run as record_a_run


def test_the_answer_is_the_file_and_the_narration_what_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record_a_run(tmp_path / "run.h5")
    code, answer, told = run(capsys, "export", "run.h5", "--to", "csv")
    assert (code, answer) == (0, "run.csv\n")
    assert told.startswith("neurosim: left out, more than one number per trial: hidden.bias, ")
    assert run(capsys, "export", "run.h5", "--to", "csv", "--force", "-q") == (0, "", "")
    code, answer, told = run(capsys, "export", "feedback_alignment", "--to", "dot", "-o", "x.gv", "--json")
    assert (code, json.loads(answer), told) == (0, {"file": "x.gv", "remarks": []}, "")
    code, answer, told = run(capsys, "export", "run.h5", "--to", "sonata", "--option", "quantity=hidden.rate", "--json", "-q")
    assert code == 0
    assert json.loads(answer)["remarks"] == ["left out, off the grid of 5 trials: hidden.rate at trial 42"]
    assert told == ""


def test_a_seed_decides_the_weights_of_a_circuit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("nir")
    files = [tmp_path / f"{name}.nir" for name in "abc"]
    for path, seed in zip(files, ("1", "1", "2"), strict=True):
        code, answer, told = run(capsys, "export", "shallow", "--to", "nir", "--seed", seed, "-o", str(path))
        assert (code, answer) == (0, f"{path}\n")
        assert "neurosim: left out, transfer functions: tanh of hidden\n" in told
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_the_runs_of_a_scenario_are_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scenario, out = tmp_path / "tiny.toml", tmp_path / "runs"
    scenario.write_text(TINY, encoding="utf-8")
    run(capsys, "run", str(scenario), "--out", str(out), "--backend", "reference", "-q")
    code, answer, _ = run(capsys, "export", str(out), "--to", "csv")
    assert (code, answer) == (0, f"{out}.csv\n")
    head, *lines = (tmp_path / "runs.csv").read_text(encoding="utf-8").splitlines()
    assert head == "arm,seed,trial,hidden.angle,nse"
    keys = [line.split(",")[:3] for line in lines]
    assert keys == [[arm, seed, t] for arm in ("feedback_alignment", "shallow") for seed in "01" for t in ("0", "20", "40", "60")]
    assert all(line.endswith(("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")) for line in lines)
    assert run(capsys, "check", str(out))[0] == 3  # the table beside it is no recording


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run.h5", "--to", "nwbb"], "neurosim: --to: no such export format 'nwbb'; there are csv,"),
        (["run.h5", "--to", "nwbb"], "did you mean 'nwb'?"),
        (["shalow", "--to", "dot"], "did you mean 'shallow'?"),
        (["run.h5"], "the following arguments are required: --to"),
        (["--to", "csv"], "PATH"),
        (
            ["run.h5", "--to", "graphml"],
            "run.h5: is a recording, and graphml takes a circuit; a recording goes into csv, netcdf,",
        ),
        (["shallow", "--to", "nwb"], "shallow: is a circuit, and nwb takes a recording; a circuit goes into dot, graphml,"),
        (["shallow", "--to", "dot", "--seed", "3"], "dot.seed: unknown key"),
        (["shallow", "--to", "nir", "--seed", "x"], "expected a whole number from 0, found 'x'"),
        (["shallow", "--to", "nir", "--seed", "-1"], "--seed"),
        (["shallow", "--to", "nir", "--option", "sede=3"], "nir.sede: unknown key; known keys are seed; did you mean 'seed'?"),
        (["run.h5", "--to", "sonata", "--option", "quantity"], "--option: quantity: expected ADDRESS=VALUE"),
        (["run.h5", "--to", "sonata"], "quantity: is missing; a report holds one signal, and there are"),
        (["run.h5", "--to", "csv", "-o", "there.csv"], "there.csv: is there already; --force replaces it"),
        (["run.h5", "--to", "csv", "-o", "x.tsv"], "-o: x.tsv: expected a name that ends in .csv"),
    ],
)
def test_wrong_input_is_one_clear_message_and_exit_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    record_a_run(tmp_path / "run.h5")
    (tmp_path / "there.csv").touch()
    code, answer, told = run(capsys, "export", *arguments)
    assert (code, answer) == (2, "")
    assert expected in told
    assert told.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.h5", "there.csv"]


def test_a_missing_folder_is_exit_4(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, answer, told = run(capsys, "export", "shallow", "--to", "dot", "-o", str(tmp_path / "none" / "x.dot"))
    assert (code, answer) == (4, "")
    assert "cannot be written: its folder does not exist" in told


def test_formats_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, _ = run(capsys, "list", "export_formats", "--json")
    assert code == 0
    assert list(json.loads(answer)["export_formats"]) == ["csv", "dot", "graphml", "netcdf", "nir", "node-link", "nwb", "sonata"]
