"""The diagram of one circuit, laid out and drawn: populations as columns of neurons, projections as arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population, Projection
from neurosim.figures._placement import ACROSS, DOWN, HEADING, RADIUS, STEP, Box, columns, place, text_width
from neurosim.figures._routes import Label, Route, labels, routes
from neurosim.figures._style import (
    BLACK,
    BLUE,
    FONT,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    SMALL,
    VERMILLION,
    Dashes,
    line_in_legend,
    literal,
)
from neurosim.figures._symbols import one_to_one, symbols

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

_ROLES = {
    "input": SKY,
    "hidden": BLUE,
    "output": BLUE,
    "target": GREY,
    "error": ORANGE,
    "loss": VERMILLION,
    "feedback": GREEN,
}
_GOLD = "#B8860B"
_EDGES: dict[str, tuple[str, Dashes, str]] = {
    "drive": ("#303030", "solid", "drive"),
    "modulatory": (_GOLD, (0.0, (4.0, 2.0)), "modulatory: teaches"),
    "gate": (PURPLE, (0.0, (1.0, 1.5)), "gate: multiplies"),
}
_THICK, _THIN = 1.9, 1.0
_HEAD = 0.11
_BORDER = 0.12
_TITLE = 0.28


class Diagram:
    """One circuit, laid out: everything in inches, so that text and arrows keep their size.

    `named` gives projections, by name, symbols other than the usual ones. Where `height` is more than it needs, the bands of
    populations stand further apart until it is as high.
    """

    def __init__(self, circuit: Circuit, title: str, named: Mapping[str, str] | None = None, height: float = 0.0) -> None:
        self.circuit = circuit.completed()
        self.title = title
        given = {name: symbol for name, symbol in (named or {}).items() if name in self.circuit.projections}
        self.symbols = symbols(self.circuit, columns(self.circuit)) | given
        sizes = {name: (_symbol_width(text), 0.17) for name, text in self.symbols.items()}
        across = max([ACROSS, *(width + 0.25 for width, _ in sizes.values())])
        self._lay_out(place(self.circuit, across), sizes)
        bands = len({box.y for box in self.boxes.values()})
        if self.height < height and bands > 1:
            self._lay_out(place(self.circuit, across, DOWN + (height - self.height) / (bands - 1)), sizes)

    def _lay_out(self, boxes: dict[str, Box], sizes: dict[str, tuple[float, float]]) -> None:
        self.boxes = boxes
        self.routes = routes(list(self.circuit.projections.values()), boxes, sizes)
        self.labels = labels(sizes, self.routes, boxes)
        self.left, self.right, self.bottom, self.top = self._extent()

    @property
    def width(self) -> float:
        """Inches across."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Inches down."""
        return self.top - self.bottom

    def _extent(self) -> tuple[float, float, float, float]:
        cards = [box.edges for box in self.boxes.values()] + [label.edges for label in self.labels.values()]
        curves = [
            (*np.sort(route.points[:, 0])[[0, -1]], *np.sort(route.points[:, 1])[[0, -1]]) for route in self.routes.values()
        ]
        left, right, bottom, top = np.array([*cards, *curves]).T
        wanted = text_width(self.title, FONT + 1) + 2 * _BORDER
        return (
            float(left.min()) - _BORDER,
            max(float(right.max()) + _BORDER, float(left.min()) - _BORDER + wanted),
            float(bottom.min()) - _BORDER,
            float(top.max()) + _BORDER + (_TITLE if self.title else 0.0),
        )

    def draw(self, axes: Axes) -> None:
        """Draw it into axes as large as it is."""
        axes.set_xlim(self.left, self.right)
        axes.set_ylim(self.bottom, self.top)
        axes.set_axis_off()
        for name, box in self.boxes.items():
            _draw_population(axes, box, self.circuit.populations[name])
        for name, route in self.routes.items():
            _draw_edge(axes, route, self.circuit.projections[name])
        _draw_symbols(axes, self.labels, self.symbols, self.circuit)
        if self.title:
            axes.text(self.left + _BORDER, self.top - 0.06, literal(self.title), fontsize=FONT + 1, fontweight="bold", va="top")


