"""What a user's rule or transfer function gets to hear that cannot become a kernel: one line, with its name, file and line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cli.tiny import TINY, run
from oracles import given_rows, trained

from neurosim.circuit.layered import layered
from neurosim.engine import compile as compiling
from neurosim.errors import InputError
from neurosim.models.plasticity import RULES
from neurosim.models.transfer import TRANSFERS
from neurosim.registry import extend
from neurosim.simulator import Simulator

REFUSED = (
    "own.py, line 8: the formula 'mine' cannot become a kernel: expected arithmetic on numbers that returns one real number, "
)

HEAD = """\
import math
import numpy as np
import neurosim as ns

def endless(x):
    return endless(x)

"""

BODIES = [
    ("return pre_rate / 0.0", "found a division by zero in 'pre_rate / 0.0'"),
    ("return eta * (1.0 if pre_rate > 0.0 else 2 // 0)", "found a division by zero in '2 // 0'"),
    ("return 'x'", "found 'x' (str)"),
    ("return eta * pre_rate * 1j", "found 1j (complex)"),
    ("return pre_rate * None", "found None (NoneType)"),
    ("import numpy as np\nreturn np.zeros(3)", "found 'import numpy as np' inside it; import at the top of the file"),
    ("import os\nreturn eta", "found 'import os' inside it; import at the top of the file"),
    ("return undefined_thing", "found the name 'undefined_thing', which is defined nowhere"),
    ("pass", "found no 'return'"),
    ("'''Only a docstring.'''", "found no 'return'"),
    ("while True: pass", "found no 'return'"),
    ("return", "found a 'return' without a number"),
    ("if pre_rate > 0.0: return eta", "found a way through it without a 'return'"),
    ("return [1, 2]", "found [1, 2] (list)"),
    ("if pre_rate > 1.0: raise ValueError('much')\nreturn eta", "found 'raise ValueError('much')'; a kernel has nobody to tell"),
    ("assert pre_rate < 1.0\nreturn eta", "found 'assert pre_rate < 1.0'; a kernel has nobody to tell"),
    ("print(pre_rate)\nreturn eta", "found 'print(pre_rate)'; a kernel has nobody to tell"),
    ("return pre_rate, 1.0", "found (pre_rate, 1.0) (tuple)"),
    # what only the compiler finds
    ("return np.array([1.0, 2.0])", "found what numba calls array(float64, 1d, C)"),
    ("return eta + pre_rate * 1j", "found what numba calls complex128"),
    ("return pre_rate[0]", "found what numba refuses: No implementation of function Function(<built-in function getitem>) found"),
    ("return float('x') * pre_rate", "found what numba refuses: ValueError: could not convert string to float: 'x'"),
]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """In a folder of its own, and without its things afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    RULES._things.pop("mine", None)
    TRANSFERS._things.pop("mine", None)


def write(text: str) -> None:
    Path("own.py").write_text(HEAD + text)


def write_rule(body: str) -> None:
    """A rule whose `def` is in line 8: its decorator stands in line 7, in the place of the empty one."""
    text = f"@ns.plasticity\ndef mine(pre_rate, eta):\n{textwrap.indent(body, '    ')}\n"
    Path("own.py").write_text(HEAD.removesuffix("\n") + text)


def learn(setting: object, address: str = "input_to_hidden.plasticity") -> str:
    """What the user hears."""
    extend("own.py")
    circuit = layered([4, 3, 2], feedback="random").replace({address: setting})
    with pytest.raises(InputError) as caught:
        trained(circuit, given_rows(4, 2, 3), 3, dtype="float64")
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(("body", "found"), BODIES)
def test_that_a_wrong_rule_is_refused_in_one_line_that_says_which(body: str, found: str) -> None:
    write_rule(body)
    told = learn({"rule": "mine", "eta": 0.1})
    assert told.startswith(REFUSED + found)
    assert "\n" not in told
    assert not told.endswith(":")


