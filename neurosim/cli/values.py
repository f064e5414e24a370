"""ADDRESS=VALUE on the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from neurosim.errors import InputError, Problem


def parsed(texts: Sequence[str], option: str) -> dict[str, Any]:
    """Changes by address; a value is read as TOML, and as a plain text where it is none.

    >>> parsed(["hidden.size=5", "hidden.transfer=tanh"], "--set")
    {'hidden.size': 5, 'hidden.transfer': 'tanh'}
    """
    changes: dict[str, Any] = {}
    for text in texts:
        address, equals, value = text.partition("=")
        if not equals or not address:
            raise InputError([Problem(text, "expected ADDRESS=VALUE")], option)
        changes[address.strip()] = _value(value.strip())
    return changes


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text
