"""Compiling together: what is not in the cache is shared out among processes, and two programs do not compile the same.

The compiler holds Python's lock, so that threads would compile one after another.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from neurosim.sibling import sibling

T = TypeVar("T")

MODULES_PER_PROCESS = 3
"""To start a process and have numba imported there takes as long as compiling one or two kernels."""
PATIENCE = 120.0
"""Seconds that a program waits for another one that compiles; it may have been stopped."""
SECONDS_BETWEEN_TRIES = 0.02


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only process in the block with this folder, where the system has locks and after some patience at the latest."""
    try:
        import fcntl

        handle = os.open(folder / "compiling.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        given_up = time.monotonic() + PATIENCE
        while time.monotonic() < given_up:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(SECONDS_BETWEEN_TRIES)
            except OSError:  # this file system has none
                break
        yield
    finally:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)  # closing is not enough where another thread has forked meanwhile
        os.close(handle)


def share_out(work: Sequence[T], do: Callable[[T], object], statement: str) -> None:
    """Do pieces of work here and in other processes, as many as are worth it; what goes wrong is left undone.

    Args:
        work: the pieces, which can be pickled; the largest first is best.
        do: does one piece.
        statement: what another process executes, which comes to `serve(do)`.
    """
    left = deque(work)
    count = min(processors() - 1, len(work) // MODULES_PER_PROCESS)
    others = [process for process in (_started(statement) for _ in range(count)) if process is not None]
    feeders = [threading.Thread(target=_feed, args=(process, left), daemon=True) for process in others]
    for feeder in feeders:
        feeder.start()
    try:
        while True:
            try:
                piece = left.popleft()
            except IndexError:
                break
            with contextlib.suppress(Exception):
                do(piece)
        for feeder in feeders:
            feeder.join()  # what they were given last is being done
    finally:
        left.clear()
        for process in others:
            process.kill()
        for feeder in feeders:
            feeder.join()
        for process in others:
            with contextlib.suppress(BrokenPipeError), process:  # which closes its pipes, and waits for its end
                pass


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def serve(do: Callable[[T], object]) -> None:
    """Do the pieces of work that come in through stdin, and tell when each is done."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            piece = pickle.load(sys.stdin.buffer)
            with contextlib.suppress(Exception):
                do(piece)
            answers.write(b".")
            answers.flush()


def _started(statement: str) -> subprocess.Popen[bytes] | None:
    try:
        return sibling(statement)
    except OSError:
        return None


def _feed(process: subprocess.Popen[bytes], left: deque[T]) -> None:
    """Give a process one piece after another, until there are no more or it has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(OSError, ValueError, IndexError):
        while True:
            pickle.dump(left.popleft(), process.stdin)
            process.stdin.flush()
            if not process.stdout.read(1):
                return
