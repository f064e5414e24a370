"""`neurosim check`: the claims of a scenario against its recordings, or the paper's theory; one line each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from neurosim.cli.table import number
from neurosim.errors import DataError, InputError, Problem, RunError, nearest
from neurosim.recording import Recording, find_recordings
from neurosim.scenario.claims import evaluate
from neurosim.scenario.description import Scenario
from neurosim.verdict import Verdict

THEORY = "theory"
"""The one argument that means no place with recordings."""


def command(arguments: argparse.Namespace) -> int:
    """Evaluate every claim of every scenario found, or every theory check; 3 if one does not hold."""
    places = arguments.recordings
    return _print(_theory() if places == [THEORY] else _claims(places), as_json=arguments.json)


def _print(lines: Iterable[dict[str, Any]], *, as_json: bool) -> int:
    """Each line as soon as it is known, or all of them as one document; returns the exit code."""
    told = []
    for line in lines:
        told.append(line)
        if not as_json:
            print(_told(line), flush=True)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    return 0 if all(line["holds"] for line in told) else 3


def _theory() -> Iterator[dict[str, Any]]:
    from neurosim.theory.checks import THEORY_CHECKS

    for name, check in sorted(THEORY_CHECKS.items(), key=lambda item: (item[1].source, item[0])):
        title = check.title.removesuffix(".")
        yield {**_line(THEORY, title, _verdict(check), check.source), "check": name, "paper": check.paper}


def _claims(places: list[str]) -> list[dict[str, Any]]:
    if len(places) == 1 and not Path(places[0]).exists() and nearest(places[0], [THEORY]):
        raise InputError([Problem(places[0], "there is no such file or folder", THEORY)])
    with ExitStack() as opened:
        recordings = [opened.enter_context(Recording(p)) for place in places for p in find_recordings(place)]
        lines = [line for scenario, runs in _scenarios(recordings) for line in _lines(scenario, runs)]
    if not lines:
        raise DataError("these recordings hold no claims: they were not made by a scenario that has any")
    return lines


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
            verdict = _verdict(partial(evaluate, runs, claim.name, claim.parameters))
        lines.append(_line(scenario.name, title, verdict, source))
    return lines


def _verdict(evaluated: Callable[[], Verdict]) -> Verdict:
    """The verdict; what cannot be evaluated does not hold, and says why."""
    try:
        return evaluated()
    except (InputError, RunError) as error:
        return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, f"cannot be evaluated: {error}")


def _line(scenario: str, claim: str, verdict: Verdict, source: str) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "claim": claim,
        "holds": verdict.holds,
        "value": _plain(verdict.value),
        "interval": [_plain(end) for end in verdict.interval],
        "n": verdict.n,
        "wanted": verdict.wanted,
        "source": source,
    }


def _plain(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None


def _told(line: dict[str, Any]) -> str:
    value = "–" if line["value"] is None else number(line["value"])
    low, high = ("–" if end is None else number(end) for end in line["interval"])
    verdict = "holds         " if line["holds"] else "does not hold "
    source = f"  [{line['source']}]" if line["source"] else ""
    found = f"{value} ({low} … {high}), n = {line['n']}"
    return f"{verdict} {line['scenario']}: {line['claim']}: {found}; wanted {line['wanted']}{source}"
