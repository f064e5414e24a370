"""This machine, all its cores: runs of large circuits in threads, as in `serial`, and those of small ones in processes.

Runs of small circuits spend their time in Python, of which one process does one thing at a time. This process runs blocks, too:
it has begun before another one has started.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from neurosim.errors import Interrupted
from neurosim.scenario.blocks import Block, blocks, paths_of, run_block, runs, work_of
from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.engines import serial
from neurosim.scenario.engines._parcel import packed, read_extensions
from neurosim.scenario.engines._process import Process
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import path_of
from neurosim.scenario.standing import checkpoint_of, forget

SECONDS_A_UNIT = 67e-12
"""What `blocks.work_of` counts in (docs/cost.md)."""
SECONDS_A_LOOK, SECONDS_A_RUN = 0.0003, 0.025
SECONDS_WORTH_A_PROCESS = 2.0
"""A process takes about a second to start."""
BLOCKS_PER_PROCESS = 4
"""Enough that all end at about the same time."""
SECONDS_BETWEEN_QUESTIONS = 0.1


def engine(scenario: Scenario, plan: Plan) -> list[Path]:
    """Run all blocks, in as many processes as are worth it."""
    count = _processes(scenario, plan)
    if count < 2:
        return serial.engine(scenario, plan)
    if not plan.resume:
        for arm, seed in runs(scenario, plan):
            forget(path_of(plan.out, arm.name, seed))
    size = -(-len(runs(scenario, plan)) // (BLOCKS_PER_PROCESS * count))
    return _Spread(scenario, plan, blocks(scenario, plan, min(size, serial.ENSEMBLE))).run(count - 1)


def _processes(scenario: Scenario, plan: Plan) -> int:
    """How many processes are worth it, this one included."""
    if plan.threads < 2 or plan.scheduler or serial.is_large(scenario):
        return 1
    left = [(arm, seed) for arm, seed in runs(scenario, plan) if not (plan.resume and _seems_done(plan, arm, seed))]
    return min(plan.threads, len(left), int(_seconds(scenario, Counter(arm.name for arm, _ in left)) // SECONDS_WORTH_A_PROCESS))


def _seems_done(plan: Plan, arm: Arm, seed: int) -> bool:
    """Whether there is a recording, and no checkpoint beside it; to look into all of them takes long."""
    path = path_of(plan.out, arm.name, seed)
    return path.is_file() and not checkpoint_of(path).exists()


def _seconds(scenario: Scenario, planned: Mapping[str, int]) -> float:
    """About how long so many runs of each arm take one after another."""
    often = min(scenario.record.values(), default=0)
    seconds = 0.0
    for arm in scenario.arm:
        if planned.get(arm.name):
            looks = scenario.trials(arm) // often if often else 0
            seconds_a_run = SECONDS_A_RUN + SECONDS_A_LOOK * looks + SECONDS_A_UNIT * work_of(scenario, arm)
            seconds += planned[arm.name] * seconds_a_run
    return seconds


class _Spread:
    """Blocks that several processes take one after another; what goes wrong first in order is told, as `serial` would."""

    def __init__(self, scenario: Scenario, plan: Plan, work: Sequence[Block]) -> None:
        self._scenario, self._plan, self._work = scenario, plan, work
        self._described = scenario.model_dump_json()
        self._extensions = read_extensions(plan.extensions)
        self._left: Iterator[int] = iter(range(len(work)))
        self._wrong: dict[int, BaseException] = {}
        self._held: dict[Process, int] = {}
        self._lock = threading.Lock()

    def run(self, others: int) -> list[Path]:
        """Run all blocks in this process and in others; returns the recordings in order."""
        with self._plan.minded(), ExitStack() as opened:
            processes = [opened.enter_context(Process()) for _ in range(others)]
            feeders = [threading.Thread(target=self._feed, args=(process,), daemon=True) for process in processes]
            for feeder in feeders:
                feeder.start()
            try:
                self._work_here()
                while any(feeder.is_alive() for feeder in feeders) and not self._plan.stop():
                    self._call_off()
                    next(feeder for feeder in feeders if feeder.is_alive()).join(SECONDS_BETWEEN_QUESTIONS)
            finally:
                self._left = iter(())
                for process in processes:
                    process.stop()
                for feeder in feeders:
                    feeder.join()
        if self._wrong:
            raise self._wrong[min(self._wrong)]
        return [path for block in self._work for path in paths_of(block, self._plan)]

    def _take(self) -> int | None:
        """The next block, unless one before it went wrong or all is to stop."""
        with self._lock:
            index = next(self._left, None)
        return None if index is None or self._is_off(index) else index

    def _is_off(self, index: int) -> bool:
        return self._plan.stop() or min(self._wrong, default=index) < index

    def _work_here(self) -> None:
        while (index := self._take()) is not None:
            plan = replace(self._plan, anew=False, progress=self._progress, stop=self._stops(index))
            try:
                run_block(self._scenario, self._work[index], plan, 1)
            except Interrupted as error:
                if self._plan.stop():
                    raise
                self._wrong[index] = error  # a block before it went wrong
            except Exception as error:
                self._wrong[index] = error

    def _stops(self, index: int) -> Callable[[], bool]:
        return lambda: self._is_off(index)

    def _feed(self, process: Process) -> None:
        """Give a process one block after another."""
        while (index := self._take()) is not None:
            self._held[process] = index
            try:
                parcel = packed(self._scenario, self._described, self._work[index], self._plan, self._extensions)
                error = process.run(parcel, self._progress)
            except BaseException as unexpected:
                error = unexpected
            if error is not None:
                self._wrong[index] = error
                return

    def _call_off(self) -> None:
        """Stop what comes after a block that went wrong."""
        for process, index in self._held.items():
            if self._is_off(index):
                process.stop()

    def _progress(self, trials: int) -> None:
        with self._lock:
            self._plan.progress(trials)
