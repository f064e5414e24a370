"""Progress on stderr: a bar with the time left on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """How many of so many trials have been learned, shown as it grows; a context manager."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total = max(1, total)
        self._done = 0
        self._started = self._told = time.monotonic()
        self._quiet = quiet
        self._bar = tqdm(total=total, unit=" trials", unit_scale=True, file=sys.stderr, disable=quiet or not sys.stderr.isatty())

    def __call__(self, trials: int) -> None:
        """So many more trials have been learned."""
        self._done += trials
        self._bar.update(trials)
        now = time.monotonic()
        waited = now - self._told >= SECONDS_BETWEEN_LINES
        if self._bar.disable and not self._quiet and waited and self._done >= self._total / 100:
            self._told = now
            left = (now - self._started) / max(1, self._done) * (self._total - self._done)
            print(f"{100 * self._done / self._total:3.0f} %, about {left:.0f} s left", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.close()
