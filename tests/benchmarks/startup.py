"""How long one waits: for a new circuit's first trial, and for `neurosim run xor`, warm and with an empty cache."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from child import Failed, ask, environment
from figure import Figure
from targets import COLD_RUN_S, NEW_CIRCUIT_MS, WARM_RUN_S

FIRST, SAME_DEPTH, DEEPER = (30, 20, 10), (25, 17, 8), (25, 17, 13, 8)


def measured(rounds: int, tell: Callable[[str], None]) -> list[Figure]:
    """Each round starts from an empty cache folder, fills it, and measures the rest with it."""
    found: dict[str, list[float]] = {"cold": [], "warm": [], "same": [], "deeper": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="neurosim-benchmark-") as folder:
            cache = str(Path(folder) / "cache")
            for name in ("cold", "warm"):
                found[name].append(_told(name, tell, lambda cache=cache, folder=folder: whole_process(cache, folder)))
            for name, sizes in (("same", SAME_DEPTH), ("deeper", DEEPER)):
                found[name].append(_told(name, tell, lambda cache=cache, sizes=sizes: new_circuit(cache, sizes)))
    return [
        Figure("start-up", "a new circuit of other sizes, to its first trial", "ms", found["same"], NEW_CIRCUIT_MS),
        Figure("start-up", "a new circuit of another depth, to its first trial", "ms", found["deeper"], NEW_CIRCUIT_MS),
        Figure("start-up", "neurosim run xor --quiet, warm, whole process", "s", found["warm"], WARM_RUN_S),
        Figure("start-up", "neurosim run xor --quiet, empty cache, whole process", "s", found["cold"], COLD_RUN_S),
    ]


def _told(name: str, tell: Callable[[str], None], measure: Callable[[], float]) -> float:
    try:
        return measure()
    except Failed as failure:
        tell(f"start-up: {name} failed: {failure}")
        return math.nan


def whole_process(cache: str, folder: str) -> float:
    """Seconds that `neurosim run xor --quiet` takes, interpreter and figures and all."""
    command = [sys.executable, "-m", "neurosim", "run", "xor", "--quiet", "--out", str(Path(folder) / "runs")]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment(NEUROSIM_CACHE=cache), check=False)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise Failed((done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1])
    return seconds


def new_circuit(cache: str, sizes: tuple[int, ...]) -> float:
    """Milliseconds; the first process only fills the cache."""
    ask("startup.py", {"sizes": sizes}, NEUROSIM_CACHE=cache)
    return float(ask("startup.py", {"sizes": sizes}, NEUROSIM_CACHE=cache)["ms"])


def first_trial(sizes: list[int]) -> dict[str, Any]:
    """From the description of a circuit to its first learned trial, in a process that has run another circuit."""
    from neurosim.circuit.layered import layered
    from neurosim.simulator import Simulator
    from neurosim.tasks import LinearMap

    def until_learned(sizes: list[int]) -> float:
        task = LinearMap(sizes[0], sizes[-1], seed=1)
        began = time.perf_counter()
        Simulator(layered(sizes, feedback="random"), seed=1).train(task, trials=1)
        return 1e3 * (time.perf_counter() - began)

    until_learned(list(FIRST))
    return {"ms": until_learned(sizes)}


if __name__ == "__main__":
    print(json.dumps(first_trial(**json.loads(sys.argv[1]))))
