from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest
from small_files import PHONES, riff, sphere

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import TimitStops, timit_stops
from neurosim.tasks._speech import features
from neurosim.tasks.timit_stops import STOPS

SENTENCE = "TEST/DR1/FAKS0/SX37"


def expected(small, part, sa=False, closures=False, width=400, stride=160):
    """Features and stops of the frames whose middle lies in a stop, phone by phone, in the order of the file names."""
    rows = []
    for name in sorted(small.arrays):
        if not name.startswith(part) or (not sa and "/SA" in name):
            continue
        x = features(small.arrays[name], 16_000, width / 16, stride / 16, "x")
        for number, phone in enumerate(PHONES):
            stop = phone.removesuffix("cl") if closures else phone
            if stop in STOPS and (phone, PHONES[min(number + 1, len(PHONES) - 1)]) != ("tcl", "ch"):
                inside = [t for t in range(len(x)) if 320 * number <= t * stride + width // 2 < 320 * (number + 1)]
                rows += [(*x[t], STOPS.index(stop)) for t in inside]
    return np.array(rows)


def check_test_set(small, task, **choice):
    training, tests = expected(small, "TRAIN", **choice), expected(small, "TEST", **choice)
    x, y = task.test()
    assert x.dtype == y.dtype == np.float32
    assert y.argmax(axis=1).tolist() == tests[:, -1].tolist()
    z = (tests - training.mean(axis=0)) / training.std(axis=0)
    np.testing.assert_allclose(x, z[:, :39], atol=1e-4)
    assert task.trials_per_pass == len(training)


def test_frames_of_the_releases(small_timit, no_sockets):
    check_test_set(small_timit, TimitStops())
    assert len(TimitStops().test().inputs) == 8 * 6 * 2  # eight sentences, each with all six stops of two frames


def test_all_ten_sentences(small_timit):
    check_test_set(small_timit, TimitStops(sa=True), sa=True)
    assert len(TimitStops(sa=True).test().inputs) == 10 * 6 * 2


def test_closures_are_their_stops_except_before_an_affricate(small_timit):
    check_test_set(small_timit, TimitStops(closures=True), closures=True)
    assert len(TimitStops(closures=True).test().inputs) == 8 * 12 * 2


def test_other_frames(small_timit):
    check_test_set(small_timit, TimitStops(window=16.0, step=5.0), width=256, stride=80)


def test_each_pass_shows_every_training_frame_standardised(small_timit):
    task = TimitStops(on=0.9, off=-0.9)
    x, y = task.trials(3, task.trials_per_pass, task.trials_per_pass)
    np.testing.assert_allclose(x.mean(axis=0, dtype=float), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=0, dtype=float), 1, atol=1e-5)
    assert set(np.unique(y).tolist()) == {float(np.float32(0.9)), float(np.float32(-0.9))}
    labels = expected(small_timit, "TRAIN")[:, -1]
    assert sorted(y.argmax(axis=1).tolist()) == sorted(labels.tolist())


def test_names_in_lower_case_and_riff_files_give_the_same_trials(small_timit, no_sockets):
    before = [array.copy() for array in (*TimitStops().test(), *TimitStops().trials(1, 0, 50))]
    lower = small_timit.folder.parent / "lower"
    for name, samples in small_timit.arrays.items():
        path = lower / "timit" / f"{name}.wav".lower()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(riff(samples, 16_000))
        shutil.copy(small_timit.folder / f"{name}.PHN", path.with_suffix(".phn"))
    shutil.rmtree(small_timit.folder)
    lower.rename(small_timit.folder)
    timit_stops._load.cache_clear()
    after = (*TimitStops().test(), *TimitStops().trials(1, 0, 50))
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("place", ["timit", "TIMIT", "timit/TIMIT", "."])
def test_where_the_corpus_may_lie(small_timit, no_sockets, place):
    data = small_timit.folder.parent
    aside = small_timit.folder.rename(data / "aside")
    target = data / place
    target.mkdir(parents=True, exist_ok=True)
    for part in ("TRAIN", "TEST"):
        (aside / part).rename(target / part)
    assert len(TimitStops().test().inputs) == 96


