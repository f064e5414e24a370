"""Malformed circuit and scenario files: what `validate`, `show` and `run` make of them."""

from __future__ import annotations

import copy
import functools
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from faults import toml_tables, toml_text
from faults.damage import damaged
from neurosim.shelf import shelf

SMALL = """
title = "small"
seeds = 2
table = ["nse"]
[task]
name = "linear_map"
inputs = 4
outputs = 2
tests = 20
[set]
"hidden.size" = 3
"feedback*.size" = 3
"*.plasticity.eta" = 0.01
[[arm]]
name = "aligned"
circuit = "feedback_alignment"
set = { "input.size" = 4, "output.size" = 2, "target.size" = 2, "error.size" = 2 }
[[arm]]
name = "layers"
circuit = { family = "layered", sizes = [4, 3, 2], feedback = "random" }
phase = [{ trials = 20, freeze = ["hidden_to_output"] }, { trials = 20 }]
[[phase]]
trials = 40
batch = 2
[record]
nse = 20
"hidden.angle" = 20
"input_to_hidden.weights" = 40
[[figure]]
name = "learning_curve"
quantity = "nse"
[[claim]]
check = "value"
arm = "aligned"
quantity = "nse"
trial = 20
below = 1.5
[[claim]]
check = "order"
arms = ["layers", "aligned"]
quantity = "nse"
"""
"""A scenario that is run in a moment, with something of everything; mutations of it can be run, too."""


@dataclass(frozen=True)
class Malformed:
    """A file that is wrong in some way, or by chance is not: how it was made, and what is in it."""

    number: int
    origin: str
    how: str
    content: bytes


def malformed(number: int, *, small: bool = False) -> Malformed:
    """Malformed file of this number; always the same.

    Args:
        number: which.
        small: made of the small scenario, so that it may be run; else of any file of the shelves.
    """
    random = Random(f"description {number} {small}")
    name = "small" if small else random.choice(sorted(_texts()))
    text = _texts()[name]
    way = random.choice(("bytes", "text", "text", "tables", "tables", "tables", "generated"))
    if way == "bytes":
        how, content = damaged(text.encode(), random)
        return Malformed(number, name, how, content)
    if way == "text":
        hows = random.choices(list(toml_text.SLIPS), k=random.choice((1, 1, 1, 2, 3)))
        for how in hows:
            text = toml_text.SLIPS[how](text or "x = 1\n", random)
        return Malformed(number, name, ", ".join(hows), text.encode("utf-8", "surrogatepass"))
    tables = copy.deepcopy(tomllib.loads(text)) if way == "tables" else _generated(random)
    hows = random.choices(list(toml_tables.CHANGES), k=random.choice((1, 1, 1, 2, 4)))
    for how in hows:
        if tables:
            toml_tables.CHANGES[how](tables, random, _pool())
    return Malformed(number, name if way == "tables" else "generated", ", ".join(hows), toml_text.written(tables).encode())


def _generated(random: Random) -> dict[str, Any]:
    """Tables that were never a file: a few rooms, each with what was found in such rooms of all files."""
    made: dict[str, Any] = {}
    for name in random.choices(sorted(_texts()), k=random.randint(1, 4)):
        tables = tomllib.loads(_texts()[name])
        for key in random.sample(sorted(tables), k=random.randint(0, len(tables))):
            made[key] = tables[key]
    return made


@functools.lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    files = [path for kind in ("circuits", "scenarios") for path in sorted(shelf(kind).glob("*.toml"))]
    return {"small": SMALL, **{path.stem: path.read_text(encoding="utf-8") for path in files}}


@functools.lru_cache(maxsize=1)
def _pool() -> list[Any]:
    return [holder[key] for text in _texts().values() for holder, key in toml_tables.places(tomllib.loads(text))]


def left_over(folder: Path, known: Sequence[Path]) -> list[Path]:
    """What lies in a folder beside what is known."""
    return sorted(set(folder.rglob("*")) - set(known))
