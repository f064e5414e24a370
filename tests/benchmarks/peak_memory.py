"""The most memory that a run takes, against the arrays that it must hold; all that it needs is compiled."""

from __future__ import annotations

import json
import resource
import sys
from math import prod
from pathlib import Path
from typing import Any

from child import Failed, ask
from figure import Figure
from targets import DEEP, PEAK_MEMORY, TEN
from work import named

FACTOR, EXTRA = 1.3, 150e6
CASES = ((DEEP, 0.9, 1), (DEEP, 0.9, 100), (TEN, None, 1), (TEN, None, 100))
"""Sizes, momentum, batch."""


def measured(rounds: int, tell: Any) -> list[Figure]:
    """A figure for each case; memory does not drift, so one round is enough."""
    del rounds
    found = []
    for sizes, momentum, batch in CASES:
        kind = "online" if batch == 1 else f"batches of {batch}"
        what = f"{named(sizes)}, {kind}{', momentum' if momentum else ''}: peak over its limit"
        try:
            ask("peak_memory.py", {"sizes": sizes, "momentum": momentum, "batch": batch, "trials": batch})  # compiles, once
            answer = ask("peak_memory.py", {"sizes": sizes, "momentum": momentum, "batch": batch})
        except Failed as failure:
            tell(f"memory: {what} failed: {failure}")
            found.append(Figure("memory", what, "×", [], PEAK_MEMORY, str(failure)))
            continue
        limit = FACTOR * answer["arrays"] + EXTRA
        note = f"peak {answer['peak'] / 1e6:.0f} MB, limit {limit / 1e6:.0f} MB, arrays {answer['arrays'] / 1e6:.0f} MB"
        found.append(Figure("memory", what, "×", [answer["peak"] / limit], PEAK_MEMORY, note))
    return found


def of_a_run(sizes: list[int], momentum: float | None, batch: int, trials: int = 200) -> dict[str, int]:
    """Bytes at the peak of this process, and bytes of the weights, the feedback weights and the momentum."""
    from neurosim.circuit.layered import layered
    from neurosim.simulator import Simulator
    from neurosim.tasks import LinearMap

    simulator = Simulator(layered(sizes, feedback="random", eta=1e-6, momentum=momentum), seed=1)
    simulator.train(LinearMap(sizes[0], sizes[-1], seed=1), trials=trials, batch=batch)
    reached, state = peak(), simulator.state
    held = [state.shape(address) for address in state if address.endswith((".weights", ".velocity"))]
    return {"peak": reached, "arrays": sum(prod(shape) for shape in held) * state.dtype.itemsize}


def peak() -> int:
    """The most memory that this process has held. What getrusage says may be its parent's, so Linux is asked first."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.is_file() else []
    told = next((line for line in lines if line.startswith("VmHWM:")), None)
    if told is not None:
        return int(told.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    print(json.dumps(of_a_run(**json.loads(sys.argv[1]))))
