"""What the run of a scenario leaves behind, as the terminal and --json tell it: a table, figures, recordings."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.cli.table import many, number, table
from neurosim.errors import EnvironmentFailure, Interrupted
from neurosim.figures import draw
from neurosim.recording import Recording, disk
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import chosen_arms, final_values
from neurosim.scenario.slices import WHOLE

MOST_OPEN = 200
"""Recordings that are opened at the same time; some systems allow a process 256 files."""


@dataclass(frozen=True)
class Outcome:
    """A scenario that has been run: its recordings, and what was made of them.

    Attributes:
        values: arm → quantity → the last value of each seed.
        figures: None where only a slice was run, because the recordings of the others may be missing yet.
        undrawn: figure → why it could not be drawn.
        exit_code: 4 where a figure could not be written, 2 where one could not be drawn, else 0.
        seconds: how long the runs took; drawing is not counted.
    """

    scenario: Scenario
    recordings: Sequence[Path]
    values: Mapping[str, Mapping[str, np.ndarray]]
    figures: Sequence[Path] | None
    undrawn: Mapping[str, str]
    exit_code: int
    seconds: float

    def table(self) -> str:
        """The last values of each arm: the median over seeds, and their range."""
        quantities = list(dict.fromkeys(quantity for row in self.values.values() for quantity in row))
        rows = []
        for arm in self.scenario.arm:
            if arm.name in self.values:
                found = self.values[arm.name]
                cells = [_spread(found.get(quantity, np.array([]))) for quantity in quantities]
                rows.append([arm.text, *cells, str(max((len(v) for v in found.values()), default=0))])
        return table(["arm", *(f"{quantity} (range)" for quantity in quantities), "seeds"], rows)

    def document(self) -> dict[str, Any]:
        """All of it, as --json prints it."""
        plain = {
            arm: {quantity: [float(x) if np.isfinite(x) else None for x in values] for quantity, values in row.items()}
            for arm, row in self.values.items()
        }
        return {
            "scenario": self.scenario.name,
            "seconds": self.seconds,
            "values": plain,
            "recordings": [str(path) for path in self.recordings],
            "figures": [str(path) for path in self.figures or []],
            "undrawn": dict(self.undrawn),
        }

    def tell_undrawn(self) -> None:
        """Say on stderr which figures are missing, and why."""
        for name, why in self.undrawn.items():
            print(f"neurosim: {self.scenario.name}: the figure {name} was not drawn: {why}", file=sys.stderr)


def carried_out(scenario: Scenario, plan: Plan) -> Outcome:
    """Run a scenario and draw its figures; one that cannot be drawn costs none of the others.

    Raises:
        RunError: the numbers of a run blew up.
        EnvironmentFailure: recordings cannot be written.
        Interrupted: all recordings are there, or checkpoints of those that are not.
    """
    started = time.monotonic()
    paths = run_scenario(scenario, plan)
    seconds = time.monotonic() - started
    undrawn: dict[str, Exception] = {}
    try:
        with ExitStack() as opened:
            recordings = _opened(paths, opened)
            values = final_values(scenario, recordings)
            figures = _figures(scenario, recordings, plan.out, undrawn) if plan.slice == WHOLE else None
    except KeyboardInterrupt:
        raise Interrupted from None
    told = {stem: str(error) for stem, error in undrawn.items()}
    unwritten = any(isinstance(error, EnvironmentFailure) for error in undrawn.values())
    code = 4 if unwritten else 2 if undrawn else 0
    return Outcome(scenario, paths, values, figures, told, code, seconds)


def extent(scenario: Scenario, plan: Plan) -> str:
    """How much is going to be run, in words."""
    chosen = chosen_arms(scenario, plan.arms)
    lengths = sorted({scenario.trials(arm) for arm in chosen})
    trials = " to ".join(f"{length:,}" for length in dict.fromkeys((lengths[0], lengths[-1])))
    return f"{many(len(chosen), 'arm')} × {many(scenario.seeds, 'seed')} × {trials} trials"


def _opened(paths: Sequence[Path], opened: ExitStack) -> Sequence[Path | Recording]:
    """The recordings, opened once for all that is made of them; of so many that a process may not have them open, the paths."""
    return [opened.enter_context(Recording(path)) for path in paths] if len(paths) <= MOST_OPEN else paths


def _figures(scenario: Scenario, recordings: Sequence[Path | Recording], out: Path, undrawn: dict[str, Exception]) -> list[Path]:
    """Each figure of the scenario as a PNG; what cannot be drawn is noted, whatever it is: hours of runs lie behind it."""
    drawn = []
    for stem, figure in zip(_stems(scenario), scenario.figure, strict=True):
        path = out / f"{stem}.png"
        try:
            drawing = draw(figure.name, recordings, **figure.parameters)
            with disk.replaced(path) as made:
                drawing.savefig(made, dpi=150)
        except Exception as error:
            undrawn[stem] = error
        else:
            drawn.append(path)
    return drawn


def _stems(scenario: Scenario) -> list[str]:
    """A name for each figure's file; a figure that comes twice is told apart by what it shows, or else by a number."""
    names = [figure.name for figure in scenario.figure]
    found: list[str] = []
    for figure in scenario.figure:
        shown = str(figure.parameters.get("quantity") or figure.parameters.get("address") or "").replace(".", "_")
        stem = f"{figure.name}_{shown}" if names.count(figure.name) > 1 and shown else figure.name
        alike = sum(known == stem or known.startswith(f"{stem}-") for known in found)
        found.append(f"{stem}-{alike + 1}" if alike else stem)
    return found


def _spread(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return "–"
    middle = number(float(np.median(finite)))
    return middle if len(finite) == 1 else f"{middle} ({number(float(finite.min()))} … {number(float(finite.max()))})"
