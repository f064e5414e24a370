"""NIR, the Neuromorphic Intermediate Representation: the forward path, for Norse, snnTorch, Lava and neuromorphic hardware."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population
from neurosim.circuit.exchange import from_json, to_json
from neurosim.circuit.validate import validate
from neurosim.errors import DataError, InputError, Problem
from neurosim.exports._format import export_format, needed
from neurosim.exports._forward_path import ForwardPath
from neurosim.exports._weights import Weights, drawn, recorded
from neurosim.recording import Recording

Seed = Annotated[int, Field(ge=0)]


@export_format(of=("circuit", "recording"), suffixes=(".nir",))
def nir(source: Circuit | Recording, path: Path, seed: Seed | None = None) -> list[str]:
    """The forward path as NIR: Input, Affine or Linear for each projection, Output; `pip install "neurosim[nir]"`.

    Of a circuit the weights are those that a run with this seed (0 unless said otherwise) begins with; of a recording the last
    ones that it holds. NIR has no word for transfer functions, plasticity and what teaches: each node tells its neurons'
    transfer function in its metadata, the graph tells the whole circuit, and what is left out is said.
    """
    library = needed("nir", "nir")
    if isinstance(source, Circuit):
        forward = ForwardPath.of(validate(source))
        weights = drawn(forward.circuit, seed or 0)
    else:
        forward = ForwardPath.of(_circuit_of(source, seed))
        weights = recorded(source, forward.circuit, forward.addresses())
    nodes = {**_ends(library, forward), **_maps(library, forward, weights)}
    metadata = {"circuit": to_json(forward.circuit), **weights.told}
    library.write(path, library.NIRGraph(nodes=nodes, edges=forward.edges(), metadata=metadata))
    return [*weights.remarks, *forward.left_out()]


def _circuit_of(recording: Recording, seed: int | None) -> Circuit:
    if seed is not None:
        raise InputError([Problem("seed", "is for circuits; a recording has its own seed and weights")], "nir")
    if "circuit" not in recording.attributes:
        raise DataError(f"{recording.path} does not tell its circuit")
    return validate(from_json(str(recording.attributes["circuit"])))


def _ends(library: Any, forward: ForwardPath) -> dict[str, Any]:
    """The Input and Output nodes, under the names of their populations."""
    sizes = {name: np.array([population.size]) for name, population in forward.populations.items()}
    inputs = {name: library.Input(input_type={"input": sizes[name]}) for name in forward.inputs()}
    return {**inputs, **{name: library.Output(output_type={"output": sizes[name]}) for name in forward.outputs()}}


def _maps(library: Any, forward: ForwardPath, weights: Weights) -> dict[str, Any]:
    """A node for each projection, y = W x + b, under its name; and one for each sum of several, under `POPULATION.drive`.

    Bias and transfer function of a population belong to the last node before it.
    """
    nodes = {}
    for projection in forward.projections:
        last = None if forward.sums(projection.post) else forward.populations[projection.post]
        nodes[projection.name] = _affine(library, weights.matrix(projection), last, weights)
    for name, population in forward.populations.items():
        if forward.sums(name):
            sums = np.eye(population.size, dtype=weights.dtype)
            nodes[forward.gathered(name)] = _affine(library, sums, population, weights)
    return nodes


def _affine(library: Any, weight: np.ndarray, population: Population | None, weights: Weights) -> Any:
    """One node; with the bias of a population, and its transfer function, where it is the last before that."""
    if population is None:
        return library.Linear(weight=weight)
    told = {"population": population.name, "transfer": json.dumps(population.transfer.model_dump())}
    if population.bias is None:
        return library.Linear(weight=weight, metadata=told)
    return library.Affine(weight=weight, bias=weights.vector(f"{population.name}.bias"), metadata=told)
