"""SONATA, read back by libsonata."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from exports.runs import run

from neurosim.errors import DataError, InputError
from neurosim.exports import export, sonata
from neurosim.recording import Quantity, Recording, Writer

libsonata = pytest.importorskip("libsonata")


def written(path: Path, quantities: list[Quantity], last: int | None = None) -> Path:
    with Writer(path, quantities) as writer:
        for quantity in quantities:
            for trial in quantity.trials:
                writer.write(quantity.address, trial, np.full(quantity.row_shape, trial))
        if last is not None:
            writer.commit(last)
            writer.finish("interrupted")
    return path


def test_libsonata_reads_every_bit(tmp_path: Path) -> None:
    run(tmp_path / "run.h5")
    done = export(tmp_path / "run.h5", "sonata", quantity="hidden.rate")
    assert done.remarks == ("left out, off the grid of 5 trials: hidden.rate at trial 42",)
    reader = libsonata.ElementReportReader(str(done.path))
    assert reader.get_population_names() == ["hidden"]
    population = reader["hidden"]
    assert population.times == (0.0, 45.0, 5.0)
    assert (population.time_units, population.data_units, population.sorted) == ("trial", "1", True)
    assert population.get_node_ids() == [0, 1, 2]
    found = population.get()
    with Recording(tmp_path / "run.h5") as recording:
        wanted = recording["hidden.rate", :-1]
    assert wanted.values.dtype == np.float32
    np.testing.assert_array_equal(found.times, wanted.trials)
    assert np.ascontiguousarray(found.data).tobytes() == wanted.values.tobytes()
    assert found.ids.tolist() == [[0, 0], [1, 0], [2, 0]]
    chosen = population.get(node_ids=libsonata.Selection([2]), tstart=10, tstop=20)
    np.testing.assert_array_equal(chosen.data, wanted.values[2:5, 2:])


def test_the_file_is_marked_as_a_report(tmp_path: Path) -> None:
    done = export(written(tmp_path / "run.h5", [Quantity("a.rate", (0, 2, 4), (("unit", 2),))]), "sonata")
    with h5py.File(done.path) as file:
        assert (file.attrs["magic"], file.attrs["magic"].dtype) == (0x0A7A, np.uint32)
        assert (file.attrs["version"].shape, file.attrs["version"].dtype) == ((2,), np.uint32)
        mapping = file["report/a/mapping"]
        assert mapping["index_pointers"][()].tolist() == [0, 1, 2]
        assert mapping["time"][()].tolist() == [0, 6, 2]
        assert file["report/a/data"].dtype == "<f4"


@pytest.mark.parametrize(
    ("trials", "times", "off"),
    [
        ((0, 3, 6), [0, 3, 6], None),
        ((0, 3, 6, 7), [0, 3, 6], 7),
        ((5,), [5], None),
        ((5, 9), [5, 9], None),
        ((0, 4, 5), [0, 4], 5),
    ],
)
def test_times(tmp_path: Path, trials: tuple[int, ...], times: list[int], off: int | None) -> None:
    done = export(written(tmp_path / "run.h5", [Quantity("a.rate", trials, (("unit", 2),))]), "sonata")
    found = libsonata.ElementReportReader(str(done.path))["a"].get()
    assert found.times.tolist() == times
    assert found.data[:, 0].tolist() == times
    assert done.remarks == (() if off is None else (f"left out, off the grid of {trials[1]} trials: a.rate at trial {off}",))


def test_samples_out_of_step_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "run.h5", [Quantity("a.rate", (0, 1, 2, 10, 100), (("unit", 2),))])
    with pytest.raises(DataError, match=r"a\.rate: is not sampled in steps of one size \(…, 1, 2, 10, …\)"):
        export(path, "sonata")


def test_only_committed_samples_go_out(tmp_path: Path) -> None:
    path = written(tmp_path / "run.h5", [Quantity("a.rate", (0, 1, 2, 3), (("unit", 2),))], last=2)
    found = libsonata.ElementReportReader(str(export(path, "sonata").path))["a"].get()
    assert found.times.tolist() == [0, 1, 2]


def test_float64_is_rounded_and_that_is_said(tmp_path: Path) -> None:
    run(tmp_path / "run.h5", {"output.rate": 7}, dtype="float64")
    done = export(tmp_path / "run.h5", "sonata")
    assert done.remarks == ("output.rate is rounded from float64 to float32, which is what a report holds",)
    with Recording(tmp_path / "run.h5") as recording:
        wanted = recording["output.rate"].values.astype(np.float32)
    np.testing.assert_array_equal(libsonata.ElementReportReader(str(done.path))["output"].get().data, wanted)


def test_long_signals_are_copied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sonata, "AT_ONCE", 24)
    done = export(written(tmp_path / "run.h5", [Quantity("a.rate", tuple(range(20)), (("unit", 2),))]), "sonata")
    assert libsonata.ElementReportReader(str(done.path))["a"].get().data[:, 1].tolist() == list(range(20))


def test_which_signal_is_meant(tmp_path: Path) -> None:
    units = (("unit", 2),)
    path = written(
        tmp_path / "run.h5", [Quantity("a.rate", (0, 1), units), Quantity("b.rate", (0, 1), units), Quantity("nse", (0,))]
    )
    with pytest.raises(InputError, match=r"quantity: is missing; a report holds one signal, and there are a\.rate, b\.rate"):
        export(path, "sonata")
    with pytest.raises(InputError, match=r"b\.rat: no such signal; there are a\.rate, b\.rate; did you mean 'b\.rate'\?"):
        export(path, "sonata", quantity="b.rat")
    with pytest.raises(InputError, match="nse: no such signal"):
        export(path, "sonata", quantity="nse")
    alone = written(tmp_path / "alone.h5", [Quantity("nse", (0,)), Quantity("a_to_b.weights", (0,), (("post", 2), ("pre", 2)))])
    with pytest.raises(DataError, match="holds no signal of a population"):
        export(alone, "sonata")
