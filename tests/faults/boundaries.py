"""Every state in which a killed writer can leave a recording: all writes replayed, one by one, and cut in their middle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import h5py
import numpy as np
import xarray

from neurosim.recording import Quantity, Recording, Writer, disk, sampling

SECTOR = 512
"""Disks write so many bytes in one piece."""


@dataclass
class Log:
    """What a writer did to a file: how it was when it took its place, and then each write, as offset and content."""

    start: bytes = b""
    writes: list[tuple[int, bytes]] = field(default_factory=list)

    def states(self) -> Iterator[tuple[int, bytearray]]:
        """How many writes are done, and what the file then holds."""
        content = bytearray(self.start)
        yield 0, content
        for number, (offset, piece) in enumerate(self.writes, start=1):
            content[offset : offset + len(piece)] = piece
            yield number, content


def quantities(rows: int) -> list[Quantity]:
    """A scalar, a vector, and a matrix whose rows are many sectors long."""
    trials = sampling(10, 10 * (rows - 1))
    return [
        Quantity("nse", trials, dtype="f8"),
        Quantity("hidden.rate", trials, (("unit", 20),)),
        Quantity("input_to_hidden.weights", trials, (("post", 20), ("pre", 100))),
    ]


def value(quantity: Quantity, trial: int) -> np.ndarray:
    """Values that tell their trial and their place."""
    places = np.arange(np.prod(quantity.row_shape, dtype=int)).reshape(quantity.row_shape)
    return np.asarray(trial + places / 10_000, f"<{quantity.dtype}")


def written(path: Path, rows: int) -> Log:
    """Write a recording, and every write with it, until just before it is finished."""
    log, original = Log(), disk.write_at

    def noted(descriptor: int, content: bytes, offset: int) -> None:
        log.writes.append((offset, bytes(content)))
        original(descriptor, content, offset)

    disk.write_at = noted
    try:
        listed = quantities(rows)
        writer = Writer(path, listed)
        log.start = path.read_bytes()
        for trial in listed[0].trials:
            for quantity in listed:
                writer.write(quantity.address, trial, value(quantity, trial))
            writer.commit(trial)
        *_, (_, last) = log.states()
        assert bytes(last) == path.read_bytes(), "something else has written into the file, too"
        writer.close()
    finally:
        disk.write_at = original
    return log


def faults(path: Path, committed: int, rows: int) -> Iterator[str]:
    """What is wrong with a file of which so many trials must be right: for h5py, for xarray, and for neurosim."""
    try:
        with h5py.File(path, "r") as file:
            if int(file["committed_trial"][()]) != committed:
                yield f"committed are {file['committed_trial'][()]}, not {committed}"
        with Recording(path) as recording:
            for quantity in quantities(rows):
                series = recording[quantity.address]
                if len(series.trials) != committed // 10 + 1 or not all(
                    np.array_equal(row, value(quantity, int(trial)))
                    for trial, row in zip(series.trials[-2:], series.values[-2:], strict=True)
                ):
                    yield f"{quantity.address} is wrong at the last of {len(series.trials)} trials"
        for engine in ("h5netcdf", "netcdf4"):
            with xarray.open_dataset(path, group="hidden/rate", engine=engine) as data:
                found = data["rate"].values[: committed // 10 + 1]
            if not np.array_equal(found[-1:], value(quantities(rows)[1], committed)[None][: len(found)]):
                yield f"{engine} finds something else"
    except Exception as error:
        yield f"{type(error).__name__}: {error}"


def replayed(folder: Path, rows: int, every: int = 1) -> tuple[int, list[str]]:
    """Every write boundary: how many states, and what was wrong."""
    log, path, wrong, count = written(folder / "run.h5", rows), folder / "state.h5", [], 0
    for number, content in log.states():
        if number % every == 0:
            count += 1
            path.write_bytes(content)
            committed = 10 * (number // 4 - 1) if number >= 4 else -1
            wrong += [f"after {number} writes: {fault}" for fault in faults(path, committed, rows)]
    return count, wrong


def torn(folder: Path, rows: int, cuts: int) -> tuple[int, list[str]]:
    """Writes that end in their middle, at the end of a sector: how many, and what was wrong."""
    log, path, wrong, random = written(folder / "torn.h5", rows), folder / "state.h5", [], Random(1)
    long = {n for n, (offset, piece) in enumerate(log.writes) if offset // SECTOR != (offset + len(piece) - 1) // SECTOR}
    chosen = sorted(random.choices(sorted(long), k=cuts))
    for number, content in log.states():
        for _ in range(chosen.count(number)):
            offset, piece = log.writes[number]
            ends = range((offset // SECTOR + 1) * SECTOR, offset + len(piece), SECTOR)
            cut = random.choice(ends) - offset
            half = bytearray(content)
            half[offset : offset + cut] = piece[:cut]
            path.write_bytes(half)
            committed = 10 * (number // 4 - 1) if number >= 4 else -1
            wrong += [f"write {number}, cut after {cut} bytes: {fault}" for fault in faults(path, committed, rows)]
    return cuts, wrong


def whole(folder: Path, scale: float = 1.0) -> list[str]:
    """All of it; with a smaller scale, so much less."""
    folder.mkdir(parents=True, exist_ok=True)
    count, wrong = replayed(folder, rows=max(4, round(520 * scale)))
    print(f"write boundaries replayed: {count} states; {len(wrong)} faults", flush=True)
    cuts, more = torn(folder, rows=max(4, round(200 * scale)), cuts=max(4, round(1000 * scale)))
    print(f"writes cut in their middle: {cuts} states; {len(more)} faults", flush=True)
    os.sync()
    for fault in [*wrong, *more][:10]:
        print(f"  {fault}")
    return [*wrong, *more]
