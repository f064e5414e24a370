"""A long run that is recorded: memory stays flat, and recording costs next to nothing."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import numpy as np

from neurosim.circuit.layered import layered
from neurosim.recording import Recording
from neurosim.simulator import Simulator, record
from neurosim.tasks import LinearMap

TRIALS, POINTS = 10_000_000, 1_000
GROWTH_MB, SHARE = 5.0, 0.03
SIZES = [30, 20, 10]
RECORDED = ("input_to_hidden.weights", "hidden_to_output.weights", "hidden.bias")


def resident() -> float:
    """The memory of this process now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


class Sampled:
    """A recorder that also notes how much memory there is, and how long it looks."""

    def __init__(self, recorder) -> None:  # type: ignore[no-untyped-def]
        self._recorder, self.memory, self.seconds = recorder, [], 0.0

    def moments(self, *arguments):  # type: ignore[no-untyped-def]
        return self._recorder.moments(*arguments)

    def look(self, *arguments) -> None:  # type: ignore[no-untyped-def]
        started = time.perf_counter()
        self._recorder.look(*arguments)
        self.seconds += time.perf_counter() - started
        self.memory.append(resident())


def whole(folder: Path, scale: float = 1.0) -> list[str]:
    """Ten million trials, recorded at a thousand points; with a smaller scale, so many fewer of both."""
    folder.mkdir(parents=True, exist_ok=True)
    trials, points = round(TRIALS * scale), round(POINTS * scale)
    interval, task = trials // points, LinearMap(SIZES[0], SIZES[-1])
    simulator = Simulator(layered(SIZES, feedback="random"), seed=1)
    simulator.train(task, trials=20_000)
    simulator = Simulator(layered(SIZES, feedback="random"), seed=1)
    path = folder / "long.h5"
    started = time.perf_counter()
    with record(path, dict.fromkeys(RECORDED, interval)) as recorder:
        sampled = Sampled(recorder)
        simulator.train(task, trials=trials, into=sampled)
        took = time.perf_counter() - started
    with Recording(path) as recording:
        rows = recording.rows(RECORDED[0])
        last = recording.part(RECORDED[0], -1)
    early = statistics.median(sampled.memory[points // 10 : points // 5])
    growth, share = max(sampled.memory[points // 10 :]) - early, sampled.seconds / (took - sampled.seconds)
    print(
        f"a long run: {trials:,} trials in {took:.1f} s, recorded at {rows} points; memory grew by {growth:.1f} MB, "
        f"recording took {100 * share:.1f} % of the rest",
        flush=True,
    )
    wrong = [f"memory grew by {growth:.1f} MB"] if growth >= GROWTH_MB else []
    wrong += [f"recording took {100 * share:.1f} % of the rest"] if share >= SHARE else []
    wrong += [] if rows == points + 1 and np.array_equal(last, simulator.state[RECORDED[0]]) else ["the recording is wrong"]
    return wrong
