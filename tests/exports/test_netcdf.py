"""netCDF, read back by netCDF4 and by xarray with both of its readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exports.runs import EVERY, run
from recording.samples import QUANTITIES, value, write_rows

from neurosim.exports import export
from neurosim.recording import Recording, Writer

netcdf4 = pytest.importorskip("netCDF4")
xarray = pytest.importorskip("xarray")


def test_netcdf4_reads_every_bit_with_names_and_units(tmp_path: Path) -> None:
    run(tmp_path / "run.h5", arm="a")
    done = export(tmp_path / "run.h5", "netcdf")
    with Recording(tmp_path / "run.h5") as recording, netcdf4.Dataset(done.path) as file:
        assert file.data_model == "NETCDF4"
        assert {name: file.getncattr(name) for name in file.ncattrs()} == recording.attributes
        assert int(file["committed_trial"][...]) == 42
        for address in EVERY:
            quantity, group = recording.quantity(address), file[address.replace(".", "/")]
            variable = group.variables[quantity.name]
            assert variable.dimensions == recording.dims(address)
            assert (variable.units, variable.long_name) == (quantity.units, quantity.long_name)
            assert variable.filters()["zlib"] and variable.filters()["fletcher32"]
            found = np.ma.getdata(variable[...])
            assert found.dtype == quantity.dtype
            assert found.tobytes() == recording[address].values.tobytes()
            assert group.variables["trial"][...].tolist() == list(quantity.trials)


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_reads_the_same_as_of_the_recording(tmp_path: Path, engine: str) -> None:
    run(tmp_path / "run.h5")
    done = export(tmp_path / "run.h5", "netcdf")
    for address in EVERY:
        group = address.replace(".", "/")
        with (
            xarray.open_dataset(tmp_path / "run.h5", group=group, engine=engine) as wanted,
            xarray.open_dataset(done.path, group=group, engine=engine) as found,
        ):
            xarray.testing.assert_identical(found, wanted)


def test_numbers_alone_make_a_small_recording_that_tells_the_same(tmp_path: Path) -> None:
    run(tmp_path / "run.h5", fingerprint="abc")
    done = export(tmp_path / "run.h5", "netcdf", tmp_path / "small.h5", numbers=True)
    numbers = [address for address in EVERY if address in ("nse", "loss", "hidden.angle")]
    with Recording(tmp_path / "run.h5") as whole, Recording(done.path) as small:
        assert small.addresses == sorted(numbers)
        assert (small.attributes, small.committed_trial) == (whole.attributes, whole.committed_trial)
        for address in numbers:
            assert small[address].values.tobytes() == whole[address].values.tobytes()
            assert small[address].trials.tolist() == whole[address].trials.tolist()
    (told,) = done.remarks
    assert told.startswith("left out, more than a number a trial: ")
    assert set(told.partition(": ")[2].split(", ")) == {*EVERY} - {*numbers}


def test_of_a_live_recording_only_what_is_committed_and_that_compressed(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.h5", QUANTITIES, {"seed": 3}) as writer:
        write_rows(writer, last=5)
        writer.write("hidden.rate", 10, [9, 9, 9])
        done = export(tmp_path / "run.h5", "netcdf")
    for engine in ("netcdf4", "h5netcdf"):
        with xarray.open_dataset(done.path, group="hidden/rate", engine=engine) as opened:
            assert opened.trial.values.tolist() == [0, 5]
            np.testing.assert_array_equal(opened["rate"].values, [value(QUANTITIES[1], trial) for trial in (0, 5)])
    with Recording(done.path) as copy:
        assert (copy.status, copy.committed_trial, copy.attributes["seed"]) == ("running", 5, 3)
        assert copy.addresses == sorted(quantity.address for quantity in QUANTITIES)


def test_what_has_no_row_yet_is_left_out_and_named(tmp_path: Path) -> None:
    from neurosim.recording import Quantity

    with Writer(tmp_path / "run.h5", [Quantity("early", (0, 5)), Quantity("late", (5,))]) as writer:
        writer.write("early", 0, 1.0)
        writer.commit(0)
        done = export(tmp_path / "run.h5", "netcdf")
    assert done.remarks[1:] == ("left out, no row is committed: late",)
    with Recording(done.path) as copy:
        assert copy.addresses == ["early"]


def test_long_recordings_are_copied_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurosim.recording import Quantity

    monkeypatch.setattr("neurosim.recording.compaction.COPY_BYTES", 1000)
    monkeypatch.setattr("neurosim.recording.layout.CHUNK_BYTES", 400)
    quantity = Quantity("x", tuple(range(0, 999, 3)), (("unit", 7),))
    with Writer(tmp_path / "run.h5", [quantity]) as writer:
        for trial in quantity.trials:
            writer.write("x", trial, np.arange(7) + trial)
    with xarray.open_dataset(export(tmp_path / "run.h5", "netcdf").path, group="x", engine="h5netcdf") as opened:
        np.testing.assert_array_equal(opened["x"].values, np.arange(0, 999, 3)[:, None] + np.arange(7))
