"""PyTorch's own backpropagation: the loss's gradient by autograd, and a step of gradient descent in place."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import torch
from compete import Run, compete
from contestant_torch import rows
from work import Matrices, Work


def contestant(work: Work) -> tuple[Run, Callable[[], list[Matrices]]]:
    """True backpropagation, so its reference is another: B = Wᵀ of the moment."""
    torch.set_num_threads(work.threads)
    weights = [torch.from_numpy(w).requires_grad_() for w in work.weights()[0]]

    rows_of = cache(partial(rows, work))
    doubled_loss = _online if work.batch == 1 else _batch

    def run(trials: int) -> None:
        for inputs, wanted in rows_of(trials):
            loss = doubled_loss(weights, inputs, wanted)
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for w, gradient in zip(weights, gradients, strict=True):
                    w.sub_(gradient, alpha=work.eta / 2)

    return run, lambda: [[w.detach().numpy().astype("f8") for w in weights]]


def _online(weights: list[torch.Tensor], rate: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Σ e², twice the loss, so that the step is half as long."""
    for w in weights[:-1]:
        rate = torch.tanh(torch.mv(w, rate))
    error = wanted - torch.mv(weights[-1], rate)
    return torch.dot(error, error)


def _batch(weights: list[torch.Tensor], rate: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    for w in weights[:-1]:
        rate = torch.tanh(torch.mm(rate, w.T))
    error = (wanted - torch.mm(rate, weights[-1].T)).ravel()
    return torch.dot(error, error)


if __name__ == "__main__":
    compete({"autograd": contestant}, backpropagation=True)
