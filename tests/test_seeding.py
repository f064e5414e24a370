from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.seeding import TRIAL_BLOCK, stream, trial_rows


def normal(random: np.random.Generator, rows: int) -> np.ndarray:
    return random.standard_normal((rows, 3))


@given(st.integers(0, 3 * TRIAL_BLOCK), st.integers(1, 2 * TRIAL_BLOCK))
def test_that_rows_do_not_depend_on_calls(first: int, count: int) -> None:
    whole = trial_rows(normal, 1, "x", 0, 5 * TRIAL_BLOCK)
    np.testing.assert_array_equal(trial_rows(normal, 1, "x", first, count), whole[first : first + count])


def test_that_seed_name_and_block_decide() -> None:
    drawn = [stream(*key).random(4).tobytes() for key in ((1, "a"), (2, "a"), (1, "b"), (1, "a", 1), (11, "a"), (1, "1/a"))]
    assert len(set(drawn)) == len(drawn)
    assert stream(1, "a", 0).random(4).tobytes() == drawn[0]


def test_that_blocks_do_not_overlap() -> None:
    whole = np.concatenate([stream(1, "a", block).random(10_000) for block in range(3)])
    assert len(np.unique(whole)) == 30_000


def test_that_streams_are_not_correlated() -> None:
    drawn = np.array([stream(1, f"population{i}.noise").standard_normal(10_000) for i in range(8)])
    assert np.abs(np.corrcoef(drawn) - np.eye(8)).max() < 0.05


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_that_every_process_draws_the_same(hash_seed: str) -> None:
    text = "from neurosim.seeding import stream; print(stream(7, 'hidden.noise', 3).integers(0, 2**62))"
    done = subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert int(done.stdout) == int(stream(7, "hidden.noise", 3).integers(0, 2**62))
