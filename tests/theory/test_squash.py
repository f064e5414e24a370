from __future__ import annotations

import numpy as np
import pytest

from neurosim.theory.squash import SQUASHES, squashing


@pytest.mark.parametrize("name", list(SQUASHES))
def test_that_slopes_are_those_of_the_values(name: str) -> None:
    sigma, a, step = squashing(name), np.linspace(-3, 3, 13), 1e-5
    np.testing.assert_allclose(sigma.slope(a), (sigma.value(a + step) - sigma.value(a - step)) / (2 * step), atol=1e-9)
