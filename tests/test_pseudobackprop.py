"""Pseudobackprop: backpropagation with the pseudoinverse W⁺ in the place of the transpose (Lillicrap et al. 2016, Note 15)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracles import bits, copies, given_rows, network_of, trained

import neurosim.engine.cpu
import neurosim.engine.plan
from neurosim.circuit.circuit import Circuit
from neurosim.circuit.exchange import from_graphml, from_json, to_graphml, to_json
from neurosim.circuit.files import load_circuit
from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.plan import plan
from neurosim.engine.program import Derive
from neurosim.engine.state import State
from neurosim.errors import InputError, RunError
from neurosim.metrics import Look, angle, feedback_angle, pseudobackprop_angle
from neurosim.models.weights import Derivation, cutoff, moore_penrose, weights
from neurosim.recording import Recording
from neurosim.simulator import Ensemble, Simulator, record

BACKENDS = ["reference", "cpu"]
SHAPES = [[6, 5, 3], [5, 3, 4], [6, 5, 4, 3], [7, 70, 9], [4, 600, 3], [4, 5, 600], [4, 3, 1], [4, 1, 3]]
BACK = "error_to_feedback.weights"
FORWARD = "hidden_to_output.weights"


def pseudobackprop(sizes: list[int], **properties) -> Circuit:
    return layered(sizes, feedback="pseudoinverse", **properties)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    ("sizes", "transfer", "bias"), [([30, 20, 10], "linear", False), ([4, 5, 3], "tanh", True), ([4, 3, 5], "tanh", True)]
)
def test_against_numpy_trial_by_trial(sizes: list[int], transfer: str, bias: bool, batch: int, backend: str) -> None:
    """Written out by hand: ΔW = η e hᵀ, ΔA = η (W⁺ e ⊙ φ') xᵀ, biases likewise, summed over the trials of a batch."""
    eta, count = 0.01, 22
    task = given_rows(sizes[0], sizes[-1], count)
    simulator = Simulator(pseudobackprop(sizes, transfer=transfer, bias=bias, eta=eta), seed=1, dtype="float64", backend=backend)
    a, w = simulator.state["input_to_hidden.weights"].copy(), simulator.state[FORWARD].copy()
    c, b = np.zeros(sizes[1]), np.zeros(sizes[2])
    for first in range(0, count, batch):
        inverse = np.linalg.pinv(w)
        change_a, change_w, change_c, change_b = (np.zeros_like(part) for part in (a, w, c, b))
        for x, y in zip(task.x[first : first + batch], task.y[first : first + batch], strict=True):
            u = a @ x + c
            h = np.tanh(u) if transfer == "tanh" else u
            e = y - (w @ h + b)
            d = (inverse @ e) * (1.0 - h * h if transfer == "tanh" else 1.0)
            change_a += eta * np.outer(d, x)
            change_w += eta * np.outer(e, h)
            change_c += eta * d
            change_b += eta * e
        a, w = a + change_a, w + change_w
        if bias:
            c, b = c + change_c, b + change_b
        simulator.train(task, min(batch, count - first), batch=batch)
        for address, wanted in (("input_to_hidden.weights", a), (FORWARD, w), (BACK, np.linalg.pinv(w))):
            np.testing.assert_allclose(simulator.state[address], wanted, rtol=0, atol=1e-11 * max(1, np.abs(wanted).max()))
        if bias:
            np.testing.assert_allclose(simulator.state["hidden.bias"], c, rtol=0, atol=1e-11)
            np.testing.assert_allclose(simulator.state["output.bias"], b, rtol=0, atol=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("batch", [1, 3])
def test_a_deep_chain_against_numpy(batch: int, backend: str) -> None:
    """δ1 = W2⁺ ((W3⁺ e) ⊙ φ'(a2)) ⊙ φ'(a1), each W⁺ of the weights at the beginning of the trial."""
    task = given_rows(6, 3, 18)
    simulator = Simulator(pseudobackprop([6, 5, 4, 3], eta=0.01), seed=1, dtype="float64", backend=backend)
    network = network_of(simulator, 2, ["tanh", "tanh", "linear"])
    for first in range(0, 18, batch):
        rows = slice(first, first + batch)
        network.learn(task.x[rows], task.y[rows], 0.01, [np.linalg.pinv(w) for w in network.weights[1:]])
    simulator.train(task, 18, batch=batch)
    for name, wanted in zip(("input_to_hidden1", "hidden1_to_hidden2", "hidden2_to_output"), network.weights, strict=True):
        np.testing.assert_allclose(simulator.state[f"{name}.weights"], wanted, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-4)])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "sizes", [[6, 5, 3], [5, 3, 4], [6, 5, 4, 3], [7, 70, 9], [4, 600, 3], [4, 5, 600], [4, 3, 1], [4, 1, 3]]
)
@pytest.mark.parametrize("more", [{}, {"momentum": 0.5, "decay": 0.1}])
def test_that_cpu_learns_what_reference_learns(sizes, batch: int, dtype: str, tolerance: float, more: dict) -> None:
    """One and several panels on either side; more and fewer outputs than hidden neurons; a single one."""
    circuit = pseudobackprop(sizes, eta=0.002, **more)
    task = given_rows(sizes[0], sizes[-1], 11)
    found = [copies(trained(circuit, task, 11, batch=batch, dtype=dtype, backend=backend)) for backend in BACKENDS]
    for address, wanted in found[0].items():
        scale = max(1.0, np.abs(wanted).max())
        np.testing.assert_allclose(found[1][address], wanted, rtol=0, atol=tolerance * scale, err_msg=address)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("sizes", [[40, 600, 10], [6, 5, 3], [20, 30, 40, 10]])
