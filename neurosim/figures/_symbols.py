"""What the edges of a circuit diagram are called: W for forward weights, B for feedback ones."""

from __future__ import annotations

from collections.abc import Mapping

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.models.connectors import CONNECTORS

_BACK = ("error", "loss", "feedback")


def one_to_one(projection: Projection) -> bool:
    """Whether each neuron reaches just its partner."""
    return CONNECTORS[projection.connector.name].form == "diagonal"


def symbols(circuit: Circuit, columns: Mapping[str, float]) -> dict[str, str]:
    """The symbol of each projection whose weights are drawn or learned, as mathtext; the others have none.

    Forward ones are W₁, W₂ … from left to right; those that carry feedback are B, or B₁, B₂ … where there are several.
    Derived ones say of what they are the transpose Wᵀ, or the pseudoinverse W⁺.

    >>> from neurosim.circuit.layered import layered
    >>> symbols(layered([4, 3, 2], feedback="tied"), {"input": 0, "hidden": 1, "output": 2})["error_to_feedback"]
    '$B = W_2^\\\\top$ (tied)'
    """
    drawn = [p for p in circuit.projections.values() if _weighted(p)]
    ordered = sorted(drawn, key=lambda p: (columns.get(p.post, 0), columns.get(p.pre, 0)))
    back = [p for p in ordered if _feeds_back(circuit, p)]
    forward = [p for p in ordered if not _feeds_back(circuit, p)]
    bare = {p.name: f"W_{{{index + 1}}}" if index > 8 else f"W_{index + 1}" for index, p in enumerate(forward)}
    bare |= {p.name: f"B_{index + 1}" if len(back) > 1 else "B" for index, p in enumerate(back)}
    return {name: _whole(circuit.projections[name], symbol, bare) for name, symbol in bare.items()}


def _weighted(projection: Projection) -> bool:
    drawn = projection.weights is not None and projection.weights.name not in ("constant", "zeros")
    return projection.plasticity.name != "fixed" or (drawn and not one_to_one(projection))


def _feeds_back(circuit: Circuit, projection: Projection) -> bool:
    return any(circuit.populations[end].role in _BACK for end in (projection.pre, projection.post))


def _whole(projection: Projection, symbol: str, bare: Mapping[str, str]) -> str:
    derivation, source = projection.derivation, bare.get(projection.derived_from or "")
    if derivation is not None and source is not None:
        return f"${symbol} = {source}^{derivation.superscript}$ (tied)"
    fixed = projection.plasticity.name == "fixed" and symbol.startswith("W")
    return f"${symbol}$ (fixed)" if fixed else f"${symbol}$"
