"""The angle between what a circuit teaches and what backpropagation would, over trials (Supp. Figs 13b and 13c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError
from neurosim.figures._arms import Arm, arms, held, require, title_of
from neurosim.figures._quantities import ZOOM, mark_angles
from neurosim.figures._style import FONT, name_axes, panels
from neurosim.figures._traces import Clock, Spread, Time, draw_arms, legend
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure(
    recordings: Sequence[Recording],
    quantity: str | None = None,
    zoom: bool | None = None,
    spread: Spread = "quartiles",
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """The angle between a population's teaching signal and backpropagation's: one panel per population, one line per arm.

    90° is marked: below it, what is taught points the way that backpropagation would go.

    Args:
        recordings: one per arm and seed.
        quantity: an angle in degrees, e.g. `hidden.angle`; unless said otherwise, every recorded `*.angle`.
        zoom: whether the axis ends at 95° instead of 180°; unless said otherwise, where no angle is larger.
        spread: what is shaded: between the `quartiles` or the `extremes` of the seeds; or all `seeds` as thin lines; or `none`.
        time: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    Arms that teach a population nothing have no angle there (nan) and no line.

    Raises:
        InputError: no recording holds the quantity, or any angle.

    Source: main text Fig. 2c; Supp. Figs 13b, 13c.
    """
    compared = arms(recordings)
    addresses = [require(compared, quantity)] if quantity else _angles(compared)
    clock = Clock(compared, time)
    if zoom is None:
        zoom = _largest(compared, addresses) <= ZOOM
    drawn, all_axes = panels(len(addresses), title=title_of(compared) if title is None else title, right=1.2)
    for axes, address in zip(all_axes, addresses, strict=True):
        mark_angles(axes, zoom)
        draw_arms(axes, compared, address, spread, clock)
        name_axes(axes, clock.label, "angle to backpropagation (°)" if axes is all_axes[0] else "")
        axes.set_title(address.rpartition(".")[0] or address, fontsize=FONT)
    legend(drawn, all_axes)
    return drawn


def _angles(compared: Sequence[Arm]) -> list[str]:
    known = held(compared)
    found = [address for address in known if address.endswith(".angle") and any(arm.holding(address) for arm in compared)]
    if not found:
        raise InputError(f"no recording holds an angle, e.g. 'hidden.angle'; they hold {', '.join(known) or 'nothing'}")
    return found


def _largest(compared: Sequence[Arm], addresses: Sequence[str]) -> float:
    """The largest number that any arm has of some quantities; 0 where there is none."""
    stacks = [samples.values for arm in compared for a in addresses if (samples := arm.samples(a)) is not None]
    finite = [values[np.isfinite(values)] for values in stacks]
    return max((float(values.max()) for values in finite if values.size), default=0.0)
