"""The machine: one loop that calls kernels through their addresses, compiled once and never again.

Its functions stand here as text: `machine_run`, `machine_load` and `machine_broken` of `kernel_texts` have them compiled, like
kernels. A team of threads runs the same loop; each takes its part of every operation and waits for the others before the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numba import carray

    from neurosim.engine.lanes import eight32 as eight
    from neurosim.engine.lanes import four32 as four
    from neurosim.engine.lanes import load_at, store_at
    from neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, floats, give_way

STEP, ROWS, PART, PARTS, RAISED = range(5)
SPINS = 4000
width = 4


def run(cells, rows, length, state, gate, first, last):
    """Run steps `first` … `last - 1` of the table of cells. `gate` is the barrier (waiting, generation), shared by the team."""
    table, context, barrier = carray(cells, (rows, length)), carray(state, 5), carray(gate, 2)
    parts = context[PARTS]
    for step in range(first, last):
        context[STEP] = step
        for row in range(table.shape[0]):
            call(table[row, 0], table, row, context)
            if parts > 1:
                generation = atomic_load(barrier, 1)
                if atomic_increment(barrier, 0) == parts - 1:
                    atomic_store(barrier, 0, 0)
                    atomic_store(barrier, 1, generation + 1)
                else:
                    spins = 0
                    while atomic_load(barrier, 1) == generation:
                        spins += 1
                        if spins > SPINS:
                            give_way()


def load(into, apart, beside, given, steps, rows, size):
    """Copy rows of numbers that follow each other: NumPy's own copy is slow for rows of few.

    Args:
        into, apart, beside: where they go, and the bytes from step to step and from trial to trial there.
        given: where they are: those of all trials of a step, one step after the other.
        steps, rows, size: how many steps, trials of a step, and numbers of a trial.
    """
    for step in range(steps):
        for trial in range(rows):
            x, y, j = into + step * apart + trial * beside, given + (step * rows + trial) * size * width, 0
            if size >= 4:
                while j + 8 <= size:
                    store_at(x, j * width, load_at(y, j * width, eight()))
                    j += 8
                if j + 4 <= size:
                    store_at(x, j * width, load_at(y, j * width, four()))
                    j += 4
            while j < size:
                floats(x)[j] = floats(y)[j]
                j += 1


def broken(cells, rows, found):
    """Which row of a table of places and counts tells of numbers that are not all finite: the first one, or −1.

    Args:
        cells, rows: the table; each row is where numbers begin, and how many there are.
        found: where the answer goes.
    """
    table, answer = carray(cells, (rows, 2)), carray(found, 1)
    answer[0] = -1
    for row in range(rows - 1, -1, -1):
        x = floats(table[row, 0])
        faults = 0
        for j in range(table[row, 1]):
            faults += x[j] - x[j] != 0
        if faults:
            answer[0] = row
