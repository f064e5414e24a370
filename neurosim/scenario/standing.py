"""Where a run stands, kept beside its recording so that it can go on: phase, trial, and all arrays of its state."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from neurosim.errors import DataError, InputError, Problem
from neurosim.recording import Checkpoint, disk, read_checkpoint, write_checkpoint
from neurosim.recording.lock import is_locked, lock_of
from neurosim.scenario.identity import differences
from neurosim.simulator import Simulator


@dataclass(frozen=True, order=True)
class Place:
    """A moment of a run: the first trials of its phases up to the present one, and the trial that comes next."""

    firsts: tuple[int, ...] = (0,)
    trial: int = 0

    @property
    def phase(self) -> int:
        """The number of the present phase."""
        return len(self.firsts) - 1

    def next(self, trial: int) -> Place:
        """The beginning of the next phase.

        >>> Place((0,), 50).next(100)
        Place(firsts=(0, 100), trial=100)
        """
        return Place((*self.firsts, trial), trial)


START = Place()


def checkpoint_of(recording: Path) -> Path:
    """Where the checkpoint of a recording is.

    >>> checkpoint_of(Path("runs/xor/shallow/seed_3.h5")).name
    'seed_3.checkpoint'
    """
    return recording.with_suffix(".checkpoint")


def keep(recording: Path, simulator: Simulator, place: Place, identity: Mapping[str, str], seconds: float = 0.0) -> None:
    """Write down where a run stands, and how long it took so far; raises EnvironmentFailure where the disk refuses."""
    about: dict[str, str | int | float | Sequence[str]] = {
        "seed": simulator.seed,
        "phases": json.dumps(place.firsts),
        "trial": place.trial,
        "seconds": seconds,
        "identity": json.dumps(dict(identity)),
    }
    arrays = {address: simulator.state[address] for address in simulator.state}
    write_checkpoint(checkpoint_of(recording), Checkpoint(about, arrays))


def place_of(recording: Path, identity: Mapping[str, str]) -> Place:
    """Where the run of a recording stands: at its start unless there is a checkpoint.

    Raises:
        InputError: the checkpoint is of another scenario, version or formula; the message says what differs.
        DataError: the checkpoint is damaged.
    """
    path = checkpoint_of(recording)
    if not path.exists():
        return START
    about = read_checkpoint(path).attributes
    try:
        then = json.loads(str(about["identity"]))
        place = Place(tuple(map(int, json.loads(str(about["phases"])))), int(str(about["trial"])))
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path} is no checkpoint of a run: {error}") from None
    told = differences(then, identity)
    if told:
        advice = "remove it, or run without --resume to begin anew"
        raise InputError([Problem("", f"is the checkpoint of another run: {told}; {advice}")], str(path))
    return place


def restore(recording: Path, simulator: Simulator) -> float:
    """Put a simulator where the checkpoint of a recording says; returns how many seconds the run took so far.

    Raises:
        DataError: the checkpoint is damaged, or its arrays are not those of the simulator's circuit.
    """
    path = checkpoint_of(recording)
    checkpoint = read_checkpoint(path)
    try:
        for address, values in checkpoint.arrays.items():
            simulator.state[address] = values
        simulator.trial = int(str(checkpoint.attributes["trial"]))
        return float(str(checkpoint.attributes["seconds"]))
    except (InputError, KeyError, ValueError) as error:
        raise DataError(f"{path} does not fit its scenario: {error}") from None


def forget(recording: Path) -> None:
    """Remove what a run that is complete, or begins anew, has left; raises EnvironmentFailure where that is not allowed."""
    left = [checkpoint_of(recording)] if is_locked(recording) else [checkpoint_of(recording), lock_of(recording)]
    for path in left:
        if path.exists():
            with disk.told(path):
                path.unlink(missing_ok=True)
