"""A figure of the report: what was measured round after round, held against its target."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REACHED, MISSED, NOT_MEASURED = "reached", "MISSED", "not measured"


@dataclass(frozen=True)
class Target:
    """A bound that a figure must keep to, and perhaps one that it would be good to reach as well.

    >>> Target(5, stretch=10).told(), Target(2.0, at_most=True).told()
    ('≥ 5, stretch 10', '≤ 2')
    """

    bound: float
    stretch: float | None = None
    at_most: bool = False

    def reached(self, value: float) -> bool:
        """Whether a value keeps to the bound."""
        return value <= self.bound if self.at_most else value >= self.bound

    def told(self) -> str:
        """The target in a few characters."""
        stretch = "" if self.stretch is None else f", stretch {short(self.stretch)}"
        return f"{'≤' if self.at_most else '≥'} {short(self.bound)}{stretch}"


@dataclass(frozen=True)
class Figure:
    """One number of the report.

    Attributes:
        part: under which heading it stands.
        what: what was measured.
        unit: of the numbers, e.g. `×`, `ms`.
        rounds: a number for each round; nan where it failed.
        target: what it should be.
        note: anything that helps to read it.
    """

    part: str
    what: str
    unit: str
    rounds: Sequence[float]
    target: Target
    note: str = ""

    @property
    def finite(self) -> list[float]:
        """The rounds that gave a number."""
        return [value for value in self.rounds if math.isfinite(value)]

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.finite) if self.finite else math.nan

    @property
    def verdict(self) -> str:
        """Whether the median keeps to the target."""
        if not self.finite:
            return NOT_MEASURED
        return REACHED if self.target.reached(self.value) else MISSED

    def measured(self) -> str:
        """The median and the spread over the rounds."""
        return f"{spread(self.finite)}{self.unit if self.unit == '×' else f' {self.unit}'}" if self.finite else "–"

    def document(self) -> dict[str, Any]:
        """The figure as JSON holds it: None stands for what is not a number."""
        return {
            "part": self.part,
            "what": self.what,
            "unit": self.unit,
            "rounds": [value if math.isfinite(value) else None for value in self.rounds],
            "value": self.value if self.finite else None,
            "target": {"bound": self.target.bound, "stretch": self.target.stretch, "at_most": self.target.at_most},
            "verdict": self.verdict,
            "note": self.note,
        }


def short(value: float) -> str:
    """Three figures, without an exponent where that can be read.

    >>> [short(v) for v in (0.0123, 1.5, 150.0, 45678.0, 23456789.0)]
    ['0.0123', '1.5', '150', '45.7 k', '23.5 M']
    """
    for size, name in ((1e9, " G"), (1e6, " M"), (1e4, " k")):
        if abs(value) >= size:
            return f"{value / (1e3 if name == ' k' else size):.3g}{name}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    """The median, and the range where there is one.

    >>> spread([1.0, 3.0, 2.0]), spread([2.0])
    ('2 (1 … 3)', '2')
    """
    middle = short(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({short(min(values))} … {short(max(values))})"
