"""ADDRESS=VALUE on the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from neurosim.circuit.toml_limits import beyond
from neurosim.errors import InputError, Problem


def parsed(texts: Sequence[str], option: str) -> dict[str, Any]:
    """Changes by address; a value is read as TOML, and as a plain text where it is none.

    >>> parsed(["hidden.size=5", "hidden.transfer=tanh"], "--set")
    {'hidden.size': 5, 'hidden.transfer': 'tanh'}
    """
    return {address: _value(value, option) for address, value in (_divided(text, option, "VALUE") for text in texts)}


def several(texts: Sequence[str], option: str) -> dict[str, list[Any]]:
    """As `parsed`, with more than one value for an address; commas in brackets, braces and quotes belong to a value.

    >>> several(["hidden.size=5,10", "output.bias=none,{weights = 'zeros', plasticity = 'delta'}"], "--grid")["hidden.size"]
    [5, 10]
    """
    found: dict[str, list[Any]] = {}
    for text in texts:
        address, values = _divided(text, option, "VALUE,VALUE,…")
        pieces = _split(values)
        if not all(pieces):
            raise InputError([Problem(text, "expected ADDRESS=VALUE,VALUE,…; a value is missing")], option)
        if address in found:
            raise InputError([Problem(text, f"{address} is given twice; say all its values at once")], option)
        found[address] = [_value(piece, option) for piece in pieces]
    return found


def _divided(text: str, option: str, expected: str) -> tuple[str, str]:
    address, equals, value = text.partition("=")
    if not equals or not address.strip():
        raise InputError([Problem(text, f"expected ADDRESS={expected}")], option)
    return address.strip(), value.strip()


def _split(text: str) -> list[str]:
    """The pieces between the commas that are in no bracket and no quotes."""
    pieces, depth, quote = [""], 0, ""
    for letter in text:
        if quote or letter in "\"'":
            quote = "" if letter == quote else quote or letter
        else:
            depth += (letter in "[{") - (letter in "]}")
        if letter == "," and not depth and not quote:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece.strip() for piece in pieces]


def _value(text: str, option: str) -> Any:
    too_much = beyond(text)
    if too_much is not None:
        raise InputError([Problem(text, too_much.message)], option)
    try:
        found = tomllib.loads(f"value = {text}")
    except ValueError:
        return text
    if set(found) != {"value"}:
        raise InputError([Problem(text, "expected one value")], option)
    return found["value"]
