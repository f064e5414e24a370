from __future__ import annotations

import math

import numpy as np

from neurosim.tasks import NonlinearMap


def answer(task: NonlinearMap, x: list[float]) -> list[float]:
    """The target network, one synapse at a time."""
    rates = list(x)
    for level, (W, b) in enumerate(zip(task.target_weights, task.target_biases, strict=True)):
        drives = [sum(w * r for w, r in zip(row, rates, strict=True)) + bias for row, bias in zip(W, b, strict=True)]
        rates = [math.tanh(drive) for drive in drives] if level < 2 else drives
    return rates


def test_equals_an_independent_evaluation():
    task = NonlinearMap(seed=3)
    for trials in (task.trials(1, 250, 12), task.test()):
        for x, y in zip(trials.inputs[:12], trials.targets[:12], strict=True):
            np.testing.assert_allclose(y, answer(task, x.tolist()), atol=1e-12)


def test_shapes_and_bounds_of_the_target_network():
    task = NonlinearMap(inputs=40, hidden1=50, hidden2=60, outputs=70, scale=0.3, seed=1)
    assert [W.shape for W in task.target_weights] == [(50, 40), (60, 50), (70, 60)]
    assert [b.shape for b in task.target_biases] == [(50,), (60,), (70,)]
    for W in (*task.target_weights, *task.target_biases):
        assert np.abs(W).max() <= 0.3
        assert abs((W**2).mean() - 0.03) < 5 * 0.09 * np.sqrt(4 / 45 / W.size)
        assert W.min() < -0.25 and W.max() > 0.25


def test_every_matrix_has_its_own_stream():
    task = NonlinearMap(10, 10, 10, 10)
    first, second, third = task.target_weights
    assert not np.array_equal(first, second) and not np.array_equal(second, third)
    wider = NonlinearMap(10, 10, 12, 10)
    assert np.array_equal(wider.target_weights[0], first)


def test_scale_only_stretches_the_target_network():
    small, large = NonlinearMap(scale=0.5), NonlinearMap(scale=1.0)
    np.testing.assert_allclose(2 * small.target_weights[1], large.target_weights[1])


def test_the_network_hangs_on_the_tasks_seed():
    assert not np.array_equal(NonlinearMap(seed=1).target_weights[0], NonlinearMap(seed=2).target_weights[0])
    one, other = NonlinearMap(seed=1).trials(8, 0, 4), NonlinearMap(seed=2).trials(8, 0, 4)
    assert np.array_equal(one.inputs, other.inputs)
    assert not np.array_equal(one.targets, other.targets)


def test_inputs_are_standard_normal():
    x = NonlinearMap().trials(1, 0, 10_000).inputs
    assert abs(x.mean()) < 5 / np.sqrt(x.size)
    assert abs((x**2).mean() - 1) < 5 * np.sqrt(2 / x.size)


def test_the_published_sizes_are_the_defaults():
    task = NonlinearMap()
    assert [W.shape for W in task.target_weights] == [(20, 30), (10, 20), (10, 10)]
    assert len(task.test().inputs) == 5000
    assert task.trials_per_pass is None
