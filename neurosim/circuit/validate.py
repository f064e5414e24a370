"""Every check on a circuit, done once before anything runs; all problems are reported together, each at its address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from functools import lru_cache
from itertools import islice

import networkx as nx
import numpy as np

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.elements import Projection
from neurosim.circuit.signals import Signals
from neurosim.errors import CircuitError, InputError, Problem, nearest
from neurosim.models.chooser import Chooser
from neurosim.models.connectors import CONNECTORS
from neurosim.models.dropout import MASK, MASKED
from neurosim.models.neurons import NEURONS, RECEPTORS
from neurosim.models.plasticity import RULES, PlasticityChoice
from neurosim.models.transfer import TRANSFERS
from neurosim.models.weights import WEIGHTS, WeightsChoice
from neurosim.parameters import Choice
from neurosim.registry import Registry
from neurosim.seeding import stream

_SILENCED_ROLES = ("input", "hidden")
LARGEST_PATTERN_TRIED = 4_000_000
"""Patterns of more synapses than that, or after so many others, are not drawn just to see whether they can be."""
MOST_NAMED = 200
"""After so many wrong names no further ones are looked for: telling what was meant takes time."""
LARGEST_MATRIX = 10**12
"""The most pairs of neurons that a projection may join."""


def validate(circuit: Circuit) -> Circuit:
    """The circuit, completed by what its roles imply, if it can be simulated.

    Raises:
        CircuitError: with every problem, each at its address.

    >>> from neurosim.circuit.layered import layered
    >>> validate(layered([4, 3, 2], feedback="random").replace({"loss.size": 5}))
    Traceback (most recent call last):
    neurosim.errors.CircuitError: circuit: loss.size: the loss is a single number; expected 1, found 5
    """
    found = problems_with(circuit)
    if found:
        raise CircuitError(found, circuit.label)
    return circuit.completed()


def problems_with(circuit: Circuit, also_known: Set[str] = frozenset(), *, complete: bool = True) -> list[Problem]:
    """What is wrong with a circuit: its names and sizes; and where its names are right, its signals.

    Args:
        also_known: names of populations that exist but could not be read; nothing is said about their absence.
        complete: whether every element could be read; where not, nothing is said about signals.
    """
    named = [*islice(_names(circuit, also_known), MOST_NAMED), *_roles(circuit)]
    whole = circuit if named else circuit.completed()
    broken = {problem.address.split(".")[0] for problem in named}
    found = named + list(_sizes_of_all(whole, broken))
    found += _derivations(circuit)
    if not named and complete and also_known <= set(circuit.populations):
        signals = Signals(whole)
        for check in (_loops, _carried, _receptors_of_roles, _driven, _rules, _dropout):
            found += check(signals)
    return list(dict.fromkeys(found))


def _names(circuit: Circuit, also_known: Set[str]) -> Iterator[Problem]:
    for population in circuit.populations.values():
        yield from _choice(NEURONS, population.model, f"{population.name}.model")
        yield from _choice(TRANSFERS, population.transfer, f"{population.name}.transfer")
        if population.bias is not None:
            yield from _choice(RULES, population.bias.plasticity, f"{population.name}.bias.plasticity")
            yield from _choice(WEIGHTS, population.bias.weights, f"{population.name}.bias.weights")
        if population.name in circuit.projections:
            yield Problem(population.name, "a projection has the same name; names are addresses, and each has one writer")
    known = set(circuit.populations) | also_known
    for projection in circuit.projections.values():
        for end in ("pre", "post"):
            name = getattr(projection, end)
            if name not in known:
                listed = ", ".join(circuit.populations)
                yield Problem(f"{projection.name}.{end}", f"no population {name!r}; there are {listed}", nearest(name, known))
        yield from _choice(CONNECTORS, projection.connector, f"{projection.name}.connector")
        yield from _choice(RULES, projection.plasticity, f"{projection.name}.plasticity")
        yield from _weights_named(projection)


def _weights_named(projection: Projection) -> Iterator[Problem]:
    address = f"{projection.name}.weights"
    if projection.weights is not None:
        yield from _choice(WEIGHTS, projection.weights, address)
    elif projection.connector.name in CONNECTORS and CONNECTORS[projection.connector.name].weighted:
        yield Problem(address, f"is missing; expected initial weights: {', '.join(WEIGHTS)}")


def _choice(registry: Registry[Chooser] | Registry, choice: Choice, address: str) -> Iterable[Problem]:
    if choice.name not in registry:
        return [registry.unknown(address, choice.name)]
    return registry[choice.name].problems(choice, address)


def _roles(circuit: Circuit) -> Iterator[Problem]:
    for role in ("input", "target"):
        several = circuit.of_role(role)
        for population in several[1:]:
            yield Problem(
                f"{population.name}.role",
                f"a second population with the role {role!r} beside {several[0].name!r}; the task writes one",
            )
    if not circuit.populations:
        yield Problem("population", "there is none; a circuit needs at least an input")
    elif not circuit.of_role("input"):
        yield Problem("population", "no population has the role 'input'; the task has nowhere to present its trials")
    for population in circuit.of_role("loss"):
        if population.size != 1:
            yield Problem(f"{population.name}.size", f"the loss is a single number; expected 1, found {population.size}")
    for population in circuit.populations.values():
        if population.noise is not None and population.role in ("input", "target"):
            yield Problem(f"{population.name}.noise", "its rates are set by the task; only driven neurons can explore")
        if population.dropout is not None and population.role not in _SILENCED_ROLES:
            roles = " or ".join(repr(role) for role in _SILENCED_ROLES)
            found = f"expected the role {roles}, found {population.role!r}"
            yield Problem(f"{population.name}.dropout", f"only hidden neurons and inputs drop out: {found}")


def _sizes_of_all(circuit: Circuit, broken: Set[str]) -> Iterator[Problem]:
    left, populations = LARGEST_PATTERN_TRIED, circuit.populations
    for projection in circuit.projections.values():
        if projection.name in broken or projection.pre not in populations or projection.post not in populations:
            continue
        shape = (populations[projection.post].size, populations[projection.pre].size)
        pairs, form = shape[0] * shape[1], CONNECTORS[projection.connector.name].form
        if form != "diagonal" and pairs > LARGEST_MATRIX:
            told = f"joins {shape[1]:,} neurons to {shape[0]:,}; expected at most {LARGEST_MATRIX:,} pairs"
            yield Problem(projection.name, told)
        elif form != "pattern" or pairs <= left:
            left -= pairs if form == "pattern" else 0
            yield from _sizes(projection, shape)


def _sizes(projection: Projection, shape: tuple[int, int]) -> Iterator[Problem]:
    connector = CONNECTORS[projection.connector.name]
    try:
        rng = stream(0, "validate") if connector.form == "pattern" else _unused_stream()
        connector.join(rng, shape, **connector.parameters.complete(projection.connector.parameters))
    except InputError as error:
        yield from _placed(error, f"{projection.name}.connector")
        return
    made = (shape[0],) if connector.form == "diagonal" else shape
    yield from _drawable(projection.weights, made, f"{projection.name}.weights")


@lru_cache(maxsize=1)
def _unused_stream() -> np.random.Generator:
    """What draws no pattern takes a generator, too; making one takes longer than all the rest of its check."""
    return stream(0, "validate")


def _drawable(choice: WeightsChoice | None, shape: tuple[int, ...], address: str) -> Iterator[Problem]:
    """Weights that are written out must have the shape of what they fill; the others take any."""
    if choice is None or choice.name != "explicit":
        return
    try:
        WEIGHTS["explicit"].draw(None, shape, **choice.parameters)
    except InputError as error:
        yield from _placed(error, address)
    except ValueError:
        yield Problem(f"{address}.values", f"expected the shape {shape}, found rows of different lengths")


def _placed(error: InputError, address: str) -> Iterator[Problem]:
    for problem in error.problems:
        yield Problem(f"{address}.{problem.address}" if problem.address else address, problem.message, problem.suggestion)


def _derivations(circuit: Circuit) -> Iterator[Problem]:
    for population in circuit.populations.values():
        if population.bias is None:
            continue
        address, weights = f"{population.name}.bias.weights", population.bias.weights
        if weights.name in WEIGHTS and WEIGHTS[weights.name].derivation is not None:
            yield Problem(address, "a bias cannot be tied to a projection")
        yield from _drawable(weights, (population.size,), address)
    for projection in circuit.projections.values():
        to = projection.weights.parameters.get("to") if projection.weights is not None else None
        if projection.derivation is not None and isinstance(to, str):
            yield from _derived(circuit, projection, to)


def _derived(circuit: Circuit, projection: Projection, to: str) -> Iterator[Problem]:
    projections, populations = circuit.projections, circuit.populations
    address = f"{projection.name}.weights.to"
    if to not in projections:
        yield Problem(address, f"no projection {to!r}; there are {', '.join(projections)}", nearest(to, projections))
        return
    other = projections[to]
    if other is projection:
        yield Problem(address, "it is tied to itself; tie it to a projection with weights of its own")
    elif other.derived_from is not None:
        yield Problem(address, f"{to!r} is tied itself; tie to {other.derived_from!r} or give it weights of its own")
    forms = [CONNECTORS[p.connector.name].form for p in (projection, other) if p.connector.name in CONNECTORS]
    if "diagonal" in forms or forms[:1] == ["pattern"]:
        yield Problem(address, "tied weights join all to all, to a projection with a weight for every pair")
    if projection.plasticity.name != "fixed":
        yield Problem(
            f"{projection.name}.plasticity",
            f"its weights follow from those of {to!r}, whose own rule writes them; expected 'fixed'",
        )
    ends = (projection.pre, projection.post, other.pre, other.post)
    if all(end in populations for end in ends):
        pre, post, other_pre, other_post = (populations[end].size for end in ends)
        if (post, pre) != (other_pre, other_post):
            yield Problem(
                address,
                f"expected the shape of the transpose of {to!r}, {other_pre} × {other_post} (post × pre), found {post} × {pre}",
            )


def _loops(signals: Signals) -> Iterator[Problem]:
    for loop in signals.loops():
        path = " → ".join([*loop, loop[0]])
        yield Problem(loop[0], f"a loop without delay: each of these signals needs the next within the same trial: {path}")


def _carried(signals: Signals) -> Iterator[Problem]:
    for projection in signals.circuit.projections.values():
        if signals.exists(projection.pre, projection.signal):
            continue
        have = signals.variables(projection.pre)
        why = f"{projection.pre} has no signal {projection.signal!r}; it has {', '.join(have)}"
        if projection.signal == "deviation":
            why += " (a loss deviates only where some population explores: give one 'noise')"
        known = projection.signal in signals.model(projection.pre).formulas
        yield Problem(f"{projection.name}.signal", why, None if known else nearest(projection.signal, have))


_TEACHING_ROLES = ("error", "loss", "feedback", "target")
_FORWARD_ROLES = ("hidden", "output")


def _receptors_of_roles(signals: Signals) -> Iterator[Problem]:
    populations = signals.circuit.populations
    for projection in signals.circuit.projections.values():
        pre, post = populations[projection.pre], populations[projection.post]
        available = signals.model(post.name).receptors
        address = f"{projection.name}.receptor"
        if projection.receptor not in available:
            have = f"it has {', '.join(available)}" if available else "its rates are set by the task"
            yield Problem(address, f"{post.name} (model {post.model.name!r}) has no receptor {projection.receptor!r}; {have}")
        elif pre.role in _TEACHING_ROLES and post.role in _FORWARD_ROLES and projection.receptor != "modulatory":
            found = f"found {projection.receptor!r} of {post.name}; expected 'modulatory'"
            yield Problem(address, f"{pre.name} carries a teaching signal, {found}")


def _driven(signals: Signals) -> Iterator[Problem]:
    for population in signals.circuit.populations.values():
        if signals.model(population.name).receptors and not signals.exists(population.name, "drive"):
            yield Problem(population.name, "nothing drives it: no projection onto its receptor 'drive', and no bias")


def _rules(signals: Signals) -> Iterator[Problem]:
    for projection in signals.circuit.projections.values():
        yield from _rule(signals, projection.plasticity, f"{projection.name}.plasticity", projection.pre, projection.post)
    for population in signals.circuit.populations.values():
        if population.bias is not None:
            yield from _rule(signals, population.bias.plasticity, f"{population.name}.bias.plasticity", None, population.name)


def _rule(signals: Signals, choice: PlasticityChoice, address: str, pre: str | None, post: str) -> Iterator[Problem]:
    rule = RULES[choice.name]
    wanted = [(post, variable) for variable in rule.reads("post")]
    if pre is not None:
        wanted += [(pre, variable) for variable in rule.reads("pre")]
    for population, variable in wanted:
        if not signals.exists(population, variable):
            reason = _missing(signals, population, variable)
            yield Problem(address, f"rule {choice.name!r} reads {population}.{variable}, which does not exist: {reason}")


def _dropout(signals: Signals) -> Iterator[Problem]:
    """What is silenced is `activation` and `slope`; a neuron model must pass both on, or a silenced neuron is none."""
    for population in signals.circuit.populations.values():
        model = signals.model(population.name)
        if population.dropout is None or not model.receptors:
            continue
        why = f"model {population.model.name!r} cannot drop out: "
        address = f"{population.name}.dropout"
        have = {variable for variable in ("rate", "teaching", *MASKED) if signals.exists(population.name, variable)}
        remembered = [v for v in MASKED if v in have and signals.formula(population.name, v).remembers]
        if MASK in model.formulas:
            yield Problem(address, f"{why}it has a variable {MASK!r} of its own")
        for variable in remembered:
            yield Problem(address, f"{why}its {variable!r} is a memory, which cannot be silenced for one trial")
        for variable, source in (("rate", "activation"), ("teaching", "slope")):
            if variable in have and source not in remembered and not _follows(signals, population.name, variable, source):
                yield Problem(address, f"{why}its {variable!r} does not follow from {source!r}, which is what is silenced")


def _follows(signals: Signals, population: str, variable: str, source: str) -> bool:
    return nx.has_path(signals.graph, f"{population}.{source}", f"{population}.{variable}")


def _missing(signals: Signals, population: str, variable: str) -> str:
    if variable in ("teaching", "modulation") and not signals.exists(population, "modulation"):
        return f"nothing reaches the receptor 'modulatory' of {population}"
    if variable in ("eligibility", "noise") or variable.startswith("perturbed_"):
        return f"{population} does not explore (it has no 'noise')"
    receptor = next((name for name, read in RECEPTORS.items() if read == variable), None)
    if receptor is not None:
        return f"nothing reaches the receptor {receptor!r} of {population}"
    return f"{population} has {', '.join(signals.variables(population))}"
