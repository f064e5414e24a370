from __future__ import annotations

import numpy as np
import pytest

from neurosim.engine import storage
from neurosim.engine.storage import PANEL, Compact, Panels, Vector, aligned, padded, panels_of


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 1024, 1000, 512])
def test_how_rows_lie_in_memory(count: int, dtype: str) -> None:
    kind = np.dtype(dtype)
    length = padded(count, kind)
    assert count < length <= count + 16 + 128 // kind.itemsize
    assert length * kind.itemsize % 64 == 0
    assert length * kind.itemsize % 4096 != 0
    assert aligned((3, length), kind).ctypes.data % 64 == 0


@pytest.mark.parametrize("post", [1, 16, 17, 500, 512, 513, PANEL + 1, 1000, 1500, 3174, 8000, 102_400])
@pytest.mark.parametrize("apart", [False, True])
def test_that_panels_hold_everyone_and_little_more(post: int, apart: bool) -> None:
    count, width = panels_of(post, apart=apart)
    assert (count - 1) * width < post <= count * width < post + count * (32 if apart else 16)
    assert width % 16 == 0
    assert width <= PANEL
    assert not apart or width <= 64 or width // 16 % 2, "an odd number of lines"


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("shape", [(3, 4), (582, 5), (1, 1), (1000, 3), (3 * PANEL, 2)])
def test_that_what_is_written_is_read(shape: tuple[int, int], apart: bool) -> None:
    values = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    panels = Panels(shape, np.dtype("float32"), apart=apart)
    assert not panels.values().any()
    panels.write(values)
    np.testing.assert_array_equal(panels.values(), values)
    count, width = panels_of(shape[0], apart=apart)
    assert panels.memory.shape == (count, shape[1], width)
    np.testing.assert_array_equal(panels.memory[-1, 1 % shape[1], (shape[0] - 1) % width], values[-1, 1 % shape[1]])
    assert np.count_nonzero(panels.memory) == values.size, "nothing where there is no neuron"
    panels.write_rows(shape[0] - 1, np.zeros((1, shape[1])))
    np.testing.assert_array_equal(panels.values()[:-1], values[:-1])
    assert not panels.values()[-1].any()


def test_that_a_vector_reads_as_a_copy() -> None:
    vector = Vector(5, np.dtype("float64"))
    vector.write(np.arange(5.0))
    read = vector.values()
    vector.write(np.ones(5))
    np.testing.assert_array_equal(read, np.arange(5.0))
    assert vector.shape == (5,)


@pytest.mark.parametrize("post", [7, 582])
def test_that_few_synapses_are_kept_one_by_one(post: int) -> None:
    random = np.random.default_rng(2)
    pattern = random.random((post, 40)) < 0.1
    pattern[3] = False
    weights = random.normal(size=pattern.shape)
    compact = Compact(pattern, np.dtype("float64"))
    compact.write(weights)
    np.testing.assert_array_equal(compact.values(), np.where(pattern, weights, 0))
    assert compact.memory.shape[1] == pattern.sum(axis=1).max()
    assert set(compact.index[compact.memory == 0]) == {40}, "synapses that start from nowhere"
    other = compact.like()
    assert not other.values().any()
    other.write(1.0)
    np.testing.assert_array_equal(other.values(), pattern)
    np.testing.assert_array_equal(compact.values(), np.where(pattern, weights, 0), err_msg="memory of its own")


def test_what_no_machine_has_room_for_is_told_before_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(storage, "installed", lambda: 1_000_000)
    assert storage.aligned((1000,), np.dtype("f4")).shape == (1000,)
    with pytest.raises(MemoryError, match="an array of 4 GB; this machine has 0"):
        storage.aligned((1000, 1_000_000), np.dtype("f4"))
    with pytest.raises(MemoryError):
        storage.aligned((2**40, 2**40), np.dtype("f8"))
