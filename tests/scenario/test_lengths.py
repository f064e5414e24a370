"""What no machine can hold, and what nobody can wait for, is told before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from neurosim.errors import ScenarioError
from neurosim.scenario import validate
from neurosim.scenario.files import checked

TABLES: dict[str, Any] = {
    "name": "test",
    "title": "test",
    "task": {"name": "linear_map", "inputs": 4, "outputs": 2, "tests": 1000},
    "arm": [{"name": "random", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "random"}}],
    "phase": [{"trials": 40}],
    "record": {"nse": 20},
}


def test_test_trials_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validate, "installed", lambda: 48_000)
    assert checked(TABLES, "test")
    monkeypatch.setattr(validate, "installed", lambda: 47_999)
    with pytest.raises(ScenarioError, match=r"task\.tests: expected test trials that fit into 0 GB of memory, found 1,000 of 6"):
        checked(TABLES, "test")


def test_a_run_of_a_length_that_ends() -> None:
    with pytest.raises(ScenarioError, match=r"phase: expected at most [\d,]+ trials in a run"):
        checked({**TABLES, "phase": [{"trials": 10**12}] * 3, "record": {"nse": 10**12}}, "test")
    with pytest.raises(ScenarioError, match=r"record\.nse: expected at most 1,000,000 moments, found 1,000,001"):
        checked({**TABLES, "phase": [{"trials": 10**6}], "record": {"nse": 1}}, "test")
