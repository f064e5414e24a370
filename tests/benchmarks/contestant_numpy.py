"""NumPy: the same trials as plain array expressions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits
from work import Work, compete


def contestant(work: Work) -> tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]:
    """In float32, with the weights updated in place."""
    forward, back, inputs, targets = work.arrays()
    threadpool_limits(work.threads)
    eta = np.float32(work.eta)

    def run(trials: int) -> None:
        for first in range(0, trials, work.batch):
            rates = [inputs[first : first + work.batch]]
            for w in forward[:-1]:
                rates.append(np.tanh(rates[-1] @ w.T))
            signals = [targets[first : first + work.batch] - rates[-1] @ forward[-1].T]
            for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
                signals.append((signals[-1] @ b.T) * (1 - rate * rate))
            for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
                w += (eta * signal).T @ rate

    return run, lambda: [w.astype("f8") for w in forward]


if __name__ == "__main__":
    compete(contestant)
