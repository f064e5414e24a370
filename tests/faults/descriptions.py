"""Malformed circuit and scenario files: what `validate`, `show` and `run` make of them."""

from __future__ import annotations

import copy
import functools
import resource
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from faults import toml_tables, toml_text
from faults.damage import damaged
from faults.told import MEGABYTES, Looked, told
from neurosim.errors import InputError
from neurosim.scenario.files import load_scenario
from neurosim.shelf import shelf

MOST_TRIALS = 5_000

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


WAYS = ("bytes", "text", "text", "tables", "tables", "tables", "generated")
WAYS_TO_RUN = ("bytes", "text", *["tables"] * 8)
"""One change of a value is the likeliest to be valid, and then to be met by a run."""


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
    way = random.choice(WAYS_TO_RUN if small else WAYS)
    if way == "bytes":
        how, content = damaged(text.encode(), random)
        return Malformed(number, name, how, content)
    if way == "text":
        hows = random.choices(list(toml_text.SLIPS), k=random.choice((1, 1, 1, 2, 3)))
        for how in hows:
            text = toml_text.SLIPS[how](text or "x = 1\n", random)
        return Malformed(number, name, ", ".join(hows), text.encode("utf-8", "surrogatepass"))
    tables = copy.deepcopy(tomllib.loads(text)) if way == "tables" else _generated(random)
    hows = random.choices(list(toml_tables.CHANGES), k=1 if small else random.choice((1, 1, 1, 2, 4)))
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


def validated(folder: str, number: int) -> Looked:
    """What `neurosim validate` makes of a malformed file, and for some circuits `neurosim show`."""
    _warmed()
    file = malformed(number)
    path = _written(folder, file)
    found = told("validate", path)
    faults = [*found.faults(), *found.slow()]
    if b"[population" in file.content or b"population =" in file.content:
        shown = told("show", path, "--json")
        faults += [f"show: {fault}" for fault in (*shown.faults(), *shown.slow())]
        faults += ["show and validate disagree"] if (shown.code, found.code) == (0, 2) else []
    return _looked({0: "valid", 2: "refused"}.get(found.code, "traceback"), file, faults)


def run(folder: str, number: int) -> Looked:
    """What `neurosim run` makes of a malformed file; one that is refused leaves nothing behind."""
    file = malformed(number, small=True)
    path = _written(folder, file)
    out = Path(folder) / "out"
    if told("validate", path).code == 0 and _work(path) > MOST_TRIALS:
        return Looked("valid, and too long to run here")
    found = told("run", path, "--out", str(out), "--backend", "reference", "--quiet")
    faults = list(found.faults((0, 1, 2)))
    undrawn = found.code == 2 and "was not drawn" in found.narration
    if found.code == 2 and out.exists() and not undrawn:
        faults.append(f"left behind: {', '.join(sorted(str(one.relative_to(out)) for one in out.rglob('*')))}")
    faults += [f"left behind: {one}" for one in Path(folder).iterdir() if one.name not in ("out", "file.toml")]
    shutil.rmtree(out, ignore_errors=True)
    outcome = "run, but for a figure" if undrawn else {0: "run", 1: "blew up", 2: "refused"}.get(found.code, "traceback")
    return _looked(outcome, file, faults)


def in_a_process(folder: str, number: int) -> Looked:
    """The same command in a process of its own, as users give it: it must end alike, within its memory."""
    file = malformed(number)
    path = _written(folder, file)
    here = told("validate", path)
    done = subprocess.run(
        [sys.executable, "-m", "neurosim", "validate", path], capture_output=True, text=True, check=False, timeout=60
    )
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    faults = [f"needed {used:.0f} MB"] if used >= MEGABYTES else []
    faults += [f"ends with {done.returncode}, in this process with {here.code}"] if done.returncode != here.code else []
    faults += ["tells something else than in this process"] if done.stderr != here.narration else []
    return _looked("alike", file, faults)


@functools.cache
def _warmed() -> None:
    """Import everything once: what is timed is what a file costs, and not what Python costs."""
    told("validate", "all-paper", "shallow")


def _written(folder: str, file: Malformed) -> str:
    path = Path(folder) / "file.toml"
    path.write_bytes(file.content)
    return str(path)


def _looked(outcome: str, file: Malformed, faults: Sequence[str]) -> Looked:
    return Looked(outcome, tuple(f"description {file.number} ({file.origin}: {file.how}): {fault}" for fault in faults))


def _work(path: str) -> int:
    """How many trials a file asks for; none where it is no scenario."""
    try:
        scenario = load_scenario(path)
        return sum(scenario.trials(arm) for arm in scenario.arm) * scenario.seeds
    except InputError:
        return 0
