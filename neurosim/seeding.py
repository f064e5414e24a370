"""Random numbers by name: who draws, and for which block of trials, decides what is drawn.

Every stream is a counter-based Philox generator keyed by the run's seed and the *name* of what draws, so adding a
population or a projection changes no other draw; and the block number is the counter, so a run that is resumed needs
to know the trial number and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

TRIAL_BLOCK = 256
"""Trials are drawn in blocks of this many: block k of a stream is the same whoever asks for it, and when."""


def stream(seed: int, name: str, block: int = 0) -> np.random.Generator:
    """The random generator of one name under one seed.

    Args:
        seed: the run's seed.
        name: what draws, by its address, e.g. `input_to_hidden.weights`.
        block: independent continuation of the stream; block k never overlaps block k + 1.

    >>> stream(1, "a").random() == stream(1, "a").random()
    True
    >>> stream(1, "a").random() == stream(1, "b").random()
    False
    """
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little"), counter=block << 128))


def trial_rows(
    draw: Callable[[np.random.Generator, int], np.ndarray], seed: int, name: str, first: int, count: int
) -> np.ndarray:
    """Rows `first` … `first + count - 1` of an endless random table with one row per trial.

    Args:
        draw: called as `draw(generator, rows)`; returns an array of that many rows.
        seed, name: which stream.
        first, count: which trials.

    The rows do not depend on how the trials are split into calls:

    >>> normal = lambda random, rows: random.standard_normal((rows, 2))
    >>> whole = trial_rows(normal, 1, "x", 0, 300)
    >>> bool((trial_rows(normal, 1, "x", 250, 10) == whole[250:260]).all())
    True
    """
    blocks = range(first // TRIAL_BLOCK, -(-(first + count) // TRIAL_BLOCK))
    rows = [draw(stream(seed, name, block), TRIAL_BLOCK) for block in blocks]
    start = first - blocks.start * TRIAL_BLOCK
    return (rows[0] if len(rows) == 1 else np.concatenate(rows))[start : start + count]
