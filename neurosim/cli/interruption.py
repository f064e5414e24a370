"""Ctrl-C and SIGTERM: the first asks the runs to write down where they stand, the second ends at once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruption:
    """What the process has been asked by signals, from the moment it is made; a context manager that restores what was before.

    While nothing is under way that could write down where it stands, a signal ends the command at once.

    Attributes:
        signal: the number of the last signal; None so far.
    """

    def __init__(self) -> None:
        self.signal: int | None = None
        self._minded = False
        self._before: dict[int, object] = {}

    def asked(self) -> bool:
        """Whether somebody wants the command to end."""
        return self.signal is not None

    @contextmanager
    def minded(self) -> Iterator[None]:
        """While the block lasts, who works there asks `asked` often enough."""
        self._minded = True
        try:
            yield
        finally:
            self._minded = False

    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + (self.signal or signal.SIGINT)

    def __enter__(self) -> Interruption:
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._before[number] = signal.signal(number, self._come)
            except ValueError:  # not the main thread: who called us minds the signals
                break
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _come(self, number: int, frame: FrameType | None) -> None:
        again = self.signal is not None
        self.signal = number
        if again or not self._minded:
            raise KeyboardInterrupt
