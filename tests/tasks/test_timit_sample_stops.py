from __future__ import annotations

import numpy as np
import pytest
from small_files import npz

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks import TimitSampleStops, timit_sample_stops
from neurosim.tasks.timit_sample_stops import FILE


def rows(small, sa, held_out):
    """Frames and classes of the file, one by one."""
    stored = zip(*(small.arrays[name] for name in ("X", "y", "speaker", "utt")), strict=True)
    mine = [(*x, y) for x, y, speaker, utt in stored if (speaker == "dr1-fvmh0") == held_out and (sa or utt != "sa1")]
    return np.array(mine, float)


@pytest.mark.parametrize("sa", [False, True])
def test_speakers_are_split_and_the_training_set_standardises(small_timit_sample, no_sockets, sa):
    task = TimitSampleStops(sa=sa)
    training, tests = rows(small_timit_sample, sa, False), rows(small_timit_sample, sa, True)
    assert task.trials_per_pass == len(training)
    x, y = task.test()
    np.testing.assert_allclose(x, ((tests - training.mean(axis=0)) / training.std(axis=0))[:, :39], atol=1e-5)
    assert y.argmax(axis=1).tolist() == tests[:, -1].tolist()
    shown = task.trials(1, 0, len(training))
    np.testing.assert_allclose(shown.inputs.mean(axis=0, dtype=float), 0, atol=1e-5)
    assert sorted(shown.targets.argmax(axis=1).tolist()) == sorted(training[:, -1].tolist())


def test_another_file_of_this_name_is_refused(small_timit_sample):
    small_timit_sample.write(FILE, npz(**{**small_timit_sample.arrays, "y": np.zeros(60, np.uint8)}), pinned=False)
    with pytest.raises(DataError, match=f"{FILE}: the file is damaged, or another"):
        TimitSampleStops().test()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"X": np.zeros((60, 13))}, r"expected 39 features .*found \(60, 13\)"),
        ({"y": np.full(60, 6)}, "expected 39 features and a class of b, d, g, p, t, k"),
        ({"classes": np.array(list("bdgptx"))}, "found .*'x'"),
        ({"speaker": np.array(["dr2-faem0"] * 60)}, r"expected 27 frames .*found \[40, 0\]"),
    ],
)
def test_what_the_file_holds_is_checked(small_timit_sample, changed, told):
    small_timit_sample.write(FILE, npz(**{**small_timit_sample.arrays, **changed}))
    with pytest.raises(DataError, match=told):
        TimitSampleStops().test()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 and then nothing", npz(X=np.zeros(3))])
def test_not_a_file_of_frames(small_timit_sample, data):
    small_timit_sample.write(FILE, data)
    with pytest.raises(DataError, match=f"{FILE}: not a whole file of the arrays X, y"):
        TimitSampleStops().test()


def test_a_missing_file_is_told_and_never_fetched(small_timit_sample, no_sockets):
    (small_timit_sample.folder / FILE).unlink()
    with pytest.raises(EnvironmentFailure) as caught:
        TimitSampleStops().test()
    told = (FILE, "never fetched", "NLTK", "NEUROSIM_DATA", str(small_timit_sample.cache / "timit_sample"))
    assert all(part in str(caught.value) for part in told)


def test_the_two_sets_of_the_real_file_have_other_speakers():
    try:
        task = TimitSampleStops()
        assert len(task.test().inputs) == 568
    except EnvironmentFailure:
        pytest.skip("the file is not here")
    assert len(task.data_set().training.labels) == task.trials_per_pass == 1609
    assert len(TimitSampleStops(sa=True).data_set().training.labels) == 1936
    assert len(timit_sample_stops.TEST_SPEAKERS) == 4
