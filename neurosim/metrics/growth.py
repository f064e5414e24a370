"""Whether the weights of a projection grow along themselves as they learn."""

from __future__ import annotations

import numpy as np

from neurosim.metrics.look import Look, metric


@metric(of="projection")
def growth(look: Look, projection: str) -> float:
    """⟨W, Σ δ xᵀ⟩: the part of what the delta rule adds to W, at η = 1, that lies along W; tr(AᵀBE) in Supp. Fig. 11.

    Half the rate at which |W|² grows; whether the projection is plastic at the moment or not. The sum goes over the trials
    of the test set, at most 500; in a linear network whose test set is all unit vectors it is tr(AᵀBE) for W = A. nan where
    nothing teaches the postsynaptic population.
    """
    across = look.circuit.projections[projection]
    if not look.circuit.onto(across.post, "modulatory"):
        return float("nan")
    taught = np.asarray(look.probe(f"{across.post}.teaching"), np.float64)
    carried = np.asarray(look.probe(f"{across.pre}.{across.signal}"), np.float64)
    weights = np.asarray(look.arrays[f"{projection}.weights"], np.float64)
    if weights.ndim == 1:
        return float(weights @ (taught * carried).sum(axis=0))
    return float((weights * (taught.T @ carried)).sum())
