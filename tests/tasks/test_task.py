"""What holds for every task, and the tools that tasks share."""

from __future__ import annotations

import dataclasses
import inspect
import math
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_files import LAID_OUT, WHOLE, laid_out

from neurosim.errors import InputError
from neurosim.tasks import TASKS, Task
from neurosim.tasks._data_set import DataSetTask, one_hot, presented, statistics
from neurosim.tasks._task import weighted

SETTINGS = settings(max_examples=25, deadline=None)


ALWAYS_THE_SAME = (TASKS["xor"](), TASKS["constant_pattern"]())
"""Tasks that present a few patterns in one order, whatever the seed, and test on them."""


@pytest.fixture(scope="module", params=[*TASKS, "xor, random", "mnist, distorted"])
def task(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Task]:
    name, _, variant = request.param.partition(", ")
    given = {"random": {"order": "random"}, "distorted": {"elastic": 34.0, "shift": 2}}.get(variant, {})
    files = "mnist" if name == "mnist_autoencoder" else name
    if files not in LAID_OUT:
        yield TASKS[name](**given)
        return
    for _ in laid_out(files, tmp_path_factory.mktemp(name)):
        yield TASKS[name](**({} if name in WHOLE else {"training": 40, "tests": 15}), **given)


def same(one: object, other: object) -> bool:
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


def test_the_registry_lists_the_files():
    assert {"digits", "linear_map", "mnist", "nonlinear_map", "xor"} <= set(TASKS)


def test_shapes_and_finite(task):
    for trials, count in ((task.trials(3, 5, 7), 7), (task.test(), len(task.test().inputs))):
        assert trials.inputs.shape == (count, task.inputs)
        assert trials.targets.shape == (count, task.outputs)
        assert np.isfinite(trials.inputs).all()
        assert np.isfinite(trials.targets).all()


@SETTINGS
@given(
    seed=st.integers(0, 2**64),
    first=st.integers(0, 4000),
    sizes=st.lists(st.integers(1, 300), min_size=1, max_size=4),
)
def test_the_same_trials_however_the_calls_are_split(task, seed, first, sizes):
    whole = task.trials(seed, first, sum(sizes))
    starts = np.cumsum([first, *sizes])
    parts = [task.trials(seed, int(start), size) for start, size in zip(starts, sizes, strict=False)]
    assert same(whole, [np.concatenate(arrays) for arrays in zip(*parts, strict=True)])


def test_same_seed_same_bits_in_a_new_object(task):
    again = type(task)(**parameters(task))
    assert again == task
    assert same(again.trials(9, 100, 50), task.trials(9, 100, 50))


def test_the_training_set_is_what_a_pass_shows_without_distortions(task):
    whole = task.training_set(10**6)
    if whole is None:
        assert not isinstance(task, DataSetTask)
        return
    assert len(whole.inputs) == len(whole.targets) == task.trials_per_pass
    assert same(task.training_set(7), [rows[:7] for rows in whole])
    plain = dataclasses.replace(task, elastic=0.0, shift=0) if hasattr(task, "elastic") else task
    shown = plain.trials(3, 0, task.trials_per_pass)
    rows, found = (np.column_stack(trials) for trials in (whole, shown))
    assert np.array_equal(rows[np.lexsort(rows.T)], found[np.lexsort(found.T)])
    with pytest.raises(ValueError, match="read-only"):
        whole.inputs[0] = 0


def parameters(task: Task) -> dict[str, object]:
    return {name: getattr(task, name) for name in inspect.signature(type(task)).parameters}


def test_another_seed_gives_other_trials(task):
    if task in ALWAYS_THE_SAME:
        assert same(task.trials(1, 0, 40), task.trials(2, 0, 40))
    else:
        assert not np.array_equal(task.trials(1, 0, 40).inputs, task.trials(2, 0, 40).inputs)


def test_what_trials_returns_belongs_to_the_caller(task):
    before = task.trials(1, 0, 3)
    expected = [array.copy() for array in before]
    before.inputs[:] = 99
    before.targets[:] = 99
    assert same(task.trials(1, 0, 3), expected)


def test_the_test_set_is_fixed_and_cannot_be_spoilt(task):
    expected = [array.copy() for array in task.test()]
    task.trials(4, 0, 10)
    for array in task.test():
        if array.flags.writeable:
            array[:] = 99
    assert same(task.test(), expected)
    assert same(type(task)(**parameters(task)).test(), expected)


def test_the_test_set_is_not_the_trials(task):
    if (task.trials_per_pass or 5) <= 4:
        pytest.skip("it has a few patterns, and tests on them")
    seen = {row.tobytes() for row in task.trials(0, 0, 3000).inputs}
    assert not seen & {row.tobytes() for row in task.test().inputs}


def test_one_pass_shows_every_example_once(task):
    size = task.trials_per_pass
    if size is None or getattr(task, "shift", 0):
        pytest.skip("never repeats itself")
    rows = [task.trials(2, number * size, size).inputs for number in range(3)]
    first, second, third = (sorted(row.tobytes() for row in passed) for passed in rows)
    assert first == second == third
    if task not in ALWAYS_THE_SAME:
        assert not np.array_equal(rows[0], rows[1]) or not np.array_equal(rows[0], rows[2])


def test_parameters_are_validated_from_the_signature(task):
    signature = inspect.signature(type(task), eval_str=True)
    for parameter in signature.parameters.values():
        assert parameter.annotation in (int, float, str, bool)
        assert isinstance(parameter.default, parameter.annotation)


