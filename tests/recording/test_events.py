"""Events of unknown number: segments that fill up, are read while they are written, and go on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from neurosim.errors import DataError, EnvironmentFailure, InputError
from neurosim.recording import EventWriter, Recording, find_recordings, read_events
from neurosim.recording.events import segments

WHAT = "hidden.spikes"


def happened(seed: int, trials: int) -> list[np.ndarray]:
    """The neurons that fire in each trial; none in some."""
    random = np.random.default_rng(seed)
    return [np.flatnonzero(random.random(20) < 0.2 * random.random()) for _ in range(trials)]


def written(path: Path, spikes: list[np.ndarray], first: int = 0, **options: object) -> None:
    with EventWriter(path, WHAT, **options) as events:
        for trial in range(first, len(spikes)):
            events.write(trial, neuron=spikes[trial])
            events.commit()


def require_equal(path: Path, spikes: list[np.ndarray]) -> None:
    found = read_events(path, WHAT)
    np.testing.assert_array_equal(found.trials, np.repeat(np.arange(len(spikes)), [len(several) for several in spikes]))
    np.testing.assert_array_equal(found.columns["neuron"], np.concatenate(spikes))
    assert len(found) == sum(map(len, spikes))


@pytest.mark.parametrize("capacity", [1, 7, 100, 65_536])
def test_that_all_events_are_there_in_order(tmp_path: Path, capacity: int) -> None:
    spikes = happened(1, 200)
    written(tmp_path / "run.h5", spikes, capacity=capacity)
    require_equal(tmp_path / "run.h5", spikes)
    assert len(segments(tmp_path / "run.h5", WHAT)) == max(1, -(-sum(map(len, spikes)) // capacity))


def test_that_nothing_happened(tmp_path: Path) -> None:
    written(tmp_path / "run.h5", [np.array([], int)] * 5)
    assert len(read_events(tmp_path / "run.h5", WHAT)) == 0


def test_that_they_are_read_while_they_are_written_up_to_the_last_commit(tmp_path: Path) -> None:
    with EventWriter(tmp_path / "run.h5", WHAT, ("neuron", "strength"), capacity=2) as events:
        events.write(3, neuron=[5, 6, 7], strength=[0.5, 0.25, 0.125])
        events.commit()
        events.write(4, neuron=1, strength=1)
        found = read_events(tmp_path / "run.h5", WHAT)
        assert found.trials.tolist() == [3, 3, 3]
        assert {name: column.tolist() for name, column in found.columns.items()} == {
            "neuron": [5, 6, 7],
            "strength": [0.5, 0.25, 0.125],
        }
    assert read_events(tmp_path / "run.h5", WHAT).trials.tolist() == [3, 3, 3, 4]


def test_that_a_segment_is_a_recording_that_others_open(tmp_path: Path) -> None:
    written(tmp_path / "run.h5", happened(2, 50), capacity=10)
    first, second, *_ = segments(tmp_path / "run.h5", WHAT)
    assert first.name == "run.hidden.spikes.000000.events"
    with Recording(second) as recording:
        assert recording.status == "complete"
        assert recording["hidden.spikes.neuron"].dims == ("event",)
        assert recording.trials("hidden.spikes.at").tolist() == list(range(10, 20))
    with h5py.File(second) as file:
        assert file["hidden/spikes/at/at"].attrs["units"] == "trial"
        assert file["hidden/spikes/at/at"].dims[0].keys() == ["event"] or file["hidden/spikes/at/at"].dims[0][0].name
    xarray = pytest.importorskip("xarray")
    held = xarray.open_dataset(second, group="hidden/spikes/neuron", engine="h5netcdf")
    assert held["neuron"].dims == ("event",)
    with Recording(second) as recording:
        assert recording.to_xarray("hidden.spikes.neuron").dims == ("event",)


def test_that_a_folder_of_recordings_does_not_list_them(tmp_path: Path) -> None:
    written(tmp_path / "run.h5", happened(2, 50))
    with pytest.raises(DataError, match="no recordings"):
        find_recordings(tmp_path)


@pytest.mark.parametrize("capacity", [3, 1000])
@pytest.mark.parametrize("until", [-1, 0, 17, 59, 99])
def test_that_a_run_goes_on_where_its_checkpoint_is(tmp_path: Path, capacity: int, until: int) -> None:
    spikes = happened(3, 100)
    written(tmp_path / "run.h5", spikes[:60], capacity=capacity)
    end = min(until, 59)
    written(tmp_path / "run.h5", spikes, first=end + 1, capacity=capacity, until=end)
    require_equal(tmp_path / "run.h5", spikes)


def test_that_a_new_run_replaces_what_an_earlier_one_left(tmp_path: Path) -> None:
    written(tmp_path / "run.h5", happened(4, 100), capacity=5)
    spikes = happened(5, 10)
    written(tmp_path / "run.h5", spikes, capacity=5)
    require_equal(tmp_path / "run.h5", spikes)


KILLED = """
import os, signal, sys
from neurosim.recording import EventWriter
events = EventWriter(sys.argv[1], "hidden.spikes", capacity=4)
for trial in range(int(sys.argv[2])):
    events.write(trial, neuron=[trial % 7] * (trial % 3))
    events.commit()
