"""Runs in processes that may be killed: forked from one that has everything loaded, so that each lives for a moment only."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from neurosim.cli import main


@dataclass(frozen=True)
class End:
    """How a process ended: its exit code, or the signal that ended it as a negative number, and what it printed."""

    code: int
    narration: str
    seconds: float


def command(*arguments: str) -> Callable[[], int]:
    """A command of neurosim, to be run in a process of its own."""
    return lambda: main([*arguments, "--quiet"])


def forked(work: Callable[[], int], *, kill: tuple[int, float] | None = None) -> End:
    """Do work in a forked process; returns how it ended.

    Args:
        work: returns the exit code.
        kill: a signal, and after how many seconds it is sent; `seconds` then counts from there.
    """
    told, telling = os.pipe()  # a pipe, because it has no size that may be limited
    child = os.fork()
    if child == 0:
        _live(work, telling)
    os.close(telling)
    started = time.monotonic()
    if kill is not None:
        time.sleep(kill[1])
        started = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, kill[0])
    with os.fdopen(told) as pipe:
        narration = pipe.read()
    _, status = os.waitpid(child, 0)
    return End(os.waitstatus_to_exitcode(status), narration, time.monotonic() - started)


def _live(work: Callable[[], int], telling: int) -> None:
    code = 99
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(120)  # nothing here takes so long: what does is found, and not waited for
        os.dup2(telling, 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stdout, sys.stderr = io.StringIO(), os.fdopen(2, "w", buffering=1)
        code = work()
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 98
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


class Calls:
    """Every call of a process by which something reaches the disk, counted: at one of them something happens.

    Args:
        at: the number of the call, from 1.
        happens: what happens instead of that call; it may raise, or end the process.
        names: which functions of `os` count.
    """

    NAMES = ("open", "pwrite", "fsync", "replace", "unlink", "posix_fallocate", "ftruncate")

    def __init__(self, at: int, happens: Callable[[str], None], names: Sequence[str] = NAMES) -> None:
        self.count = 0
        self._at, self._happens = at, happens
        for name in names:
            setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, original: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            self.count += 1
            if self.count == self._at:
                self._happens(name)
            return original(*arguments, **named)

        return call
