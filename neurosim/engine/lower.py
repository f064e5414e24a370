"""Circuit → program: only what is asked for is computed, and everything that it needs."""

from __future__ import annotations

from collections.abc import Iterable

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.circuit.signals import Signals
from neurosim.engine.program import ONE, Array, Compute, Derive, Learn, Operation, Program, Rest, Transmit
from neurosim.engine.schedule import schedule
from neurosim.engine.storage import is_compact
from neurosim.models.connectors import CONNECTORS
from neurosim.models.dropout import INPUT_MASKED, MASK, MASKED, scale_of, silenced
from neurosim.models.neurons import PERTURBED, RECEPTORS
from neurosim.models.plasticity import RULES, PlasticityChoice
from neurosim.models.weights import TRANSPOSE

_RECEPTOR_OF = {variable: receptor for receptor, variable in RECEPTORS.items()}


def lower(circuit: Circuit, wanted: Iterable[str] = (), *, learning: bool = True) -> Program:
    """The program of a validated circuit.

    Args:
        circuit: what `validate` returned.
        wanted: signals that somebody wants to look at, by address.
        learning: whether the plastic synapses change; without it only the wanted signals are computed, and nobody drops out.

    >>> from neurosim.circuit.layered import layered
    >>> circuit = layered([3, 2], feedback="none", bias=False)
    >>> [operation.label for operation in lower(circuit, ["output.rate"], learning=False).operations]
    ['output.drive', 'output.drive + input_to_output', 'output.activation', 'output.rate']
    """
    lowering = _Lowering(circuit, learning)
    for address in wanted:
        lowering.signal(*address.rsplit(".", 1))
    if learning:
        lowering.learn()
    return lowering.program()


def add(drive: float, noise: float) -> float:
    """The perturbed drive: what arrives, and the neuron's own exploration."""
    return drive + noise


def unmasked(address: str) -> str:
    """Where a signal stands before dropout."""
    return f"{address} unmasked"


