"""An ensemble: the same circuit with several seeds, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from neurosim.circuit.circuit import Circuit
from neurosim.engine.side_by_side import side_by_side
from neurosim.errors import InputError, Problem
from neurosim.simulator.simulator import ROUND, Observer, Simulator
from neurosim.tasks import Task

WORK_WORTH_A_THREAD = 200_000
"""Synapses times trials: less than this is done before another thread has begun."""
OVERHEAD = 15_000
"""A trial costs as much as so many synapses, however few there are (docs/cost.md: 1 µs a trial, 67 ps a synapse)."""


class Ensemble(Sequence[Simulator]):
    """One simulator for each seed, trained in step; each ends with the bits that it would have alone.

    Args:
        circuit: any circuit.
        seeds: one for each member.
        backend, dtype: as for a simulator.
        threads: how many members run at the same time; where there are more threads than members, each member has several.

    Raises:
        CircuitError: with every problem of the circuit.
        InputError: there is no seed, or one comes twice.

    >>> from neurosim.circuit.layered import layered
    >>> from neurosim.tasks import LinearMap
    >>> ensemble = Ensemble(layered([4, 3, 2], feedback="random"), seeds=[1, 2, 3])
    >>> ensemble.train(LinearMap(4, 2), trials=10)
    >>> [member.trial for member in ensemble]
    [10, 10, 10]
    """

    def __init__(
        self, circuit: Circuit, seeds: Iterable[int], *, backend: str = "cpu", dtype: str = "float32", threads: int = 1
    ) -> None:
        numbers = list(seeds)
        if not numbers or len(set(numbers)) < len(numbers):
            raise InputError([Problem("seeds", f"expected one or more different numbers, found {numbers}")])
        self._side_by_side = min(threads, len(numbers))
        inner = max(1, threads // len(numbers))
        self._members = [Simulator(circuit, seed=seed, backend=backend, dtype=dtype, threads=inner) for seed in numbers]

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._members[index]

    def __iter__(self) -> Iterator[Simulator]:
        return iter(self._members)

    def train(
        self,
        task: Task | Sequence[Task],
        trials: int,
        *,
        batch: int = 1,
        into: Sequence[Observer] | None = None,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Learn from the next trials of a task, every member from its own.

        Args:
            task: one for all members, or one for each.
            trials, batch: as for a simulator.
            into: what looks at each member on the way, one for each, or nothing.
            go_on: asked now and then, at least every second or so and after each look, while all members stand at the same
                trial; where it says no, training ends there. What it raises ends training, too, and nothing is half done.

        Raises:
            InputError: the task does not fit the circuit, or there are not as many observers as members.
            RunError: the numbers of a member blew up; the message names its seed.
        """
        observers = list(into or [])
        tasks = [task] * len(self) if isinstance(task, Task) else list(task)
        for name, given in (("task", tasks), ("into", observers)):
            if given and len(given) != len(self):
                raise InputError([Problem(name, f"expected one for each of the {len(self)} members, found {len(given)}")])
        if len({member.trial for member in self}) > 1:
            raise InputError([Problem("", f"members stand at different trials: {[member.trial for member in self]}")])
        for member, own in zip(self, tasks, strict=True):
            member.check(own, trials, batch)
        end = self[0].trial + trials
        watched = list(zip(self, observers, tasks, strict=True)) if observers else []
        looks = [set(observer.moments(member, own, trials, batch)) for member, observer, own in watched]
        for moment in self._foreseen(looks):
            if not self._reach(tasks, moment, batch, go_on):
                return
            for (member, observer, own), found in zip(watched, looks, strict=True):
                if moment in found:
                    observer.look(member, own)
            if not go_on():
                return
        self._reach(tasks, end, batch, go_on)

    def _foreseen(self, looks: Sequence[set[int]]) -> Sequence[int]:
        """The trials of all looks, in order, once every member knows of them."""
        moments = sorted(set().union(*looks))
        for member in self:
            member.foresee(moments)
        return moments

    def _reach(self, tasks: Sequence[Task], until: int, batch: int, go_on: Callable[[], bool]) -> bool:
        """Learn up to a trial, in rounds; False if it is not to go on before that."""
        stride = self[0].stride(batch)
        waves = -(-len(self) // self._side_by_side)
        per_trial = (self[0].circuit.synapses() + OVERHEAD) * waves
        length = max(1, ROUND // (per_trial * stride)) * stride
        while self[0].trial < until:
            self._advance(tasks, min(until, self[0].trial + length), batch)
            if self[0].trial < until and not go_on():
                return False
        return True

    def _advance(self, tasks: Sequence[Task], until: int, batch: int) -> None:
        """Learn up to a trial, each member by itself: its trials are drawn where they are learned."""
        trials = until - self[0].trial
        if trials:
            for member in self:
                member.prepare(batch)
            small = trials * self[0].circuit.synapses() < WORK_WORTH_A_THREAD
            pieces = [partial(member.advance, task, until, batch) for member, task in zip(self, tasks, strict=True)]
            side_by_side(pieces, 1 if small else self._side_by_side)
