"""The same work in float64, trial by trial as it is written down: what every contestant is held against."""

from __future__ import annotations

import numpy as np
from work import Matrices, Work

CHECKED = 40
"""Trials that are checked, or one batch if that is more."""


def checked(work: Work) -> int:
    """How many trials are checked: whole batches."""
    return max(1, CHECKED // work.batch) * work.batch


def reference(work: Work, seed: int = 0, *, backpropagation: bool = False) -> Matrices:
    """The weights after the checked trials; backpropagation's B is Wᵀ of the moment."""
    forward, back = ([matrix.astype("f8") for matrix in part] for part in work.weights(seed))
    inputs, targets = work.drawn(checked(work), seed)
    for first in range(0, len(inputs), work.batch):
        chosen = slice(first, first + work.batch)
        rates = [inputs[chosen].astype("f8")]
        for w in forward[:-1]:
            rates.append(np.tanh(rates[-1] @ w.T))
        signals = [targets[chosen] - rates[-1] @ forward[-1].T]
        ways_back = [w.T for w in forward[1:]] if backpropagation else back
        for b, rate in zip(reversed(ways_back), reversed(rates[1:]), strict=True):
            signals.append((signals[-1] @ b.T) * (1 - rate * rate))
        for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
            w += work.eta * signal.T @ rate
    return forward


def distance(work: Work, found: list[Matrices], *, backpropagation: bool = False) -> float:
    """The largest error of any weights of any seed, relative to how far they have come."""
    largest = 0.0
    for seed, matrices in enumerate(found):
        start, _ = work.weights(seed)
        for w, right, began in zip(matrices, reference(work, seed, backpropagation=backpropagation), start, strict=True):
            off = float(np.linalg.norm(w - right) / np.linalg.norm(right - began))
            largest = off if not off <= largest else largest  # a nan is larger than anything
    return largest
