"""What a task answers when it is asked, checked: a task of one's own that is wrong is told of with its file and line."""

from __future__ import annotations

import inspect
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from neurosim.errors import InputError, NeurosimError, Problem
from neurosim.surroundings import is_users
from neurosim.tasks._task import Task, Trials

_ASKED = "Trials(inputs, targets), two arrays of numbers with a row for each trial"


def made(kind: Callable[..., Task], name: str, parameters: Mapping[str, Any]) -> Task:
    """A task of a kind, called `name`; raises InputError where it cannot be made, or does not tell its sizes."""
    task = _asked(kind, f"the task {name!r} cannot be made", lambda: kind(**parameters))
    if not is_users(kind):
        return task  # its sizes may be those of data that are not there
    sizes = _asked(kind, f"the task {name!r} cannot be asked", lambda: (task.inputs, task.outputs, task.trials_per_pass))
    for member, size in zip(("inputs", "outputs", "trials_per_pass"), sizes, strict=True):
        if not (isinstance(size, int | np.integer) and size >= 1) and not (size is None and member == "trials_per_pass"):
            told = f"expected {member} of the task {name!r} to be a whole number, found {size!r}"
            raise InputError([Problem(_home(kind), told)])
    return task


def trials_of(task: Task, seed: int, first: int, count: int) -> Trials:
    """Some trials of a task; raises InputError where it fails, or answers something else."""
    return _trials(task, "trials", _asked(type(task), _failed(task, "trials"), lambda: task.trials(seed, first, count)))


def test_of(task: Task) -> Trials:
    """The test set of a task; raises InputError where it fails, or answers something else."""
    return _trials(task, "test", _asked(type(task), _failed(task, "test"), task.test))


def examples_of(task: Task, count: int) -> Trials | None:
    """The first training examples of a task, or None; raises InputError where it fails, or answers something else."""
    found = _asked(type(task), _failed(task, "training_set"), lambda: task.training_set(count))
    return None if found is None else _trials(task, "training_set", found)


def _failed(task: Task, member: str) -> str:
    return f"{type(task).__name__}.{member} failed"


def _asked(kind: Any, failed: str, ask: Callable[[], Any]) -> Any:
    """The answer; an exception of a user's own code becomes one line, and stays the cause of what is raised."""
    try:
        return ask()
    except (NeurosimError, OSError, MemoryError):
        raise
    except Exception as error:
        if not is_users(kind):
            raise
        raise InputError([Problem(_home(kind, error), f"{failed}: {type(error).__name__}: {error}")]) from error


def _home(kind: Any, error: BaseException | None = None) -> str:
    """The file in which a task is written, and the line: where an error arose in it, or where it begins."""
    try:
        file, (_, line) = inspect.getfile(kind), inspect.getsourcelines(kind)
    except (OSError, TypeError):
        return getattr(kind, "__name__", "task")
    frames = traceback.extract_tb(error.__traceback__) if error else []
    lines = [frame.lineno for frame in frames if os.path.abspath(frame.filename) == os.path.abspath(file)]
    return f"{file}, line {lines[-1] if lines else line}"


def _trials(task: Task, member: str, found: Any) -> Trials:
    wrong = f"expected {type(task).__name__}.{member} to return {_ASKED}, found "
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise InputError([Problem(_home(type(task)), wrong + type(found).__name__)])
    try:
        arrays = [np.asarray(part) for part in found]
    except ValueError as error:
        raise InputError([Problem(_home(type(task)), f"{wrong}{error}")]) from None
    if any(array.dtype.kind not in "biuf" or array.ndim != 2 for array in arrays):
        kinds = " and ".join(f"{array.dtype.name} of shape {array.shape}" for array in arrays)
        raise InputError([Problem(_home(type(task)), wrong + kinds)])
    return Trials(*arrays)
