from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.engine.program import Operation
from neurosim.engine.schedule import schedule
from neurosim.errors import CircuitError


def operation(label: str, **accesses: str) -> Operation:
    return Operation(label=label, **{access: tuple(signals.split()) for access, signals in accesses.items()})


def labels(operations: list[Operation]) -> list[str]:
    return [one.label for one in schedule(operations)]


def test_that_a_signal_is_set_incremented_read_and_updated() -> None:
    four = [operation("a", updates="x"), operation("b", reads="x"), operation("c", increments="x"), operation("d", sets="x")]
    for order in permutations(four):
        assert labels(list(order)) == ["d", "c", "b", "a"]


@pytest.mark.parametrize("missing", ["sets", "increments", "reads", "updates"])
def test_that_an_access_may_be_missing(missing: str) -> None:
    accesses = [a for a in ("sets", "increments", "reads", "updates") if a != missing]
    some = [operation(f"{3 - i}", **{access: "x"}) for i, access in enumerate(accesses)]
    assert labels(some[::-1]) == [one.label for one in some]


def test_that_labels_decide_where_nothing_else_does() -> None:
    assert labels([operation(c) for c in "hgfedcba"]) == list("abcdefgh")
    assert labels([operation("b", increments="x"), operation("a", increments="x"), operation("c", sets="x")]) == ["c", "a", "b"]


def test_that_an_operation_may_read_what_it_updates() -> None:
    assert labels([operation("memory", reads="x", updates="x"), operation("other", reads="x")]) == ["other", "memory"]


@pytest.mark.parametrize("access", ["sets", "updates"])
def test_that_two_writers_are_a_race(access: str) -> None:
    with pytest.raises(CircuitError) as caught:
        schedule([operation("one", **{access: "x"}), operation("other", **{access: "x"})])
    (problem,) = caught.value.problems
    assert problem.address == "x"
    assert problem.message == "has two writers: one and other"


def test_that_a_loop_names_its_operations() -> None:
    with pytest.raises(CircuitError) as caught:
        schedule(
            [
                operation("a", sets="x", reads="y"),
                operation("b", sets="y", reads="z"),
                operation("c", sets="z", reads="x"),
                operation("d"),
            ]
        )
    path = caught.value.problems[0].message.removeprefix("a loop without delay: ").split(" → ")
    assert path[0] == path[-1]
    assert set(path) == {"a", "b", "c"}


@given(st.integers(0, 2**32), st.integers(1, 25))
def test_random_graphs(seed: int, count: int) -> None:
    """Whatever the order they are given in: the same order, and no signal read before it is set."""
    draw = random.Random(seed)
    some = [
        operation(f"{draw.random()}", sets=f"s{i}", reads=" ".join(f"s{j}" for j in range(i) if draw.random() < 0.2))
        for i in range(count)
    ]
    shuffled = draw.sample(some, count)
    order = schedule(shuffled)
    assert order == schedule(some)
    ready: set[str] = set()
    for one in order:
        assert set(one.reads) <= ready
        ready |= set(one.sets)
    assert len(order) == count
