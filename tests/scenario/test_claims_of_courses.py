"""Claims about courses, spreads, neurons, scaling and closed forms, against values computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic import write

from neurosim.circuit.exchange import to_json
from neurosim.circuit.layered import layered
from neurosim.errors import DataError, InputError
from neurosim.recording import Recording
from neurosim.scenario.claims import Verdict, evaluate
from neurosim.theory.node_perturbation import floor
from neurosim.theory.three_neurons import ThreeNeurons

TRIALS = (0, 10, 20, 30)
Arms = dict[str, list[dict[str, object]]]


def runs(folder: Path, arms: Arms, **told: object) -> dict[str, list[Recording]]:
    """arm → its recordings of `{address: values at TRIALS}`."""
    found: dict[str, list[Recording]] = {}
    for arm, seeds in arms.items():
        for seed, series in enumerate(seeds):
            held = {address: (TRIALS, np.asarray(values, float)) for address, values in series.items()}
            path = write(folder / arm / f"{seed}.h5", held, arm=arm, seed=seed, **told)
            found.setdefault(arm, []).append(Recording(path))
    return found


@pytest.fixture
def pair(tmp_path: Path) -> dict[str, list[Recording]]:
    """One arm, two seeds: an error that spikes and recovers, and a trace that rises, in the second seed with a dip."""
    return runs(
        tmp_path,
        {
            "a": [
                {"nse": [1.0, 0.1, 0.8, 0.2], "trace": [0.0, 1.0, 2.0, 3.0]},
                {"nse": [1.0, 0.2, 0.4, 0.1], "trace": [0.0, 2.0, 1.5, 3.0]},
            ]
        },
    )


def verdict(found: dict[str, list[Recording]], name: str, **terms: object) -> Verdict:
    return evaluate(found, name, {"arm": "a", **terms} if "arms" not in terms else terms)


@pytest.mark.parametrize(
    ("name", "terms", "value", "holds"),
    [
        ("always", {"quantity": "trace", "above": -0.1}, 1.0, True),
        ("always", {"quantity": "trace", "above": 0.0}, 0.0, False),
        ("always", {"quantity": "trace", "above": 0.5}, 0.0, False),
        ("always", {"quantity": "trace", "above": 0.5, "since": 10}, 1.0, True),
        ("always", {"quantity": "trace", "below": 2.1, "until": 20}, 1.0, True),
        ("always", {"quantity": "trace", "below": 2.0, "until": 20}, 0.0, False),
        ("always", {"quantity": "trace", "above": 1.8, "since": 10, "until": 20}, 0.0, False),
        ("always", {"quantity": "trace", "above": 1.8, "gate": "nse", "gate_above": 0.3, "since": 10}, 0.5, False),
        (
            "always",
            {"quantity": "trace", "above": 1.8, "gate": "nse", "gate_above": 0.3, "since": 10, "at_least": 0.5},
            0.5,
            True,
        ),
        ("never_falls", {"quantity": "trace"}, 0.5, False),
        ("never_falls", {"quantity": "trace", "by": 0.5}, 1.0, True),
        ("never_falls", {"quantity": "trace", "since": 20}, 1.0, True),
        ("change", {"quantity": "nse", "since": 0, "until": 10, "below": 0.151}, 0.15, True),
        ("change", {"quantity": "nse", "since": 0, "until": 10, "below": 0.15, "statistic": "max"}, 0.2, False),
        ("change", {"quantity": "nse", "since": 10, "above": 1.0}, 1.25, True),
        ("spikes", {"quantity": "nse", "since": 10, "above": 4.9}, 5.0, True),
        ("spikes", {"quantity": "nse", "since": 10, "above": 5.0}, 5.0, False),
        ("spikes", {"quantity": "nse", "since": 10, "above": 5.0, "statistic": "min"}, 2.0, False),
        ("recovers", {"quantity": "nse", "since": 10, "below": 0.26}, 0.25, True),
        ("recovers", {"quantity": "nse", "since": 10, "below": 0.25}, 0.25, False),
        ("below_other", {"quantity": "nse", "other": "trace", "since": 20, "until": 20, "factor": 0.5}, 1 / 3, True),
        ("below_other", {"quantity": "trace", "other": "nse", "since": 10}, np.mean([6 / 1.1, 6.5 / 0.7]), False),
    ],
)
def test_courses(pair: dict[str, list[Recording]], name: str, terms: dict[str, object], value: float, holds: bool) -> None:
    found = verdict(pair, name, **terms)
    assert found.value == pytest.approx(value)
    assert (found.n, found.holds) == (2, holds)


def test_what_was_not_recorded_then_is_told(pair: dict[str, list[Recording]]) -> None:
    with pytest.raises(DataError, match="nse was not recorded from trial 31 to the end"):
        verdict(pair, "always", quantity="nse", above=0.0, since=31)


def test_a_value_of_the_runs_that_succeed(pair: dict[str, list[Recording]]) -> None:
    found = verdict(pair, "value", quantity="trace", trial=10, above=1.9, given="nse", given_below=0.1)
    assert (found.value, found.n, found.holds) == (2.0, 1, True)
    with pytest.raises(DataError, match=r"no run ends with nse at or below 0\.01"):
        verdict(pair, "value", quantity="trace", above=2.0, given="nse", given_below=0.01)


@pytest.fixture
def three(tmp_path: Path) -> dict[str, list[Recording]]:
    """Arms that need 10, 20 and 30 trials, and end at 1, 2 and 3."""
    courses = {"x": [1, 0.1, 0.1, 0.1], "y": [1, 0.9, 0.1, 0.1], "z": [1, 0.95, 0.9, 0.1]}
    return runs(
        tmp_path,
        {arm: [{"nse": nse, "end": [0, 0, 0, level]}] * 2 for level, (arm, nse) in enumerate(courses.items(), start=1)},
    )


def test_scaling_is_a_slope_of_logarithms(three: dict[str, list[Recording]]) -> None:
    terms = {"arms": ["x", "y", "z"], "quantity": "nse", "reaches": 0.1, "above": 0.85, "below": 1.15}
    found = evaluate(three, "scales", {**terms, "against": [2.0, 4.0, 6.0]})
    assert found.value == pytest.approx(1.0)
    assert found.holds
    assert evaluate(three, "scales", {**terms, "against": [1.0, 4.0, 9.0]}).value == pytest.approx(0.5)
    assert not evaluate(three, "scales", {**terms, "against": [1.0, 4.0, 9.0]}).holds
    assert not evaluate(three, "scales", {**terms, "against": [1.0, 2.0, 3.0], "reaches": 0.01}).holds
    for against, told in (
        ([1.0, 4.0], "one number for each of the 3 arms, found 2"),
        ([0.0, 1.0, 2.0], "numbers above 0, found 0"),
        ([2.0, 2.0, 2.0], "different numbers, found 2"),
    ):
        with pytest.raises(InputError, match=f"against: expected {told}"):
            evaluate(three, "scales", {**terms, "against": against})


def test_ranks(three: dict[str, list[Recording]]) -> None:
    assert evaluate(three, "rises", {"arms": ["x", "y", "z"], "quantity": "end"}).value == pytest.approx(1.0)
    found = evaluate(three, "rises", {"arms": ["y", "x", "z"], "quantity": "end"})
    assert (found.value, found.holds) == (pytest.approx(0.5), False)


def test_order_at_every_trial(three: dict[str, list[Recording]]) -> None:
    found = evaluate(three, "stays_ordered", {"arms": ["x", "z"], "quantity": "nse", "since": 10, "until": 20})
    assert (found.value, found.holds) == (pytest.approx(0.1 / 0.9), True)
    assert not evaluate(three, "stays_ordered", {"arms": ["x", "z"], "quantity": "nse", "since": 10}).holds
    assert not evaluate(three, "stays_ordered", {"arms": ["z", "x"], "quantity": "nse", "since": 10, "until": 20}).holds


def test_order_at_a_trial(three: dict[str, list[Recording]]) -> None:
    assert evaluate(three, "order", {"arms": ["x", "y"], "quantity": "nse", "trial": 10, "factor": 8.0}).holds
    assert not evaluate(three, "order", {"arms": ["x", "y"], "quantity": "nse", "trial": 20}).holds


def falling(half: float) -> list[float]:
    return [float(0.5 ** (trial / half)) for trial in TRIALS]


def test_spreads(tmp_path: Path) -> None:
    """Ends, peaks and times whose coefficients of variation stand as 1 to 4."""
    steps = np.linspace(-1, 1, 9)
    arms: Arms = {
        name: [
            {"end": [0, 0, 0, 5 * (1 + width * s)], "peak": [0, 3 * (1 + width * s), 0, 0], "nse": falling(5 * (1 + width * s))}
            for s in steps
        ]
        for name, width in (("narrow", 0.05), ("wide", 0.2))
    }
    found = runs(tmp_path, arms)
    for terms in (
        {"quantity": "end", "of": "end"},
        {"quantity": "peak", "of": "peak"},
        {"quantity": "nse", "of": "time", "reaches": 0.2},
    ):
        result = evaluate(found, "steadier", {"arms": ["narrow", "wide"], "at_least": 3.9, **terms})
        assert result.value == pytest.approx(4.0, rel=1e-6)
        assert result.holds
        assert result.interval[0] > 1
        assert not evaluate(found, "steadier", {"arms": ["narrow", "wide"], "at_least": 4.1, **terms}).holds
        assert not evaluate(found, "steadier", {"arms": ["wide", "narrow"], **terms}).holds
    with pytest.raises(DataError, match="nse does not fall to 1e-09"):
        evaluate(found, "steadier", {"arms": ["narrow", "wide"], "quantity": "nse", "of": "time", "reaches": 1e-9})


def test_distributions_over_neurons(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    before, after = random.normal(90, 13, 500), random.normal(60, 13, 500)
    found = runs(tmp_path, {"a": [{"angles": np.stack([before, before, after, after])}] * 3})
    assert verdict(found, "units", address="angles", of="mean", trial=0, above=88, below=92).value == pytest.approx(before.mean())
    assert verdict(found, "units", address="angles", of="sd", below=15).value == pytest.approx(after.std(ddof=1))
    share = verdict(found, "units", address="angles", of="share_below", level=90.0, above=0.9)
    assert (share.value, share.holds) == (pytest.approx((after < 90).mean()), True)
    assert not verdict(found, "units", address="angles", of="share_below", level=90.0, above=0.9, trial=10).holds
    assert verdict(found, "shifted", address="angles", p=1e-10).holds
    assert not verdict(
        runs(tmp_path / "same", {"a": [{"angles": np.stack([before] * 4)}]}), "shifted", address="angles", p=0.05
    ).holds
    with pytest.raises(DataError, match="angles was not recorded at trial 5"):
        verdict(found, "units", address="angles", of="mean", trial=5, above=0)


def test_ends_near(tmp_path: Path) -> None:
    found = runs(tmp_path, {"a": [{"w": [[0, 0], [0, 0], [0, 0], end]} for end in ([1.0, 2.0], [1.1, 2.0])]})
    assert verdict(found, "ends_near", address="w", point=[1.0, 2.0], within=0.11).value == pytest.approx(0.1)
    assert not verdict(found, "ends_near", address="w", point=[1.0, 2.0], within=0.09).holds


def test_the_basin(tmp_path: Path) -> None:
    """Ends by integration hold; ends that ignore where the networks started do not."""
    a, w = np.random.default_rng(1).uniform(-2, 2, (2, 60))
    _, ends_a, ends_w = ThreeNeurons().trajectory(a, w, until=60.0, points=2)
    right = {"input_to_hidden.weights": [a, a, a, ends_a[-1]], "hidden_to_output.weights": [w, w, w, ends_w[-1]]}
    assert verdict(runs(tmp_path / "right", {"a": [right]}), "basin").value == 1.0
    wrong = {**right, "input_to_hidden.weights": [a, a, a, np.abs(ends_a[-1])]}
    assert not verdict(runs(tmp_path / "wrong", {"a": [wrong]}), "basin").holds


def test_the_floor_of_node_perturbation(tmp_path: Path) -> None:
    circuit = layered([10, 4], feedback="broadcast_to_all", bias=False, eta=0.01, noise=0.1)
    level = 0.5 * floor(10, 4, 0.01, 0.1)
    told = {"circuit": to_json(circuit)}
    found = runs(tmp_path / "at", {"a": [{"loss": [1.0, level, 1.1 * level, 0.9 * level]}]}, **told)
    assert verdict(found, "node_perturbation_floor", quantity="loss", since=10).value == pytest.approx(1.0)
    assert not verdict(found, "node_perturbation_floor", quantity="loss", since=0).holds
    other = runs(tmp_path / "other", {"a": [{"loss": [1.0] * 4}]}, circuit=to_json(layered([3, 2], feedback="none")))
    with pytest.raises(DataError, match="expected one layer that explores"):
        verdict(other, "node_perturbation_floor", quantity="loss", since=0)


NAN = float("nan")
FLAT = [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("name", "terms", "told"),
    [
        ("always", {"quantity": "trace", "above": -9.0, "gate": "nse", "gate_above": 5.0}, "nse is never above 5 in"),
        ("never_falls", {"quantity": "trace", "since": 30}, "needs at least 2 samples, found 1"),
        ("spikes", {"quantity": "nse", "since": 30, "below": 2.0}, "needs at least 2 samples, found 1"),
        ("recovers", {"quantity": "nse", "since": 30, "below": 2.0}, "needs at least 2 samples, found 1"),
        ("change", {"quantity": "nse", "since": 30, "below": 2.0}, "needs at least 2 samples, found 1"),
    ],
)
def test_nothing_is_claimed_of_nothing(pair: dict[str, list[Recording]], name: str, terms: dict[str, object], told: str) -> None:
    with pytest.raises(DataError, match=f"{terms['quantity']} cannot be judged: {told}"):
        verdict(pair, name, **terms)


def test_what_is_not_a_number_lies_nowhere_and_closes_no_gate(tmp_path: Path) -> None:
    found = runs(tmp_path, {"a": [{"x": [1, 1, NAN, 1], "y": [1, 1, 9, 1], "gate": [0, 1, NAN, 0]}] * 2})
    assert not verdict(found, "always", quantity="x", above=0.0).holds
    assert not verdict(found, "always", quantity="x", above=0.0, gate="gate").holds
    assert verdict(found, "always", quantity="x", above=0.0, until=10).holds
    assert not verdict(found, "always", quantity="y", below=2.0, gate="gate").holds
    assert not verdict(found, "never_falls", quantity="x").holds
    assert not verdict(found, "value", quantity="x", trial=20, below=2.0).holds
    ends = runs(tmp_path / "w", {"a": [{"w": [[0, 0]] * 3 + [end]} for end in ([1.0, 2.0], [NAN, 2.0])]})
    assert not verdict(ends, "ends_near", address="w", point=[1.0, 2.0], within=0.1).holds


def test_a_gate_counts_where_both_were_recorded(tmp_path: Path) -> None:
    def found(name: str, trials: tuple[int, ...], values: list[float]) -> dict[str, list[Recording]]:
        series = {"x": ((0, 10, 20, 30), np.array([1.0, 9.0, 1.0, 9.0])), "gate": (trials, np.array(values))}
        return {"a": [Recording(write(tmp_path / f"{name}.h5", series))]}

    assert verdict(found("shared", (0, 5, 20), [1, 1, 1]), "always", quantity="x", below=2.0, gate="gate").holds
    assert not verdict(found("wider", (0, 10), [1, 1]), "always", quantity="x", below=2.0, gate="gate").holds
    with pytest.raises(DataError, match="x while gate cannot be judged: there is no trial at which all of it was recorded"):
        verdict(found("apart", (5, 15), [1, 1]), "always", quantity="x", below=2.0, gate="gate")


def test_arms_are_ordered_at_the_trials_that_they_share(tmp_path: Path) -> None:
    def one(arm: str, trials: tuple[int, ...], values: list[float]) -> list[Recording]:
        return [Recording(write(tmp_path / f"{arm}.h5", {"x": (trials, np.array(values))}))]

    found = {"a": one("a", (0, 10, 20), [1.0, 2.0, 3.0]), "b": one("b", (10, 15, 20, 30), [3.0, 0.1, 4.0, 0.1])}
    ordered = evaluate(found, "stays_ordered", {"arms": ["a", "b"], "quantity": "x"})
    assert (ordered.value, ordered.interval, ordered.holds) == (0.75, (0.75, 0.75), True)
    assert "at all of 2 trials" in ordered.wanted
    with pytest.raises(DataError, match="no trial at which all of it was recorded"):
        evaluate({**found, "a": one("c", (5,), [1.0])}, "stays_ordered", {"arms": ["a", "b"], "quantity": "x"})


@pytest.mark.parametrize("values", [[0, 0, 0, 0], [1, 0, 0, 0], [-2, -1, -1, -3], [1, NAN, 1, 1]])
@pytest.mark.parametrize(("name", "terms"), [("spikes", {"above": 1.0}), ("recovers", {"below": 1.0})])
def test_ratios_of_courses_need_positive_numbers(tmp_path: Path, name: str, terms: dict[str, float], values: list[float]) -> None:
    found = runs(tmp_path, {"a": [{"x": values}] * 2})
    with pytest.raises(DataError, match="x cannot be judged: a ratio needs numbers that are positive and finite"):
        verdict(found, name, quantity="x", since=0, **terms)


@pytest.mark.parametrize("values", [[0, 1, 1, 1], [1, 1, 1, 0], [-1, 1, 1, 1], [1, 1, 1, NAN], [float("inf"), 1, 1, 1]])
def test_a_change_needs_one_sign(tmp_path: Path, values: list[float]) -> None:
    with pytest.raises(DataError, match="x cannot be judged: a ratio needs finite numbers of the same sign"):
        verdict(runs(tmp_path, {"a": [{"x": values}]}), "change", quantity="x", since=0, below=9.0)


def test_a_change_may_be_of_a_negative_quantity(tmp_path: Path) -> None:
    found = verdict(runs(tmp_path, {"a": [{"x": [-2, 1, 1, -3]}]}), "change", quantity="x", since=0, above=1.4)
    assert (found.value, found.holds) == (1.5, True)


def test_the_other_quantity_must_be_positive(tmp_path: Path) -> None:
    found = runs(tmp_path, {"a": [{"x": [-1, -1, -1, -1], "y": [1, 1, 1, 1]}]})
    for quantity, other in (("x", "y"), ("y", "x")):
        with pytest.raises(DataError, match="x cannot be judged: a ratio needs numbers"):
            verdict(found, "below_other", quantity=quantity, other=other)


def test_times_lie_between_trials_and_some_runs_never_come(tmp_path: Path) -> None:
    """0.1 lies half-way between 1 and 0.01 for logarithms; two of three runs get there."""
    quick, slow, never = [1, 0.01, 0.01, 0.01], [1, 1, 0.01, 0.01], [1, 1, 1, 1]
    found = runs(tmp_path, {"quick": [{"x": v} for v in (quick, quick, never)], "slow": [{"x": v} for v in (slow, slow, slow)]})
    terms = {"quantity": "x", "reaches": 0.1}
    sooner = evaluate(found, "sooner", {**terms, "arms": ["quick", "slow"]})
    assert (sooner.value, *sooner.interval) == pytest.approx((5 / 15,) * 3)
    assert sooner.wanted.endswith("> 0 and < 1, among the runs that reach 0.1 (2 of 3 and 3 of 3 runs)")
    scales = {**terms, "arms": ["quick", "slow"], "against": [1.0, 3.0], "above": 0.9, "below": 1.1}
    assert evaluate(found, "scales", scales).value == pytest.approx(1.0)
    assert evaluate(found, "scales", scales).holds
    half = {**found, "slow": [*found["slow"][:2], *runs(tmp_path / "more", {"a": [{"x": never}] * 2})["a"]]}
    none = evaluate(half, "scales", {**scales, "below": 99.0})
    assert (none.holds, none.wanted) == (False, "slope > 0.9 and < 99; but only 2 of 4 runs of slow reach 0.1")
    ended = evaluate({**found, "slow": found["quick"][2:]}, "sooner", {**terms, "arms": ["quick", "slow"]})
    assert (ended.holds, ended.n) == (False, 0)
    assert ended.wanted.endswith("(2 of 3 and 0 of 1 runs)")
    with pytest.raises(DataError, match="x cannot be judged: it is at or below 1 from the start"):
        evaluate(found, "scales", {**scales, "reaches": 1.0})


def test_a_median_time_counts_the_runs_that_never_come(tmp_path: Path) -> None:
    """The median of 5, 15 and never is 15, not the mean of 5 and 15."""
    courses = [1, 0.01, 0.01, 0.01], [1, 1, 0.01, 0.01], [1, 1, 1, 1]
    found = runs(tmp_path, {"a": [{"x": courses[0]}] * 3, "b": [{"x": course} for course in courses]})
    terms = {"quantity": "x", "reaches": 0.1, "arms": ["a", "b"], "against": [1.0, 3.0], "above": 0.9, "below": 1.1}
    assert evaluate(found, "scales", terms).value == pytest.approx(1.0)


def test_times_where_there_is_no_logarithm(tmp_path: Path) -> None:
    """To a level of 0 in a straight line; what is not a number is passed over."""
    found = runs(tmp_path, {"a": [{"x": [NAN, 1, NAN, -1]}], "b": [{"x": [1, 0, 0, 0]}]})
    assert evaluate(found, "sooner", {"quantity": "x", "reaches": 0.0, "arms": ["b", "a"]}).value == pytest.approx(10 / 20)


def test_a_spread_needs_two_runs_that_differ(tmp_path: Path) -> None:
    def judged(first: list[float], second: list[float]) -> Verdict:
        arms: Arms = {name: [{"x": [1, 1, 1, end]} for end in ends] for name, ends in (("a", first), ("b", second))}
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        return evaluate(runs(folder, arms), "steadier", {"arms": ["a", "b"], "quantity": "x", "of": "end"})

    for first, second, told in (
        ([1.0], [1.0, 2.0], "the arm 'a' cannot be judged: needs at least 2 runs, found 1"),
        ([1.0, 2.0], [1.0], "the arm 'b' cannot be judged: needs at least 2 runs, found 1"),
        ([2.0, 2.0], [1.0, 2.0], "x cannot be judged: it is 2 in all runs of a"),
        ([1.0, -1.0], [1.0, 2.0], "needs finite numbers of one sign, found -1 to 1 in a"),
        ([1.0, 2.0], [1.0, NAN], "needs finite numbers of one sign"),
    ):
        with pytest.raises(DataError, match=told):
            judged(first, second)
    assert not judged([1.0, 1.01], [1.0, 2.0]).holds  # where both are the same run, the ratio is 0


def test_equal_medians_have_no_rank(tmp_path: Path) -> None:
    found = runs(tmp_path, {arm: [{"x": FLAT}] * 2 for arm in "abc"})
    with pytest.raises(DataError, match="x cannot be judged: the medians of all arms are 1"):
        evaluate(found, "rises", {"arms": ["a", "b", "c"], "quantity": "x"})
    found = runs(tmp_path / "nan", {arm: [{"x": [1, 1, 1, NAN]}] for arm in "ab"})
    with pytest.raises(DataError, match="x cannot be judged: a value is not finite"):
        evaluate(found, "rises", {"arms": ["a", "b"], "quantity": "x"})


def test_ranks_have_ties_and_an_interval(tmp_path: Path) -> None:
    from scipy.stats import spearmanr

    arms: Arms = {arm: [{"x": [1, 1, 1, end]} for end in ends] for arm, ends in zip("abc", ([1, 1], [1, 1], [1, 3]), strict=True)}
    found = evaluate(runs(tmp_path, arms), "rises", {"arms": ["a", "b", "c"], "quantity": "x", "at_least": 0.8})
    assert found.value == pytest.approx(spearmanr([0, 1, 2], [1, 1, 2]).statistic)
    assert (found.interval, found.holds) == ((0.0, pytest.approx(found.value)), True)


def test_one_neuron_has_no_spread(tmp_path: Path) -> None:
    found = runs(tmp_path, {"a": [{"angles": np.ones((4, 1))}]})
    with pytest.raises(DataError, match="angles cannot be judged: a standard deviation needs at least 2 neurons, found 1"):
        verdict(found, "units", address="angles", of="sd", above=0.0)


def test_a_basin_needs_a_start_and_an_end(tmp_path: Path) -> None:
    series = {name: ((0,), np.array([[0.5]])) for name in ("input_to_hidden.weights", "hidden_to_output.weights")}
    with pytest.raises(DataError, match="the basin cannot be judged: needs at least 2 samples"):
        verdict({"a": [Recording(write(tmp_path / "one.h5", series))]}, "basin")
