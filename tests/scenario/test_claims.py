"""Claims against values computed by hand from recordings with known contents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from neurosim.errors import DataError, InputError
from neurosim.recording import Quantity, Recording, Writer
from neurosim.scenario.claims import CLAIMS, evaluate
from neurosim.verdict import wilson

TRIALS = (0, 10, 20)
SLOW = 10 + 10 * np.log(0.7 / 0.1) / np.log(0.7 / 0.02)
"""When the second of the slow runs falls to 0.1."""


def recordings(folder: Path, arms: dict[str, Sequence[Sequence[float]]], weights: bool = False) -> dict[str, list[Recording]]:
    runs: dict[str, list[Recording]] = {}
    for arm, seeds in arms.items():
        for seed, values in enumerate(seeds):
            folder.mkdir(exist_ok=True)
            path = folder / f"{arm}_{seed}.h5"
            quantities = [Quantity("nse", TRIALS, dtype="f8")]
            if weights:
                quantities.append(Quantity("w.weights", TRIALS, (("post", 1), ("pre", 2)), "f8"))
            with Writer(path, quantities, {"seed": seed}) as writer:
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
        ("value", {"arm": "quick", "quantity": "nse", "below": 0.0021}, 0.002, 3, True),
        ("value", {"arm": "quick", "quantity": "nse", "below": 0.002}, 0.002, 3, False),
        ("value", {"arm": "quick", "quantity": "nse", "above": 0.002}, 0.002, 3, False),
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
        ("sooner", {"arms": ["quick", "slow"], "quantity": "nse", "reaches": 0.1}, 10 / SLOW, 1, True),
        ("sooner", {"arms": ["slow", "quick"], "quantity": "nse", "reaches": 0.1}, SLOW / 10, 1, False),
        ("sooner", {"arms": ["quick", "slow"], "quantity": "nse", "reaches": 0.1, "above": 0.7}, 10 / SLOW, 1, False),
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
    assert verdict.value == pytest.approx(difference.mean())
    half = t.ppf(0.975, 3) * difference.std(ddof=1) / 2
    assert verdict.interval == pytest.approx((difference.mean() - half, difference.mean() + half))
    assert verdict.holds
    assert verdict.wanted == f"low < high (mean log10 ratio), p < 0.01 (one-sided; found {t.cdf(statistic, 3):.2g})"
    assert not evaluate(runs, "paired", {"arms": ["high", "low"], "quantity": "nse"}).holds


def test_pairs_have_the_same_seed(tmp_path: Path) -> None:
    """Seeds in another order, and one that the other arm has not, change nothing."""
    low, high = [0.001, 0.002, 0.0005, 0.003], [0.003, 0.004, 0.002, 0.0075]
    runs = recordings(tmp_path, {"low": [[1, 1, x] for x in low], "high": [[1, 1, x] for x in high]})
    terms = {"arms": ["low", "high"], "quantity": "nse"}
    right = evaluate({**runs, "low": runs["low"][:3], "high": runs["high"][:3]}, "paired", terms)
    shuffled = {"low": runs["low"][2::-1], "high": runs["high"]}
    found = evaluate(shuffled, "paired", terms)
    assert found.n == 3
    assert (found.value, *found.interval) == pytest.approx((right.value, *right.interval))
    with pytest.raises(DataError, match="at least two seeds, found 0 that both arms have"):
        evaluate({"low": runs["low"][:2], "high": runs["high"][2:]}, "paired", terms)
    same = recordings(tmp_path / "same", {"low": [[1, 1, 0.5]] * 3, "high": [[1, 1, 1.0]] * 3})
    with pytest.raises(DataError, match="the same in all 3 pairs"):
        evaluate(same, "paired", terms)


@pytest.mark.parametrize("ends", [(0.0, 0.0), (-2.0, -1.0), (0.0, 1.0), (1.0, float("nan")), (1.0, float("inf"))])
@pytest.mark.parametrize("name", ["order", "decades_apart", "paired", "stays_ordered"])
def test_ratios_need_positive_numbers(tmp_path: Path, name: str, ends: tuple[float, float]) -> None:
    runs = recordings(tmp_path, {arm: [[1, 1, end]] * 2 for arm, end in zip("ab", ends, strict=True)})
    terms = {"arms": ["a", "b"], "quantity": "nse"} | ({"at_most": 1.0} if name == "decades_apart" else {})
    with pytest.raises(DataError, match="cannot be judged: a ratio needs numbers that are positive and finite"):
        evaluate(runs, name, terms)


def test_points_have_as_many_coordinates_as_the_array(tmp_path: Path) -> None:
    runs = recordings(tmp_path, {"a": [[1, 0.1, 0.01]]}, weights=True)
    near = {"arm": "a", "address": "w.weights", "point": [-1.0], "within": 9.0}
    for name, terms in (("ends_near", near), ("passes_near", {**near, "quantity": "nse", "reaches": 0.05})):
        with pytest.raises(InputError, match=r"point: expected 2 numbers, as w\.weights has, found 1"):
            evaluate(runs, name, terms)
    with pytest.raises(DataError, match=r"w\.weights cannot be judged: expected one number for each trial"):
        evaluate(runs, "value", {"arm": "a", "quantity": "w.weights", "above": 0.0})
    with pytest.raises(DataError, match=r"w\.weights cannot be judged: expected one number for each trial"):
        evaluate(runs, "never_falls", {"arm": "a", "quantity": "w.weights"})


def test_the_sign_of_weights_has_an_interval(tmp_path: Path) -> None:
    runs = recordings(tmp_path, {"a": [[1, 0.1, 0.01]] * 4}, weights=True)
    terms = {"arm": "a", "address": "w.weights", "quantity": "nse", "reaches": 0.05, "below": 0.0}
    assert evaluate(runs, "sign", terms).interval == wilson(1.0, 4)


def test_intervals_are_over_the_runs(runs: dict[str, list[Recording]]) -> None:
    """Of a median or a mean by bootstrap, of an extreme the range."""
    ends = {"arm": "quick", "quantity": "nse", "above": 0.0}
    assert evaluate(runs, "value", {**ends, "statistic": "max"}).interval == (0.001, 0.003)
    assert evaluate(runs, "value", {**ends, "statistic": "median"}).interval == (0.001, 0.003)
    both = {"arms": ["quick", "slow"], "quantity": "nse"}
    assert evaluate(runs, "order", both).interval == pytest.approx((0.02 / 0.003, 0.5 / 0.001))
    assert evaluate(runs, "order", {**both, "statistic": "min"}).interval == pytest.approx((0.02 / 0.003, 0.5 / 0.001))
    assert evaluate(runs, "decades_apart", {**both, "at_most": 3.0}).interval == pytest.approx(
        (np.log10(0.02 / 0.003), np.log10(0.5 / 0.001))
    )
    low, high = evaluate(runs, "difference", {**both, "within": 0.3}).interval
    assert (low, high) == (pytest.approx(0.002 - 0.5, abs=1e-3), pytest.approx(0.002 - 0.02, abs=1e-3))
    alone = evaluate({arm: found[:1] for arm, found in runs.items()}, "order", both)
    assert alone.interval == (alone.value, alone.value)


def test_the_interval_of_an_extreme_is_the_range(tmp_path: Path) -> None:
    ten = recordings(tmp_path, {"a": [[1, 1, end] for end in range(1, 11)], "b": [[1, 1, 20 * end] for end in range(1, 11)]})
    for statistic in ("max", "min"):
        found = evaluate(ten, "value", {"arm": "a", "quantity": "nse", "above": 0.0, "statistic": statistic})
        assert found.interval == (1.0, 10.0)
        assert evaluate(ten, "order", {"arms": ["a", "b"], "quantity": "nse", "statistic": statistic}).interval == (2.0, 200.0)
    low, high = evaluate(ten, "value", {"arm": "a", "quantity": "nse", "above": 0.0}).interval
    assert 1.0 < low < 5.5 < high < 10.0


def test_one_sample_is_told(tmp_path: Path) -> None:
    path = tmp_path / "one.h5"
    with Writer(path, [Quantity("nse", (0,), dtype="f8")]) as writer:
        writer.write("nse", 0, 1.0)
        writer.commit(0)
    runs = {"a": [Recording(path)]}
    with pytest.raises(DataError, match=r"nse was not recorded at trial 7, but at 0$"):
        evaluate(runs, "value", {"arm": "a", "quantity": "nse", "above": 0.0, "trial": 7})
    with Writer(path, [Quantity("late", (5,), dtype="f8")]):
        pass  # nothing was committed
    runs = {"a": [Recording(path)]}
    with pytest.raises(DataError, match="late was not recorded at any trial"):
        evaluate(runs, "value", {"arm": "a", "quantity": "late", "above": 0.0})
    with pytest.raises(DataError, match="late was not recorded from trial 0 to the end"):
        evaluate(runs, "always", {"arm": "a", "quantity": "late", "above": 0.0})


def test_bounds_are_told_in_full(runs: dict[str, list[Recording]]) -> None:
    verdict = evaluate(runs, "value", {"arm": "quick", "quantity": "nse", "above": 0.0, "below": 1.000001})
    assert verdict.wanted == "median > 0 and < 1.000001"
