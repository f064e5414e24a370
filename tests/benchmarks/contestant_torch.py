"""PyTorch, eager, without autograd: preallocated results and in-place rank-one updates, its own best form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from work import Work, compete


def contestant(work: Work) -> tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]:
    """`addmm_` for the updates; `torch.no_grad` throughout."""
    forward, back, inputs, targets = ([torch.from_numpy(a) for a in part] if isinstance(part, list) else torch.from_numpy(part)
                                      for part in work.arrays())  # fmt: skip
    torch.set_num_threads(work.threads)

    @torch.no_grad()
    def run(trials: int) -> None:
        for first in range(0, trials, work.batch):
            rates = [inputs[first : first + work.batch]]
            for w in forward[:-1]:
                rates.append(torch.tanh_(rates[-1] @ w.T))
            signals = [targets[first : first + work.batch] - rates[-1] @ forward[-1].T]
            for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
                signals.append((signals[-1] @ b.T) * (1 - rate * rate))
            for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
                w.addmm_(signal.T, rate, alpha=work.eta)

    @torch.no_grad()
    def run_online(trials: int) -> None:
        for trial in range(trials):
            rates = [inputs[trial]]
            for w in forward[:-1]:
                rates.append(torch.tanh_(torch.mv(w, rates[-1])))
            signals = [targets[trial] - torch.mv(forward[-1], rates[-1])]
            for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
                signals.append(torch.mv(b, signals[-1]) * (1 - rate * rate))
            for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
                w.addr_(signal, rate, alpha=work.eta)

    return (run_online if work.batch == 1 else run), lambda: [w.numpy().astype("f8") for w in forward]


if __name__ == "__main__":
    compete(contestant)
