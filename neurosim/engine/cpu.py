"""The cpu executor: a plan as a table of kernel addresses and operands, run by the machine."""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from neurosim.engine.compile import Loop, begin_of, called, make_ready
from neurosim.engine.generated import combine_kernel, compute_kernel, synapse_kernel
from neurosim.engine.handed import Stream, Table, Words
from neurosim.engine.in_lanes import in_vectors
from neurosim.engine.in_place import Given, readers, scanned
from neurosim.engine.kernel_texts import Kernel, kernel, machine_broken, machine_load, machine_run
from neurosim.engine.kernels import NO_ROOM
from neurosim.engine.machine import RAISED
from neurosim.engine.on_stack import Array
from neurosim.engine.plan import BLOCK, Combine, Formula, Gather, Mask, Outer, Plan, Step, Synapses, ahead, plan
from neurosim.engine.program import Derive, Program
from neurosim.engine.specialise import Runtime, specialised
from neurosim.engine.state import State
from neurosim.engine.storage import Compact, aligned, padded, panels_of
from neurosim.errors import InputError, Problem, RunError
from neurosim.models.weights import cutoff, moore_penrose

CHUNK_BYTES, LOOK_BYTES = 1 << 21, 1 << 18
"""The memory for signals that come or go trial by trial; less for an executor that only looks, of which a run has several."""
LONGEST_CHUNK = 16384
SYNAPSES_WORTH_A_TEAM = {"online": 400_000, "batches": 100_000}
"""From how many synapses on threads share a trial. Online they meet after every operation, which costs about a microsecond, and
share only weights in several panels."""
TRIALS_WORTH_A_KERNEL = 30_000_000
"""After so many trials of few neurons, compiling the program as one kernel costs less than going on without."""
NARROW = 64
"""Up to so many postsynaptic neurons, their sums are kept in registers."""


