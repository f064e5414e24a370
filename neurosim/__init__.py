"""neurosim: a simulator of biologically structured neuron populations, where the learning algorithm is the wiring.

The public names, by what they are for:

    circuits      Circuit, layered, load_circuit, validate
    running       Simulator, record, tasks
    recordings    Recording, find_recordings, EventWriter, read_events
    looking       draw
    elsewhere     export
    scenarios     load_scenario, run_scenario
    weights       zeros, constant, uniform, normal, fan_in, explicit, tied, pseudoinverse
    rules         fixed, delta, node_perturbation, hebbian
    extending     transfer, plasticity, weights, connector, neuron_model, metric, claim, export_format (decorators)
    errors        NeurosimError, InputError, CircuitError, ScenarioError, DataError, RunError, EnvironmentFailure

Each is imported when it is first asked for, so that `import neurosim` and `neurosim --help` cost nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Circuit": "circuit.circuit", "layered": "circuit.layered", "load_circuit": "circuit.files", "validate": "circuit.validate",
    "Simulator": "simulator", "Ensemble": "simulator", "record": "simulator", "Recorder": "simulator",
    "Recording": "recording", "EventWriter": "recording", "read_events": "recording", "find_recordings": "recording",
    "draw": "figures",
    "load_scenario": "scenario.files", "run_scenario": "scenario.engines", "Plan": "scenario.runner",
    **dict.fromkeys(
        ("zeros", "constant", "uniform", "normal", "fan_in", "explicit", "tied", "pseudoinverse", "weights"), "models.weights"
    ),
    **dict.fromkeys(("fixed", "delta", "node_perturbation", "hebbian", "plasticity"), "models.plasticity"),
    "transfer": "models.transfer", "connector": "models.connectors", "neuron_model": "models.neurons",
    "metric": "metrics", "claim": "scenario.claims", "export": "exports", "export_format": "exports",
    **dict.fromkeys(
        ("NeurosimError", "InputError", "CircuitError", "ScenarioError", "DataError", "RunError", "EnvironmentFailure"), "errors"
    ),
}  # fmt: skip
_ROOMS = ("tasks", "figures", "metrics")

__all__ = [*_HOME, *_ROOMS, "__version__"]

if TYPE_CHECKING:
    from neurosim import figures as figures
    from neurosim import metrics as metrics
    from neurosim import tasks as tasks
    from neurosim.circuit.circuit import Circuit as Circuit
    from neurosim.circuit.files import load_circuit as load_circuit
    from neurosim.circuit.layered import layered as layered
    from neurosim.circuit.validate import validate as validate
    from neurosim.errors import CircuitError as CircuitError
    from neurosim.errors import DataError as DataError
    from neurosim.errors import EnvironmentFailure as EnvironmentFailure
    from neurosim.errors import InputError as InputError
    from neurosim.errors import NeurosimError as NeurosimError
    from neurosim.errors import RunError as RunError
    from neurosim.errors import ScenarioError as ScenarioError
    from neurosim.exports import export as export
    from neurosim.exports import export_format as export_format
    from neurosim.figures import draw as draw
    from neurosim.metrics import metric as metric
    from neurosim.models.connectors import connector as connector
    from neurosim.models.neurons import neuron_model as neuron_model
    from neurosim.models.plasticity import delta as delta
    from neurosim.models.plasticity import fixed as fixed
    from neurosim.models.plasticity import hebbian as hebbian
    from neurosim.models.plasticity import node_perturbation as node_perturbation
    from neurosim.models.plasticity import plasticity as plasticity
    from neurosim.models.transfer import transfer as transfer
    from neurosim.models.weights import constant as constant
    from neurosim.models.weights import explicit as explicit
    from neurosim.models.weights import fan_in as fan_in
    from neurosim.models.weights import normal as normal
    from neurosim.models.weights import pseudoinverse as pseudoinverse
    from neurosim.models.weights import tied as tied
    from neurosim.models.weights import uniform as uniform
    from neurosim.models.weights import weights as weights
    from neurosim.models.weights import zeros as zeros
    from neurosim.recording import EventWriter as EventWriter
    from neurosim.recording import Recording as Recording
    from neurosim.recording import find_recordings as find_recordings
    from neurosim.recording import read_events as read_events
    from neurosim.scenario.claims import claim as claim
    from neurosim.scenario.engines import run_scenario as run_scenario
    from neurosim.scenario.files import load_scenario as load_scenario
    from neurosim.scenario.plan import Plan as Plan
    from neurosim.simulator import Ensemble as Ensemble
    from neurosim.simulator import Recorder as Recorder
    from neurosim.simulator import Simulator as Simulator
    from neurosim.simulator import record as record


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"neurosim.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'neurosim' has no attribute {name!r}")
    found = getattr(import_module(f"neurosim.{_HOME[name]}"), name)
    if name in ("Circuit", "layered", "load_circuit"):
        _let_notebooks_draw_circuits()
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


def _let_notebooks_draw_circuits() -> None:
    """Give `Circuit` its notebook view from up here: a circuit does not know the figures that draw it."""
    from neurosim.circuit.circuit import Circuit

    def view(circuit: Circuit) -> str:
        from neurosim.figures.circuit import svg

        return svg(circuit)

    Circuit._repr_svg_ = view  # type: ignore[attr-defined]
