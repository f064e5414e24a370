from __future__ import annotations

import numpy as np
import pytest

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.layered import layered
from neurosim.errors import InputError
from neurosim.metrics import METRICS, Look, metric
from neurosim.metrics.look import PROBES, resolve


class Counted:
    def __init__(self) -> None:
        self.calls: list[tuple[tuple[str, ...], int]] = []

    def __call__(self, addresses: tuple[str, ...], trials: int) -> dict[str, np.ndarray]:
        self.calls.append((addresses, trials))
        return {address: np.full((trials, 2), len(self.calls)) for address in addresses}


def look(rows: int = 700) -> tuple[Look, Counted]:
    counted = Counted()
    return Look(layered([3, 2], feedback="none"), {}, np.zeros((rows, 3)), np.zeros((rows, 2)), counted), counted


def test_that_what_was_asked_for_once_is_computed_together() -> None:
    seen, counted = look()
    seen.signal("output.rate")
    assert seen.outputs.shape == (700, 2)
    seen.signal("error.drive")
    seen.probe("output.slope")
    assert [n for _, n in counted.calls] == [700, 700, PROBES]
    seen.renew()
    seen.signal("error.drive")
    seen.signal("output.rate")
    assert counted.calls[3:] == [(("output.rate", "error.drive"), 700)]
    np.testing.assert_array_equal(seen.errors, -seen.outputs)


def test_that_a_small_test_set_is_probed_whole() -> None:
    seen, counted = look(20)
    assert len(seen.probe("output.rate")) == 20
    assert counted.calls == [(("output.rate",), 20)]


def test_what_an_address_means() -> None:
    assert resolve("nse") == (METRICS["nse"], ())
    assert resolve("hidden.angle") == (METRICS["angle"], ("hidden",))
    assert resolve("angle") is None
    assert resolve("hidden.nse") is None
    assert resolve("nothing") is None


def test_that_metrics_need_one_output() -> None:
    with pytest.raises(InputError, match="found 0"):
        _ = Look(Circuit(), {}, np.zeros((1, 1)), np.zeros((1, 1)), Counted()).output


def test_a_metric_of_ones_own() -> None:
    @metric(units="Hz")
    def largest(look):
        """The largest."""
        return float(look.outputs.max())

    try:
        assert METRICS["largest"].function(look()[0]) == 1.0
        assert METRICS["largest"].units == "Hz"
        assert METRICS.summary("largest") == "The largest."
    finally:
        del METRICS._things["largest"]
