"""Each forward weight against the feedback weight that mirrors it, before and after learning (Supp. Fig. 7c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neurosim.errors import InputError
from neurosim.figures._arms import arms, require, title_of
from neurosim.figures._pairs import Pair, draw_cloud, draw_cross, pairs_of
from neurosim.figures._style import FONT, SMALL, name_axes, panels
from neurosim.figures._traces import count
from neurosim.recording import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def figure(
    recordings: Sequence[Recording],
    forward: str = "hidden_to_output.weights",
    feedback: str | None = None,
    seed: int | None = None,
    title: str | None = None,
) -> Figure:
    """Each element of W against the same element of Bᵀ, before and after learning: two panels per arm, one seed.

    The correlation r of the two is in each panel, the seed in its title.

    Args:
        recordings: one per arm and seed.
        forward: the forward weights W[post, pre].
        feedback: the feedback weights B[pre, post], recorded at least once; unless said otherwise those that feed what
            teaches the population that W starts from.
        seed: which seed; the first unless said otherwise.
        title: unless said otherwise the scenario's.

    Only arms whose feedback weights are recorded are shown.

    Raises:
        InputError: no recording holds the weights, nor this seed; or W and Bᵀ are not of the same shape.

    Source: Supp. Fig. 7c.
    """
    compared = arms(recordings)
    for wanted in (forward, feedback):
        if wanted is not None:
            require(compared, wanted)
    pairs = [pair for pair in pairs_of(compared, forward, feedback, seed) if pair.feedback is not None]
    if not pairs:
        raise InputError(f"feedback: no recording holds the feedback weights that mirror {forward}")
    drawn, all_axes = panels(2 * len(pairs), width=2.3, height=2.5, title=title_of(compared) if title is None else title)
    for index, pair in enumerate(pairs):
        named = f"{pair.label}, seed {pair.seed}"
        _draw(all_axes[2 * index], pair, 0, f"{named}\nbefore learning")
        _draw(all_axes[2 * index + 1], pair, -1, f"{named}\nafter {count(pair.trials[-1])} trials")
        all_axes[2 * index + 1].sharex(all_axes[2 * index])
    name_axes(all_axes[0], all_axes[0].get_xlabel(), "forward weight W")
    return drawn


def _draw(axes: Axes, pair: Pair, row: int, title: str) -> None:
    draw_cloud(axes, pair, row)
    draw_cross(axes)
    axes.set_title(title, fontsize=FONT)
    told = f"r = {_correlation(pair, row):.2f}".replace("-", "−")
    axes.text(0.04, 0.97, told, fontsize=SMALL, ha="left", va="top", transform=axes.transAxes)
    axes.margins(y=0.14)  # room for r
    name_axes(axes, "feedback weight $B^T$")


def _correlation(pair: Pair, row: int) -> float:
    """Pearson's r between the elements of W and of Bᵀ; nan where either does not vary."""
    assert pair.feedback is not None
    one, other = pair.forward[row].ravel(), pair.feedback[row].ravel()
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else float("nan")
