"""Verdicts: the claims of scenarios, judged by recordings, as plain rows that the terminal, --json and reports all show."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from neurosim.errors import Damaged, DataError, InputError, RunError
from neurosim.recording import Recording
from neurosim.scenario.claims import TEXTS, evaluate
from neurosim.scenario.description import ClaimChoice, Scenario, arms_of
from neurosim.scenario.files import load_scenario
from neurosim.scenario.identity import fingerprint
from neurosim.shelf import names
from neurosim.verdict import Verdict

Row = dict[str, Any]
"""One claim: `scenario`, `scenario_title`, `scenario_source`, the `command` that runs it, a `remark` on its runs and the `effort`
that they were; the `claim`, whether it `holds`, the `value` found, its `interval` (two ends; None where a number is none) and
`n`, what was `wanted`, and the claim's texts `source`, `paper` and `explanation`."""
NOT_RUN = "not run"
DOES = ("task", "first_seed", "dtype", "set", "phase", "record")
"""What a scenario does, beside its arms and what the command line changes; its texts, figures and claims change no number."""


@dataclass(frozen=True)
class Header:
    """What the attributes of a recording tell, read without keeping it open: there may be more than a process may open."""

    path: Path
    status: str
    version: str
    backend: str
    scenario: str
    description: str
    arm: str
    fingerprint: str
    seed: int
    seconds: float | None
    passes: float | None

    @classmethod
    def of(cls, path: Path) -> Header:
        """The header of a recording; of one that no scenario made, `scenario` is empty. Raises DataError when it is damaged."""
        with Recording(path) as recording:
            told = {f: str(recording.attributes.get(name, "")) for f, name in _TEXTS_TOLD.items()}
            seed, seconds, passes = recording.whole_number("seed"), recording.real_number("seconds"), _passes(recording)
            return cls(path, recording.status, seed=seed, seconds=seconds, passes=passes, **told)


def _passes(recording: Recording) -> float | None:
    """How often a run saw its training set; None where it has none."""
    one, trials = recording.whole_number("trials_per_pass"), recording.whole_number("trials")
    return trials / one if one else None


_TEXTS_TOLD = {
    "version": "neurosim_version",
    "backend": "backend",
    "scenario": "scenario",
    "description": "scenario_description",
    "arm": "arm",
    "fingerprint": "fingerprint",
}
"""Field of a header → the attribute that tells it."""


@dataclass
class _Group:
    """A scenario with its claims, how it was recorded (None: not at all), and the recordings of each arm."""

    scenario: Scenario
    recorded: Scenario | None = None
    arms: dict[str, list[Header]] = field(default_factory=dict)


def judged(headers: Sequence[Header], current: Sequence[Scenario] = ()) -> list[Row]:
    """One row for each claim of each scenario, in the order of the recordings.

    Args:
        headers: of recordings that are complete; those that no scenario made are passed over.
        current: scenarios as their files are now. They come first, in this order, and are judged by the claims that they make
            now, instead of by those of the day on which they were recorded; without recordings no claim of theirs holds.

    Raises:
        DataError: recordings of an arm come from different experiments, or from another one than a current scenario is, or
            one of its seeds comes twice.
    """
    groups = {scenario.name: _Group(scenario) for scenario in current}
    for header in headers:
        if header.scenario:
            _place(groups, header)
    _require_one_experiment(groups)
    return [row for group in groups.values() for row in _rows(group, _of_others(group, groups))]


def proved() -> list[Row]:
    """One row for each check of what the paper proves or prints, by note."""
    from neurosim.theory.checks import THEORY_CHECKS

    about = {"scenario": "theory", "scenario_title": "What the paper proves", "command": "neurosim check theory", "remark": ""}
    about["scenario_source"] = "Lillicrap et al. 2016, Supplementary Notes 10 to 16"
    checks = sorted(THEORY_CHECKS.items(), key=lambda item: (item[1].source, item[0]))
    return [
        about | _told(_evaluated(check), {"title": check.title.removesuffix("."), "source": check.source, "paper": check.paper})
        for _, check in checks
    ]


def _place(groups: dict[str, _Group], header: Header) -> None:
    group = groups.get(header.scenario)
    if group is None or group.recorded is None:
        recorded = _described(header)
        group = groups.setdefault(header.scenario, _Group(recorded))
        group.recorded = recorded
    group.arms.setdefault(header.arm, []).append(header)


def _described(header: Header) -> Scenario:
    try:
        return Scenario.model_validate_json(header.description)
    except ValidationError:
        raise DataError(f"{header.path} does not describe its scenario in a way that this neurosim can read") from None


def _require_one_experiment(groups: Mapping[str, _Group]) -> None:
    for name, group in groups.items():
        for arm, headers in group.arms.items():
            if len({header.fingerprint for header in headers}) > 1:
                raise DataError(f"the recordings of the arm {arm!r} come from different experiments; check one folder for each")
            _require_once(arm, headers)
            if group.scenario is not group.recorded and _is_another(group.scenario, arm, headers[0]):
                told = f"the recordings of the arm {arm!r} were made by another {name!r} than its file describes now"
                raise DataError(f"{told}; run it again, or judge it by the claims of then")


