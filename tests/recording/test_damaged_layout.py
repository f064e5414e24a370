"""Recordings whose parts are something else than the format says: one message, which names the part, and never numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from recording.samples import TRIALS, complete

from neurosim.errors import Damaged
from neurosim.recording import EventWriter, Recording, read_events

Change = Callable[[h5py.File], object]
RATE, ERROR = "hidden/rate/rate", "test_error/test_error"


def replaced(file: h5py.File, place: str, values: object, **storage: object) -> None:
    """Another dataset in the place of one, with its attributes and, where it has as many dimensions, with its scales."""
    told = {name: value for name, value in file[place].attrs.items() if name in ("address", "units", "long_name")}
    scales = [axis[0] for axis in file[place].dims]
    del file[place]
    dataset = file.create_dataset(place, data=values, **storage)
    dataset.attrs.update(told)
    if dataset.ndim == len(scales):
        for axis, scale in zip(dataset.dims, scales, strict=True):
            axis.attach_scale(scale)


def without_scales(file: h5py.File, place: str, values: object) -> None:
    """Another dataset with an address, and nothing else."""
    del file[place]
    file[place] = values
    file[place].attrs["address"] = place.rpartition("/")[0].replace("/", ".")


def rescaled(file: h5py.File, place: str, axis: int, values: object) -> None:
    """Another scale in the place of one, attached as that was."""
    dataset = file[place]
    name = dataset.dims[axis][0].name
    dataset.dims[axis].detach_scale(file[name])
    del file[name]
    file[name] = values
    file[name].make_scale()
    dataset.dims[axis].attach_scale(file[name])


def detached(file: h5py.File, place: str, axis: int, other: str) -> None:
    """A scale from elsewhere in the place of one."""
    dataset = file[place]
    dataset.dims[axis].detach_scale(dataset.dims[axis][0])
    dataset.dims[axis].attach_scale(file[other])


def exchanged(file: h5py.File, one: str, other: str) -> None:
    """Two datasets, each under the name of the other."""
    file.move(one, "aside")
    file.move(other, one)
    file.move("aside", other)


def with_attribute(file: h5py.File, place: str, name: str, value: object) -> None:
    """An attribute that is another one, or, with None, is not there."""
    del file[place].attrs[name]
    if value is not None:
        file[place].attrs[name] = value


def counting(file: h5py.File, value: object) -> None:
    """Another counter; None makes a group of it."""
    del file["committed_trial"]
    if value is None:
        file.create_group("committed_trial")
    else:
        file["committed_trial"] = value


def twice(file: h5py.File) -> None:
    """A second dataset with the address of a first."""
    file.copy("test_error", "elsewhere")


COUNTER = "committed_trial: expected a whole number from -1 on, found "
STATUS = "attribute 'status': expected one of running, complete, failed, interrupted, found "
DAMAGES: dict[str, tuple[Change, str]] = {
    "counter missing": (lambda f: f.pop("committed_trial"), COUNTER + "none"),
    "counter nan": (lambda f: counting(f, np.nan), COUNTER + "nan"),
    "counter text": (lambda f: counting(f, "ten"), COUNTER + "'ten'"),
    "counter group": (lambda f: counting(f, None), COUNTER + "a group"),
    "counter negative": (lambda f: counting(f, -2), COUNTER + "-2"),
    "counter list": (lambda f: counting(f, [1, 2]), COUNTER + "int64 values of the shape (2,)"),
    "counter empty": (lambda f: counting(f, h5py.Empty("i8")), COUNTER + "an empty dataset"),
    "status foo": (lambda f: with_attribute(f, "/", "status", "foo"), STATUS + "'foo'"),
    "status number": (lambda f: with_attribute(f, "/", "status", 3), STATUS + "3"),
    "status missing": (lambda f: with_attribute(f, "/", "status", None), STATUS + "none"),
    "empty attribute": (lambda f: f.attrs.update(note=h5py.Empty("f8")), "attribute 'note': expected a value, found none"),
    "no trials": (
        lambda f: f.pop("test_error/trial"),
        "test_error: expected a scale for each dimension in the group /test_error, found none for dimension 1 of 1",
    ),
    "scale elsewhere": (
        lambda f: detached(f, RATE, 1, "hidden_to_hidden/weights/post"),
        "hidden.rate: expected a scale for each dimension in the group /hidden/rate, found none for dimension 2 of 2",
    ),
    "strings": (lambda f: replaced(f, ERROR, list("abcd")), "test_error: expected numbers of the type f4 or f8, found texts"),
    "complex": (
        lambda f: replaced(f, ERROR, np.zeros(4, complex)),
        "test_error: expected numbers of the type f4 or f8, found complex128",
    ),
    "whole numbers": (
        lambda f: replaced(f, ERROR, np.zeros(4, int)),
        "test_error: expected numbers of the type f4 or f8, found int64",
    ),
    "four dimensions": (
        lambda f: replaced(f, ERROR, np.zeros((4, 2, 2, 2))),
        "test_error: expected a scale for each dimension in the group /test_error, found none for dimension 1 of 4",
    ),
    "shorter": (
        lambda f: replaced(f, ERROR, np.zeros(3)),
        "test_error: expected 4 values along 'trial', as many as its coordinate has, found 3",
    ),
    "shorter, without scales": (
        lambda f: without_scales(f, ERROR, np.zeros(3)),
        "test_error: expected a scale for each dimension in the group /test_error, found none for dimension 1 of 1",
    ),
    "scalar": (
        lambda f: replaced(f, ERROR, 0.5),
        "test_error: expected a row for each trial, found a single number",
    ),
    "empty": (
        lambda f: replaced(f, ERROR, h5py.Empty("f8")),
        "test_error: expected a row for each trial, found an empty dataset",
    ),
    "no units": (
        lambda f: with_attribute(f, RATE, "units", None),
        "hidden.rate: expected a text as its attribute 'units', found none",
    ),
    "no long name": (
        lambda f: with_attribute(f, RATE, "long_name", None),
        "hidden.rate: expected a text as its attribute 'long_name', found none",
    ),
    "units of a number": (
        lambda f: with_attribute(f, RATE, "units", 5),
        "hidden.rate: expected a text as its attribute 'units', found 5",
    ),
    "address of a number": (
        lambda f: with_attribute(f, RATE, "address", 5),
        "/hidden/rate/rate: expected a text as its attribute 'address', found 5",
    ),
    "address of another": (
        lambda f: with_attribute(f, RATE, "address", "hidden.angle"),
        "hidden.angle: expected its values in /hidden/angle/angle, found them in /hidden/rate/rate",
    ),
    "address twice": (
        twice,
        "test_error: expected one dataset of this address, found /elsewhere/test_error and /test_error/test_error",
    ),
    "values and trials exchanged": (
        lambda f: exchanged(f, ERROR, "test_error/trial"),
        "test_error: expected its values in /test_error/test_error, found them in /test_error/trial",
    ),
    "dimensions exchanged": (
        lambda f: exchanged(f, "hidden/rate/unit", "hidden/rate/trial"),
        "hidden.rate: expected 'trial' as its first dimension, found unit, trial",
    ),
    "trials that are no whole numbers": (
        lambda f: rescaled(f, ERROR, 0, np.array(TRIALS, float)),
        "test_error: expected whole numbers as its coordinate 'trial', found float64",
    ),
    "trials in two dimensions": (
        lambda f: rescaled(f, ERROR, 0, np.zeros((4, 2), int)),
        "test_error: expected whole numbers as its coordinate 'trial', found int64 values of the shape (4, 2)",
    ),
    "neurons that are texts": (
        lambda f: rescaled(f, RATE, 1, list("abc")),
        "hidden.rate: expected whole numbers as its coordinate 'unit', found texts",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_not_as_the_format_says_is_told_with_its_place_when_it_is_opened(tmp_path: Path, damage: str) -> None:
    path = complete(tmp_path / "run.h5")
    change, told = DAMAGES[damage]
    with h5py.File(path, "r+") as file:
        change(file)
    with pytest.raises(Damaged) as caught:
        Recording(path)
    assert str(caught.value) == f"{path}: {told}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("trials", "found"),
    [
        ([0, 5, 5, 12], "5 after 5"),
        ([0, 10, 5, 12], "5 after 10"),
        ([-5, 0, 5, 12], "-5"),
        ([0, 5, 2**63 - 1, -(2**63)], f"{-(2**63)} after {2**63 - 1}"),
    ],
)
def test_trials_that_do_not_increase_from_zero_on_are_told_when_they_are_used(
    tmp_path: Path, trials: list[int], found: str
) -> None:
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file["test_error/trial"][()] = trials
    expected = "expected whole numbers from 0 on as its coordinate 'trial', each larger than the one before"
    message = re.escape(f"{path}: test_error: {expected}, found {found}") + "$"
    with Recording(path) as recording:
        for use in (recording.trials, recording.quantity, recording.__getitem__, lambda a: recording.part(a, -1), recording.rows):
            with pytest.raises(Damaged, match=message):
                use("test_error")
        with pytest.raises(Damaged, match=message):
            repr(recording)
        assert recording["hidden.rate"].values.shape == (4, 3), "the others can be read"


def test_what_another_program_adds_to_a_quantity_is_no_damage(tmp_path: Path) -> None:
    """A second name of a dataset or of a scale, and texts of a fixed length, as other languages write them."""
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file["a/second/name"] = file[RATE]
        file["hidden/rate/a_second_name"] = file["hidden/rate/unit"]
        file["hidden/rate/nowhere"] = h5py.SoftLink("/nowhere")
        with_attribute(file, RATE, "units", np.bytes_("µHz".encode()))
        with_attribute(file, RATE, "address", np.bytes_(b"hidden.rate"))
        with_attribute(file, "/", "status", np.bytes_(b"complete"))
    with Recording(path) as recording:
        assert recording.status == "complete"
        assert recording["hidden.rate"].units == "µHz"
        assert recording["hidden.rate"].values.shape == (4, 3)
        assert recording.quantity("hidden.rate").long_name == "hidden.rate"


def test_opening_reads_no_coordinates_and_no_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = complete(tmp_path / "run.h5")
    read: list[str] = []
    real = h5py.Dataset.__getitem__
    monkeypatch.setattr(
        h5py.Dataset, "__getitem__", lambda self, *key, **more: read.append(self.name) or real(self, *key, **more)
    )
    with Recording(path) as recording:
        assert set(read) <= {"/committed_trial"}
        for _ in range(3):
            recording.trials("test_error")
    assert read.count("/test_error/trial") == 1


def test_a_damaged_segment_of_events_is_told_with_its_place(tmp_path: Path) -> None:
    with EventWriter(tmp_path / "run.h5", "hidden.spikes", capacity=4) as events:
        for trial in (3, 3, 7):
            events.write(trial, neuron=[1, 2])
        events.commit()
    assert read_events(tmp_path / "run.h5", "hidden.spikes").trials.tolist() == [3, 3, 3, 3, 7, 7]
    path = tmp_path / "run.hidden.spikes.000001.events"
    with h5py.File(path, "r+") as file:
        file["hidden/spikes/at/event"][()] = [4, 4]
    with pytest.raises(
        Damaged, match=r"000001\.events: hidden\.spikes\.at: expected whole numbers .* 'event'.*, found 4 after 4"
    ):
        read_events(tmp_path / "run.h5", "hidden.spikes")


@pytest.mark.parametrize("value", ["abc", [1, 2], True, np.array([3])])
def test_an_attribute_that_must_be_a_number_and_is_none(tmp_path: Path, value: object) -> None:
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["seconds"] = value
    with Recording(path) as recording:
        found = re.escape(repr(recording.attributes["seconds"]))
        with pytest.raises(Damaged, match=rf"run\.h5: attribute 'seconds': expected a finite number, found {found}$"):
            recording.real_number("seconds")
        with pytest.raises(Damaged, match=rf"run\.h5: attribute 'seconds': expected a whole number, found {found}$"):
            recording.whole_number("seconds")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_damage(tmp_path: Path, value: float) -> None:
    path, told = (
        complete(tmp_path / "run.h5", {"seconds": value}),
        rf"attribute 'seconds': expected a finite number, found {value}",
    )
    with Recording(path) as recording, pytest.raises(Damaged, match=told):
        recording.real_number("seconds")


def test_attributes_that_are_numbers(tmp_path: Path) -> None:
    with Recording(complete(tmp_path / "run.h5", {"seed": 3, "seconds": 2.5})) as recording:
        assert (recording.whole_number("seed"), recording.whole_number("trials", 7)) == (3, 7)
        assert (recording.real_number("seconds"), recording.real_number("seed")) == (2.5, 3.0)
        assert (recording.real_number("missing"), recording.real_number("missing", 1.5)) == (None, 1.5)
