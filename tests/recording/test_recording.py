import builtins
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
from recording.samples import QUANTITIES, complete, value, write_rows

from neurosim.errors import Damaged, DataError, EnvironmentFailure, InputError
from neurosim.recording import Quantity, Recording, Writer, attributes, find_recordings, guard


@pytest.mark.parametrize("status", ["complete", "interrupted"])
def test_round_trip(tmp_path, status):
    writer = Writer(tmp_path / "run.h5", QUANTITIES, {"seed": 3})
    write_rows(writer, last=12)
    writer.finish(status)
    with Recording(tmp_path / "run.h5") as recording:
        assert recording.status == status
        assert recording.committed_trial == 12
        assert recording.attributes["seed"] == 3
        assert recording.addresses == sorted(quantity.address for quantity in QUANTITIES)
        assert "hidden.rate" in recording and "hidden" not in recording
        for quantity in QUANTITIES:
            series = recording[quantity.address]
            assert series.address == quantity.address
            assert series.trials.tolist() == list(quantity.trials)
            assert series.dims == ("trial", *(name for name, _ in quantity.dims))
            assert series.units == quantity.units
            assert series.values.dtype == quantity.dtype
            np.testing.assert_array_equal(series.values, [value(quantity, trial) for trial in quantity.trials])


def test_rows_past_the_committed_trial_are_cut_off(tmp_path):
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer, Recording(tmp_path / "run.h5") as recording:
        assert recording.committed_trial == -1
        assert recording["hidden.rate"].values.shape == (0, 3)
        write_rows(writer, last=5)
        writer.write("hidden.rate", 10, [1, 1, 1])
        assert recording["hidden.rate"].trials.tolist() == [0, 5]
        assert recording["hidden_to_hidden.weights"].trials.tolist() == [0]
        writer.commit(11)
        assert recording["hidden.rate"].trials.tolist() == [0, 5, 10]


@pytest.mark.parametrize("status", ["complete", "interrupted"])
def test_rows_are_chosen_like_those_of_an_array(tmp_path, status):
    writer = Writer(tmp_path / "run.h5", QUANTITIES)
    write_rows(writer, last=10)
    writer.finish(status)
    with Recording(tmp_path / "run.h5") as recording:
        for address in ("hidden.rate", "test_error", "input_to_hidden.weights"):
            whole = recording[address]
            for rows in (-1, 0, np.int64(1), slice(1, 3), slice(-1, None), slice(None, None, 2), slice(None, None, -1)):
                part = recording[address, rows]
                np.testing.assert_array_equal(part.values, whole.values[rows])
                np.testing.assert_array_equal(part.trials, whole.trials[rows])
                assert (part.units, part.values.dtype) == (whole.units, whole.values.dtype)
                assert part.dims == (whole.dims if isinstance(rows, slice) else whole.dims[1:])
            assert recording[address, 2:0:-2].trials.tolist() == [10]
            assert recording[address, 3:].values.shape == (0, *whole.values.shape[1:])
        with pytest.raises(InputError, match=r"hidden\.rate: expected a row, or a slice of rows, below 3, found 3"):
            recording["hidden.rate", 3]
        with pytest.raises(InputError, match="expected a row, or a slice of rows, found 'last'"):
            recording["hidden.rate", "last"]


def test_part_is_chosen_like_that_of_an_array(tmp_path):
    with Recording(complete(tmp_path / "run.h5")) as recording:
        whole = recording["input_to_hidden.weights"].values
        for key in ((-1, 2), (-1, 2, 0), (slice(None), 1), (slice(3, 0, -2), slice(None, None, -1), 1), (0, slice(2, 2))):
            np.testing.assert_array_equal(recording.part("input_to_hidden.weights", *key), whole[key])
        with pytest.raises(InputError, match="expected a place, or a slice, along 'post', below 3, found 3"):
            recording.part("input_to_hidden.weights", 0, 3)
        with pytest.raises(InputError, match="expected places along trial, post, pre, found 4 of them"):
            recording.part("input_to_hidden.weights", 0, 0, 0, 0)


