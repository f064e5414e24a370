"""What a theory check is, and three ways to judge its draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from neurosim.registry import Registry, first_line
from neurosim.verdict import Verdict

SEEDS = range(100, 105)
"""Other draws than those that the criteria were chosen by (0 to 9)."""


@dataclass(frozen=True)
class TheoryCheck:
    """A registered check of what the paper proves or prints; calling it draws, computes and gives the verdict.

    Attributes:
        name: how it is listed.
        source: where the paper says it: figure, note, equation.
        paper: what the paper says there, in a few words, and what is misprinted.
        check: computes the verdict.
        doc: its first line is the check's title.
    """

    name: str
    source: str
    paper: str
    check: Callable[[], Verdict]
    doc: str

    @property
    def title(self) -> str:
        """One line: what must come out."""
        return first_line(self.doc)

    def __call__(self) -> Verdict:
        """The verdict, from the check's own seeds: the same each time."""
        return self.check()


THEORY_CHECKS: Registry[TheoryCheck] = Registry("theory checks")


def theory_check(
    *, source: str, paper: str, name: str | None = None, title: str | None = None
) -> Callable[[Callable[[], Verdict]], TheoryCheck]:
    """Register a check: a function without arguments that returns a verdict; its docstring's first line is the title.

    Args:
        source: figure, note or equation.
        paper: what the paper says there, in a few words.
        name, title: instead of the function's own name and docstring, for checks that are made in a loop.

    >>> @theory_check(source="arithmetic", paper="two and two are four")
    ... def sums():
    ...     '''2 + 2 = 4.'''
    ...     return largest([abs(2 + 2 - 4)], below=1e-12)
    >>> THEORY_CHECKS["sums"]().holds
    True
    """

    def register(check: Callable[[], Verdict]) -> TheoryCheck:
        called = name or check.__name__
        return THEORY_CHECKS.add(called, TheoryCheck(called, source, paper, check, title or check.__doc__ or ""))

    return register


def largest(values: Iterable[float], *, below: float) -> Verdict:
    """Every draw lies below a number; a draw that is not a number does not.

    >>> largest([0.1, 0.3], below=0.2)
    Verdict(value=0.3, interval=(0.1, 0.3), n=2, holds=False, wanted='largest < 0.2')
    """
    drawn = np.asarray(list(values), float)
    found = float(np.max(drawn))
    return Verdict(found, _range(drawn), len(drawn), found < below, f"largest < {below:g}")


def smallest(values: Iterable[float], *, above: float) -> Verdict:
    """Every draw lies above a number.

    >>> smallest([0.1, 0.3], above=0.0).holds
    True
    """
    drawn = np.asarray(list(values), float)
    found = float(np.min(drawn))
    return Verdict(found, _range(drawn), len(drawn), found > above, f"smallest > {above:g}")


def within(values: Iterable[float], *, of: float, by: float) -> Verdict:
    """Every draw lies within a distance of a number; the value is the draw that is farthest from it.

    >>> within([1.9, 2.05], of=2.0, by=0.1 + 1e-9).value
    1.9
    """
    drawn = np.asarray(list(values), float)
    far = np.abs(drawn - of)
    return Verdict(
        float(drawn[np.argmax(far)]), _range(drawn), len(drawn), bool(np.max(far) <= by), f"each within {of:g} ± {by:.3g}"
    )


def _range(drawn: np.ndarray) -> tuple[float, float]:
    return float(np.min(drawn)), float(np.max(drawn))
