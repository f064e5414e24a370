"""What an export format is, and how one is registered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

from neurosim.errors import EnvironmentFailure
from neurosim.parameters import Parameters
from neurosim.registry import Registry

Kind = Literal["recording", "recordings", "circuit"]
"""What a format takes: an opened `Recording`, the paths of any number of recordings, or a `Circuit`."""

Write = Callable[..., Iterable[str]]


@dataclass(frozen=True)
class Format:
    """A registered format: `write(source, path, **options)` writes a new file and returns what its user should know.

    Attributes:
        name: how it is asked for.
        of: what it takes.
        suffixes: how names of its files end; the first is that of names that nobody chose.
        write: writes a file that is not there yet.
        doc: its first line is how it is listed.
    """

    name: str
    of: tuple[Kind, ...]
    suffixes: tuple[str, ...]
    write: Write
    doc: str

    @cached_property
    def options(self) -> Parameters:
        """What may be chosen: the further arguments of `write`."""
        return Parameters(self.write, supplied=("source", "path"))


EXPORT_FORMATS: Registry[Format] = Registry("export formats")


def export_format(*, of: tuple[Kind, ...], suffixes: tuple[str, ...], name: str | None = None) -> Callable[[Write], Format]:
    """Register a format: a function `write(source, path, …)` that returns lines on what it left out, none if nothing.

    Its further arguments are the options of the format, with their kinds and defaults.

    Args:
        of: what it takes; the source is then an opened recording, a list of paths of recordings, or a checked circuit.
        suffixes: how names of its files may end, the usual one first.
        name: instead of the function's own.

    >>> @export_format(of=("circuit",), suffixes=(".txt",))
    ... def names(source, path):
    ...     '''The names of the populations, one per line.'''
    ...     path.write_text("\\n".join(source.populations))
    ...     return []
    >>> EXPORT_FORMATS["names"].suffixes
    ('.txt',)
    """

    def register(write: Write) -> Format:
        called = name or write.__name__
        return EXPORT_FORMATS.add(called, Format(called, of, suffixes, write, write.__doc__ or ""))

    return register


def needed(module: str, extra: str) -> ModuleType:
    """A module that only one format needs; raises EnvironmentFailure where it is not installed.

    >>> needed("no_such_module", "nwb")
    Traceback (most recent call last):
    neurosim.errors.EnvironmentFailure: no_such_module is not installed; `pip install "neurosim[nwb]"` installs it
    """
    try:
        return import_module(module)
    except ImportError:
        raise EnvironmentFailure(f'{module} is not installed; `pip install "neurosim[{extra}]"` installs it') from None


def listed(names: Iterable[Any]) -> str:
    """Names in a sentence.

    >>> listed(["a", "b"])
    'a, b'
    """
    return ", ".join(map(str, names))
