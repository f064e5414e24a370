"""`neurosim validate`: files of circuits, scenarios and collections, each with all its problems."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from neurosim.circuit.files import load_circuit, read_toml
from neurosim.errors import InputError, Problem, nearest
from neurosim.scenario.collection import load_collection
from neurosim.scenario.files import load_scenario
from neurosim.shelf import find, names


def command(arguments: argparse.Namespace) -> int:
    """Check every file; 2 if one has problems."""
    verdicts: dict[str, list[str]] = {}
    for name in arguments.files:
        try:
            _check(name)
            verdicts[name] = []
        except InputError as error:
            verdicts[name] = [str(problem) for problem in error.problems]
            if not arguments.json:
                print(f"neurosim: {error}", file=sys.stderr)
        else:
            if not (arguments.quiet or arguments.json):
                print(f"{name}: valid")
    if arguments.json:
        print(json.dumps(verdicts, ensure_ascii=False))
    return 2 if any(verdicts.values()) else 0


def _check(name: str) -> None:
    path = Path(name)
    shelved = [*names("circuits"), *names("scenarios")]
    if path.suffix != ".toml" and "/" not in name and name not in shelved:
        told = f"no circuit, scenario or collection of this name; there are {', '.join(shelved)}"
        raise InputError([Problem(name, told, nearest(name, shelved))])
    if path.suffix != ".toml" and name in names("scenarios") and name not in names("circuits"):
        path = find("scenarios", name)
    elif path.suffix != ".toml":
        path = find("circuits", name)
    tables = read_toml(find("circuits", path))
    if "scenarios" in tables:
        load_collection(path)
    elif "arm" in tables or "task" in tables or "phase" in tables:
        load_scenario(path)
    else:
        load_circuit(path)
