"""Slices: a list cut into parts of nearly equal length, so that jobs which know nothing of each other share the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from neurosim.errors import InputError, Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Slice:
    """Part `index`, counted from 0, of `of` parts that together are the whole, without overlap.

    Raises:
        InputError: there is no such part.

    >>> [Slice(index, 3).cut("abcd") for index in range(3)]
    [['a'], ['b'], ['c', 'd']]
    """

    index: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.of:
            expected = f"expected a whole number from 0 to {self.of - 1}, because --of is {self.of}"
            raise InputError([Problem("--index", f"{expected}; found {self.index}")])

    def cut(self, whole: Sequence[T]) -> list[T]:
        """This part of a list; parts of fewer elements than there are parts may be empty."""
        first, last = (len(whole) * index // self.of for index in (self.index, self.index + 1))
        return list(whole[first:last])


WHOLE = Slice(0, 1)