def test_tasks_are_abstract_or_final():
    assert all(TASKS[name].__bases__ in ((Task,), (DataSetTask,)) for name in TASKS)
    for base in (Task, DataSetTask):
        with pytest.raises(TypeError, match="abstract"):
            base()


def test_documented(task):
    for thing in (type(task), type(task).trials, type(task).test):
        assert thing.__doc__
    assert ">>>" in type(task).__doc__
    assert "Raises InputError" in type(task).__doc__


def test_importing_tasks_imports_no_data_library():
    libraries = "{'sklearn', 'pooch', 'requests', 'platformdirs', 'python_speech_features'}"
    code = f"import sys, neurosim.tasks; print({libraries} & set(sys.modules))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("linear_map", {"inputs": 0, "outputs": -1, "tests": 1.5, "seed": "x"}),
        ("nonlinear_map", {"hidden1": 0, "hidden2": True, "scale": math.nan, "seed": -1}),
        ("nonlinear_map", {"scale": 0}),
        ("xor", {"coding": "bipolr", "order": "cycel"}),
        ("digits", {"tests": 1797, "normalise": "globle", "on": math.inf}),
        ("mnist_autoencoder", {"bound": 0.0, "training": 0, "tests": 10001}),
        ("mnist", {"training": 60001, "tests": 0, "off": None, "normalise": "pixl"}),
        ("fashion_mnist", {"training": 0, "tests": 10001, "on": "x"}),
        ("svhn", {"training": 73258, "tests": 26033, "normalise": "grey"}),
        ("svhn", {"extra": 1, "training": 604389}),
        ("mnist_background", {"training": 50001, "tests": 12001, "swapped": "yes"}),
        ("mnist_background", {"swapped": 0, "training": 12001, "tests": 50001}),
        ("mnist_over_photographs", {"training": 60001, "tests": 0, "seed": -1}),
        ("timit_stops", {"sa": 1, "closures": "no", "window": 0.5, "step": math.nan, "on": "x"}),
        ("timit_sample_stops", {"sa": "yes", "off": None}),
        ("spoken_digits", {"stretches": 0, "window": True, "step": 1001, "on": math.inf}),
    ],
)
def test_all_wrong_parameters_are_told_at_once(name, wrong):
    with pytest.raises(InputError) as caught:
        TASKS[name](**wrong)
    assert {problem.address for problem in caught.value.problems} == set(wrong)
    assert name in str(caught.value)
    assert all(repr(value) in str(caught.value) for value in wrong.values())


def test_a_misspelt_choice_gets_a_suggestion():
    with pytest.raises(InputError, match="did you mean 'bipolar'"):
        TASKS["xor"](coding="bipolr")


def test_on_and_off_must_differ():
    with pytest.raises(InputError, match="off"):
        TASKS["digits"](on=0.0)


def test_weighted_is_the_matrix_product_of_each_row_alone():
    random = np.random.default_rng(1)
    x, W = random.standard_normal((100, 33)), random.standard_normal((17, 33))
    np.testing.assert_allclose(weighted(x, W), x @ W.T, atol=1e-12)
    assert np.array_equal(weighted(x[41:42], W)[0], weighted(x, W)[41])


@SETTINGS
@given(size=st.integers(1, 50), first=st.integers(0, 10**12), count=st.integers(1, 120))
def test_any_trial_is_reached_directly(size, first, count):
    rows = presented("a.order", size, 1, first, count)
    assert len(rows) == count
    start = first - first % size
    assert np.array_equal(rows, presented("a.order", size, 1, start, first - start + count)[first - start :])


def test_orders_differ_between_names_seeds_and_passes():
    orders = [presented(name, 50, seed, first, 50) for name, seed, first in [("a", 1, 0), ("b", 1, 0), ("a", 2, 0), ("a", 1, 50)]]
    assert len({order.tobytes() for order in orders}) == 4
    assert all(sorted(order) == list(range(50)) for order in orders)


def test_one_hot():
    expected = np.array([[-1, 2, -1], [-1, -1, 2]], np.float32)
    assert same([one_hot(np.array([1, 2]), 3, on=2, off=-1)], [expected])


def test_statistics_by_hand():
    stored = np.array([[0, 5, 3], [4, 5, 3], [0, 5, 3], [4, 5, 3]], np.uint8)
    shift, scale = statistics(stored, "pixel", 16)
    spread = stored.astype(float).std()
    np.testing.assert_allclose(shift, [2, 5, 3])
    np.testing.assert_allclose(scale, [2, 0.1 * spread, 0.1 * spread], rtol=1e-6)
    shift, scale = statistics(stored, "global", 16)
    np.testing.assert_allclose([shift, scale], [stored.mean(), spread], rtol=1e-6)
    shift, scale = statistics(stored, "centred", 16)
    np.testing.assert_allclose(shift, [2, 5, 3])
    np.testing.assert_allclose(scale, (4 / 3) ** 0.5, rtol=1e-6)
    assert ((stored - shift) / scale).std() == pytest.approx(1)
    assert [float(value) for value in statistics(stored, "none", 16)] == [0, 16]


def test_statistics_of_what_never_varies():
    for normalise in ("global", "centred", "pixel"):
        shift, scale = statistics(np.full((3, 2), 4, np.uint8), normalise, 16)
        assert (shift == 4).all()
        assert (scale > 0).all()


def test_statistics_agree_with_numpy_beyond_one_chunk():
    stored = np.random.default_rng(3).integers(0, 256, (2500, 6)).astype(np.uint8)
    shift, scale = statistics(stored, "pixel", 255)
    np.testing.assert_allclose(shift, stored.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(scale, stored.astype(float).std(axis=0), rtol=1e-6)
