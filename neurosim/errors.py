"""What can go wrong, and with which exit code the command line ends.

Every message that a wrong input causes is a `Problem`: where it is, what is wrong, what was expected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its address, what is wrong with it, and what was probably meant."""

    address: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        """`address: message; did you mean 'x'?`"""
        meant = f"; did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.address}: {self.message}{meant}" if self.address else f"{self.message}{meant}"


class NeurosimError(Exception):
    """The root of every error that neurosim raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


class RunError(NeurosimError):
    """A run failed: its numbers blew up, or a rule produced something that is not a number."""


class InputError(NeurosimError):
    """Something handed in is wrong. All its problems are told at once.

    >>> raise InputError([Problem("hidden.size", "expected a whole number above 0, found -3")], "circuit 'x'")
    Traceback (most recent call last):
    neurosim.errors.InputError: circuit 'x': hidden.size: expected a whole number above 0, found -3
    """

    exit_code = 2

    def __init__(self, problems: Iterable[Problem] | str, place: str = "") -> None:
        listed = (Problem("", problems),) if isinstance(problems, str) else tuple(problems)
        self.problems: tuple[Problem, ...] = listed
        self.place = place
        super().__init__(self._text())

    def _text(self) -> str:
        prefix = f"{self.place}: " if self.place else ""
        if len(self.problems) == 1:
            return f"{prefix}{self.problems[0]}"
        return "\n".join([f"{prefix}{len(self.problems)} problems", *(f"  {problem}" for problem in self.problems)])


class CircuitError(InputError):
    """A circuit cannot be simulated as it is described."""


class ScenarioError(InputError):
    """A scenario cannot be run as it is described."""


class DataError(InputError):
    """A data file or a recording is damaged or is not what it should be."""


class EnvironmentFailure(NeurosimError):
    """The machine cannot do what was asked: disk full, no permission, a file that is locked, no network."""

    exit_code = 4


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, or None.

    >>> nearest("detla", ["fixed", "delta"])
    'delta'
    """
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.55)
    return close[0] if close else None


class Interrupted(KeyboardInterrupt):
    """A run was asked to stop; where it stood has been written down, and it can go on from there."""
