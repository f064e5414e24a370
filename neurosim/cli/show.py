"""`neurosim show`: a circuit in words, as a picture, as a graph, or as the program that it becomes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Population
from neurosim.circuit.exchange import to_graphml, to_json
from neurosim.circuit.files import load_circuit
from neurosim.cli.table import table
from neurosim.cli.values import parsed
from neurosim.errors import InputError, Problem, nearest
from neurosim.recording import disk

PICTURES = (".png", ".svg", ".pdf")
GRAPHS = {".json": to_json, ".graphml": to_graphml}


def command(arguments: argparse.Namespace) -> int:
    """Describe the circuit, or write it to a file."""
    circuit = load_circuit(arguments.circuit, parsed(arguments.changes, "--set"))
    if arguments.out:
        _write(circuit, Path(arguments.out))
        if not arguments.quiet:
            print(json.dumps({"file": arguments.out}) if arguments.json else arguments.out)
    elif arguments.program:
        steps = _program(circuit)
        print(json.dumps(steps, ensure_ascii=False) if arguments.json else _listed(steps))
    elif arguments.json:
        print(json.dumps(json.loads(to_json(circuit))))
    else:
        print(_described(circuit))
    return 0


def _write(circuit: Circuit, path: Path) -> None:
    if path.suffix in GRAPHS:
        with disk.replaced(path) as made:
            made.write_text(GRAPHS[path.suffix](circuit), encoding="utf-8")
    elif path.suffix in PICTURES:
        from neurosim.figures import draw

        drawn = draw("circuit", circuit)
        with disk.replaced(path) as made:
            drawn.savefig(made, dpi=150)
    else:
        endings = (*PICTURES, *GRAPHS)
        raise InputError(
            [Problem(str(path), f"expected a name that ends in {', '.join(endings)}", nearest(path.suffix, endings))],
            "-o",
        )


def _described(given: Circuit) -> str:
    circuit = given.completed()
    silent = any(p.dropout for p in circuit.populations.values())

    def dropout(population: Population) -> list[str]:
        return [f"{population.dropout:g}" if population.dropout else "no"] if silent else []

    populations = [
        [p.name, p.role, str(p.size), p.model.name, p.transfer.name, "yes" if p.bias else "no", *dropout(p)]
        for p in circuit.populations.values()
    ]
    projections = [
        [
            p.name,
            f"{p.pre}.{p.signal}",
            f"{p.post}.{p.receptor}",
            p.connector.name,
            p.weights.name if p.weights else "1",
            p.plasticity.name,
        ]
        for p in circuit.projections.values()
    ]
    parts = [
        circuit.title or circuit.label,
        circuit.source,
        "",
        table(["population", "role", "size", "model", "transfer", "bias", *(["dropout"] if silent else [])], populations),
        "",
        table(["projection", "carries", "onto", "connector", "weights", "plasticity"], projections),
    ]
    implied = [name for name in circuit.projections if name not in given.projections]
    if implied:
        parts += ["", f"implied: {', '.join(implied)} (an error that nothing drives compares the target with the output)"]
    carried = circuit.nonlocal_projections()
    if carried:
        parts += ["", f"not local: {', '.join(carried)} (weights that are another projection's)"]
    return "\n".join(parts)


def _program(circuit: Circuit) -> dict[str, list[dict[str, str]]]:
    from neurosim.circuit.validate import validate
    from neurosim.engine.cpu import CpuExecutor
    from neurosim.engine.lower import lower
    from neurosim.engine.state import State

    whole = validate(circuit)
    program = lower(whole)
    found = {}
    for title, batch in (("online trials", 1), ("batches", 2)):
        steps = CpuExecutor(program, State(whole, seed=0), batch).described()
        found[title] = [{"kernel": kernel, "operation": label} for label, kernel in steps]
    return found


def _listed(steps: dict[str, list[dict[str, str]]]) -> str:
    parts = [f"{title}\n" + "\n".join(f"  {s['kernel']:24} {s['operation']}" for s in found) for title, found in steps.items()]
    return "\n\n".join(parts)
