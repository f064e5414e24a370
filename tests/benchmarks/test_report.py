"""The report tells missed from reached, and every contestant is there and does the right thing."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pytest
from child import Failed, ask
from cost_fit import fitted
from cost_page import page as cost_page
from figure import MISSED, NOT_MEASURED, REACHED, Figure, Target
from race import OURS, SHARES, WITH_BIASES, Race
from reference import reference
from report import HEADINGS, lines, page, summary
from speed import NAMES, arguments, document
from targets import ENTRIES, PEERS, SIDE_BY_SIDE
from work import Work

HERE = Path(__file__).parent
TINY = {
    "online": Work((3, 2, 2), 40, 0.05, seconds=0.0),
    "two hidden populations": Work((5, 4, 3, 2), 40, 0.05, seconds=0.0),
    "batches": Work((5, 4, 2), 40, 0.05, batch=10, seconds=0.0),
}
SEEDS = Work((3, 2, 2), 40, 0.05, threads=2, seeds=3, seconds=0.0)


def test_a_missed_figure_is_printed_as_missed_and_a_reached_one_as_reached() -> None:
    missed = Figure("ratios", "slow", "×", [0.5, 3.0, 0.6], Target(1.0))
    reached = Figure("start-up", "quick", "s", [1.0, 1.5], Target(2.0, at_most=True))
    late = Figure("start-up", "late", "s", [2.5], Target(2.0, at_most=True))
    failed = Figure("ratios", "gone", "×", [math.nan], Target(1.0))
    assert [figure.verdict for figure in (missed, reached, late, failed)] == [MISSED, REACHED, MISSED, NOT_MEASURED]
    told = lines([missed, reached, late, failed])
    assert told[0].split()[:2] == ["MISSED", "slow"]
    assert told[1].split()[:2] == ["reached", "quick"]
    assert summary([missed, reached, late, failed]).splitlines() == [
        "1 of 4 figures reached, 1 not measured",
        "MISSED: slow: 0.6 (0.5 … 3)×, target ≥ 1",
        "MISSED: late: 2.5 s, target ≤ 2",
    ]


def test_the_page_is_made_from_json_alone_and_says_what_was_missed() -> None:
    entry = next(entry for entry in ENTRIES if entry.name == "wide_1")
    held = Race(entry, {OURS: [100.0], "jax": [10.0], "torch": [math.nan], WITH_BIASES: [1.0]}, {"bandwidth": [1e9]})
    held.failures["torch"] = "out of patience"
    told = page(json.loads(json.dumps(document([held], held.figures(), 1), allow_nan=False)))
    assert "| 784-1000-10, online, 1 thread: neurosim over jax | 10× | ≥ 2.2 | reached |" in told
    assert "| 784-1000-10, online, 1 thread, with biases | 1 /s | ≥ 15 k | **MISSED** |" in told
    assert "| 784-1000-10, online, 1 thread: neurosim over torch | – | ≥ 4 | not measured |" in told
    assert "failed: out of patience" in told
    assert held.shares("bandwidth") == [100.0 * 8 * 784_000 / 1e9]


def test_every_work_and_target_names_something_that_exists() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for entry in ENTRIES:
        assert set(entry.targets) <= set(entry.contestants)
        assert set(entry.ceilings) <= set(SHARES)
        assert set(entry.caps) <= set(PEERS)
        for name in (OURS, *entry.contestants):
            assert (HERE / f"contestant_{name}.py").is_file()
            assert entry.work_of(name).trials % entry.work.batch == 0
        assert {figure.part for figure in Race(entry, {OURS: []}, {c: [] for c in entry.ceilings}).figures()} <= set(HEADINGS)


def test_a_part_alone_is_not_written() -> None:
    with pytest.raises(SystemExit):
        arguments(["--only", "tiny", "--write", "docs"])


@pytest.mark.parametrize("kind", TINY)
@pytest.mark.parametrize("name", [OURS, "numpy"])
def test_those_that_are_always_there_do_every_kind_of_work_right(name: str, kind: str) -> None:
    assert ask(f"contestant_{name}.py", TINY[kind].question())["rate"] > 0


@pytest.mark.parametrize("name", [OURS, *(name for name in PEERS if name != "numpy")])
def test_every_other_contestant_does_the_hardest_of_its_works_right(name: str) -> None:
    """One work each: importing a peer takes longer than all else here, and a wrong contestant is never timed anyway."""
    _skipped_without(PEERS.get(name, "numpy"))
    work = SEEDS if name in (OURS, *SIDE_BY_SIDE) else TINY["two hidden populations"]
    assert ask(f"contestant_{name}.py", work.question())["rate"] > 0


def test_a_contestant_that_is_wrong_is_not_timed(tmp_path: Path) -> None:
    script = tmp_path / "idle.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(HERE)!r})\nfrom compete import compete\n"
        "compete({'idle': lambda work: (lambda trials: None, lambda: [work.weights()[0]])})\n",
        encoding="utf-8",
    )
    with pytest.raises(Failed, match=r"^wrong by 1\.0e\+00$"):
        ask(str(script), TINY["online"].question())


def test_the_references_of_the_two_ways_back_differ() -> None:
    work = TINY["online"]
    aligned, tied = reference(work), reference(work, backpropagation=True)
    assert (aligned[0] != tied[0]).any()


def test_the_fit_finds_the_cost_that_was_put_in() -> None:
    sizes = (1e3, 1e5, 1e6, 3e7, 1e8)
    points = [
        {"sweep": "synapses", "batch": 1, "threads": 1, "synapses": n, "arrays": 4 * n, "peak": 1e8 + 4 * n, "sizes": [2, 2, 1]}
        | {"seconds": 1e-6 + n * (1e-11 if 4 * n < 2**25 else 5e-11)}
        for n in sizes
    ]
    fits = fitted(points, 2**25)
    assert {fit["regime"]: round(1e12 * fit["per_synapse"], 3) for fit in fits} == {"cache": 10.0, "memory": 50.0}
    described = {"date": "", "processor": "", "cores": 1, "shared_cache": None, "memory": 1, "system": "", "python": ""}
    told = cost_page({"machine": {**described, "packages": {}}, "command": "", "points": points, "fits": fits})
    assert "| 1e+10 | online, 1 thread | 500 ms | 40.1 GB |" in told


def _skipped_without(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
