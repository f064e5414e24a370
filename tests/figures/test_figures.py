"""What holds for every figure: options are checked, real recordings are drawn, nothing global changes."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib
import pytest
from matplotlib.figure import Figure

from neurosim.circuit.circuit import Circuit
from neurosim.errors import DataError, InputError
from neurosim.figures import FIGURES, draw
from neurosim.parameters import Parameters
from neurosim.recording import Recording


def test_every_file_is_a_figure():
    assert set(FIGURES) == {
        "angle",
        "basin",
        "circuit",
        "flow",
        "forward_against_feedback",
        "histogram",
        "learning_curve",
        "panels",
        "receptive_fields",
        "regimens",
        "scaling",
        "weight_trajectory",
    }


@pytest.mark.parametrize("name", FIGURES)
def test_draws_a_real_recording_and_changes_nothing_global(name, recorded):
    before = dict(matplotlib.rcParams)
    figure = draw(name, recorded)
    figure.savefig(io.BytesIO(), format="png")
    assert isinstance(figure, Figure)
    assert figure.axes
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_clipped(name, recorded):
    figure = draw(name, recorded)
    figure.savefig(io.BytesIO(), format="png")  # lays it out
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0, width - drawn.x1, height - drawn.y1) > -0.02


@pytest.mark.parametrize("name", FIGURES)
def test_an_unknown_option_is_refused(name, runs):
    known = next(iter(Parameters(FIGURES[name], supplied=("recordings",)).fields))
    with pytest.raises(InputError, match=rf"{name}\.{known}x.*unknown.*did you mean '{known}'"):
        draw(name, runs, **{f"{known}x": None})


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_what_it_is_and_where_it_comes_from(name):
    assert FIGURES.summary(name)
    assert "Source:" in (FIGURES[name].__doc__ or "")


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_what_its_options_are_and_when_it_refuses(name):
    told = FIGURES[name].__doc__ or ""
    assert "Raises:" in told
    missing = [option for option in Parameters(FIGURES[name]).fields if f"\n        {option}: " not in told]
    assert not missing


def test_an_unknown_figure_is_refused_with_a_suggestion(runs):
    with pytest.raises(InputError, match="did you mean 'learning_curve'"):
        draw("learning_curv", runs)


def test_a_wrong_value_is_refused(runs):
    with pytest.raises(InputError, match=r"learning_curve\.spread.*'quartiles', 'extremes', 'seeds' or 'none'"):
        draw("learning_curve", runs, spread="everything")


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"circuit"}))
def test_a_circuit_is_no_recording(name):
    with pytest.raises(InputError, match="drawn from recordings"):
        draw(name, Circuit("mine"))


def test_recordings_may_come_as_folder_files_or_opened(runs):
    paths = sorted(runs.rglob("*.h5"))
    opened = [Recording(path) for path in paths]
    counts = [
        len(draw("learning_curve", source).axes[0].lines) for source in (runs, str(runs), paths, opened, [runs / "shallow"])
    ]
    assert counts == [4, 4, 4, 4, 1]
    assert "nse" in opened[0] and opened[0]["nse"].values.size
    for recording in opened:
        recording.close()


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no recordings"):
        draw("angle", tmp_path)
    with pytest.raises(InputError, match="no recordings"):
        draw("angle", [])
    with pytest.raises(InputError, match="found int"):
        draw("angle", 3)


def test_matplotlib_is_imported_where_something_is_drawn_only():
    code = (
        "import sys, neurosim.figures as f; list(f.FIGURES), f.FIGURES.summary('angle')",
        "from neurosim.parameters import parameters_of",
        "for name in f.FIGURES: parameters_of(f.FIGURES[name], 'recordings').fields",
        "print('matplotlib' in sys.modules)",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(code)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("option", ["name", "recordings"])
def test_an_option_that_has_the_name_of_an_argument(tmp_path, option):
    with pytest.raises(InputError, match=f"learning_curve.{option}: unknown key"):
        draw("learning_curve", [], **{option: "x"})
