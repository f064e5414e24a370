from __future__ import annotations

import sys
from pathlib import Path

import pytest

import neurosim.metrics
import neurosim.tasks
import neurosim.theory.checks  # noqa: F401
from neurosim.errors import InputError
from neurosim.registry import Folder, Registry, extend, first_line, kinds


def test_that_an_unknown_name_is_told_with_what_there_is() -> None:
    colours: Registry[int] = Registry("colours", shown=False)
    colours.add("red", 1)
    colours.add("green", 2)
    with pytest.raises(InputError) as caught:
        colours["gren"]
    (problem,) = caught.value.problems
    assert (problem.address, problem.suggestion) == ("gren", "green")
    assert problem.message == "no such colour; there are green, red"
    assert colours.unknown("a.b", "rde").message == "no such colour 'rde'; there are green, red"


def test_that_it_is_a_mapping() -> None:
    colours: Registry[int] = Registry("colours", shown=False)
    assert len(colours) == 0
    colours.add("red", 1)
    colours.add("blue", 2)
    assert list(colours) == ["blue", "red"]
    assert colours.add("red", 3) == 3
    assert dict(colours) == {"blue": 2, "red": 3}
    assert "green" not in colours
    assert "colours" not in kinds()


@pytest.mark.parametrize("kind", list(kinds()))
def test_that_every_thing_of_every_kind_can_be_listed(kind: str) -> None:
    registry = kinds()[kind]
    assert registry.kind == kind
    assert len(registry) > 0
    for name in registry:
        assert registry.summary(name).strip(), name
        assert registry.summary(name) == registry.summary(name).strip()
        assert registry[name] is not None


def test_which_kinds_there_are() -> None:
    assert {
        "transfer functions",
        "neuron models",
        "plasticity rules",
        "initial weights",
        "connectors",
        "metrics",
        "tasks",
        "theory checks",
    } <= set(kinds())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "things_for_a_test"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_hidden.py").write_text("raise RuntimeError")
    (package / "one.py").write_text('"""The first.\n\nMore."""\nthing = 1\n')
    (package / "broken.py").write_text('"""Never imported for its summary."""\nraise RuntimeError("imported")\n')
    monkeypatch.syspath_prepend(tmp_path)
    made = Folder("things of a test", "things_for_a_test", "thing")
    yield made
    from neurosim.registry import _KINDS

    del _KINDS["things of a test"]
    for name in [name for name in sys.modules if name.startswith("things_for_a_test")]:
        del sys.modules[name]


def test_that_files_are_things_imported_when_asked_for(folder: Folder) -> None:
    assert list(folder) == ["broken", "one"]
    assert [folder.summary(name) for name in folder] == ["Never imported for its summary.", "The first."]
    assert folder["one"] == 1
    with pytest.raises(RuntimeError, match="imported"):
        folder["broken"]
    folder.add("own", 5)
    assert list(folder) == ["broken", "one", "own"]
    assert folder["own"] == 5


def test_first_lines() -> None:
    assert first_line("\n    One.\n\n    Two.") == "One."
    assert first_line(None) == first_line("") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n\nx / 0\n", "--with: {path}, line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    return {}['x']\n\n\nf()\n", "--with: {path}, line 2: KeyError: 'x'"),
        (
            "import neurosim as ns\n\n\n@ns.plasticity\ndef f(pre_rate):\n    return 1.0\n",
            "--with: {path}, line 4: plasticity rule 'f'",
        ),
        ("raise SystemExit(0)\n", "--with: {path}, line 1: SystemExit: 0"),
    ],
)
def test_what_is_wrong_with_a_users_file_has_its_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "own.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        extend(path)
    assert str(caught.value).startswith(told.format(path=path))


def test_nothing_is_left_beside_a_users_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "own.py").write_text("answer = 42\n")
    extend(tmp_path / "own.py")
    assert [path.name for path in tmp_path.iterdir()] == ["own.py"]


def test_a_file_that_is_no_python_file(tmp_path: Path) -> None:
    (tmp_path / "own.txt").touch()
    for name, told in (("own.txt", "expected a name that ends in .py"), ("none.py", "no such Python file")):
        with pytest.raises(InputError, match=told):
            extend(tmp_path / name)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_that_nothing_built_in_can_be_replaced_unseen(kind: str) -> None:
    def own() -> None:
        """Something of a user's."""

    registry = kinds()[kind]
    name = next(name for name in registry if registry.is_built_in(name))
    with pytest.raises(InputError, match=f"{name}: is built in among the {kind}; expected another name"):
        registry.add(name, own)


def test_that_a_rule_with_the_name_of_a_built_in_one_is_told_with_its_line(tmp_path: Path) -> None:
    text = "import neurosim as ns\n\n@ns.plasticity\ndef delta(pre_rate, post_teaching, eta):\n    return 0.0 * pre_rate\n"
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(InputError, match=r"own.py, line 3: delta: is built in among the plasticity rules"):
        extend(tmp_path / "own.py")


def test_that_ones_own_can_be_replaced() -> None:
    things: Registry[object] = Registry("things", shown=False)
    things.add("one", test_first_lines)
    assert things.add("one", test_that_it_is_a_mapping) is things["one"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("connectors", "all_to_all"), ("neuron models", "direct"), ("neuron models", "rate"), ("plasticity rules", "fixed"),
        ("plasticity rules", "delta"), ("transfer functions", "linear"), ("initial weights", "tied"), ("metrics", "nse"),
        ("tasks", "xor"), ("theory checks", "zero_error"),
    ],
)  # fmt: skip
def test_what_is_built_in(kind: str, name: str) -> None:
    assert kinds()[kind].is_built_in(name)
