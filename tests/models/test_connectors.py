from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.models.connectors import CONNECTORS
from neurosim.seeding import stream

CASES = {  # shape (post, pre) and parameters that it can join
    "one_to_one": ((4, 4), {}),
    "broadcast": ((4, 1), {}),
    "fan_out": ((6, 3), {}),
    "fixed_probability": ((6, 3), {"probability": 0.5}),
    "local_patch": ((8, 9), {"patch": 2, "maps": 2}),
    "explicit": ((6, 3), {"pairs": [[5, 0], [0, 2]]}),
}


def join(name: str, shape: tuple[int, int], **given) -> np.ndarray | None:
    kind = CONNECTORS[name]
    return kind.join(stream(1, "x"), shape, **kind.parameters.complete(given))


@pytest.mark.parametrize("name", list(CONNECTORS))
def test_that_it_makes_what_its_form_says(name: str) -> None:
    shape, given = CASES.get(name, ((6, 3), {}))
    found = join(name, shape, **given)
    if CONNECTORS[name].form == "pattern":
        assert found is not None
        assert found.shape == shape
        assert found.dtype == bool
        assert found.any()
    else:
        assert found is None


@pytest.mark.parametrize("name", [name for name in CONNECTORS if CONNECTORS[name].form == "pattern"])
def test_that_its_density_is_what_it_makes(name: str) -> None:
    shape, given = CASES.get(name, ((6, 3), {}))
    kind = CONNECTORS[name]
    expected = kind.density(shape, **kind.parameters.complete(given))
    assert join(name, shape, **given).mean() == pytest.approx(expected, abs=0.25 if name == "fixed_probability" else 1e-12)


@pytest.mark.parametrize(("maps", "patch", "side", "units"), [(6, 6, 28, 3174), (8, 10, 32, 4232), (2, 2, 3, 8), (1, 3, 3, 1)])
def test_local_patch(maps: int, patch: int, side: int, units: int) -> None:
    """Supp. Note 5's layers, against a plain loop over maps, rows and columns."""
    found = join("local_patch", (units, side * side), patch=patch, maps=maps).reshape(units, side, side)
    unit = 0
    for _ in range(maps):
        for row in range(side - patch + 1):
            for column in range(side - patch + 1):
                wanted = np.zeros((side, side), dtype=bool)
                for r in range(patch):
                    for c in range(patch):
                        wanted[row + r, column + c] = True
                np.testing.assert_array_equal(found[unit], wanted)
                unit += 1
    assert unit == units


@pytest.mark.parametrize(
    ("shape", "patch", "told"),
    [((4, 10), 2, "square image, found 10"), ((4, 9), 4, "at most 3"), ((5, 9), 2, r"makes 4 units \(1 × 2 × 2\), found 5")],
)
def test_what_local_patch_refuses(shape: tuple[int, int], patch: int, told: str) -> None:
    with pytest.raises(InputError, match=told):
        join("local_patch", shape, patch=patch, maps=1)


def test_fan_out() -> None:
    np.testing.assert_array_equal(join("fan_out", (4, 2)), [[1, 0], [1, 0], [0, 1], [0, 1]])


def test_fixed_probability() -> None:
    found = join("fixed_probability", (400, 500), probability=0.2)
    assert found.mean() == pytest.approx(0.2, abs=5 * np.sqrt(0.16 / 200_000))
    assert not join("fixed_probability", (40, 50), probability=0.0).any()
    assert join("fixed_probability", (40, 50), probability=1.0).all()


def test_explicit() -> None:
    np.testing.assert_array_equal(join("explicit", (3, 2), pairs=[[2, 0], [0, 1]]), [[0, 1], [0, 0], [1, 0]])


@pytest.mark.parametrize(
    ("name", "shape"), [("one_to_one", (3, 2)), ("broadcast", (3, 2)), ("fan_out", (5, 2)), ("fan_out", (2, 4))]
)
def test_that_sizes_which_do_not_join_are_told(name: str, shape: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"found {shape[1]} onto {shape[0]}|population of {shape[1]}"):
        join(name, shape)
