"""What happens in the worker processes of dask."""

from __future__ import annotations

import signal

from distributed import Worker, get_worker

from neurosim.errors import NeurosimError
from neurosim.scenario.engines._parcel import Parcel, run_parcel


def dask_setup(worker: Worker) -> None:
    """Leave Ctrl-C, which a terminal sends to all its processes, to the one that hands out the work; dask calls this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def task(parcel: Parcel) -> NeurosimError | None:
    """Run a parcel; once nobody waits for it any more, write down where it stands and stop."""
    worker = get_worker()
    state = worker.state.tasks[worker.get_current_task()]
    try:
        return run_parcel(parcel, lambda: state.state != "executing")
    except KeyboardInterrupt:
        return None  # its recording says "interrupted"; passed on, it would end the worker
