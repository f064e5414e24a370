"""Claims against values computed by hand from recordings with known contents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from neurosim.errors import DataError, InputError
from neurosim.recording import Quantity, Recording, Writer
from neurosim.scenario.claims import CLAIMS, evaluate

TRIALS = (0, 10, 20)


def recordings(folder: Path, arms: dict[str, Sequence[Sequence[float]]], weights: bool = False) -> dict[str, list[Recording]]:
    runs: dict[str, list[Recording]] = {}
    for arm, seeds in arms.items():
        for seed, values in enumerate(seeds):
            path = folder / f"{arm}_{seed}.h5"
            quantities = [Quantity("nse", TRIALS, dtype="f8")]
            if weights:
                quantities.append(Quantity("w.weights", TRIALS, (("post", 1), ("pre", 2)), "f8"))
            with Writer(path, quantities) as writer:
                for trial, value in zip(TRIALS, values, strict=True):
                    writer.write("nse", trial, value)
                    if weights:
                        writer.write("w.weights", trial, np.array([[-trial / 10.0, -1.0]]))
            runs.setdefault(arm, []).append(Recording(path))
    return runs


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, list[Recording]]:
    quick, slow = [[1, 0.1, 0.001], [1, 0.2, 0.003], [1, 0.04, 0.002]], [[1, 0.9, 0.5], [1, 0.7, 0.02]]
    return recordings(tmp_path, {"quick": quick, "slow": slow})


@pytest.mark.parametrize(
    ("name", "terms", "value", "n", "holds"),
    [
        ("value", {"arm": "quick", "quantity": "nse", "below": 0.002}, 0.002, 3, True),
        ("value", {"arm": "quick", "quantity": "nse", "below": 0.0019}, 0.002, 3, False),
        ("value", {"arm": "quick", "quantity": "nse", "above": 0.0021}, 0.002, 3, False),
        ("value", {"arm": "quick", "quantity": "nse", "above": 0.1, "trial": 10, "statistic": "max"}, 0.2, 3, True),
        ("value", {"arm": "slow", "quantity": "nse", "below": 1.0, "statistic": "mean"}, 0.26, 2, True),
        ("order", {"arms": ["quick", "slow"], "quantity": "nse"}, 130.0, 2, True),
        ("order", {"arms": ["slow", "quick"], "quantity": "nse"}, 1 / 130, 2, False),
        ("order", {"arms": ["quick", "slow"], "quantity": "nse", "factor": 131.0}, 130.0, 2, False),
        ("decades_apart", {"arms": ["quick", "slow"], "quantity": "nse", "at_most": 3.0}, np.log10(130), 2, True),
        ("decades_apart", {"arms": ["quick", "slow"], "quantity": "nse", "at_most": 2.0}, np.log10(130), 2, False),
        ("difference", {"arms": ["quick", "slow"], "quantity": "nse", "within": 0.3}, 0.002 - 0.26, 2, True),
        ("difference", {"arms": ["quick", "slow"], "quantity": "nse", "within": 0.2}, 0.002 - 0.26, 2, False),
        ("fraction", {"arm": "quick", "quantity": "nse", "reaches": 0.002, "at_least": 0.6}, 2 / 3, 3, True),
        ("fraction", {"arm": "quick", "quantity": "nse", "reaches": 0.002, "at_most": 0.6}, 2 / 3, 3, False),
        ("sooner", {"arms": ["quick", "slow"], "quantity": "nse", "reaches": 0.1}, 0.5, 1, True),
        ("sooner", {"arms": ["slow", "quick"], "quantity": "nse", "reaches": 0.1}, 2.0, 1, False),
        ("sooner", {"arms": ["quick", "slow"], "quantity": "nse", "reaches": 0.1, "above": 0.6}, 0.5, 1, False),
    ],
)
def test_verdict(
    runs: dict[str, list[Recording]], name: str, terms: dict[str, object], value: float, n: int, holds: bool
) -> None:
    verdict = evaluate(runs, name, terms)
    assert verdict.value == pytest.approx(value)
    assert (verdict.n, verdict.holds) == (n, holds)
    assert verdict.interval[0] <= verdict.value + 1e-12


def test_claims_about_weights_of_the_runs_that_succeed(tmp_path: Path) -> None:
    runs = recordings(tmp_path, {"quick": [[1, 0.1, 0.01], [1, 0.9, 0.9]]}, weights=True)
    near = {"arm": "quick", "address": "w.weights", "point": [-1.0, -1.2], "quantity": "nse", "reaches": 0.05}
    assert evaluate(runs, "passes_near", {**near, "within": 0.25}).holds
    found = evaluate(runs, "passes_near", {**near, "within": 0.1})
    assert found.value == pytest.approx(0.2)
    assert (found.n, found.holds) == (1, False)
    below = {"arm": "quick", "address": "w.weights", "quantity": "nse", "reaches": 0.05}
    assert evaluate(runs, "sign", {**below, "below": 0.0}).holds
    assert not evaluate(runs, "sign", {**below, "below": -1.5}).holds
    assert not evaluate(runs, "sign", {**below, "below": 0.0, "reaches": 1e-9}).holds


def test_what_is_missing_is_said(runs: dict[str, list[Recording]]) -> None:
    with pytest.raises(DataError, match="no recording of the arm 'shallow'; there are quick, slow"):
        evaluate(runs, "value", {"arm": "shallow", "quantity": "nse"})
    with pytest.raises(InputError, match="did you mean 'quantity'"):
        evaluate(runs, "value", {"arm": "quick", "quantty": "nse"})


@pytest.mark.parametrize("name", list(CLAIMS))
def test_every_claim_has_a_sentence_and_terms(name: str) -> None:
    assert CLAIMS.summary(name).endswith(".")
    assert {"title", "source"} < set(CLAIMS[name].parameters.fields)


def test_a_paired_claim_is_a_paired_t_test_of_logarithms(tmp_path: Path) -> None:
    from scipy.stats import t

    low = np.array([0.001, 0.002, 0.0005, 0.003])
    high = low * np.array([3.0, 2.0, 4.0, 2.5])
    runs = recordings(tmp_path, {"low": [[1, 1, x] for x in low], "high": [[1, 1, x] for x in high]})
    verdict = evaluate(runs, "paired", {"arms": ["low", "high"], "quantity": "nse"})
    difference = np.log10(low / high)
    statistic = difference.mean() / (difference.std(ddof=1) / 2)
    assert verdict.value == pytest.approx(t.cdf(statistic, 3))
    assert verdict.interval[0] < difference.mean() < verdict.interval[1] < 0
    assert verdict.holds
    assert not evaluate(runs, "paired", {"arms": ["high", "low"], "quantity": "nse"}).holds
