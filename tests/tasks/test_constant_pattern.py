from __future__ import annotations

import pytest

from neurosim.errors import InputError
from neurosim.tasks import ConstantPattern


def test_the_pattern() -> None:
    x, y = ConstantPattern(3, target=-2.0).trials(seed=8, first=7, count=2)
    assert x.tolist() == [[1.0] * 3] * 2
    assert y.tolist() == [[-2.0] * 3] * 2


@pytest.mark.parametrize(("given", "place"), [({"size": 0}, "size"), ({"target": float("nan")}, "target")])
def test_that_parameters_are_checked(given: dict[str, float], place: str) -> None:
    with pytest.raises(InputError, match=place):
        ConstantPattern(**given)
