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
