"""The circuit diagram: everything is on it, nothing covers anything, edges can be told apart."""

from __future__ import annotations

import io
from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.patches import PathPatch

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.figures._diagram import Diagram
from neurosim.figures.circuit import svg

UNIFORM = {"kind": "uniform", "bound": 0.5}


def _by_hand() -> Circuit:
    circuit = Circuit("by hand")
    for name, size, role in (
        ("eye", 40, "input"),
        ("arm", 6, "input"),
        ("cortex", 30, "hidden"),
        ("striatum", 3, "hidden"),
        ("output", 10, "output"),
        ("target", 10, "target"),
        ("error", 10, "error"),
        ("loss", 1, "loss"),
        ("a_long_feedback_name", 30, "feedback"),
    ):
        circuit.population(name, size, role=role)
    for pre, post, name in (
        ("eye", "cortex", "one"),
        ("eye", "cortex", "two"),
        ("arm", "striatum", "three"),
        ("cortex", "striatum", "up"),
        ("striatum", "cortex", "down"),
        ("cortex", "cortex", "recurrent"),
        ("striatum", "output", "last"),
        ("eye", "output", "skip"),
        ("error", "a_long_feedback_name", "back"),
    ):
        circuit.project(pre, post, name=name, weights=UNIFORM)
    circuit.project("eye", "cortex", name="gating", receptor="gate", weights=UNIFORM)
    circuit.project("error", "output", receptor="modulatory", connector="one_to_one")
    circuit.project("error", "loss", weights="constant")
    circuit.project("loss", "striatum", receptor="modulatory", connector="broadcast")
    circuit.project("a_long_feedback_name", "cortex", receptor="modulatory", connector="one_to_one")
    return circuit


def _two() -> Circuit:
    circuit = Circuit("two")
    circuit.population("input", 3, role="input")
    circuit.population("output", 2, role="output")
    circuit.project("input", "output", weights="zeros")
    return circuit


SHAPES = {
    **{
        f"{feedback} {depth}": layered([9, *[7, 3, 4, 8][:depth], 5], feedback=feedback, name=feedback)
        for feedback in FEEDBACK
        for depth in (1, 2)
    },
    "broadcast 4": layered([9, 7, 3, 4, 8, 5], feedback="broadcast"),
    "random 4": layered([9, 7, 3, 4, 8, 5], feedback="random"),
    "by hand": _by_hand(),
    "two": _two(),
}


@pytest.fixture(params=SHAPES, scope="module")
def circuit(request):
    return SHAPES[request.param]


@pytest.fixture(scope="module")
def diagram(circuit):
    return Diagram(circuit, "")


@pytest.fixture(scope="module")
def drawn(circuit):
    return draw("circuit", circuit)


def _texts(figure):
    return {text.get_text() for axes in figure.axes for text in axes.texts}


def test_every_population_size_and_symbol_is_written(circuit, diagram, drawn):
    texts = _texts(drawn)
    assert set(circuit.populations) <= texts
    assert {str(p.size) for p in circuit.populations.values() if p.size > 4} <= texts
    learned = [p.name for p in circuit.projections.values() if p.plasticity.name != "fixed"]
    assert set(learned) <= set(diagram.symbols)
    assert set(diagram.symbols.values()) <= texts
    assert len(set(diagram.symbols.values())) == len(diagram.symbols)


def test_populations_do_not_overlap(diagram):
    assert not [(a.name, b.name) for a, b in combinations(diagram.boxes.values(), 2) if a.overlaps(b)]


def test_edges_run_through_no_population(diagram):
    for name, route in diagram.routes.items():
        for box in diagram.boxes.values():
            left, right, bottom, top = box.edges
            x, y = route.points[2:-2].T
            assert not np.any((x > left) & (x < right) & (y > bottom) & (y < top)), f"{name} through {box.name}"


def test_labels_cover_no_population_and_no_other_label(diagram):
    cards = list(diagram.boxes.values())
    for label in diagram.labels.values():
        for other in [*cards, *(one for one in diagram.labels.values() if one is not label)]:
            apart_x = abs(label.x - other.x) >= (label.width + other.width) / 2
            assert apart_x or abs(label.y - other.y) >= (label.height + other.height) / 2


def test_no_two_edges_are_the_same_curve(diagram):
    for one, other in combinations(diagram.routes.values(), 2):
        assert min(np.abs(one.points - points).max() for points in (other.points, other.points[::-1])) > 0.05


def test_receptors_can_be_told_apart_without_colour(circuit, drawn):
    (axes,) = drawn.axes
    edges = {patch.get_gid(): patch for patch in axes.patches if isinstance(patch, PathPatch)}
    completed = circuit.completed().projections
    assert set(edges) == set(completed)
    for name, projection in completed.items():
        dashes = edges[name].get_linestyle()
        assert (dashes == "solid") == (projection.receptor == "drive"), name
        if projection.receptor != "drive":
            assert dashes == ((0.0, (4.0, 2.0)) if projection.receptor == "modulatory" else (0.0, (1.0, 1.5)))


def test_forward_path_stands_left_to_right_and_feedback_below_what_it_teaches():
    boxes = Diagram(SHAPES["random 2"], "").boxes
    forward = [boxes[name] for name in ("input", "hidden1", "hidden2", "output", "target")]
    assert all(a.x < b.x and a.y == b.y for a, b in combinations(forward, 2))
    for upper, lower in (("hidden1", "feedback1"), ("hidden2", "feedback2"), ("output", "error"), ("error", "loss")):
        assert boxes[upper].x == boxes[lower].x
        assert boxes[upper].y > boxes[lower].y


def test_symbols_are_those_of_the_paper():
    assert Diagram(SHAPES["random 1"], "").symbols == {
        "input_to_hidden": "$W_1$",
        "hidden_to_output": "$W_2$",
        "error_to_feedback": "$B$",
    }
    assert Diagram(SHAPES["none 1"], "").symbols["input_to_hidden"] == "$W_1$ (fixed)"
    deep = Diagram(SHAPES["tied 2"], "").symbols
    assert deep["error_to_feedback2"] == r"$B_2 = W_3^\top$ (tied)"
    assert deep["feedback2_to_feedback1"] == r"$B_1 = W_2^\top$ (tied)"
    assert Diagram(SHAPES["pseudoinverse 1"], "").symbols["error_to_feedback"] == "$B = W_2^+$ (tied)"


@pytest.mark.parametrize("shape", ["random 1", "two"])
def test_svg_is_the_same_every_time_and_is_xml(shape):
    text = svg(SHAPES[shape])
    assert text == svg(SHAPES[shape])
    assert "<dc:date>" not in text
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"


def test_recordings_give_one_panel_per_arm(runs):
    figure = draw("circuit", runs)
    assert len(figure.axes) == 4
    assert {"shallow", "reinforcement", "feedback alignment", "backpropagation"} <= _texts(figure)


def test_an_unfinished_circuit_is_drawn_but_a_missing_end_is_refused():
    circuit = Circuit("alone")
    with pytest.raises(InputError, match="no population"):
        draw("circuit", circuit)
    circuit.population("hidden", 3)
    draw("circuit", circuit).savefig(io.BytesIO(), format="png")
    circuit.project("hidden", "hiden", weights="zeros")
    with pytest.raises(InputError, match=r"hidden_to_hiden\.post.*did you mean 'hidden'"):
        draw("circuit", circuit)
