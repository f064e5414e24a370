"""What every task is: numbered trials, the same for everyone who asks for them, and a fixed test set."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from neurosim.errors import InputError, Problem, nearest


class Trials(NamedTuple):
    """Some trials: row t of both arrays is one presentation.

    `inputs` is [count, inputs] and `targets` is [count, outputs]; both are dimensionless.
    """

    inputs: np.ndarray
    targets: np.ndarray


class Task(ABC):
    """What a circuit is asked to do: trial t ↦ (x_t, y*_t), and a fixed test set.

    Trial t depends on the task, the run's seed and t only: not on how trials are split into calls, nor on the circuit,
    so all arms of a comparison see the same trials (Lillicrap et al. 2016, Methods: one data sequence, shared by all
    algorithms). A task of one's own is a subclass with these five members; its `__init__` arguments are its parameters.

    >>> class Doubling(Task):
    ...     '''y* = 2x, x = t.'''
    ...     inputs, outputs, trials_per_pass = 1, 1, None
    ...     def trials(self, seed, first, count):
    ...         x = np.arange(first, first + count, dtype=float)[:, None]
    ...         return Trials(x, 2 * x)
    ...     def test(self):
    ...         return self.trials(0, 0, 4)
    >>> Doubling().trials(seed=1, first=3, count=2).targets.tolist()
    [[6.0], [8.0]]
    """

    @property
    @abstractmethod
    def inputs(self) -> int:
        """How many numbers an input has."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many numbers a target has."""

    @property
    @abstractmethod
    def trials_per_pass(self) -> int | None:
        """How many trials present the whole training set once; None for a task that never repeats itself."""

    @abstractmethod
    def trials(self, seed: int, first: int, count: int) -> Trials:
        """Trials `first` … `first + count - 1` of the run with this seed.

        Args:
            seed: the run's seed.
            first: number of the first trial, from 0.
            count: how many trials, at least 1.
        """

    @abstractmethod
    def test(self) -> Trials:
        """The test set, the same for every run; its arrays may be shared and are then read-only."""

    def training_set(self, count: int) -> Trials | None:
        """The first `count` training examples, or all where there are fewer, as they are stored: in their order, undistorted.

        None for a task that has no such set, as those that draw their trials; a task of one's own may leave it out.
        """
        return None


def check(task: str, problems: Iterable[Problem | None]) -> None:
    """Raise one InputError with all the problems of a task's parameters, if there are any."""
    found = [problem for problem in problems if problem]
    if found:
        raise InputError(found, f"task {task!r}")


def whole(address: str, value: object, least: int, most: int | None = None) -> Problem | None:
    """What is wrong with a whole number between `least` and `most`, or None."""
    right = isinstance(value, Integral) and not isinstance(value, bool)
    if right and least <= value and (most is None or value <= most):  # type: ignore[operator]
        return None
    limits = f"of at least {least}" if most is None else f"from {least} to {most}"
    return Problem(address, f"expected a whole number {limits}, found {value!r}")


def finite(address: str, value: object, *, positive: bool = False) -> Problem | None:
    """What is wrong with a finite number, or None."""
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if math.isfinite(number) and (number > 0 or not positive):
        return None
    return Problem(address, f"expected a finite number{' above 0' if positive else ''}, found {value!r}")


def one_of(address: str, value: object, known: Iterable[str]) -> Problem | None:
    """What is wrong with a choice among names, or None."""
    known = tuple(known)
    if value in known:
        return None
    listed = ", ".join(repr(name) for name in known)
    return Problem(address, f"expected one of {listed}, found {value!r}", nearest(str(value), known))


def truth(address: str, value: object) -> Problem | None:
    """What is wrong with a yes or no, or None."""
    return None if isinstance(value, bool) else Problem(address, f"expected true or false, found {value!r}")


def read_only(array: np.ndarray) -> np.ndarray:
    """The same array, protected: it is shared, and writing to it would change it for everyone."""
    array.flags.writeable = False
    return array


def weighted(rates: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Σ_pre W[post, pre] x[trial, pre], with the same bits for a trial whatever else is in the batch.

    A matrix product by BLAS rounds a row differently in batches of other sizes, and for other numbers of threads.
    """
    return np.einsum("ti,oi->to", rates, weights)
