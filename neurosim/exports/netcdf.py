"""netCDF-4: what xarray, Dask, Panoply and the netCDF tools open as it is."""

from __future__ import annotations

from pathlib import Path

from neurosim.exports._format import export_format, listed
from neurosim.recording import Recording, compacted


@export_format(of=("recording",), suffixes=(".nc", ".h5"))
def netcdf(source: Recording, path: Path, numbers: bool = False) -> list[str]:
    """The recording as netCDF-4: a compressed copy of the committed rows, in the groups of the recording.

    A dataset for each quantity: `xarray.open_dataset("run.nc", group="hidden/rate")`. It is a recording still, of the present
    version of the format, and `Recording` reads it. With `numbers` only what is one number a trial is copied: a small file,
    by which claims can still be judged.
    """
    chosen = [address for address in source if not (numbers and source.quantity(address).dims)]
    left = compacted(source, path, chosen)
    remarks = [f"left out, no row is committed: {listed(left)}"] if left else []
    larger = [address for address in source if address not in chosen]
    return [*remarks, f"left out, more than a number a trial: {listed(larger)}"] if larger else remarks
