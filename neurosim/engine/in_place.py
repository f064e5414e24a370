"""Streams that are read where they were given: to copy them takes a tenth of a trial of few neurons, and one thread of a team."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurosim.engine.kernel_texts import Kernel
from neurosim.engine.plan import Combine, Formula, Gather, Outer, Plan, Step, Synapses
from neurosim.engine.program import Program
from neurosim.engine.specialise import Runtime
from neurosim.engine.state import State
from neurosim.engine.storage import Compact


class Given(Runtime):
    """The cell of a table for a stream that is read where it was given; each stretch of trials puts the address there.

    Args:
        address: the stream.
    """

    address: str

    def __new__(cls, address: str) -> Given:
        """A number, which will be overwritten, with the name of the stream."""
        made = super().__new__(cls, 0)
        made.address = address
        return made


def readers(table: np.ndarray, rows: Sequence[tuple[Kernel, list[int]]]) -> list[tuple[np.ndarray, int, int, str]]:
    """The cells of a table that want the place of a stream: table, row, cell, and the stream."""
    return [
        (table, row, 1 + index, cell.address)
        for row, (_, cells) in enumerate(rows)
        for index, cell in enumerate(cells)
        if isinstance(cell, Given)
    ]


def scanned(program: Program, plan: Plan, state: State, narrow: int, batch: int) -> set[str]:
    """The streams of which kernels read one number after another, and nobody else anything.

    Online, those are kernels for few neurons and for blocks of trials, and matrix products in batches. Others read whole lanes,
    and zeros after the last number, for which only a copy has room.

    Args:
        program, plan, state: what is executed.
        narrow: how many postsynaptic neurons are few.
        batch: how many trials are computed together.
    """
    found = {address for address in program.streams if plan.root(address) == address}
    scans = _scans_online if batch == 1 else _is_product
    for step in (*plan.steps, *plan.flush):
        found -= _read(step) - (_presynaptic(step) if scans(step, state, narrow) else set())
    return found


def _scans_online(step: Step, state: State, narrow: int) -> bool:
    """Whether a step goes through weights onto few neurons, row by row of them, or in blocks of trials."""
    if not _is_product(step, state, narrow) or (isinstance(step, Gather) and step.transposed):
        return False
    assert isinstance(step, Gather | Outer)
    outer = step.learns if isinstance(step, Gather) else step
    few = state.shape(step.weights)[0] <= narrow
    return few if outer is None else outer.plain and (few or outer.blocked)


def _is_product(step: Step, state: State, narrow: int) -> bool:
    """Whether a step goes through a whole matrix of weights."""
    if not isinstance(step, Gather | Outer) or (isinstance(step, Gather) and step.diagonal):
        return False
    return not isinstance(state.storage(step.weights), Compact)


def _read(step: Step) -> set[str]:
    """All signals that a step reads."""
    match step:
        case Formula() | Synapses():
            return set(step.arguments.values())
        case Combine():
            return {source for source, _ in step.terms}
        case Gather():
            return {step.source} | (_read(step.learns) if step.learns else set())
        case Outer():
            return {step.pre, step.post}
        case _:
            return set()


def _presynaptic(step: Step) -> set[str]:
    if isinstance(step, Gather):
        return {step.source} | ({step.learns.pre} if step.learns else set())
    return {step.pre} if isinstance(step, Outer) else set()
