"""Program → plan: what the cpu executor really does, still without an address in it.

Five things happen here, none of which changes what is computed:

- what only passes a signal on (a linear transfer function, an error that teaches one to one) costs nothing: it is an alias;
- fixed one-to-one projections onto one receptor become one operation;
- a plasticity rule that is a product of a presynaptic and a postsynaptic factor becomes an outer product;
- in online trials the update of trial t and the drive of trial t + 1 become one pass over the weights;
- weights that follow from others' are computed as late as they can be, after that pass, and only once where nobody learns those.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from neurosim.engine.expression import Source, from_expression, separate, source_of
from neurosim.engine.program import ONE, Compute, Derive, Learn, Program, Transmit

BLOCK = 4
"""How many trials share a pass over the weights from the input."""
SYNAPSES_WORTH_A_BLOCK = 1 << 16


@dataclass(frozen=True)
class Formula:
    """out = formula(…) by a compute kernel; `memory` if it updates an array that outlives the trial."""

    label: str
    out: str
    source: Source
    arguments: Mapping[str, str]
    memory: bool = False


@dataclass(frozen=True)
class Combine:
    """out (+)= Σ gain · x, one to one, or the same x for all where it is a single neuron's."""

    label: str
    out: str
    terms: tuple[tuple[str, float], ...]
    sets: bool = True


@dataclass(frozen=True)
class Gather:
    """out (+)= W x, Wᵀ x or w ⊙ x; with `learns`, after the update that the trial before left pending."""

    label: str
    out: str
    source: str
    weights: str
    transposed: bool
    diagonal: bool
    sets: bool
    learns: Outer | None = None


@dataclass(frozen=True)
class Outer:
    """W += scale Σ post preᵀ, with momentum and decay."""

    label: str
    weights: str
    pre: str
    post: str
    scale: float
    momentum: float
    shrink: float
    velocity: str | None
    blocked: bool = False

    @property
    def plain(self) -> bool:
        """Whether there is neither momentum nor decay."""
        return self.velocity is None and self.shrink == 0.0


@dataclass(frozen=True)
class Synapses:
    """W += Σ change(…), synapse by synapse, for a rule that is no product."""

    label: str
    learn: Learn
    source: Source
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class Mask:
    """W = W ⊙ pattern."""

    label: str
    weights: str
    pattern: str


Step = Formula | Combine | Gather | Outer | Synapses | Mask | Derive


@dataclass
class Plan:
    """The steps of a trial, those that begin and finish a run of trials, and where each signal really stands.

    Attributes:
        begin: before the first trial: weights that follow from others which no trial changes.
        steps: in order, for each trial or batch.
        flush: after the last trial: updates that were waiting for the next one.
        aliases: signal → the signal whose values it has.
        constants: signal → the one value that it always has.
        kept: signal → for how many trials its values are still needed, where that is more than one.
        trials: how many trials have been run by this plan in this process.
    """

    begin: list[Derive] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    flush: list[Outer] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    constants: dict[str, float] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    trials: int = field(default=0, compare=False)

    def root(self, address: str) -> str:
        """The signal whose values a signal has."""
        while address in self.aliases:
            address = self.aliases[address]
        return address


@lru_cache(maxsize=256)
def plan(program: Program, online: bool) -> Plan:
    """The plan of a program; the same object for the same program, so that many seeds of one circuit plan once.

    Args:
        program: what to compute.
        online: one trial at a time, so that updates and drives can share a pass over the weights.
    """
    made = _Planner(program).plan
    return _fused(made, program) if online else made


