"""Tasks of one's own that are wrong: one message, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neurosim import tasks
from neurosim.errors import InputError
from neurosim.registry import extend
from neurosim.tasks import TASKS, Task, made, trials_of

TASK = """import numpy as np
from neurosim.tasks import TASKS, Task, Trials

class Own(Task):
    inputs, outputs, trials_per_pass = 2, 1, None

    def __init__(self, size: int = 1):
        pass

    def trials(self, seed, first, count):
        return Trials(np.zeros((count, 2)), np.zeros((count, 1)))

    def test(self):
        return self.trials(0, 0, 3)

TASKS.add("own_of_a_test", Own)
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "own.py"
    TASKS._things.pop("own_of_a_test", None)


def task_with(path: Path, then: str, now: str) -> Task:
    assert then in TASK
    path.write_text(TASK.replace(then, now))
    extend(path)
    return made(TASKS["own_of_a_test"], "own_of_a_test", {})


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        (
            "        pass",
            "        raise ValueError('no')",
            r"own.py, line 8: the task 'own_of_a_test' cannot be made: ValueError: no",
        ),
        ("def test", "def tst", "own.py, line 4: .* cannot be made: TypeError: .*abstract"),
        ("= 2, 1, None", "= 'a', 1, None", "own.py, line 4: expected inputs of the task .* a whole number, found 'a'"),
        ("= 2, 1, None", "= 2, 0, None", "own.py, line 4: expected outputs of the task .* a whole number, found 0"),
    ],
)
def test_one_that_cannot_be_made(own: Path, then: str, now: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        task_with(own, then, now)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("        x = 1 / 0", "own.py, line 11: Own.trials failed: ZeroDivisionError: division by zero"),
        ("        pass", "own.py, line 4: expected Own.trials to return Trials.*, found NoneType"),
        ("        return 1, 2, 3", "found tuple"),
        ("        return [[1], [2, 3]], [[1]]", "own.py, line 4: .*inhomogeneous"),
        ("        return [['a', 'b']], [[1]]", "found str32 of shape .1, 2. and int64 of shape .1, 1."),
        ("        return [1, 2], [1]", "found int64 of shape .2,. and int64 of shape .1,."),
    ],
)
def test_one_that_answers_something_else(own: Path, now: str, told: str) -> None:
    task = task_with(own, "        return Trials(np.zeros((count, 2)), np.zeros((count, 1)))", now)
    for ask in (lambda: trials_of(task, 1, 0, 2), lambda: tasks.test_of(task)):
        with pytest.raises(InputError, match=told if "trials" not in told else told.partition("Own")[0]):
            ask()


def test_that_any_pair_of_arrays_will_do(own: Path) -> None:
    task = task_with(own, "Trials(np.zeros((count, 2)), np.zeros((count, 1)))", "[[1, 2]] * count, [[3.0]] * count")
    found = trials_of(task, 1, 0, 2)
    np.testing.assert_array_equal(found.inputs, [[1, 2], [1, 2]])
    np.testing.assert_array_equal(found.targets, [[3], [3]])
