from __future__ import annotations

import pytest

from neurosim.errors import (
    MOST_PROBLEMS,
    CircuitError,
    DataError,
    EnvironmentFailure,
    InputError,
    NeurosimError,
    Problem,
    RunError,
    ScenarioError,
    nearest,
    readable,
)


def test_how_a_problem_reads() -> None:
    assert str(Problem("a.b", "is wrong", "c")) == "a.b: is wrong; did you mean 'c'?"
    assert str(Problem("", "is wrong")) == "is wrong"


def test_how_several_read() -> None:
    several = InputError([Problem("a", "x"), Problem("b", "y", "z")], "circuit 'q'")
    assert str(several) == "circuit 'q': 2 problems\n  a: x\n  b: y; did you mean 'z'?"
    assert str(InputError([Problem("a", "x")])) == "a: x"
    assert str(InputError("just text", "here")) == "here: just text"
    assert InputError("just text").problems == (Problem("", "just text"),)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(RunError, 1), (InputError, 2), (CircuitError, 2), (ScenarioError, 2), (DataError, 2), (EnvironmentFailure, 4)],
)
def test_exit_codes(kind: type[NeurosimError], code: int) -> None:
    error = kind("text")
    assert isinstance(error, NeurosimError)
    assert error.exit_code == code
    assert "text" in str(error)


def test_what_was_probably_meant() -> None:
    assert nearest("hiden", ["hidden", "output"]) == "hidden"
    assert nearest("qqq", ["hidden", "output"]) is None
    assert nearest("x", []) is None


def test_names_of_any_kind_stay_on_one_line_that_can_be_read() -> None:
    assert str(Problem("a\n\x1b[2J", "no \0", "x\r")) == "a\\n\\x1b[2J: no \\x00; did you mean 'x\\r'?"
    assert readable("é → 名前", 80) == "é → 名前"
    assert len(str(Problem("x" * 10_000, "y" * 10_000, "z" * 10_000))) < 1_500
    assert "\x1b" not in str(InputError("text", "place\x1b"))


def test_of_very_many_problems_some_are_listed_and_all_counted() -> None:
    lines = str(InputError([Problem(f"a{index}", "x") for index in range(1234)], "here")).splitlines()
    assert (lines[0], lines[1], lines[-1], len(lines)) == ("here: 1234 problems", "  a0: x", "  … and 1184 more", 52)
    assert len(str(InputError([Problem("a", "x")] * MOST_PROBLEMS)).splitlines()) == MOST_PROBLEMS + 1


def test_what_was_meant_among_very_many_names() -> None:
    known = [f"p{index}" for index in range(5000)] + ["hidden", "input_to_hidden"]
    assert nearest("hiden", known) == "hidden"
    assert nearest("input_to_hiden", known) == "input_to_hidden"
    assert nearest("x" * 1_000_000, known) is None
