"""The flow: solutions, basin and field as they are known, trajectories as they are recorded."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.quiver import Quiver
from synthetic import write

from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.figures import draw
from neurosim.figures._style import BLACK, BLUE, GREY
from neurosim.recording import Recording
from neurosim.simulator import Simulator, record
from neurosim.tasks import LinearMap
from neurosim.theory.three_neurons import ThreeNeurons

A, W = "input_to_hidden.weights", "hidden_to_output.weights"


def _networks(path, count, feedback=1.0, target=1.0):
    """Trajectories of so many networks side by side, the first from 0."""
    starts = np.random.default_rng(0).uniform(-2, 2, (2, count))
    starts[:, 0] = 0.0
    _, a, w = ThreeNeurons(feedback, target).trajectory(*starts, points=60)
    return write(path, {A: (range(60), a), W: (range(60), w)}), a, w


def _lines(axes, colour, width):
    return [line for line in axes.lines if same_color(line.get_color(), colour) and line.get_linewidth() == width]


def test_the_first_trajectory_is_large_and_others_are_thin(tmp_path):
    path, a, w = _networks(tmp_path / "a.h5", 5)
    (axes,) = draw("flow", path).axes
    (large,) = _lines(axes, BLUE, 3.2)
    np.testing.assert_allclose(large.get_xydata(), np.stack([a[:, 0], w[:, 0]], axis=1))
    thin = _lines(axes, BLUE, 0.9)
    assert len(thin) == 4
    np.testing.assert_allclose(thin[2].get_xydata(), np.stack([a[:, 3], w[:, 3]], axis=1))
    (head,) = [text for text in axes.texts if text.arrow_patch is not None]
    np.testing.assert_allclose(head.xy, [2 ** (1 / 3), 2 ** (-1 / 3)], atol=1e-9)


def test_many_trajectories_are_thinned_out(tmp_path):
    (axes,) = draw("flow", _networks(tmp_path / "a.h5", 100)[0]).axes
    assert len(_lines(axes, BLUE, 0.9)) == 30


def test_recorded_matrices_are_networks_too_and_meet_at_common_trials(three_neurons):
    axes = draw("flow", three_neurons).axes[0]
    (large,) = _lines(axes, BLUE, 3.2)
    with Recording(three_neurons) as recording:
        expected = np.stack([recording[A].values[::2, 0, 0], recording[W].values[:, 0, 0]], axis=1)
    np.testing.assert_allclose(large.get_xydata(), expected, rtol=1e-6)


@pytest.mark.parametrize(("feedback", "target"), [(1.0, 1.0), (-2.0, 1.5), (0.5, -1.0)])
def test_solutions_are_solutions_and_dashed_where_they_are_unstable(tmp_path, feedback, target):
    network = ThreeNeurons(feedback, target)
    (axes,) = draw("flow", _networks(tmp_path / "a.h5", 2, feedback, target)[0], feedback=feedback, target=target).axes
    (good,) = _lines(axes, GREY, 4.0)
    bad, unstable = sorted(_lines(axes, BLACK, 4.0), key=lambda line: line.is_dashed())
    for line, stable, sign in ((good, True, 1), (bad, True, -1), (unstable, False, -1)):
        a, w = line.get_xydata().T
        np.testing.assert_allclose(a * w, target)
        assert (np.sign(w * feedback) == sign).all()
        inner = np.abs(np.abs(a) - abs(network.scales[0])) > 1e-9
        assert (network.stable(a[inner]) == stable).all()
    assert unstable.is_dashed() and not bad.is_dashed()


def test_the_shade_is_the_bad_basin(tmp_path):
    (axes,) = draw("flow", _networks(tmp_path / "a.h5", 2)[0]).axes
    (shade,) = [one for one in axes.collections if not isinstance(one, Quiver)]
    a, w = shade.get_paths()[0].vertices.T
    area = abs(np.sum(a * np.roll(w, 1) - w * np.roll(a, 1))) / 2
    assert area == pytest.approx(ThreeNeurons().bad_area(2.0), rel=1e-3)


def test_arrows_point_where_the_weights_go(tmp_path):
    (axes,) = draw("flow", _networks(tmp_path / "a.h5", 2)[0], limit=3.0).axes
    (field,) = [one for one in axes.collections if isinstance(one, Quiver)]
    da, dw = ThreeNeurons().flow(np.asarray(field.X), np.asarray(field.Y))
    speed, length = np.hypot(da, dw), np.hypot(field.U, field.V)
    moving = speed > 0
    np.testing.assert_allclose(field.U[moving] / length[moving], da[moving] / speed[moving], atol=1e-12)
    np.testing.assert_allclose(field.V[moving] / length[moving], dw[moving] / speed[moving], atol=1e-12)
    assert axes.get_xlim() == axes.get_ylim() == (-3.0, 3.0)


def test_the_wiring_stands_beside_it_with_its_symbols(three_neurons):
    _, beside = draw("flow", three_neurons).axes
    assert {"input", "hidden", "output", "$A$", "$W$", "$B$"} <= {text.get_text() for text in beside.texts}
    assert len(draw("flow", three_neurons, circuit=False).axes) == 1


def test_the_wiring_is_without_what_changes_nothing(three_neurons):
    figure = draw("flow", three_neurons)
    assert "loss" not in {text.get_text() for text in figure.axes[1].texts}
    assert {"drive", "modulatory: teaches", "thin: one to one"} == {text.get_text() for text in figure.legends[0].get_texts()}


def test_the_wiring_keeps_a_loss_that_teaches_and_slopes_that_are_not_1(tmp_path):
    for feedback, transfer in (("broadcast", "linear"), ("random", "tanh")):
        circuit = layered([1, 1, 1], feedback=feedback, output_transfer=transfer, bias=False)
        simulator = Simulator(circuit, seed=1, backend="reference")
        with record(tmp_path / f"{feedback}.h5", {A: 10, W: 10}) as recording:
            simulator.train(LinearMap(1, 1, seed=1), trials=20, into=recording)
    broadcast, random = (draw("flow", tmp_path / f"{feedback}.h5") for feedback in ("broadcast", "random"))
    assert "loss" in {text.get_text() for text in broadcast.axes[1].texts}
    assert "gate: multiplies" in {text.get_text() for text in random.legends[0].get_texts()}


def test_the_wiring_uses_the_height_of_the_panel(three_neurons):
    axes, beside = draw("flow", three_neurons).axes
    assert beside.get_position().height == pytest.approx(0.75 * axes.get_position().height)


def test_of_networks_side_by_side_one_is_drawn(tmp_path):
    one_to_one = {f"{name}.connector": "one_to_one" for name in ("input_to_hidden", "hidden_to_output", "error_to_feedback")}
    circuit = layered([5, 5, 5], feedback="random", transfer="linear", bias=False)
    circuit = circuit.replace({**one_to_one, "error_to_feedback.weights": {"kind": "constant", "value": 1.0}})
    simulator = Simulator(circuit, seed=1, backend="reference")
    with record(tmp_path / "a.h5", {A: 10, W: 10}) as recording:
        simulator.train(LinearMap(5, 5, seed=1), trials=20, into=recording)
    axes, beside = draw("flow", tmp_path).axes
    assert len(_lines(axes, BLUE, 0.9)) == 4
    texts = {text.get_text() for text in beside.texts}
    assert {"$A$", "$W$", "$B$"} <= texts and "5" not in texts


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": "input_to_hiden.weights"}, "did you mean 'input_to_hidden.weights'"),
        ({"second": "hidden_to_outptu.weights"}, "did you mean 'hidden_to_output.weights'"),
        ({"feedback": 0.0}, "feedback: expected a finite number other than 0"),
        ({"limit": 0.0}, "limit"),
    ],
)
def test_what_does_not_fit_is_refused(three_neurons, options, message):
    with pytest.raises(InputError, match=message):
        draw("flow", three_neurons, **options)


def test_larger_networks_are_refused(runs, tmp_path):
    with pytest.raises(InputError, match="expected one weight, or one per network"):
        draw("flow", runs, first=W)
    path = write(tmp_path / "a.h5", {A: ((0, 1), np.zeros((2, 3))), W: ((0, 1), np.zeros((2, 4)))})
    with pytest.raises(InputError, match="as many weights"):
        draw("flow", path)
    path = write(tmp_path / "b.h5", {A: ((0, 1), np.zeros((2, 3))), W: ((2, 3), np.zeros((2, 3)))})
    with pytest.raises(InputError, match="two common trials"):
        draw("flow", path)
