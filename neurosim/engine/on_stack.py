"""Small arrays on the stack, while a kernel of a whole program runs.

Of memory at an address that a table tells, the compiler must believe that any other may overlap with it, and writes each number
before it reads the next. Arrays that a kernel has for itself do not overlap; small ones stay in registers from trial to trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LINE = 16
"""Rows of arrays are whole lines of so many numbers."""
LARGEST_ON_STACK = 256
"""Bytes. Larger arrays stay where they are: the compiler would want more registers for them than there are."""
STACK_BYTES = 16 * 1024
"""So much of the stack a kernel takes at most."""


@dataclass(frozen=True)
class Array:
    """An array that cells of a table point to.

    Attributes:
        nbytes: the bytes of one step.
        steps: of how many steps it holds the values, one after the other: 1, or 2.
    """

    nbytes: int
    steps: int = 1


@dataclass
class Stack:
    """The arrays that have moved to the stack, and the text that brings them there and back.

    Args:
        arrays: those that may, by where they begin.
        width: the bytes of a number.
    """

    arrays: Mapping[int, Array]
    width: int
    free: int = STACK_BYTES
    names: dict[int, str] = field(default_factory=dict)
    places: dict[str, tuple[str, Array]] = field(default_factory=dict)

    def name(self, address: int, cell: str) -> str | None:
        """What an array is called that is on the stack now; `cell` is where the table tells of it, for the first who asks."""
        array = self.arrays.get(address)
        if address not in self.names and array is not None and self._fits(array):
            self.free -= array.nbytes * array.steps
            self.names[address] = f"array_{len(self.names)}"
            self.places[self.names[address]] = cell, array
        return self.names.get(address)

    def _fits(self, array: Array) -> bool:
        small = array.nbytes <= LARGEST_ON_STACK and array.nbytes * array.steps <= self.free
        return small and array.steps <= 2 and array.nbytes % (LINE * self.width) == 0

    def taken(self) -> str:
        """Where the kernel begins: of two steps, the one before the first, and the one before that."""
        text = ""
        for name, (cell, array) in self.places.items():
            text += f"    {name}_there, {name} = {cell}, spare({array.nbytes})\n"
            step = "(first - 1 & 1)" if array.steps == 2 else "0"
            text += self._copied(name, "0", f"{name}_there", f"{step} * {array.nbytes}", array)
            if array.steps == 2:
                text += f"    {name}_before = spare({array.nbytes})\n"
                text += self._copied(f"{name}_before", "0", f"{name}_there", f"(first & 1) * {array.nbytes}", array)
        return text

    def each_step(self) -> str:
        """Where a step begins: what was now is before."""
        two = [(name, array) for name, (_, array) in self.places.items() if array.steps == 2]
        return "".join(self._copied(f"{name}_before", "0", name, "0", array, "        ") for name, array in two)

    def given_back(self) -> str:
        """Where the kernel ends."""
        text = ""
        for name, (_, array) in self.places.items():
            step = "(last - 1 & 1)" if array.steps == 2 else "0"
            text += self._copied(f"{name}_there", f"{step} * {array.nbytes}", name, "0", array)
            if array.steps == 2:
                text += self._copied(f"{name}_there", f"(last & 1) * {array.nbytes}", f"{name}_before", "0", array)
        return text

    def _copied(self, to: str, to_offset: str, source: str, source_offset: str, array: Array, indent: str = "    ") -> str:
        places = [f"{offset} + k" for offset in (to_offset, source_offset)]
        text = f"{indent}for k in range(0, {array.nbytes}, {LINE * self.width}):\n"
        return f"{text}{indent}    store_at({to}, {places[0]}, load_at({source}, {places[1]}, sixteen()))\n"
