from __future__ import annotations

import numpy as np
import pytest

from neurosim.tasks import Xor

TABLE = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}


@pytest.mark.parametrize("order", ["cycle", "random"])
@pytest.mark.parametrize(("coding", "zero"), [("binary", 0), ("bipolar", -1)])
def test_truth_table(coding, zero, order):
    task = Xor(coding, order)
    for trials in (task.trials(1, 0, 40), task.test()):
        bits = np.where(trials.inputs == zero, 0, 1)
        assert set(np.unique(trials.inputs)) == {zero, 1}
        assert [TABLE[tuple(row)] for row in bits.tolist()] == trials.targets.ravel().tolist()


def test_the_cycle_counts_up():
    x = Xor().trials(seed=3, first=2, count=7).inputs.tolist()
    assert x == [[1, 0], [1, 1], [0, 0], [0, 1], [1, 0], [1, 1], [0, 0]]


def test_the_test_set_is_the_four_patterns():
    assert Xor(order="random").test().inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_in_random_order_every_pass_has_all_four():
    x = Xor(order="random").trials(seed=1, first=252, count=400).inputs.reshape(100, 4, 2)
    codes = x @ [2, 1]
    assert (np.sort(codes, axis=1) == np.arange(4)).all()
    counts = np.unique(codes, axis=0)
    assert len(counts) == 24  # 100 draws miss one of the 24 orders with probability below 0.35; this seed does not
    assert abs(codes[:, 0].mean() - 1.5) < 5 * np.sqrt(1.25 / 100)
