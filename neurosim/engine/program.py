"""The program: what a circuit computes in one trial, as plain data.

An operation says which signals it *sets, increments, reads* and *updates*. Within a trial a signal is set once, then
incremented, then read; what is updated shows at the next trial. The order of operations follows from that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

ONE = "one"
"""The signal that is always 1: what drives a bias."""


@dataclass(frozen=True)
class Array:
    """What outlives a trial: weights `[post, pre]`, a bias `[post, 1]`, a vector `[n]` of diagonal weights or of memory.

    `compact` weights are stored synapse by synapse."""

    address: str
    shape: tuple[int, ...]
    compact: bool = False


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One step of a trial."""

    label: str
    sets: tuple[str, ...] = ()
    increments: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rest(Operation):
    """out = 0: a receptor before anything has reached it."""

    out: str


@dataclass(frozen=True, kw_only=True)
class Transmit(Operation):
    """out += W x (or Wᵀ x, or w ⊙ x for a diagonal, or gain · x where there is no array)."""

    out: str
    source: str
    weights: str | None = None
    transposed: bool = False
    diagonal: bool = False
    gain: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Derive(Operation):
    """B = function(W): the weights of a projection that follow from another's, as they are before this trial changes them."""

    out: str
    source: str
    function: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Compute(Operation):
    """out = function(…), neuron by neuron; where it remembers, trial after trial, and it shows at the next trial."""

    out: str
    function: Callable[..., float]
    arguments: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, float] = field(default_factory=dict)
    remembers: bool = False


@dataclass(frozen=True, kw_only=True)
class Learn(Operation):
    """W += Σ over trials of change(…), synapse by synapse, with momentum and decay, where the pattern has synapses."""

    weights: str
    change: Callable[..., float]
    pre: Mapping[str, str]
    post: Mapping[str, str]
    constants: Mapping[str, float]
    momentum: float = 0.0
    decay: float = 0.0
    velocity: str | None = None
    pattern: str | None = None
    diagonal: bool = False
    reads_weight: bool = False


@dataclass(frozen=True, eq=False)
class Program:
    """What is computed in a trial: operations in their order, over signals and arrays. Equal only to itself.

    Attributes:
        operations: in the order in which they run.
        sizes: signal → number of neurons.
        streams: the signals that come from outside, trial by trial: the task's, the exploration and the masks of dropout.
        arrays: what outlives a trial.
    """

    operations: tuple[Operation, ...]
    sizes: Mapping[str, int]
    streams: tuple[str, ...]
    arrays: tuple[Array, ...]
