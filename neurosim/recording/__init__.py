"""Recordings: what a run leaves behind, as plain HDF5 that xarray opens with names and coordinates."""

from neurosim.recording.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from neurosim.recording.compaction import compacted
from neurosim.recording.events import Events, EventWriter, read_events
from neurosim.recording.quantity import Quantity, sampling
from neurosim.recording.recording import Recording, Series, find_recordings
from neurosim.recording.writer import Writer

__all__ = [
    "Checkpoint",
    "EventWriter",
    "Events",
    "Quantity",
    "Recording",
    "Series",
    "Writer",
    "compacted",
    "find_recordings",
    "read_checkpoint",
    "read_events",
    "sampling",
    "write_checkpoint",
]
