"""Numbers on a log axis that lie between powers of ten."""

from __future__ import annotations

from matplotlib.ticker import LogFormatterSciNotation


class Between(LogFormatterSciNotation):
    """What is between powers of ten on a log axis, written as plain numbers; nothing where there are many powers."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""
