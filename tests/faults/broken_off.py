"""Runs that are killed, interrupted or meet a full disk at any moment: nothing committed is lost, and they go on bit for bit."""

from __future__ import annotations

import errno
import os
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import h5py
from contents import contents

from faults.forks import Calls, command, forked
from neurosim.errors import DataError
from neurosim.recording import Recording, read_checkpoint

KINDS = {
    "shallow": 'feedback = "none"',
    "reinforcement": 'feedback = "broadcast"',
    "feedback_alignment": 'feedback = "random"',
    "backpropagation": 'feedback = "tied"',
    "momentum": 'feedback = "random", momentum = 0.9, decay = 1e-4',
    "dropout": 'feedback = "random", dropout = 0.5',
}
SCENARIO = """
title = "broken off"
seeds = 2
task = {{ name = "linear_map", inputs = 30, outputs = 10, tests = 50 }}
arm = [{{ name = "a", circuit = {{ family = "layered", sizes = [30, 20, 10], {kind} }} }}]
record = {{ nse = {interval}, "best.nse" = {interval}, "input_to_hidden.weights" = {interval} }}
[[phase]]
trials = {first}
batch = {batch}
until = {{ quantity = "nse", patience = 5, by = 0.0001 }}
[[phase]]
trials = {second}
eta_scale = 0.1
"""
"""Two phases, of which the first may end early, a small eta then, and what was best so far."""
SIGNALS = {"SIGINT": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}


