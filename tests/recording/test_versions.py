"""Files that every later neurosim must read. They are never written again: a test of bytes says so."""

import hashlib
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from recording.samples import complete

from neurosim.errors import DataError
from neurosim.recording import Quantity, Recording
from neurosim.recording.attributes import FORMAT_VERSION
from neurosim.recording.versions import READERS, Version1

HERE = Path(__file__).parent
AS_WRITTEN = {
    "version_1/finished.h5": "0bdb7b3a6b56500e5cb99b66783fadb8e407f34666fdfa373fac64f18a63761e",
    "version_1/interrupted.h5": "a10b23c0c458640fd41deab73fb0ff61da2f939bba48472b73b9820cb4201d14",
    "version_1/running.h5": "dac72c47661bfad4f14869079cd06732ddb990364f463d8198392cc9b1d2baa4",
}
"""What neurosim 0.1.0 wrote: a finished run, one that an exception ended after trial 10, and one that was killed there."""


def test_every_version_up_to_the_present_one_is_read_and_has_its_reference_files():
    assert sorted(READERS) == list(range(1, FORMAT_VERSION + 1))
    for version in READERS:
        assert any(name.startswith(f"version_{version}/") for name in AS_WRITTEN)


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_reference_files_are_as_they_were_written(name):
    assert hashlib.sha256((HERE / name).read_bytes()).hexdigest() == AS_WRITTEN[name]


@pytest.mark.parametrize(
    ("name", "status", "last"), [("finished", "complete", 20), ("interrupted", "interrupted", 10), ("running", "running", 10)]
)
def test_version_1_stays_readable(name, status, last):
    expected = {
        "hidden.rate": ([0, 20], [[0, 1, 2], [2000, 2001, 2002]]),
        "input_to_hidden.weights": ([0, 20], [[[0, 1], [2, 3], [4, 5]], [[2000, 2001], [2002, 2003], [2004, 2005]]]),
        "nse": ([0, 10, 20], [0, 1000, 2000]),
    }
    with Recording(HERE / "version_1" / f"{name}.h5") as recording:
        assert (recording.status, recording.committed_trial) == (status, last)
        assert recording.addresses == list(expected)
        told = {key: recording.attributes[key] for key in ("seed", "eta", "arm", "notes", "classes")}
        assert told == {
            "seed": 3,
            "eta": 0.005,
            "arm": "feedback alignment",
            "notes": "Überlebt, “α”",
            "classes": ["a", "β"],
        }
        for address, (trials, values) in expected.items():
            series = recording[address]
            rows = sum(trial <= last for trial in trials)
            assert series.trials.tolist() == trials[:rows]
            np.testing.assert_array_equal(series.values, np.array(values[:rows]).reshape(rows, *np.shape(values)[1:]))
        assert recording.quantity("hidden.rate") == Quantity("hidden.rate", (0, 20), (("unit", 3),), "f4", "Hz", "hidden.rate")
        assert recording.quantity("nse").long_name == "normalised squared error"
        assert recording.quantity("nse").dtype == "f8"
        assert recording["input_to_hidden.weights"].dims == ("trial", "post", "pre")


def test_a_newer_version_is_refused_in_one_line(tmp_path):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["format_version"] = FORMAT_VERSION + 1
    message = f"run.h5 has format version {FORMAT_VERSION + 1}; this neurosim reads 1: a newer one wrote it, and reads it"
    with pytest.raises(DataError, match=re.escape(message)) as caught:
        Recording(path)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("version", ["one", 0, -1, 1.5, None])
def test_a_version_that_is_none_is_damage(tmp_path, version):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        del file.attrs["format_version"]
        if version is not None:
            file.attrs["format_version"] = version
    with pytest.raises(DataError, match="is damaged: expected a format version from 1 on, found"):
        Recording(path)


def test_each_version_is_read_in_its_own_way(tmp_path, monkeypatch):
    """As the next version may be: the counter has moved, the dimensions are told otherwise, and both are read."""

    class Version2(Version1):
        counter = "progress/committed"

        def text(self, dataset, name):
            return super().text(dataset, name).removeprefix("in ")

    old, new = complete(tmp_path / "old.h5"), complete(tmp_path / "new.h5")
    with h5py.File(new, "r+") as file:
        file.attrs["format_version"] = 2
        file["progress/committed"] = 5
        del file["committed_trial"]
        file["hidden/rate/rate"].attrs["units"] = "in Hz"
    monkeypatch.setitem(READERS, 2, Version2())
    with Recording(old) as recording:
        assert (recording.committed_trial, recording["hidden.rate"].units) == (12, "Hz")
    with Recording(new) as recording:
        assert (recording.committed_trial, recording["hidden.rate"].units) == (5, "Hz")
        assert recording["hidden.rate"].trials.tolist() == [0, 5]


def test_what_a_reader_does_not_know_is_ignored(tmp_path):
    """Within a version attributes, groups and datasets may be added."""
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["weather"] = "fine"
        file["hidden/rate/rate"].attrs["weather"] = "fine"
        file["notes/one"] = [1, 2, 3]
    with Recording(path) as recording:
        assert len(recording) == 4
        assert recording["hidden.rate", -1].values.tolist() == [1200, 1201, 1202]
