"""Export one thing into one file: checked before anything is written, written beside, and put in place as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neurosim.errors import InputError, Problem, nearest
from neurosim.exports._format import EXPORT_FORMATS, Format
from neurosim.exports._source import Source, Thing, source_of
from neurosim.recording import Recording, disk


@dataclass(frozen=True)
class Exported:
    """A file that was written, and what its user should know: above all what the format has no place for."""

    path: Path
    remarks: tuple[str, ...]


def export(
    source: Thing | Iterable[Thing],
    to: str,
    out: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    **options: Any,
) -> Exported:
    """Write a recording or a circuit in the format of another tool.

    Args:
        source: a recording (a path, or opened), a folder of recordings, or a circuit (a name, a TOML file, or itself);
            several recordings where the format takes them.
        to: the format, e.g. `nwb` or `graphml`; see `EXPORT_FORMATS`.
        out: the new file; by default beside the source (for a circuit by name: in the current folder), with the format's suffix.
        force: whether a file that is there may be replaced.
        options: of the format, e.g. `seed` of `nir`.

    Nothing is written where anything is wrong, and no part of a file stays where writing fails.

    Raises:
        InputError: no such format, source or option; a format that does not take the source; a file that is there already.
        DataError: the recording is damaged, or does not hold what the format needs.
        EnvironmentFailure: a package is missing, or the file cannot be written.

    >>> import tempfile
    >>> from neurosim.circuit.layered import layered
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export(layered([3, 2], feedback="none"), "dot", f"{folder}/circuit.dot").path.read_text()[:7]
    'digraph'
    """
    if to not in EXPORT_FORMATS:
        raise InputError([EXPORT_FORMATS.unknown("--to", to)])
    form, found = EXPORT_FORMATS[to], source_of(source)
    found.require(form)
    with found.open() as opened:
        given = form.options.complete(options, to)
        path = _place(form, found, out)
        _refuse_present(path, found, force)
        with disk.replaced(path) as made:
            remarks = [*_unfinished(opened), *form.write(opened, made, **given)]
            _refuse_present(path, found, force)  # somebody else may have been quicker
    return Exported(path, tuple(remarks))


def _place(form: Format, source: Source, out: str | os.PathLike[str] | None) -> Path:
    """Where the new file goes."""
    if out is None:
        if source.stem is None or not source.stem.name:
            raise InputError([Problem("-o", f"is missing: where should the {form.suffixes[0]} of {source.label} go?")])
        return source.stem.with_name(source.stem.name + form.suffixes[0])
    path = Path(out)
    if path.is_dir():
        raise InputError([Problem(str(path), "is a folder; expected the name of a file")], "-o")
    if path.suffix not in form.suffixes:
        told = f"expected a name that ends in {' or '.join(form.suffixes)}"
        raise InputError([Problem(str(path), told, nearest(path.suffix, form.suffixes))], "-o")
    return path


def _refuse_present(path: Path, source: Source, force: bool) -> None:
    if not path.exists():
        return
    if any(path.samefile(file) for file in source.files if file.exists()):
        raise InputError([Problem(str(path), "is what is exported; expected the name of another file")], "-o")
    if not force:
        raise InputError([Problem(str(path), "is there already; --force replaces it")])


def _unfinished(opened: object) -> list[str]:
    """A word on a recording whose run is not, or not well, at its end."""
    if not isinstance(opened, Recording) or opened.status == "complete":
        return []
    return [f"{opened.path} is {opened.status}: exported up to trial {opened.committed_trial}"]
