"""What no TOML file of a circuit or a scenario needs, told before anything is made of it: parsers take hours over such texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from neurosim.errors import Problem

LARGEST_FILE = 1_000_000
"""Bytes."""
DEEPEST = 32
"""Brackets within brackets, or parts of a dotted key."""
LONGEST_NUMBER = 100
"""Digits of a number; Python refuses to read more than 4300."""
MOST_SIGNS = 100_000
"""Brackets, numbers, texts, dots and equals signs together; as many weights may be written out in a file."""
MOST_ENTRIES = 1_000
"""Of a table, or of a list of anything but numbers."""

_SIGNS = re.compile(
    r'''
    (?P<text> """ (?: [^"\\] | \\. | "(?!"") )*+ (?:"{3,5})?
            | \'\'\' (?: [^'] | '(?!'') )*+ (?:'{3,5})?
            | " (?: [^"\\\n] | \\[^\n] )*+ "?
            | ' [^'\n]*+ '? )
    | (?P<comment> \#[^\n]*+ )
    | (?P<opens> [\[{] )
    | (?P<closes> [\]}] )
    | (?P<dot> \. )
    | (?P<number> (?<![\w-]) [0-9][0-9A-Za-z_.:+-]*+ )
    | (?P<equals> = )
    ''',
    re.VERBOSE | re.DOTALL,
)


def beyond(text: str) -> Problem | None:
    """The first thing in a TOML text that is nested too deeply, too long or too much; None where there is none.

    What is wrong with the text otherwise is the parser's business. Takes time in proportion to the length of the text.

    >>> str(beyond("x = 1\\ny = " + "[" * 40))
    'line 2, column 37: nested more than 32 levels deep'
    >>> beyond("x = '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['")
    """
    for place, told in _found(text):
        line, column = position(text, place)
        return Problem(f"line {line}, column {column}", told)
    return None


def crowded(tables: dict[str, Any]) -> Problem | None:
    """The first place in what was parsed that holds too many entries, or is nested too deeply; None where there is none.

    >>> str(crowded({"arm": [{}] * 2000}))
    'arm: expected at most 1,000 entries, found 2,000'
    """
    found: list[tuple[tuple[str, ...], Any]] = [((), tables)]
    while found:
        address, value = found.pop()
        inner = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        count = len(inner) if isinstance(value, dict) else sum(not isinstance(one, int | float | list) for one in value)
        if count > MOST_ENTRIES:
            return Problem(".".join(address), f"expected at most {MOST_ENTRIES:,} entries, found {count:,}")
        if len(address) >= DEEPEST:
            return Problem(".".join(address), f"nested more than {DEEPEST} levels deep")
        found += [((*address, str(key)), one) for key, one in reversed(inner) if isinstance(one, dict | list)]
    return None


def position(text: str, place: int) -> tuple[int, int]:
    """Line and column of a place in a text, both from 1.

    >>> position("a\\nbc", 3)
    (2, 2)
    """
    return text.count("\n", 0, place) + 1, place - (text.rfind("\n", 0, place) + 1) + 1


def _found(text: str) -> Iterator[tuple[int, str]]:
    depth = dots = 0
    for count, sign in enumerate(_SIGNS.finditer(text)):
        kind = sign.lastgroup
        if count == MOST_SIGNS:
            yield sign.start(), f"more than {MOST_SIGNS:,} keys, values and brackets"
        if kind == "number" and len(sign.group()) > LONGEST_NUMBER:
            yield sign.start(), f"a number of more than {LONGEST_NUMBER} digits"
        depth = max(0, depth + (kind == "opens") - (kind == "closes"))
        dots = dots + 1 if kind == "dot" else 0 if kind in ("opens", "closes", "equals") else dots
        if depth > DEEPEST:
            yield sign.start(), f"nested more than {DEEPEST} levels deep"
        if dots >= DEEPEST:
            yield sign.start(), f"a key of more than {DEEPEST} parts"
