"""Measures what a trial costs as circuits and batches grow, fits the cost of a synapse, and says what larger ones would take."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import machine
from child import Failed, ask
from cost_fit import fitted
from cost_page import page
from work import Work

HIDDEN = (10, 30, 100, 300, 1000, 2000, 3000, 4000, 6000, 8000)
BATCHES = (1, 10, 100, 1000)
WAYS = ((1, 1), (1, 2), (100, 1), (100, 2))
"""Batch and threads."""
SYNAPSES_A_CALL = 2e8
"""A call runs so many trials that about this many synapses are visited …"""
FEWEST = {1: 16}
"""… but at least so many online, since each call ends with one more pass over the weights; two batches otherwise."""


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small circuits only, briefly; the numbers mean nothing")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write cost.json, cost.md and images/cost.png there")
    asked = parser.parse_args()
    if asked.write and asked.quick:
        parser.error("--write wants the whole measurement: leave out --quick")
    points = [point for work in works(asked.quick) for point in measured(work)]
    described = machine.described()
    command = " ".join(["python", "tests/benchmarks/cost.py", *sys.argv[1:]])
    held = {"machine": described, "command": command, "points": points, "fits": fitted(points, described["shared_cache"])}
    if asked.write:
        write(asked.write, held)


def works(quick: bool) -> Iterator[tuple[str, Work]]:
    """Two sweeps: over the sizes of 784-h-h-10, and over the batches of 784-1000-10."""
    for hidden in HIDDEN[:3] if quick else HIDDEN:
        for batch, threads in WAYS:
            yield "synapses", sized((784, hidden, hidden, 10), batch, threads, quick)
    for batch in BATCHES[:2] if quick else BATCHES:
        for threads in (1, 2):
            yield "batch", sized((784, 1000, 10), batch, threads, quick)


def sized(sizes: tuple[int, ...], batch: int, threads: int, quick: bool) -> Work:
    """A work of a fitting number of trials, whose learning rate is so small that nothing can blow up."""
    work = Work(sizes, batch, 1e-6, batch, threads)
    steps = min(int(SYNAPSES_A_CALL // (sum(work.forward_synapses) * batch)), 4096 // batch)
    return replace(work, trials=batch * max(FEWEST.get(batch, 2), steps), seconds=0.01 if quick else 0.4)


def measured(asked: tuple[str, Work]) -> Iterator[dict[str, Any]]:
    """The time of a trial, and the memory of a run; nothing where it fails, which is told."""
    sweep, work = asked
    try:
        rate = ask("contestant_neurosim_with_biases.py", work.question())["rate"]
        memory = ask("peak_memory.py", {"sizes": work.sizes, "momentum": None, "batch": work.batch, "trials": 2 * work.batch})
    except Failed as failure:
        print(f"! {work.title}: {failure}", file=sys.stderr, flush=True)
        return
    synapses = sum(work.forward_synapses) + sum(work.feedback_synapses)
    found = {"sweep": sweep, "title": work.title, "sizes": work.sizes, "batch": work.batch, "threads": work.threads}
    print(f"{work.title}: {1e6 / rate:.4g} µs a trial, {memory['peak'] / 1e6:.0f} MB", flush=True)
    yield {**found, "synapses": synapses, "seconds": 1 / rate, "arrays": memory["arrays"], "peak": memory["peak"]}


def write(folder: Path, held: dict[str, Any]) -> None:
    """The numbers, the page and the picture."""
    from cost_plot import save

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cost.json").write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    (folder / "cost.md").write_text(page(held), encoding="utf-8")
    save(held, folder / "images" / "cost.png")


if __name__ == "__main__":
    main()
