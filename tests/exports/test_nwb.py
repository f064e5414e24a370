"""NWB, validated and read back by pynwb."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from exports.runs import EVERY, run

from neurosim.exports import export
from neurosim.recording import Quantity, Recording, Writer

pynwb = pytest.importorskip("pynwb")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_pynwb_finds_it_valid_and_reads_every_bit(tmp_path: Path, dtype: str) -> None:
    run(tmp_path / "run.h5", dtype=dtype, scenario="s", scenario_title="A title", arm="a")
    done = export(tmp_path / "run.h5", "nwb")
    assert done.remarks == ()
    assert pynwb.validate(path=done.path) == []
    with Recording(tmp_path / "run.h5") as recording, pynwb.NWBHDF5IO(done.path, "r") as stream:
        file = stream.read()
        assert sorted(file.acquisition) == sorted(EVERY)
        for address, series in file.acquisition.items():
            wanted, quantity = recording[address], recording.quantity(address)
            assert series.data.dtype == wanted.values.dtype
            assert series.data[()].tobytes() == wanted.values.tobytes()
            assert series.data.file.filename == str(done.path)  # nothing is linked to: the file stands alone
            np.testing.assert_array_equal(series.timestamps[()], wanted.trials)
            assert (series.unit, series.description) == (quantity.units, quantity.long_name)
            assert f"Axes: {', '.join(wanted.dims)}. Times are numbers of trials" in series.comments
        assert "scenario s, circuit_name small, arm a, seed 7" in file.session_description
        assert "Times are numbers of trials" in file.session_description
        assert file.experiment_description == "A title"
        assert json.loads(file.notes) == recording.attributes
        assert [list(row) for row in file.was_generated_by[()]] == [["neurosim", recording.attributes["neurosim_version"]]]
        written = datetime.fromtimestamp((tmp_path / "run.h5").stat().st_mtime, UTC)
        assert file.session_start_time == written
        assert file.session_start_time.tzinfo is not None


def test_the_identifier_is_that_of_the_run(tmp_path: Path) -> None:
    found = []
    for name, attributes in (("a", {"arm": "x"}), ("b", {"arm": "x"}), ("c", {"arm": "y"})):
        run(tmp_path / f"{name}.h5", {"nse": 10}, **attributes)
        with pynwb.NWBHDF5IO(export(tmp_path / f"{name}.h5", "nwb").path, "r") as stream:
            found.append(stream.read().identifier)
    assert found[0] == found[1] != found[2]


def test_of_a_live_recording_only_what_is_committed(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.h5", [Quantity("early", (0, 5), (("unit", 2),)), Quantity("late", (5,))]) as writer:
        writer.write("early", 0, [1.0, 2.0])
        writer.commit(0)
        done = export(tmp_path / "run.h5", "nwb")
    assert done.remarks[1:] == ("left out, no row is committed: late",)
    assert pynwb.validate(path=done.path) == []
    with pynwb.NWBHDF5IO(done.path, "r") as stream:
        (series,) = stream.read().acquisition.values()
        assert series.data[()].tolist() == [[1.0, 2.0]]


def test_large_quantities_are_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurosim.exports import _nwb_rows

    monkeypatch.setattr(_nwb_rows, "BUFFER_GIGABYTES", 8e-6)
    monkeypatch.setattr(_nwb_rows, "CHUNK_MEGABYTES", 0.001)
    quantity = Quantity("x", tuple(range(500)), (("post", 7), ("pre", 5)))
    with Writer(tmp_path / "run.h5", [quantity]) as writer:
        for trial in quantity.trials:
            writer.write("x", trial, np.arange(35).reshape(7, 5) + trial)
    largest = []
    real = Recording.part

    def part(self: Recording, *key: object) -> np.ndarray:
        found = real(self, *key)  # type: ignore[arg-type]
        largest.append(found.nbytes)
        return found

    monkeypatch.setattr(Recording, "part", part)
    done = export(tmp_path / "run.h5", "nwb")
    assert len(largest) > 5 and max(largest) <= 8000
    with pynwb.NWBHDF5IO(done.path, "r") as stream:
        data = stream.read().acquisition["x"].data[()]
    np.testing.assert_array_equal(data, np.arange(35).reshape(7, 5) + np.arange(500)[:, None, None])
