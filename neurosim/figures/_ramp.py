"""A ramp of colours from blue to red, for arms that differ in one number."""

from __future__ import annotations

import numpy as np

from neurosim.figures._style import Dashes, Look

# Dark at both ends and pale between, so that lightness tells the steps of each half apart and the hue (blue or orange,
# which every common kind of colour vision separates) tells the halves.
_ANCHORS = ("#17357F", "#2B7FC0", "#86B8DC", "#EFA25C", "#DA4A26", "#8A0A1E")
_DASHES: tuple[Dashes, ...] = ("solid", (0.0, (5.0, 1.5)), (0.0, (1.5, 1.0)))


def ramp(count: int) -> list[Look]:
    """So many looks from blue to red; neighbours differ in their dashes, too.

    >>> [look.colour for look in ramp(2)]
    ['#17357f', '#8a0a1e']
    """
    from matplotlib.colors import to_hex, to_rgb

    anchors = np.array([to_rgb(anchor) for anchor in _ANCHORS])
    places = np.linspace(0.0, len(anchors) - 1.0, count)
    colours = np.stack([np.interp(places, np.arange(len(anchors)), channel) for channel in anchors.T], axis=1)
    return [Look(to_hex(colour), _DASHES[index % len(_DASHES)], 1.5) for index, colour in enumerate(colours)]
