"""Progress on stderr: a bar with the time left on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10.0
SECONDS_OF_COMPILING = 60.0
"""A first run compiles after its first trials, too: so long, or until a twentieth is done, nobody knows how fast it will be."""
SHARE = "{desc}{percentage:3.0f}%|{bar}| {elapsed} so far, {remaining} left"
"""A bar of what has no unit that people count."""


class Progress:
    """How many of so many trials have been learned, shown as it grows; a context manager.

    Args:
        total: how many there are; of what, is not shown with `shares`.
        quiet: show nothing.
        shares: show how large a part is done, because trials that differ in cost are weighed.
    """

    def __init__(self, total: float, *, quiet: bool, shares: bool = False) -> None:
        self._total = max(1, total)
        self._done = 0.0
        self._told = time.monotonic()
        self._first: tuple[float, float] | None = None  # when, and how many were done; what comes before is compiling
        self._quiet = quiet
        self._at = ""
        shown = {"bar_format": SHARE} if shares else {"unit": " trials", "unit_scale": True}
        self._bar = tqdm(total=total, file=sys.stderr, disable=quiet or not sys.stderr.isatty(), **shown)

    def __call__(self, trials: float) -> None:
        """So many more trials have been learned."""
        self._done += trials
        self._bar.update(trials)
        now = time.monotonic()
        self._first = self._first or (now, self._done)
        since, before = self._first
        waited = now - self._told >= SECONDS_BETWEEN_LINES
        if self._bar.disable and not self._quiet and waited and self._done > before and self._done >= self._total / 100:
            self._told = now
            left = (now - since) / (self._done - before) * (self._total - self._done)
            is_known = self._done - before >= self._total / 20 or now - since >= SECONDS_OF_COMPILING
            told = f", about {left:.0f} s left" if is_known else ""
            print(f"{self._at}{100 * self._done / self._total:3.0f} %{told}", file=sys.stderr, flush=True)

    def at(self, what: str) -> None:
        """What is going on now, shown in front of how far it is."""
        self._at = f"{what}: "
        self._bar.set_description(what)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Room for other output: a bar on the terminal is taken away for as long."""
        with tqdm.external_write_mode():
            yield

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bar.close()
