"""Recordings that the tests share."""

import numpy as np

from neurosim.recording import Quantity, Writer

TRIALS = (0, 5, 10, 12)
QUANTITIES = (
    Quantity("test_error", TRIALS, dtype="f8", long_name="test error"),
    Quantity("hidden.rate", TRIALS, (("unit", 3),), units="Hz"),
    Quantity("input_to_hidden.weights", TRIALS, (("post", 3), ("pre", 2))),
    Quantity("hidden_to_hidden.weights", (0, 12), (("post", 3), ("pre", 3))),
)


def value(quantity, trial):
    """A value that tells its trial and its place, so that a swapped axis or row is seen."""
    places = np.arange(np.prod(quantity.row_shape, dtype=int)).reshape(quantity.row_shape)
    return 100 * trial + places


def write_rows(writer, last):
    for trial in TRIALS:
        if trial > last:
            break
        for quantity in QUANTITIES:
            if trial in quantity.trials:
                writer.write(quantity.address, trial, value(quantity, trial))
        writer.commit(trial)


def complete(path, attributes=None):
    with Writer(path, QUANTITIES, attributes or {}) as writer:
        write_rows(writer, TRIALS[-1])
    return path
