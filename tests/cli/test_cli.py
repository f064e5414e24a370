"""The commands as a user types them: answers on stdout, narration on stderr, exit codes, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli.tiny import TINY, run

from neurosim.cli import COMMANDS
from neurosim.cli.values import several
from neurosim.errors import RunError
from neurosim.recording import Recording


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY, encoding="utf-8")
    return path


def test_run_draw_check_and_resume(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "runs"
    code, answer, narration = run(capsys, "run", str(tiny), "--out", str(out), "--backend", "reference", "--threads", "1")
    assert code == 0
    assert "feedback alignment" in answer
    assert "nse" in answer
    assert "4 runs" in narration
    assert (out / "learning_curve.png").stat().st_size > 5_000
    files = sorted(out.rglob("*.h5"))
    assert [path.parent.name for path in files] == ["feedback_alignment"] * 2 + ["shallow"] * 2
    with Recording(files[0]) as recording:
        assert list(recording["nse"].trials) == [0, 20, 40, 60]
        assert recording.attributes["arm"] == "feedback_alignment"

    stamps = [path.stat().st_mtime_ns for path in files]
    resumed = run(capsys, "run", str(tiny), "--out", str(out), "--backend", "reference", "--resume", "--quiet")
    assert resumed[0] == 0
    assert [path.stat().st_mtime_ns for path in files] == stamps
    again = run(capsys, "run", str(tiny), "--out", str(out), "--backend", "reference", "--resume", "--set", "phase.0.trials=80")
    assert again[0] == 0
    assert files[0].stat().st_mtime_ns != stamps[0]

    code, answer, narration = run(capsys, "check", str(out))
    assert code == 3
    head, *lines = answer.splitlines()
    assert head == "tiny: tiny"
    assert [line.startswith("  holds") for line in lines] == [True, False]
    assert narration == "1 of 2 claims holds.\n"
    code, answer, narration = run(capsys, "check", str(out), "--quiet")
    assert (code, narration) == (3, "")
    assert [line.startswith("  does not hold  it is solved at once") for line in answer.splitlines()] == [False, True]
    code, answer, _ = run(capsys, "check", str(out), "--json")
    assert [line["holds"] for line in json.loads(answer)] == [True, False]

    code, answer, _ = run(capsys, "draw", "angle", str(out), "-o", str(tmp_path / "angle.svg"), "--option", "zoom=false")
    assert code == 0
    assert (tmp_path / "angle.svg").read_text().startswith("<?xml")


def test_run_prints_one_json_document(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer, narration = run(
        capsys,
        "run",
        str(tiny),
        "--out",
        str(tmp_path),
        "--seeds",
        "1",
        "--arm",
        "shallow",
        "--backend",
        "reference",
        "--json",
        "-q",
    )
    assert code == 0
    assert narration == ""
    document = json.loads(answer)
    assert list(document["values"]) == ["shallow"]
    assert len(document["values"]["shallow"]["nse"]) == 1
    assert all(Path(path).is_file() for path in document["recordings"] + document["figures"])


def test_slices_say_where_their_recordings_are_and_resume_draws(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    common = ["run", str(tiny), "--out", str(out), "--backend", "reference", "--grid", "*.plasticity.eta=0.01,0.1"]
    paths = []
    for index in range(5):
        code, answer, narration = run(capsys, *common, "--index", str(index), "--of", "5")
        assert code == 0
        assert f"slice {index}, of slices 0 to 4" in narration
        assert "--resume" in narration
        paths += answer.split()
    assert sorted(paths) == sorted(str(path) for path in out.rglob("*.h5"))
    assert len(paths) == 2 * 3 * 2
    assert not list(out.rglob("*.png"))
    stamps = [Path(path).stat().st_mtime_ns for path in paths]
    code, answer, _ = run(capsys, *common, "--resume")
    assert code == 0
    assert "feedback alignment, eta = 0.01" in answer
    assert [Path(path).stat().st_mtime_ns for path in paths] == stamps
    assert (out / "learning_curve.png").is_file()
    code, answer, _ = run(capsys, "check", str(out))
    assert [line.startswith("  holds") for line in answer.splitlines()] == [False, True, False]


def test_a_slice_as_json_and_an_empty_one(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["run", str(tiny), "--out", str(tmp_path / "runs"), "--backend", "reference", "-q"]
    code, answer, _ = run(capsys, *common, "--index", "1", "--of", "4", "--json")
    assert code == 0
    assert json.loads(answer)["recordings"] == [str(tmp_path / "runs" / "feedback_alignment" / "seed_1.h5")]
    assert json.loads(answer)["figures"] == []
    assert run(capsys, *common, "--index", "0", "--of", "40") == (0, "", "")


def test_values_of_a_grid_are_split_at_the_outermost_commas() -> None:
    texts = ["a.b=1, 2.5,tanh", "c.d=[1, 2],[[3, 4], [5]]", "e.f={k = 'x,y', n = [1, 2]},none", 'g.h="p,q",r', "i.j=7"]
    assert several(texts, "--grid") == {
        "a.b": [1, 2.5, "tanh"],
        "c.d": [[1, 2], [[3, 4], [5]]],
        "e.f": [{"k": "x,y", "n": [1, 2]}, "none"],
        "g.h": ["p,q", "r"],
        "i.j": [7],
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["runn"], "did you mean 'run'?"),
        (["run"], "scenario"),
        (["run", "digitz"], "did you mean 'digits'?"),
        (["run", "nowhere/x.toml"], "no such file"),
        (["run", "linear_map", "--arm", "shalow"], "did you mean 'shallow'?"),
        (["run", "linear_map", "--set", "hiden.size=3"], "did you mean 'hidden'?"),
        (["run", "linear_map", "--set", "hidden.size"], "expected ADDRESS=VALUE"),
        (["run", "linear_map", "--set", "hidden.size=-3"], "found -3"),
        (["run", "linear_map", "--set", "hidden.size=21"], "same size"),
        (["run", "linear_map", "--set", "hidden.dropout=1.5"], "hidden.dropout: expected a number below 1, found 1.5"),
        (["run", "linear_map", "--set", "output.dropout=0.5"], "expected the role 'input' or 'hidden', found 'output'"),
        (["run", "linear_map", "--set", "input.size=21"], "the task 'linear_map' has 30"),
        (["run", "linear_map", "--set", "task.inptus=3"], "did you mean 'inputs'?"),
        (["run", "linear_map", "--set", "phase.7.trials=3"], "no such place"),
        (["run", "linear_map", "--seeds", "0"], "above 0"),
        (["run", "linear_map", "--backend", "cpuu"], "invalid choice"),
        (["run", "linear_map", "--engine", "daks"], "did you mean 'dask'?"),
        (["run", "linear_map", "--scheduler", "tcp://127.0.0.1:1"], "say --engine dask"),
        (["run", "linear_map", "--engine", "dask", "--scheduler", "here"], "tcp://host:8786"),
        (["run", "linear_map", "--index", "0"], "--index: needs --of, too"),
        (["run", "linear_map", "--of", "3"], "--of: needs --index, too"),
        (["run", "linear_map", "--index", "3", "--of", "3"], "expected a whole number from 0 to 2"),
        (["run", "linear_map", "--index", "-1", "--of", "3"], "--index"),
        (["run", "linear_map", "--index", "x", "--of", "3"], "expected a whole number from 0, found 'x'"),
        (["run", "linear_map", "--index", "0", "--of", "0"], "above 0"),
        (["run", "linear_map", "--grid", "hiden.size=3,4"], "--grid: hiden.size: no population or projection 'hiden'"),
        (["run", "linear_map", "--grid", "hiden.size=3,4"], "did you mean 'hidden'?"),
        (["run", "linear_map", "--grid", "hidden.size"], "expected ADDRESS=VALUE,VALUE,…"),
        (["run", "linear_map", "--grid", "hidden.size=3,,4"], "a value is missing"),
        (["run", "linear_map", "--grid", "hidden.size=21,22"], "same size"),
        (["run", "linear_map", "--grid", "a.b=1", "--grid", "a.b=2"], "given twice"),
        (["run", "linear_map", "--grid", "phase.0.trials=1,2"], "no place in a circuit"),
        (["list", "cirucits"], "did you mean 'circuits'?"),
        (["show", "feedback_aligment"], "did you mean 'feedback_alignment'?"),
        (["show", "shallow", "-o", "x.gif"], "ends in"),
        (["draw", "learning_curv", ".", "-o", "x.png"], "learning_curve"),
        (["draw", "learning_curve", "nowhere", "-o", "x.png"], "nowhere"),
        (["draw", "learning_curve", ".", "-o", "x.bmp"], ".png"),
        (["check", "nowhere"], "nowhere"),
        (["check", "nowhere", "--report", "table.txt"], "--report: table.txt: expected a name that ends in .md"),
        (["check", "theroy"], "theroy: there is no such file or folder; did you mean 'theory'?"),
        (["check", "./theory"], "theory: there is no such file or folder"),
        (["validate", "nothing"], "no circuit, scenario or collection of this name"),
        (["list", "--with", "nowhere.py"], "no such Python file"),
    ],
)
def test_wrong_input_is_one_clear_message_and_exit_2(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, answer, told = run(capsys, *arguments)
    assert code == 2
    assert answer == ""
    assert expected in told
    assert not list(tmp_path.iterdir())


def test_validate_tells_every_problem_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    circuit = tmp_path / "circuit.toml"
    circuit.write_text(
        '[population.input]\nsize = -3\nrole = "input"\n'
        '[population.hidden]\nsize = 3\ntransfer = "tanhh"\n'
        '[[projection]]\npre = "input"\npost = "hiden"\nweights = "zeros"\n',
        encoding="utf-8",
    )
    syntax = tmp_path / "syntax.toml"
    syntax.write_text("title = \n", encoding="utf-8")
    code, _, told = run(capsys, "validate", str(circuit), str(syntax), "digits")
    assert code == 2
    for fragment in ("input.size", "did you mean 'tanh'?", "did you mean 'hidden'?", "line 1, column"):
        assert fragment in told
    code, answer, _ = run(capsys, "validate", str(circuit), "digits", "--json")
    verdicts = json.loads(answer)
    assert len(verdicts[str(circuit)]) == 3
    assert verdicts["digits"] == []


def test_validate_tells_every_problem_of_a_scenario(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TINY.replace('circuit = "shallow"', 'circuit = "shalow"').replace("nse = 20", "nsee = 20")
    text = text.replace("[[phase]]", "[[phase]]\nbatchh = 2")
    tiny.write_text(text, encoding="utf-8")
    code, _, told = run(capsys, "validate", str(tiny))
    assert code == 2
    assert "phase.0.batchh" in told
    assert "did you mean 'batch'?" in told
    tiny.write_text(text.replace("batchh = 2", ""), encoding="utf-8")
    code, _, told = run(capsys, "validate", str(tiny))
    assert code == 2
    for fragment in ("did you mean 'shallow'?", "record.nsee", "did you mean 'nse'?", "table.0"):
        assert fragment in told


def test_blow_up_ends_with_1_and_names_the_trial(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, told = run(
        capsys, "run", str(tiny), "--out", str(tmp_path), "--set", "*.plasticity.eta=1e6", "--set", "hidden.transfer=linear",
        "--backend", "reference", "-q", "--set", "phase.0.trials=2000",
    )  # fmt: skip
    assert code == 1
    assert "blew up" in told
    assert "after trial" in told


def test_show_says_what_is_not_local_and_which_kernels_serve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not local: error_to_feedback" in run(capsys, "show", "backpropagation")[1]
    assert "not local" not in run(capsys, "show", "feedback_alignment")[1]
    assert "learn_gather" in run(capsys, "show", "feedback_alignment", "--program")[1]
    assert "dropout" not in run(capsys, "show", "feedback_alignment")[1]
    assert "mask" not in run(capsys, "show", "feedback_alignment", "--program")[1]
    changes = ("--set", "hidden.dropout=0.25")
    assert "dropout" in run(capsys, "show", "feedback_alignment", *changes)[1]
    assert "0.25" in run(capsys, "show", "feedback_alignment", *changes)[1]
    assert "hidden.slope × hidden.mask" in run(capsys, "show", "feedback_alignment", *changes, "--program")[1]
    for ending in ("svg", "json", "graphml", "png"):
        path = tmp_path / f"circuit.{ending}"
        assert run(capsys, "show", "feedback_alignment_deep", "-o", str(path))[0] == 0
        assert path.stat().st_size > 1000


@pytest.mark.parametrize("what", ["linear_map", "all-paper"])
def test_that_an_empty_name_is_no_folder(capsys: pytest.CaptureFixture[str], what: str) -> None:
    code, _, told = run(capsys, "run", what, "--out", "")
    assert code == 2
    assert "--out: expected a folder, found an empty name" in told


def test_show_spells_out_what_an_error_is_compared_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    roles = "".join(f'[population.{role}]\nsize = 2\nrole = "{role}"\n' for role in ("input", "output", "target", "error"))
    path.write_text(roles + '[[projection]]\npre = "input"\npost = "output"\nweights = "zeros"\n')
    shown = run(capsys, "show", str(path))[1]
    assert "implied: target_to_error, output_to_error (" in shown
    assert "output.rate" in shown
    assert "implied" not in run(capsys, "show", "shallow")[1]


def test_list_lists_every_kind_and_what_users_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        'import neurosim as ns\n@ns.transfer\nclass cube:\n    """f(u) = u³."""\n'
        "    def value(u): return u * u * u\n    def slope(u, rate): return 3.0 * u * u\n",
        encoding="utf-8",
    )
    code, answer, _ = run(capsys, "list", "--json", "--with", str(own))
    assert code == 0
    listed = json.loads(answer)
    assert listed["transfer_functions"]["cube"] == "f(u) = u³."
    assert {
        "circuits",
        "scenarios",
        "collections",
        "tasks",
        "figures",
        "plasticity_rules",
        "connectors",
        "metrics",
        "claims",
        "theory_checks",
    } <= set(listed)
    from neurosim.models.transfer import TRANSFERS

    TRANSFERS._things.pop("cube")


def test_help_is_quick_and_imports_nothing_slow() -> None:
    script = "import sys; sys.argv = ['neurosim', '--help']\nimport neurosim.cli\n"
    script += "try: neurosim.cli.main()\nexcept SystemExit: pass\n"
    script += "assert not {'numba', 'numpy', 'matplotlib', 'h5py', 'pydantic', 'networkx'} & set(sys.modules), 'slow imports'"
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert all(command in done.stdout for command in COMMANDS)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("arguments", [["list"], ["show", "xor"], ["run", "xor", "--set", "seeds=none"]])
def test_what_neither_runs_nor_draws_imports_nothing_slow(arguments: list[str]) -> None:
    script = f"import sys\nfrom neurosim.cli import main\ntry: main({arguments})\nexcept SystemExit: pass\n"
    script += "print(sorted({'matplotlib', 'numba', 'scipy.optimize', 'scipy.integrate'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_quiet() -> None:
    for head, first in (("head -1", "circuits"), ("true", "")):  # closed after a line, or before anything is written
        done = subprocess.run(
            f"{sys.executable} -m neurosim list | {head}", shell=True, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == first
        assert done.stderr == ""


def test_check_refuses_recordings_of_different_experiments(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["run", str(tiny), "--out", str(tmp_path / "o"), "--backend", "reference", "-q"]
    run(capsys, *common)
    run(capsys, *common, "--seeds", "1", "--set", "*.plasticity.eta=0.0001")
    code, answer, told = run(capsys, "check", str(tmp_path / "o"))
    assert (code, answer) == (2, "")
    assert "different experiments" in told


def test_what_is_wrong_with_an_extension_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "json.py"
    for text in ("import neurosim\nneurosim.nope", "1 / 0", "{}['x']", "def ("):
        own.write_text(text, encoding="utf-8")
        code, _, told = run(capsys, "list", "--with", str(own))
        assert code == 2
        assert "json.py" in told
    own.write_text("x = 1", encoding="utf-8")
    assert run(capsys, "show", "shallow", "--json", "--with", str(own))[0] == 0


@pytest.fixture
def three_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the theory checks only three: one holds, one does not, one cannot be evaluated."""
    from neurosim.theory.checks import THEORY_CHECKS, largest, theory_check

    monkeypatch.setattr(THEORY_CHECKS, "_things", {})

    @theory_check(source="Note 1", paper="so it is")
    def right():
        """It is so."""
        return largest([0.25, 0.5], below=1.0)

    @theory_check(source="Note 2", paper="so it is not")
    def wrong():
        """It is not so."""
        return largest([0.25, 5.0], below=1.0)

    @theory_check(source="Note 3", paper="nobody knows")
    def unknown():
        """It blows up."""
        raise RunError("the flow blew up")


