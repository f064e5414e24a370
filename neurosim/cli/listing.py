"""`neurosim list`: circuits, scenarios, collections, and everything that can be extended."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Sequence

import neurosim.circuit.validate
import neurosim.exports
import neurosim.figures
import neurosim.metrics
import neurosim.scenario.claims
import neurosim.scenario.engines
import neurosim.tasks
import neurosim.theory.checks  # noqa: F401 - each of these fills registries
from neurosim.cli.table import table
from neurosim.errors import InputError, Problem, nearest
from neurosim.registry import kinds
from neurosim.scenario.collection import shelved
from neurosim.shelf import names, shelf


def command(arguments: argparse.Namespace) -> int:
    """Print one line per thing, by kind."""
    on_shelf = shelved()
    found = {
        "circuits": _titles("circuits", names("circuits")),
        "scenarios": _titles("scenarios", on_shelf[False]),
        "collections": _titles("scenarios", on_shelf[True]),
    }
    for kind, registry in kinds().items():
        found[kind.replace(" ", "_")] = {name: registry.summary(name) for name in registry}
    if arguments.kind is not None:
        if arguments.kind not in found:
            near = nearest(arguments.kind, found)
            raise InputError([Problem(arguments.kind, f"no such kind; there are {', '.join(found)}", near)], "list")
        found = {arguments.kind: found[arguments.kind]}
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False, allow_nan=False))
        return 0
    for index, (kind, things) in enumerate(found.items()):
        if len(found) > 1:
            print(("\n" if index else "") + kind.replace("_", " "))
        head, *rest = [[f"  {name}", summary] for name, summary in things.items()] or [["  (none)", ""]]
        print(_left(table(head, rest)) if things else "  (none)")
    return 0


def _left(text: str) -> str:
    """Both columns flush left: summaries are sentences."""
    rows = [line.strip().split("  ", 1) for line in text.splitlines()]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"  {row[0].ljust(width)}  {row[1].strip() if len(row) > 1 else ''}".rstrip() for row in rows)


def _titles(kind: str, listed: Sequence[str]) -> dict[str, str]:
    texts = {name: (shelf(kind) / f"{name}.toml").read_text(encoding="utf-8") for name in listed}
    return {name: str(tomllib.loads(text).get("title", "")) for name, text in texts.items()}
