"""An evaluation: signals on given trials, made ready to be computed with whatever weights there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from neurosim.engine.side_by_side import Executor
from neurosim.errors import Interrupted


class Evaluation:
    """Signals on given trials, with the weights that there are when it is called; see `Simulator.evaluation`.

    Attributes:
        nbytes: what comes from outside in these trials.
    """

    def __init__(self, executor: Executor, streams: dict[str, np.ndarray], length: int, once: bool) -> None:
        trials = len(streams[""])
        self._executor = executor
        parts = [{name: rows[a : a + length] for name, rows in streams.items()} for a in range(0, trials, length)]
        self._parts: list[Mapping[str, np.ndarray]] = [part if once else MappingProxyType(part) for part in parts]
        self.nbytes = sum(rows.nbytes for rows in streams.values())

    def __call__(self, go_on: Callable[[], bool] = lambda: True) -> dict[str, np.ndarray]:
        """The signals by address; raises Interrupted where `go_on`, asked between parts, says no."""
        found = [self._executor.run(self._parts[0])]
        for part in self._parts[1:]:
            if not go_on():
                raise Interrupted
            found.append(self._executor.run(part))
        return found[0] if len(found) == 1 else {a: np.concatenate([one[a] for one in found]) for a in found[0]}
