"""Tell six stop consonants apart, 10 ms of speech at a time: TIMIT, of 630 speakers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from neurosim.errors import DataError, EnvironmentFailure, Problem
from neurosim.tasks._data_set import DataSet, DataSetTask, Examples, problems
from neurosim.tasks._files import Source, absent, entries, located_folders, named
from neurosim.tasks._sound import samples_of
from neurosim.tasks._speech import FEATURES, centres, duration, features, standardised
from neurosim.tasks._task import check, truth

SOURCE = Source(
    folder="timit",
    url="https://catalog.ldc.upenn.edu/LDC93S1",
    files={},
    by_hand="TIMIT is licensed by the Linguistic Data Consortium (LDC93S1, https://catalog.ldc.upenn.edu/LDC93S1); "
    "it needs the corpus's folders TRAIN and TEST, as they are published",
)
STOPS = ("b", "d", "g", "p", "t", "k")
"""The classes, in the order of the output's units."""

SPEAKERS = {"TRAIN": 462, "TEST": 168}
SENTENCES = {False: 8, True: 10}
"""How many sentences of a speaker there are, with the two SA sentences or without."""

RATE = 16_000
_CLOSURES = {f"{stop}cl": stop for stop in STOPS}
_AFFRICATES = ("jh", "ch")


class Segment(NamedTuple):
    """A phone: from the sample `start` to the sample before `end`, in line `line` of its file."""

    start: int
    end: int
    phone: str
    line: int


@dataclass(frozen=True)
class TimitStops(DataSetTask):
    """Tell six stop consonants apart, frame by frame: y*ᵢ = on for the unit of b, d, g, p, t or k, off for the others.

    x = 13 mel-frequency cepstral coefficients of a frame with their first and second differences, 39 numbers
    (`_speech.features` has the formula), each standardised by its mean and SD in the training set. A frame belongs to the
    phone in which the middle of its window lies; only frames of the six stops are used, and their neighbours count for the
    differences alone. The split is the corpus's own: 462 speakers in TRAIN, the 168 of the complete test set in TEST.

    TIMIT is licensed and never fetched. The folders TRAIN and TEST, as the LDC publishes them (DR1 … DR8, a folder for each
    speaker, SPHERE files WAV with PHN beside them; names in upper or lower case), are looked for in the folder that the
    environment variable NEUROSIM_DATA names, in its subfolder `timit`, and in `timit` in the user's cache. Copies in which
    the WAV files are RIFF files are read, too. Reading takes about a minute. Order and passes are those of `mnist`.

    Args:
        sa: use the two sentences that all speakers read, too; they are usually left out, as the test set would repeat the
            words of the training set.
        closures: count the closure before a release (bcl, dcl, gcl, pcl, tcl, kcl) as its stop, except before an affricate
            (jh, ch); else releases alone.
        window, step: length of a frame and distance between frames, in ms.
        on, off: targets of the stop's own unit and of the other five; the paper's are 0.9 and -0.9.

    Raises InputError for parameters out of range; when the frames are first asked for, DataError for a file that is damaged
    or missing, and EnvironmentFailure when the corpus or python_speech_features cannot be had.

    Note: J. Garofolo et al. 1993, LDC93S1. Supp. Note 7 (39-1000-1000-6; 63,881 frames to train and 22,257 to test, of which
    it does not say how they were chosen).

    >>> task = TimitStops(on=0.9, off=-0.9)
    >>> task.inputs, task.outputs
    (39, 6)
    """

    sa: bool = False
    closures: bool = False
    window: float = 25.0
    step: float = 10.0
    on: float = 1.0
    off: float = 0.0

    inputs = FEATURES
    outputs = len(STOPS)

    def __post_init__(self) -> None:
        own = [truth("sa", self.sa), truth("closures", self.closures)]
        times = [duration("window", self.window), duration("step", self.step)]
        check("timit_stops", [*own, *times, *problems(self.on, self.off, "none")])

    @property
    def trials_per_pass(self) -> int:
        """How many frames the training set has; the corpus is read to know it."""
        return len(self.data_set().training.labels)

    def data_set(self) -> DataSet:
        """The frames of the stops in TRAIN and in TEST."""
        return _load(self.sa, self.closures, float(self.window), float(self.step))


