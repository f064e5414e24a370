"""The course of runs: from where they stand to their end, phase after phase, in step, each into its own recording."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import InputError, Interrupted, RunError
from neurosim.recording import Recording
from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.plan import Plan, Progress
from neurosim.scenario.standing import START, Place, checkpoint_of, forget, keep, restore
from neurosim.simulator import Ensemble, Recorder, Simulator, record
from neurosim.simulator.equal_errors import equalise_errors
from neurosim.simulator.recorder import what
from neurosim.tasks import Task


class Course:
    """Runs of one arm that stand at the same place.

    Args:
        scenario, arm: what is run.
        paths: seed → recording.
        place: where the runs stand; beyond the start, their checkpoints say more.
        identity: what decides their results, for the checkpoints.
        attributes: what the recordings say about where they come from.
        plan, threads: how.
    """

    def __init__(
        self,
        scenario: Scenario,
        arm: Arm,
        paths: Mapping[int, Path],
        place: Place,
        identity: Mapping[str, str],
        attributes: Mapping[str, Any],
        plan: Plan,
        threads: int,
    ) -> None:
        self._scenario, self._arm, self._paths, self._place = scenario, arm, dict(paths), place
        self._identity, self._attributes, self._plan, self._threads = identity, attributes, plan, threads
        self._phases = scenario.phases(arm)
        self._tasks = [scenario.task_of(arm, seed) for seed in paths]
        self._planned = scenario.trials(arm)
        self._ensemble = self._made(0)
        self._began = self._kept = time.monotonic()

    def run(self) -> None:
        """Run to the end, and let go of the checkpoints.

        Raises:
            RunError: the numbers of one blew up.
            DataError: a checkpoint, or the recording that is to go on, is damaged.
            EnvironmentFailure: a recording or a checkpoint cannot be written.
            Interrupted: the plan says stop.
        """
        self._ensemble[0].prepare(self._phases[self._place.phase].batch)  # a formula that is no kernel leaves no recording behind
        self._plan.progress(self._place.trial * len(self._paths))
        with contextlib.ExitStack() as stack:
            recorders = self._recorders(stack)
            if self._place == START:
                self._prepare()
            else:
                self._return()
            while True:
                self._learn(recorders)
                if self._place.phase == len(self._phases) - 1:
                    break
                self._place = self._place.next(self._ensemble[0].trial)
                self._carry()
            self._end(recorders)
        for path in self._paths.values():
            forget(path)

    def _made(self, phase: int) -> Ensemble:
        circuit = self._scenario.circuit(self._arm, self._phases[phase])
        dtype, backend = self._scenario.dtype, self._plan.backend
        return Ensemble(circuit, list(self._paths), backend=backend, dtype=dtype, threads=self._threads)

    def _recorders(self, stack: contextlib.ExitStack) -> list[Recorder]:
        """The recordings, laid out for the whole run; those of runs that go on keep what they hold."""
        later = [Simulator(self._scenario.circuit(self._arm, phase), dtype=self._scenario.dtype) for phase in self._phases[1:]]
        recorded = self._recordable([self._ensemble[0], *later])
        attributes = {**self._attributes, "phases": self._spans(())}
        recorders = [stack.enter_context(record(path, recorded, **attributes)) for path in self._paths.values()]
        until = None if self._place == START else self._place.trial
        for recorder, member, task in zip(recorders, self._ensemble, self._tasks, strict=True):
            recorder.plan(member, task, self._planned, later, until=until)
        return recorders

    def _recordable(self, simulators: Sequence[Simulator]) -> dict[str, int]:
        """What this arm has, in one phase or another, of what the scenario records."""
        return {a: n for a, n in self._scenario.record.items() if any(_has(simulator, a) for simulator in simulators)}

    def _prepare(self) -> None:
        """What is done to a fresh run before its first trial."""
        if self._arm.equal_errors is not None:
            for member, task in zip(self._ensemble, self._tasks, strict=True):
                equalise_errors(member, task, self._arm.equal_errors)

    def _return(self) -> None:
        """To where the checkpoints say."""
        self._ensemble = self._made(self._place.phase)
        spent = [restore(path, member) for path, member in zip(self._paths.values(), self._ensemble, strict=True)]
        self._began -= max(spent)

    def _carry(self) -> None:
        """The next phase's simulators, with the weights and the trial numbers that the last one ended with."""
        earlier, self._ensemble = self._ensemble, self._made(self._place.phase)
        for member, before in zip(self._ensemble, earlier, strict=True):
            member.state.carry(before.state)
            member.trial = before.trial

    def _learn(self, recorders: Sequence[Recorder]) -> None:
        """The present phase, or what is left of it."""
        phase, first = self._phases[self._place.phase], self._place.firsts[-1]
        left = first + phase.length(self._tasks[0]) - self._place.trial
        if not left:
            self._look_at_the_end(recorders)
            return
        watched = [_Watched(r, self._plan.progress, m.trial) for r, m in zip(recorders, self._ensemble, strict=True)]
        try:
            with self._asking(recorders):
                go_on = partial(self._go_on, recorders)
                self._ensemble.train(self._tasks, left, batch=phase.batch, into=watched, go_on=go_on)
        except RunError as error:
            raise RunError(f"{error}{self._failed()}") from None
        except Interrupted:
            self._keep_all(recorders)
            raise
        for watcher, member in zip(watched, self._ensemble, strict=True):
            watcher.catch_up(member.trial)

    def _look_at_the_end(self, recorders: Sequence[Recorder]) -> None:
        """The last look of a phase whose trials were all learned when it was broken off, perhaps within that look."""
        for recorder, member, task in zip(recorders, self._ensemble, self._tasks, strict=True):
            if recorder.is_due(member):
                recorder.look(member, task)

    @contextlib.contextmanager
    def _asking(self, recorders: Sequence[Recorder]) -> Iterator[None]:
        """While the block lasts, looks are broken off where the plan says stop: that of a large test set takes seconds."""
        for recorder in recorders:
            recorder.go_on = lambda: not self._plan.stop()
        try:
            yield
        finally:
            for recorder in recorders:
                recorder.go_on = lambda: True

    def _go_on(self, recorders: Sequence[Recorder]) -> bool:
        if self._plan.stop():
            raise Interrupted
        if time.monotonic() - self._kept >= self._plan.checkpoints:
            self._keep_all(recorders)
        return not self._over()

    def _keep_all(self, recorders: Sequence[Recorder]) -> None:
        for recorder in recorders:
            recorder.sync()
        self._keep(list(zip(self._paths.values(), self._ensemble, strict=True)))

    def _over(self) -> bool:
        """Whether what is recorded says that the present phase is over."""
        until = self._phases[self._place.phase].until
        if until is None:
            return False
        (path,) = self._paths.values()
        with Recording(path) as recording:
            series = recording[until.quantity]
        return until.reached(series.values[series.trials >= self._place.firsts[-1]].tolist())

    def _keep(self, members: Sequence[tuple[Path, Simulator]]) -> None:
        for path, member in members:
            keep(path, member, Place(self._place.firsts, member.trial), self._identity, self._seconds())
        self._kept = time.monotonic()

    def _failed(self) -> str:
        """Keep the last finite states, and say in which phase the numbers blew up, and where the states are."""
        finite = [one for one in zip(self._paths.values(), self._ensemble, strict=True) if _is_finite(one[1])]
        self._keep([one for one in finite if one[1].trial > 0])
        where = f"; phase {self._place.phase} of {len(self._phases)}"
        kept = [checkpoint_of(path) for path in self._paths.values() if checkpoint_of(path).exists()]
        return where + (f"; the last finite state is in {kept[0]}" if kept else "")

    def _seconds(self) -> float:
        """How long these runs have taken, side by side, with all breaks left out."""
        return round(time.monotonic() - self._began, 2)

    def _end(self, recorders: Sequence[Recorder]) -> None:
        """Note how long it took; where runs end before the trials that were planned, their recordings end, too."""
        reached = self._ensemble[0].trial
        for recorder, member, task in zip(recorders, self._ensemble, self._tasks, strict=True):
            if reached < self._planned:
                recorder.end(member, task)
                self._plan.progress(self._planned - reached)
            recorder.annotate("seconds", self._seconds())
            if any(phase.until is not None for phase in self._phases):
                recorder.annotate("phases", self._spans((*self._place.firsts, reached)))

    def _spans(self, bounds: Sequence[int]) -> str:
        """The phases: from which trial to which, as planned or as they were, and what does not change in them."""
        lengths = [phase.length(self._tasks[0]) for phase in self._phases]
        bounds = bounds or [0, *np.cumsum(lengths).tolist()]
        return json.dumps([*self._told(bounds)])

    def _told(self, bounds: Sequence[int]) -> Iterator[dict[str, Any]]:
        for phase, first, last in zip(self._phases, bounds[:-1], bounds[1:], strict=True):
            label = self._scenario.circuit(self._arm, phase).label
            yield {"first": first, "last": last, "frozen": phase.freeze, "circuit": label}


def _has(simulator: Simulator, address: str) -> bool:
    try:
        what(simulator, address)
    except InputError:
        return False
    return True


def _is_finite(simulator: Simulator) -> bool:
    return all(bool(np.isfinite(simulator.state[address]).all()) for address in simulator.state)


class _Watched:
    """A recorder whose looks also tell how far the run is."""

    def __init__(self, recorder: Recorder, progress: Progress, start: int) -> None:
        self._recorder = recorder
        self._progress = progress
        self._reached = start

    def moments(self, simulator: Simulator, task: Task, trials: int, batch: int) -> Sequence[int]:
        return self._recorder.moments(simulator, task, trials, batch)

    def look(self, simulator: Simulator, task: Task) -> None:
        self._recorder.look(simulator, task)
        self.catch_up(simulator.trial)

    def catch_up(self, trial: int) -> None:
        with _PROGRESS:
            self._progress(trial - self._reached)
        self._reached = trial


_PROGRESS = threading.Lock()
