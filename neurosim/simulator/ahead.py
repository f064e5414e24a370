"""Going ahead: small circuits go through several looks to come at once, and the state at each is kept until it is its turn.

What is seen at a look decides nothing about the trials after it; where somebody writes into the state there, what was kept is
thrown away. So whoever looks finds the simulator as it would be had it stopped there, with the same bits. What is saved is
beginning and ending so many stretches of trials, which for few neurons takes longer than the trials.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from neurosim.engine.state import Snapshot, State
from neurosim.tasks import Task

MOST_STOPS = 64
SECONDS_AHEAD = 0.02
"""Whoever may want to end a run is not asked meanwhile."""
LARGEST_STATE = 64 * 1024
"""Bytes; of a larger one, the copies would cost more than they save."""


class Stand(NamedTuple):
    """Where a run stands, as far as what comes next depends on it."""

    task: Task
    batch: int
    trial: int
    edits: int


class Ahead:
    """The states of a run at the looks that it has gone through already.

    Attributes:
        moments: the trials at which somebody is going to look, in order.
    """

    def __init__(self) -> None:
        self.moments: Sequence[int] = ()
        self._most = 4
        self._kept: deque[tuple[int, Snapshot]] = deque()
        self._stand: Stand | None = None

    def __bool__(self) -> bool:
        return bool(self._kept)

    def stops(self, state: State, trial: int, until: int, farthest: int) -> Sequence[int]:
        """The looks after a trial up to the farthest one, if they are worth going ahead to and one is due by `until`."""
        first = bisect_right(self.moments, trial)
        last = min(bisect_right(self.moments, farthest), first + min(self._most, MOST_STOPS))
        if last - first < 2 or self.moments[first] > until or state.nbytes > LARGEST_STATE:
            return ()
        return self.moments[first:last]

    def arrived(self, stops: int, *, in_time: bool) -> None:
        """How many looks the last way led to, so that the next one is as long as the time allows."""
        self._most = min(2 * self._most, MOST_STOPS) if in_time else max(2, stops)

    def keep(self, trial: int, state: State) -> None:
        """Remember the state as it is now, at a trial."""
        self._kept.append((trial, state.snapshot()))

    def stand(self, at: Stand) -> None:
        """What was kept comes next if the run goes on from here."""
        self._stand = at

    def next(self, state: State, at: Stand, until: int) -> int | None:
        """Bring the state to the next look, if the run goes on from where it stood, and that far; its trial, or None."""
        if not self._kept:
            return None
        trial, held = self._kept[0]
        if self._stand is None or at.task is not self._stand.task or at[1:] != self._stand[1:] or trial > until:
            self.forget()
            return None
        self._kept.popleft()
        state.restore(held)
        self._stand = at._replace(trial=trial)
        return trial

    def forget(self) -> None:
        """Throw away what was kept."""
        self._kept.clear()
