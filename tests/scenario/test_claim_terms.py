"""Claims that cannot be judged are told before the run: without bounds, or about what is never recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.tiny import TINY
from scenario.tiny import BASE

from neurosim.errors import ScenarioError
from neurosim.recording import sampling
from neurosim.scenario.claim_terms import _any_between
from neurosim.scenario.claims import CLAIMS, Verdict, claim
from neurosim.scenario.files import checked, load_scenario
from neurosim.scenario.runner import with_changes

VALUE = {"check": "value", "arm": "random", "quantity": "nse", "below": 1.0}


def told(moments: bool = True, **terms: Any) -> list[str]:
    """What is wrong with one claim; recorded are nse every 10 and the weights every 20 of 60 trials."""
    record = {"nse": 10, "input_to_hidden.weights": 20}
    tables = {**BASE, "record": record, "phase": [{"trials": 45}], "claim": [terms], "figure": [], "table": []}
    try:
        checked(tables, "test", moments=moments)
    except ScenarioError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("name", [name for name in CLAIMS if {"above", "below"} <= set(CLAIMS[name].parameters.fields)])
def test_a_bound_must_be_there_and_leave_room(name: str) -> None:
    fields = CLAIMS[name].parameters.fields
    given = {"arm": "random", "arms": ["random", "tied"], "quantity": "nse", "address": "input_to_hidden.weights"}
    given |= {"reaches": 0.5, "against": [1.0, 2.0], "of": "mean", "since": 0}
    terms = {"check": name} | {term: given[term] for term in fields if term in given}
    missing = "claim.0: expected 'above', 'below', or both"
    assert (missing in told(**terms)) == (fields["above"][1] is None and fields["below"][1] is None)
    assert told(**terms, above=0.0, below=1.0) == []
    assert told(**terms, above=1.0, below=1.0) == ["claim.0: expected 'above' to be less than 'below', found 1 and 1"]


@pytest.mark.parametrize("trial", [0, 10, 40, 45])
def test_moments_at_which_it_is_recorded(trial: int) -> None:
    assert trial in sampling(10, 45)
    assert told(**VALUE, trial=trial) == []


@pytest.mark.parametrize("trial", [5, 44, 46, 50, 10**15])
def test_moments_at_which_it_is_not(trial: int) -> None:
    wanted = f"nse of the arm 'random' is recorded every 10 trials, from 0 to 45, but not at trial {trial:,}"
    assert told(**VALUE, trial=trial) == [f"claim.0.trial: {wanted}"]


def test_each_term_that_is_a_moment_is_told() -> None:
    found = told(check="change", arm="random", quantity="nse", below=1.0, since=5, until=44)
    assert [line.split(":")[0] for line in found] == ["claim.0.since", "claim.0.until"]
    found = told(check="units", arm="random", address="input_to_hidden.weights", of="mean", above=0.0, trial=10)
    recorded = "input_to_hidden.weights of the arm 'random' is recorded every 20 trials, from 0 to 45"
    assert found == [f"claim.0.trial: {recorded}, but not at trial 10"]


def test_each_arm_has_its_own_length() -> None:
    arms = [{**BASE["arm"][0], "phase": [{"trials": 20}], "repeat": 2}, *BASE["arm"][1:]]
    order = {"check": "order", "arms": [arm["name"] for arm in arms[:2]], "quantity": "nse", "trial": 45}
    tables = {**BASE, "arm": arms, "record": {"nse": 10}, "phase": [{"trials": 45}], "claim": [order], "figure": [], "table": []}
    with pytest.raises(ScenarioError) as caught:
        checked(tables, "test", moments=True)
    assert [p.message for p in caught.value.problems] == [
        f"nse of the arm '{arms[0]['name']}' is recorded every 10 trials, from 0 to 40, but not at trial 45"
    ]


@pytest.mark.parametrize(
    ("since", "until", "there"),
    [(0, None, True), (45, None, True), (46, None, False), (41, 44, False), (41, 45, True), (11, 20, True), (11, 19, False)],
)
def test_stretches_in_which_something_is_recorded(since: int, until: int | None, there: bool) -> None:
    terms = {"check": "always", "arm": "random", "quantity": "nse", "below": 1.0, "since": since}
    found = told(**terms, **({} if until is None else {"until": until}))
    assert (found == []) == there
    assert all("but never from trial" in line for line in found)


def test_stretches_are_those_of_the_recording() -> None:
    random = np.random.default_rng(1)
    for _ in range(300):
        interval, last, since, until = (int(n) for n in random.integers(1, 60, 4))
        recorded = any(since <= trial <= until for trial in sampling(interval, last))
        assert _any_between(since, until, interval, last) == recorded


def test_a_run_made_shorter_may_leave_claims_open(tmp_path: Path) -> None:
    assert told(moments=False, **VALUE, trial=1000) == []
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    scenario = load_scenario(tmp_path / "tiny.toml")
    assert checked(with_changes(scenario, {"record.nse": 30, "phase.0.trials": 30}), "shorter").record["nse"] == 30
    (tmp_path / "tiny.toml").write_text(TINY.replace("trial = 0", "trial = 30"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="but not at trial 30"):
        load_scenario(tmp_path / "tiny.toml")


@pytest.mark.parametrize(
    ("terms", "wanted"),
    [
        ({"point": [1.0] * 3}, "claim.0.point: expected 12 numbers, as input_to_hidden.weights of 'random' has, found 3"),
        ({"point": [1.0] * 12}, None),
    ],
)
def test_a_point_has_as_many_coordinates(terms: dict[str, Any], wanted: str | None) -> None:
    found = told(check="ends_near", arm="random", address="input_to_hidden.weights", within=1.0, **terms)
    assert found == ([wanted] if wanted else [])


def test_numbers_for_arms_are_held_against_the_arms() -> None:
    scales = {"check": "scales", "arms": ["random", "tied"], "quantity": "nse", "reaches": 0.1, "below": 2.0}
    assert told(**scales, against=[1.0]) == ["claim.0.against: expected one number for each of the 2 arms, found 1"]
    assert told(**scales, against=[1.0, -1.0]) == ["claim.0.against: expected numbers above 0, found -1"]
    assert told(**scales, against=[10**30, 1]) == []


def test_names_and_bounds_are_told_together() -> None:
    assert told(check="order", arms=["random", "nobody"], quantity="nsee")[0].startswith("claim.0.arms.1: no arm 'nobody'")
    assert len(told(check="value", arm="nobody", quantity="nsee")) == 3
    assert told(check="basin", arm="random") == [
        "claim.0.second: 'hidden_to_output.weights' is not recorded; recorded are nse, input_to_hidden.weights; "
        "did you mean 'input_to_hidden.weights'?"
    ]


def test_a_claim_of_ones_own_is_checked_alike() -> None:
    @claim
    def dips(runs, arm: str, quantity: str, above: float | None = None, below: float | None = None, since: int = 0):
        """It dips."""
        return Verdict(0.0, (0.0, 0.0), 1, True, "so it is")

    try:
        assert told(check="dips", arm="random", quantity="nse") == ["claim.0: expected 'above', 'below', or both"]
        assert "never from trial 50" in told(check="dips", arm="random", quantity="nse", above=0.0, since=50)[0]
    finally:
        CLAIMS._things.pop("dips")
