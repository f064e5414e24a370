from __future__ import annotations

import shutil
import sys
from itertools import pairwise

import numpy as np
import pytest
from small_files import npz, riff

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import SpokenDigits, spoken_digits
from neurosim.tasks._speech import features
from neurosim.tasks.spoken_digits import ARCHIVE, cut

NAME = "3_bob_2.wav"


def expected(small, test, stretches=5):
    """Means over the stretches of every recording of one set, and its digit, in the order of the names."""
    rows = []
    for name, samples in small.arrays.items():
        digit, _, take = name.removesuffix(".wav").split("_")
        if (take == "0") == test:
            x = features(samples, 8000, 25.0, 10.0, "x")
            edges = [len(x) * i // stretches for i in range(stretches + 1)]
            parts = [x[a : max(b, a + 1)].mean(axis=0) for a, b in pairwise(edges)]
            rows.append([*np.concatenate(parts), int(digit)])
    return np.array(rows)


def archive(small, **changed):
    """The same recordings in one file."""
    digit, speaker, take = zip(*(name.removesuffix(".wav").split("_") for name in small.arrays), strict=True)
    told = {
        "pcm": np.concatenate(list(small.arrays.values())),
        "offset": np.cumsum([0, *map(len, small.arrays.values())]),
        "digit": np.array(digit, np.uint8),
        "speaker": np.array(speaker),
        "take": np.array(take, np.uint8),
    }
    return npz(**{**told, **changed})


@pytest.mark.parametrize("stretches", [1, 5, 40])
def test_the_recordings_become_trials(small_spoken_digits, no_sockets, stretches):
    task = SpokenDigits(stretches=stretches)
    training, tests = (expected(small_spoken_digits, test, stretches) for test in (False, True))
    assert (task.inputs, len(training), len(tests)) == (39 * stretches, 60, 20)
    x, y = task.test()
    assert x.dtype == y.dtype == np.float32
    sd = training.std(axis=0)
    np.testing.assert_allclose(x, ((tests - training.mean(axis=0)) / np.where(sd > 1e-9, sd, 1))[:, :-1], atol=1e-4)
    assert y.argmax(axis=1).tolist() == tests[:, -1].tolist()
    shown = task.trials(1, 0, 60)
    assert sorted(shown.targets.argmax(axis=1).tolist()) == sorted(training[:, -1].tolist())
    np.testing.assert_allclose(shown.inputs.mean(axis=0, dtype=float), 0, atol=1e-5)


def test_one_file_of_the_same_samples_gives_the_same_trials(small_spoken_digits, no_sockets):
    before = [array.copy() for array in (*SpokenDigits().test(), *SpokenDigits().trials(1, 0, 60))]
    shutil.rmtree(small_spoken_digits.folder / "recordings")
    small_spoken_digits.write(ARCHIVE, archive(small_spoken_digits), pinned=False)
    spoken_digits._load.cache_clear()
    after = (*SpokenDigits().test(), *SpokenDigits().trials(1, 0, 60))
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_further_recordings_are_passed_over(small_spoken_digits):
    small_spoken_digits.write("recordings/3_carol_0.wav", b"of a later version", pinned=False)
    assert len(SpokenDigits().test().inputs) == 20


def test_the_stretches_of_a_recording_of_few_frames():
    frames = np.arange(3.0)[:, None]
    assert cut(frames, 3).tolist() == [0, 1, 2]
    assert cut(frames, 5).tolist() == [0, 0, 1, 1, 2]
    assert cut(frames, 2).tolist() == [0, 1.5]


def test_the_published_names():
    names = spoken_digits.names()
    assert (len(names), len(set(names))) == (3000, 3000)
    assert SpokenDigits().trials_per_pass == 2700


def test_a_changed_sample(small_spoken_digits):
    samples = small_spoken_digits.arrays[NAME].copy()
    samples[17] += 1
    small_spoken_digits.write(f"recordings/{NAME}", riff(samples, 8000), pinned=False)
    with pytest.raises(DataError, match=f"others than the 3,000 recordings .*expected {spoken_digits.CONTENT}, found sha256"):
        SpokenDigits().test()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (riff(np.arange(300), 16_000), "expected 8000 samples per second, found 16000"),
        (riff(np.arange(300), 8000)[:-1], "the file is cut short"),
        (b"", "neither a NIST SPHERE nor a whole RIFF WAVE"),
    ],
)
def test_a_damaged_recording_is_named(small_spoken_digits, data, told):
    small_spoken_digits.write(f"recordings/{NAME}", data, pinned=False)
    with pytest.raises(DataError, match=f"{NAME}: {told}"):
        SpokenDigits().test()


def test_a_missing_recording_is_named(small_spoken_digits):
    (small_spoken_digits.folder / "recordings" / NAME).unlink()
    with pytest.raises(DataError, match=f"recordings: expected 80 recordings, of which 1 are not there, such as {NAME}"):
        SpokenDigits().test()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"pcm": np.zeros(9, np.int16)}, "others than the 3,000 recordings"),
        ({"take": np.zeros(80, np.uint8)}, "expected the recordings 0_ann_0.wav, 0_ann_1.wav … in the order of their names"),
        ({"take": np.zeros(79, np.uint8)}, "expected the recordings 0_ann_0.wav"),
    ],
)
def test_another_file_of_this_name(small_spoken_digits, changed, told):
    small_spoken_digits.write(ARCHIVE, archive(small_spoken_digits, **changed), pinned=False)
    with pytest.raises(DataError, match=f"{ARCHIVE}: {told}"):
        SpokenDigits().test()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and then nothing", npz(pcm=np.zeros(3))])
def test_not_a_file_of_recordings(small_spoken_digits, data):
    small_spoken_digits.write(ARCHIVE, data, pinned=False)
    with pytest.raises(DataError, match=f"{ARCHIVE}: not a whole file of the arrays pcm, offset"):
        SpokenDigits().test()


def test_missing_recordings_are_told_and_never_fetched(small_spoken_digits, no_sockets):
    shutil.rmtree(small_spoken_digits.folder)
    with pytest.raises(EnvironmentFailure) as caught:
        SpokenDigits().test()
    assert caught.value.exit_code == 4
    places = (str(small_spoken_digits.folder), str(small_spoken_digits.cache / "fsdd"))
    told = ("github.com/Jakobovski/free-spoken-digit-dataset", "folder recordings", "NEUROSIM_DATA", *places)
    assert all(part in str(caught.value) for part in told)


def test_nothing_is_read_at_construction(monkeypatch, no_sockets):
    monkeypatch.setenv("NEUROSIM_DATA", "/nowhere")
    assert (SpokenDigits().inputs, SpokenDigits().outputs, SpokenDigits().trials_per_pass) == (195, 10, 2700)


def test_without_the_library_the_extra_is_named(small_spoken_digits, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_speech_features", None)
    with pytest.raises(EnvironmentFailure, match="the task 'spoken_digits' needs python_speech_features"):
        SpokenDigits().test()