def test_rows_are_read_without_the_others(tmp_path):
    quantity = Quantity("x", tuple(range(4000)), (("unit", 200),))
    with Writer(tmp_path / "run.h5", [quantity]) as writer:
        writer.write("x", 3999, np.arange(200))
    with h5py.File(tmp_path / "run.h5") as file:
        chunk = file["x/x"].id.get_chunk_info(0)
    content = bytearray((tmp_path / "run.h5").read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    (tmp_path / "run.h5").write_bytes(content)
    with Recording(tmp_path / "run.h5") as recording:
        assert recording["x", -1].values[7] == 7.0
        assert recording["x", 3000:].values.shape == (1000, 200)
        with pytest.raises(DataError, match="is damaged"):
            recording["x", 0]


def test_it_is_a_collection_of_addresses(tmp_path):
    with Recording(complete(tmp_path / "run.h5")) as recording:
        assert list(recording) == recording.addresses == recording._ipython_key_completions_()
        assert len(recording) == 4


def test_to_xarray(tmp_path):
    pytest.importorskip("xarray")
    with Recording(complete(tmp_path / "run.h5")) as recording:
        weights = recording.to_xarray("input_to_hidden.weights")
        error = recording.to_xarray("test_error")
    assert weights.dims == ("trial", "post", "pre")
    assert float(weights.sel(trial=5, post=2, pre=1)) == 505
    assert (error.name, error.attrs) == ("test_error", {"units": "1", "long_name": "test error"})


def test_to_xarray_without_xarray_is_one_sentence(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "xarray":
            raise ImportError(name)
        return real(name, *rest)

    with Recording(complete(tmp_path / "run.h5")) as recording:
        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(EnvironmentFailure, match="xarray is not installed"):
            recording.to_xarray("test_error")


def test_an_unknown_address_comes_with_a_suggestion(tmp_path):
    message = r"hidden\.rats: is not recorded; did you mean 'hidden\.rate'"
    with Recording(complete(tmp_path / "run.h5")) as recording, pytest.raises(InputError, match=message):
        recording["hidden.rats"]


def test_a_closed_recording_says_so(tmp_path):
    recording = Recording(complete(tmp_path / "run.h5"))
    recording.close()
    with pytest.raises(DataError, match="closed"):
        recording["hidden.rate"]
    assert "closed" in repr(recording)
    assert "closed" in recording._repr_html_()


def test_representations_are_tables_and_escaped(tmp_path):
    quantities = [Quantity("a<b>&", (0, 7), (("unit", 2),), units="<Hz>")]
    attributes = {"<script>": "<script>alert(1)</script>", "long": "x" * 10_000}
    with Writer(tmp_path / "run<1>.h5", quantities, attributes) as writer:
        writer.write("a<b>&", 7, [0, 1])
    with Recording(tmp_path / "run<1>.h5") as recording:
        lines = repr(recording).splitlines()
        assert lines[0] == "Recording 'run<1>.h5': complete, committed up to trial 7"
        assert lines[1].split("  ") == ["", "a<b>&", "trial: 2, unit: 2", "0 … 7"]
        page = recording._repr_html_()
    assert "<td>a&lt;b&gt;&amp;</td><td>trial: 2, unit: 2</td><td>0 … 7</td><td>&lt;Hz&gt;</td>" in page
    assert "run&lt;1&gt;.h5" in page and "<b>" not in page
    assert "<td>&lt;script&gt;</td><td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page
    assert "<script" not in page and page.count("x") < 300
    ElementTree.fromstring(f"<div>{page}</div>")


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(DataError, match="there is no such file"):
        Recording(tmp_path / "none.h5")
    with pytest.raises(DataError, match="is a folder"):
        Recording(tmp_path)


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, b"\x89HDF\r\n\x1a\n" + bytes(5000)])
def test_a_file_that_is_no_recording(tmp_path, content):
    (tmp_path / "run.h5").write_bytes(content)
    with pytest.raises(DataError) as caught:
        Recording(tmp_path / "run.h5")
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_another_hdf5_file(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = 1
    with pytest.raises(DataError, match="is not a neurosim recording"):
        Recording(tmp_path / "other.h5")


def test_a_recording_without_its_counter_is_damaged(tmp_path):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        del file["committed_trial"]
    with pytest.raises(DataError, match="committed_trial: expected a whole number from -1 on, found none"):
        Recording(path)


def test_a_recording_cut_short_anywhere_gives_a_data_error(tmp_path):
    content = complete(tmp_path / "whole.h5").read_bytes()
    path = tmp_path / "run.h5"
    end = guard._end(content[:64])
    for length in range(0, end, max(end // 60, 1)):
        path.write_bytes(content[:length])
        with pytest.raises(DataError):
            Recording(path)


def test_a_flipped_bit_in_the_values_is_noticed(tmp_path):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path) as file:
        chunk = file["hidden/rate/rate"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)
    with Recording(path) as recording:
        with pytest.raises(DataError, match="is damaged"):
            recording["hidden.rate"]
        assert len(recording["test_error"].values) == 4


def test_find_recordings(tmp_path):
    complete(tmp_path / "b.h5")
    (tmp_path / "a").mkdir()
    complete(tmp_path / "a" / "c.h5")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "b.h5.lock").touch()
    assert find_recordings(tmp_path) == [tmp_path / "a" / "c.h5", tmp_path / "b.h5"]
    assert find_recordings(str(tmp_path / "b.h5")) == [tmp_path / "b.h5"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no recordings"):
        find_recordings(tmp_path / "empty")
    with pytest.raises(DataError, match="no such file or folder"):
        find_recordings(tmp_path / "none")


OPENERS = {
    "h5py": lambda path: h5py.File(path),
    "xarray/netCDF4": lambda path: pytest.importorskip("xarray").open_dataset(path, group="hidden/rate", engine="netcdf4"),
    "xarray/h5netcdf": lambda path: pytest.importorskip("xarray").open_dataset(path, group="hidden/rate", engine="h5netcdf"),
    "netCDF4": lambda path: pytest.importorskip("netCDF4").Dataset(path),
    "Recording": Recording,
}


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("live", [False, True])
def test_others_open_what_a_recording_has_open_and_the_other_way_round(tmp_path, opener, live):
    path = tmp_path / "run.h5"
    writer = Writer(path, QUANTITIES)
    write_rows(writer, last=5)
    if not live:
        writer.finish()
    with Recording(path) as recording, OPENERS[opener](path):
        assert recording["hidden.rate", -1].values.tolist() == [500, 501, 502]
    with OPENERS[opener](path), Recording(path) as recording:
        assert recording["hidden.rate", -1].values.tolist() == [500, 501, 502]
    writer.close()


def test_a_file_system_without_locks_is_read_without_them(tmp_path, monkeypatch):
    path, real = complete(tmp_path / "run.h5"), h5py.File

    def without_locks(name, mode="r", locking=None):
        if locking is not False:
            raise OSError("unable to lock file, errno = 37, error message = 'No locks available'")
        return real(name, mode, locking=locking)

    monkeypatch.setattr(h5py, "File", without_locks)
    with Recording(path) as recording:
        assert recording.committed_trial == 12


def test_a_quantity_without_a_sample_for_each_trial_is_damaged(tmp_path):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        group = file["hidden/rate"]
        trials = group["trial"][()]
        del group["trial"]
        group["trial"] = np.append(trials, 99)
        group["rate"].dims[0].attach_scale(group["trial"])
    with pytest.raises(Damaged, match=r"hidden\.rate: expected 5 values along 'trial', as many as its coordinate has, found 4"):
        Recording(path)


def test_attributes_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(attributes, "LARGEST_TEXT", 40_000)
    with pytest.raises(InputError, match="attribute 'long': is longer than 0 MB"):
        complete(tmp_path / "run.h5", {"long": "é" * 20_001})
    path = complete(tmp_path / "run.h5", {"fits": "x" * 40_000})
    for long in ("x" * 40_001, np.zeros(1_000, "S50")):
        with h5py.File(path, "r+") as file:
            file.attrs["long"] = long
        with pytest.raises(Damaged, match="attribute 'long': expected at most 40,000 bytes, found more"):
            Recording(path)


def test_an_attribute_that_must_be_a_whole_number(tmp_path):
    with Recording(complete(tmp_path / "run.h5", {"seed": 3, "arm_order": "first"})) as recording:
        assert (recording.whole_number("seed"), recording.whole_number("trials", 7)) == (3, 7)
        with pytest.raises(DataError, match=r"run\.h5: attribute 'arm_order': expected a whole number, found 'first'"):
            recording.whole_number("arm_order")
