"""TOML as text: a writer for tables, and ways of writing them down wrong."""

# ruff: noqa: E501 - tables of values
from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any


def written(tables: Mapping[str, Any]) -> str:
    """Tables as a TOML text, every value of the root in one line.

    >>> written({"a": {"b": [1, "x"]}})
    'a = { b = [1, "x"] }\\n'
    """
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tables.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return json.dumps(value) if isinstance(value, str) else str(value)


def misspelt(text: str, random: Random) -> str:
    """One letter of one word is missing, doubled, or another one."""
    words = [match for match in re.finditer(r"[A-Za-z_]{3,}", text)]
    if not words:
        return text
    word = random.choice(words)
    place = random.randrange(word.start(), word.end())
    return text[:place] + random.choice(("", text[place] * 2, random.choice("aeinqz_"))) + text[place + 1 :]


def another_token(text: str, random: Random) -> str:
    """One value is written as another one, of any type and size."""
    tokens = [match for match in re.finditer(r"(?<=[=\[,{ ])(\"[^\"\n]*\"|-?[0-9][0-9.e_+-]*|true|false)", text)]
    if not tokens:
        return text
    token = random.choice(tokens)
    return text[: token.start()] + random.choice(TOKENS) + text[token.end() :]


def without_a_line(text: str, random: Random) -> str:
    """A line is missing."""
    lines = text.splitlines(keepends=True)
    del lines[random.randrange(len(lines))]
    return "".join(lines)


def line_twice(text: str, random: Random) -> str:
    """A line comes twice: a key, or a table, of the same name."""
    lines = text.splitlines(keepends=True)
    place = random.randrange(len(lines))
    return "".join([*lines[: place + 1], *lines[place:]])


def lines_moved(text: str, random: Random) -> str:
    """A line stands elsewhere, perhaps in another table."""
    lines = text.splitlines(keepends=True)
    line = lines.pop(random.randrange(len(lines)))
    lines.insert(random.randrange(len(lines) + 1), line)
    return "".join(lines)


def table_twice(text: str, random: Random) -> str:
    """A whole table comes twice."""
    pieces = re.split(r"(?m)^(?=\[)", text)
    place = random.randrange(len(pieces))
    return "".join([*pieces[: place + 1], *pieces[place:]])


def without_a_table(text: str, random: Random) -> str:
    """A whole table is missing."""
    pieces = re.split(r"(?m)^(?=\[)", text)
    del pieces[random.randrange(len(pieces))]
    return "".join(pieces)


def nested(text: str, random: Random) -> str:
    """Something is nested deeply: arrays, inline tables, dotted keys or headers of tables."""
    deep = random.choice((8, 31, 33, 200, 2000, 50_000))
    pieces = (
        "[" * deep + "]" * deep,
        "[" * deep,
        "{ a = " * deep + "1" + " }" * deep,
        "{ " + ".".join(["a"] * deep) + " = 1 }",
    )
    added = random.choice(
        (f"deep = {random.choice(pieces)}\n", ".".join(["a"] * deep) + " = 1\n", f"[{'.'.join(['b'] * deep)}]\n")
    )
    return _inserted(text, added, random)


def odd_text(text: str, random: Random) -> str:
    """Signs that no keyboard has, in the middle or at the beginning: unicode, controls, NUL, byte order marks."""
    odd = random.choice(ODD)
    place = random.choice((0, random.randrange(len(text) + 1)))
    return text[:place] + odd + text[place:]


def other_line_ends(text: str, random: Random) -> str:
    """The ends of lines as other systems write them, or mixed."""
    return text.replace("\n", random.choice(("\r\n", "\r", "\n\r", "\u2028")), random.choice((-1, 1, 7)))


def very_long(text: str, random: Random) -> str:
    """A key, a text, a comment, a list or a line count that nobody writes by hand."""
    length = random.choice((10_000, 200_000, 900_000, 1_100_000))
    added = random.choice(
        (
            f"{'k' * length} = 1\n",
            f'text = "{"t" * length}"\n',
            f"# {'c' * length}\n",
            f"list = [{'1,' * (length // 2)}]\n",
            "\n" * length,
            "[[projection]]\n" * (length // 16),
            "".join(f"k{index} = 1\n" for index in range(length // 12)),
            "".join(f"[population.p{index}]\nsize = 1\n" for index in range(length // 40)),
        )
    )
    return _inserted(text, added, random)


def _inserted(text: str, added: str, random: Random) -> str:
    lines = text.splitlines(keepends=True)
    place = random.choice((0, len(lines), random.randrange(len(lines) + 1)))
    return "".join([*lines[:place], added, *lines[place:]])


TOKENS = (
    "0", "-1", "1e400", "-0.0", "nan", "inf", "-inf", "true", "false", '""', '" "', "[]", "{}", "[[]]", "[1, 'x']", "{ kind = 1 }",
    "{ kind = 'uniform' }", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "9" * 400, "9" * 5000, "1" + "0" * 4299,
    "1e308", "5e-324", "0x7fffffff", "0o17", "1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "'none'", '"\\u0000"', '"\\u001b[31m"',
    '"' + "x" * 5000 + '"', '"run"', '"*"', '"../../etc"', '"a/b.toml"', '"/dev/zero"', '"."', '"hidden.rate"', "1000000000", "2147483648",
    "100000000000000", "0.1", "1.0", "3.0", "-5", "''", "'''", '"""', "[", "]", "{", "}", "=", ",", "[nan]", "[inf, 1]", "1_000", "+7",
)  # fmt: skip

ODD = (
    "\ufeff", "\0", "\x07", "\x1b[31m", "\x7f", "\u200b", "\u202e", "é", "名前", "💥", "\ud7ff", "ﬁ", "\u0301", "−", "“", "\t", "\u00a0", "\x85",
    "\\", '"', "'", "#", "=", "[", "]]",
)  # fmt: skip

SLIPS: dict[str, Callable[[str, Random], str]] = {
    slip.__name__: slip
    for slip in (
        misspelt,
        another_token,
        without_a_line,
        line_twice,
        lines_moved,
        table_twice,
        without_a_table,
        nested,
        odd_text,
        other_line_ends,
        very_long,
    )
}
