from __future__ import annotations

import contextlib

import numpy as np
import pytest

from neurosim.circuit.layered import layered
from neurosim.engine.state import State
from neurosim.errors import InputError


def made(seed: int = 1, feedback: str = "random", dtype: str = "float32", **changes) -> State:
    return State(layered([6, 5, 3], feedback=feedback).replace(changes), seed, dtype)


def test_shapes_and_addresses() -> None:
    state = made()
    assert state["input_to_hidden.weights"].shape == (5, 6)
    assert state["hidden.bias"].shape == (5,)
    assert state["input_to_hidden.velocity"].shape == (5, 6)
    assert state["feedback_to_hidden.weights"].shape == (5,)
    assert state.storage("hidden.bias").shape == (5, 1)
    assert state.shape("hidden.bias") == (5,)
    assert list(state) == sorted(
        ["input_to_hidden.weights", "hidden.bias", "input_to_hidden.velocity", "feedback_to_hidden.weights"]
    )


def test_that_what_is_drawn_depends_on_seed_and_address_alone() -> None:
    one, other = made(), made(feedback="tied")
    assert other["hidden_to_output.weights"].any(), "asked for in another order"
    np.testing.assert_array_equal(one["input_to_hidden.weights"], other["input_to_hidden.weights"])
    assert (made(2)["input_to_hidden.weights"] != one["input_to_hidden.weights"]).all()
    np.testing.assert_array_equal(
        made(dtype="float64")["input_to_hidden.weights"].astype(np.float32), one["input_to_hidden.weights"]
    )


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_that_drawing_some_rows_at_a_time_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {"input_to_hidden.weights": {"kind": kind, "bound" if kind == "uniform" else "sd": 0.3}}
    whole = made(**weights)["input_to_hidden.weights"]
    monkeypatch.setattr("neurosim.engine.state.ROWS_AT_ONCE", 12)
    np.testing.assert_array_equal(made(**weights)["input_to_hidden.weights"], whole)


def test_that_a_pattern_leaves_zeros() -> None:
    state = made(**{"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.5}})
    pattern, weights = state["input_to_hidden.pattern"], state["input_to_hidden.weights"]
    assert set(np.unique(pattern)) == {0.0, 1.0}
    np.testing.assert_array_equal(weights != 0, pattern == 1)
    np.testing.assert_array_equal(weights, made()["input_to_hidden.weights"] * pattern)


def test_writing_and_forgetting() -> None:
    state = made()
    state["hidden.bias"] = np.arange(5.0)
    np.testing.assert_array_equal(state.storage("hidden.bias").values()[:, 0], np.arange(5.0))
    with pytest.raises(ValueError, match="read-only"):
        state["hidden.bias"][2] = 9.0
    before = state["hidden.bias"]
    state["hidden.bias"] = before + 1
    np.testing.assert_array_equal(before, np.arange(5.0), err_msg="what was read is a copy")
    del state["hidden.bias"]
    assert not state["hidden.bias"].any()
    with pytest.raises(InputError, match=r"expected the shape \(5,\), found \(4,\)"):
        state["hidden.bias"] = np.zeros(4)


@pytest.mark.parametrize(
    ("address", "suggestion"),
    [
        ("input_to_hiden.weights", "input_to_hidden.weights"),
        ("nothing", None),
        ("input.bias", None),
        ("input_to_hidden.bias", "input_to_hidden.weights"),
    ],
)
def test_that_an_unknown_array_is_told(address: str, suggestion: str | None) -> None:
    with pytest.raises(InputError) as caught:
        made()[address]
    assert caught.value.problems[0].address == address
    if suggestion:
        assert caught.value.problems[0].suggestion == suggestion


@pytest.mark.parametrize("feedback", ["tied", "pseudoinverse"])
def test_that_derived_weights_follow_from_others_whenever_they_are_read(feedback: str) -> None:
    state = made(feedback=feedback)
    turned = {"tied": np.transpose, "pseudoinverse": np.linalg.pinv}[feedback]
    for gain in (1.0, 2.0):
        state["hidden_to_output.weights"] = gain * state["hidden_to_output.weights"]
        wanted = turned(state["hidden_to_output.weights"].astype(np.float64))
        np.testing.assert_allclose(state["error_to_feedback.weights"], wanted, rtol=1e-4, atol=1e-6)
        assert state["error_to_feedback.weights"].dtype == state.dtype
    assert state.shape("error_to_feedback.weights") == (5, 3)
    assert "error_to_feedback.weights" not in list(state)
    assert len(state) == len(list(state))
    with pytest.raises(InputError, match=r"follow from those of hidden_to_output.weights"):
        state["error_to_feedback.weights"] = np.ones((5, 3))
    with pytest.raises(InputError):
        state["error_to_feedback.velocity"]
    later = State(layered([6, 5, 3], feedback="random"), 2)
    fixed = later["error_to_feedback.weights"].copy()
    later.carry(state)
    np.testing.assert_array_equal(later["error_to_feedback.weights"], fixed, err_msg="they are not carried over")
    again = made(feedback=feedback)
    again.carry(later)


def test_that_an_earlier_state_is_carried_over() -> None:
    """Weights go over by address, where the shape is the same (Supp. Fig. 14: backpropagation, then feedback alignment)."""
    earlier = made(1, "tied")
    earlier["input_to_hidden.weights"] = np.ones((5, 6))
    assert earlier["hidden_to_output.weights"].any()
    later = State(layered([6, 5, 3], feedback="random"), 2)
    later.carry(earlier)
    assert (later["input_to_hidden.weights"] == 1).all()
    np.testing.assert_array_equal(later["hidden_to_output.weights"], earlier["hidden_to_output.weights"])
    other = State(layered([6, 4, 3], feedback="random"), 2)
    other.carry(earlier)
    assert other["input_to_hidden.weights"].shape == (4, 6)


@pytest.mark.parametrize("feedback", ["random", "tied", "broadcast"])
def test_that_it_knows_what_it_holds_without_making_it(feedback):
    state = State(layered([4, 3, 2], feedback=feedback), seed=1)
    owners = [*state.circuit.populations, *state.circuit.projections, "nobody", ""]
    arrays = ("weights", "velocity", "pattern", "bias", "bias_velocity", "mean", "x", "")
    places = [f"{owner}.{array}" for owner in owners for array in arrays]
    held = {address for address in places if state.holds(address)}
    assert not state._arrays
    made = set()
    for address in places:
        with contextlib.suppress(InputError):
            state.storage(address)
            made.add(address)
    assert held == made
    assert held
