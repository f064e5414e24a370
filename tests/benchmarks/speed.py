"""Runs every contestant on every piece of work, each in its own process, in turn, and prints rates and ratios to ours."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORKS: list[dict[str, Any]] = [
    {"sizes": [2, 2, 1], "trials": 200_000, "batch": 1, "threads": 1, "eta": 0.05},
    {"sizes": [30, 20, 10], "trials": 100_000, "batch": 1, "threads": 1, "eta": 0.01},
    {"sizes": [784, 1000, 10], "trials": 4_000, "batch": 1, "threads": 1, "eta": 0.002},
    {"sizes": [784, 1000, 10], "trials": 4_000, "batch": 1, "threads": 2, "eta": 0.002},
    {"sizes": [784, 1000, 10], "trials": 20_000, "batch": 100, "threads": 2, "eta": 0.0001},
]
FLOORS = {(30, 20, 10): 1e6, (784, 1000, 10): 15e3}
"""Online trials a second, one thread, biases included."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="numpy,torch,jax")
    parser.add_argument("--write", type=Path, help="a JSON file for the results")
    arguments = parser.parse_args()
    peers = [name for name in arguments.peers.split(",") if name]
    present = [name for name in peers if importlib.util.find_spec(name) is not None]
    for name in set(peers) - set(present):
        print(f"{name}: not installed, left out")
    results = [compared(work, ["neurosim", *present], arguments.rounds) for work in WORKS]
    alone = [work for work in WORKS if work["threads"] == work["batch"] == 1 and tuple(work["sizes"]) in FLOORS]
    floors = [floor(work, arguments.rounds) for work in alone]
    if arguments.write:
        arguments.write.write_text(
            json.dumps({"machine": platform.processor() or platform.machine(), "work": results, "floors": floors}, indent=1)
        )


def compared(work: dict[str, Any], names: list[str], rounds: int) -> dict[str, Any]:
    """The rates of all contestants on one piece of work, interleaved, and each one's ratio to ours round by round."""
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            rates[name].append(rate(name, work))
    title = "-".join(map(str, work["sizes"]))
    kind = "online" if work["batch"] == 1 else f"batches of {work['batch']}"
    print(f"\n{title}, {kind}, {work['threads']} thread{'s' if work['threads'] > 1 else ''}")
    found = {}
    for name in names:
        ratios = [ours / theirs for ours, theirs in zip(rates["neurosim"], rates[name], strict=True)]
        middle, ratio = statistics.median(rates[name]), statistics.median(ratios)
        spread = f"({min(rates[name]):.3g} … {max(rates[name]):.3g})"
        print(f"  {name:10} {middle:12.4g} /s {spread:26} ours / it {ratio:8.3g} ({min(ratios):.3g} … {max(ratios):.3g})")
        found[name] = {"rates": rates[name], "ratio": ratio}
    return {**work, "contestants": found}


def floor(work: dict[str, Any], rounds: int) -> dict[str, Any]:
    """Our own rate with biases against its floor."""
    found = statistics.median(rate("neurosim_with_biases", work) for _ in range(rounds))
    least = FLOORS[tuple(work["sizes"])]
    verdict = "reached" if found >= least else "missed"
    print(
        f"\nfloor {'-'.join(map(str, work['sizes']))} online with biases, 1 thread: {found:.4g} /s, "
        f"at least {least:.4g}: {verdict}"
    )
    return {"sizes": work["sizes"], "rate": found, "floor": least, "reached": found >= least}


def rate(name: str, work: dict[str, Any]) -> float:
    """One contestant's trials a second, in a process of its own; nan, with its words, if it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    command = [sys.executable, str(HERE / f"contestant_{name}.py"), json.dumps(work)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=HERE, check=False)
    if done.returncode:
        print(f"  {name} failed: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
        return float("nan")
    return float(json.loads(done.stdout.splitlines()[-1])["rate"])


if __name__ == "__main__":
    main()
