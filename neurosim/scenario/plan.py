"""A plan: what a run of a scenario is to do, beside what its file says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from neurosim.scenario.slices import WHOLE, Slice

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """What a run of a scenario is to do, beside what its file says.

    Attributes:
        out: the folder for recordings.
        arms: names of the arms to run, each with what a grid makes of it; all if empty.
        backend, threads: how.
        resume: leave out runs whose recordings are complete and were made by this same scenario; go on with those broken off.
        progress: called with a number of trials each time that so many more have been learned.
        stop: asked now and then; where it says yes, the runs write down where they stand and end with `Interrupted`.
        minded: a block in which an engine promises to ask `stop` at least every second or so.
        anew: without `resume`, runs begin at their first trial; where this is False, they go on from checkpoints that are there.
        checkpoints: where runs stand is written down every so many seconds.
        slice: which part of the runs; all of them unless said otherwise.
        engine: what spreads the work: `serial`, `dask`, or one of your own.
        scheduler: the address of a running dask scheduler; the engine `dask` starts processes of its own without one.
        extensions: Python files whose rules, tasks … workers in other processes need, as `--with` names them.
    """

    out: Path
    arms: Sequence[str] = ()
    backend: str = "cpu"
    threads: int = 1
    resume: bool = False
    progress: Progress = field(default=lambda trials: None)
    stop: Callable[[], bool] = field(default=lambda: False)
    minded: Callable[[], AbstractContextManager[object]] = field(default=nullcontext)
    anew: bool = True
    checkpoints: float = 30.0
    slice: Slice = WHOLE
    engine: str = "serial"
    scheduler: str = ""
    extensions: Sequence[str | Path] = ()
