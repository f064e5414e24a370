"""How the error falls: one line per arm, the median over seeds with their spread (Supp. Figs 6, 7a, 7b and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from neurosim.figures._arms import Arm, arms, numbers, require_number, title_of
from neurosim.figures._quantities import NAMES, name_of, on_log_scale
from neurosim.figures._style import name_axes, panels
from neurosim.figures._traces import Clock, Spread, Time, draw_arms, legend, positive
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(
    recordings: Sequence[Recording],
    quantity: str | None = None,
    scale: Literal["log", "linear"] = "log",
    spread: Spread = "quartiles",
    solved: float | None = None,
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """How the error falls: one line per arm, the median over seeds with their spread.

    Args:
        recordings: one per arm and seed.
        quantity: any recorded number; unless said otherwise the first of nse, nse_uncentred, test_error, mse, loss, and
            then of all others, that is recorded.
        scale: of the vertical axis. A log axis leaves out what is not above 0; where nothing is, it is linear.
        spread: what is shaded: between the `quartiles` or the `extremes` of the seeds; or all `seeds` as thin lines; or `none`.
        solved: where a run has to end to count; the line, and what is shaded, is then of those runs alone, and the legend tells
            how many they are. All runs count unless it is given.
        time: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds the quantity, or it is not one number per trial.

    Source: Supp. Figs 6, 7a, 7b, 8.
    """
    compared = arms(recordings)
    address = require_number(compared, quantity or _usual(compared))
    log = scale == "log" and positive(compared, address)
    clock = Clock(compared, time)
    drawn, (axes,) = panels(1, title=title_of(compared) if title is None else title, right=1.2 if solved is None else 2.2)
    draw_arms(axes, compared, address, spread, clock, log=log, solved=solved)
    if log:
        on_log_scale(axes)
    name_axes(axes, clock.label, name_of(compared, address))
    legend(drawn, [axes], "" if solved is None else f"median of runs that end at ≤ {solved:g}")
    return drawn


def _usual(compared: Sequence[Arm]) -> str:
    """The first of the usual quantities that is recorded, else the first number."""
    known = numbers(compared)
    return next((address for address in NAMES if address in known), known[0])
