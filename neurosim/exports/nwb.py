"""NWB: Neurodata Without Borders, for the tools and archives of experimental neuroscience."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import DataError
from neurosim.exports._format import export_format, listed, needed
from neurosim.recording import Recording

TIME = "Times are numbers of trials: a sample at t was taken after t trials had been learned. No duration is meant by them."


@export_format(of=("recording",), suffixes=(".nwb",))
def nwb(source: Recording, path: Path) -> list[str]:
    """The recording as NWB: every quantity a TimeSeries, its trials as timestamps; `pip install "neurosim[nwb]"`.

    NWB says of all timestamps that they are seconds; here each is the number of trials learned until then.
    The session "starts" when the recording was last written, because it does not tell when the run began.
    """
    pynwb = needed("pynwb", "nwb")
    kept = [address for address in source if source.rows(address)]
    if not kept:
        raise DataError(f"{source.path}: no row is committed yet, so there is nothing to export")
    file = pynwb.NWBFile(**_session(source))
    for address in kept:
        file.add_acquisition(pynwb.TimeSeries(**_series(source, address)))
    with pynwb.NWBHDF5IO(path, "w") as stream:
        stream.write(file)
    empty = [address for address in source if address not in kept]
    return [f"left out, no row is committed: {listed(empty)}"] if empty else []


def _session(recording: Recording) -> dict[str, Any]:
    """What NWB wants to know of a session, as far as a recording tells it."""
    told = recording.attributes
    attributes = json.dumps(told, ensure_ascii=False, sort_keys=True)
    place = ", ".join(f"{key} {told[key]}" for key in ("scenario", "circuit_name", "arm", "seed") if told.get(key, "") != "")
    written = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
    return {
        "session_description": f"A run of neurosim{f' ({place})' if place else ''}. {TIME}",
        "identifier": blake2b(f"{attributes} {recording.committed_trial}".encode(), digest_size=16).hexdigest(),
        "session_start_time": written,
        "experiment_description": str(told.get("scenario_title", "")) or None,
        "was_generated_by": [["neurosim", str(told.get("neurosim_version", version("neurosim")))]],
        "notes": attributes,
    }


def _series(recording: Recording, address: str) -> dict[str, Any]:
    """One quantity, its rows read piece by piece while they are written."""
    from hdmf.backends.hdf5 import H5DataIO

    from neurosim.exports._nwb_rows import Rows

    quantity = recording.quantity(address)
    return {
        "name": address,
        "data": H5DataIO(Rows(recording, address), compression="gzip", shuffle=True, fletcher32=True),
        "unit": quantity.units,
        "timestamps": recording.trials(address).astype(np.float64),
        "description": quantity.long_name,
        "comments": f"Axes: {', '.join(recording.dims(address))}. {TIME}",
    }
