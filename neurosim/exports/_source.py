"""What a user means by a path: a recording, a folder of them, or a circuit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit, read_toml
from neurosim.circuit.validate import validate
from neurosim.errors import InputError, Problem, nearest, not_a_file
from neurosim.exports._format import EXPORT_FORMATS, Format, Kind
from neurosim.recording import Recording, find_recordings
from neurosim.shelf import names

NO_SCENARIO = "is a scenario; expected a circuit, or the recordings that a run of the scenario made"

Thing = str | os.PathLike[str] | Recording | Circuit


@dataclass(frozen=True)
class Source:
    """What is to be exported.

    Attributes:
        kind: what it is.
        label: how messages call it.
        open: gives it as a format takes it, and closes what it opened.
        files: what it is read from, and what therefore cannot be written over.
        stem: where the new file goes, without its suffix; None where nobody but the user can say.
    """

    kind: Kind
    label: str
    open: Callable[[], AbstractContextManager[Any]]
    files: Sequence[Path] = ()
    stem: Path | None = None

    def require(self, form: Format) -> None:
        """Raise InputError where a format does not take what this is."""
        if self.kind in form.of:
            return
        if self.kind == "recordings" and "recording" in form.of:
            raise InputError(
                [Problem(self.label, f"{form.name} takes one recording at a time; {_others('recordings')} takes several")]
            )
        wanted = " or ".join(f"a {kind}" for kind in form.of if kind != "recordings")
        folder = f"./{self.label}" if self.kind == "circuit" and Path(self.label).is_dir() else None
        told = f"is {_A[self.kind]}, and {form.name} takes {wanted}; {_A[self.kind]} goes into {_others(self.kind)}"
        raise InputError([Problem(self.label, told, folder)])


_A: dict[Kind, str] = {"recording": "a recording", "recordings": "a folder of recordings", "circuit": "a circuit"}


def source_of(given: Thing | Iterable[Thing]) -> Source:
    """What is meant: one thing, or several recordings and folders of them.

    Raises:
        InputError: there is nothing of this name, or a circuit among several things.
        DataError: there are no recordings in a folder.
    """
    if isinstance(given, str | os.PathLike | Recording | Circuit):
        return _one(given)
    if not isinstance(given, Iterable):
        raise InputError(f"expected a path, a recording or a circuit, or several recordings, found {type(given).__name__}")
    found = [_one(thing) for thing in given]
    if len(found) == 1:
        return found[0]
    circuits = [
        Problem(source.label, "is a circuit; circuits are exported one by one") for source in found if source.kind == "circuit"
    ]
    if circuits:
        raise InputError(circuits)
    if not found:
        raise InputError("expected at least one recording or circuit")
    return _several("these recordings", [path for source in found for path in source.files], None)


def _one(thing: Thing) -> Source:
    if isinstance(thing, Circuit):
        return Source("circuit", thing.label, lambda: nullcontext(_checked(thing)))
    if isinstance(thing, Recording):
        return Source("recording", str(thing.path), lambda: nullcontext(thing), (thing.path,), thing.path.with_suffix(""))
    path, text = Path(thing), os.fspath(thing)
    if text in names("circuits"):
        return Source("circuit", text, lambda: nullcontext(load_circuit(text)), (), path)
    if path.suffix == ".toml":
        return Source("circuit", text, lambda: nullcontext(_circuit_in(path)), (path,), path.with_suffix(""))
    if path.is_dir():
        return _several(text, find_recordings(path), path if path.name not in ("", "..") else path.resolve())
    if path.is_file() or path.suffix == ".h5":
        return Source("recording", text, lambda: Recording(path), (path,), path.with_suffix(""))
    if text in names("scenarios"):
        raise InputError([Problem(text, NO_SCENARIO)])
    known = names("circuits")
    what = not_a_file(path, "there is no such recording or folder")
    told = f"{what}, and no such circuit; circuits are {', '.join(known)}"
    raise InputError([Problem(text, told, nearest(text, known))])


def _circuit_in(path: Path) -> Circuit:
    if path.is_file() and {"arm", "task", "scenarios"} & set(read_toml(path)):
        raise InputError([Problem(str(path), NO_SCENARIO)])
    return load_circuit(path)


def _several(label: str, paths: Sequence[Path], stem: Path | None) -> Source:
    return Source("recordings", label, lambda: nullcontext(paths), paths, stem)


def _checked(circuit: Circuit) -> Circuit:
    validate(circuit)
    return circuit


def _others(kind: Kind) -> str:
    return ", ".join(name for name, form in EXPORT_FORMATS.items() if kind in form.of)
