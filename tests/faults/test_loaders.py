from __future__ import annotations

from pathlib import Path

import pytest

import neurosim
from faults.loaders import ALLOWED, found, unsafe


def test_neurosim_runs_nothing_that_a_file_of_data_says() -> None:
    assert found() == {}


def test_what_is_allowed_is_there() -> None:
    root = Path(neurosim.__file__).parent
    for name, what in ALLOWED.items():
        assert [one for _, one in unsafe((root / name).read_text(encoding="utf-8"))] == [what]


@pytest.mark.parametrize(
    "planted",
    [
        "import pickle",
        "from pickle import loads",
        "import a, cloudpickle as c",
        "def f():\n    import marshal",
        "eval(text)",
        "builtins.exec(text)",
        "x = compile(text, 'x', 'exec')",
        "__import__(name)",
        "importlib.import_module('pickle')",
        "spec.loader.exec_module(module)",
        "np.load(path)",
        "numpy.load(path, allow_pickle=flag)",
        "np.load(path, allow_pickle=True)",
        "subprocess.run(text, shell=True)",
        "os.system(text)",
        "yaml.load(text)\nimport yaml",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert len(list(unsafe(planted))) >= 1


@pytest.mark.parametrize(
    "harmless",
    ["re.compile('x')", "np.load(path, allow_pickle=False)", "np.loadtxt(path)", "tomllib.load(file)", "subprocess.run(['x'])"],
)
def test_what_is_harmless_is_not(harmless: str) -> None:
    assert list(unsafe(harmless)) == []
