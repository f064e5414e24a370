"""Every theory check holds, and every one of them can fail: each is planted with a defect that it must find."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neurosim.registry import kinds
from neurosim.theory import convergence_probability as cp
from neurosim.theory import feedback_alignment_flow as fa
from neurosim.theory import gauss_newton as gn
from neurosim.theory import pseudoinverse as single
from neurosim.theory import squash
from neurosim.theory import three_neurons as tn
from neurosim.theory import vector_field as vf
from neurosim.theory.checks import (
    THEORY_CHECKS,
    largest,
    note_12,
    note_15,
    note_16,
    smallest,
    theorem_1,
    theorem_2,
    theory_check,
    within,
)

SHIPPED = list(THEORY_CHECKS)


def against_the_feedback(B: np.ndarray, T: np.ndarray) -> fa.Weights:
    """W points away from Bᵀ, so at first the error grows."""
    return fa.Weights(np.zeros((len(B), T.shape[1])), -0.2 * B.T)


def with_equal_columns(seed: int, drawn: Any = theorem_1._drawn) -> tuple[np.ndarray, np.ndarray]:
    B, T = drawn(seed)
    B[:, 1] = B[:, 0]
    return B, T


def with_target_of_rank_one(seed: int, drawn: Any = theorem_1._drawn) -> tuple[np.ndarray, np.ndarray]:
    B, T = drawn(seed)
    return B, np.outer(T[:, 0], T[0])


def minus(function: Callable[..., Any], part: Callable[..., Any]) -> Callable[..., Any]:
    """A function without a part of it: `minus(f, g)(…) = f(…) − g(…)`."""
    return lambda *arguments: function(*arguments) - part(*arguments)


def constant_with_wrong_sign(weights: fa.Weights, B: np.ndarray, constant: Any = fa.conserved) -> np.ndarray:
    A = weights.A
    return constant(weights, B) + 2 * A @ np.swapaxes(A, -1, -2)


def part_of_the_constant(weights: fa.Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    back = B @ fa.error(weights, T)
    return -2 * np.trace(fa.conserved(weights, B) @ back @ np.swapaxes(back, -1, -2), axis1=-2, axis2=-1)


def third_term(weights: fa.Weights, B: np.ndarray, T: np.ndarray) -> np.ndarray:
    back = B @ fa.error(weights, T)
    return -4 * np.trace(back @ back.T @ weights.A @ back.T)


def from_random_weights(seed: int, eta: float = theorem_2.ETA, spread: float = 0.25, learned: Any = theorem_2._learned) -> Any:
    return learned(seed, eta, spread)


def of_length_one(seed: int, drawn: Any = theorem_2._drawn) -> tuple[np.ndarray, np.ndarray]:
    B, target = drawn(seed)
    return B / np.linalg.norm(B @ target), target


def wrong_at(*entry: int) -> Callable[..., np.ndarray]:
    right = vf.three_neuron_jacobian

    def jacobian(*arguments: Any) -> np.ndarray:
        found = right(*arguments)
        found[entry] += 0.01
        return found

    return jacobian


def turned(W: np.ndarray) -> np.ndarray:
    return np.swapaxes(W, -1, -2)


def from_large_weights(seed: int, spread: float, drawn: Any = note_12._drawn) -> Any:
    return drawn(seed, 0.1)


def too_far(network: tn.ThreeNeurons, a: Any, w: Any) -> tuple[Any, Any]:
    """The flow to another target."""
    error = 1.1 * network.target - w * a
    return network.feedback * error, error * a


everywhere = {"converges": (cp, "converges", lambda W, B: np.ones(len(W), bool))}
all_aligned = (note_16, "_all", lambda *, aligned, drawn=note_16._all: drawn(aligned=True))
none_aligned = (note_16, "_all", lambda *, aligned, drawn=note_16._all: drawn(aligned=False))

PLANTS: dict[str, tuple[Any, str, Any]] = {
    "error_function_never_increases": (fa, "zeros", against_the_feedback),
    "zero_error": (theorem_1, "_drawn", with_equal_columns),
    "more_outputs_than_hidden": (theorem_1, "_drawn", lambda seed, hidden, drawn=theorem_1._drawn: drawn(seed)),
    "rank_deficient_feedback": (theorem_1, "_drawn", with_target_of_rank_one),
    "conserved_by_the_flow": (fa, "conserved", constant_with_wrong_sign),
    "conserved_by_small_steps": (fa, "conserved", constant_with_wrong_sign),
    "bounded_weights": (fa, "size_bound", lambda B, T: float(len(B))),
    "slope_of_the_error_function": (fa, "lyapunov_slope", lambda *w, right=fa.lyapunov_slope: 1.001 * right(*w)),
    "sign_of_the_constant": (fa, "lyapunov_slope", minus(fa.lyapunov_slope, part_of_the_constant)),
    "curvature_of_the_error_function": (fa, "lyapunov_curvature", minus(fa.lyapunov_curvature, third_term)),
    "feedback_is_the_pseudoinverse": (theorem_2, "_learned", from_random_weights),
    "random_start_is_not_the_pseudoinverse": (
        theorem_2,
        "_learned",
        lambda seed, spread, learned=theorem_2._learned: learned(seed),
    ),
    "hidden_lemma": (theorem_2, "_learned", from_random_weights),
    "output_lemma": (theorem_2, "_learned", from_random_weights),
    "factor_of_the_pseudoinverse": (single, "pseudoinverse", turned),
    "printed_factor": (theorem_2, "_drawn", of_length_one),
    "limit_of_the_hidden_scalar": (single, "hidden_limit", lambda B, y: float(np.sum((B @ y) ** 2) ** (-1 / 3))),
    "order_of_the_limit": (single, "hidden_limit", lambda B, y, right=single.hidden_limit: 1.01 * right(B, y)),
    "one_step_of_a_linear_network": (gn, "pseudoinverse", turned),
    "first_order_of_a_tanh_network": (squash.SQUASHES, "tanh", squash.Squash(np.tanh, lambda a: 1 - np.tanh(np.tanh(a)) ** 2)),
    "first_order_of_saturated_units": (squash.SQUASHES, "tanh", squash.Squash(np.tanh, lambda a: 1 - np.tanh(np.tanh(a)) ** 2)),
    "slope_at_the_wrong_place": (note_15, "squashing", lambda name: squash.SQUASHES["identity"]),
    "pseudoinverse_teaches": (note_15, "pseudoinverse", lambda W: -W.T),
    "derivative_of_the_field": (vf, "three_neuron_jacobian", wrong_at(0, 3)),
    "misprints_of_the_derivative": (vf, "printed_jacobian", vf.three_neuron_jacobian),
    "other_entries_of_the_derivative": (vf, "printed_jacobian", wrong_at(2, 1)),
    "backpropagation_is_the_gradient": all_aligned,
    "hidden_bias_without_slope": (squash.SQUASHES, "tanh", squash.Squash(np.tanh, np.ones_like)),
    "asymmetric_for_feedback_alignment": none_aligned,
    "symmetric_for_backpropagation": all_aligned,
    "work_of_feedback_alignment": none_aligned,
    "work_of_backpropagation": all_aligned,
    "minimum_is_no_rest": (vf, "Network", lambda *given, B=None, network=vf.Network, **named: network(*given, **named)),
    "endpoint_from_zero": (tn.ThreeNeurons, "endpoint", lambda self, a, w: (1.0, 1.0)),
    "every_way_ends_on_a_solution": (tn.ThreeNeurons, "flow", too_far),
    "invariant_of_three_neurons": (tn.ThreeNeurons, "invariant", lambda self, a, w: a**2 - w),
    "invariant_by_small_steps": (tn.ThreeNeurons, "invariant", lambda self, a, w: a**2 - w),
    "basin_of_the_bad_hyperbola": (tn.ThreeNeurons, "ends_badly", lambda self, a, w: (a < 0) & (w * a > 1)),
    **{f"share_converging_{outputs}": everywhere["converges"] for outputs in (*note_12.EXACT, *note_12.ESTIMATED, 10)},
    "share_converging_shrinks": everywhere["converges"],
    "share_converging_exactly": everywhere["converges"],
    "alignment_while_input_weights_learn": (note_12, "_drawn", from_large_weights),
    "alignment_while_output_weights_learn": (note_12, "_drawn", from_large_weights),
    "alignment_from_zero": (note_12, "_drawn", from_large_weights),
}
"""check → where the defect is planted, under which name, and what it is."""


def test_that_every_check_has_a_defect_to_find() -> None:
    assert sorted(PLANTS) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_that_it_holds(name: str) -> None:
    verdict = THEORY_CHECKS[name]()
    assert verdict.holds, verdict
    assert verdict.n >= 5
    assert all(math.isfinite(number) for number in (verdict.value, *verdict.interval))
    assert verdict.interval[0] <= verdict.value <= verdict.interval[1]


@pytest.mark.parametrize("name", SHIPPED)
def test_that_it_can_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, attribute, defect = PLANTS[name]
    if isinstance(place, dict):
        monkeypatch.setitem(place, attribute, defect)
    else:
        monkeypatch.setattr(place, attribute, defect)
    verdict = THEORY_CHECKS[name]()
    assert not verdict.holds, verdict


@pytest.mark.parametrize("name", SHIPPED)
def test_that_it_says_what_it_checks_and_where_the_paper_does(name: str) -> None:
    check = THEORY_CHECKS[name]
    assert check.name == name
    assert check.title.endswith(".")
    assert check.source.startswith(("Note ", "Supp. Fig. "))
    assert check.paper


def test_that_draws_are_fresh() -> None:
    """Tolerances were chosen on seeds 0 to 9."""
    assert min(*theorem_1.SEEDS, *note_12.DRAWS, *note_15.DRAWS) >= 100


def test_that_they_are_a_kind_and_that_one_is_added_in_one_place() -> None:
    @theory_check(source="Note 0", paper="nothing")
    def of_a_test():
        """A title.

        More."""
        return largest([0.5, math.nan], below=1.0)

    try:
        registry = kinds()["theory checks"]
        assert registry.summary("of_a_test") == of_a_test.title == "A title."
        assert not registry["of_a_test"]().holds  # what is not a number is not below anything
    finally:
        del THEORY_CHECKS._things["of_a_test"]


def test_how_draws_are_read() -> None:
    assert (smallest([3.0, 2.0], above=2.0).holds, smallest([3.0, 2.0], above=1.9).holds) == (False, True)
    assert largest([3.0, 2.0], below=3.1).interval == (2.0, 3.0)
    verdict = within([0.9, 1.05], of=1.0, by=0.05)
    assert (verdict.value, verdict.holds, verdict.wanted) == (0.9, False, "each within 1 ± 0.05")
    assert not within([1.0, math.nan], of=1.0, by=0.05).holds
    assert not smallest([3.0, math.nan], above=1.0).holds
