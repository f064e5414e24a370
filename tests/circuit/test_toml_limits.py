"""What is refused before it is parsed; and that nothing else is."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from neurosim import shelf
from neurosim.circuit.files import read_toml
from neurosim.circuit.toml_limits import DEEPEST, LONGEST_NUMBER, MOST_ENTRIES, MOST_SIGNS, beyond, crowded
from neurosim.errors import InputError

DEEP = DEEPEST + 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = " + "[" * DEEP, "line 1, column 37: nested more than 32 levels deep"),
        ("\n\nx = " + "{a = " * DEEP, "line 3, column 165: nested more than 32 levels deep"),
        ("x = [\n'''\n]]]''', " + "[" * DEEP, "line 3, column 40: nested more than 32 levels deep"),
        (".".join("a" * (DEEP + 1)) + " = 1", "line 1, column 64: a key of more than 32 parts"),
        ("[" + " . ".join(['"a"'] * DEEP) + "]", "line 1, column 192: a key of more than 32 parts"),
        ("x = " + "9" * (LONGEST_NUMBER + 1), "line 1, column 5: a number of more than 100 digits"),
        ("x = [1, 0x" + "f" * LONGEST_NUMBER, "line 1, column 9: a number of more than 100 digits"),
        ("x = [" + "1," * MOST_SIGNS, "line 1, column 200002: more than 100,000 keys, values and brackets"),
    ],
)
def test_what_is_too_much_has_its_place(text: str, told: str) -> None:
    assert str(beyond(text)) == told


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * DEEPEST + "]" * DEEPEST,
        ".".join("a" * DEEPEST) + " = 1",
        "x = " + "9" * LONGEST_NUMBER,
        f"x = '{'[' * DEEP}'",
        f'x = "{chr(92)}"{"[" * DEEP}"',
        f"x = '''\n{'[' * DEEP}'\n'''",
        f'x = """{chr(92)}"""{"[" * DEEP}"""',
        f"# {'[' * DEEP}",
        "x = [" + "[1], " * 5000 + "]",
        "".join(f"a{index}.b.c = 1.5\n" for index in range(100)),
        "x = [" + ", ".join(["1.5", "-2e-3"] * 40) + "]",
    ],
)
def test_what_is_not_too_much(text: str) -> None:
    assert beyond(text) is None


@given(
    some.lists(
        some.sampled_from(["[", "]", "{", "}", '"', "'", '"""', "'''", "\\", "\n", "#", "a", "1", " ", ",", "="]), max_size=60
    )
)
def test_that_the_depth_is_at_least_that_of_what_the_parser_reads(signs: list[str]) -> None:
    """What tomllib reads is never deeper than what was counted: else it could be led past the limit."""
    text = "x = " + "".join(signs)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    deep = _depth(tables) - 1
    padded = "x = " + "[" * (DEEP - deep) + text[4:]
    if deep:
        assert beyond(padded) is not None


def _depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return (1 + max(map(_depth, inner), default=0)) if isinstance(value, dict | list) else 0


@pytest.mark.parametrize(
    ("tables", "told"),
    [
        ({"arm": [{}] * (MOST_ENTRIES + 1)}, "arm: expected at most 1,000 entries, found 1,001"),
        ({f"k{index}": 1 for index in range(1001)}, "expected at most 1,000 entries, found 1,001"),
        ({"a": {"b": ["x"] * 1001}}, "a.b: expected at most 1,000 entries, found 1,001"),
    ],
)
def test_crowds(tables: dict, told: str) -> None:
    assert str(crowded(tables)) == told


def test_dotted_keys_in_tables_in_tables_are_counted_together() -> None:
    text = "[" + ".".join("a" * 20) + "]\n" + ".".join("b" * 20) + " = 1"
    assert beyond(text) is None
    assert "nested more than 32 levels deep" in str(crowded(tomllib.loads(text)))


def test_weights_are_no_crowd() -> None:
    assert crowded({"values": [[0.5] * 2000] * 20, "vector": [1] * 5000}) is None


@pytest.mark.parametrize("kind", ["circuits", "scenarios"])
def test_nothing_that_is_shipped_is_too_much(kind: str) -> None:
    for name in shelf.names(kind):
        text = shelf.find(kind, name).read_text(encoding="utf-8")
        assert beyond(text) is None
        assert crowded(tomllib.loads(text)) is None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"#" * 1_000_001, "is larger than 1 MB"),
        ("a = 'é'\nb = '".encode() + b"\xff'", "is not text in UTF-8, at line 2, column 6"),
        (b"a = " + b"9" * 5000, "a number of more than 100 digits"),
        (b"\x89HDF\r\n\x1a\n", "it looks like a recording"),
        (b"x = 1\r\nsize 3\r\n", "at line 2, column 6: 'size 3'"),
    ],
)
def test_that_a_file_is_refused_with_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_toml(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_byte_order_mark_is_none_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert read_toml(path) == {"a": 1}
