# ruff: noqa: N805 - models are written as users write them: without self
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from oracles import bits, given_rows, trained

from neurosim.circuit.layered import layered
from neurosim.engine import compile as compiling
from neurosim.engine import expression
from neurosim.engine.kernel_texts import header
from neurosim.engine.machine_code import keep, kept
from neurosim.errors import RunError
from neurosim.models.plasticity import RULES, plasticity
from neurosim.models.transfer import TRANSFERS, transfer
from neurosim.simulator import Simulator

SCRIPT = """
import numpy as np
from neurosim.circuit.layered import layered
from neurosim.models.transfer import transfer
from neurosim.simulator import Simulator
from helper import around

@transfer
class edited:
    def value(u):
        return {value} * around(u)
    def slope(u, rate):
        return {value}

circuit = layered([2, 2], feedback="none", bias=False, output_transfer="edited", weights={{"kind": "constant", "value": 1.0}})
s = Simulator(circuit, dtype="float64")
print(float(s.evaluate(np.array([[1.0, 2.0]]), np.zeros((1, 2)), ["output.rate"])["output.rate"][0, 0]))
"""


WITHOUT = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "numba":
            raise ImportError(f"{name} is not to be imported")

sys.meta_path.insert(0, Refused())
"""
"""A process in which numba cannot be imported."""


class Cache:
    """Runs of a script in processes of their own, over one cache folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, value: float, around: float | str = 1.0, before: str = "") -> float:
        (self.folder / "helper.py").write_text(f"import numpy as np\n\ndef around(u):\n    return {around} * u\n")
        script = self.folder / "script.py"
        script.write_text(before + SCRIPT.format(value=value))
        environment = {**os.environ, "NEUROSIM_CACHE": str(self.folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, env=environment, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return float(done.stdout)

    def files(self) -> dict[Path, int]:
        """Every file of the cache and when it was written."""
        return {
            path: path.stat().st_mtime_ns
            for path in (self.folder / "cache" / "kernels").rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the script has run once."""
    folder = tmp_path_factory.mktemp("filled")
    assert Cache(folder).run(2.0) == 6.0
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Cache:
    """A copy of it."""
    return Cache(Path(shutil.copytree(filled, tmp_path / "copy")))


def test_that_a_stale_kernel_never_answers(cache: Cache) -> None:
    first = cache.files()
    assert any(path.suffix == ".o" for path in first), "machine code is kept there"
    assert cache.run(2.0) == 6.0
    assert cache.files() == first, "an unchanged formula is compiled once"
    assert cache.run(3.0) == 9.0
    changed = set(cache.files()) - set(first)
    assert [path.name.split("_")[0] for path in changed if path.suffix == ".py"] == ["compute"]
    assert cache.run(3.0, around=10.0) == 90.0, "a function that the formula calls was edited"
    assert cache.run(2.0) == 6.0


def test_that_numba_is_not_needed_where_everything_is_in_the_cache(cache: Cache, tmp_path: Path) -> None:
    first = cache.files()
    assert any(path.name.startswith("machine_run") and path.suffix == ".o" for path in first), "the machine's loop too"
    assert cache.run(2.0, before=WITHOUT) == 6.0
    assert cache.files() == first, "it is compiled once"
    with pytest.raises(AssertionError, match="numba is not to be imported"):
        Cache(tmp_path).run(2.0, before=WITHOUT)


@pytest.mark.parametrize("damage", [lambda text: b"", lambda text: text[:-1], lambda text: text[:-1] + bytes([text[-1] ^ 1])])
def test_that_damaged_machine_code_is_made_again(cache: Cache, damage: Callable[[bytes], bytes]) -> None:
    path = next(path for path in cache.files() if path.name.startswith("compute") and path.suffix == ".o")
    path.write_bytes(damage(path.read_bytes()))
    assert kept(path) is None
    assert cache.run(2.0) == 6.0
    assert kept(path) is not None


def test_that_the_text_beside_machine_code_does_not_matter(cache: Cache) -> None:
    for path in cache.files():
        if path.suffix == ".py":
            path.write_text("raise RuntimeError")
    assert cache.run(2.0) == 6.0


def test_that_code_that_asks_for_numbas_own_functions_finds_them(cache: Cache) -> None:
    """Here random numbers; numba is imported then, in a process that only reads the cache, too."""
    for _ in range(2):
        assert cache.run(2.0, around="np.random.uniform(1.0, 1.0 + 1e-12)", before="import numpy as np\n") == pytest.approx(6.0)
    needed = [name for path in cache.files() if path.suffix == ".o" for name in kept(path).needs]
    assert any(name.startswith("numba_") for name in needed), needed


def test_that_code_that_calls_what_is_nowhere_is_made_again(cache: Cache) -> None:
    """As where another environment had a library of vector functions; LLVM's loader would end the process."""
    path = next(path for path in cache.files() if path.name.startswith("compute") and path.suffix == ".o")
    code = kept(path)
    keep(path, replace(code, needs=("no_such_function",)))
    assert cache.run(2.0) == 6.0
    assert kept(path).needs == code.needs


def test_that_code_under_another_name_is_not_taken(cache: Cache) -> None:
    path = next(path for path in cache.files() if path.name.startswith("compute") and path.suffix == ".o")
    shutil.copy(path, path.with_name("other.o"))
    assert kept(path.with_name("other.o")) is None


def test_that_threads_compile_a_kernel_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = []
    compiled = compiling._compiled
    monkeypatch.setattr(compiling, "_compiled", lambda *a: made.append(a) or compiled(*a))
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    text = header("float64", {}) + "def nothing(row, ctx):\n    row[0] = ctx[0]\n"
    with ThreadPoolExecutor(4) as team:
        addresses = {*team.map(lambda _: compiling.Module("nothing", text, "nothing").address, range(4))}
    assert len(addresses) == len(made) == 1


def test_that_an_exception_in_a_kernel_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that raises is refused; here one gets past, and stops at the second neuron."""

    @transfer
    class raising:
        def value(u):
            if u > 1.0:
                raise ValueError("much")
            return u

        def slope(u, rate):
            return 1.0

    monkeypatch.setattr(expression, "_refuse_what_stops_it", lambda definition, origin: None)
    monkeypatch.setattr(expression, "_always_returns", lambda body: True)
    try:
        simulator = Simulator(
            layered([2, 4, 2], feedback="random", transfer="raising", weights={"kind": "constant", "value": 2.0})
        )
        with pytest.raises(RunError, match="stopped with an exception"):
            simulator.train(given_rows(2, 2, 8), trials=8)
    finally:
        del TRANSFERS._things["raising"]


def test_that_a_folder_that_cannot_be_written_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEUROSIM_CACHE", str(tmp_path / "file"))
    compiling.cache_folder.cache_clear()
    try:
        folder = compiling.cache_folder()
        assert folder.is_dir()
        assert not folder.is_relative_to(tmp_path)
        folder.rmdir()
    finally:
        compiling.cache_folder.cache_clear()


@transfer
class tanh_by_a_user:
    """f(u) = tanh u."""

    def value(u):
        import_free = np.tanh(u)
        return import_free

    def slope(u, rate):
        return 1.0 - rate * rate


@transfer
class leaky_by_a_user:
    """f(u) = u above zero, u · leak below."""

    def value(u, leak=0.05):
        if u > 0.0:
            return u
        return leak * u

    def slope(u, rate, leak=0.05):
        if u > 0.0:
            return 1.0
        return leak


@plasticity
def delta_by_a_user(pre_rate, post_teaching, eta):
    """Δw = η δ x."""
    return pre_rate * eta * post_teaching


@plasticity
def delta_by_synapses(weight, pre_rate, post_teaching, eta):
    """No product for the compiler, for it seems to read the weight."""
    change = eta * post_teaching * pre_rate
    return change


@pytest.fixture(autouse=True, scope="module")
def _forget():
    yield
    for registry, names in (
        (TRANSFERS, ("tanh_by_a_user", "leaky_by_a_user")),
        (RULES, ("delta_by_a_user", "delta_by_synapses")),
    ):
        for name in names:
            registry._things.pop(name, None)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("built_in", "user"), [("leaky", "leaky_by_a_user"), ("leaky", {"function": "leaky_by_a_user", "leak": 0.05})]
)
def test_that_a_users_transfer_function_gives_the_same_bits(built_in: str, user, dtype: str, batch: int) -> None:
    task = given_rows(6, 3, 9)
    found = [
        bits(trained(layered([6, 5, 3], feedback="random", transfer=t), task, 9, batch=batch, dtype=dtype))
        for t in (built_in, user)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_that_a_users_rule_gives_the_same_bits(dtype: str, batch: int) -> None:
    task = given_rows(6, 3, 9)
    circuit = layered([6, 5, 3], feedback="random", eta=0.01)
    own = circuit.replace(
        {"input_to_hidden.plasticity.rule": "delta_by_a_user", "hidden.bias.plasticity.rule": "delta_by_a_user"}
    )
    assert bits(trained(own, task, 9, batch=batch, dtype=dtype)) == bits(trained(circuit, task, 9, batch=batch, dtype=dtype))


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(("momentum", "decay"), [(0.0, 0.0), (0.5, 0.1)])
def test_that_a_rule_without_the_fast_path_gives_the_same_numbers(momentum: float, decay: float, batch: int) -> None:
    task = given_rows(6, 3, 9)
    circuit = layered([6, 5, 3], feedback="random", eta=0.01, momentum=momentum, decay=decay)
    own = circuit.replace({"input_to_hidden.plasticity.rule": "delta_by_synapses"})
    one, other = (trained(c, task, 9, batch=batch, dtype="float64").state["input_to_hidden.weights"] for c in (own, circuit))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-15)


def test_that_numpy_is_allowed_in_formulas() -> None:
    task = given_rows(6, 3, 9)
    found = [
        trained(layered([6, 5, 3], feedback="random", transfer=t), task, 9, dtype="float64").state["hidden_to_output.weights"]
        for t in ("tanh", "tanh_by_a_user")
    ]
    np.testing.assert_allclose(*found, rtol=0, atol=1e-14)


def test_that_a_refused_formula_says_which() -> None:
    from neurosim.errors import InputError

    table = [0.5]

    @plasticity
    def with_a_list(pre_rate, post_rate, eta):
        return eta * table[0] * pre_rate * post_rate

    try:
        circuit = layered([6, 5, 3], feedback="random").replace(
            {"input_to_hidden.plasticity": {"rule": "with_a_list", "eta": 0.1}}
        )
        with pytest.raises(InputError, match=r"with_a_list.*cannot become a kernel.*'table'"):
            trained(circuit, given_rows(6, 3, 2), 2)
    finally:
        del RULES._things["with_a_list"]
