"""The three-neuron network: what is said in closed form agrees with the equations, integrated."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.theory.three_neurons import ThreeNeurons

NETWORKS = [(1.0, 1.0), (0.5, 2.0), (-1.0, 1.0), (2.0, -0.7), (-0.3, -1.5)]


@pytest.fixture(params=NETWORKS, ids=str)
def network(request):
    return ThreeNeurons(*request.param)


def _grid(network, side=41):
    """Starts that cover the same part of the plane whatever B and T, none of them on a boundary."""
    alpha, omega = network.scales
    a, w = np.meshgrid(np.linspace(-2, 2, side) + 0.003, np.linspace(-2, 2, side) + 0.001)
    return alpha * a.ravel(), omega * w.ravel()


def test_from_zero_it_ends_at_the_cube_roots_of_two():
    network = ThreeNeurons()
    expected = (2 ** (1 / 3), 2 ** (-1 / 3))
    np.testing.assert_allclose(network.endpoint(0.0, 0.0), expected, rtol=1e-15)
    _, a, w = network.trajectory(0.0, 0.0)
    assert abs(a[-1] - expected[0]) < 1e-10
    assert abs(w[-1] - expected[1]) < 1e-10


def test_every_trajectory_ends_where_the_closed_form_says(network):
    a, w = _grid(network, 11)
    expected = np.array([network.endpoint(*start) for start in zip(a, w, strict=True)]).T
    _, along_a, along_w = network.trajectory(a, w, until=200, points=2)
    np.testing.assert_allclose([along_a[-1], along_w[-1]], expected, atol=1e-9)
    np.testing.assert_allclose(along_a[-1] * along_w[-1], network.target, atol=1e-9)


def test_the_invariant_does_not_drift(network):
    a, w = _grid(network, 7)
    _, along_a, along_w = network.trajectory(a, w, until=50)
    invariant = network.invariant(along_a, along_w)
    assert np.abs(invariant - invariant[0]).max() < 1e-10


def test_the_basin_is_that_of_integration(network):
    a, w = _grid(network)
    _, along_a, _ = network.trajectory(a, w, until=100, points=2, rtol=1e-8)
    integrated = along_a[-1] / network.scales[0] < 0
    assert 0.05 < integrated.mean() < 0.3
    assert (integrated == network.ends_badly(a, w)).mean() > 0.995
    told = [network.endpoint(*start)[0] / network.scales[0] < 0 for start in zip(a, w, strict=True)]
    assert (told == network.ends_badly(a, w)).all()


def test_the_bad_area_is_an_eighth_of_the_panel():
    area = ThreeNeurons().bad_area(2.0)
    assert area == pytest.approx(1.97352, abs=1e-5)
    assert area / 16 == pytest.approx(0.1233, abs=5e-5)


@pytest.mark.parametrize("bound", [0.5, 1.0, 2.0, 5.0])
def test_the_bad_area_is_what_counting_finds(network, bound):
    ticks = (np.arange(2000) + 0.5) / 1000 * bound - bound
    counted = network.ends_badly(*np.meshgrid(ticks, ticks)).mean() * (2 * bound) ** 2
    assert network.bad_area(bound) == pytest.approx(counted, abs=3e-3 * bound**2)


def test_fixed_points_lie_on_the_parabola_and_do_not_move(network):
    for start in zip(*_grid(network, 9), strict=True):
        for point in network.fixed_points(*start):
            np.testing.assert_allclose(network.flow(*point), 0.0, atol=1e-9)
            np.testing.assert_allclose(network.invariant(*point), network.invariant(*start), atol=1e-9)


def test_stability_is_the_sign_of_the_slope(network):
    a = network.scales[0] * np.array([-3.0, -1.1, -0.9, -0.2, 0.2, 3.0])
    w = network.target / a
    slope = -(a**2 + network.feedback * w)  # of the error along the parabola
    np.testing.assert_array_equal(network.stable(a), slope < 0)


def test_the_separatrix_divides(network):
    alpha, omega = network.scales
    a = alpha * np.array([-2.5, -1.5, -0.7, -0.1])
    edge = network.separatrix(a)
    assert network.ends_badly(a, edge - 1e-6 * omega).all()
    assert not network.ends_badly(a, edge + 1e-6 * omega).any()


def test_a_fixed_point_is_its_own_endpoint():
    assert ThreeNeurons().endpoint(-0.5, -2.0) == (-0.5, -2.0)
    assert ThreeNeurons().endpoint(-2.0, 0.5) == pytest.approx((-1.0, -1.0))  # on the parabola of the fold


@pytest.mark.parametrize(
    ("feedback", "target", "place"), [(0.0, 1.0, "feedback"), (1.0, 0.0, "target"), (np.inf, 1.0, "feedback")]
)
def test_without_feedback_or_target_there_is_nothing_to_solve(feedback, target, place):
    with pytest.raises(InputError, match=place):
        ThreeNeurons(feedback, target)
