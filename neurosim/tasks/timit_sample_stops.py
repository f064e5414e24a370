"""Tell six stop consonants apart in a sample of TIMIT, of 16 speakers: a stand-in for timit_stops, not that set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from neurosim.errors import DataError, Problem
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source, arrays_of, located
from neurosim.tasks._speech import FEATURES, standardised
from neurosim.tasks._task import check, truth
from neurosim.tasks.timit_stops import STOPS

FILE = "timit_sample_stops_mfcc39.npz"
SOURCE = Source(
    folder="timit_sample",
    url="",
    files={FILE: "sha256:0eb640202bd78c08ff54c417d4771efb8ce4791d47cae2800bf0854cf637b0a7"},
    by_hand=f"it needs the file {FILE}, the stop frames of the TIMIT sample that NLTK distributes (CC BY-NC-SA), which is not "
    "published by itself",
)
TEST_SPEAKERS = ("dr1-fvmh0", "dr3-madc0", "dr5-ftlg0", "dr7-madd0")
"""Two women and two men from four of the eight regions; the other speaker of each is one to train with."""

TRAINING = {False: 1609, True: 1936}
"""How many frames to train with there are, with the SA sentences or without."""


@dataclass(frozen=True)
class TimitSampleStops(DataSetTask):
    """Tell six stop consonants apart, frame by frame: y*ᵢ = on for the unit of b, d, g, p, t or k, off for the others.

    x = 13 mel-frequency cepstral coefficients of a 10 ms frame with their first and second differences, 39 numbers, each
    standardised by its mean and SD in the training set. Twelve speakers to train with (1,609 frames) and four others to test
    (568 frames). t and k are more than half of the frames, b is one in twenty: who always says k is wrong in 63 % of the test
    set.

    This is a stand-in for `timit_stops`, of a fortieth of its size: errors on it are not errors on that set, and are never to be
    reported as such. The file holds `X` [frame, feature], `y` [frame], `speaker`, `utt` (the sentence) and `classes`; how its
    features were computed is not told. It is looked for as those of `mnist`, in the subfolder `timit_sample`, and never fetched.
    Order and passes are those of `mnist`.

    Args:
        sa: use the two sentences that all speakers read, too, as in `timit_stops`; then there are 1,936 and 677 frames.
        on, off: targets of the stop's own unit and of the other five.

    Raises InputError for parameters out of range; when the frames are first asked for, DataError for a damaged file and
    EnvironmentFailure when it cannot be had.

    Note: not in the paper; after Supp. Note 7. NLTK's sample of TIMIT, LDC 1993.

    >>> task = TimitSampleStops(on=0.9, off=-0.9)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (39, 6, 1609)
    """

    sa: bool = False
    on: float = 1.0
    off: float = 0.0

    inputs = FEATURES
    outputs = len(STOPS)

    def __post_init__(self) -> None:
        check("timit_sample_stops", [truth("sa", self.sa), *problems(self.on, self.off, "none")])

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return TRAINING[self.sa]

    def data_set(self) -> DataSet:
        """The frames of the sample, split by speaker."""
        return _load(self.sa)


@lru_cache(maxsize=2)
def _load(sa: bool) -> DataSet:
    path = located(SOURCE)[FILE]
    frames, labels, speakers, sentences = _arrays(path)
    used = np.full(len(labels), True) if sa else ~np.char.startswith(sentences, "sa")
    held_out = np.isin(speakers, TEST_SPEAKERS)
    parts = [Examples(frames[rows], labels[rows]) for rows in (used & ~held_out, used & held_out)]
    if len(parts[0].labels) != TRAINING[sa] or not len(parts[1].labels):
        text = f"expected {TRAINING[sa]} frames to train with and some to test, found {[len(part.labels) for part in parts]}"
        raise DataError([Problem(str(path), text)])
    return standardised("timit_sample_stops", parts[0], parts[1], len(STOPS))


def _arrays(path: Path) -> tuple[np.ndarray, ...]:
    """X, y, speaker and utt of the file; raises DataError where it holds something else."""
    stored = arrays_of(path, ("X", "y", "speaker", "utt", "classes"))
    frames, labels, classes = stored["X"], stored["y"], tuple(stored["classes"].tolist())
    if classes != STOPS or frames.shape != (len(labels), FEATURES) or labels.max(initial=0) >= len(STOPS):
        text = f"expected {FEATURES} features and a class of {', '.join(STOPS)} per frame, found {frames.shape} and {classes}"
        raise DataError([Problem(str(path), text)])
    return frames, labels, stored["speaker"], stored["utt"]


task = TimitSampleStops