def test_that_threads_change_no_bit(sizes: list[int], batch: int, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.engine.cpu, "SYNAPSES_WORTH_A_TEAM", {"online": 0, "batches": 0})
    circuit, task = pseudobackprop(sizes, eta=0.001), given_rows(sizes[0], sizes[-1], 8)
    found = [bits(trained(circuit, task, 8, batch=batch, dtype=dtype, threads=threads)) for threads in (1, 2, 3, 4)]
    assert found[0] == found[1] == found[2] == found[3]


def test_that_a_member_of_an_ensemble_has_the_bits_that_it_has_alone() -> None:
    circuit, task = pseudobackprop([6, 5, 3]), given_rows(6, 3, 9)
    together = Ensemble(circuit, seeds=[1, 2, 3], threads=2)
    together.train(task, trials=50_000)
    for member in together:
        alone = Simulator(circuit, seed=member.seed)
        alone.train(task, trials=50_000)
        assert bits(member) == bits(alone)


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_one_step_solves_a_linear_pair(backend: str) -> None:
    """With W held and η = 1 / xᵀx, Δh = W⁺ e, so y = y* after one trial where the rows of W are independent (Note 15)."""
    task = given_rows(30, 10, 1)
    x, wanted = task.x[0], task.y[0]
    circuit = pseudobackprop([30, 20, 10], transfer="linear", bias=False, eta=float(1.0 / (x @ x)))
    circuit = circuit.replace({"hidden_to_output.plasticity": "fixed"})
    simulator = trained(circuit, task, 1, dtype="float64", backend=backend)
    output = simulator.evaluate(task.x, task.y, ["output.rate"])["output.rate"][0]
    assert np.abs(output - wanted).max() < 1e-14


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_for_tanh_the_step_is_the_gauss_newton_one_to_first_order(backend: str) -> None:
    """|Δh − W⁺e| / |W⁺e| falls with |e|, where η is 1 / (φ'² xᵀx) for each unit (eq. 59): here all units have one slope."""
    rows = given_rows(4, 3, 1)
    apart = []
    for scale in (0.1, 0.01, 0.001):
        circuit = pseudobackprop([4, 5, 3], bias=False, eta=float(1.0 / (rows.x[0] @ rows.x[0])))
        circuit = circuit.replace({"hidden_to_output.plasticity": "fixed", "input_to_hidden.weights": "zeros"})
        simulator = Simulator(circuit, seed=1, dtype="float64", backend=backend)
        task = given_rows(4, 3, 1)
        task.y = task.y * scale * 0.1
        wanted = np.linalg.pinv(simulator.state[FORWARD]) @ task.y[0]
        simulator.train(task, 1)
        step = simulator.evaluate(task.x, task.y, ["hidden.rate"])["hidden.rate"][0]
        apart.append(np.linalg.norm(step - wanted) / np.linalg.norm(wanted))
    assert apart[1] < 0.11 * apart[0]
    assert apart[2] < 0.11 * apart[1]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    w=st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.0, 0.25, 1.0, 3.0]))
    ),
    scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e20]),
    dtype=st.sampled_from(["float64", "float32"]),
)
def test_the_kernel_against_numpy_whatever_the_rank(w: np.ndarray, scale: float, dtype: str) -> None:
    """Zero rows, equal rows, dependent ones."""
    found = by_kernel((w * scale).astype(dtype))
    wanted = moore_penrose((w * scale).astype(dtype))
    tolerance = {"float64": 1e-12, "float32": 1e-6}[dtype] * max(1.0, np.abs(wanted).max() * scale) ** 2 / scale
    np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance)


