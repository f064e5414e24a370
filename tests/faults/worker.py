"""A process that may crash: it is asked one thing after the other, and replaced when it dies or does not answer."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

Answer: TypeAlias = Any


class Died(Exception):
    """The process ended by a signal, or was ended because it did not answer."""


class Worker:
    """Answers by a function of a module, in a process of its own; a context manager.

    Args:
        answer: what is called with each question; it and all questions must be picklable.
        patience: seconds that an answer may take.
    """

    def __init__(self, answer: Callable[..., Answer], patience: float) -> None:
        self._answer, self._patience = answer, patience
        self._process: Any = None
        self._line: Connection

    def ask(self, *question: Any) -> Answer:
        """The answer to a question; raises Died with the name of the signal, or "no end"."""
        if self._process is None:
            self._start()
        self._line.send(question)
        try:
            if self._line.poll(self._patience):
                answer, trace = self._line.recv()
                if trace:
                    raise AssertionError(f"the script itself failed at {question}:\n{trace}")
                return answer
        except (EOFError, ConnectionResetError):
            self._process.join()
            code = self._process.exitcode
            raise self._ended(signal.Signals(-code).name if code < 0 else f"exit code {code}") from None
        self._process.kill()
        self._process.join()
        raise self._ended("no end")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._answer), daemon=True)
        self._process.start()
        other.close()

    def _ended(self, how: str) -> Died:
        self._process = None
        self._line.close()
        return Died(how)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._line.close()
            self._process.join()


def _serve(line: Connection, answer: Callable[..., Answer]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            question = line.recv()
        except EOFError:
            return
        try:
            line.send((answer(*question), ""))
        except Exception:
            line.send((None, traceback.format_exc()))
