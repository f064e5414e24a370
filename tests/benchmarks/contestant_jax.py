"""JAX: one jitted scan over the trials, its own best form."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from work import Work, compete


def contestant(work: Work) -> tuple[Callable[[int], None], Callable[[], list[np.ndarray]]]:
    """`jit(scan)` with donated weights; XLA's threads limited by the processor mask."""
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[: work.threads])
    import jax
    import jax.numpy as jnp

    forward, back, inputs, targets = work.arrays()
    state = [tuple(jnp.asarray(w) for w in forward)]
    feedback = tuple(jnp.asarray(b) for b in back)

    def step(weights, trial):  # type: ignore[no-untyped-def]
        x, wanted = trial
        rates = [x]
        for w in weights[:-1]:
            rates.append(jnp.tanh(rates[-1] @ w.T))
        signals = [wanted - rates[-1] @ weights[-1].T]
        for b, rate in zip(reversed(feedback), reversed(rates[1:]), strict=True):
            signals.append((signals[-1] @ b.T) * (1 - rate * rate))
        pairs = zip(weights, reversed(signals), rates, strict=True)
        if work.batch == 1:
            return tuple(w + work.eta * jnp.outer(signal, rate) for w, signal, rate in pairs), None
        return tuple(w + work.eta * signal.T @ rate for w, signal, rate in pairs), None

    scan = jax.jit(lambda weights, trials: jax.lax.scan(step, weights, trials)[0], donate_argnums=0)

    def run(trials: int) -> None:
        x, y = jnp.asarray(inputs[:trials]), jnp.asarray(targets[:trials])
        if work.batch > 1:
            x, y = x.reshape(-1, work.batch, x.shape[1]), y.reshape(-1, work.batch, y.shape[1])
        state[0] = scan(state[0], (x, y))
        jax.block_until_ready(state[0])

    return run, lambda: [np.asarray(w, dtype="f8") for w in state[0]]


if __name__ == "__main__":
    compete(contestant)
