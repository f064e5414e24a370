"""The smallest scenario worth the name: two arms on a linear map."""

from __future__ import annotations

from typing import Any

from neurosim.scenario.description import Scenario
from neurosim.scenario.files import checked

TASK = {"name": "linear_map", "inputs": 4, "outputs": 2, "tests": 20}
BASE: dict[str, Any] = {
    "name": "test",
    "title": "test",
    "task": TASK,
    "dtype": "float64",
    "arm": [
        {"name": "random", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "random"}},
        {"name": "tied", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "tied"}},
    ],
    "phase": [{"trials": 40}],
    "record": {"nse": 20, "input_to_hidden.weights": 20},
}


def scenario(**changes: Any) -> Scenario:
    return checked({**BASE, **changes}, "test")