def _symbol_width(text: str) -> float:
    return text_width(text.replace(r"\top", "T"), FONT) + 0.03


def _draw_population(axes: Axes, box: Box, population: Population) -> None:
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Circle, FancyBboxPatch

    colour = _ROLES[population.role]
    left, _, bottom, top = box.edges
    pad = 0.05
    axes.add_patch(
        FancyBboxPatch(
            (left + pad, bottom + pad),
            box.width - 2 * pad,
            box.height - 2 * pad,
            boxstyle=f"round,pad={pad}",
            facecolor=(*to_rgb(colour), 0.1),
            edgecolor=colour,
            linewidth=0.9,
            gid=population.name,
            zorder=2,
        )
    )
    axes.text(box.x, top - 0.06, population.name, fontsize=FONT, ha="center", va="top", color=BLACK, zorder=4)
    y = top - HEADING - STEP / 2
    for index in range(box.circles + box.ellipsis):
        if box.ellipsis and index == box.circles - 1:
            for dot in (-0.05, 0.0, 0.05):
                axes.add_patch(Circle((box.x, y + dot), 0.013, facecolor=colour, edgecolor="none", zorder=3))
        else:
            axes.add_patch(Circle((box.x, y), RADIUS, facecolor=colour, edgecolor="white", linewidth=0.5, zorder=3))
        y -= STEP
    if box.ellipsis:
        axes.text(
            box.x,
            bottom + 0.05,
            str(population.size),
            fontsize=SMALL,
            ha="center",
            va="bottom",
            color="#404040",
            zorder=4,
        )


def _draw_edge(axes: Axes, route: Route, projection: Projection) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    colour, dashes, _ = _EDGES[projection.receptor]
    thin = one_to_one(projection)
    end = route.control[3]
    inward = end - route.control[2]
    inward = inward / np.hypot(*inward)
    sideways = np.array([-inward[1], inward[0]])
    head = _HEAD * (0.8 if thin else 1.0)
    short = route.control - np.array([[0.0], [0.0], [0.9], [0.9]]) * head * inward
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    axes.add_patch(
        PathPatch(
            Path(short, codes),
            facecolor="none",
            edgecolor=colour,
            linestyle=dashes,
            linewidth=_THIN if thin else _THICK,
            capstyle="butt",
            gid=projection.name,
            zorder=1.5,
        )
    )
    base = end - head * inward
    corners = np.array([end, base + 0.42 * head * sideways, base - 0.42 * head * sideways])
    axes.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor="none", zorder=1.6))


def _draw_symbols(axes: Axes, placed: Mapping[str, Label], texts: Mapping[str, str], circuit: Circuit) -> None:
    for name, label in placed.items():
        colour = _EDGES[circuit.projections[name].receptor][0]
        ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.3}
        axes.text(label.x, label.y, texts[name], fontsize=FONT, ha="center", va="center", color=colour, bbox=ground, zorder=5)


def kinds_of_edges(diagrams: Sequence[Diagram]) -> list[Line2D]:
    """A line for each kind of edge that occurs."""
    occurring = [projection for diagram in diagrams for projection in diagram.circuit.projections.values()]
    kinds = [kind for kind in _EDGES if any(projection.receptor == kind for projection in occurring)]
    handles = [line_in_legend(color=_EDGES[k][0], linestyle=_EDGES[k][1], label=_EDGES[k][2], linewidth=_THICK) for k in kinds]
    if any(one_to_one(projection) for projection in occurring):
        handles.append(line_in_legend(color=_EDGES["drive"][0], label="thin: one to one", linewidth=_THIN))
    return handles
