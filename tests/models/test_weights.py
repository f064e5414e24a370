from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.models.weights import WEIGHTS, moore_penrose, plain
from neurosim.seeding import stream

GIVEN = {
    "uniform": {"bound": 0.5},
    "normal": {"sd": 0.5},
    "lattice": {"low": -1.0, "high": 1.0, "count": 3},
    "explicit": {"values": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]},
}
DRAWN = [name for name in WEIGHTS if WEIGHTS[name].derivation is None]


def draw(name: str, shape: tuple[int, ...], **given) -> np.ndarray:
    kind = WEIGHTS[name]
    return kind.draw(stream(1, "x"), shape, **kind.parameters.complete(given))


@pytest.mark.parametrize("name", DRAWN)
def test_that_every_kind_has_the_shape_asked_for(name: str) -> None:
    found = draw(name, (2, 3), **GIVEN.get(name, {}))
    assert found.shape == (2, 3)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", [n for n in DRAWN if n != "explicit"])
def test_that_a_bias_can_be_drawn_too(name: str) -> None:
    assert draw(name, (7,), **GIVEN.get(name, {})).shape == (7,)


def test_moments() -> None:
    uniform = draw("uniform", (400, 500), bound=0.3, centre=0.1)
    assert uniform.min() >= -0.2
    assert uniform.max() <= 0.4
    assert uniform.min() < -0.199
    assert uniform.max() > 0.399
    assert uniform.mean() == pytest.approx(0.1, abs=5 * 0.3 / np.sqrt(3 * 200_000))
    assert uniform.std() == pytest.approx(0.3 / np.sqrt(3), rel=0.01)
    normal = draw("normal", (400, 500), sd=0.3, mean=-0.2)
    assert normal.mean() == pytest.approx(-0.2, abs=5 * 0.3 / np.sqrt(200_000))
    assert normal.std() == pytest.approx(0.3, rel=0.01)
    assert (np.abs(normal + 0.2) > 0.6).mean() == pytest.approx(0.0455, abs=0.003)


@pytest.mark.parametrize("shape", [(400, 500), (4000, 50), (20_000, 10)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_fan_in(shape: tuple[int, int], gain: float) -> None:
    """U(±gain √(3 / pre)), of which the SD is gain / √pre: 200,000 draws."""
    found, bound = draw("fan_in", shape, **({} if gain == 1.0 else {"gain": gain})), gain * np.sqrt(3 / shape[1])
    assert 0.999 * bound < np.abs(found).max() <= bound
    assert found.std() == pytest.approx(gain / np.sqrt(shape[1]), rel=0.01)
    assert abs(found.mean()) < 4 * gain / np.sqrt(shape[1] * found.size)
    assert np.histogram(found, 10, (-bound, bound))[0] == pytest.approx(20_000, rel=0.03)


def test_that_fan_in_keeps_the_size_of_signals() -> None:
    """Signals of variance 1 arrive with variance gain², however many they are: errors of equal size in every layer (Note 5)."""
    signals = stream(2, "x").normal(size=(1000, 300))
    for pre in (10, 100, 300):
        arriving = signals[:, :pre] @ draw("fan_in", (2000, pre), gain=0.5).T
        assert arriving.std() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("shape", [(7,), (7, 1)])
def test_that_one_synapse_each_has_a_fan_in_of_1(shape: tuple[int, ...]) -> None:
    """Biases and one to one projections."""
    np.testing.assert_array_equal(draw("fan_in", shape), draw("uniform", shape, bound=np.sqrt(3.0)))


def test_constants_and_explicit_ones() -> None:
    assert not draw("zeros", (2, 3)).any()
    assert (draw("constant", (2, 3)) == 1.0).all()
    assert (draw("constant", (2, 3), value=-2.0) == -2.0).all()
    np.testing.assert_array_equal(draw("explicit", (2, 3), **GIVEN["explicit"]), [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(draw("explicit", (3,), **plain([1, 2, 3]).parameters), [1, 2, 3])
    with pytest.raises(InputError, match=r"\(3, 2\)"):
        draw("explicit", (3, 2), **GIVEN["explicit"])


@pytest.mark.parametrize("name", [name for name in WEIGHTS if name not in DRAWN])
def test_that_derived_weights_have_no_values(name: str) -> None:
    with pytest.raises(InputError, match="a_to_b"):
        draw(name, (2, 3), to="a_to_b")


def test_that_two_lattices_are_a_square() -> None:
    across = draw("lattice", (9,), low=-1.0, high=1.0, count=3)
    up = draw("lattice", (9,), low=-1.0, high=1.0, count=3, repeat=3)
    assert set(zip(across, up, strict=True)) == {(a, b) for a in (-1.0, 0.0, 1.0) for b in (-1.0, 0.0, 1.0)}


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 4), (4, 4)])
def test_the_four_conditions_of_penrose(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    full = random.normal(size=shape)
    poor = np.outer(full[:, 0], full[0])
    for w in (full, poor, np.zeros(shape)):
        b = moore_penrose(w)
        assert b.shape == shape[::-1]
        for one, other in ((w @ b @ w, w), (b @ w @ b, b), ((w @ b).T, w @ b), ((b @ w).T, b @ w)):
            np.testing.assert_allclose(one, other, atol=1e-13)


def test_that_rounding_is_no_rank() -> None:
    """In float32 a matrix of rank 1 has further singular values of about 1e-8, which are not inverted."""
    random = np.random.default_rng(0)
    u, v = random.normal(size=10), random.normal(size=20)
    found = moore_penrose(np.outer(u, v).astype(np.float32))
    np.testing.assert_allclose(found, np.outer(v, u) / (u @ u) / (v @ v), atol=1e-7)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_that_the_pseudoinverse_of_what_is_not_finite_is_not_finite(value: float) -> None:
    assert np.isnan(moore_penrose(np.array([[1.0, value, 0.0]]))).all()


@pytest.mark.parametrize("shape", [(7, 7), (12, 5), (5, 12), (1, 4), (4, 1)])
def test_that_orthogonal_weights_have_orthonormal_rows_or_columns(shape: tuple[int, int]) -> None:
    found = draw("orthogonal", shape, gain=0.5)
    product = found @ found.T if shape[0] < shape[1] else found.T @ found
    np.testing.assert_allclose(product, 0.25 * np.eye(min(shape)), atol=1e-14)


def test_that_orthogonal_weights_are_uniformly_distributed() -> None:
    """Each element of Q has the mean 0 and the variance 1 / n, and the determinant both signs."""
    random = np.random.default_rng(0)
    drawn = np.array([WEIGHTS["orthogonal"].draw(random, (3, 3)) for _ in range(20_000)])
    np.testing.assert_allclose(drawn.mean(axis=0), 0.0, atol=0.02)
    np.testing.assert_allclose(np.square(drawn).mean(axis=0), 1 / 3, atol=0.02)
    np.testing.assert_allclose((np.linalg.det(drawn) > 0).mean(), 0.5, atol=0.02)


def test_that_one_orthogonal_synapse_each_is_plus_or_minus_the_gain() -> None:
    found = draw("orthogonal", (200,), gain=0.5)
    assert set(found.tolist()) == {-0.5, 0.5}
