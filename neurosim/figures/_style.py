"""One look for all figures: colours and line styles that can be told apart without seeing colour, and plain axes.

Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart; every line has a dash pattern of
its own besides. Grey for shallow, green for feedback alignment and black for backpropagation are the paper's (Fig. 2), as
are dark green for deep feedback alignment, and cyan and magenta for first layers that stay fixed (Supp. Fig. 6).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch


BLACK, GREY, PALE = "#000000", "#8C8C8C", "#D9D9D9"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
DARK_GREEN, CYAN, MAGENTA, RED = "#00553A", "#00B4E6", "#D60093", "#C8102E"

FONT = 9.0
SMALL = 8.0
LINE = 1.6
CHARACTERS_PER_INCH = 13.0

Dashes = Literal["solid", "dashed"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """How the lines of one arm look."""

    colour: str
    dashes: Dashes
    width: float = LINE

    @property
    def line(self) -> dict[str, Any]:
        """Keyword arguments of `Axes.plot`."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": self.width}


_SHALLOW = Look(GREY, (0.0, (1.0, 1.0)), 2.0)
_REINFORCEMENT = Look(PURPLE, (0.0, (6.0, 1.5, 1.0, 1.5)))
_ALIGNMENT = Look(GREEN, "solid", 2.0)
_BACKPROPAGATION = Look(BLACK, (0.0, (4.0, 1.5)))
_PSEUDOBACKPROP = Look(VERMILLION, (0.0, (4.0, 1.5, 1.0, 1.5, 1.0, 1.5)))

_DEEP_ALIGNMENT = Look(DARK_GREEN, (0.0, (7.0, 1.5)), 2.0)

_OF_THE_PAPER = {
    "shallow": _SHALLOW,
    "reinforcement": _REINFORCEMENT,
    "node perturbation": _REINFORCEMENT,
    "feedback alignment": _ALIGNMENT,
    "deep feedback alignment": _DEEP_ALIGNMENT,
    "backpropagation": _BACKPROPAGATION,
    "backprop": _BACKPROPAGATION,
    "pseudobackprop": _PSEUDOBACKPROP,
}

_VARIANTS = {
    ("deep", _ALIGNMENT): _DEEP_ALIGNMENT,
    ("deep", _BACKPROPAGATION): Look(BLACK, (0.0, (5.0, 1.0, 1.0, 1.0, 1.0, 1.0))),
    ("full", _REINFORCEMENT): Look(PURPLE, (0.0, (1.0, 1.0))),
    ("frozen", _ALIGNMENT): Look(MAGENTA, (0.0, (2.0, 1.0))),
    ("frozen", _BACKPROPAGATION): Look(CYAN, (0.0, (6.0, 1.5, 1.0, 1.5))),
}
"""What the last word of a name makes of the look of the words before it."""

_OTHERS = (
    Look(BLUE, "solid"),
    Look(VERMILLION, (0.0, (5.0, 1.5))),
    Look(SKY, (0.0, (2.0, 1.0))),
    Look(ORANGE, (0.0, (6.0, 1.5, 1.0, 1.5))),
    Look(PURPLE, (0.0, (4.0, 1.5, 1.0, 1.5, 1.0, 1.5))),
    Look(GREEN, (0.0, (1.0, 1.5))),
    Look(BLACK, (0.0, (8.0, 2.0))),
    Look(MAGENTA, (0.0, (3.0, 1.0, 1.0, 1.0))),
    Look(CYAN, (0.0, (7.0, 1.0, 3.0, 1.0))),
)


def looks(names: Iterable[str]) -> list[Look]:
    """The look of each arm: the paper's where its name is one of the paper's, else the next of a fixed cycle.

    >>> looks(["mine", "feedback_alignment"])[1].colour == GREEN
    True
    >>> looks(["backpropagation_frozen"])[0].colour == CYAN
    True
    """
    found: list[Look] = []
    others = 0
    for name in names:
        known = _of_the_paper(name)
        if known is None or known in found:
            found.append(_OTHERS[others % len(_OTHERS)])
            others += 1
        else:
            found.append(known)
    return found


def _of_the_paper(name: str) -> Look | None:
    words = name.lower().replace("_", " ").replace("-", " ")
    known = _OF_THE_PAPER.get(words)
    before, _, last = words.rpartition(" ")
    plain_look = _OF_THE_PAPER.get(before)
    return known if known is not None or plain_look is None else _VARIANTS.get((last, plain_look))


def blank(size: tuple[float, float], *, dpi: int = 150, layout: Literal["constrained"] | None = None) -> Figure:
    """An empty figure of so many inches; matplotlib, which takes most of a second, is imported only now."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, dpi=dpi, layout=layout)


def line_in_legend(**look: Any) -> Line2D:
    """A line that stands in a legend only."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **look)


def area_in_legend(colour: str, label: str) -> Patch:
    """An area that stands in a legend only."""
    from matplotlib.patches import Patch

    return Patch(color=colour, label=label)


def panels(
    count: int, *, width: float = 3.4, height: float = 2.7, title: str = "", right: float = 0.0, shared: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure of so many panels side by side; sizes of a panel are in inches.

    They share the vertical axis, unless told otherwise. `right` is what a legend beside the panels needs.
    """
    figure = blank((width * count + 0.6 + right, height + (0.3 if title else 0.0)), layout="constrained")
    axes = [figure.add_subplot(1, count, index + 1) for index in range(count)]
    for one in axes:
        plain(one)
        if shared and one is not axes[0]:
            one.sharey(axes[0])
            one.tick_params(labelleft=False)
    entitle(figure, title)
    return figure, axes


def entitle(figure: Figure, title: str) -> None:
    """The title of a whole figure, in as many lines as its width asks for; none where it is empty."""
    if title:
        lines = textwrap.wrap(title, max(20, int(figure.get_figwidth() * CHARACTERS_PER_INCH)))
        figure.suptitle(literal("\n".join(lines)), fontsize=FONT + 1)


def literal(text: str) -> str:
    """A user's text as it is: a dollar sign begins no formula.

    >>> literal("$5")
    '\\\\$5'
    """
    return text.replace("$", r"\$")


def plain(axes: Axes) -> None:
    """Axes without a frame on top and right, with small ticks."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_linewidth(0.8)
    axes.tick_params(which="both", labelsize=SMALL, width=0.8, direction="out")


def legend_below(axes: Axes, handlelength: float = 1.4) -> None:
    """A legend below the axes' own labels, however high the axes are."""
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure(root=True)
    assert figure is not None
    axes.legend(
        fontsize=SMALL,
        frameon=False,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=axes.transAxes + ScaledTranslation(0.0, -0.42, figure.dpi_scale_trans),
        handlelength=handlelength,
        handletextpad=0.5,
    )


def name_axes(axes: Axes, across: str = "", up: str = "") -> None:
    """Say what the axes show, with its unit."""
    axes.set_xlabel(across, fontsize=FONT)
    axes.set_ylabel(up, fontsize=FONT)
