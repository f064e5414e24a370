"""Parcels: a block with all that a fresh process, perhaps on another machine, needs to run it."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from neurosim.circuit.exchange import from_json, to_json
from neurosim.errors import EnvironmentFailure, InputError, NeurosimError, Problem
from neurosim.registry import extend
from neurosim.scenario.blocks import Block, run_block
from neurosim.scenario.description import Arm, Scenario
from neurosim.scenario.identity import fingerprint
from neurosim.scenario.plan import Plan, Progress


@dataclass(frozen=True)
class Extension:
    """A user's Python file, by its path and its text."""

    path: str
    text: str


@dataclass(frozen=True)
class Parcel:
    """A block as plain values; the circuits travel with it, so no path of a scenario has to lead anywhere where it is run."""

    scenario: str
    circuits: tuple[str, ...]
    arm: str
    seeds: tuple[int, ...]
    fingerprint: str
    out: str
    backend: str
    resume: bool
    checkpoints: float
    extensions: tuple[Extension, ...]


def read_extensions(paths: Sequence[str | Path]) -> tuple[Extension, ...]:
    """The files of `--with`; raises InputError for one that cannot be read."""
    try:
        return tuple(Extension(str(Path(path).resolve()), Path(path).read_text(encoding="utf-8")) for path in paths)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([Problem(str(getattr(error, "filename", "")), f"cannot be read: {error}")], "--with") from None


def packed(scenario: Scenario, described: str, block: Block, plan: Plan, extensions: tuple[Extension, ...]) -> Parcel:
    """A block as a parcel; `described` is the scenario as JSON, made once for all of them."""
    return Parcel(
        described,
        tuple(to_json(scenario.circuit(block.arm, phase)) for phase in scenario.phases(block.arm)),
        block.arm.name,
        block.seeds,
        block.fingerprint,
        str(plan.out.resolve()),
        plan.backend,
        plan.resume,
        plan.checkpoints,
        extensions,
    )


def run_parcel(parcel: Parcel, stop: Callable[[], bool], progress: Progress = lambda trials: None) -> NeurosimError | None:
    """Run the block of a parcel; returns what went wrong, because a blow-up would blow up again wherever it is run.

    Where a worker has died over it, its runs go on from their last checkpoints.
    """
    try:
        _extend_once(parcel.extensions)
        scenario, arm = _unpacked(parcel)
        plan = Plan(
            Path(parcel.out),
            backend=parcel.backend,
            resume=parcel.resume,
            progress=progress,
            stop=stop,
            anew=False,
            checkpoints=parcel.checkpoints,
        )
        if fingerprint(scenario, arm, parcel.backend) != parcel.fingerprint:
            told = "the workers have another version of neurosim, or of a rule, than the process that hands out the work"
            return EnvironmentFailure(f"{told}; install the same on both, and name files of your own with --with")
        run_block(scenario, Block(arm, parcel.seeds, parcel.fingerprint), plan, threads=1)
    except NeurosimError as error:
        return error
    return None


def _unpacked(parcel: Parcel) -> tuple[Scenario, Arm]:
    scenario = Scenario.model_validate_json(parcel.scenario)
    arm = next(arm for arm in scenario.arm if arm.name == parcel.arm)
    scenario.adopt(arm, [from_json(text) for text in parcel.circuits])
    return scenario, arm


_LOADED: dict[str, str] = {}
_LOADING = threading.Lock()


def _extend_once(extensions: Sequence[Extension]) -> None:
    """Register what the files define, unless this process did it for these very texts."""
    with _LOADING:
        for extension in extensions:
            if _LOADED.get(extension.path) != extension.text:
                extend(_file_of(extension))
                _LOADED[extension.path] = extension.text


def _file_of(extension: Extension) -> Path:
    """The file itself where it is at hand and still the same, else a copy: compiling a rule needs a file with its text."""
    own = Path(extension.path)
    try:
        if own.read_text(encoding="utf-8") == extension.text:
            return own
    except (OSError, UnicodeDecodeError):
        pass
    copy = Path(_copies().name) / hashlib.blake2b(extension.text.encode(), digest_size=8).hexdigest() / own.name
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(extension.text, encoding="utf-8")
    return copy


@cache
def _copies() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes when this process ends."""
    return tempfile.TemporaryDirectory(prefix="neurosim-")
