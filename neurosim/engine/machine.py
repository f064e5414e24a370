"""The machine: one loop that calls kernels through their addresses, compiled once and never again.

Its functions stand here as text: `compile.machine_part` compiles them, as it does kernels, in neurosim's own cache folder.
numba's own place, beside this file or in the user's folder, may be one that nobody can write.
A team of threads runs the same loop; each takes its part of every operation and waits for the others before the next.
"""

from __future__ import annotations

from neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, give_way

STEP, ROWS, PART, PARTS = range(4)
SPINS = 4000


def run(table, context, barrier, first, last):
    """Run steps `first` … `last - 1`. `barrier` is (waiting, generation), shared by the team."""
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


def load(slot, values):
    """slot[step, row, :n] = values[step rows + row, :n]: NumPy's own copy is slow for rows of few numbers."""
    rows, size = slot.shape[1], values.shape[1]
    for step in range(slot.shape[0]):
        for row in range(rows):
            into, given = slot[step, row], values[step * rows + row]
            for j in range(size):
                into[j] = given[j]
