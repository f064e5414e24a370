"""A short part of what `python -m tests.faults` tries, in this process: the same files, and the same must hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faults import data_files, descriptions, recordings
from faults.messages import GOLDEN, misses
from faults.told import Looked, Told


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    recordings.laid_out(folder)
    return folder


def held(look: Callable[[str, int], Looked], folder: Path, numbers: range) -> set[str]:
    """How the files of these numbers ended, none of them wrongly."""
    looked = [look(str(folder), number) for number in numbers]
    assert [fault for one in looked for fault in one.faults if "took" not in fault and "needed" not in fault] == []
    return {one.outcome for one in looked}


def test_malformed_files_are_refused_or_valid(tmp_path: Path) -> None:
    assert held(descriptions.validated, tmp_path, range(70)) == {"refused", "valid"}


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path) -> None:
    assert "refused" in held(descriptions.run, tmp_path, range(20))


def test_damaged_recordings_tell_the_truth_or_nothing(laid_out: Path) -> None:
    assert {"refused", "right numbers"} <= held(recordings.looked_at, laid_out, range(1, 150, 2))


def test_damaged_files_of_data_sets_too(tmp_path: Path) -> None:
    try:
        outcomes = held(data_files.loaded, tmp_path, range(40))
    finally:
        data_files.taken_away()
    assert {"owner's checksum: refused", "no checksum: refused"} <= outcomes


def test_messages_to_the_letter(tmp_path: Path) -> None:
    assert len(GOLDEN) >= 60
    assert len({golden.kind for golden in GOLDEN}) >= 9
    assert [told for _, told in misses(tmp_path)] == []


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (Told(2, "", "neurosim: x\n", 0.1), None),
        (Told(0, "valid\n", "", 0.1), None),
        (Told(2, "", "", 0.1), "refused without a message"),
        (Told(2, "", "Error: x\n", 0.1), "refused without a message"),
        (Told(2, "half an answer", "neurosim: x\n", 0.1), "refused, and yet answered"),
        (Told(1, "", "neurosim: x\n", 0.1), "exit code 1"),
        (Told(2, "", "neurosim: \x1b[2J\n", 0.1), "unprintable signs"),
        (Told(2, "", f"neurosim: {'x' * 3000}\n", 0.1), "a line of 3010 letters"),
        (Told(-1, "", "", 0.1, "Traceback …\nKeyError: 3"), "traceback: KeyError: 3"),
    ],
)
def test_that_a_fault_would_be_seen(told: Told, fault: str | None) -> None:
    found = list(told.faults())
    assert (found == []) if fault is None else any(fault in one for one in found)


def test_that_slowness_would_be_seen() -> None:
    assert any("took 1.50 s" in fault for fault in Told(2, "", "neurosim: x\n", 1.5).slow())
