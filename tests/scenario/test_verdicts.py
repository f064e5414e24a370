"""Rows of verdicts: whose claims, from which recordings, and the command that makes them again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import h5py
import pytest
from scenario.tiny import scenario

from neurosim.errors import Damaged, DataError
from neurosim.recording import find_recordings
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.files import checked, load_scenario
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import with_changes
from neurosim.scenario.verdicts import Header, judged

CLAIM: dict[str, Any] = {"check": "value", "arm": "random", "quantity": "nse", "below": 2.0, "paper": "1", "source": "Fig. 1"}


def headers(folder: Path) -> list[Header]:
    return [Header.of(path) for path in find_recordings(folder)]


def claiming(*claims: dict[str, Any], **changes: Any) -> Scenario:
    return scenario(claim=[{**CLAIM, **claim} for claim in claims or ({},)], **changes)


def test_a_row_says_all_that_is_known_of_a_claim(tmp_path: Path) -> None:
    run_scenario(claiming({"title": "it falls"}, {"below": 0.0, "explanation": "it is never below 0"}, seeds=3), Plan(tmp_path))
    first, second = judged(headers(tmp_path))
    low, high = first.pop("interval")
    assert low <= first.pop("value") <= high
    effort = first.pop("effort")
    assert (effort["recordings"], effort["passes"]) == (6, None) and 0 < effort["seconds"] < 600
    assert first == {
        "scenario": "test",
        "scenario_title": "test",
        "scenario_source": "",
        "command": "neurosim run test.toml",
        "remark": "",
        "claim": "it falls",
        "holds": True,
        "n": 3,
        "wanted": "median < 2",
        "source": "Fig. 1",
        "paper": "1",
        "explanation": "",
    }
    assert (second["claim"], second["holds"], second["explanation"]) == ("value", False, "it is never below 0")


def test_what_cannot_be_judged_does_not_hold_and_says_why(tmp_path: Path) -> None:
    paired = {"check": "paired", "arms": ["random", "tied"], "quantity": "nse"}
    made = scenario(claim=[{**CLAIM, "arm": "tied"}, {**CLAIM, "trial": 7}, paired])
    run_scenario(made, Plan(tmp_path / "all"))
    run_scenario(made, Plan(tmp_path / "random", arms=["random"]))
    rows = judged(headers(tmp_path / "random"))
    assert [row["wanted"] for row in rows[::2]] == ["not run: tied"] * 2
    assert "cannot be evaluated: nse was not recorded at trial 7" in rows[1]["wanted"]
    assert [(row["holds"], row["value"], row["n"]) for row in rows] == [(False, None, 0)] * 3
    assert "a paired test needs at least two seeds, found 1" in judged(headers(tmp_path / "all"))[2]["wanted"]


def test_claims_are_those_of_the_recording_or_those_of_now(tmp_path: Path) -> None:
    run_scenario(claiming(), Plan(tmp_path))
    now = claiming({"below": 0.0, "paper": "2"})
    assert [(row["holds"], row["paper"]) for row in judged(headers(tmp_path))] == [(True, "1")]
    assert [(row["holds"], row["paper"]) for row in judged(headers(tmp_path), [now])] == [(False, "2")]
    other = claiming(set={"*.plasticity.eta": 0.1})
    with pytest.raises(DataError, match="'random' were made by another 'test' than its file describes now"):
        judged(headers(tmp_path), [other])


def test_what_is_claimed_now_and_was_not_run_does_not_hold(tmp_path: Path) -> None:
    run_scenario(claiming(), Plan(tmp_path))
    absent = claiming(name="absent")
    rows = judged(headers(tmp_path), [absent])
    assert [(row["scenario"], row["holds"]) for row in rows] == [("absent", False), ("test", True)]
    assert rows[0]["command"] == "neurosim run absent.toml"


def test_recordings_that_must_not_be_counted_together(tmp_path: Path) -> None:
    run_scenario(claiming(), Plan(tmp_path / "a"))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    with pytest.raises(DataError, match=r"the seed 0 of the arm 'random' comes twice, in .*a.random.* and in .*b.random"):
        judged(headers(tmp_path))
    shutil.rmtree(tmp_path / "b")
    run_scenario(claiming(set={"*.plasticity.eta": 0.1}, first_seed=1), Plan(tmp_path / "b"))
    with pytest.raises(DataError, match="different experiments"):
        judged(headers(tmp_path))


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "neurosim run xor --seeds 2"),
        ({"hidden.transfer": "tanh", "*.plasticity.eta": 0.25},
         "neurosim run xor --seeds 2 --set 'hidden.transfer=\"tanh\"' --set '*.plasticity.eta=0.25'"),
        ({"phase.0.passes": 60}, "neurosim run xor --seeds 2  # with other values than its file has now"),
    ],
)  # fmt: skip
def test_the_command_makes_such_recordings_again(tmp_path: Path, changes: dict[str, Any], command: str) -> None:
    short = {"seeds": 2, **changes}
    run_scenario(checked(with_changes(load_scenario("xor"), short), "xor"), Plan(tmp_path, arms=["feedback_alignment"]))
    assert {row["command"] for row in judged(headers(tmp_path))} == {command}


def test_a_damaged_recording_is_not_judged(tmp_path: Path) -> None:
    """A claim over it would seem not to hold."""
    run_scenario(claiming(), Plan(tmp_path))
    path = tmp_path / "random" / "seed_0.h5"
    known = headers(tmp_path)
    with h5py.File(path) as file:
        chunk = file["nse/nse"].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"seed_0\.h5 is damaged"):
        judged(known)


@pytest.mark.parametrize(
    ("attribute", "value", "told"),
    [
        ("scenario_description", "{", "does not describe its scenario in a way that this neurosim can read"),
        ("scenario_description", "[" * 100_000, "does not describe its scenario"),
        ("seed", "one", r"seed_0\.h5: attribute 'seed': expected a whole number, found 'one'"),
        ("seconds", "abc", r"seed_0\.h5: attribute 'seconds': expected a finite number, found 'abc'"),
        ("seconds", float("nan"), r"seed_0\.h5: attribute 'seconds': expected a finite number, found nan"),
        ("trials_per_pass", "x", r"seed_0\.h5: attribute 'trials_per_pass': expected a whole number, found 'x'"),
        ("trials", "x", r"seed_0\.h5: attribute 'trials': expected a whole number, found 'x'"),
    ],
)
def test_recordings_whose_attributes_are_something_else(tmp_path: Path, attribute: str, value: str | float, told: str) -> None:
    run_scenario(claiming(), Plan(tmp_path, arms=["random"]))
    with h5py.File(tmp_path / "random" / "seed_0.h5", "r+") as file:
        file.attrs[attribute] = value
    with pytest.raises(DataError, match=told):
        judged(headers(tmp_path))
