"""CSV, read back by Python's own reader."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from exports.runs import run

from neurosim.errors import DataError
from neurosim.exports import export
from neurosim.recording import Quantity, Recording, Writer

SINGLE = ["hidden.angle", "loss", "loss.rate", "nse"]


def rows_of(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as stream:
        head, *rows = csv.reader(stream)
    return head, rows


def written(path: Path, series: dict[str, tuple[list[int], list[float], str]], **attributes: str | int) -> Path:
    path.parent.mkdir(exist_ok=True)
    with Writer(path, [Quantity(a, tuple(t), dtype=kind) for a, (t, _, kind) in series.items()], attributes) as writer:
        for address, (trials, values, _) in series.items():
            for trial, value in zip(trials, values, strict=True):
                writer.write(address, trial, value)
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_number_comes_back_bit_for_bit_in_its_row_and_column(tmp_path: Path, dtype: str) -> None:
    run(tmp_path / "run.h5", dtype=dtype)
    done = export(tmp_path / "run.h5", "csv")
    head, rows = rows_of(done.path)
    assert head == ["trial", *SINGLE]
    with Recording(tmp_path / "run.h5") as recording:
        series = {address: recording[address] for address in SINGLE}
        assert [int(row[0]) for row in rows] == sorted({int(t) for one in series.values() for t in one.trials})
        for column, (address, one) in enumerate(series.items(), start=1):
            cells = {int(row[0]): row[column] for row in rows if row[column]}
            assert list(cells) == one.trials.tolist()
            found = np.array(list(cells.values())).astype(one.values.dtype)
            np.testing.assert_array_equal(found, one.values.reshape(-1), address)
    others = "hidden.bias, hidden.rate, hidden_to_output.weights, input_to_hidden.weights, output.bias"
    assert done.remarks == (f"left out, more than one number per trial: {others}",)


def test_numbers_that_are_easily_spoilt(tmp_path: Path) -> None:
    values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0.0, np.nan, np.inf, -1e-300, 1 / 3]
    path = written(tmp_path / "run.h5", {"x": (list(range(8)), values, "f8"), "y": ([7], [0.1], "f4")})
    head, rows = rows_of(export(path, "csv").path)
    assert head == ["trial", "x", "y"]
    np.testing.assert_array_equal(np.array([float(row[1]) for row in rows]).view(np.int64), np.array(values).view(np.int64))
    assert [row[2] for row in rows] == [""] * 7 + ["0.1"]


def test_several_runs_have_arm_and_seed_and_are_in_their_order(tmp_path: Path) -> None:
    for arm, order, seed in (("b", 0, 10), ("b", 0, 2), ('a, "x"', 1, 2)):
        series = {"nse": ([0, 10], [order + seed / 16, 0.5], "f8")}
        written(tmp_path / arm[0] / f"seed_{seed}.h5", series, arm=arm, arm_order=order, seed=seed, scenario="s")
    written(tmp_path / "b" / "seed_3.h5", {"loss": ([5], [1.5], "f8")}, arm="b", arm_order=0, seed=3, scenario="s")
    done = export(tmp_path, "csv", tmp_path / "all.csv")
    head, rows = rows_of(done.path)
    assert head == ["arm", "seed", "trial", "loss", "nse"]
    assert rows == [
        ["b", "2", "0", "", "0.125"],
        ["b", "2", "10", "", "0.5"],
        ["b", "3", "5", "1.5", ""],
        ["b", "10", "0", "", "0.625"],
        ["b", "10", "10", "", "0.5"],
        ['a, "x"', "2", "0", "", "1.125"],
        ['a, "x"', "2", "10", "", "0.5"],
    ]
    assert done.remarks == ()
    again = export([tmp_path / "a", *sorted((tmp_path / "b").iterdir())], "csv", tmp_path / "again.csv")
    assert again.path.read_bytes() == done.path.read_bytes()


def test_one_file_of_a_scenario_needs_no_arm_and_a_folder_always_has_it(tmp_path: Path) -> None:
    series = {"nse": ([0], [1.0], "f8")}
    path = written(tmp_path / "runs" / "seed_0.h5", series, arm="a", seed=0)
    assert export(path, "csv").path.read_text(encoding="utf-8") == "trial,nse\n0,1.0\n"
    assert export(tmp_path / "runs", "csv").path.read_text(encoding="utf-8") == "arm,seed,trial,nse\na,0,0,1.0\n"


def test_runs_of_several_scenarios_say_which(tmp_path: Path) -> None:
    for scenario in ("two", "one"):
        path = tmp_path / scenario / "seed_0.h5"
        written(path, {"nse": ([0], [1.0], "f8")}, scenario=scenario, arm="a", seed=0)
    text = export(tmp_path, "csv", tmp_path / "all.csv").path.read_text(encoding="utf-8")
    assert text == "scenario,arm,seed,trial,nse\none,a,0,0,1.0\ntwo,a,0,0,1.0\n"


def test_what_is_committed_of_unfinished_runs(tmp_path: Path) -> None:
    written(tmp_path / "a.h5", {"nse": ([0, 5], [1.0, 2.0], "f8")}, seed=0)
    with Writer(tmp_path / "b.h5", [Quantity("nse", (0, 5), dtype="f8")], {"seed": 1}) as writer:
        writer.write("nse", 0, 3.0)
        writer.commit(0)
        writer.write("nse", 5, 4.0)
        done = export(tmp_path, "csv", tmp_path / "all.csv")
    assert rows_of(done.path)[1] == [["", "0", "0", "1.0"], ["", "0", "5", "2.0"], ["", "1", "0", "3.0"]]
    assert done.remarks == (f"{tmp_path / 'b.h5'} is running: exported as far as it was committed",)


def test_recordings_without_single_numbers_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "run.h5", {"hidden.rate": 10})
    with pytest.raises(DataError, match="no quantity with one number per trial"):
        export(tmp_path / "run.h5", "csv")
    assert not (tmp_path / "run.csv").exists()


@pytest.mark.parametrize("attribute", ["arm_order", "seed"])
def test_attributes_that_are_no_numbers_are_told(tmp_path: Path, attribute: str) -> None:
    path = written(tmp_path / "run.h5", {"nse": ([0], [1.0], "f8")}, **{attribute: "x"})
    with pytest.raises(DataError, match=rf"run\.h5: attribute '{attribute}': expected a whole number, found 'x'"):
        export(path, "csv")
    assert not (tmp_path / "run.csv").exists()
