from __future__ import annotations

from pathlib import Path

import pytest

import neurosim.circuit.files
from neurosim import shelf
from neurosim.circuit.files import load_circuit, read_toml
from neurosim.errors import CircuitError, InputError

SOUND = """
title = "two populations"

[population.input]
size = 3
role = "input"

[population.output]
size = 2
role = "output"
transfer = { function = "leaky", leak = 0.25 }

[[projection]]
pre = "input"
post = "output"
weights = { kind = "uniform", bound = 0.5 }
plasticity = { rule = "hebbian", eta = 0.1 }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pair.toml"
    path.write_text(SOUND, encoding="utf-8")
    return path


def test_that_a_file_is_a_circuit(file: Path) -> None:
    circuit = load_circuit(file)
    assert circuit.name == "pair"
    assert circuit.populations["output"].transfer.parameters == {"leak": 0.25}
    assert load_circuit(str(file), {"output.size": 5}).populations["output"].size == 5


def test_that_a_file_may_say_dropout_and_a_change_may_take_it_back(file: Path) -> None:
    file.write_text(SOUND.replace("size = 3", "size = 3\ndropout = 0.2"), encoding="utf-8")
    assert load_circuit(file).populations["input"].dropout == 0.2
    assert load_circuit(file, {"input.dropout": 0.5}).populations["input"].dropout == 0.5
    assert load_circuit(file, {"input.dropout": "none"}).populations["input"].dropout is None


@pytest.mark.parametrize(
    ("text", "replacement", "addresses"),
    [
        ("size = 2", "size = -2", ["output.size"]),
        ("size = 2", "sise = 2", ["output.size", "output.sise"]),
        ("bound = 0.5", "bund = 0.5", ["input_to_output.weights.bound", "input_to_output.weights.bund"]),
        ('post = "output"', 'post = "otput"', ["input_to_otput.post"]),
        ('"leaky"', '"leeky"', ["output.transfer"]),
        ("size = 3", "size = nan", ["input.size"]),
        ("size = 3", "size = 3\ndropout = 1.5", ["input.dropout"]),
    ],
)
def test_that_mistakes_in_a_file_are_told(file: Path, text: str, replacement: str, addresses: list[str]) -> None:
    file.write_text(SOUND.replace(text, replacement), encoding="utf-8")
    with pytest.raises(CircuitError) as caught:
        load_circuit(file)
    assert set(addresses) <= {p.address for p in caught.value.problems}
    assert not {p.address for p in caught.value.problems if p.address.endswith((".pre", ".post"))} - set(addresses)
    assert str(caught.value).startswith(str(file))


def test_that_malformed_and_unsound_are_told_together(file: Path) -> None:
    file.write_text(SOUND.replace("size = 2", "size = -2").replace('"hebbian"', '"hebian"'), encoding="utf-8")
    with pytest.raises(CircuitError) as caught:
        load_circuit(file)
    assert {p.address for p in caught.value.problems} == {"output.size", "input_to_output.plasticity"}


def test_that_changes_are_checked(file: Path) -> None:
    with pytest.raises(CircuitError, match="with changes"):
        load_circuit(file, {"output.transfer": "thanh"})
    with pytest.raises(CircuitError, match="did you mean 'output'"):
        load_circuit(file, {"otput.size": 3})


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"a = ", "is not TOML"), (b"\xff\xfe", "is not text in UTF-8"), (b"a = " + b"[" * 5000, "TOML|nested")],
)
def test_that_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_toml(path)


def test_that_a_huge_file_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neurosim.circuit.files, "LARGEST_FILE", 10)
    with pytest.raises(InputError, match="larger than"):
        read_toml(file)


def test_what_a_name_or_a_path_means(tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "shelf", lambda kind: tmp_path)
    assert shelf.names("circuits") == ["pair"]
    assert shelf.find("circuits", "pair") == file
    assert shelf.find("circuits", str(file)) == file
    with pytest.raises(InputError) as caught:
        shelf.find("circuits", "pare")
    assert caught.value.problems[0].suggestion == "pair"
    with pytest.raises(InputError, match="no such file"):
        shelf.find("circuits", tmp_path / "none.toml")
    with pytest.raises(InputError, match="is a folder"):
        shelf.find("circuits", f"{tmp_path}/")


@pytest.mark.parametrize("name", shelf.names("circuits"))
def test_that_every_shipped_circuit_loads(name: str) -> None:
    circuit = load_circuit(name)
    assert circuit.title
    assert circuit.name
