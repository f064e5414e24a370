"""One work: every contestant in turn, round after round, each in its own process, and the figures that follow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from child import Failed, ask
from figure import Figure, spread
from targets import Entry
from work import Work

OURS = "neurosim"
WITH_BIASES = "neurosim_with_biases"
SHARES: dict[str, tuple[str, Callable[[Work], int]]] = {
    "sgemm": ("useful operations over the sgemm peak", lambda work: work.flops),
    "products": ("rate over that of its matrix products alone", lambda work: 1),
    "bandwidth": ("updates of the first weights over the in-place bandwidth", lambda work: work.bytes_updated),
}
"""What a trial takes of each ceiling."""
UNITS = {"sgemm": (1e9, "Gflop/s"), "products": (1, "/s"), "bandwidth": (1e9, "GB/s")}
"""In how much of what each ceiling is told."""
Tell = Callable[[str], None]


@dataclass
class Race:
    """What came out: a rate for each round by contestant and by ceiling, and the form that won each round."""

    entry: Entry
    rates: dict[str, list[float]] = field(default_factory=dict)
    ceilings: dict[str, list[float]] = field(default_factory=dict)
    forms: dict[str, list[str]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def ratios(self, name: str) -> list[float]:
        """Our rate over another's, round by round."""
        return [ours / theirs for ours, theirs in zip(self.rates[OURS], self.rates.get(name, []), strict=False)]

    def shares(self, ceiling: str) -> list[float]:
        """How much of a ceiling we reach, round by round."""
        _, cost = SHARES[ceiling]
        pairs = zip(self.rates[OURS], self.ceilings[ceiling], strict=True)
        return [ours * cost(self.entry.work) / peak for ours, peak in pairs]

    def figures(self) -> list[Figure]:
        """Everything here that has a target."""
        work = self.entry.work
        found = [
            Figure("ratios", f"{work.title}: neurosim over {name}", "×", self.ratios(name), target)
            for name, target in self.entry.targets.items()
        ]
        for ceiling, target in self.entry.ceilings.items():
            found.append(Figure("ceilings", f"{work.title}: {SHARES[ceiling][0]}", "×", self.shares(ceiling), target))
        if self.entry.with_biases is not None:
            found.append(
                Figure("floors", f"{work.title}, with biases", "/s", self.rates.get(WITH_BIASES, []), self.entry.with_biases)
            )
        return found

    def document(self) -> dict[str, Any]:
        """The race as JSON holds it."""

        def plain(by_name: dict[str, list[float]]) -> dict[str, list[float | None]]:
            return {name: [v if math.isfinite(v) else None for v in values] for name, values in by_name.items()}

        return {
            "name": self.entry.name,
            "title": self.entry.work.title,
            "work": self.entry.work.question(),
            "rates": plain(self.rates),
            "ratios": plain({name: self.ratios(name) for name in self.rates if name not in (OURS, WITH_BIASES)}),
            "ceilings": plain(self.ceilings),
            "forms": self.forms,
            "failures": self.failures,
        }

    def lines(self) -> list[str]:
        """The rates as text, for the terminal."""
        told = [self.entry.work.title]
        for name, rates in self.rates.items():
            finite = [rate for rate in rates if math.isfinite(rate)]
            form = f"  [{', '.join(dict.fromkeys(self.forms[name]))}]" if self.forms.get(name) else ""
            told.append(f"  {name:22} {f'{spread(finite)} /s' if finite else self.failures[name]}{form}")
        for name, rates in self.ceilings.items():
            size, unit = UNITS[name]
            finite = [rate / size for rate in rates if math.isfinite(rate)]
            told.append(f"  {name:22} {f'{spread(finite)} {unit}' if finite else self.failures[name]}")
        return told


def race(entry: Entry, peers: Sequence[str], rounds: int, tell: Tell) -> Race:
    """Run it; a contestant that fails is told, and the others go on."""
    held = Race(entry)
    names = [OURS, *(name for name in entry.contestants if name in peers)]
    names += [WITH_BIASES] if entry.with_biases is not None else []
    for _ in range(rounds):
        for name in names:
            question = entry.work_of(name).question()
            answer = _answer(held, name, f"contestant_{name}.py", question, tell)
            held.rates.setdefault(name, []).append(float(answer.get("rate", math.nan)))
            if len(answer.get("forms", {})) > 1:
                held.forms.setdefault(name, []).append(answer["form"])
        for ceiling in entry.ceilings:
            question = {"ceiling": ceiling, "threads": entry.work.threads}
            if ceiling == "products":
                question |= {"sizes": entry.work.sizes, "batch": entry.work.batch}
            answer = _answer(held, ceiling, "ceilings.py", question, tell)
            held.ceilings.setdefault(ceiling, []).append(float(answer.get("rate", math.nan)))
    return held


def _answer(held: Race, name: str, script: str, question: object, tell: Tell) -> dict[str, Any]:
    try:
        return ask(script, question)
    except Failed as failure:
        held.failures[name] = str(failure)
        tell(f"{held.entry.name}: {name} failed: {failure}")
        return {}
