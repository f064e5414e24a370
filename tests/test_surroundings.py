from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from oracles import given_rows

from neurosim.circuit.layered import layered
from neurosim.models.plasticity import RULES, plasticity
from neurosim.registry import extend
from neurosim.simulator import Simulator
from neurosim.surroundings import around, is_users, seen

FACTOR = 1.0


def once(x: float) -> float:
    return FACTOR * x


def other(x: float) -> float:
    return 3.0 * x


def test_what_is_around_a_function() -> None:
    bound = 2.0

    def inner(u: float) -> float:
        return bound * once(u) + np.pi

    assert dict(around(inner)) == {"bound": 2.0, "once": once, "np": np}
    assert list(around(len)) == []


def test_that_a_function_which_calls_itself_ends() -> None:
    def again(u: float) -> float:
        return again(u)

    assert seen(again) == seen(again)


def test_whose_a_thing_is(tmp_path: Path) -> None:
    assert is_users(once) and is_users(sys.modules[__name__])
    assert not is_users(np.mean) and not is_users(Path) and not is_users(Simulator) and not is_users(dict)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("name", "value"), [("FACTOR", 0.5), ("once", other)])
def test_that_a_new_simulator_computes_with_what_is_around_a_rule_now(
    monkeypatch: pytest.MonkeyPatch, backend: str, batch: int, name: str, value: object
) -> None:
    @plasticity
    def with_surroundings(pre_rate, post_teaching, eta):  # type: ignore[no-untyped-def]
        return eta * once(post_teaching) * pre_rate

    circuit = layered([4, 3, 2], feedback="random", eta=0.01, bias=False)
    circuit = circuit.replace({"input_to_hidden.plasticity.rule": "with_surroundings"})

    def change() -> np.ndarray:
        simulator = Simulator(circuit, seed=1, backend=backend, dtype="float64")
        before = simulator.state["input_to_hidden.weights"]
        simulator.train(given_rows(4, 2, 2), 2, batch=batch)
        return simulator.state["input_to_hidden.weights"] - before

    try:
        first = change()
        monkeypatch.setattr(sys.modules[__name__], name, value)
        factor = 0.5 if name == "FACTOR" else 3.0
        if batch == 2:  # the second trial online sees what the first has changed
            np.testing.assert_allclose(change(), factor * first, rtol=1e-12)
        else:
            assert not np.allclose(change(), first)
    finally:
        del RULES._things["with_surroundings"]


def test_that_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    known = set(sys.modules)
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "own.py").write_text(f"answer = {number}\n")
        extend(tmp_path / str(number) / "own.py")
    made = sorted(name for name in set(sys.modules) - known if name.startswith("neurosim_extension_own"))
    assert sorted(sys.modules[name].answer for name in made) == [1, 2]
    for name in made:
        del sys.modules[name]
