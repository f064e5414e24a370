"""`neurosim list`: circuits, scenarios, and everything that can be extended."""

from __future__ import annotations

import argparse
import json
import tomllib

import neurosim.circuit.validate
import neurosim.figures
import neurosim.metrics
import neurosim.scenario.claims
import neurosim.scenario.engines
import neurosim.tasks
import neurosim.theory.checks  # noqa: F401 - each of these fills registries
from neurosim.cli.table import table
from neurosim.errors import InputError, Problem, nearest
from neurosim.registry import kinds
from neurosim.shelf import names, shelf


def command(arguments: argparse.Namespace) -> int:
    """Print one line per thing, by kind."""
    found = {kind: _shelved(kind) for kind in ("circuits", "scenarios")}
    for kind, registry in kinds().items():
        found[kind.replace(" ", "_")] = {name: registry.summary(name) for name in registry}
    if arguments.kind is not None:
        if arguments.kind not in found:
            near = nearest(arguments.kind, found)
            raise InputError([Problem(arguments.kind, f"no such kind; there are {', '.join(found)}", near)], "list")
        found = {arguments.kind: found[arguments.kind]}
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
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


def _shelved(kind: str) -> dict[str, str]:
    found = {}
    for name in names(kind):
        found[name] = str(tomllib.loads((shelf(kind) / f"{name}.toml").read_text(encoding="utf-8")).get("title", ""))
    return found