@lru_cache(maxsize=2)
def _load(sa: bool, closures: bool, window: float, step: float) -> DataSet:
    folders = located_folders(SOURCE, tuple(SPEAKERS))
    if folders is None:
        raise absent(SOURCE)
    sentences = {part: _complete(part, folder, sa) for part, folder in folders.items()}
    training, tests = (_frames(sentences[part], folders[part], closures, window, step) for part in SPEAKERS)
    return standardised("timit_stops", training, tests, len(STOPS))


def _complete(part: str, folder: Path, sa: bool) -> list[Path]:
    """The PHN files of a part of the corpus; raises DataError where there are more or fewer than the corpus has."""
    found = list(_transcriptions(folder, sa))
    wanted = SPEAKERS[part] * SENTENCES[sa]
    if len(found) != wanted:
        kind = "sentences" if sa else "sentences other than SA"
        text = f"expected {wanted} PHN files of {kind}, {SENTENCES[sa]} of each of {SPEAKERS[part]} speakers, found {len(found)}"
        raise DataError([Problem(str(folder), text)])
    return found


def _transcriptions(folder: Path, sa: bool) -> Iterator[Path]:
    """The PHN files of all speakers, DR1 to DR8; their order does not depend on upper and lower case."""
    for region in entries(folder):
        for speaker in entries(region) if region.name.lower().startswith("dr") else ():
            for path in entries(speaker):
                if path.suffix.lower() == ".phn" and (sa or not path.name.lower().startswith("sa")):
                    yield path


def _frames(sentences: list[Path], folder: Path, closures: bool, window: float, step: float) -> Examples:
    """The frames of the stops in some sentences, and which stop each is."""
    inputs, labels = [], []
    for path in sentences:
        x, stops = _sentence(path, closures, window, step)
        inputs.append(x[stops >= 0])
        labels.append(stops[stops >= 0])
    if not any(map(len, labels)):
        raise DataError([Problem(str(folder), f"no frame lies in one of the stops {', '.join(STOPS)}")])
    return Examples(np.concatenate(inputs), np.concatenate(labels).astype(np.uint8))


def _sentence(path: Path, closures: bool, window: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Every frame of a sentence, in float32, and the number of its stop, or -1."""
    recording = named(path.parent, f"{path.stem}.wav")
    if recording is None:
        raise DataError([Problem(str(path), f"there is no recording {path.stem}.WAV beside it")])
    samples = samples_of(recording, RATE)
    x = features(samples, RATE, window, step, "the task 'timit_stops'")
    middles = centres(len(x), RATE, window, step)
    stops = np.full(len(x), -1)
    for segment, stop in stop_segments(parse_phones(path), closures):
        if segment.end > len(samples):
            text = f"expected to end at sample {len(samples)} of {recording.name} at the latest, found {segment.end}"
            raise DataError([Problem(f"{path}: line {segment.line}", text)])
        stops[(middles >= segment.start) & (middles < segment.end)] = STOPS.index(stop)
    return x.astype(np.float32), stops


def parse_phones(path: Path) -> list[Segment]:
    """The phones of a PHN file: one line for each, its first sample, the sample after its last, and its name.

    Raises DataError that names the line, EnvironmentFailure when the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="latin-1").splitlines()
    except OSError as error:
        raise EnvironmentFailure(f"{path}: cannot be read: {error}") from error
    found = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        edges = [int(word) for word in words[:2] if word.isascii() and word.isdigit()]
        if len(words) != 3 or len(edges) != 2 or edges[0] > edges[1]:
            text = f"expected the first sample, the sample after the last, and a phone, found {line[:40]!r}"
            raise DataError([Problem(f"{path}: line {number}", text)])
        found.append(Segment(edges[0], edges[1], words[2].lower(), number))
    return found


def stop_segments(phones: list[Segment], closures: bool) -> Iterator[tuple[Segment, str]]:
    """The segments that are stops, each with its stop; with `closures` theirs too, unless an affricate follows.

    >>> dog = [Segment(0, 9, "dcl", 1), Segment(9, 15, "d", 2), Segment(15, 40, "ao", 3), Segment(40, 60, "gcl", 4)]
    >>> [(segment.phone, stop) for segment, stop in stop_segments(dog, closures=True)]
    [('dcl', 'd'), ('d', 'd'), ('gcl', 'g')]
    """
    for segment, after in pairwise([*phones, None]):
        assert segment is not None
        if segment.phone in STOPS:
            yield segment, segment.phone
        elif closures and segment.phone in _CLOSURES and (after is None or after.phone not in _AFFRICATES):
            yield segment, _CLOSURES[segment.phone]


task = TimitStops
