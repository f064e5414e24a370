"""Runs every contestant on every piece of work, and all the other measurements, and says which targets are reached."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import formulas
import machine
import peak_memory
import startup
from figure import Figure
from race import Race, race
from report import lines, page, summary
from targets import ENTRIES, PEERS

PARTS: dict[str, Callable[..., list[Figure]]] = {
    "memory": peak_memory.measured,
    "startup": startup.measured,
    "formulas": formulas.measured,
}
NAMES = (*(entry.name for entry in ENTRIES), *PARTS)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and write if asked to."""
    asked = arguments(words)
    chosen = asked.only or list(NAMES)
    peers = present(asked.peers)
    races, figures = [], []
    for entry in ENTRIES:
        if entry.name in chosen:
            held = race(entry.quick() if asked.quick else entry, peers, asked.rounds, tell)
            races.append(held)
            figures += held.figures()
            show([*held.lines(), *lines(held.figures())])
    for name, part in PARTS.items():
        if name in chosen:
            options = {"quick": asked.quick} if part is formulas.measured else {}
            found = part(asked.rounds, tell, **options)
            figures += found
            show([name, *lines(found)])
    show([summary(figures)])
    if asked.write:
        write(asked.write, document(races, figures, asked.rounds))


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", action="append", choices=NAMES, metavar="NAME", help=f"one of {', '.join(NAMES)}; may come again"
    )
    parser.add_argument("--peers", default=",".join(PEERS), help="who else takes part (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="try that everything works; the numbers mean nothing")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write benchmarks.json, .md and images/benchmarks.png there")
    asked = parser.parse_args(words)
    if asked.write and (asked.only or asked.quick):
        parser.error("--write wants everything, measured in one run: leave out --only and --quick")
    if asked.rounds < 1:
        parser.error("--rounds: at least 1")
    return asked


def present(asked: str) -> list[str]:
    """The peers that are installed; the others are told."""
    names = [name for name in asked.split(",") if name]
    unknown = set(names) - set(PEERS)
    if unknown:
        sys.exit(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    missing = [name for name in names if importlib.util.find_spec(PEERS[name]) is None]
    for name in missing:
        tell(f"{name}: {PEERS[name]} is not installed, left out")
    return [name for name in names if name not in missing]


def document(races: Sequence[Race], figures: Sequence[Figure], rounds: int) -> dict[str, Any]:
    """Everything as JSON holds it."""
    works = []
    for held in races:
        targets = {name: target.bound for name, target in held.entry.targets.items()}
        works.append({**held.document(), "targets": targets})
    return {
        "machine": machine.described(),
        "command": " ".join(["python", "tests/benchmarks/speed.py", *sys.argv[1:]]),
        "rounds": rounds,
        "works": works,
        "figures": [figure.document() for figure in figures],
    }


def write(folder: Path, held: dict[str, Any]) -> None:
    """The numbers, the page and the picture."""
    from plot import save

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "benchmarks.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text(page(held), encoding="utf-8")
    save(held, folder / "images" / "benchmarks.png")


def tell(line: str) -> None:
    """What goes wrong on the way."""
    print(f"! {line}", file=sys.stderr, flush=True)


def show(text: Sequence[str]) -> None:
    """A paragraph."""
    print("\n" + "\n".join(text), flush=True)


if __name__ == "__main__":
    main()
