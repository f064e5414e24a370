"""Figures: one file per figure, drawn from recordings (and, for the diagram, from a circuit)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError
from neurosim.parameters import parameters_of
from neurosim.recording import Recording, find_recordings
from neurosim.registry import Folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Source = str | os.PathLike[str] | Recording | Circuit

FIGURES: Folder[Callable[..., Figure]] = Folder("figures", "neurosim.figures", "figure")
"""Every figure by its public name, which is its file's; one of one's own joins with `FIGURES.add(name, function)`."""

__all__ = ["FIGURES", "draw"]


def draw(name: str, recordings: Source | Iterable[Source], /, **options: Any) -> Figure:
    """A figure, drawn from recordings; `draw(…).savefig("figure.pdf")` writes it down.

    Args:
        name: which figure, e.g. `learning_curve`, `angle`, `weight_trajectory`, `circuit`.
        recordings: a file, a folder (all `*.h5` below it), an opened `Recording`, or several of these; for `circuit`
            also a `Circuit`.
        options: the keyword arguments of the figure's own function, e.g. `quantity="loss"`.

    Recordings that are opened here are closed again; those handed in stay open. Nothing global in matplotlib is touched.

    Raises:
        InputError: no such figure or option, or the recordings do not hold what it needs.
        DataError: nothing is there, or a file is no recording.
        EnvironmentFailure: a file may not be read.

    >>> from neurosim.circuit.layered import layered
    >>> len(draw("circuit", layered([3, 2, 1], feedback="random")).axes)
    1
    """
    figure = FIGURES[name]
    given = parameters_of(figure, "recordings").complete(options, name)
    with ExitStack() as opened:
        return figure(_opened(recordings, opened), **given)


def _opened(given: Source | Iterable[Source], opened: ExitStack) -> list[Recording | Circuit]:
    """Every recording and circuit that is meant, in order."""
    if isinstance(given, Recording | Circuit):
        return [given]
    if isinstance(given, str | os.PathLike):
        return [opened.enter_context(Recording(path)) for path in find_recordings(given)]
    if not isinstance(given, Iterable):
        raise InputError(f"expected a path, a recording, or several of them, found {type(given).__name__}")
    return [source for item in given for source in _opened(item, opened)]
