"""How a forward projection's weights W stand to the feedback weights B that mirror it."""

from __future__ import annotations

import numpy as np

from neurosim.metrics.look import Look, metric


@metric(of="projection")
def feedback_correlation(look: Look, projection: str) -> float:
    """Pearson correlation of a forward projection's weights W with the transpose of the B that mirrors it (Supp. Fig. 7c).

    nan where nothing mirrors the projection.
    """
    pair = _mirrored(look, projection)
    return float(np.corrcoef(*pair)[0, 1]) if pair is not None else float("nan")


@metric(of="projection", units="degree")
def feedback_angle(look: Look, projection: str) -> float:
    """Angle between a forward projection's weights W and the transpose of the B that mirrors it, taken as vectors.

    nan where nothing mirrors the projection, or W is zero.
    """
    pair = _mirrored(look, projection)
    norms = float(np.linalg.norm(pair[0]) * np.linalg.norm(pair[1])) if pair is not None else 0.0
    if pair is None or norms == 0.0:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(pair[0] @ pair[1] / norms, -1.0, 1.0))))


@metric(of="projection")
def feedback_trace(look: Look, projection: str) -> float:
    """tr(BW) of a forward projection's weights W and the B that mirrors it: how far W has grown along Bᵀ (Supp. Fig. 11).

    nan where nothing mirrors the projection.
    """
    pair = _mirrored(look, projection)
    return float(pair[0] @ pair[1]) if pair is not None else float("nan")


@metric(of="projection", units="degree", per="pre")
def neuron_angles(look: Look, projection: str) -> np.ndarray:
    """Angle between each presynaptic neuron's weights forward, W[:, i], and those by which it is taught, B[i, :] (Supp. Fig. 9b).

    nan where nothing mirrors the projection, or the weights of a neuron are zero.
    """
    shape = look.arrays[f"{projection}.weights"].shape
    pair = _mirrored(look, projection)
    if pair is None or len(shape) != 2:
        return np.full(look.circuit.populations[look.circuit.projections[projection].pre].size, np.nan)
    forward, back = (weights.reshape(shape) for weights in pair)
    norms = np.linalg.norm(forward, axis=0) * np.linalg.norm(back, axis=0)
    cosines = np.divide((forward * back).sum(axis=0), norms, out=np.full(len(norms), np.nan), where=norms > 0)
    return np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))


def _mirrored(look: Look, projection: str) -> tuple[np.ndarray, np.ndarray] | None:
    """W and the transposed feedback weights that mirror it, as vectors."""
    mirror = look.circuit.mirror(projection)
    if mirror is None:
        return None
    forward = np.asarray(look.arrays[f"{projection}.weights"], np.float64)
    return forward.ravel(), np.asarray(look.arrays[f"{mirror}.weights"], np.float64).T.ravel()
