"""Where the populations of a circuit stand: the forward path on top, feedback below what it teaches (Supp. Figs 1-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import networkx as nx

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population, Projection
from neurosim.figures._style import FONT

RADIUS = 0.085
STEP = 0.225
ALL_SHOWN = 4
HEADING = 0.27
MARGIN = 0.1
ACROSS = 1.0
DOWN = 0.75
STACKED = 0.6

_FORWARD = ("input", "hidden", "output", "target")


@dataclass(frozen=True)
class Box:
    """The card of one population; its centre and sizes are in inches, y upwards."""

    name: str
    x: float
    y: float
    width: float
    height: float
    circles: int
    ellipsis: bool

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        return self.x - self.width / 2, self.x + self.width / 2, self.y - self.height / 2, self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """Whether two cards share any area."""
        return abs(self.x - other.x) < (self.width + other.width) / 2 and abs(self.y - other.y) < (self.height + other.height) / 2


@cache
def text_width(text: str, size: float) -> float:
    """The width of a text in inches."""
    if not text:
        return 0.0
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    return float(TextPath((0.0, 0.0), text, size=size, prop=FontProperties(family="DejaVu Sans")).get_extents().width) / 72


def place(circuit: Circuit, across: float = ACROSS, down: float = DOWN) -> dict[str, Box]:
    """A card for each population, none of which overlap; columns stand `across` inches apart, bands `down`.

    Columns follow the forward path from left to right, the target at the right end; the bands from top to bottom are
    the forward path, error and feedback, and the loss. A feedback population stands below the population that it
    teaches, an error below its output. Populations that meet in one place are stacked.
    """
    standing = columns(circuit)
    cells: dict[tuple[int, int], list[Population]] = {}
    for population in circuit.populations.values():
        cells.setdefault((_band(population), standing[population.name]), []).append(population)
    widths = {column: max(_width(p) for (_, c), ps in cells.items() if c == column for p in ps) for column in standing.values()}
    bands = sorted({band for band, _ in cells})
    heights = {band: max(_stack_height(ps) for (b, _), ps in cells.items() if b == band) for band in bands}
    centres_x = dict(zip(sorted(widths), _centres([widths[c] for c in sorted(widths)], across), strict=True))
    centres_y = dict(zip(bands, _centres([heights[band] for band in bands], down), strict=True))
    boxes: dict[str, Box] = {}
    for (band, column), stack in cells.items():
        top = -centres_y[band] + _stack_height(stack) / 2
        for population in stack:
            circles, ellipsis = _circles(population.size)
            height = _height(population)
            boxes[population.name] = Box(
                population.name, centres_x[column], top - height / 2, widths[column], height, circles, ellipsis
            )
            top -= height + STACKED
    return boxes


def _centres(lengths: Iterable[float], gap: float) -> list[float]:
    centres, at = [], 0.0
    for length in lengths:
        centres.append(at + length / 2)
        at += length + gap
    return centres


def _circles(size: int) -> tuple[int, bool]:
    """How many circles a population is drawn as, and whether dots stand for the others."""
    return (size, False) if size <= ALL_SHOWN else (3, True)


def _width(population: Population) -> float:
    return max(text_width(population.name, FONT), text_width(str(population.size), FONT), 0.34) + 2 * MARGIN


def _height(population: Population) -> float:
    circles, ellipsis = _circles(population.size)
    return HEADING + (circles + ellipsis) * STEP + (0.2 if ellipsis else 0.0) + MARGIN


def _stack_height(stack: list[Population]) -> float:
    return sum(_height(population) + STACKED for population in stack) - STACKED


def _band(population: Population) -> int:
    return 0 if population.role in _FORWARD else 2 if population.role == "loss" else 1


def columns(circuit: Circuit) -> dict[str, int]:
    """The column of each population, from the left."""
    populations = circuit.populations
    found = _forward_columns(circuit)
    last = max((found[p.name] for p in circuit.of_role("output")), default=max(found.values(), default=0))
    found |= {population.name: last + 1 for population in circuit.of_role("target")}
    for error in circuit.of_role("error"):
        before = [p.pre for p in circuit.onto(error.name, "drive") if populations[p.pre].role == "output"]
        found[error.name] = max((found[name] for name in before), default=last)
    for feedback in circuit.of_role("feedback"):
        taught = [found[p.post] for p in _from(circuit, feedback.name) if populations[p.post].role in ("hidden", "output")]
        found[feedback.name] = min(taught, default=max(last - 1, 0))
    for loss in circuit.of_role("loss"):
        before = [p.pre for p in circuit.onto(loss.name, "drive") if p.pre in found]
        found[loss.name] = max((found[name] for name in before), default=last)
    return found


def _from(circuit: Circuit, pre: str) -> list[Projection]:
    return [projection for projection in circuit.projections.values() if projection.pre == pre and projection.receptor != "gate"]


def _forward_columns(circuit: Circuit) -> dict[str, int]:
    """The longest way from the left to each population of the forward path; populations in a cycle share a column."""
    forward = [p for p in circuit.populations.values() if p.role in ("input", "hidden", "output")]
    names = {population.name for population in forward}
    path = nx.DiGraph()
    path.add_nodes_from(population.name for population in forward)
    driving = [p for p in circuit.projections.values() if p.receptor == "drive" and {p.pre, p.post} <= names]
    path.add_edges_from((p.pre, p.post) for p in driving)
    components = nx.condensation(path)
    depth: dict[int, int] = {}
    for node in nx.topological_sort(components):
        depth[node] = max((depth[before] + 1 for before in components.predecessors(node)), default=0)
    columns = {name: depth[node] for node, members in components.nodes(data="members") for name in members}
    outputs = {p.name for p in circuit.of_role("output")}
    deepest = max((column for name, column in columns.items() if name not in outputs), default=-1)
    end = max([deepest + 1, *(columns[name] for name in outputs)])
    return {name: end if name in outputs else column for name, column in columns.items()}
