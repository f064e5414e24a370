"""How far the output is from the target, on the test set."""

from __future__ import annotations

import numpy as np

from neurosim.metrics.look import Look, metric


@metric()
def loss(look: Look) -> float:
    """L = ½ Σ e², mean over the test set."""
    return 0.5 * float(np.square(look.errors, dtype=np.float64).sum(axis=1).mean())


@metric()
def mse(look: Look) -> float:
    """Mean squared error over the trials of the test set and the output neurons."""
    return float(np.square(look.errors, dtype=np.float64).mean())


@metric()
def summed_squared_error(look: Look) -> float:
    """Σ e² over the output neurons, mean over the test set: 2 L; what Supp. Note 9 calls MSE.

    A mean over 784 outputs within ±0.9 could not be as large as the 8.6 and 30.2 of Supp. Note 9: it is a sum per image.
    """
    return float(np.square(look.errors, dtype=np.float64).sum(axis=1).mean())


@metric()
def nse(look: Look) -> float:
    """Normalised squared error Σ|y* − y|² / Σ|y* − mean(y*)|² on the test set."""
    targets = np.asarray(look.targets, np.float64)
    return float(np.square(look.errors, dtype=np.float64).sum() / np.square(targets - targets.mean(axis=0)).sum())


@metric()
def nse_uncentred(look: Look) -> float:
    """Normalised squared error Σ|y* − y|² / Σ|y*|² on the test set."""
    return float(np.square(look.errors, dtype=np.float64).sum() / np.square(look.targets, dtype=np.float64).sum())


@metric()
def test_error(look: Look) -> float:
    """Fraction of the test set whose largest output is not the target's largest (one output: on the wrong side of ½)."""
    if look.targets.shape[1] == 1:
        return float(((look.outputs > 0.5) != (look.targets > 0.5)).mean())
    return float((look.outputs.argmax(axis=1) != look.targets.argmax(axis=1)).mean())


@metric()
def training_error(look: Look) -> float:
    """Fraction of the first 10,000 training examples, as they are stored, that `test_error` would count.

    Undistorted, whatever distortions the task presents them with; beside `test_error` it tells overfitting. nan for a task that
    has no training set.
    """
    return test_error(look.training) if look.training is not None else float("nan")
