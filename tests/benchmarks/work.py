"""The work that every contestant does: feedback alignment in float32 without biases, on the same weights and trials."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

Matrices = list[np.ndarray]


@dataclass(frozen=True)
class Work:
    """What is asked of a contestant.

    Attributes:
        sizes: neurons of the input, of each hidden population (tanh) and of the output (linear).
        trials: how many trials one call runs, for each seed.
        batch: trials at the same weights, whose changes are summed; 1 is online.
        threads: how many the contestant may use.
        eta: the learning rate.
        seeds: how many networks learn side by side, each from its own weights and on its own trials.
        seconds: a timing repeats the call until so many seconds have passed.
    """

    sizes: tuple[int, ...]
    trials: int
    eta: float
    batch: int = 1
    threads: int = 1
    seeds: int = 1
    seconds: float = 0.4

    @property
    def title(self) -> str:
        """What the report calls it."""
        kind = "online" if self.batch == 1 else f"batches of {self.batch}"
        seeds = f"{self.seeds} seeds of " if self.seeds > 1 else ""
        return f"{seeds}{named(self.sizes)}, {kind}, {self.threads} thread{'s' if self.threads > 1 else ''}"

    @property
    def forward_synapses(self) -> list[int]:
        """How many synapses each forward projection has."""
        return [pre * post for pre, post in pairwise(self.sizes)]

    @property
    def feedback_synapses(self) -> list[int]:
        """How many synapses each feedback projection has; the input needs none."""
        return self.forward_synapses[1:]

    @property
    def flops(self) -> int:
        """Useful operations of a trial: 2 a synapse for the drive, 2 for the update, and 2 for the feedback."""
        return 4 * sum(self.forward_synapses) + 2 * sum(self.feedback_synapses)

    @property
    def bytes_updated(self) -> int:
        """What one pass over the first weights reads and writes in a trial that is not blocked: 4 bytes each."""
        return 8 * self.forward_synapses[0]

    def weights(self, seed: int = 0) -> tuple[Matrices, Matrices]:
        """W[post, pre] of each projection and B[post, pre] of each feedback projection: new arrays, to be written into."""
        random = np.random.default_rng([seed, 0])
        pairs = list(pairwise(self.sizes))
        forward = [_normal(random, (post, pre), pre) for pre, post in pairs]
        back = [_normal(random, (pre, post), post) for pre, post in pairs[1:]]
        return forward, back

    def drawn(self, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """The first so many inputs and targets; the same rows whatever the count."""
        return _uniform((count, self.sizes[0]), seed, 1), _uniform((count, self.sizes[-1]), seed, 2)

    def question(self) -> dict[str, Any]:
        """The work as JSON holds it."""
        return asdict(self)


def named(sizes: tuple[int, ...]) -> str:
    """784-1500x3-10: the sizes, three or more equal hidden populations drawn together.

    >>> named((784, 1500, 1500, 1500, 10)), named((30, 20, 10)), named((10, 10, 10, 10))
    ('784-1500x3-10', '30-20-10', '10-10-10-10')
    """
    hidden = sizes[1:-1]
    alike = len(hidden) > 2 and len(set(hidden)) == 1
    middle = [f"{hidden[0]}x{len(hidden)}"] if alike else [str(size) for size in hidden]
    return "-".join([str(sizes[0]), *middle, str(sizes[-1])])


def _normal(random: np.random.Generator, shape: tuple[int, int], inputs: int) -> np.ndarray:
    values = random.standard_normal(shape, dtype="f4")
    values /= np.float32(np.sqrt(inputs))
    return values


@cache
def _uniform(shape: tuple[int, int], seed: int, what: int) -> np.ndarray:
    """Numbers in [-1, 1), drawn once and protected, for they are shared."""
    values = np.random.default_rng([seed, what]).random(prod(shape), dtype="f4").reshape(shape)
    values *= np.float32(2.0)
    values -= np.float32(1.0)
    values.flags.writeable = False
    return values
