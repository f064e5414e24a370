"""PyTorch, eager, without autograd: room for results made beforehand, rank-one updates in place, its own best form."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import torch
from compete import Run, compete
from work import Matrices, Work

Tensors = list[torch.Tensor]


def contestant(work: Work) -> tuple[Run, Callable[[], list[Matrices]]]:
    """`addr_` online, `addmm_` in batches and `baddbmm_` for seeds side by side; `torch.inference_mode`, a stricter no_grad."""
    torch.set_num_threads(work.threads)
    drawn = [work.weights(seed) for seed in range(work.seeds)]
    forward, back = (_stacked([pair[which] for pair in drawn], work) for which in (0, 1))
    rooms = [Room(work, size) for size in work.sizes[1:]]
    step = _side_by_side if work.seeds > 1 else _trial if work.batch == 1 else _batch

    rows_of = cache(partial(rows, work))

    @torch.inference_mode()
    def run(trials: int) -> None:
        for x, wanted in rows_of(trials):
            step(forward, back, rooms, x, wanted, work.eta)

    def weights() -> list[Matrices]:
        by_seed = zip(*(w if work.seeds > 1 else w[None] for w in forward), strict=True)
        return [[w.numpy().astype("f8") for w in matrices] for matrices in by_seed]

    return run, weights


class Room:
    """Where the rates of one population and the signals that teach it are put."""

    def __init__(self, work: Work, size: int) -> None:
        shape = (work.seeds, size, 1) if work.seeds > 1 else (size,) if work.batch == 1 else (work.batch, size)
        self.rate, self.signal, self.slope = (torch.empty(shape) for _ in range(3))


def _stacked(by_seed: list[Matrices], work: Work) -> Tensors:
    layers = [torch.stack([torch.from_numpy(w) for w in layer]) for layer in zip(*by_seed, strict=True)]
    return layers if work.seeds > 1 else [layer[0].clone() for layer in layers]


def rows(work: Work, trials: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The inputs and targets of each step: views, made before anything is timed."""
    if work.seeds > 1:
        drawn = [work.drawn(trials, seed) for seed in range(work.seeds)]
        x, y = (torch.stack([torch.tensor(pair[which]) for pair in drawn], dim=1)[..., None] for which in (0, 1))
    else:
        x, y = (torch.tensor(values) for values in work.drawn(trials))
    cut = torch.unbind if work.batch == 1 else partial(torch.split, split_size_or_sections=work.batch)
    return list(zip(cut(x), cut(y), strict=True))


def _trial(forward: Tensors, back: Tensors, rooms: list[Room], x: torch.Tensor, wanted: torch.Tensor, eta: float) -> None:
    rates = [x]
    for w, room in zip(forward[:-1], rooms, strict=False):
        rates.append(torch.mv(w, rates[-1], out=room.rate).tanh_())
    signals = [torch.addmv(wanted, forward[-1], rates[-1], alpha=-1, out=rooms[-1].signal)]
    for b, room in zip(reversed(back), reversed(rooms[:-1]), strict=True):
        torch.mv(b, signals[-1], out=room.signal)
        signals.append(_through_slope(room))
    for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
        w.addr_(signal, rate, alpha=eta)


def _batch(forward: Tensors, back: Tensors, rooms: list[Room], x: torch.Tensor, wanted: torch.Tensor, eta: float) -> None:
    rates = [x]
    for w, room in zip(forward[:-1], rooms, strict=False):
        rates.append(torch.mm(rates[-1], w.T, out=room.rate).tanh_())
    signals = [torch.addmm(wanted, rates[-1], forward[-1].T, alpha=-1, out=rooms[-1].signal)]
    for b, room in zip(reversed(back), reversed(rooms[:-1]), strict=True):
        torch.mm(signals[-1], b.T, out=room.signal)
        signals.append(_through_slope(room))
    for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
        w.addmm_(signal.T, rate, alpha=eta)


def _side_by_side(forward: Tensors, back: Tensors, rooms: list[Room], x: torch.Tensor, wanted: torch.Tensor, eta: float) -> None:
    rates = [x]
    for w, room in zip(forward[:-1], rooms, strict=False):
        rates.append(torch.bmm(w, rates[-1], out=room.rate).tanh_())
    signals = [torch.baddbmm(wanted, forward[-1], rates[-1], alpha=-1, out=rooms[-1].signal)]
    for b, room in zip(reversed(back), reversed(rooms[:-1]), strict=True):
        torch.bmm(b, signals[-1], out=room.signal)
        signals.append(_through_slope(room))
    for w, signal, rate in zip(forward, reversed(signals), rates, strict=True):
        w.baddbmm_(signal, rate.transpose(1, 2), alpha=eta)


def _through_slope(room: Room) -> torch.Tensor:
    """signal ⊙ (1 − rate²), in place."""
    torch.mul(room.rate, room.rate, out=room.slope)
    return room.signal.addcmul_(room.signal, room.slope, value=-1)


if __name__ == "__main__":
    compete({"eager": contestant})
