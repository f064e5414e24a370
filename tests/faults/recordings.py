"""Damaged recordings: what reading, `check` and `draw` make of them; and what HDF5 alone would, without our guard."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np

from faults.damage import DAMAGES
from faults.descriptions import SMALL
from faults.told import Looked, told
from neurosim.errors import InputError
from neurosim.recording import Quantity, Recording, Writer, guard

KINDS = ("complete",) * 12 + ("large",) * 5 + ("interrupted",) * 4 + ("running",) * 3 + ("unsealed",)
UNGUARDED = {"running": "values of a run that was killed", "unsealed": "wrong numbers in a file without a seal"}
"""What nobody can tell: values that were about to change, and bytes of which there is no checksum."""
DRAWN = 10
"""Every so many files are drawn, too: matplotlib is slow."""
LONG_AGO = 1_000_000_000


def laid_out(folder: Path) -> None:
    """Whole recordings of every kind, one file each: of a real run, of many chunks, of one that was stopped, of a live one."""
    (folder / "small.toml").write_text(SMALL, encoding="utf-8")
    done = told("run", str(folder / "small.toml"), "--out", str(folder / "run"), "--backend", "reference", "-q", "--seeds", "1")
    assert done.code == 0, done
    shutil.copy(folder / "run" / "aligned" / "seed_0.h5", folder / "complete.h5")
    shutil.rmtree(folder / "run")
    sealed = (folder / "complete.h5").read_bytes()
    (folder / "unsealed.h5").write_bytes(sealed[: guard._end(sealed[:64])])
    quantities = [
        Quantity("w.weights", tuple(range(40)), (("post", 40), ("pre", 90))),
        Quantity("nse", tuple(range(40)), dtype="f8"),
    ]
    random = np.random.default_rng(1)
    with Writer(folder / "large.h5", quantities, {"seed": 1}) as writer:
        for trial in range(40):
            writer.write("w.weights", trial, random.standard_normal((40, 90)))
            writer.write("nse", trial, random.random())
    writer = Writer(folder / "interrupted.h5", quantities[:1], {"seed": 1})
    for trial in range(20):
        writer.write("w.weights", trial, random.standard_normal((40, 90)))
    writer.commit(19)
    shutil.copy(folder / "interrupted.h5", folder / "running.h5")
    writer.finish("interrupted")


def damaged_file(folder: Path, number: int) -> tuple[str, str, Path]:
    """Damaged recording of this number, always the same: its kind, how it was damaged, and where it is."""
    random = Random(f"recording {number}")
    kind, how = random.choice(KINDS), random.choice(sorted(DAMAGES))
    path = folder / "damaged" / "seed_0.h5"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(DAMAGES[how]((folder / f"{kind}.h5").read_bytes(), random))
    os.utime(path, (LONG_AGO, LONG_AGO + number))
    return kind, how, path


def looked_at(folder: str, number: int) -> Looked:
    """Read a damaged recording by every way there is; what it tells must be true, or be refused in a line."""
    kind, how, path = damaged_file(Path(folder), number)
    outcome, faults = _read(path, kind)
    checked = told("check", str(path))
    faults += [f"check: {fault}" for fault in checked.faults((0, 2, 3))]
    if checked.code != 2 and kind == "complete" and (checked.code, checked.answer) != _checked(folder):
        faults.append(f"check answers something else: {checked.answer!r}")
    if outcome == "refused" and checked.code != 2:
        faults.append(f"check ends with {checked.code} over a recording that cannot be read")
    if number % DRAWN == 0:
        picture = path.with_suffix(".png")
        drawn = told("draw", "learning_curve" if kind == "complete" else "weight_trajectory", str(path), "-o", str(picture))
        faults += [f"draw: {fault}" for fault in drawn.faults()]
        faults += ["draw left a file behind"] if drawn.code and picture.exists() else []
        picture.unlink(missing_ok=True)
    return Looked(outcome, tuple(f"recording {number} ({kind}, {how}): {fault}" for fault in faults))


def looked_at_unguarded(folder: str, number: int) -> Looked:
    """Read a damaged recording as if nothing stood between it and HDF5."""
    kind, _, path = damaged_file(Path(folder), number)
    guard.require_sound = lambda path: None
    outcome, faults = _read(path, kind)
    return Looked("wrong numbers" if any("wrong" in fault for fault in faults) else outcome)


def _read(path: Path, kind: str) -> tuple[str, list[str]]:
    truth, wrong, refused, faults = _truth(str(path.parents[1]), kind), [], [], []
    try:
        with Recording(path) as recording:
            repr(recording)
            for address, values in truth.items():
                try:
                    found = recording[address].values
                except InputError as error:
                    refused.append(str(error))
                    continue
                if not np.array_equal(found, values[: len(found)], equal_nan=True) or len(found) > len(values):
                    wrong.append(address)
    except InputError as error:
        faults += [f"told in {len(str(error).splitlines())} lines"] if "\n" in str(error) else []
        return "refused", faults
    except Exception as error:
        return "traceback", [f"traceback: {type(error).__name__}: {error}"]
    if wrong and kind in UNGUARDED:
        return UNGUARDED[kind], faults
    faults += [f"wrong numbers in {', '.join(wrong)}"] if wrong else []
    return "partly refused" if refused else "right numbers", faults


@lru_cache(maxsize=8)
def _truth(folder: str, kind: str) -> dict[str, np.ndarray]:
    with Recording(Path(folder) / f"{kind}.h5") as recording:
        return {address: recording[address].values for address in recording.addresses}


@lru_cache(maxsize=1)
def _checked(folder: str) -> tuple[int, str]:
    whole = told("check", str(Path(folder) / "complete.h5"))
    return whole.code, whole.answer
