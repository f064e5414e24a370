"""How the error falls: one line per arm, the median over seeds with their spread (Supp. Figs 6, 7a, 7b and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matplotlib.figure import Figure

from neurosim.errors import InputError
from neurosim.figures._arms import Arm, arms, held, require, title_of
from neurosim.figures._style import name_axes, panels
from neurosim.figures._traces import Clock, Spread, Time, draw_arms, legend, positive
from neurosim.recording import Recording

_NAMES = {
    "nse": "normalised squared error (NSE)",
    "nse_uncentred": "normalised squared error, uncentred",
    "test_error": "test error (fraction wrong)",
    "mse": "mean squared error (MSE)",
    "loss": "loss L",
}


def figure(
    recordings: Sequence[Recording],
    quantity: str | None = None,
    scale: Literal["log", "linear"] = "log",
    spread: Spread = "quartiles",
    time: Time | None = None,
    title: str | None = None,
) -> Figure:
    """How the error falls: one line per arm, the median over seeds with their spread.

    Args:
        recordings: one per arm and seed.
        quantity: any recorded number; unless said otherwise the first of nse, nse_uncentred, test_error, mse, loss, and
            then of all others, that is recorded.
        scale: of the vertical axis. A log axis leaves out what is not above 0; where nothing is, it is linear.
        spread: what is shaded: between the `quartiles` or the `extremes` of the seeds; or all `seeds` as thin lines.
        time: `trials`, or `passes` through the data; passes where the recordings say how long one is.
        title: unless said otherwise the scenario's.

    Raises:
        InputError: no recording holds the quantity, or it is not one number per trial.

    Source: Supp. Figs 6, 7a, 7b, 8.
    """
    compared = arms(recordings)
    address = require(compared, quantity) if quantity else _usual(compared)
    _require_numbers(compared, address)
    log = scale == "log" and positive(compared, address)
    clock = Clock(compared, time)
    drawn, (axes,) = panels(1, title=title_of(compared) if title is None else title, right=1.2)
    draw_arms(axes, compared, address, spread, clock, log=log)
    if log:
        axes.set_yscale("log")
    name_axes(axes, clock.label, _named(compared, address))
    legend(drawn, [axes])
    return drawn


def _usual(compared: Sequence[Arm]) -> str:
    """The first of the usual quantities that is recorded, else the first number."""
    known = held(compared)
    for address in [*(name for name in _NAMES if name in known), *known]:
        if any((samples := arm.samples(address)) is not None and samples.values.ndim == 2 for arm in compared):
            return address
    raise InputError(f"no recording holds samples of a number over trials; they hold {', '.join(known) or 'nothing'}")


def _require_numbers(compared: Sequence[Arm], address: str) -> None:
    for arm in compared:
        samples = arm.samples(address)
        if samples is not None and samples.values.ndim != 2:
            shape = samples.values.shape[2:]
            raise InputError(f"{address}: expected one number per trial, found arrays of shape {shape}")


def _named(compared: Sequence[Arm], address: str) -> str:
    units = {samples.units for arm in compared if (samples := arm.samples(address)) is not None} - {"1", ""}
    name = _NAMES.get(address, address)
    return f"{name} ({', '.join(sorted(units))})" if units else name
