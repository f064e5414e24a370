"""What holds for every format: what is taken, where the file goes, and that nothing is lost or left half written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from exports.runs import CIRCUIT, run

import neurosim as ns
from neurosim.errors import DataError, EnvironmentFailure, InputError
from neurosim.exports import EXPORT_FORMATS, export, export_format
from neurosim.recording import Recording

FORMATS = sorted(EXPORT_FORMATS)
OF_RECORDINGS = [name for name in FORMATS if "recording" in EXPORT_FORMATS[name].of]
OF_CIRCUITS = [name for name in FORMATS if "circuit" in EXPORT_FORMATS[name].of]
OPTIONS = {"sonata": {"quantity": "hidden.rate"}}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "run.h5"
    run(path)
    return path


@pytest.fixture
def recording(recorded: Path, tmp_path: Path) -> Path:
    path = tmp_path / "run.h5"
    path.write_bytes(recorded.read_bytes())
    return path


@pytest.fixture
def own_formats() -> Iterator[None]:
    before = dict(EXPORT_FORMATS._things)
    yield
    EXPORT_FORMATS._things.clear()
    EXPORT_FORMATS._things.update(before)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("to", OF_RECORDINGS)
def test_a_recording_goes_beside_itself_and_stays_as_it_is(recording: Path, to: str) -> None:
    before = recording.read_bytes()
    done = export(recording, to, **OPTIONS.get(to, {}))
    assert done.path == recording.with_suffix(EXPORT_FORMATS[to].suffixes[0])
    assert done.path.stat().st_size > 100
    assert names_in(recording.parent) == sorted([done.path.name, "run.h5"])
    assert recording.read_bytes() == before
    assert done.path.stat().st_mode & 0o777 == recording.stat().st_mode & 0o777


@pytest.mark.parametrize("to", OF_CIRCUITS)
def test_a_circuit_by_name_goes_into_this_folder_and_a_file_beside_itself(
    to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suffix = EXPORT_FORMATS[to].suffixes[0]
    monkeypatch.chdir(tmp_path)
    assert export("feedback_alignment", to).path == Path(f"feedback_alignment{suffix}")
    (tmp_path / "own").mkdir()
    text = (Path(ns.__file__).parents[1] / "circuits" / "shallow.toml").read_text(encoding="utf-8")
    (tmp_path / "own" / "mine.toml").write_text(text, encoding="utf-8")
    assert export("own/mine.toml", to).path == Path(f"own/mine{suffix}")
    assert names_in(tmp_path) == sorted([f"feedback_alignment{suffix}", "own"])


@pytest.mark.parametrize("to", FORMATS)
def test_a_file_that_is_there_is_replaced_only_by_force(to: str, recording: Path) -> None:
    source = recording if to in OF_RECORDINGS else "shallow"
    out = recording.with_name(f"there{EXPORT_FORMATS[to].suffixes[0]}")
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is there already; --force replaces it") as caught:
        export(source, to, out, **OPTIONS.get(to, {}))
    assert caught.value.exit_code == 2
    assert out.read_text(encoding="utf-8") == "mine"
    export(source, to, out, force=True, **OPTIONS.get(to, {}))
    assert out.read_bytes() != b"mine"
    assert names_in(recording.parent) == sorted([out.name, "run.h5"])


@pytest.mark.parametrize("to", FORMATS)
def test_nothing_stays_of_what_could_not_be_finished(to: str, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = recording if to in OF_RECORDINGS else "shallow"
    out = recording.with_name(f"there{EXPORT_FORMATS[to].suffixes[0]}")
    out.write_text("mine", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("neurosim.recording.disk.keep", full)
    with pytest.raises(EnvironmentFailure, match=f"{out} cannot be written: the disk is full"):
        export(source, to, out, force=True, **OPTIONS.get(to, {}))
    assert out.read_text(encoding="utf-8") == "mine"
    assert names_in(recording.parent) == sorted([out.name, "run.h5"])


@pytest.mark.parametrize("to", FORMATS)
def test_what_does_not_fit_is_said_in_one_line(to: str, recording: Path) -> None:
    form = EXPORT_FORMATS[to]
    for kind, source in {"circuit": "shallow", "recording": recording, "recordings": recording.parent}.items():
        if kind in form.of:
            continue
        with pytest.raises(InputError) as caught:
            export(source, to)
        told = str(caught.value)
        assert "\n" not in told
        assert to in told
        for other in FORMATS:
            assert (f" {other}" in told) >= (kind in EXPORT_FORMATS[other].of and kind != "recordings")
    assert names_in(recording.parent) == ["run.h5"]


@pytest.mark.parametrize("to", FORMATS)
def test_an_option_that_a_format_does_not_have_is_refused(to: str, recording: Path) -> None:
    with pytest.raises(InputError, match=rf"{to}\.colour: unknown key"):
        export(recording if to in OF_RECORDINGS else "shallow", to, colour="red")


@pytest.mark.parametrize(
    ("source", "to", "out", "expected"),
    [
        ("run.h5", "nwbb", None, r"--to: no such export format 'nwbb'; there are csv, .*; did you mean 'nwb'\?"),
        ("shalow", "dot", None, r"shalow: there is no such recording or folder, and no such circuit; .* 'shallow'\?"),
        ("none.h5", "csv", None, "none.h5: there is no such file"),
        ("none.toml", "dot", None, "none.toml: no such file"),
        ("xor", "dot", None, "xor: is a scenario; expected a circuit, or the recordings"),
        ("scenario.toml", "dot", None, "scenario.toml: is a scenario; expected a circuit, or the recordings"),
        ("notes.txt", "csv", None, "notes.txt is damaged or not a recording"),
        ("empty", "csv", None, r"empty: no recordings \(\*\.h5\) below this folder"),
        ("run.h5", "csv", "run.h5", "-o: run.h5: expected a name that ends in .csv"),
        ("run.h5", "sonata", "run.h5", "-o: run.h5: is what is exported; expected the name of another file"),
        ("run.h5", "csv", "empty", "-o: empty: is a folder; expected the name of a file"),
        ("shallow", "dot", "x.dott", r"expected a name that ends in .dot or .gv; did you mean '.dot'\?"),
        (["run.h5", "shallow"], "csv", None, "shallow: is a circuit; circuits are exported one by one"),
        (["run.h5", "run.h5"], "nwb", "x.nwb", "these recordings: nwb takes one recording at a time; csv takes several"),
        (["run.h5", "empty/../run.h5"], "csv", "x.csv", "run.h5: is seed 7 of arm –, and so is run.h5; expected each once"),
        (["run.h5", "other.h5"], "csv", None, "-o: is missing: where should the .csv of these recordings go?"),
        ([], "csv", None, "expected at least one recording or circuit"),
        (3, "csv", None, "expected a path, a recording or a circuit, or several recordings, found int"),
    ],
)
def test_wrong_input_is_one_line_and_writes_nothing(
    recording: Path, source: object, to: str, out: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = recording.parent
    monkeypatch.chdir(folder)
    (folder / "notes.txt").write_text("no recording", encoding="utf-8")
    (folder / "scenario.toml").write_text('title = "x"\n[task]\nname = "xor"\n', encoding="utf-8")
    (folder / "other.h5").write_bytes(recording.read_bytes())
    (folder / "empty").mkdir()
    before = names_in(folder)
    with pytest.raises(InputError, match=expected) as caught:
        export(source, to, out, force=True, **OPTIONS.get(to, {}))  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert names_in(folder) == before


def test_a_folder_that_is_called_like_a_circuit_is_named_by_its_path(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shallow").mkdir()
    recording.rename(tmp_path / "shallow" / "seed_7.h5")
    with pytest.raises(InputError, match=r"did you mean './shallow'\?"):
        export("shallow", "csv")
    assert export("./shallow", "csv").path == Path("shallow.csv")
    monkeypatch.chdir(tmp_path / "shallow")
    assert export(".", "csv", force=True).path == tmp_path / "shallow.csv"


def test_the_file_is_written_beside_its_place_so_that_it_appears_at_once(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda made, path: (moved.append((Path(made), path)), real(made, path)))
    out = export(recording, "csv").path
    ((made, path),) = moved
    assert (made.parent.parent, made.name, path) == (out.parent, out.name, out)  # one file system: a rename, no copy


def test_places_that_cannot_be_written(recording: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot be written: its folder does not exist"):
        export(recording, "csv", recording.parent / "none" / "x.csv")
    with pytest.raises(EnvironmentFailure, match="cannot be written: its folder is a file"):
        export(recording, "csv", recording / "x.csv")


def test_objects_are_taken_as_they_are(recording: Path) -> None:
    with Recording(recording) as opened:
        assert export(opened, "csv").path == recording.with_suffix(".csv")
        assert opened["nse"].values.size
    with pytest.raises(InputError, match=r"-o: is missing: where should the \.dot of circuit 'small' go"):
        ns.export(CIRCUIT, "dot")
    assert ns.export(CIRCUIT, "dot", recording.with_name("own.gv")).path.is_file()
    with pytest.raises(InputError, match="'hiden'"):
        ns.export(_broken(), "dot", recording.with_name("broken.dot"))


def _broken() -> ns.Circuit:
    circuit = ns.Circuit("broken")
    circuit.population("input", 2, role="input")
    circuit.project("input", "hiden", weights="zeros")
    return circuit


@pytest.mark.parametrize("to", OF_RECORDINGS)
def test_a_recording_that_is_not_at_its_end_says_so(to: str, tmp_path: Path) -> None:
    from recording.samples import QUANTITIES, write_rows

    from neurosim.circuit.exchange import to_json
    from neurosim.recording import Writer

    circuit = ns.layered([2, 3], feedback="none", bias=False).replace({"*.plasticity": "fixed"})
    writer = Writer(tmp_path / "run.h5", QUANTITIES, {"circuit": to_json(circuit), "seed": 1})
    write_rows(writer, last=5)
    done = export(tmp_path / "run.h5", to, tmp_path / f"live{EXPORT_FORMATS[to].suffixes[0]}")
    assert done.remarks[0] == f"{tmp_path / 'run.h5'} is running: exported up to trial 5"
    writer.finish("interrupted")
    done = export(tmp_path / "run.h5", to)
    assert done.remarks[0] == f"{tmp_path / 'run.h5'} is interrupted: exported up to trial 5"


def test_a_recording_without_a_row_has_nothing_to_export(tmp_path: Path) -> None:
    from recording.samples import QUANTITIES

    from neurosim.recording import Writer

    with Writer(tmp_path / "run.h5", QUANTITIES):
        for to in ("nwb", "netcdf", "sonata"):
            with pytest.raises(DataError, match="is committed yet"):
                export(tmp_path / "run.h5", to)
        assert export(tmp_path / "run.h5", "csv").path.read_text(encoding="utf-8") == "trial,test_error\n"


@pytest.mark.parametrize(("to", "package"), [("nwb", "pynwb"), ("nir", "nir")])
def test_a_package_that_is_missing_is_one_line(to: str, package: str, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    told = f'{package} is not installed; `pip install "neurosim[{to}]"` installs it'
    with pytest.raises(EnvironmentFailure) as caught:
        export(recording, to)
    assert str(caught.value) == told
    assert names_in(recording.parent) == ["run.h5"]


def test_listing_formats_imports_none_of_their_packages() -> None:
    script = "import sys, neurosim.exports as e; [e.EXPORT_FORMATS.summary(n) for n in e.EXPORT_FORMATS]\n"
    script += "assert not {'pynwb', 'hdmf', 'nir', 'xarray', 'numba', 'matplotlib', 'libsonata'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_own_format_needs_nothing_else(own_formats: None, tmp_path: Path) -> None:
    @ns.export_format(of=("circuit",), suffixes=(".sizes",))
    def sizes(source: ns.Circuit, path: Path, separator: str = ",") -> list[str]:
        """The sizes of the populations."""
        path.write_text(separator.join(str(p.size) for p in source.populations.values()), encoding="utf-8")
        return ["left out: all the rest"]

    done = export(CIRCUIT, "sizes", tmp_path / "x.sizes", separator=";")
    assert done.path.read_text(encoding="utf-8").startswith("4;3;2;")
    assert done.remarks == ("left out: all the rest",)
    assert EXPORT_FORMATS.summary("sizes") == "The sizes of the populations."
    with pytest.raises(InputError, match=r"sizes\.separatr: unknown key; .* did you mean 'separator'\?"):
        export(CIRCUIT, "sizes", tmp_path / "y.sizes", separatr=";")


def test_who_was_quicker_keeps_the_place(own_formats: None, tmp_path: Path) -> None:
    @export_format(of=("circuit",), suffixes=(".slow",))
    def slow(source: ns.Circuit, path: Path) -> list[str]:
        """Written by somebody else meanwhile."""
        path.write_text("ours", encoding="utf-8")
        (tmp_path / "x.slow").write_text("theirs", encoding="utf-8")
        return []

    with pytest.raises(InputError, match="is there already"):
        export(CIRCUIT, "slow", tmp_path / "x.slow")
    assert (tmp_path / "x.slow").read_text(encoding="utf-8") == "theirs"
    assert names_in(tmp_path) == ["x.slow"]
