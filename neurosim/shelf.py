"""Finds the circuits and scenarios that ship with neurosim, and users' own files by their path."""

from __future__ import annotations

from pathlib import Path

from neurosim.errors import InputError, Problem, nearest, not_a_file

_PACKAGE = Path(__file__).resolve().parent
LONGEST_NAME = 200
"""Longer ones are no names of files anywhere."""


def shelf(kind: str) -> Path:
    """The folder of shipped `circuits` or `scenarios`: inside the wheel, or beside the package in a checkout."""
    shipped = _PACKAGE / "_shelf" / kind
    return shipped if shipped.is_dir() else _PACKAGE.parent / kind


def names(kind: str) -> list[str]:
    """The names on a shelf, sorted.

    >>> "feedback_alignment" in names("circuits")
    True
    """
    return sorted(path.stem for path in shelf(kind).glob("*.toml"))


def is_path(text: str) -> bool:
    """Whether what somebody wrote means a file, and not a name on the shelf.

    >>> is_path("my/circuit.toml"), is_path("shallow")
    (True, False)
    """
    return text.endswith(".toml") or "/" in text or "\\" in text


def find(kind: str, name_or_path: str | Path) -> Path:
    """The TOML file that a name or a path means.

    A path (anything that ends in .toml or holds a separator) is taken as it is; a bare name is looked up on the shelf.

    Raises:
        InputError: nothing is there; the message names what is, and what was probably meant.
    """
    text = str(name_or_path)
    singular = kind.removesuffix("s")
    if is_path(text):
        try:
            path = Path(text).expanduser()
            if path.is_file():
                return path
            what = not_a_file(path)
        except (OSError, RuntimeError) as error:  # a name that is too long, or a home that nobody has
            what = f"no such file ({getattr(error, 'strerror', None) or error})"
        raise InputError([Problem(text, f"{what}; expected a TOML file")])
    known = names(kind)
    if text in known:
        return shelf(kind) / f"{text}.toml"
    raise InputError(
        [Problem(text, f"no {singular} of this name{_but(kind, text)}; there are {', '.join(known)}", nearest(text, known))]
    )


def _but(kind: str, text: str) -> str:
    """What else a name means, if it means something."""
    other = "scenarios" if kind == "circuits" else "circuits"
    if text in names(other):
        return f", but a {other.removesuffix('s')}"
    if len(text) > LONGEST_NAME:
        return ""
    path = Path(text)
    return ", but a folder" if path.is_dir() else ", but a file whose name does not end in .toml" if path.is_file() else ""