def test_nothing_is_read_at_construction(monkeypatch, no_sockets):
    monkeypatch.setenv("NEUROSIM_DATA", "/nowhere")
    task = TimitStops()
    assert (task.inputs, task.outputs) == (39, 6)


@pytest.mark.parametrize("part", ["TRAIN", "TEST"])
def test_without_the_corpus_its_licence_and_its_place_are_told(small_timit, no_sockets, part):
    shutil.rmtree(small_timit.folder / part)
    with pytest.raises(EnvironmentFailure) as caught:
        TimitStops().test()
    assert caught.value.exit_code == 4
    places = (str(small_timit.folder), str(small_timit.cache / "timit"))
    told = ("LDC93S1", "licensed", "never fetched", "TRAIN and TEST", "NEUROSIM_DATA", *places)
    assert all(part in str(caught.value) for part in told)


@pytest.mark.parametrize("sa", [False, True])
def test_a_part_of_the_corpus_is_not_taken_for_it(small_timit, sa):
    (small_timit.folder / f"{SENTENCE}.PHN").unlink()
    number = 10 if sa else 8
    with pytest.raises(
        DataError, match=rf"TEST: expected {number} PHN files .*{number} of each of 1 speakers, found {number - 1}"
    ):
        TimitStops(sa=sa).test()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0 320 h#\n320 b\n", r"SX37\.PHN: line 2: .*found '320 b'"),
        ("0 320 h#\n\n640 320 b\n", r"SX37\.PHN: line 3: .*found '640 320 b'"),
        ("0 1.5 b\n", r"line 1: .*found '0 1\.5 b'"),
        ("0 -5 b\n", r"line 1: .*found '0 -5 b'"),
        ("0 320 h#\n320 5761 b\n", r"line 2: expected to end at sample 5760 of SX37\.WAV at the latest, found 5761"),
    ],
)
def test_a_wrong_line_of_phones_is_told(small_timit, text, told):
    small_timit.write(f"{SENTENCE}.PHN", text.encode(), pinned=False)
    with pytest.raises(DataError, match=told):
        TimitStops().test()


def test_what_follows_the_last_sample_matters_only_for_stops(small_timit):
    small_timit.write(f"{SENTENCE}.PHN", b"0 360 b\r\n360 9999 h#\r\n", pinned=False)
    assert len(TimitStops().test().inputs) == 7 * 12 + 1  # the middles of frames are at 200, 360 …


def test_no_stop_at_all(small_timit):
    for name in small_timit.arrays:
        small_timit.write(f"{name}.PHN", b"0 5760 h#\n", pinned=False)
    with pytest.raises(DataError, match="TRAIN: no frame lies in one of the stops b, d, g, p, t, k"):
        TimitStops().test()


def test_a_compressed_recording(small_timit):
    samples = small_timit.arrays[SENTENCE]
    small_timit.write(f"{SENTENCE}.WAV", sphere(samples, sample_coding="pcm,embedded-shorten-v2.00"), pinned=False)
    with pytest.raises(DataError, match=r"SX37\.WAV: compressed as .*sph2pipe"):
        TimitStops().test()


def test_a_recording_that_is_not_there(small_timit):
    (small_timit.folder / f"{SENTENCE}.WAV").unlink()
    with pytest.raises(DataError, match=r"SX37\.PHN: there is no recording SX37\.WAV beside it"):
        TimitStops().test()


def test_without_the_library_the_extra_is_named(small_timit, monkeypatch):
    monkeypatch.setitem(sys.modules, "python_speech_features", None)
    with pytest.raises(EnvironmentFailure, match="the task 'timit_stops' needs python_speech_features"):
        TimitStops().test()
