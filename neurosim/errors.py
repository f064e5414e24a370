"""What can go wrong, and with which exit code the command line ends.

Every message that a wrong input causes is a `Problem`: where it is, what is wrong, what was expected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LONGEST_ADDRESS, LONGEST_MESSAGE = 200, 1_000
"""Letters that are told of an address and of what is wrong there: a file may hold names of any length, and any number of them."""
MOST_PROBLEMS = 50
"""So many problems of one thing are listed; the others are counted."""
MOST_COMPARED = 100
"""Of more names, those with the most letters in common are compared: comparing is slow."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its address, what is wrong with it, and what was probably meant."""

    address: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        """`address: message; did you mean 'x'?`, on one line whatever is in the names that it tells."""
        address, message = readable(self.address, LONGEST_ADDRESS), readable(self.message, LONGEST_MESSAGE)
        meant = f"; did you mean {readable(repr(self.suggestion), LONGEST_ADDRESS)}?" if self.suggestion else ""
        return f"{address}: {message}{meant}" if address else f"{message}{meant}"


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
        prefix = f"{readable(self.place, LONGEST_MESSAGE)}: " if self.place else ""
        if len(self.problems) == 1:
            return f"{prefix}{self.problems[0]}"
        told, more = self.problems[:MOST_PROBLEMS], len(self.problems) - MOST_PROBLEMS
        lines = [f"{prefix}{len(self.problems)} problems", *(f"  {problem}" for problem in told)]
        return "\n".join([*lines, f"  … and {more} more"] if more > 0 else lines)


class CircuitError(InputError):
    """A circuit cannot be simulated as it is described."""


class ScenarioError(InputError):
    """A scenario cannot be run as it is described."""


class DataError(InputError):
    """A data file or a recording is damaged or is not what it should be."""


class Damaged(DataError):
    """A file does not hold what was once written into it; nothing that it seems to say is to be judged."""


class EnvironmentFailure(NeurosimError):
    """The machine cannot do what was asked: disk full, no permission, a file that is locked, no network."""

    exit_code = 4


def readable(text: str, most: int) -> str:
    """A text on one line, without signs that a terminal would obey, and cut where it is too long.

    >>> readable("hidden\\n\\x1b[2J", 20), readable("abcdef", 4)
    ('hidden\\\\n\\\\x1b[2J', 'abc…')
    """
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return cut if cut.isprintable() else "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in cut)


def not_a_file(path: Path, missing: str = "no such file") -> str:
    """Why there is no file to read at a path: nothing is there, or a folder, or a device or a pipe that might never end.

    >>> not_a_file(Path("/no/such/file"))
    'no such file'
    """
    if path.is_dir():
        return "is a folder, not a file"
    return "is a device or a pipe, not a file" if path.exists() else missing


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, or None.

    >>> nearest("detla", ["fixed", "delta"])
    'delta'
    """
    candidates = list(known)
    if len(candidates) > MOST_COMPARED:
        letters = set(name)
        candidates.sort(key=lambda one: len(letters ^ set(one)) + abs(len(name) - len(one)))
    close = difflib.get_close_matches(name[:LONGEST_ADDRESS], candidates[:MOST_COMPARED], n=1, cutoff=0.55)
    return close[0] if close else None


class Interrupted(KeyboardInterrupt):
    """A run was asked to stop; where it stood has been written down, and it can go on from there."""
