"""How a quantity is named, and how its axis looks: errors on a log axis, angles from 0 to 90° or to 180°."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from neurosim.errors import InputError, Problem, nearest
from neurosim.figures._arms import Arm, numbers, require_number
from neurosim.figures._style import GREY, SMALL
from neurosim.figures._traces import positive

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ZOOM = 95.0
"""Where an axis of angles ends that shows none far above 90°."""

NAMES = {
    "nse": "normalised squared error (NSE)",
    "nse_uncentred": "normalised squared error, uncentred",
    "test_error": "test error (fraction wrong)",
    "mse": "mean squared error (MSE)",
    "summed_squared_error": "summed squared error per trial",
    "loss": "loss L",
}
"""What the usual quantities are called in full, the most usual first."""

_ERRORS = {*NAMES, "error"}
_SYMBOLS = {"degree": "°"}


def name_of(compared: Sequence[Arm], address: str, labels: Mapping[str, str] | None = None) -> str:
    """What an axis is called: what `labels` say, else the usual name or the address, with units."""
    if labels and address in labels:
        return labels[address]
    units = units_of(compared, address) - {"1", ""}
    name = NAMES.get(address, address)
    return f"{name} ({', '.join(sorted(_SYMBOLS.get(unit, unit) for unit in units))})" if units else name


def units_of(compared: Sequence[Arm], address: str) -> set[str]:
    """The units that the arms give a quantity."""
    return {samples.units for arm in compared if (samples := arm.samples(address)) is not None}


def chosen_numbers(
    compared: Sequence[Arm], quantities: Sequence[str] | None, **by_address: Mapping[str, object] | None
) -> list[str]:
    """The quantities to show: those asked for, else every recorded number; `by_address` are options that name some of them.

    Raises:
        InputError: one of them is not recorded, or is not a number; or an option names none of them.
    """
    addresses = [require_number(compared, address) for address in quantities] if quantities else numbers(compared)
    problems = [
        Problem(f"{option}.{named}", f"is not shown; shown are {', '.join(addresses)}", nearest(named, addresses))
        for option, given in by_address.items()
        for named in given or ()
        if named not in addresses
    ]
    if problems:
        raise InputError(problems)
    return addresses


def on_log_axis(compared: Sequence[Arm], address: str, log: Sequence[str] | None) -> bool:
    """Whether a quantity goes on a log axis: those in `log`, else errors; never where nothing is above 0."""
    wanted = address in log if log is not None else any(part in _ERRORS for part in address.split("."))
    return wanted and positive(compared, address)


def is_angle(compared: Sequence[Arm], address: str) -> bool:
    """Whether a quantity is an angle in degrees."""
    return address.rpartition(".")[2] == "angle" or units_of(compared, address) == {"degree"}


def mark_angles(axes: Axes, zoom: bool) -> None:
    """A vertical axis of angles that ends at 95° or at 180°, with a line at 90°."""
    axes.axhline(90.0, color=GREY, linewidth=0.8, zorder=0.5)
    axes.set_ylim(-2.0, ZOOM if zoom else 180.0)
    axes.set_yticks(range(0, 91, 15) if zoom else range(0, 181, 30))


def on_log_scale(axes: Axes) -> None:
    """A logarithmic vertical axis from which numbers can be read off where it spans two powers of ten or fewer, too."""
    from neurosim.figures._between import Between

    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(Between(minor_thresholds=(2.2, 0.6)))
    axes.tick_params("y", which="minor", labelsize=SMALL - 1)


def scale_axis(
    axes: Axes, compared: Sequence[Arm], address: str, *, log: bool, limits: Mapping[str, Sequence[float]] | None = None
) -> None:
    """The vertical axis that suits a quantity as it is drawn, for all axes that share it, between the `limits` given for it.

    Raises:
        InputError: limits that are not two increasing numbers.
    """
    if log:
        on_log_scale(axes)
    elif is_angle(compared, address):
        together = axes.get_shared_y_axes().get_siblings(axes)
        zoom = max(one.dataLim.y1 for one in together) <= ZOOM
        for one in together:
            mark_angles(one, zoom)
    ends = (limits or {}).get(address)
    if ends is not None:
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise InputError([Problem(f"limits.{address}", f"expected the lower and the upper end, found {list(ends)}")])
        axes.set_ylim(*ends)