def by_kernel(w: np.ndarray) -> np.ndarray:
    """W⁺ as the compiled kernel makes it: one trial whose error is each unit vector in turn, and nothing learns."""
    post, pre = w.shape
    circuit = pseudobackprop([2, pre, post], eta=0.0, bias=False, transfer="linear")
    simulator = Simulator(circuit, seed=1, dtype=w.dtype.name)
    simulator.state[FORWARD] = w
    x, e = np.zeros((post, 2)), np.eye(post)
    return simulator.evaluate(x, e, ["feedback.drive"])["feedback.drive"].T


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_of_rank_one_and_zero(dtype: str) -> None:
    random = np.random.default_rng(0)
    u, v = random.normal(size=10), random.normal(size=20)
    tolerance = 10 * np.finfo(dtype).eps
    found = by_kernel(np.outer(u, v).astype(dtype))
    np.testing.assert_allclose(found, np.outer(v, u) / (u @ u) / (v @ v), atol=tolerance)
    assert not by_kernel(np.zeros((10, 20), dtype)).any()


def test_which_singular_values_count() -> None:
    """Those above max(post, pre) ε of the largest, ε that of the weights."""
    for dtype in ("float32", "float64"):
        least = cutoff((2, 3), np.dtype(dtype))
        assert least == 3 * np.finfo(dtype).eps
        for share, counts in ((2 * least, True), (least / 2, False)):
            w = np.array([[1.0, 0, 0], [0, share, 0]], dtype)
            for inverse in (moore_penrose(w), by_kernel(w)):
                np.testing.assert_allclose(inverse[1, 1], 1.0 / share if counts else 0.0, rtol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_learning_begins_from_nothing(backend: str) -> None:
    """W = 0 has W⁺ = 0: hidden is taught nothing at first, then through weights of rank 1, 2 …, all of them finite."""
    circuit = pseudobackprop([6, 5, 3], eta=0.01).replace({"hidden_to_output.weights": "zeros"})
    task = given_rows(6, 3, 9)
    simulator = Simulator(circuit, seed=1, backend=backend)
    before = simulator.state["input_to_hidden.weights"].copy()
    simulator.train(task, 1)
    np.testing.assert_array_equal(simulator.state["input_to_hidden.weights"], before)
    simulator.train(task, 20)
    assert np.abs(simulator.state["input_to_hidden.weights"] - before).max() > 0
    assert np.isfinite(simulator.state["input_to_hidden.weights"]).all()


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("backend", BACKENDS)
def test_that_weights_that_are_not_finite_end_the_run(backend: str, value: float, batch: int) -> None:
    circuit, task = pseudobackprop([6, 5, 3]), given_rows(6, 3, 9)
    simulator = Simulator(circuit, seed=1, backend=backend)
    w = simulator.state[FORWARD].copy()
    w[0, 0] = value
    simulator.state[FORWARD] = w
    with np.errstate(all="ignore"), pytest.raises(RunError, match="the numbers blew up"):
        simulator.train(task, 9, batch=batch)


@pytest.mark.parametrize("transfer", ["linear", "relu"])
def test_that_a_run_that_blows_up_says_so(transfer: str) -> None:
    with pytest.raises(RunError, match="the numbers blew up"):
        trained(pseudobackprop([6, 5, 3], transfer=transfer, eta=10.0), given_rows(6, 3, 50), 1000)


def test_that_it_is_computed_only_when_what_it_follows_from_changes() -> None:
    """Once per trial where W learns, after the pass that W shares with the trial before; else once before all trials."""
    circuit = validate(pseudobackprop([6, 5, 3]))
    for online in (True, False):
        made = plan(lower(circuit), online)
        assert [step.out for step in made.steps if isinstance(step, Derive)] == [BACK]
        assert made.begin == []
        assert len(made.flush) == (4 if online else 0)
    for program in (
        lower(circuit, ["hidden.teaching"], learning=False),
        lower(validate(pseudobackprop([6, 5, 3]).replace({"hidden_to_output.plasticity": "fixed"}))),
    ):
        made = plan(program, True)
        assert [step.out for step in made.begin] == [BACK]
        assert not any(isinstance(step, Derive) for step in made.steps)
        assert CpuExecutor(program, State(circuit, 0)).described()[0][1] == "pseudoinverse"


@pytest.mark.parametrize("backend", BACKENDS)
def test_that_weights_that_are_written_between_two_runs_count(backend: str) -> None:
    circuit = pseudobackprop([6, 5, 3]).replace({"hidden_to_output.plasticity": "fixed"})
    simulator = Simulator(circuit, seed=1, dtype="float64", backend=backend)
    task = given_rows(6, 3, 5)
    for gain in (1.0, 4.0):
        simulator.state[FORWARD] = gain * simulator.state[FORWARD]
        simulator.train(task, 5)
        seen = simulator.evaluate(task.x, task.y, ["error.drive", "feedback.drive"])
        wanted = seen["error.drive"] @ np.linalg.pinv(simulator.state[FORWARD]).T
        np.testing.assert_allclose(seen["feedback.drive"], wanted, atol=1e-12)


def test_that_whoever_reads_it_before_the_forward_pass_reads_the_same() -> None:
    """The update of W then waits for nobody: the input alone decides what goes back through W⁺."""
    circuit = layered([3, 4, 3], feedback="random", eta=0.02)
    circuit.population("early", 4, role="hidden")
    circuit.project("input", "early", weights={"kind": "pseudoinverse", "to": "hidden_to_output"})
    circuit.project("early", "hidden", connector="one_to_one", weights={"kind": "constant", "value": 0.1})
    task = given_rows(3, 3, 9)
    found = [copies(trained(circuit, task, 9, dtype="float64", backend=backend)) for backend in BACKENDS]
    for address, wanted in found[0].items():
        np.testing.assert_allclose(found[1][address], wanted, rtol=0, atol=1e-10, err_msg=address)


@pytest.mark.parametrize("batch", [1, 4])
def test_that_it_may_follow_from_the_weights_of_the_input(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which take four trials per pass where nobody else reads them; here somebody does, so they take one."""
    monkeypatch.setattr(neurosim.engine.plan, "SYNAPSES_WORTH_A_BLOCK", 0)
    circuit = layered([6, 4, 3], feedback="random", eta=0.02)
    circuit.population("rebuilt", 6, role="hidden")
    circuit.project("hidden", "rebuilt", weights={"kind": "pseudoinverse", "to": "input_to_hidden"})
    circuit.project("rebuilt", "output", weights="zeros", plasticity={"rule": "delta", "eta": 0.001})
    task = given_rows(6, 3, 9)
    found = [copies(trained(circuit, task, 9, batch=batch, dtype="float64", backend=backend)) for backend in BACKENDS]
    for address, wanted in found[0].items():
        np.testing.assert_allclose(found[1][address], wanted, rtol=0, atol=1e-10, err_msg=address)


def test_that_it_may_follow_from_sparse_weights_and_from_a_rule_that_reads_them() -> None:
    task = given_rows(6, 3, 9)
    for changes in (
        {"hidden_to_output.connector": {"kind": "fixed_probability", "probability": 0.15}},
        {"hidden_to_output.connector": {"kind": "fixed_probability", "probability": 0.6}},
        {"hidden_to_output.plasticity": {"rule": "oja_like", "eta": 0.01}},
    ):
        circuit = pseudobackprop([6, 8, 3], eta=0.002).replace(changes)
        for batch in (1, 3):
            found = [copies(trained(circuit, task, 9, batch=batch, dtype="float64", backend=b)) for b in BACKENDS]
            for address, wanted in found[0].items():
                np.testing.assert_allclose(found[1][address], wanted, rtol=0, atol=1e-9, err_msg=address)


def test_that_a_circuit_keeps_it_through_every_exchange() -> None:
    circuit = load_circuit("pseudobackprop")
    assert circuit.nonlocal_projections() == ["error_to_feedback"]
    assert circuit.projections["error_to_feedback"].derived_from == "hidden_to_output"
    assert from_json(to_json(circuit)) == circuit
    assert from_graphml(to_graphml(circuit)) == circuit


def test_that_the_cpu_says_which_derived_weights_it_cannot_compute() -> None:
    def doubled(w: np.ndarray) -> np.ndarray:
        return 2.0 * w.T

    from neurosim.models.weights import WEIGHTS

    @weights(derivation=Derivation(doubled, "*"))
    def twice(random, shape, to: str):
        """w = 2 Wᵀ."""

    try:
        circuit = layered([4, 3, 2], feedback="random").replace(
            {"error_to_feedback.weights": {"kind": "twice", "to": "hidden_to_output"}}
        )
        with pytest.raises(InputError, match="no kernel for weights that are doubled"):
            trained(circuit, given_rows(4, 2, 3), 3)
        simulator = trained(circuit, given_rows(4, 2, 3), 3, backend="reference")
        np.testing.assert_array_equal(simulator.state[BACK], 2 * simulator.state[FORWARD].T)
    finally:
        del WEIGHTS._things["twice"]


def look(simulator: Simulator) -> Look:
    task = given_rows(6, 3, 50)
    return Look(
        simulator.circuit,
        simulator.state,
        task.x,
        task.y,
        lambda addresses, trials: simulator.evaluate(task.x[:trials], task.y[:trials], addresses),
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [[6, 5, 3], [6, 5, 4, 3]])
def test_the_angle_to_pseudobackprop(sizes: list[int], dtype: str) -> None:
    own = look(trained(pseudobackprop(sizes, eta=0.01), given_rows(6, 3, 9), 40, dtype=dtype))
    other = look(trained(layered(sizes, feedback="random", eta=0.01), given_rows(6, 3, 9), 40, dtype=dtype))
    for population in own.circuit.of_role("hidden"):
        assert pseudobackprop_angle(own, population.name) < {"float32": 0.1, "float64": 1e-5}[dtype]
        assert angle(own, population.name) > 1
        assert abs(pseudobackprop_angle(other, population.name) - angle(other, population.name)) > 0.1
    assert pseudobackprop_angle(own, "output") == pytest.approx(0.0, abs=1e-5)


def test_the_angle_to_pseudobackprop_by_hand() -> None:
    simulator = trained(layered([6, 5, 3], feedback="random", eta=0.01), given_rows(6, 3, 9), 40, dtype="float64")
    seen = look(simulator)
    w, b = simulator.state[FORWARD], simulator.state[BACK]
    rate, e = (seen.probe(address) for address in ("hidden.rate", "error.drive"))
    one, other = (e @ b.T) * (1 - rate**2), (e @ np.linalg.pinv(w).T) * (1 - rate**2)
    cosine = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert pseudobackprop_angle(seen, "hidden") == pytest.approx(np.degrees(np.arccos(cosine)).mean(), rel=1e-10)


def test_that_the_angle_to_pseudobackprop_is_no_number_where_there_is_none() -> None:
    untaught = look(Simulator(layered([6, 5, 3], feedback="none"), seed=1))
    assert np.isnan(pseudobackprop_angle(untaught, "hidden"))
    nothing = layered([6, 5, 3], feedback="random").replace({"hidden_to_output.weights": "zeros"})
    assert np.isnan(pseudobackprop_angle(look(Simulator(nothing, seed=1)), "hidden"))


def test_that_a_one_to_one_projection_is_inverted_weight_by_weight() -> None:
    circuit = layered([6, 3, 3], feedback="random", bias=False, transfer="linear").replace(
        {"hidden_to_output.connector": "one_to_one", "hidden_to_output.weights": {"kind": "explicit", "values": [2.0, 0.0, -4.0]}}
    )
    simulator = Simulator(circuit, seed=1, dtype="float64")
    simulator.state[BACK] = np.diag([0.5, 0.0, -0.25])
    assert pseudobackprop_angle(look(simulator), "hidden") == pytest.approx(0.0, abs=1e-5)


def test_that_forward_weights_are_held_against_what_follows_from_them() -> None:
    simulator = Simulator(pseudobackprop([6, 5, 3]), seed=1, dtype="float64")
    w = simulator.state[FORWARD]
    b = np.linalg.pinv(w).T
    wanted = np.degrees(np.arccos((w * b).sum() / np.linalg.norm(w) / np.linalg.norm(b)))
    assert feedback_angle(look(simulator), "hidden_to_output") == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("feedback", ["tied", "pseudoinverse"])
def test_that_weights_that_follow_from_others_can_be_recorded(feedback: str, tmp_path: Path) -> None:
    """With the angle, and with what they follow from: the two agree at every moment."""
    intervals = {BACK: 4, FORWARD: 4, "hidden.pseudobackprop_angle": 4}
    with record(tmp_path / "run.h5", intervals) as recorder:
        Simulator(layered([6, 5, 3], feedback=feedback), seed=1, dtype="float64").train(given_rows(6, 3, 9), 12, into=recorder)
    turned = {"tied": np.transpose, "pseudoinverse": np.linalg.pinv}[feedback]
    with Recording(tmp_path / "run.h5") as recording:
        back, forward, degrees = (recording[address].values for address in intervals)
    assert len(back) == 4
    for b, w in zip(back, forward, strict=True):
        np.testing.assert_allclose(b, turned(w), atol=1e-12)
    assert (degrees < 1e-5).all() == (feedback == "pseudoinverse")
