"""Engines: what spreads the blocks of a scenario over threads, processes or machines. The results are the same, bit for bit.

An engine is one file of this folder, which binds the name `engine` to a function of a scenario and a plan that returns the
recordings in the order of `blocks.runs`. It is imported only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from neurosim.errors import InputError
from neurosim.registry import Folder
from neurosim.scenario.description import Scenario
from neurosim.scenario.plan import Plan
from neurosim.tasks import test_of

Engine = Callable[[Scenario, Plan], list[Path]]

ENGINES: Folder[Engine] = Folder("engines", __name__, "engine")


def engine_of(plan: Plan) -> Engine:
    """The engine that a plan names; raises InputError where there is none of that name."""
    if plan.engine not in ENGINES:
        raise InputError([ENGINES.unknown("--engine", plan.engine)])
    return ENGINES[plan.engine]


def run_scenario(scenario: Scenario, plan: Plan) -> list[Path]:
    """Run the chosen arms with every seed; returns the recordings.

    Raises:
        InputError: there is no such engine or arm, or the engine cannot do what the plan asks for.
        RunError: the numbers of a run blew up.
        EnvironmentFailure: the recordings cannot be written, or the engine lacks what it needs.
    """
    engine = engine_of(plan)
    for arm in scenario.arm:
        test_of(scenario.task_of(arm))  # data is loaded here, once, and a missing file is told before anything runs
    return engine(scenario, plan)
