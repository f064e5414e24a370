"""Blocks: seeds of one arm that are run together. They are the unit of work of every engine."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.identity import fingerprint
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import chosen_arms, path_of, run_seeds
from neurosim.simulator.ensemble import OVERHEAD


@dataclass(frozen=True)
class Block:
    """Seeds of one arm, and the fingerprint of what they do; running it again gives the same files."""

    arm: Arm
    seeds: tuple[int, ...]
    fingerprint: str


def runs(scenario: Scenario, plan: Plan) -> list[tuple[Arm, int]]:
    """Every arm with every seed, in order, as far as they are in the plan's slice; raises InputError for unknown arms."""
    return plan.slice.cut([(arm, seed) for arm in chosen_arms(scenario, plan.arms) for seed in scenario.seed_numbers()])


def work(scenario: Scenario, plan: Plan) -> int:
    """How much there is to do, by which scenarios can be compared: for each trial its synapses, and what any trial costs."""
    of_arm = {arm.name: work_of(scenario, arm) for arm in chosen_arms(scenario, plan.arms)}
    return sum(of_arm[arm.name] for arm, _ in runs(scenario, plan))


def work_of(scenario: Scenario, arm: Arm) -> int:
    """What a run of an arm adds to `work`."""
    lengths = [(phase.length(scenario.task_of(arm)), scenario.circuit(arm, phase)) for phase in scenario.phases(arm)]
    return sum(trials * (OVERHEAD + circuit.synapses()) for trials, circuit in lengths)


def blocks(scenario: Scenario, plan: Plan, size: int) -> list[Block]:
    """The runs of a plan in blocks of at most `size` seeds; in order, so that their files are those of `runs` in order."""
    found = []
    for _, group in groupby(runs(scenario, plan), key=lambda run: run[0].name):
        arms, seeds = zip(*group, strict=True)
        key = fingerprint(scenario, arms[0], plan.backend)
        found += [Block(arms[0], seeds[first : first + size], key) for first in range(0, len(seeds), size)]
    return found


def run_block(scenario: Scenario, block: Block, plan: Plan, threads: int) -> list[Path]:
    """Run the seeds of a block; returns their recordings.

    Raises:
        RunError: the numbers of a run blew up.
        EnvironmentFailure: a recording cannot be written.
    """
    return run_seeds(scenario, block.arm, block.seeds, block.fingerprint, plan, threads)


def paths_of(block: Block, plan: Plan) -> list[Path]:
    """Where the recordings of a block are."""
    return [path_of(plan.out, block.arm.name, seed) for seed in block.seeds]
