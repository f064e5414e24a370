"""A command as a user types it, without a process of its own: what it tells, how it ends, and what must never be among it."""

from __future__ import annotations

import contextlib
import io
import resource
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

from neurosim.cli import main

SECONDS = 1.0
"""Nobody waits longer to hear that a file is wrong; of the processor, so that other work on the machine does not count."""
MEGABYTES = 300
"""The peak of the whole process, which has then read many files one after the other."""
LONGEST_LINE = 2_000
PATIENCE = 20.0


@dataclass(frozen=True)
class Told:
    """How a command ended: its exit code, what it printed, and the traceback that a user would have seen."""

    code: int
    answer: str
    narration: str
    seconds: float
    trace: str = ""

    def faults(self, codes: Sequence[int] = (0, 2)) -> Iterator[str]:
        """What must not be: a traceback, another exit code, a refusal without a message, signs that a terminal obeys …"""
        if self.trace:
            yield f"traceback: {self.trace.strip().splitlines()[-1][:300]}"
            return
        if self.code not in codes:
            yield f"exit code {self.code}: {self.narration[:300]!r}"
        if self.code == 2 and self.answer:
            yield f"refused, and yet answered {self.answer[:100]!r}"
        if self.code in (1, 2, 4) and not self.narration.startswith("neurosim: "):
            yield f"refused without a message: {self.narration[:100]!r}"
        odd = sorted({sign for sign in self.answer + self.narration if not (sign.isprintable() or sign == "\n")})
        if odd:
            yield f"unprintable signs in the message: {odd!r}"
        if max(map(len, self.narration.splitlines()), default=0) > LONGEST_LINE:
            yield f"a line of {max(map(len, self.narration.splitlines()))} letters: {self.narration[:200]!r}"

    def slow(self) -> Iterator[str]:
        """That it took too long, or that this process has ever needed too much memory."""
        if self.seconds >= SECONDS:
            yield f"took {self.seconds:.2f} s"
        if peak() >= MEGABYTES:
            yield f"needed {peak():.0f} MB"


@dataclass(frozen=True)
class Looked:
    """What became of one file: how it ended, and what must not be."""

    outcome: str
    faults: tuple[str, ...] = ()


def peak() -> float:
    """The most memory that this process has ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def told(*arguments: str) -> Told:
    """Run a command in this process, but not for longer than a while."""
    answer, narration, trace, code = io.StringIO(), io.StringIO(), "", -1
    started = time.process_time()
    with contextlib.redirect_stdout(answer), contextlib.redirect_stderr(narration):
        try:
            with patience():
                code = main(arguments)
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else -1
        except BaseException:
            trace = traceback.format_exc()
    return Told(code, answer.getvalue(), narration.getvalue(), time.process_time() - started, trace)


class Spinning(BaseException):
    """A command did not come to an end."""


@contextlib.contextmanager
def patience(seconds: float = PATIENCE) -> Iterator[None]:
    """An end for what would go on for ever."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Spinning(f"no end after {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