def test_that_the_command_line_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    write_rule("return pre_rate / 0.0")
    setting = '[set]\n"input_to_hidden.plasticity" = {rule = "mine", eta = 0.1}'
    Path("tiny.toml").write_text(TINY.replace("[set]", setting))
    code, _, told = run(capsys, "run", "tiny.toml", "--with", "own.py", "--out", "out")
    assert code == 2
    assert told.splitlines()[-1] == f"neurosim: {REFUSED}found a division by zero in 'pre_rate / 0.0'"


@pytest.mark.parametrize(
    ("value", "slope", "line", "name", "found"),
    [
        ("return 'x'", "return 1.0", 10, "mine.value", "found 'x' (str)"),
        ("return 1j", "return 1.0", 10, "mine.value", "found 1j (complex)"),
        ("return np.array([u, 2.0])", "return 1.0", 10, "mine.value", "found what numba calls array(float64, 1d, C)"),
        ("return u", "return rate / 0", 12, "mine.slope", "found a division by zero in 'rate / 0'"),
        ("return u", "return [u]", 12, "mine.slope", "found [u] (list)"),
        ("return u", "return missing", 12, "mine.slope", "found the name 'missing', which is defined nowhere"),
        ("return u", "pass", 12, "mine.slope", "found no 'return'"),
    ],
)
def test_that_a_wrong_transfer_function_is_refused(value: str, slope: str, line: int, name: str, found: str) -> None:
    write(f"@ns.transfer\nclass mine:\n    def value(u):\n        {value}\n    def slope(u, rate):\n        {slope}\n")
    told = learn("mine", "hidden.transfer")
    expected = "expected arithmetic on numbers that returns one real number"
    assert told.startswith(f"own.py, line {line}: the formula {name!r} cannot become a kernel: {expected}, {found}")
    assert "\n" not in told


def test_that_what_was_refused_is_refused_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine code of what numba would have made of it is not found in the cache."""
    write(
        "@ns.transfer\nclass mine:\n    def value(u):\n        return np.array([2.0 * u])\n    def slope(u, rate): return 1.0\n"
    )
    first = learn("mine", "hidden.transfer")
    TRANSFERS._things.pop("mine")
    monkeypatch.setattr(compiling, "_MADE", {})
    assert learn("mine", "hidden.transfer") == first


def test_that_a_constant_of_zero_is_no_divisor_of_a_product() -> None:
    text = "@ns.plasticity\ndef mine(pre_rate, post_rate, eta, width):\n    return eta * pre_rate * post_rate / width\n"
    write(text)
    told = learn({"rule": "mine", "eta": 0.1, "width": 0.0})
    assert "'mine' cannot become a kernel" in told
    assert told.endswith("found a division by zero, once its constants are put in")


def test_that_a_constant_of_zero_may_stand_where_it_is_not_reached() -> None:
    write("@ns.plasticity\ndef mine(pre_rate, eta, width):\n    return eta * (pre_rate / width if width > 0.0 else 1.0)\n")
    extend("own.py")
    circuit = layered([4, 3, 2], feedback="random").replace(
        {"input_to_hidden.plasticity": {"rule": "mine", "eta": 0.1, "width": 0.0}}
    )
    before = Simulator(circuit, seed=1, dtype="float64").state["input_to_hidden.weights"]
    after = trained(circuit, given_rows(4, 2, 3), 3, dtype="float64").state["input_to_hidden.weights"]
    np.testing.assert_allclose(after - before, 3 * 0.1, rtol=1e-12)  # three trials, each η · 1


def test_that_a_function_that_calls_itself_is_refused() -> None:
    write_rule("return eta * endless(pre_rate)")
    told = learn({"rule": "mine", "eta": 0.1})
    assert "cannot become a kernel: 'endless' calls itself" in told


def test_that_a_name_that_kernels_need_is_refused_with_its_rule() -> None:
    write_rule("width = 2.0\nreturn eta * width * pre_rate")
    told = learn({"rule": "mine", "eta": 0.1})
    assert (
        told == "own.py, line 8: the formula 'mine' cannot become a kernel: it uses the name width, which kernels need themselves"
    )
