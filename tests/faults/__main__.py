"""What wrong input and broken-off runs may not do, tried thousands of times: `python -m tests.faults`; `--quick`: minutes."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults import data_files, descriptions, recordings
from faults.told import Looked
from faults.worker import Died, Worker

SHOWN = 40
QUICK = 25
"""So many times fewer files."""


@dataclass(frozen=True)
class Part:
    """Files that are wrong, and what looks at each of them by its number.

    Attributes:
        title: what is tried.
        look: looks at one file; it is given a folder of its own, and the number.
        count: how many files.
        prepare: lays the folder out.
        patience: seconds that one may take, before its process is ended.
        dying: whether it is expected that a process dies: so it is where nothing guards it.
    """

    title: str
    look: Callable[[str, int], Looked]
    count: int
    prepare: Callable[[Path], None] = lambda folder: None
    patience: float = 60.0
    dying: bool = False


PARTS = {
    "descriptions": Part("malformed circuit and scenario files, validated and shown", descriptions.validated, 10_000),
    "processes": Part("the same in processes of their own", descriptions.in_a_process, 50),
    "runs": Part("malformed scenario files, run", descriptions.run, 2_000),
    "recordings": Part("damaged recordings, read, checked and drawn", recordings.looked_at, 5_000, recordings.laid_out),
    "data": Part("damaged files of data sets, loaded", data_files.loaded, 3_000),
    "unguarded": Part(
        "damaged recordings as HDF5 alone would take them", recordings.looked_at_unguarded, 5_000, recordings.laid_out, 3.0, True
    ),
}
RUNS = {"boundaries": 0.02, "broken_off": 0.025, "bits": 0.06, "long_run": 0.02}
"""What may not happen to runs, whatever ends them; and how large a part of it `--quick` tries."""
ALWAYS = tuple(name for name, part in PARTS.items() if not part.dying)


def main() -> int:
    """Try what is asked for, print the counts; 1 if anything is as it must not be."""
    asked = _arguments()
    faults: list[str] = []
    for name in asked.only or [*ALWAYS, "messages", "loaders", *RUNS]:
        found = list(SINGLE[name]() if name in SINGLE else _run(name, asked) if name in RUNS else _tried(PARTS[name], asked))
        for fault in found[:SHOWN]:
            print(f"  {fault}")
        faults += found
    print(f"\n{len(faults)} faults" if faults else "\nno faults")
    return 1 if faults else 0


def _tried(part: Part, asked: argparse.Namespace) -> Iterator[str]:
    count = asked.count or (max(part.count // QUICK, 10) if asked.quick else part.count)
    numbers, started = range(asked.first, asked.first + count), time.monotonic()
    outcomes: Counter[str] = Counter()
    faults: list[str] = []
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        part.prepare(Path(folder))
        worker = stack.enter_context(Worker(part.look, part.patience))
        for number in numbers:
            try:
                looked = worker.ask(folder, number)
            except Died as error:
                looked = Looked(f"ended by {error}", () if part.dying else (f"number {number}: ended by {error}",))
            outcomes[looked.outcome] += 1
            faults += looked.faults
    print(f"{part.title}: {count:,}, from number {asked.first}, in {time.monotonic() - started:.0f} s")
    for outcome, times in outcomes.most_common():
        print(f"  {times:6,}  {outcome}")
    print(f"  {len(faults):6,}  faults", flush=True)
    yield from faults


def _run(name: str, asked: argparse.Namespace) -> Iterator[str]:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        yield from import_module(f"faults.{name}").whole(Path(folder) / name, RUNS[name] if asked.quick else 1.0)
    print(f"  {name}: {time.monotonic() - started:.0f} s", flush=True)


def _messages() -> Iterator[str]:
    from faults.messages import GOLDEN, misses

    with tempfile.TemporaryDirectory() as folder:
        found = [told for _, told in misses(Path(folder))]
    print(
        f"messages to the letter: {len(GOLDEN)}\n  {len(GOLDEN) - len(found):6,}  as wanted\n  {len(found):6,}  faults",
        flush=True,
    )
    yield from found


def _loaders() -> Iterator[str]:
    from faults.loaders import found

    faults = [f"{name}, line {line}: {what}" for name, several in found().items() for line, what in several]
    print(f"unsafe loaders\n  {len(faults):6,}  faults", flush=True)
    yield from faults


SINGLE = {"messages": _messages, "loaders": _loaders}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} times fewer files of each kind")
    names = [*PARTS, *SINGLE, *RUNS]
    parser.add_argument("--only", action="append", choices=names, help="try this alone (may be repeated)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first file")
    parser.add_argument("--count", type=int, metavar="N", help="how many files; --first N --count 1 tries number N again")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