class _Lowering:
    def __init__(self, circuit: Circuit, learning: bool) -> None:
        self.circuit = circuit
        self.learning = learning
        self.signals = Signals(circuit)
        self.populations = circuit.populations
        self.operations: list[Operation] = []
        self.sizes: dict[str, int] = {}
        self.streams: list[str] = []
        self.arrays: dict[str, Array] = {}

    def program(self) -> Program:
        return Program(schedule(self.operations), self.sizes, tuple(self.streams), tuple(self.arrays.values()))

    def signal(self, population: str, variable: str) -> str:
        """The address of a variable, with everything that computes it; twins that differ from nothing are the original."""
        if variable.startswith(PERTURBED) and not self.signals.explores(population, variable.removeprefix(PERTURBED)):
            return self.signal(population, variable.removeprefix(PERTURBED))
        address = f"{population}.{variable}"
        if address in self.sizes or address in self.arrays:
            return address
        own = self.populations[population]
        if self._remembered(population, variable):
            self.arrays[address] = Array(address, (own.size,))
            if self.learning:
                self._compute(population, variable, address)
            return address
        self.sizes[address] = own.size
        plain = variable.removeprefix(PERTURBED)
        if plain == "noise" or not self.signals.model(population).receptors:
            self.streams.append(self._written(population, plain, address))
        elif plain in _RECEPTOR_OF:
            self._receptor(population, variable, address)
        else:
            self._compute(population, variable, address)
        return address

    def _remembered(self, population: str, variable: str) -> bool:
        formulas = self.signals.model(population).formulas
        return variable in formulas and self.signals.formula(population, variable).remembers

    def _compute(self, population: str, variable: str, address: str) -> None:
        plain = variable.removeprefix(PERTURBED)
        prefix = PERTURBED if variable.startswith(PERTURBED) else ""
        formula = self.signals.formula(population, plain)
        out = self._written(population, plain, address)
        arguments = {
            argument: address if formula.remembers and read == variable else self._read(population, plain, prefix + read)
            for argument, read in formula.reads.items()
        }
        reads = tuple(dict.fromkeys(read for read in arguments.values() if read != address))
        written = {"updates": (out,)} if formula.remembers else {"sets": (out,)}
        self.operations.append(
            Compute(
                label=out,
                out=out,
                function=formula.function,
                arguments=arguments,
                constants=formula.constants,
                remembers=formula.remembers,
                reads=reads,
                **written,
            )
        )

    def _masked(self, population: str, variable: str) -> bool:
        """Whether a variable is multiplied by the mask of its population's dropout, which is only so where the program learns."""
        own = self.populations[population]
        masked = MASKED if self.signals.model(population).receptors else INPUT_MASKED
        return self.learning and own.dropout is not None and variable.removeprefix(PERTURBED) in masked

    def _written(self, population: str, variable: str, address: str) -> str:
        """Where a variable is written: at its address, or beside it, and what dropout leaves of it at its address."""
        if not self._masked(population, variable):
            return address
        own = self.populations[population]
        assert own.dropout is not None
        beside, mask = unmasked(address), f"{population}.{MASK}"
        if mask not in self.sizes:
            self.streams.append(mask)
        self.sizes[beside] = self.sizes[mask] = own.size
        self.operations.append(
            Compute(
                label=f"{address} × {mask}",
                out=address,
                function=silenced,
                arguments={"unmasked": beside, "mask": mask},
                constants={"scale": scale_of(own.dropout)},
                reads=(beside, mask),
                sets=(address,),
            )
        )
        return beside

    def _read(self, population: str, reader: str, variable: str) -> str:
        """What a formula reads; φ' reads φ(u) as it is: tanh' = 1 − tanh² knows no mask."""
        found = self.signal(population, variable)
        return unmasked(found) if self._masked(population, reader) and self._masked(population, variable) else found

    def _receptor(self, population: str, variable: str, address: str) -> None:
        """What a receptor sums: the bias, then each projection, by name. A twin adds the exploration of its own neurons."""
        own = self.populations[population]
        plain = variable.removeprefix(PERTURBED)
        twin = variable.startswith(PERTURBED)
        projections = self.circuit.onto(population, _RECEPTOR_OF[plain])
        if twin and plain == "drive" and own.noise is not None:
            clean = not any(self.signals.explores(p.pre, p.signal) for p in projections)
            quiet = f"{population}.quiet_drive" if not clean else self.signal(population, "drive")
            if not clean:
                self.sizes[quiet] = own.size
                self._sum(population, projections, quiet, PERTURBED)
            noise = self.signal(population, "noise")
            arguments = {"drive": quiet, "noise": noise}
            self.operations.append(
                Compute(label=address, out=address, function=add, arguments=arguments, reads=(quiet, noise), sets=(address,))
            )
            return
        self._sum(population, projections, address, PERTURBED if twin else "")

    def _sum(self, population: str, projections: list[Projection], address: str, prefix: str) -> None:
        own = self.populations[population]
        self.operations.append(Rest(label=address, out=address, sets=(address,)))
        if own.bias is not None and address.endswith("drive"):
            bias = self._array(f"{population}.bias", (own.size, 1))
            self.sizes[ONE] = 1
            self.operations.append(
                Transmit(
                    label=f"{address} + bias",
                    out=address,
                    source=ONE,
                    weights=bias,
                    increments=(address,),
                    reads=(bias,),
                )
            )
        for projection in projections:
            self._transmit(projection, address, prefix)

    def _transmit(self, projection: Projection, address: str, prefix: str) -> None:
        source = self._arriving(projection, self.signal(projection.pre, prefix + projection.signal))
        label = f"{address} + {projection.name}"
        gain = self._plain_gain(projection)
        if gain is not None:
            self.operations.append(
                Transmit(label=label, out=address, source=source, gain=gain, increments=(address,), reads=(source,))
            )
            return
        owner = self.circuit.projections[projection.derived_from] if projection.derived_from else projection
        original = self._weights(owner)
        transposed = projection.derivation is TRANSPOSE  # which is read where the original lies
        weights = original if transposed or owner is projection else self._derived(projection, original)
        self.operations.append(
            Transmit(
                label=label,
                out=address,
                source=source,
                weights=weights,
                transposed=transposed,
                diagonal=_diagonal(projection),
                increments=(address,),
                reads=tuple(dict.fromkeys((source, weights, original))),  # the original changes only after it was used
            )
        )

    def _arriving(self, projection: Projection, source: str) -> str:
        """What the postsynaptic model makes of a presynaptic signal before the weights, e.g. the loss ½ e²."""
        function = self.signals.model(projection.post).arriving
        if function is None:
            return source
        address = f"{projection.name}.arriving" + ("_perturbed" if PERTURBED in source else "")
        if address not in self.sizes:
            self.sizes[address] = self.sizes[source]
            self.operations.append(
                Compute(
                    label=address,
                    out=address,
                    function=function,
                    arguments={"signal": source},
                    reads=(source,),
                    sets=(address,),
                )
            )
        return address

    def _derived(self, projection: Projection, original: str) -> str:
        """The weights of a projection that follow from others: an array of its own, which an operation sets in each trial."""
        assert projection.derivation is not None
        known = set(self.arrays)
        address = self._weights(projection)
        if address not in known:
            self.operations.append(
                Derive(
                    label=f"{address} from {original}",
                    out=address,
                    source=original,
                    function=projection.derivation.function,
                    reads=(original,),
                    sets=(address,),
                )
            )
        return address

    def _weights(self, projection: Projection) -> str:
        post, pre = self.populations[projection.post].size, self.populations[projection.pre].size
        shape = (post,) if _diagonal(projection) else (post, pre)
        return self._array(f"{projection.name}.weights", shape, compact=is_compact(self.circuit, projection))

    def _array(self, address: str, shape: tuple[int, ...], *, compact: bool = False) -> str:
        self.arrays.setdefault(address, Array(address, shape, compact))
        return address

    def _plain_gain(self, projection: Projection) -> float | None:
        """The one number that all synapses share of a fixed projection that is one to one or starts from one neuron."""
        single = self.populations[projection.pre].size == 1 and not _sparse(projection)
        if not (single or _diagonal(projection)) or RULES[projection.plasticity.name].plastic:
            return None
        if projection.weights is None:
            return 1.0
        if projection.weights.name == "constant":
            return float(projection.weights.parameters.get("value", 1.0))
        return None

    def learn(self) -> None:
        """One operation for each plastic projection and each plastic bias; and every memory goes on, read or not."""
        for name in self.populations:
            for variable in self.signals.model(name).formulas:
                if self.signals.exists(name, variable) and self._remembered(name, variable):
                    self.signal(name, variable)
        for projection in self.circuit.projections.values():
            if RULES[projection.plasticity.name].plastic:
                masked = _sparse(projection) and not is_compact(self.circuit, projection)
                pattern = f"{projection.name}.pattern" if masked else None
                weights = self._weights(projection)
                if pattern is not None:
                    self._array(pattern, self.arrays[weights].shape)
                self._learn(weights, projection.plasticity, projection.pre, projection.post, pattern, _diagonal(projection))
        for name, population in self.populations.items():
            if population.bias is not None and RULES[population.bias.plasticity.name].plastic:
                self._learn(
                    self._array(f"{name}.bias", (population.size, 1)),
                    population.bias.plasticity,
                    None,
                    name,
                    None,
                    False,
                )

    def _learn(
        self, weights: str, choice: PlasticityChoice, pre: str | None, post: str, pattern: str | None, diagonal: bool
    ) -> None:
        rule = RULES[choice.name]
        assert rule.change is not None
        constants = rule.parameters.complete(choice.parameters)
        momentum, decay = constants.pop("momentum"), constants.pop("decay")
        before = {f"pre_{v}": self.signal(pre, v) if pre is not None else ONE for v in rule.reads("pre")}
        after = {f"post_{v}": self.signal(post, v) for v in rule.reads("post")}
        if pre is None:
            self.sizes[ONE] = 1
        velocity = None
        if momentum:
            velocity = self._array(
                weights.replace(".weights", ".velocity").replace(".bias", ".bias_velocity"), self.arrays[weights].shape
            )
        read = (*before.values(), *after.values(), *((pattern,) if pattern else ()))
        self.operations.append(
            Learn(
                label=f"learn {weights}",
                weights=weights,
                change=rule.change,
                pre=before,
                post=after,
                constants=constants,
                momentum=momentum,
                decay=decay,
                velocity=velocity,
                pattern=pattern,
                diagonal=diagonal,
                reads_weight="weight" in rule.arguments,
                reads=tuple(r for r in dict.fromkeys(read) if r != ONE),
                updates=(weights, *((velocity,) if velocity else ())),
            )
        )


def _diagonal(projection: Projection) -> bool:
    return CONNECTORS[projection.connector.name].form == "diagonal"


def _sparse(projection: Projection) -> bool:
    """Whether the connector leaves out pairs, so that the pattern must be kept beside the weights."""
    return CONNECTORS[projection.connector.name].form == "pattern"
