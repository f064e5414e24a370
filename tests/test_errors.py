from __future__ import annotations

import pytest

from neurosim.errors import (
    CircuitError,
    DataError,
    EnvironmentFailure,
    InputError,
    NeurosimError,
    Problem,
    RunError,
    ScenarioError,
    nearest,
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
