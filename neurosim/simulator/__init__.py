"""The simulator, which owns the state of a run, and what it records on the way."""

from neurosim.simulator.recorder import Recorder, record
from neurosim.simulator.simulator import BACKENDS, Simulator

__all__ = ["BACKENDS", "Recorder", "Simulator", "record"]
