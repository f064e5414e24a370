import h5py
import numpy as np
import pytest
from recording.samples import QUANTITIES, complete, value, write_rows

from neurosim.errors import DataError
from neurosim.recording import Quantity, Recording, Writer

xarray = pytest.importorskip("xarray")


def read_calls(monkeypatch):
    """What is read of datasets with more than one dimension, from here on."""
    calls = []
    real = h5py.Dataset.__getitem__

    def spy(self, key, **rest):
        if self.ndim > 1:
            calls.append((self.name, key))
        return real(self, key, **rest)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", spy)
    return calls


def test_a_tree_has_every_quantity_under_its_address(tmp_path):
    with Recording(complete(tmp_path / "run.h5", {"seed": 3})) as recording:
        tree = recording.to_xarray()
        assert sorted(tree.children) == recording.addresses
        assert tree.attrs == recording.attributes
        assert int(tree["committed_trial"]) == 12
        for quantity in QUANTITIES:
            data = tree[quantity.address][quantity.name]
            assert data.dims == ("trial", *(name for name, _ in quantity.dims))
            assert data.dtype == quantity.dtype
            assert data.attrs == {"units": quantity.units, "long_name": quantity.long_name or quantity.address}
            assert data.trial.values.tolist() == list(quantity.trials)
            for name, size in quantity.dims:
                assert data[name].values.tolist() == list(range(size))
            np.testing.assert_array_equal(data.values, [value(quantity, trial) for trial in quantity.trials])
        assert float(tree["hidden.rate"].rate.sel(trial=10, unit=2)) == 1002


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_its_datasets_are_those_that_xarray_finds_in_the_file(tmp_path, engine):
    path = complete(tmp_path / "run.h5")
    with Recording(path) as recording, xarray.open_datatree(path, engine=engine) as opened:
        tree = recording.to_xarray()
        for quantity in QUANTITIES:
            own, found = tree[quantity.address].to_dataset(), opened[quantity.group].to_dataset()
            del found[quantity.name].attrs["address"]
            xarray.testing.assert_identical(own, found)


def test_nothing_is_read_before_it_is_asked_for_and_then_no_more_than_that(tmp_path, monkeypatch):
    with Recording(complete(tmp_path / "run.h5")) as recording:
        calls = read_calls(monkeypatch)
        tree = recording.to_xarray()
        str(tree), tree._repr_html_()
        weights = tree["input_to_hidden.weights"].weights
        assert calls == []
        onto = weights.sel(trial=5, post=2)
        assert calls == []
        assert onto.values.tolist() == [504, 505]
        assert weights[::-2, 1, 0].values.tolist() == [1202, 502]
        assert weights[[3, 0], 1, 0].values.tolist() == [1202, 2]
        name = "/input_to_hidden/weights/weights"
        assert calls == [
            (name, (1, 2, slice(0, 2, 1))),
            (name, (slice(1, 4, 2), 1, 0)),
            (name, (slice(0, 4, 1), 1, 0)),
        ]


def test_what_was_read_once_is_kept_and_a_copy(tmp_path, monkeypatch):
    with Recording(complete(tmp_path / "run.h5")) as recording:
        calls = read_calls(monkeypatch)
        rates = recording.to_xarray()["hidden.rate"].rate.load()
        rates[0, 0] = -1.0
        assert rates.values[0].tolist() == [-1, 1, 2]
        assert len(calls) == 1
        assert recording["hidden.rate", 0].values.tolist() == [0, 1, 2]


def test_a_tree_of_a_live_recording_stays_at_its_commit(tmp_path):
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer, Recording(tmp_path / "run.h5") as recording:
        assert recording.to_xarray()["hidden.rate"].rate.shape == (0, 3)
        write_rows(writer, last=5)
        tree = recording.to_xarray()
        writer.write("hidden.rate", 10, [7, 7, 7])
        writer.commit(12)
        assert int(tree["committed_trial"]) == 5
        rates = tree["hidden.rate"].rate
        assert rates.shape == (2, 3)
        assert rates[-1].values.tolist() == [500, 501, 502]
        assert rates.values[:, 0].tolist() == [0, 500]
        assert recording.to_xarray()["hidden.rate"].rate.shape == (4, 3)


def test_quantities_below_each_other_may_have_other_trials(tmp_path):
    quantities = [Quantity("loss", (0, 1, 2)), Quantity("loss.rate", (0, 2), (("unit", 1),))]
    with Writer(tmp_path / "run.h5", quantities) as writer:
        writer.write("loss", 1, 3.0)
        writer.write("loss.rate", 2, [7.0])
    with Recording(tmp_path / "run.h5") as recording:
        tree = recording.to_xarray()
        assert float(tree["loss"].loss.sel(trial=1)) == 3.0
        assert float(tree["loss.rate"].rate.sel(trial=2, unit=0)) == 7.0
    with pytest.raises(ValueError, match="not aligned"):
        xarray.open_datatree(tmp_path / "run.h5", engine="h5netcdf")  # why the tree is by address


def test_a_tree_of_a_closed_recording_says_so(tmp_path):
    with Recording(complete(tmp_path / "run.h5")) as recording:
        tree = recording.to_xarray()
        alone = recording.to_xarray("hidden.rate")
    with pytest.raises(DataError, match="the recording is closed"):
        tree["hidden.rate"].rate.load()
    assert alone.values[1].tolist() == [500, 501, 502]
