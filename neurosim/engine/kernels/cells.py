"""What a kernel finds in its row of the table: operands by step, and its part of the neurons."""

from __future__ import annotations

SHARE = 64
"""Threads take neurons in shares of this many."""
PANEL = 256
"""BLAS computes so many postsynaptic neurons at a time, whoever calls it."""
TILE = 512
"""Blocked passes keep the sums of so many postsynaptic neurons near."""


def at(row, cell, step):
    """Where an operand's row of this step begins."""
    return row[cell] + (step & row[cell + 2]) * row[cell + 1]


def first_of(count, part, parts):
    """The first neuron of a part: boundaries are multiples of 64."""
    return min((count + SHARE - 1) // SHARE * part // parts * SHARE, count)
