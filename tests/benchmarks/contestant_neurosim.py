"""neurosim: the circuit of feedback alignment, with its explicit error and feedback populations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from compete import Run, compete
from work import Matrices, Work

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.side_by_side import side_by_side
from neurosim.engine.state import State

SMALL = 64
"""Up to so many neurons in a population, online: a long run compiles the whole program as one kernel, ahead of time."""


def contestant(
    work: Work, *, bias: bool = False, changes: Mapping[str, Any] | None = None
) -> tuple[Run, Callable[[], list[Matrices]]]:
    """The cpu executor on `layered(sizes, feedback="random")`, one for each seed, with changes at addresses."""
    circuit = layered(work.sizes, feedback="random", eta=work.eta, bias=bias).replace(changes or {})
    states = [started(work, validate(circuit), seed) for seed in range(work.seeds)]
    threads = 1 if work.seeds > 1 else work.threads
    executors = [CpuExecutor(lower(state.circuit), state, work.batch, threads=threads) for state in states]
    if work.batch == 1 and max(work.sizes) <= SMALL:
        for executor in executors:
            executor.specialise()

    def run(trials: int) -> None:
        streams = [_streams(work, trials, seed) for seed in range(work.seeds)]
        if work.seeds > 1:
            side_by_side([partial(e.run, given) for e, given in zip(executors, streams, strict=True)], work.threads)
        else:
            executors[0].run(streams[0])

    return run, lambda: [[state[address].astype("f8") for address in plastic(work)] for state in states]


def _streams(work: Work, trials: int, seed: int) -> dict[str, np.ndarray]:
    inputs, targets = work.drawn(trials, seed)
    return {"input.rate": inputs, "target.rate": targets}


def started(work: Work, circuit: Circuit, seed: int) -> State:
    """A state that holds the work's own weights."""
    forward, back = work.weights(seed)
    state = State(circuit, seed=0)
    for address, values in zip([*plastic(work), *fixed(work)], [*forward, *back], strict=True):
        state[address] = values
    return state


def plastic(work: Work) -> list[str]:
    """The addresses of the forward weights, from the input on."""
    return [f"{pre}_to_{post}.weights" for pre, post in pairwise(["input", *_hidden(work), "output"])]


def fixed(work: Work) -> list[str]:
    """The addresses of the feedback weights, the first hidden population's first."""
    feedback = [name.replace("hidden", "feedback") for name in _hidden(work)]
    return [f"{above}_to_{name}.weights" for name, above in zip(feedback, [*feedback[1:], "error"], strict=True)]


def _hidden(work: Work) -> list[str]:
    depth = len(work.sizes) - 2
    return ["hidden"] if depth == 1 else [f"hidden{k + 1}" for k in range(depth)]


if __name__ == "__main__":
    compete({"cpu": contestant})
