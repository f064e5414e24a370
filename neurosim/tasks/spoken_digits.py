"""Tell spoken digits apart: 3,000 recordings of six speakers; of speech that is free, a stand-in for timit_stops."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from neurosim.errors import DataError, Problem
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source, absent, arrays_of, local, located_folders
from neurosim.tasks._sound import samples_of
from neurosim.tasks._speech import FEATURES, duration, features, standardised
from neurosim.tasks._task import check, whole

ARCHIVE = "fsdd_pcm16_8khz.npz"
SOURCE = Source(
    folder="fsdd",
    url="https://github.com/Jakobovski/free-spoken-digit-dataset",
    files={},
    by_hand="it needs the folder recordings of https://github.com/Jakobovski/free-spoken-digit-dataset (CC BY-SA 4.0), "
    f"or the same 3,000 recordings in one file {ARCHIVE}",
)
CONTENT = "sha256:371bab4db900ee279d543e5f892a88406dbeb5fa6bfa200a3fd496bd8da27abd"
"""By which the recordings are recognised, however they are stored: of where each begins and of all samples, see `checksum`."""

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TAKES = 50
TEST_TAKES = 5
RATE = 8000


class Recordings(NamedTuple):
    """Recordings one behind the other: recording i is pcm[offsets[i] : offsets[i + 1]], int16, in the order of `names()`."""

    offsets: np.ndarray
    pcm: np.ndarray


@dataclass(frozen=True)
class SpokenDigits(DataSetTask):
    """Tell spoken digits apart: y*ᵢ = on for the digit's unit, off for the others.

    The Free Spoken Digit Dataset: six speakers say each digit fifty times, 8,000 samples per second. A recording is cut into
    `stretches` of equal length, and x is the mean over each of them of 13 mel-frequency cepstral coefficients and their first
    and second differences (`_speech.features` has the formula): 39 numbers for each stretch, one stretch after the other, each
    standardised by its mean and SD in the training set. As the owner says, takes 0 to 4 are the test set (300 recordings) and
    the other 45 the training set (2,700); all six speakers are in both.

    This is a stand-in for `timit_stops`: it is speech, but whole words of few speakers, and errors on it are never to be
    reported as errors on that set.

    The folder `recordings`, as the owner publishes it (WAV files, whose names are digit, speaker and take), is looked for in
    the folder that the environment variable NEUROSIM_DATA names, in its subfolder `fsdd`, and in `fsdd` in the user's cache;
    in its place there may be one file of the same samples. Never fetched. Order and passes are those of `mnist`.

    Args:
        stretches: into how many parts of equal length a recording is cut.
        window, step: length of a frame and distance between frames, in ms.
        on, off: targets of the digit's own unit and of the other nine.

    Raises InputError for parameters out of range; when the recordings are first asked for, DataError for one that is damaged or
    missing, and EnvironmentFailure when they or python_speech_features cannot be had.

    Note: Z. Jackson et al., Free Spoken Digit Dataset, doi:10.5281/zenodo.1342401. Not in the paper; after Supp. Note 7.

    >>> task = SpokenDigits(on=0.9, off=-0.9)
    >>> task.inputs, task.outputs, task.trials_per_pass
    (195, 10, 2700)
    """

    stretches: int = 5
    window: float = 25.0
    step: float = 10.0
    on: float = 1.0
    off: float = 0.0

    outputs = 10

    def __post_init__(self) -> None:
        own = [whole("stretches", self.stretches, 1, 100), duration("window", self.window), duration("step", self.step)]
        check("spoken_digits", [*own, *problems(self.on, self.off, "none")])

    @property
    def inputs(self) -> int:
        """39 numbers for each stretch."""
        return FEATURES * self.stretches

    @property
    def trials_per_pass(self) -> int:
        """The size of the training set."""
        return self.outputs * len(SPEAKERS) * (TAKES - TEST_TAKES)

    def data_set(self) -> DataSet:
        """The recordings, split by their takes."""
        return _load(self.stretches, float(self.window), float(self.step))


@lru_cache(maxsize=4)
def _load(stretches: int, window: float, step: float) -> DataSet:
    offsets, pcm = recordings()
    asked = "the task 'spoken_digits'"
    x = [cut(features(pcm[start:end], RATE, window, step, asked), stretches) for start, end in pairwise(offsets.tolist())]
    inputs = np.stack(x).astype(np.float32)
    digits, takes = np.array([(int(name[0]), int(name.split("_")[2].removesuffix(".wav"))) for name in names()]).T
    training, tests = (
        Examples(inputs[rows], digits[rows].astype(np.uint8)) for rows in (takes >= TEST_TAKES, takes < TEST_TAKES)
    )
    return standardised("spoken_digits", training, tests, 10)


def cut(frames: np.ndarray, stretches: int) -> np.ndarray:
    """The means of some stretches of equal length of [frame, feature], one after the other.

    Stretch i is the frames from ⌊i F / n⌋ to before ⌊(i + 1) F / n⌋, and at least one.

    >>> cut(np.array([[1.0], [3.0], [5.0], [6.0]]), 2).tolist()
    [2.0, 5.5]
    """
    edges = [len(frames) * i // stretches for i in range(stretches + 1)]
    return np.concatenate([frames[first : max(last, first + 1)].mean(axis=0) for first, last in pairwise(edges)])


def names() -> list[str]:
    """The names of the files: digit, speaker and take, in the alphabet's order.

    >>> names()[:3]
    ['0_george_0.wav', '0_george_1.wav', '0_george_10.wav']
    """
    return sorted(f"{digit}_{speaker}_{take}.wav" for digit in range(10) for speaker in SPEAKERS for take in range(TAKES))


def recordings() -> Recordings:
    """All recordings; raises DataError where they are others than those that this task knows."""
    archive = local(SOURCE, ARCHIVE)
    folders = {} if archive else located_folders(SOURCE, ["recordings"])
    if folders is None:
        raise absent(SOURCE)
    place = archive or folders["recordings"]
    found = _from_archive(place) if archive else _from_folder(place)
    if checksum(found) != CONTENT:
        text = f"others than the 3,000 recordings that this task knows: expected {CONTENT}, found {checksum(found)}"
        raise DataError([Problem(str(place), text)])
    return found


def checksum(recordings: Recordings) -> str:
    """The SHA-256 of the offsets, as 64-bit numbers, and of the samples behind them, as 16-bit numbers, little-endian."""
    digest = hashlib.sha256(recordings.offsets.astype("<i8").tobytes())
    digest.update(recordings.pcm.astype("<i2").tobytes())
    return f"sha256:{digest.hexdigest()}"


def _from_folder(folder: Path) -> Recordings:
    missing = [name for name in names() if not (folder / name).is_file()]
    if missing:
        text = f"expected {len(names())} recordings, of which {len(missing)} are not there, such as {missing[0]}"
        raise DataError([Problem(str(folder), text)])
    samples = [samples_of(folder / name, RATE) for name in names()]
    return Recordings(np.cumsum([0, *map(len, samples)]), np.concatenate(samples))


def _from_archive(path: Path) -> Recordings:
    """`pcm` and `offset` of the file, and `digit`, `speaker` and `take` of each recording, in the order of `names()`."""
    stored = arrays_of(path, ("pcm", "offset", "digit", "speaker", "take"))
    told = zip(*(stored[name].tolist() for name in ("digit", "speaker", "take")), strict=False)
    if [f"{digit}_{speaker}_{take}.wav" for digit, speaker, take in told] != names():
        raise DataError([Problem(str(path), f"expected the recordings {names()[0]}, {names()[1]} … in the order of their names")])
    return Recordings(stored["offset"], stored["pcm"])


task = SpokenDigits
