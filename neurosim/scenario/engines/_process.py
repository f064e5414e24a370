"""A process of this machine that runs parcels: what its parent holds of it, and what happens inside."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Self

from neurosim.errors import EnvironmentFailure, Interrupted
from neurosim.scenario.engines._parcel import Parcel, run_parcel
from neurosim.sibling import sibling

SECONDS_BETWEEN_WORDS = 0.1
"""How often a process tells how far it is."""
SECONDS_TO_END = 30.0


class Process:
    """A process that runs one parcel after another, and ends with the block.

    It belongs to no terminal, so Ctrl-C reaches its parent only; where that ends, it writes down where its run stands, and ends.

    Raises:
        EnvironmentFailure: the system starts none.
    """

    def __init__(self) -> None:
        try:
            self._process = sibling(f"from {__name__} import serve; serve()")
        except OSError as error:
            raise EnvironmentFailure(f"no process can be started: {error.strerror}; --threads 1 needs none") from None
        self._writing = threading.Lock()
        self._parcel: Parcel

    def run(self, parcel: Parcel, progress: Callable[[int], None]) -> BaseException | None:
        """Have a parcel run; returns what went wrong."""
        kind, value = self._answer(parcel)
        while kind == "trials":
            progress(value)
            kind, value = self._answer()
        return value

    def _answer(self, parcel: Parcel | None = None) -> tuple[str, Any]:
        """What it says next, given a parcel or not; its end where it has ended. What progress raises is none of that."""
        try:
            if parcel is not None:
                self._parcel = parcel
                self._say(parcel)
            assert self._process.stdout is not None
            answer: tuple[str, Any] = pickle.load(self._process.stdout)
            return answer
        except (OSError, EOFError, pickle.UnpicklingError):
            who = f"arm {self._parcel.arm}, seeds {self._parcel.seeds[0]} to {self._parcel.seeds[-1]}"
            told = f"{who}: the process that ran them ended{self._how()}; --resume goes on from what is done"
            return "end", EnvironmentFailure(told)

    def stop(self) -> None:
        """Have it write down where its run stands, and run no more."""
        with contextlib.suppress(OSError):  # it has ended
            self._say("stop")

    def _say(self, word: object) -> None:
        assert self._process.stdin is not None
        with self._writing:
            pickle.dump(word, self._process.stdin)
            self._process.stdin.flush()

    def _how(self) -> str:
        code = self._process.wait(SECONDS_TO_END)
        return f" by {signal.Signals(-code).name}, perhaps for want of memory" if code < 0 else f" with {code}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._process:
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):  # words that nobody is there to hear
                self._process.stdin.close()
            try:
                self._process.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                self._process.kill()


def serve() -> None:
    """Run the parcels that come in, one after another, and tell how far each is, and how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a file of the user's prints is not an answer
    parcels: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
    stopped = threading.Event()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, parcels, stopped), daemon=True).start()
    while (parcel := parcels.get()) is not None:
        words = _Words(answers)
        words.say("end", _ran(parcel, stopped, words))


def _listen(orders: BinaryIO, parcels: queue.SimpleQueue[Parcel | None], stopped: threading.Event) -> None:
    """Take orders until there are no more, which also says that the parent has ended."""
    try:
        while True:
            order = pickle.load(orders)
            if isinstance(order, Parcel):
                parcels.put(order)
            else:
                stopped.set()
    except (OSError, EOFError, pickle.UnpicklingError):
        stopped.set()
        parcels.put(None)


def _ran(parcel: Parcel, stopped: threading.Event, words: _Words) -> BaseException | None:
    try:
        found = run_parcel(parcel, stopped.is_set, words.learned)
        words.flush()
        return found
    except Interrupted as interrupted:
        return interrupted
    except Exception as error:
        error.add_note(f"in a process that ran arm {parcel.arm}, seeds {parcel.seeds[0]} to {parcel.seeds[-1]}")
        return error


class _Words:
    """What a process tells its parent."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._trials = 0
        self._told = time.monotonic()

    def say(self, kind: str, value: Any) -> None:
        """Tell something; where the parent is no more, nobody listens."""
        with contextlib.suppress(BrokenPipeError):
            pickle.dump((kind, value), self._answers)
            self._answers.flush()

    def learned(self, trials: int) -> None:
        """So many more trials have been learned."""
        self._trials += trials
        if time.monotonic() - self._told > SECONDS_BETWEEN_WORDS:
            self.flush()

    def flush(self) -> None:
        """Tell of the trials that have not been told of."""
        if self._trials:
            self.say("trials", self._trials)
        self._trials, self._told = 0, time.monotonic()
