"""Plain tables for the terminal, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with aligned columns; the first is flush left, the others flush right.

    >>> print(table(["arm", "n"], [["shallow", "3"]]))
    arm      n
    shallow  3
    """
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [
            cell.ljust(width) if k == 0 else cell.rjust(width) for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value: float, digits: int = 4) -> str:
    """A number as people read it, with so many digits.

    >>> number(0.0183), number(5.8e-12), number(0.63612, digits=3), number(float("nan"))
    ('0.0183', '5.8e-12', '0.636', '–')
    """
    if value != value:
        return "–"
    return f"{value:.{digits}g}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.1e}"


def many(count: int, thing: str) -> str:
    """A number of things.

    >>> many(1, "arm"), many(2, "arm")
    ('1 arm', '2 arms')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
