"""Compiling by several processes, and by one program at a time."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from neurosim.engine import compile as compiling
from neurosim.engine import together
from neurosim.engine.kernel_texts import header
from neurosim.errors import InputError

WORK = """
import os
from pathlib import Path

def do(piece):
    number, folder, fate = piece
    if fate == "raise":
        raise ValueError("not this one")
    if fate == "die" and os.getpid() != {here}:
        os._exit(1)
    (Path(folder) / f"{{number}}_{{os.getpid()}}").touch()
    if fate == "wait":
        import time
        time.sleep(0.5)
"""


@pytest.fixture
def do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Work that another process finds, too: it touches a file that is called by the piece and the process."""
    (tmp_path / "some_work.py").write_text(WORK.format(here=os.getpid()))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(together, "processors", lambda: 2)
    import some_work

    return some_work.do


STATEMENT = "from some_work import do; from neurosim.engine.together import serve; serve(do)"


def done(folder: Path) -> dict[int, int]:
    """Piece → the process that did it."""
    return {int(path.name.partition("_")[0]): int(path.name.partition("_")[2]) for path in folder.iterdir()}


def test_that_all_pieces_are_done_here_and_elsewhere(do, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "done"
    folder.mkdir()
    together.share_out([(number, folder, "wait") for number in range(8)], do, STATEMENT)
    found = done(folder)
    assert sorted(found) == list(range(8))
    assert len(list(folder.iterdir())) == 8
    assert len(set(found.values())) == 2
    assert os.getpid() in found.values()


def test_that_few_pieces_are_done_here(do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "done"
    folder.mkdir()
    monkeypatch.setattr(together, "sibling", lambda statement: pytest.fail("a process was started"))
    together.share_out([(number, folder, "") for number in range(together.MODULES_PER_PROCESS - 1)], do, STATEMENT)
    assert done(folder) == dict.fromkeys(range(together.MODULES_PER_PROCESS - 1), os.getpid())


@pytest.mark.parametrize("fate", ["raise", "die"])
def test_that_what_goes_wrong_costs_no_other_piece(do, fate: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "done"
    folder.mkdir()
    pieces = [(number, folder, fate if number % 4 == 2 else "wait") for number in range(9)]
    together.share_out(pieces, do, STATEMENT)
    assert {0, 1, 3, 4, 5, 7, 8} <= done(folder).keys()


def test_that_a_process_that_does_not_start_costs_nothing(do, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "done"
    folder.mkdir()
    together.share_out([(number, folder, "") for number in range(6)], do, "raise SystemExit(3)")
    found = done(folder)
    assert len(found) >= 5  # one may have been given to the process that ended
    assert set(found.values()) == {os.getpid()}


def test_that_one_waits_for_the_other(tmp_path: Path) -> None:
    told: list[str] = []
    inside = threading.Event()

    def first() -> None:
        with together.alone_in(tmp_path):
            inside.set()
            time.sleep(0.3)
            told.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait()
    with together.alone_in(tmp_path):
        told.append("second")
    thread.join()
    assert told == ["first", "second"]


def test_that_patience_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "PATIENCE", 0.1)
    with together.alone_in(tmp_path):
        begun = time.monotonic()
        with together.alone_in(tmp_path):
            assert time.monotonic() - begun >= 0.1


def test_that_a_folder_that_is_not_there_stops_nobody(tmp_path: Path) -> None:
    told: list[str] = []
    with together.alone_in(tmp_path / "nowhere"):
        told.append("inside")
    assert told == ["inside"]
    assert not (tmp_path / "nowhere").exists()


def modules(count: int) -> list[compiling.Module]:
    text = header("float64", {}) + "def nothing(row, ctx):\n    row[0] = ctx[0] + {}\n"
    return [compiling.Module("nothing", text.format(number), "nothing") for number in range(count)]


def test_that_modules_are_made_ready_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the folder of this one, which another process might not think of."""
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(together, "processors", lambda: 2)
    here: list[str] = []
    real = compiling._compiled

    def slow(module: compiling.Module, path: Path):  # type: ignore[no-untyped-def]
        here.append(module.title)
        time.sleep(1.0)  # so that the other process has its share
        return real(module, path)

    monkeypatch.setattr(compiling, "_compiled", slow)
    wanted = modules(6)
    compiling.make_ready(wanted)
    assert 0 < len(here) < 6
    assert len({module.address for module in wanted}) == 6
    assert 0 < len(here) < 6  # nothing is compiled twice


@pytest.mark.parametrize("sources", ["changed since this process began", "others than the text was made by"])
def test_that_machine_code_of_other_sources_is_not_kept(sources: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(together, "sibling", lambda statement: pytest.fail("a process was started"))
    wanted = modules(4)
    if sources.startswith("changed"):
        monkeypatch.setattr(compiling, "_digest", lambda: "another")
        compiling.make_ready(wanted)
    else:
        monkeypatch.setattr(compiling, "fingerprint", lambda: "another")
        compiling.compiled((wanted[0], tmp_path))
    assert not list(tmp_path.glob("*.o"))


def test_that_a_formula_of_no_real_number_is_not_kept_without_who_is_to_blame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "cache_folder", lambda: tmp_path)
    text = header("float64", {}) + "@njit\ndef formula(u):\n    return 1j * u\n\n"
    text += "def kernel(row, ctx):\n    row[0] = int(formula(real(row[1])).real)\n"
    with pytest.raises(InputError, match="complex128"):
        compiling.compiled((compiling.Module("compute", text, "kernel"), tmp_path))
    assert not list(tmp_path.glob("*.o"))


def test_that_the_name_of_a_module_tells_its_text() -> None:
    one, other = modules(2)
    assert one.title != other.title
    assert replace(one, formula=None).title == one.title
