"""dask.distributed: blocks are tasks for processes of this machine, or for the workers of a cluster (`--scheduler ADDRESS`).

A task writes its recordings straight into the output folder, which all workers must share, and sends back nothing but
what went wrong. It may run twice: the second time it replaces what the first left behind. So dask may give the tasks of a
worker that died to others; what neurosim itself finds wrong is no exception to dask, and is not tried again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from neurosim.errors import EnvironmentFailure, InputError, Interrupted, Problem
from neurosim.recording.lock import is_locked

try:
    from distributed import Client, Future, KilledWorker, LocalCluster, Security, as_completed, rpc
except ImportError:
    told = 'the engine dask needs dask.distributed, which is not installed; `pip install "neurosim[dask]"` installs it'
    raise EnvironmentFailure(told) from None

from neurosim.scenario.blocks import Block, blocks, paths_of, runs
from neurosim.scenario.description import Scenario
from neurosim.scenario.engines import _worker
from neurosim.scenario.engines._parcel import packed, read_extensions
from neurosim.scenario.plan import Plan
from neurosim.scenario.runner import is_complete, path_of
from neurosim.scenario.standing import forget

BLOCKS_PER_WORKER = 4
"""Enough that the workers end at about the same time, and that little is lost with one that dies."""
CONNECT_SECONDS = 10.0
LAST_WORDS_SECONDS = 10.0
TALKATIVE = ("distributed", "tornado")
SEEN_SECONDS = 30.0
"""How long a network file system may take to show a file that another machine wrote."""


def engine(scenario: Scenario, plan: Plan) -> list[Path]:
    """Run all blocks as tasks; whatever dask makes of a signal, it ends in `Interrupted`."""
    try:
        return _run(scenario, plan)
    except KeyboardInterrupt:
        raise Interrupted from None
    except Exception:
        if plan.stop():  # a cluster that is interrupted while it starts or ends fails in one of many ways
            raise Interrupted from None
        raise


def _run(scenario: Scenario, plan: Plan) -> list[Path]:
    wanted = len(runs(scenario, plan))
    extensions = read_extensions(plan.extensions)
    if not wanted:
        return []
    if not plan.resume:
        for arm, seed in runs(scenario, plan):
            forget(path_of(plan.out, arm.name, seed))
    with _client(plan, wanted) as client:
        workers = sum(client.nthreads().values())
        work = blocks(scenario, plan, size=-(-wanted // (BLOCKS_PER_WORKER * workers)) if workers else 1)
        described = scenario.model_dump_json()
        parcels = [packed(scenario, described, block, plan, extensions) for block in work]
        # pure=False: dask would take the same parcel, handed out a second time, for done
        tasks = [client.submit(_worker.task, parcel, pure=False, retries=0) for parcel in parcels]
        try:
            _wait(client, tasks, work, scenario, plan)
        finally:
            client.cancel(tasks)
            _await_the_last_words(work, plan)
    return [path for block in work for path in paths_of(block, plan)]


def _await_the_last_words(work: Sequence[Block], plan: Plan) -> None:
    """Give the workers the time to write down where their runs stand, before a cluster of our own is closed."""
    until = time.monotonic() + LAST_WORDS_SECONDS
    while time.monotonic() < until and any(is_locked(path) for block in work for path in paths_of(block, plan)):
        time.sleep(0.05)


def _wait(client: Client, tasks: Sequence[Future], work: Sequence[Block], scenario: Scenario, plan: Plan) -> None:
    """Wait for all tasks; where several go wrong, the first in order is told, which is the one that `serial` would meet."""
    waiting = {task: index for index, task in enumerate(tasks)}
    wrong: dict[int, BaseException] = {}
    for task in as_completed(tasks, loop=client.loop):
        index = waiting.pop(task)
        if index > min(wrong, default=len(tasks)):
            continue
        error = _error(task, work[index], plan)
        if error is None:
            plan.progress(len(work[index].seeds) * scenario.trials(work[index].arm))
        else:
            wrong[index] = error
            client.cancel([later for later in waiting if waiting[later] > index])
        if wrong and min(waiting.values(), default=len(tasks)) > min(wrong):
            break
    if wrong:
        raise wrong[min(wrong)]


@contextmanager
def _client(plan: Plan, wanted: int) -> Iterator[Client]:
    """A client of the scheduler of the plan, or of a cluster that lives as long as the block."""
    with _silence(), ExitStack() as opened:
        if plan.scheduler:
            _require_scheduler(plan.scheduler)
        try:
            address = plan.scheduler or opened.enter_context(_cluster(min(plan.threads, wanted)))
            client = opened.enter_context(Client(address, timeout=CONNECT_SECONDS, set_as_default=False))
        except OSError as error:
            raise EnvironmentFailure(f"dask cannot be reached at {plan.scheduler or 'this machine'}: {error}") from None
        yield client


def _require_scheduler(address: str) -> None:
    """That a scheduler answers there: a client of dask would wait for ever for an answer from anything else that listens."""
    if re.fullmatch(r"(\w+://)?[^\s/]+:\d{1,5}", address) is None:
        raise InputError([Problem("--scheduler", f"expected an address like tcp://host:8786, found {address!r}")])
    with ThreadPoolExecutor(1) as apart:  # a notebook's own thread has a loop already
        try:
            apart.submit(asyncio.run, _identity(address)).result()
        except (OSError, ValueError, TypeError) as error:
            told = str(error).partition("\n")[0] or f"nothing in {CONNECT_SECONDS:.0f} s"
            raise EnvironmentFailure(f"no dask scheduler answers at {address}: {told}") from None


async def _identity(address: str) -> None:
    async with rpc(address, connection_args=Security().get_connection_args("client")) as scheduler:
        await asyncio.wait_for(scheduler.identity(), CONNECT_SECONDS)


def _cluster(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        preload=_worker.__name__,
        memory_limit=None,  # as much as without dask: by its own reckoning it would kill workers that only look large
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


@contextmanager
def _silence() -> Iterator[None]:
    """What dask logs about workers that come and go is said by this engine, where it matters, in one line."""
    found = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.partition(".")[0] in TALKATIVE]
    levels = {logger: logger.level for logger in found if logger.level}
    for logger in levels:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


def _error(task: Future, block: Block, plan: Plan) -> BaseException | None:
    """What went wrong with a finished task, or None."""
    if task.cancelled():
        return EnvironmentFailure(f"the dask scheduler {plan.scheduler} went away; --resume goes on from what is done")
    failure = task.exception()
    if isinstance(failure, KilledWorker):
        who = f"arm {block.arm.name}, seeds {block.seeds[0]} to {block.seeds[-1]}"
        return EnvironmentFailure(f"{who}: worker after worker died over it, perhaps for want of memory")
    if isinstance(failure, ModuleNotFoundError):
        return EnvironmentFailure(f"the dask workers lack the Python module {failure.name!r}")
    return failure or task.result() or _unseen(block, plan)


def _unseen(block: Block, plan: Plan) -> EnvironmentFailure | None:
    """What to say when recordings that a worker has written are not to be seen from here."""
    until = time.monotonic() + SEEN_SECONDS
    for path in paths_of(block, plan):
        while not is_complete(path, block.fingerprint):
            if time.monotonic() > until:
                told = f"a worker has written {path.resolve()}, but it cannot be seen from here"
                return EnvironmentFailure(f"{told}; the workers and this machine must share the folder {plan.out}")
            time.sleep(0.2)
    return None
