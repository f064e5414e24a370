from __future__ import annotations

import math
from typing import Annotated, Literal

import pytest
from pydantic import Field

from neurosim.errors import InputError
from neurosim.parameters import Choice, Fraction, NonNegative, Parameters, Positive


def formula(random, pre_rate, scale: Positive, shift: float = 0.5, part: Fraction = 1.0, count: int = 3): ...


PARAMETERS = Parameters(formula, supplied=("random", "pre_"), extra={"momentum": (NonNegative, 0.0)})


def test_that_names_kinds_and_defaults_come_from_the_signature() -> None:
    assert list(PARAMETERS.fields) == ["scale", "shift", "part", "count", "momentum"]
    assert PARAMETERS.fields["scale"][1] is ...
    assert PARAMETERS.complete({"scale": 2.0}) == {"scale": 2.0, "shift": 0.5, "part": 1.0, "count": 3, "momentum": 0.0}


@pytest.mark.parametrize(
    ("given", "address", "part"),
    [
        ({}, "w.scale", "is missing"),
        ({"scale": 0.0}, "w.scale", "above 0, found 0.0"),
        ({"scale": math.nan}, "w.scale", "finite"),
        ({"scale": math.inf}, "w.scale", "finite"),
        ({"scale": "1"}, "w.scale", "found '1'"),
        ({"scale": 1.0, "part": 1.5}, "w.part", "at most 1"),
        ({"scale": 1.0, "count": 1.5}, "w.count", "found 1.5"),
        ({"scale": 1.0, "momentum": -1.0}, "w.momentum", "found -1.0"),
        ({"scale": True}, "w.scale", "found True"),
        ({"scale": 1.0, "random": 3}, "w.random", "unknown key"),
    ],
)
def test_that_what_is_wrong_is_told(given: dict, address: str, part: str) -> None:
    (problem,) = PARAMETERS.problems(given, "w")
    assert problem.address == address
    assert part in problem.message
    with pytest.raises(InputError):
        PARAMETERS.complete(given, "w")


def test_that_all_of_it_is_told_with_suggestions() -> None:
    problems = PARAMETERS.problems({"scal": 1.0, "shift": "a"}, "w")
    assert {p.address: p.suggestion for p in problems} == {"w.scal": "scale", "w.scale": None, "w.shift": None}
    assert "known keys are scale, shift, part, count, momentum" in next(p.message for p in problems if p.address == "w.scal")


def test_that_a_whole_number_is_a_number() -> None:
    assert PARAMETERS.problems({"scale": 2}, "w") == []


def test_that_long_values_are_cut() -> None:
    (problem,) = PARAMETERS.problems({"scale": "x" * 1000}, "w")
    assert len(problem.message) < 150


def test_binding() -> None:
    assert PARAMETERS.bind(1.0, part=0.5) == {"scale": 1.0, "part": 0.5}
    with pytest.raises(InputError, match="takes 5 parameters"):
        PARAMETERS.bind(1, 2, 3, 4, 5, 6)


class Kind(Choice):
    key = "kind"


def test_choices() -> None:
    assert Kind.model_validate("zeros") == Kind(name="zeros")
    table = {"kind": "uniform", "bound": 0.5}
    assert Kind.model_validate(table).model_dump() == table
    assert Kind.model_validate(Kind.model_validate(table)) == Kind(name="uniform", parameters={"bound": 0.5})
    assert hash(Kind.model_validate(table)) == hash(Kind.model_validate(dict(table)))
    for wrong in ({"bound": 0.5}, 3, None, {"kind": 3}):
        with pytest.raises(ValueError):
            Kind.model_validate(wrong)


def test_a_parameter_called_name() -> None:
    """A choice's parameters may have any name but its key."""
    table = {"kind": "odd", "name": "x"}
    assert Kind.model_validate(table).model_dump() == table


Row = list[Annotated[float, Field(le=1e30)]]


def unions(values: list[Row] | Row, one: str | int = 0, few: Annotated[list[str], Field(min_length=2)] = ["a", "b"]): ...  # noqa: B006


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"values": [[1.0, "x"]]}, "w.values.0.1: expected a number, found 'x'"),
        ({"values": [1.0, "x"]}, "w.values.1: expected a number, found 'x'"),
        ({"values": [[1e31]]}, "w.values.0.0: expected at most 1e+30, found 1e+31"),
        ({"values": 3}, "w.values: expected a list, found 3"),
        ({"values": [], "one": 1.5}, "w.one: expected a whole number, found 1.5"),
        ({"values": [], "few": ["a"]}, "w.few: expected at least 2 entries, found ['a']"),
    ],
)
def test_of_the_kinds_of_a_union_the_one_that_was_meant_is_told(given: dict, told: str) -> None:
    assert [str(problem) for problem in Parameters(unions).problems(given, "w")] == [told]


def choosing(kind: Literal["median", "mean"], yes: bool = True, text: str = "", table: dict[str, float] = {}): ...  # noqa: B006


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "men"}, "expected 'median' or 'mean', found 'men'; did you mean 'mean'?"),
        ({"kind": 3}, "expected 'median' or 'mean', found 3"),
        ({"kind": "mean", "yes": 1}, "expected true or false, found 1"),
        ({"kind": "mean", "text": 1}, "expected a text, found 1"),
        ({"kind": "mean", "table": 1}, "expected a table, found 1"),
    ],
)
def test_that_it_is_told_without_words_of_python(given: dict, told: str) -> None:
    (problem,) = Parameters(choosing).problems(given, "w")
    assert str(problem).partition(": ")[2] == told
