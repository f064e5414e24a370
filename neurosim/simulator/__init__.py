"""The simulator, which owns the state of a run, ensembles of them, and what is recorded on the way."""

from neurosim.simulator.ensemble import Ensemble
from neurosim.simulator.recorder import Recorder, record
from neurosim.simulator.simulator import BACKENDS, Simulator

__all__ = ["BACKENDS", "Ensemble", "Recorder", "Simulator", "record"]
