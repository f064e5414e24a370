"""Reading circuits from TOML, with every problem of a file told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.circuit.circuit import Circuit, parse
from neurosim.circuit.overrides import matches
from neurosim.circuit.toml_limits import LARGEST_FILE, beyond, crowded, position
from neurosim.circuit.validate import problems_with
from neurosim.errors import CircuitError, InputError, Problem
from neurosim.shelf import find


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputError: it cannot be read, is too large or nested too deeply, or is not TOML (with line and column).
    """
    text = _text_of(path)
    _refuse(beyond(text), path)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(str(path), f"is not TOML: {_in_words(str(error), text)}")]) from None
    except (ValueError, RecursionError) as error:
        raise InputError([Problem(str(path), f"is not TOML that can be read: {error}")]) from None
    _refuse(crowded(tables), path)
    return tables


def _refuse(problem: Problem | None, path: Path) -> None:
    if problem is not None:
        raise InputError([problem], str(path))


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    if len(content) > LARGEST_FILE:
        raise InputError([Problem(str(path), f"is larger than {LARGEST_FILE // 1_000_000} MB; expected a circuit or a scenario")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        line, column = position(before, len(before))
        likely = next((f"; it looks like {what}" for head, what in _HEADS.items() if content.startswith(head)), "")
        raise InputError([Problem(str(path), f"is not text in UTF-8, at line {line}, column {column}{likely}")]) from None


_HEADS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x89HDF": "a recording", b"PK": "an archive", b"\x1f\x8b": "an archive"}
"""How files begin that are taken for TOML."""

_MEANT = {
    "Invalid value": "expected a value: a number, true or false, a text in quotes, a list or a table",
    "Cannot overwrite a value": "a second value for the same key",
    "Invalid statement": "expected KEY = VALUE or a [table]",
    "Illegal character '\\n'": "a text that does not end on its line",
}
"""The parser's words, and what they mean to who wrote the file."""


def _in_words(told: str, text: str) -> str:
    """What the parser says, with the line that it speaks of."""
    what, _, where = told.removesuffix(")").rpartition(" (at ")
    twice = re.fullmatch(r"Cannot declare \((.*?),?\) twice", what)
    line = re.match(r"line (\d+)", where)
    shown = text.split("\n")[int(line[1]) - 1].strip()[:60] if line else ""
    if twice:
        what = f"a second table of the name {twice[1].replace(chr(39), '').replace(', ', '.')}"
    elif what == "Cannot overwrite a value" and shown.startswith("["):
        what = "the name has another value above; every table of a list is written as [[NAME]]"
    else:
        what = _MEANT.get(what, what)
    return f"{what[:1].lower()}{what[1:]}, at {where}{f': {shown!r}' if shown else ''}"


def load_circuit(name_or_path: str | Path, changes: Mapping[str, Any] | None = None) -> Circuit:
    """A circuit by its name on the shelf or by the path of a TOML file, checked.

    Args:
        name_or_path: `feedback_alignment`, or `my/circuit.toml`.
        changes: values by address, see `Circuit.replace`.

    Raises:
        InputError: no such circuit, or not TOML.
        CircuitError: with every problem of the circuit, each at its address.

    >>> load_circuit("shallow").populations["hidden"].size
    20
    """
    path = find("circuits", name_or_path)
    tables = read_toml(path)
    if "population" not in tables and {"task", "arm", "scenarios"} & set(tables):
        what = "a collection" if "scenarios" in tables else "a scenario"
        raise CircuitError([Problem(str(path), f"is {what}; expected a circuit")])
    tables.setdefault("name", path.stem)
    circuit, problems = parse(tables)
    declared = _declared(tables)
    broken = {problem.address.split(".")[0] for problem in problems}
    if declared - set(circuit.populations):
        broken.add("population")  # what is said of all populations together may be the fault of one that could not be read
    found = problems_with(circuit, also_known=declared, complete=not problems)
    problems += [problem for problem in found if problem.address.split(".")[0] not in broken]
    if problems:
        raise CircuitError(problems, str(path))
    if not changes:
        return circuit
    idle = [Problem(address, "changes nothing: no element has this place") for address in changes if _idle(circuit, address)]
    if idle:
        raise CircuitError(idle, f"{path} with changes")
    changed = circuit.replace(changes)
    found = problems_with(changed)
    if found:
        raise CircuitError(found, f"{path} with changes")
    return changed


def _idle(circuit: Circuit, address: str) -> bool:
    return "*" in address and not matches(circuit.to_tables(), address)


def _declared(tables: Mapping[str, Any]) -> set[str]:
    populations = tables.get("population", {})
    return set(populations) if isinstance(populations, Mapping) else set()
