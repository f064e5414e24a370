"""Reading circuits from TOML, with every problem of a file told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from neurosim.circuit.circuit import Circuit, parse
from neurosim.circuit.overrides import matches
from neurosim.circuit.validate import problems_with
from neurosim.errors import CircuitError, InputError, Problem
from neurosim.shelf import find

LARGEST_FILE = 16_000_000


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        InputError: it cannot be read, is too large, or is not TOML (with line and column).
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise InputError([Problem(str(path), f"is larger than {LARGEST_FILE // 1_000_000} MB")])
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError([Problem(str(path), f"is not text in UTF-8 (byte {error.start})")]) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem(str(path), f"is not TOML: {error}")]) from None
    except RecursionError:
        raise InputError([Problem(str(path), "is nested too deeply")]) from None
    except OSError as error:
        raise InputError([Problem(str(path), f"cannot be read: {error.strerror}")]) from None


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