def test_check_theory_tells_each_check_in_a_line_of_the_same_form(
    three_checks: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, answer, narration = run(capsys, "check", "theory")
    assert (code, narration) == (3, "1 of 3 claims holds.\n")
    assert answer.splitlines() == [
        "theory: What the paper proves",
        "  holds          It is so: 0.5 (0.25 … 0.5), n = 2; wanted largest < 1  [Note 1: so it is]",
        "  does not hold  It is not so: 5 (0.25 … 5), n = 2; wanted largest < 1  [Note 2: so it is not]",
        "  does not hold  It blows up: –, n = 0; wanted cannot be evaluated: the flow blew up  [Note 3: nobody knows]",
    ]
    code, answer, _ = run(capsys, "check", "theory", "--json")
    lines = json.loads(answer)
    assert code == 3
    assert [line["holds"] for line in lines] == [True, False, False]
    assert (lines[0]["claim"], lines[0]["paper"], lines[0]["value"]) == ("It is so", "so it is", 0.5)
    assert lines[2]["value"] is None

    monkeypatch.chdir(tmp_path)
    (tmp_path / "theory").mkdir()
    assert run(capsys, "check", "theory")[0] == 3  # alone it always means the checks
    code, _, told = run(capsys, "check", "./theory")
    assert (code, told) == (2, "neurosim: theory: no recordings (*.h5) below this folder\n")


def test_check_theory_ends_with_0_if_all_hold(three_checks: None, capsys: pytest.CaptureFixture[str]) -> None:
    from neurosim.theory.checks import THEORY_CHECKS

    for name in ("wrong", "unknown"):
        del THEORY_CHECKS._things[name]
    code, answer, _ = run(capsys, "check", "theory")
    assert (code, len(answer.splitlines())) == (0, 2)


def test_a_figure_that_cannot_be_drawn_costs_nothing_else(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tiny.read_text(encoding="utf-8")
    figures = '[[figure]]\nname = "angle"\n[[figure]]\nname = "angle"\n[[figure]]\nname = "weight_trajectory"\naddress = "nse"\n'
    tiny.write_text(text.replace("[[figure]]", figures + "[[figure]]", 1), encoding="utf-8")
    code, answer, told = run(capsys, "run", str(tiny), "--out", str(tiny.parent / "out"))
    assert code == 2
    assert "shallow" in answer
    assert "the figure weight_trajectory was not drawn: " in told
    drawn = sorted(path.name for path in (tiny.parent / "out").glob("*.png"))
    assert drawn == ["angle-2.png", "angle.png", "learning_curve.png"]


def test_check_says_when_it_saw_fewer_seeds(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tiny.parent / "out")
    run(capsys, "run", str(tiny), "--out", out, "--quiet")
    assert run(capsys, "check", out)[1].splitlines()[0] == "tiny: tiny"
    (tiny.parent / "out" / "shallow" / "seed_1.h5").unlink()
    (tiny.parent / "out" / "feedback_alignment" / "seed_1.h5").unlink()
    assert run(capsys, "check", out)[1].splitlines()[0] == "tiny: tiny (1 of its 2 seeds)"
