"""NumPy: the same trials as plain array expressions, with room for results made beforehand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from compete import Run, compete
from threadpoolctl import threadpool_limits
from work import Matrices, Work


def contestant(work: Work) -> tuple[Run, Callable[[], list[Matrices]]]:
    """In float32, with the weights updated in place; online with vectors rather than matrices of one row."""
    forward, back = work.weights()
    changes = [np.empty_like(w) for w in forward]
    threadpool_limits(work.threads)
    eta = np.float32(work.eta)
    step = _trial if work.batch == 1 else _batch

    def run(trials: int) -> None:
        inputs, targets = work.drawn(trials)
        for first in range(0, trials, work.batch):
            rows = first if work.batch == 1 else slice(first, first + work.batch)
            step(forward, back, changes, inputs[rows], targets[rows], eta)

    return run, lambda: [[w.astype("f8") for w in forward]]


def _trial(forward: Matrices, back: Matrices, changes: Matrices, x: np.ndarray, wanted: np.ndarray, eta: np.float32) -> None:
    rates = [x]
    for w in forward[:-1]:
        rates.append(np.tanh(w @ rates[-1]))
    signals = [wanted - forward[-1] @ rates[-1]]
    for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
        signals.append((b @ signals[-1]) * (1 - rate * rate))
    for w, change, signal, rate in zip(forward, changes, reversed(signals), rates, strict=True):
        np.multiply((eta * signal)[:, None], rate, out=change)
        w += change


def _batch(forward: Matrices, back: Matrices, changes: Matrices, x: np.ndarray, wanted: np.ndarray, eta: np.float32) -> None:
    rates = [x]
    for w in forward[:-1]:
        rates.append(np.tanh(rates[-1] @ w.T))
    signals = [wanted - rates[-1] @ forward[-1].T]
    for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
        signals.append((signals[-1] @ b.T) * (1 - rate * rate))
    for w, change, signal, rate in zip(forward, changes, reversed(signals), rates, strict=True):
        np.matmul((eta * signal).T, rate, out=change)
        w += change


if __name__ == "__main__":
    compete({"arrays": contestant})
