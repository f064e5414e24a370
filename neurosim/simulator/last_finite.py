"""The last state of a run that holds numbers only, to which it goes back where they blow up."""

from __future__ import annotations

import time

from neurosim.engine.state import Snapshot, State

SECONDS_BETWEEN_COPIES = 1.0
LARGEST_COPY = 16 * 1024 * 1024
"""Bytes; a larger state is not kept in memory beside itself. Its run has the checkpoint."""


class LastFinite:
    """The last state that is known to hold numbers only, as far as it is small enough to be kept in memory."""

    def __init__(self) -> None:
        self._kept: tuple[int, Snapshot] | None = None
        self._when = 0.0
        self._edits = -1

    def keep(self, trial: int, state: State) -> None:
        """Keep a small state whose signals were finite, once in a while, if its arrays are."""
        now = time.monotonic()
        due = now - self._when > SECONDS_BETWEEN_COPIES or state.edits != self._edits
        if due and state.nbytes > LARGEST_COPY:
            self._kept = None
        elif due and state.not_finite() is None:
            self._kept = (trial, state.snapshot())
            self._when, self._edits = now, state.edits

    def put_back(self, state: State) -> int | None:
        """Restore what was kept; returns its trial, or None where there is nothing."""
        if self._kept is None:
            return None
        trial, arrays = self._kept
        state.restore(arrays)
        return trial
