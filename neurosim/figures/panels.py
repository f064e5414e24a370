"""Several quantities side by side, one line per arm: an error and the angles of what is taught (Supp. Fig. 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from neurosim.figures._arms import arms, title_of
from neurosim.figures._quantities import chosen_numbers, name_of, on_log_axis, scale_axis
from neurosim.figures._ramp import ramp
from neurosim.figures._style import FONT, name_axes, panels
from neurosim.figures._traces import Clock, Spread, Time, draw_arms, legend
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(
    recordings: Sequence[Recording],
    quantities: list[str] | None = None,
    log: list[str] | None = None,
    labels: dict[str, str] | None = None,
    limits: dict[str, list[float]] | None = None,
    colours: Literal["arms", "ramp"] = "arms",
    spread: Spread = "quartiles",
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """Several quantities side by side: one panel per quantity, one line per arm, the median over seeds.

    Args:
        recordings: one per arm and seed.
        quantities: recorded numbers, in the order of the panels; unless said otherwise all.
        log: which of them have a log axis, which leaves out what is not above 0; unless said otherwise errors and losses.
        labels: quantity → what its axis is called; unless said otherwise its address and units.
        limits: quantity → the lower and the upper end of its axis.
        colours: `arms`, by their names; or `ramp`, from blue to red in the order of the arms.
        spread: what is shaded: between the `quartiles` or the `extremes` of the seeds; or all `seeds` as thin lines; or `none`.
        time: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    Angles go from 0 to 90°, or to 180° where what is drawn is larger than 95°.

    Raises:
        InputError: no recording holds a quantity, or it is not one number per trial; an option names none of them.

    Source: Supp. Fig. 13.
    """
    compared = arms(recordings)
    addresses = chosen_numbers(compared, quantities, log=dict.fromkeys(log or ()), labels=labels, limits=limits)
    clock = Clock(compared, time)
    drawn_as = ramp(len(compared)) if colours == "ramp" else None
    shown = title_of(compared) if title is None else title
    drawn, all_axes = panels(len(addresses), width=2.9, title=shown, right=1.2, shared=False)
    for index, (axes, address) in enumerate(zip(all_axes, addresses, strict=True)):
        logarithmic = on_log_axis(compared, address, log)
        draw_arms(axes, compared, address, spread, clock, log=logarithmic, drawn_as=drawn_as)
        scale_axis(axes, compared, address, log=logarithmic, limits=limits)
        name_axes(axes, clock.label, name_of(compared, address, labels))
        if len(addresses) > 1:
            axes.set_title(chr(ord("a") + index), fontsize=FONT + 1, fontweight="bold", loc="left")
    legend(drawn, all_axes)
    return drawn
