"""This process: one block after another, and those of large circuits side by side in threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from neurosim.errors import InputError, Problem
from neurosim.scenario.blocks import Block, blocks, run_block
from neurosim.scenario.description import Scenario
from neurosim.scenario.plan import Plan

SYNAPSES_WORTH_A_THREAD = 50_000
"""Runs of smaller circuits spend their time in Python, where threads only stand in each other's way."""
ENSEMBLE = 8
"""So many seeds of a small circuit run side by side."""


def engine(scenario: Scenario, plan: Plan) -> list[Path]:
    """Run all blocks in this process."""
    if plan.scheduler:
        raise InputError([Problem("--scheduler", f"the engine {plan.engine!r} has none; say --engine dask")])
    large = is_large(scenario)
    work = blocks(scenario, plan, size=1 if large else ENSEMBLE)
    outer = max(1, min(plan.threads, len(work))) if large else 1
    inner = max(1, plan.threads // outer)
    with plan.minded():
        if outer == 1:
            return [path for block in work for path in run_block(scenario, block, plan, inner)]
        return _side_by_side(scenario, plan, work, outer, inner)


def _side_by_side(scenario: Scenario, plan: Plan, work: Sequence[Block], outer: int, inner: int) -> list[Path]:
    """The blocks in threads; when one fails, or the run is interrupted, the others write down where they stand and stop."""
    stop = threading.Event()
    watched = replace(plan, stop=lambda: stop.is_set() or plan.stop())
    pool = ThreadPoolExecutor(outer)
    try:
        futures = [pool.submit(run_block, scenario, block, watched, inner) for block in work]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        failed = next((future for future in done if future.exception() is not None), None)
        if failed is not None:
            failed.result()
        return [path for future in futures for path in future.result()]
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def is_large(scenario: Scenario) -> bool:
    """Whether the runs of a scenario spend their time in kernels."""
    return scenario.circuit(scenario.arm[0], scenario.phases(scenario.arm[0])[0]).synapses() >= SYNAPSES_WORTH_A_THREAD