def _require_once(arm: str, headers: Sequence[Header]) -> None:
    """That no seed comes twice: it would count as two."""
    known: dict[int, Path] = {}
    for header in headers:
        if header.seed in known:
            told = f"the seed {header.seed} of the arm {arm!r} comes twice, in {known[header.seed]} and in {header.path}"
            raise DataError(f"{told}; check one folder for each")
        known[header.seed] = header.path


def _is_another(current: Scenario, name: str, header: Header) -> bool:
    arm = next((arm for arm in current.arm if arm.name == name), None)
    return arm is not None and fingerprint(current, arm, header.backend) != header.fingerprint


def _of_others(group: _Group, groups: Mapping[str, _Group]) -> dict[str, list[Header]]:
    """The recordings of arms of other scenarios that a group's claims speak of, as `scenario/arm`."""
    named = {name for claim in group.scenario.claim for name in arms_of(claim) if "/" in name}
    split = {name: name.split("/", 1) for name in named}
    found = {name: groups[other].arms.get(arm, []) for name, (other, arm) in split.items() if other in groups}
    return {name: headers for name, headers in found.items() if headers}


def _rows(group: _Group, others: Mapping[str, Sequence[Header]]) -> list[Row]:
    about = {
        "scenario": group.scenario.name,
        "scenario_title": group.scenario.title,
        "scenario_source": group.scenario.source,
        "command": _command(group.recorded or group.scenario, max((len(several) for several in group.arms.values()), default=0)),
        "remark": _remark(group),
        "effort": _effort([header for headers in group.arms.values() for header in headers]),
    }
    with ExitStack() as opened:
        every = {**group.arms, **others}
        runs = {arm: [opened.enter_context(Recording(h.path)) for h in headers] for arm, headers in every.items()}
        return [about | _row(claim, _verdict(runs, claim)) for claim in group.scenario.claim]


def _effort(headers: Sequence[Header]) -> dict[str, Any]:
    """How much was computed: recordings, passes through the training set (the fewest and the most), and seconds in all."""
    passes = [header.passes for header in headers if header.passes is not None]
    seconds = [header.seconds for header in headers]
    whole = None if None in seconds else sum(second for second in seconds if second is not None)
    return {"recordings": len(headers), "passes": [min(passes), max(passes)] if passes else None, "seconds": whole}


def _remark(group: _Group) -> str:
    """That other seeds were run than the scenario's file says: claims are about those."""
    wanted = set(group.scenario.seed_numbers())
    found = {header.seed for headers in group.arms.values() for header in headers}
    if not found or found == wanted:
        return ""
    if found < wanted:
        return f"{len(found)} of its {len(wanted)} seeds"
    return f"other seeds than its own, {min(wanted)} to {max(wanted)}"


def _row(claim: ClaimChoice, verdict: Verdict) -> Row:
    return _told(verdict, {"title": claim.name} | {name: claim.parameters[name] for name in TEXTS if name in claim.parameters})


def _told(verdict: Verdict, given: Mapping[str, str]) -> Row:
    texts = {name: str(given.get(name, "")) for name in TEXTS}
    return {
        "claim": texts.pop("title"),
        "holds": verdict.holds,
        "value": _plain(verdict.value),
        "interval": [_plain(end) for end in verdict.interval],
        "n": verdict.n,
        "wanted": verdict.wanted,
        **texts,
    }


def _verdict(runs: Mapping[str, Sequence[Recording]], claim: ClaimChoice) -> Verdict:
    """The verdict on a claim; one that cannot be evaluated does not hold, and says why."""
    missing = ", ".join(sorted(set(arms_of(claim)) - set(runs)))
    if missing:
        return _none(f"{NOT_RUN}: {missing}")
    return _evaluated(partial(evaluate, runs, claim.name, claim.parameters))


def _evaluated(evaluate: Callable[[], Verdict]) -> Verdict:
    try:
        return evaluate()
    except Damaged:
        raise
    except (InputError, RunError) as error:
        return _none(f"cannot be evaluated: {error}")


def _none(why: str) -> Verdict:
    return Verdict(float("nan"), (float("nan"), float("nan")), 0, False, why)


def _plain(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None


def _command(recorded: Scenario, seeds: int) -> str:
    """The command that makes such recordings again, of so many seeds, as far as a command can say it."""
    if recorded.name not in names("scenarios"):
        return f"neurosim run {recorded.name}.toml"
    shipped = load_scenario(recorded.name)
    words = ["neurosim", "run", recorded.name]
    words += ["--seeds", str(seeds)] if seeds not in (0, shipped.seeds) else []
    for address, value in recorded.changes.items():
        words += ["--set", f"{address}={json.dumps(value, ensure_ascii=False)}"]
    same = _does(recorded) == _does(shipped)
    return shlex.join(words) + ("" if same else "  # with other values than its file has now")


def _does(scenario: Scenario) -> dict[str, Any]:
    arms = [arm.model_dump(exclude={"label"}) for arm in scenario.arm if not arm.grid]
    return {**scenario.model_dump(include=set(DOES)), "arm": arms}
