"""`neurosim check`: the claims of a scenario against its recordings, one line each."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from typing import Any

from neurosim.cli.table import number
from neurosim.errors import DataError, InputError
from neurosim.recording import Recording, find_recordings
from neurosim.scenario.claims import Verdict, evaluate
from neurosim.scenario.description import ClaimChoice, Scenario


def command(arguments: argparse.Namespace) -> int:
    """Evaluate every claim of every scenario found; 3 if one does not hold."""
    with ExitStack() as opened:
        recordings = [opened.enter_context(Recording(p)) for place in arguments.recordings for p in find_recordings(place)]
        lines = [line for scenario, runs in _scenarios(recordings) for line in _lines(scenario, runs)]
    if not lines:
        raise DataError("these recordings hold no claims: they were not made by a scenario that has any")
    if arguments.json:
        print(json.dumps(lines, ensure_ascii=False))
    else:
        for line in lines:
            print(_told(line))
    return 0 if all(line["holds"] for line in lines) else 3


def _scenarios(recordings: list[Recording]) -> list[tuple[Scenario, dict[str, list[Recording]]]]:
    """The recordings by scenario and arm; those that no scenario made are left out."""
    found: dict[str, tuple[Scenario, dict[str, list[Recording]]]] = {}
    for recording in recordings:
        described = recording.attributes.get("scenario_description")
        if recording.status != "complete":
            print(f"neurosim: left out, it is {recording.status}: {recording.path}", file=sys.stderr)
            continue
        if described is None:
            continue
        name = str(recording.attributes["scenario"])
        if name not in found:
            found[name] = Scenario.model_validate_json(str(described)), {}
        found[name][1].setdefault(str(recording.attributes["arm"]), []).append(recording)
    for _, runs in found.values():
        for arm, several in runs.items():
            if len({recording.attributes["fingerprint"] for recording in several}) > 1:
                raise DataError(f"the recordings of the arm {arm!r} come from different experiments; check one folder for each")
    return list(found.values())


def _lines(scenario: Scenario, runs: dict[str, list[Recording]]) -> list[dict[str, Any]]:
    lines = []
    for claim in scenario.claim:
        needed = {claim.parameters.get("arm"), *claim.parameters.get("arms", [])} - {None}
        title, source = claim.parameters.get("title", claim.name), claim.parameters.get("source", "")
        if not needed <= set(runs):
            missing = ", ".join(sorted(str(name) for name in needed - set(runs)))
            verdict = Verdict(float("nan"), (float("nan"), float("nan")), 0, False, f"not run: {missing}")
        else:
            verdict = _verdict(runs, claim)
        lines.append(
            {
                "scenario": scenario.name,
                "claim": title,
                "holds": verdict.holds,
                "value": _plain(verdict.value),
                "interval": [_plain(end) for end in verdict.interval],
                "n": verdict.n,
                "wanted": verdict.wanted,
                "source": source,
            }
        )
    return lines


def _verdict(runs: dict[str, list[Recording]], claim: ClaimChoice) -> Verdict:
    """The verdict on a claim; one that cannot be evaluated does not hold, and says why."""
    try:
        return evaluate(runs, claim.name, claim.parameters)
    except InputError as error:
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, f"cannot be evaluated: {error}")


def _plain(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None


def _told(line: dict[str, Any]) -> str:
    value = "–" if line["value"] is None else number(line["value"])
    low, high = ("–" if end is None else number(end) for end in line["interval"])
    verdict = "holds         " if line["holds"] else "does not hold "
    source = f"  [{line['source']}]" if line["source"] else ""
    found = f"{value} ({low} … {high}), n = {line['n']}"
    return f"{verdict} {line['scenario']}: {line['claim']}: {found}; wanted {line['wanted']}{source}"