events.write(10**6, neuron=[1, 2])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("trials", [0, 1, 5, 23])
def test_that_a_kill_loses_nothing_that_was_committed(tmp_path: Path, trials: int) -> None:
    path = tmp_path / "run.h5"
    done = subprocess.run([sys.executable, "-c", KILLED, str(path), str(trials)], env=dict(os.environ), check=False)
    assert done.returncode == -signal.SIGKILL
    found = read_events(path, WHAT)
    expected = [trial for trial in range(trials) for _ in range(trial % 3)]
    assert found.trials.tolist()[: len(expected)] == expected
    with EventWriter(path, WHAT, capacity=4, until=trials) as events:
        events.write(trials, neuron=[0])
    assert read_events(path, WHAT).trials.tolist() == [*expected, trials]


def test_two_writers(tmp_path: Path) -> None:
    with EventWriter(tmp_path / "run.h5", WHAT), pytest.raises(EnvironmentFailure, match="another"):
        EventWriter(tmp_path / "run.h5", WHAT)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda e: e.write(4, neuron=[1]), "trial 4 cannot follow one of trial 5"),
        (lambda e: e.write(5, unit=[1]), "expected the columns neuron, found unit"),
        (lambda e: e.write(5), "expected the columns neuron, found none"),
        (lambda e: e.write(5, neuron="many"), "expected numbers"),
        (lambda e: e.write(5, neuron=[[1]]), "as many numbers in each column"),
    ],
)
def test_what_is_no_event(tmp_path: Path, call: object, told: str) -> None:
    with EventWriter(tmp_path / "run.h5", WHAT) as events:
        events.write(5, neuron=[1])
        with pytest.raises(InputError, match=told):
            call(events)


def test_events_that_cannot_go_on(tmp_path: Path) -> None:
    path = tmp_path / "run.h5"
    with pytest.raises(DataError, match="no events of this name"):
        EventWriter(path, WHAT, until=3)
    written(path, happened(1, 30), capacity=5)
    with pytest.raises(DataError, match="has the columns neuron, not unit"):
        EventWriter(path, WHAT, ("unit",), capacity=5, until=3)
    with pytest.raises(DataError, match="does not begin where"):
        EventWriter(path, WHAT, capacity=6, until=3)
    segments(path, WHAT)[1].unlink()
    with pytest.raises(DataError, match="does not go on where the segment before it ends"):
        read_events(path, WHAT)
    with pytest.raises(InputError, match="room for at least 1 event"):
        EventWriter(path, WHAT, capacity=0)