class Ground:
    """A scenario of one kind of circuit, run once undisturbed, and a place for the disturbed runs."""

    def __init__(self, folder: Path, kind: str, *, trials: int = 4000, batch: int = 1) -> None:
        self.kind, self.folder, self.number = kind, folder / kind, 0
        self.folder.mkdir(parents=True)
        self.file = self.folder / f"{kind}.toml"
        values = {"interval": trials // 20, "first": trials, "second": trials // 2, "batch": batch}
        self.file.write_text(SCENARIO.format(kind=KINDS[kind], **values))
        whole = self.folder / "whole"
        code = self.run(whole)()
        assert code == 0, f"the undisturbed run ended with {code}"
        self.wanted = contents(whole)

    def fresh(self) -> Path:
        """A folder for one more run."""
        self.number += 1
        return self.folder / f"run{self.number}"

    def run(self, out: Path, *more: str) -> Callable[[], int]:
        """The run of the scenario into a folder, which writes down where it stands as often as it is asked."""
        return command("run", str(self.file), "--out", str(out), "--threads", "1", "--checkpoints", "0", *more)

    def readable(self, out: Path) -> Iterator[str]:
        """What is wrong with recordings and checkpoints that were left behind."""
        for path in sorted(out.rglob("*.h5")):
            try:
                with h5py.File(path, "r"):
                    pass
                with Recording(path) as recording:
                    self._compare(recording, str(path.relative_to(out)))
            except (OSError, DataError, AssertionError) as error:
                yield f"{path}: {error}"
        for path in sorted(out.rglob("*.checkpoint")):
            try:
                read_checkpoint(path)
            except DataError as error:
                yield str(error)

    def _compare(self, recording: Recording, name: str) -> None:
        """Every committed row is the row of the undisturbed run."""
        with Recording(self.folder / "whole" / name) as whole:
            for address in recording.addresses:
                rows = recording.rows(address)
                known = whole[address]
                same = [t for t in range(rows) if recording.trials(address)[t] == known.trials[t]]
                assert len(same) >= rows - 1, f"{address}: other trials"
                assert recording[address].values[same].tobytes() == known.values[same].tobytes(), f"{address}: other rows"

    def goes_on(self, out: Path) -> Iterator[str]:
        """What is wrong after the run has been taken up again."""
        end = forked(self.run(out, "--resume"))
        if end.code != 0:
            yield f"--resume ended with {end.code}: {end.narration.strip()[-300:]}"
        elif contents(out) != self.wanted:
            yield "the run that went on ended with other bits"
        if end.code == 0 and (left := [p for p in out.rglob("*") if p.is_file() and p.suffix not in (".h5", ".png")]):
            yield f"left behind: {left}"


def killed(ground: Ground, times: int, random: Random) -> Iterator[tuple[str, list[str]]]:
    """kill -9 at random moments: how each run ended, and what was wrong then."""
    usual = forked(ground.run(ground.fresh())).seconds
    for _ in range(times):
        out = ground.fresh()
        end = forked(ground.run(out), kill=(signal.SIGKILL, random.uniform(0, usual)))
        yield ("killed" if end.code < 0 else "had ended"), [*ground.readable(out), *ground.goes_on(out)]


def killed_at_every_call(ground: Ground, every: int = 1) -> Iterator[tuple[str, list[str]]]:
    """kill -9 just before each call by which something reaches the disk, until there are no more of them."""
    at = 1
    while True:
        out = ground.fresh()
        work = ground.run(out)

        def doomed(work: Callable[[], int] = work, at: int = at) -> int:
            Calls(at, lambda name: os.kill(os.getpid(), signal.SIGKILL))
            return work()

        end = forked(doomed)
        yield ("killed" if end.code < 0 else "had ended"), [*ground.readable(out), *ground.goes_on(out)]
        if end.code == 0:
            return
        at += every


def interrupted(ground: Ground, name: str, times: int, random: Random) -> Iterator[tuple[str, list[str]]]:
    """Ctrl-C or SIGTERM at random moments."""
    number, code = SIGNALS[name]
    usual = forked(ground.run(ground.fresh())).seconds
    for _ in range(times):
        out = ground.fresh()
        end = forked(ground.run(out), kill=(number, random.uniform(0.2, 0.95) * usual))
        wrong = [*ground.readable(out)]
        if end.code not in (0, code, -number):
            wrong.append(f"exit code {end.code}: {end.narration[-300:]}")
        if end.code == -number and any(out.rglob("*.h5")):
            wrong.append("the signal was not minded")
        if end.seconds > 2.0:
            wrong.append(f"it took {end.seconds:.2f} s to end")
        if end.code == code and list(out.rglob("*.checkpoint")) and "--resume" not in end.narration:
            wrong.append(f"does not say how to go on: {end.narration!r}")
        yield ("interrupted" if end.code == code else "had ended"), [*wrong, *ground.goes_on(out)]


def full_disk(ground: Ground, every: int = 1) -> Iterator[tuple[str, list[str]]]:
    """The n-th call by which something reaches the disk meets a full disk, for every n."""
    at = 1
    while True:
        out = ground.fresh()
        work = ground.run(out)

        def unlucky(work: Callable[[], int] = work, at: int = at) -> int:
            def full(name: str) -> None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            calls = Calls(at, full, ("pwrite", "fsync", "posix_fallocate", "replace"))
            code = work()
            return code if calls.count >= at else 77

        end = forked(unlucky)
        wrong = [*ground.readable(out)]
        if end.code not in (0, 4, 77):
            wrong.append(f"call {at}: exit code {end.code}: {end.narration[-300:]}")
        if end.code == 4 and len(end.narration.strip().splitlines()) != 1:
            wrong.append(f"call {at}: expected one line, found {end.narration!r}")
        yield ("told" if end.code == 4 else "borne"), [*wrong, *ground.goes_on(out)]
        if end.code == 77:
            return
        at += every


def small_disk(ground: Ground, step: int) -> Iterator[tuple[str, list[str]]]:
    """No file may become larger than so many bytes, from 0 on: HDF5 meets that limit, too."""
    largest = 2 * max(path.stat().st_size for path in (ground.folder / "whole").rglob("*") if path.is_file()) + 100_000
    for size in range(0, largest, step):
        out = ground.fresh()
        work = ground.run(out)

        def limited(work: Callable[[], int] = work, size: int = size) -> int:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            return work()

        end = forked(limited)
        wrong = [*ground.readable(out)]
        if end.code not in (0, 4):
            wrong.append(f"{size} bytes: exit code {end.code}: {end.narration[-300:]}")
        yield ("told" if end.code == 4 else "borne"), [*wrong, *ground.goes_on(out)]


def counted(title: str, results: Iterator[tuple[str, list[str]]]) -> list[str]:
    """Print how often what happened; returns what was wrong."""
    ends: Counter[str] = Counter()
    wrong = []
    for end, found in results:
        ends[end] += 1
        wrong += found
    told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    print(f"{title}: {sum(ends.values())} runs ({told}); {len(wrong)} faults", flush=True)
    for fault in wrong[:10]:
        print(f"  {fault}")
    return wrong


def whole(folder: Path, scale: float = 1.0) -> list[str]:
    """All of it; with a smaller scale, so much less."""
    random, wrong = Random(1), []
    step = max(1, round(1 / scale))
    for index, kind in enumerate(KINDS if scale == 1 else ("momentum", "dropout")):
        ground = Ground(folder, kind, batch=(1, 4)[index % 2])
        wrong += counted(f"kill -9 at random, {kind}", killed(ground, max(1, round(40 * scale)), random))
        wrong += counted(f"kill -9 at call after call, {kind}", killed_at_every_call(ground, every=5 * step))
        for name in SIGNALS:
            wrong += counted(f"{name}, {kind}", interrupted(ground, name, max(1, round(10 * scale)), random))
        if kind in ("feedback_alignment", "momentum"):
            wrong += counted(f"disk full at call after call, {kind}", full_disk(ground, every=step))
            wrong += counted(f"a small disk, {kind}", small_disk(ground, step=4_000 * step))
    return wrong
