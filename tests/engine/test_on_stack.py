"""Which arrays move to the stack while a kernel runs; that they come back with the right numbers is in `test_specialise`."""

from __future__ import annotations

from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.on_stack import LARGEST_ON_STACK, STACK_BYTES, Array, Stack
from neurosim.engine.specialise import Runtime
from neurosim.engine.state import State


def test_that_an_array_has_one_place_whoever_asks() -> None:
    stack = Stack({100: Array(64), 200: Array(64, 2)}, 4)
    assert [stack.name(100, "table[0, 1]"), stack.name(200, "table[0, 2]"), stack.name(100, "table[1, 5]")] == [
        "array_0",
        "array_1",
        "array_0",
    ]
    assert stack.places["array_0"][0] == "table[0, 1]"
    assert stack.name(101, "table[0, 1]") is None


def test_that_what_is_large_or_of_no_whole_lines_stays_where_it_is() -> None:
    arrays = {1: Array(LARGEST_ON_STACK), 2: Array(LARGEST_ON_STACK + 64), 3: Array(40), 4: Array(64, 4)}
    stack = Stack(arrays, 4)
    assert [address for address in arrays if stack.name(address, "")] == [1]


def test_that_the_stack_is_never_full() -> None:
    arrays = {address: Array(LARGEST_ON_STACK, 2) for address in range(1, 100)}
    stack = Stack(arrays, 4)
    moved = [address for address in arrays if stack.name(address, "")]
    assert len(moved) == STACK_BYTES // (2 * LARGEST_ON_STACK)


def test_that_two_steps_are_told_apart() -> None:
    stack = Stack({200: Array(64, 2)}, 4)
    assert stack.name(200, "table[0, 2]") == "array_0"
    assert "(first - 1 & 1) * 64" in stack.taken()
    assert "array_0_before" in stack.each_step()
    assert "(last - 1 & 1) * 64" in stack.given_back()
    assert "(last & 1) * 64" in stack.given_back()


def test_that_cells_of_a_table_point_to_arrays_that_may_move() -> None:
    """Signals that come or go trial by trial are not among them; weights and what happens within a trial are."""
    whole = validate(layered([4, 3, 2], feedback="random"))
    executor = CpuExecutor(lower(whole), State(whole, seed=1))
    cells = {int(cell) for _, row in executor._rows for cell in row if isinstance(cell, Runtime)}
    movable = executor._movable()
    assert movable.keys() & cells == movable.keys()
    assert {2} <= {array.steps for array in movable.values()}
    assert executor._slot("target.rate").ctypes.data in cells - movable.keys()
