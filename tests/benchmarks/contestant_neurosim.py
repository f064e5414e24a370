"""neurosim: the circuit of feedback alignment, with its explicit error and feedback populations."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from work import Work, compete

from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.state import State


def contestant(work: Work, *, bias: bool = False) -> tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]:
    """The cpu executor on `layered(sizes, feedback="random")`."""
    forward, back, inputs, targets = work.arrays()
    circuit = validate(layered(work.sizes, feedback="random", eta=work.eta, bias=bias))
    depth = len(work.sizes) - 2
    hidden = ["hidden"] if depth == 1 else [f"hidden{k + 1}" for k in range(depth)]
    path = ["input", *hidden, "output"]
    feedback = [name.replace("hidden", "feedback") for name in hidden]
    above = [*feedback[1:], "error"]
    state = State(circuit, seed=0)
    plastic = [f"{pre}_to_{post}.weights" for pre, post in pairwise(path)]
    for address, values in zip(plastic, forward, strict=True):
        state[address] = values
    for pre, post, values in zip(above, feedback, back, strict=True):
        state[f"{pre}_to_{post}.weights"] = values
    executor = CpuExecutor(lower(circuit), state, work.batch, threads=work.threads)

    def run(trials: int) -> None:
        executor.run({"input.rate": inputs[:trials], "target.rate": targets[:trials]})

    return run, lambda: [state[address].astype("f8") for address in plastic]


if __name__ == "__main__":
    compete(contestant)
