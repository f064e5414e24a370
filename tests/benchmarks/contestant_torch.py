"""PyTorch, eager, without autograd: preallocated results and in-place rank-one updates, its own best form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from work import Work, compete


def contestant(work: Work) -> tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]:
    """`addr_` online and `addmm_` in batches for the updates; `torch.no_grad` throughout."""
    forward, back = ([torch.from_numpy(a) for a in part] for part in work.arrays()[:2])
    inputs, targets = (torch.from_numpy(a) for a in work.arrays()[2:])
    torch.set_num_threads(work.threads)

    @torch.no_grad()
    def run(trials: int) -> None:
        for first in range(0, trials, work.batch):
            if work.batch == 1:
                _trial(forward, back, inputs[first], targets[first], work.eta)
            else:
                _batch(forward, back, inputs[first : first + work.batch], targets[first : first + work.batch], work.eta)

    return run, lambda: [w.numpy().astype("f8") for w in forward]


def _trial(forward: list[torch.Tensor], back: list[torch.Tensor], x: torch.Tensor, wanted: torch.Tensor, eta: float) -> None:
    rates = [x]
    for w in forward[:-1]:
        rates.append(torch.tanh_(torch.mv(w, rates[-1])))
    signals = [wanted - torch.mv(forward[-1], rates[-1])]
    for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
        signals.append(torch.mv(b, signals[-1]) * (1 - rate * rate))
    for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
        w.addr_(signal, rate, alpha=eta)


def _batch(forward: list[torch.Tensor], back: list[torch.Tensor], x: torch.Tensor, wanted: torch.Tensor, eta: float) -> None:
    rates = [x]
    for w in forward[:-1]:
        rates.append(torch.tanh_(rates[-1] @ w.T))
    signals = [wanted - rates[-1] @ forward[-1].T]
    for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
        signals.append((signals[-1] @ b.T) * (1 - rate * rate))
    for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
        w.addmm_(signal.T, rate, alpha=eta)


if __name__ == "__main__":
    compete(contestant)
