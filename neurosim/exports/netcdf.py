"""netCDF-4: what xarray, Dask, Panoply and the netCDF tools open as it is."""

from __future__ import annotations

from pathlib import Path

from neurosim.exports._format import export_format, listed
from neurosim.recording import Recording, compacted


@export_format(of=("recording",), suffixes=(".nc",))
def netcdf(source: Recording, path: Path) -> list[str]:
    """The recording as netCDF-4: a compressed copy of the committed rows, in the groups of the recording.

    A dataset for each quantity: `xarray.open_dataset("run.nc", group="hidden/rate")`. It is a recording still, of the present
    version of the format, and `Recording` reads it.
    """
    empty = compacted(source, path)
    return [f"left out, no row is committed: {listed(empty)}"] if empty else []
