"""JAX: one jitted scan over the trials, with donated weights, in each form that has been seen to be its best somewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from compete import Contestant, Run, compete, given
from work import Matrices, Work

SMALL = 64


@dataclass(frozen=True)
class Form:
    """How sums over presynaptic neurons are written, and how the scan and the seeds are run.

    Attributes:
        sums: weights stored [pre, post] and Σ_pre written out, which XLA fuses with what follows: the best for small ones;
            otherwise products of matrices.
        unroll: trials per step of the scan's loop.
        seeds: `vmap` or `map`.
    """

    sums: bool = False
    unroll: int = 1
    seeds: str = "vmap"

    def contestant(self, work: Work) -> tuple[Run, Callable[[], list[Matrices]]]:
        """The jitted scan; compiled for each number of trials, and its trials put where it wants them, before it is timed."""
        import jax
        import jax.numpy as jnp

        drawn = [work.weights(seed) for seed in range(work.seeds)]
        forward, back = (self._put([pair[which] for pair in drawn], work) for which in (0, 1))
        state = [forward]
        learn = jax.jit(self._learn(work), donate_argnums=0)

        @cache
        def trials_of(count: int) -> tuple:  # type: ignore[type-arg]
            shape = (count,) if work.batch == 1 else (count // work.batch, work.batch)
            pairs = [work.drawn(count, seed) for seed in range(work.seeds)]
            parts = [[pair[which].reshape(*shape, -1) for pair in pairs] for which in (0, 1)]
            return tuple(jnp.asarray(np.stack(part) if work.seeds > 1 else part[0]) for part in parts)

        def run(trials: int) -> None:
            state[0] = learn(state[0], back, trials_of(trials))
            jax.block_until_ready(state[0])

        return run, lambda: self._taken(state[0], work)

    def _put(self, by_seed: list[Matrices], work: Work):  # type: ignore[no-untyped-def]
        import jax.numpy as jnp

        layers = [np.stack(layer) if work.seeds > 1 else layer[0] for layer in zip(*by_seed, strict=True)]
        return tuple(jnp.array(np.swapaxes(w, -1, -2) if self.sums else w) for w in layers)

    def _taken(self, layers, work: Work) -> list[Matrices]:  # type: ignore[no-untyped-def]
        arrays = [np.asarray(w, dtype="f8") for w in layers]
        right = [np.swapaxes(w, -1, -2) if self.sums else w for w in arrays]
        return [[w[seed] for w in right] for seed in range(work.seeds)] if work.seeds > 1 else [right]

    def _learn(self, work: Work):  # type: ignore[no-untyped-def]
        import jax

        def scan(weights, back, trials):  # type: ignore[no-untyped-def]
            return jax.lax.scan(partial(self._step, work, back), weights, trials, unroll=self.unroll)[0]

        if work.seeds == 1:
            return scan
        return jax.vmap(scan) if self.seeds == "vmap" else lambda *parts: jax.lax.map(lambda part: scan(*part), parts)

    def _step(self, work: Work, back, weights, trial):  # type: ignore[no-untyped-def]
        import jax.numpy as jnp

        x, wanted = trial
        rates = [x]
        for w in weights[:-1]:
            rates.append(jnp.tanh(self._through(w, rates[-1])))
        signals = [wanted - self._through(weights[-1], rates[-1])]
        for b, rate in zip(reversed(back), reversed(rates[1:]), strict=True):
            signals.append(self._through(b, signals[-1]) * (1 - rate * rate))
        changed = zip(weights, reversed(signals), rates, strict=True)
        return tuple(w + work.eta * self._outer(work, signal, rate) for w, signal, rate in changed), None

    def _through(self, w, rate):  # type: ignore[no-untyped-def]
        return (rate[:, None] * w).sum(0) if self.sums else rate @ w.T

    def _outer(self, work: Work, signal, rate):  # type: ignore[no-untyped-def]
        if work.batch > 1:
            return signal.T @ rate
        return rate[:, None] * signal if self.sums else signal[:, None] * rate


def forms(work: Work) -> dict[str, Contestant]:
    """The forms worth a try; unrolling makes the smallest ones slower by far, and large ones gain nothing."""
    if max(work.sizes) > SMALL or work.batch > 1:
        return {"matrices": Form().contestant}
    if work.seeds > 1:
        kinds = [(sums, seeds) for sums in (False, True) for seeds in ("vmap", "map")]
        return {f"{'sums' if s else 'matrices'}, {seeds}": Form(sums=s, seeds=seeds).contestant for s, seeds in kinds}
    found = {"matrices": Form().contestant, "sums": Form(sums=True).contestant}
    if max(work.sizes) > 2:
        found["matrices, unrolled 8 times"] = Form(unroll=8).contestant
    return found


if __name__ == "__main__":
    asked = given()
    os.sched_setaffinity(0, list(os.sched_getaffinity(0))[: asked.threads])  # how many threads XLA has
    os.environ["JAX_PLATFORMS"] = "cpu"
    compete(forms(asked))