class CpuExecutor:
    """Executes a program with compiled kernels on the arrays of a state.

    Args:
        program: what to execute.
        state: whose arrays are read and, by learning, written, in place.
        batch: trials that are computed together, at the same weights, and whose changes are summed; 1 is online.
        wanted: signals whose values are kept, trial by trial.
        threads: how many threads share the work; the bits do not depend on it.
    """

    def __init__(self, program: Program, state: State, batch: int = 1, wanted: Sequence[str] = (), threads: int = 1) -> None:
        self._program, self._state, self._batch, self._wanted = program, state, batch, tuple(wanted)
        self.plan: Plan = plan(program, batch == 1)
        self._memory = {array.address for array in program.arrays}
        self._in_place = scanned(program, self.plan, state, NARROW, batch) - {self.plan.root(address) for address in wanted}
        self._blocked = any(isinstance(step, Outer) and step.blocked for step in self.plan.flush)
        self._flow = {self.plan.root(address) for address in (*program.streams, *wanted)} - self._memory - self._in_place
        self._steps = self._chunk_steps()
        self._held: Mapping[str, np.ndarray] | None = None  # streams of which all trials are where kernels read them
        self._given: list[Stream] = []
        self._steps_held = 0  # how many steps of the slots were written by the last run
        self._slots: dict[str, np.ndarray] = {}
        self._slot_places: dict[str, tuple[int, int, int]] = {}
        self._places, self._steps_placed = np.empty((0, 2), np.int64), 0
        self._first_rows = self._served(self.plan.begin)
        self._rows = self._served(self.plan.steps)
        flushed = self._served(self.plan.flush)
        machine = [machine_run(), machine_load(state.dtype.name), machine_broken(state.dtype.name)]
        make_ready([*(kernel.module for kernel, _ in (*self._first_rows, *self._rows, *flushed)), *machine])
        self._machine, self._copy, self._search = map(called, machine)
        self._run: Loop = self._machine
        self._first, self._table, self._flush = Table(self._first_rows), Table(self._rows), Table(flushed)
        self._readers = [*readers(self._table.cells, self._rows), *readers(self._flush.cells, flushed)]
        self._entering = [address for address in program.streams if self.plan.root(address) == address]
        worth = SYNAPSES_WORTH_A_TEAM["online" if batch == 1 else "batches"]
        self._parts = max(1, threads) if self._shared_synapses() >= worth else 1
        self._team: ThreadPoolExecutor | None = None  # its threads sleep between runs, and end with this executor
        self._context, self._barrier, self._found = Words(5), Words(2), Words(1)
        self._few = all(size <= NARROW for size in program.sizes.values())
        self._special = False

    def specialise(self) -> None:
        """Compile the whole program as one kernel, as a long run of few neurons does by itself: the same bits, sooner.

        It takes some seconds, once per circuit and machine; afterwards it is in the cache. Nothing happens where trials are
        computed in batches or shared by threads.
        """
        if self._batch > 1 or self._parts > 1 or self._special:
            return
        self._special = True
        self._run = specialised(self._rows, self._state.dtype.name, self._movable())

    def _movable(self) -> dict[int, Array]:
        """The arrays that a kernel of its own may keep on the stack: all but what comes or goes trial by trial."""
        slots = {a: slot for a, slot in self._slots.items() if a not in self._flow and a not in self.plan.constants}
        found = {begin_of(slot): Array(slot[0].nbytes, len(slot)) for slot in slots.values()}
        memories = [self._state.storage(address).memory for address in self._memory]
        return found | {begin_of(memory): Array(memory.nbytes) for memory in memories}

    def _count(self, trials: int) -> None:
        """Long runs of few neurons are worth a kernel of their own; all runs of one plan count together."""
        self.plan.trials += trials
        if self._few and not self._special and self.plan.trials >= TRIALS_WORTH_A_KERNEL:
            with contextlib.suppress(InputError, OSError):
                self.specialise()

    def described(self) -> list[tuple[str, str]]:
        """Each step of a trial, after those that only begin a run of trials, and the kernel that serves it."""
        steps, rows = [*self.plan.begin, *self.plan.steps], [*self._first_rows, *self._rows]
        return [(step.label, kernel.name) for step, (kernel, _) in zip(steps, rows, strict=True)]

    def run(self, streams: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Execute one trial for each row of the streams; returns the wanted signals, one row per trial.

        A mapping that cannot be written into holds what it held when it is given again, and is not read again.
        """
        trials = len(next(iter(streams.values())))
        self._count(trials)
        if self._first_rows:
            self._context.cells[:] = 0, 1, 0, 1, 0
            self._machine(*self._first.place, self._context.place, self._barrier.place, 0, 1)
            _require_no_exception([self._context])
        kept: dict[str, list[np.ndarray]] = {address: [] for address in self._wanted}
        if streams is not self._held:
            self._held = None
            self._given = [self._stream(address, streams[address]) for address in self._entering]
        first = self._steps_held = 0
        while first < trials:
            whole = min(self._steps, (trials - first) // self._batch)
            steps, rows = (whole, self._batch) if whole else (1, trials - first)
            if self._held is None:
                for stream in self._given:
                    self._load(stream, first, steps, rows)
            self._go(steps, rows)
            self._steps_held = max(self._steps_held, steps)
            for address, values in kept.items():
                values.append(self._read(address, steps, rows))
            first += steps * rows
        if steps * rows == trials and isinstance(streams, MappingProxyType):
            self._held = streams
        else:
            self._given.clear()
        return {address: np.concatenate(values) if len(values) > 1 else values[0] for address, values in kept.items()}

    def not_finite(self) -> str | None:
        """The first signal of the last trials that holds something that is not a number, or None."""
        used = self._used()
        self._search(begin_of(used), len(used), self._found.place)
        row = int(self._found.cells[0])
        return None if row < 0 else list(self._slots)[row]

    def _used(self) -> np.ndarray:
        """Where each slot begins, and how many of its numbers the last run wrote; kept, as run after run is as long."""
        if len(self._places) != len(self._slots) or self._steps_placed != self._steps_held:
            used = [(begin_of(slot), min(len(slot), self._steps_held) * slot[0].size) for slot in self._slots.values()]
            self._places, self._steps_placed = np.array(used, np.int64).reshape(-1, 2), self._steps_held
        return self._places

    def _stream(self, address: str, values: np.ndarray) -> Stream:
        """The trials of a stream as kernels read them: where those take blocks of trials in place, the last block is whole."""
        rows = np.ascontiguousarray(values, self._state.dtype)
        if address in self._in_place and self._blocked and len(rows) % BLOCK:
            rows = np.concatenate([rows, np.zeros((-len(rows) % BLOCK, rows.shape[1]), rows.dtype)])
        return Stream(address, rows)

    def _load(self, stream: Stream, first: int, steps: int, rows: int) -> None:
        """Bring the trials of a stream to where kernels read them, or tell kernels where they are."""
        place = stream.place + first * stream.row_bytes
        if stream.address in self._in_place:
            for table, row, cell, address in self._readers:
                if address == stream.address:
                    table[row, cell] = place
        else:
            self._copy(*self._slot_place(stream.address), place, steps, rows, stream.size)

    def _slot_place(self, address: str) -> tuple[int, int, int]:
        """Where a slot begins, and its bytes from step to step and from trial to trial."""
        if address not in self._slot_places:
            slot = self._slot(address)
            self._slot_places[address] = (begin_of(slot), slot.strides[0], slot.strides[1])
        return self._slot_places[address]

    def _read(self, address: str, steps: int, rows: int) -> np.ndarray:
        root, size = self.plan.root(address), self._size(address)
        if root in self._memory:
            return np.broadcast_to(self._state[root], (steps * rows, size)).copy()
        return self._slot(root)[:steps, :rows, :size].copy().reshape(steps * rows, size)

    def _go(self, steps: int, rows: int) -> None:
        if self._parts == 1:
            return self._alone(steps, rows)
        if self._team is None:
            self._team = ThreadPoolExecutor(self._parts - 1)
        contexts, barrier = [Words(5) for _ in range(self._parts)], Words(2)
        others = [self._team.submit(self._part, contexts[i], barrier, i, steps, rows) for i in range(1, self._parts)]
        self._part(contexts[0], barrier, 0, steps, rows)
        for other in others:
            other.result()
        _require_no_exception(contexts)

    def _alone(self, steps: int, rows: int) -> None:
        self._part(self._context, self._barrier, 0, steps, rows)
        _require_no_exception([self._context])

    def _part(self, context: Words, barrier: Words, index: int, steps: int, rows: int) -> None:
        """What one thread does."""
        context.cells[:] = 0, rows, index, self._parts, 0
        self._run(*self._table.place, context.place, barrier.place, 0, steps)
        if self._flush.cells.size:
            self._machine(*self._flush.place, context.place, barrier.place, steps - 1, steps)

    def _size(self, address: str) -> int:
        if address in self._program.sizes:
            return self._program.sizes[address]
        return self._derived_size(address)

    def _derived_size(self, address: str) -> int:
        """The size of a signal that the plan added: a factor of a rule, or a copy of a memory."""
        if address in self._memory:
            return self._state.shape(address)[0]
        for step in self.plan.steps:
            if isinstance(step, Formula) and step.out == address:
                return self._size(next(iter(step.arguments.values())))
            if isinstance(step, Gather) and ahead(step.out) == address:
                return self._size(step.out)
        raise KeyError(address)

    def _shared_synapses(self) -> int:
        """How many synapses threads can share among them."""
        shapes = [self._state.shape(step.weights) for step in self.plan.steps if isinstance(step, Gather)]
        return sum(math.prod(shape) for shape in shapes if self._batch > 1 or panels_of(shape[0])[0] > 1)

    def _chunk_steps(self) -> int:
        per_step = sum(padded(self._size(a), self._state.dtype) for a in self._flow if a not in self.plan.constants)
        bytes_per_step = max(1, per_step * self._batch * self._state.dtype.itemsize)
        steps = int(np.clip((LOOK_BYTES if self._wanted else CHUNK_BYTES) // bytes_per_step, BLOCK, LONGEST_CHUNK))
        return steps // BLOCK * BLOCK

    def _slot(self, address: str) -> np.ndarray:
        """The memory of a signal: [steps that are kept, trials of a batch, neurons], rows padded with zeros."""
        if address not in self._slots:
            depth = self._steps if address in self._flow else self.plan.kept.get(address, 1)
            shape = (depth, self._batch, padded(self._size(address), self._state.dtype))
            self._slots[address] = aligned(shape, self._state.dtype)
            if address in self.plan.constants:
                self._slots[address][..., : self._size(address)] = self.plan.constants[address]
        return self._slots[address]

    def _operand(self, address: str) -> list[int]:
        if address in self._in_place:
            return [Given(address), self._size(address) * self._batch * self._state.dtype.itemsize, -1]
        slot = self._slot(address)
        if len(slot) == 1 or address in self.plan.constants:
            return [Runtime(slot.ctypes.data), 0, 0]
        return [Runtime(slot.ctypes.data), slot.strides[0], -1 if address in self._flow else len(slot) - 1]

    def _with_row(self, address: str) -> list[int]:
        """An operand and its bytes per trial of a batch; a memory is the same for all of them."""
        if address in self._memory:
            return [self._start(address), 0, 0, 0]
        return [*self._operand(address), self._slot(address).strides[1]]

    def _served(self, steps: Sequence[Step]) -> list[tuple[Kernel, list[int]]]:
        return [_ROWS[type(step)](self, step) for step in steps]

    def _kernel(self, name: str) -> Kernel:
        return kernel(name, self._state.dtype.name)

    def _start(self, address: str | None) -> int:
        """Where an array begins in memory; 0 where there is none."""
        return Runtime(self._state.storage(address).memory.ctypes.data) if address else 0

    def _matrix(self, address: str) -> list[int]:
        """Where weights begin, the bytes of a row of a panel, the rows of a panel, and the postsynaptic neurons."""
        storage = self._state.storage(address)
        post, pre = storage.shape if len(storage.shape) == 2 else (storage.shape[0], 1)
        rows = storage.memory.shape[1] if isinstance(storage, Compact) else pre
        return [self._start(address), storage.memory.shape[-1] * self._state.dtype.itemsize, rows, post]

    def _index(self, address: str) -> list[int]:
        """Where the index of weights begins that are stored one by one, and how many are presynaptic; nothing for others."""
        storage = self._state.storage(address)
        return [Runtime(storage.index.ctypes.data), storage.shape[1]] if isinstance(storage, Compact) else []

    def _formula(self, step: Formula) -> tuple[Kernel, list[int]]:
        cells = [self._size(step.out), *self._with_row(step.out)]
        for argument in step.source.arguments:
            cells += self._with_row(step.arguments[argument])
        dtype = self._state.dtype.name
        fits = self._size(step.out) <= NARROW or in_vectors(step.source, dtype) is not None
        return compute_kernel(step.source, dtype, lanes=fits and not step.memory), cells

    def _combine(self, step: Combine) -> tuple[Kernel, list[int]]:
        cells = [self._size(step.out), *self._with_row(step.out)]
        for source, gain in step.terms:
            cells += [*self._with_row(source), _bits(gain)]
        same = tuple(self._size(source) < self._size(step.out) for source, _ in step.terms)
        narrow = self._size(step.out) <= NARROW
        return combine_kernel(same, step.sets, self._state.dtype.name, narrow=narrow), cells

    def _gather(self, step: Gather) -> tuple[Kernel, list[int]]:
        start, line, pre, post = self._matrix(step.weights)
        ends = [*self._operand(step.out), *self._operand(step.source)]
        if step.diagonal:
            return (self._kernel("diagonal"), [start, self._slot(step.out).strides[1], 0, post, int(step.sets), *ends])
        if step.transposed:
            pre, post = post, pre
        cells = [start, line, pre, post, int(step.sets), *ends, *self._index(step.weights)]
        if self._index(step.weights):
            if self._batch == 1:
                return (self._kernel("gather_compact"), cells)
            return (self._kernel("multiply_compact"), [*cells, self._length(step.out), self._length(step.source)])
        if self._batch > 1:
            cells += [self._length(step.out), self._length(step.source)]
            name = "multiply_transposed" if step.transposed else "multiply"
            return replace(self._kernel("multiply"), name=name), [*cells, int(step.transposed)]
        narrow = "_narrow" if post <= NARROW else ""
        if step.learns is None:
            return (self._kernel(("gather_transposed" if step.transposed else "gather") + narrow), cells)
        cells += [*self._learning(step.learns), *self._operand(step.learns.pre)]
        if step.learns.blocked:
            return (self._kernel("learn_gather_blocked"), [*cells, *self._operand(ahead(step.out))])
        return (self._kernel(f"learn_gather{narrow}" if step.learns.plain else "learn_gather_momentum"), cells)

    def _length(self, address: str) -> int:
        """The numbers in a row of a signal."""
        return self._size(address) if address in self._in_place else self._slot(address).shape[2]

    def _learning(self, step: Outer) -> list[int]:
        return [
            *self._operand(step.post),
            _bits(step.scale),
            self._start(step.velocity),
            _bits(step.momentum),
            _bits(step.shrink),
        ]

    def _outer(self, step: Outer) -> tuple[Kernel, list[int]]:
        cells = [*self._matrix(step.weights), 0, 0, 0, 0, *self._operand(step.pre), *self._learning(step)]
        index = self._index(step.weights)
        if index:
            cells += [*index, self._length(step.pre), self._length(step.post)]
            return (self._kernel("learn_batch_compact" if self._batch > 1 else "learn_compact"), cells)
        if self._batch > 1:
            cells += [self._length(step.pre), self._length(step.post)]
            return (self._kernel("learn_batch"), cells)
        narrow = "_narrow" if cells[3] <= NARROW else ""
        kind = "learn_block" if step.blocked else f"learn_outer{narrow}" if step.plain else "learn_outer_momentum"
        return (self._kernel(kind), cells)

    def _synapse(self, step: Synapses) -> tuple[Kernel, list[int]]:
        learn = step.learn
        shrink = learn.constants["eta"] * learn.decay
        cells = [*self._matrix(learn.weights), self._start(learn.velocity), _bits(learn.momentum), _bits(shrink)]
        index = self._index(learn.weights)
        cells += [self._start(learn.pattern), index[0] if index else 0]
        for argument in step.source.arguments:
            if argument != "weight":
                cells += self._with_row(step.arguments[argument])
        made = synapse_kernel(step.source, self._state.dtype.name, diagonal=learn.diagonal, compact=bool(index))
        return made, cells

    def _derive(self, step: Derive) -> tuple[Kernel, list[int]]:
        if step.function not in _DERIVED:
            told = f"the cpu backend has no kernel for weights that are {step.function.__name__}; the reference has"
            raise InputError([Problem(step.out, told)])
        share = cutoff(self._state.shape(step.source), self._state.dtype)
        cells = [*self._matrix(step.source), *self._matrix(step.out)[:2], _bits(share)]
        return (self._kernel(_DERIVED[step.function]), cells)

    def _mask(self, step: Mask) -> tuple[Kernel, list[int]]:
        return (self._kernel("mask"), [*self._matrix(step.weights), self._start(step.pattern)])


def _require_no_exception(contexts: Sequence[Words]) -> None:
    """Raise RunError, or MemoryError, if a kernel left word of one in a part's context; every part has ended by then."""
    if any(context.cells[RAISED] == NO_ROOM for context in contexts):
        raise MemoryError("there is no room for a batch of so many trials")
    if any(context.cells[RAISED] for context in contexts):
        raise RunError("a formula or a kernel stopped with an exception; what, machine code does not tell")


def _bits(value: float) -> Runtime:
    return Runtime(struct.unpack("<q", struct.pack("<d", value))[0])


_ROWS: dict[type[Step], Callable[..., tuple[Kernel, list[int]]]] = {
    Formula: CpuExecutor._formula,
    Combine: CpuExecutor._combine,
    Gather: CpuExecutor._gather,
    Outer: CpuExecutor._outer,
    Synapses: CpuExecutor._synapse,
    Mask: CpuExecutor._mask,
    Derive: CpuExecutor._derive,
}
_DERIVED: dict[Callable[[np.ndarray], np.ndarray], str] = {moore_penrose: "pseudoinverse"}
"""The kernels of weights that follow from others."""