class _Planner:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.plan = Plan(constants={ONE: 1.0})
        self.memory = {array.address for array in program.arrays}
        self.transmits: dict[str, list[Transmit]] = {}
        self.derived: dict[str, Derive] = {}
        learned = {operation.weights for operation in program.operations if isinstance(operation, Learn)}
        for operation in program.operations:
            if isinstance(operation, Transmit):
                self.transmits.setdefault(operation.out, []).append(operation)
            elif isinstance(operation, Derive) and operation.source in learned:
                self.derived[operation.out] = operation
            elif isinstance(operation, Derive):
                self.plan.begin.append(operation)
        for operation in program.operations:
            if isinstance(operation, Compute):
                self._compute(operation)
            elif isinstance(operation, Transmit) and operation is self.transmits[operation.out][-1]:
                self._receptor(self.transmits[operation.out])
            elif isinstance(operation, Learn):
                self._learn(operation)

    def _bound(
        self, function: object, arguments: Mapping[str, str], constants: Mapping[str, float]
    ) -> tuple[Source, dict[str, str]]:
        """A formula with its constants, constant signals among them, and the signals that are left."""
        roots = {argument: self.plan.root(address) for argument, address in arguments.items()}
        known = {a: self.plan.constants[r] for a, r in roots.items() if r in self.plan.constants}
        source = source_of(function, {**constants, **known})  # type: ignore[arg-type]
        return source, {argument: roots[argument] for argument in source.arguments if argument in roots}

    def _compute(self, operation: Compute) -> None:
        source, arguments = self._bound(operation.function, operation.arguments, operation.constants)
        result = source.result
        if isinstance(result, ast.Name) and arguments.get(result.id) not in self.memory and not operation.remembers:
            self.plan.aliases[operation.out] = arguments[result.id]
        elif isinstance(result, ast.Constant) and not operation.remembers:
            self.plan.constants[operation.out] = float(result.value)  # type: ignore[arg-type]
        else:
            self.plan.steps.append(Formula(operation.label, operation.out, source, arguments, operation.remembers))

    def _receptor(self, transmits: Sequence[Transmit]) -> None:
        """All that reaches one receptor, once all of it is there."""
        out = transmits[0].out
        plain = [(self.plan.root(t.source), t.gain) for t in transmits if t.weights is None]
        weighted = [t for t in transmits if t.weights is not None]
        if not weighted and len(plain) == 1 and plain[0][0] not in self.memory:
            source, gain = plain[0]
            if source in self.plan.constants:
                self.plan.constants[out] = gain * self.plan.constants[source]
                return
            if gain == 1.0 and self.program.sizes.get(source) == self.program.sizes[out]:
                self.plan.aliases[out] = source
                return
        if plain:
            self.plan.steps.append(Combine(out, out, tuple((self._standing(s), gain) for s, gain in plain)))
        for index, t in enumerate(weighted):
            assert t.weights is not None
            source = self._standing(self.plan.root(t.source))
            sets = index == 0 and not plain
            if t.weights in self.derived:
                self.plan.steps.append(self.derived.pop(t.weights))
            self.plan.steps.append(Gather(t.label, out, source, t.weights, t.transposed, t.diagonal, sets))

    def _standing(self, source: str) -> str:
        """A source of transmission as a signal of the trial, though it may be a memory."""
        if source not in self.memory:
            return source
        copied = f"{source} now"
        self.plan.steps.append(Formula(copied, copied, source_of(_same), {"x": source}))
        return copied

    def _learn(self, operation: Learn) -> None:
        arguments = {**operation.pre, **operation.post}
        whole = source_of(operation.change, operation.constants)
        product = None if operation.reads_weight or operation.diagonal else separate(whole)
        if product is None:
            roots = {a: self.plan.root(s) for a, s in arguments.items()}
            self.plan.steps.append(Synapses(operation.label, operation, whole, roots))
            return
        pre, post = (
            self._factor(f"{operation.weights} {end}", expression, whole, arguments)
            for end, expression in (("pre", product.pre), ("post", product.post))
        )
        shrink = operation.constants["eta"] * operation.decay
        self.plan.steps.append(
            Outer(
                operation.label,
                operation.weights,
                pre,
                post,
                product.scale,
                operation.momentum,
                shrink,
                operation.velocity,
            )
        )
        if operation.pattern is not None:
            for address in (operation.weights, operation.velocity):
                if address is not None:
                    self.plan.steps.append(Mask(f"{operation.label} where there are synapses", address, operation.pattern))

    def _factor(self, name: str, expression: ast.expr, whole: Source, arguments: Mapping[str, str]) -> str:
        """The signal that holds a factor of a rule; a new one where the factor is more than a signal."""
        if isinstance(expression, ast.Name) and self.plan.root(arguments[expression.id]) not in self.memory:
            return self.plan.root(arguments[expression.id])
        source = from_expression("factor", expression, whole)
        roots = {argument: self.plan.root(arguments[argument]) for argument in source.arguments}
        self.plan.steps.append(Formula(name, name, source, roots))
        return name


def _same(x: float) -> float:
    return x + 0.0


def _fused(made: Plan, program: Program) -> Plan:
    """The plan in which an outer product waits for the next trial's first pass over its weights, wherever it can.

    Not where a pattern has to be put back after the update, nor where synapses are stored one by one.
    """
    apart = {step.weights for step in made.steps if isinstance(step, Mask)}
    apart |= {array.address for array in program.arrays if array.compact}
    outers = {step.weights: step for step in made.steps if isinstance(step, Outer) and step.weights not in apart}
    written = {getattr(step, "out", None): index for index, step in reversed(list(enumerate(made.steps)))}  # first writers
    steps: list[Step] = []
    for index, step in enumerate(made.steps):
        if (
            isinstance(step, Gather)
            and not step.transposed
            and step.weights in outers
            and _readers(made, step.weights)[0] == index
        ):
            outer = outers.pop(step.weights)
            late = written.get(outer.post, -1) > index
            learns = _block(outer, step, made, program) if late else outer
            for signal in (learns.pre, learns.post):
                if signal in written and written[signal] <= index:
                    made.kept[signal] = max(2, made.kept.get(signal, 2))
            if learns.blocked:
                made.kept[learns.post] = BLOCK
                made.kept[ahead(step.out)] = BLOCK
            made.flush.append(learns)
            step = replace(step, label=f"{learns.label}, {step.label}", learns=learns)
        steps.append(step)
    waiting = {outer.weights for outer in made.flush}
    return replace(made, steps=[step for step in steps if not (isinstance(step, Outer) and step.weights in waiting)])


def ahead(out: str) -> str:
    """The signal that holds what the weights give to the trials of a block."""
    return f"{out} ahead"


def _block(outer: Outer, gather: Gather, made: Plan, program: Program) -> Outer:
    """The outer product, in blocks of trials where the input is known ahead, nobody else reads the weights, and it pays."""
    inputs = {made.root(address) for address in program.streams}
    readers = len(_readers(made, outer.weights))
    shape = next(array.shape for array in program.arrays if array.address == outer.weights)
    pays = shape[0] * shape[1] >= SYNAPSES_WORTH_A_BLOCK
    blocked = pays and readers == 1 and outer.plain and outer.pre == gather.source and outer.pre in inputs
    return replace(outer, blocked=blocked)


def _readers(made: Plan, weights: str) -> list[int]:
    """The steps that transmit through weights, or compute others from them."""
    return [
        index
        for index, step in enumerate(made.steps)
        if (isinstance(step, Gather) and step.weights == weights) or (isinstance(step, Derive) and step.source == weights)
    ]
