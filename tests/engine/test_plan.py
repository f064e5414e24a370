from __future__ import annotations

from neurosim.circuit.layered import layered
from neurosim.circuit.validate import validate
from neurosim.engine.cpu import CpuExecutor
from neurosim.engine.lower import lower
from neurosim.engine.plan import Combine, Formula, Gather, Mask, Outer, Plan, Synapses, plan
from neurosim.engine.state import State


def made(feedback: str = "random", *, online: bool = True, changes: dict | None = None, **properties) -> Plan:
    return plan(lower(validate(layered([6, 5, 3], feedback=feedback, **properties).replace(changes or {}))), online=online)


def kinds(found: Plan) -> list[type]:
    return [type(step) for step in found.steps]


def test_that_what_passes_a_signal_on_costs_nothing() -> None:
    found = made()
    assert found.root("output.rate") == found.root("output.activation") == "output.drive"
    assert found.root("output.teaching") == found.root("output.modulation") == "error.drive"
    assert found.constants["one"] == 1.0
    assert found.constants["output.slope"] == 1.0
    assert not any(isinstance(step, Formula) and step.out.startswith("output") for step in found.steps)


def test_that_online_updates_share_the_next_pass() -> None:
    found = made()
    assert Outer not in kinds(found)
    assert {outer.weights for outer in found.flush} == {
        "input_to_hidden.weights",
        "hidden_to_output.weights",
        "hidden.bias",
        "output.bias",
    }
    assert {s.weights for s in found.steps if isinstance(s, Gather) and s.learns} == {outer.weights for outer in found.flush}


def test_that_batches_update_at_once() -> None:
    found = made(online=False)
    assert found.flush == []
    assert kinds(found).count(Outer) == 4


def test_that_the_error_is_one_combination() -> None:
    (only,) = [step for step in made().steps if isinstance(step, Combine) and step.out == "error.drive"]
    assert sorted(gain for _, gain in only.terms) == [-1.0, 1.0]


def test_that_a_rule_is_a_product_whoever_wrote_it() -> None:
    import oracles  # noqa: F401 - registers the users' rules

    assert Synapses not in kinds(made(changes={"input_to_hidden.plasticity": {"rule": "centred", "eta": 0.1}}))
    assert kinds(made(changes={"input_to_hidden.plasticity": {"rule": "oja_like", "eta": 0.1}})).count(Synapses) == 1


def test_that_a_pattern_is_kept_by_a_mask() -> None:
    changes = {"input_to_hidden.connector": {"kind": "fixed_probability", "probability": 0.5}}
    for online in (True, False):
        found = made(online=online, changes=changes)
        assert [s.weights for s in found.steps if isinstance(s, Mask)] == ["input_to_hidden.weights"]
        assert "input_to_hidden.weights" not in {outer.weights for outer in found.flush}


def test_that_each_step_names_its_kernel() -> None:
    circuit = validate(layered([6, 5, 3], feedback="tied", momentum=0.5))
    kernels = [kernel for _, kernel in CpuExecutor(lower(circuit), State(circuit, 0)).described()]
    assert kernels.count("learn_gather_momentum") == 4
    assert kernels.count("gather_transposed_narrow") == 1
