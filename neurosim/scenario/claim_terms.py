"""What can be told of a claim before its scenario runs: it looks where nothing is recorded, or at something of another size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, get_args

from neurosim.circuit.circuit import Circuit
from neurosim.errors import InputError, Problem
from neurosim.metrics.look import resolve
from neurosim.models.connectors import CONNECTORS
from neurosim.scenario.claims import CLAIMS
from neurosim.scenario.claims.values import MOMENT
from neurosim.scenario.description import Arm, ClaimChoice, Scenario

LOOKED_AT = ("quantity", "address", "other", "gate", "first", "second")
"""The terms that name what a claim looks at, at its trials."""


def terms_of(claim: ClaimChoice) -> dict[str, Any]:
    """All terms of a claim that has no wrong ones, those that it leaves out with their defaults."""
    return CLAIMS[claim.name].parameters.complete(claim.parameters)


def unrecorded(scenario: Scenario, claim: ClaimChoice, where: str) -> Iterator[Problem]:
    """Trials at which what the claim looks at is never recorded: a `trial`, or all from `since` to `until`."""
    terms = terms_of(claim)
    exact = [term for term, (kind, _) in CLAIMS[claim.name].parameters.fields.items() if _is_moment(kind)]
    for arm in _arms(scenario, terms):
        last = scenario.trials(arm)
        for address in dict.fromkeys(terms[term] for term in LOOKED_AT if isinstance(terms.get(term), str)):
            interval = scenario.record.get(address)
            if interval is None:
                continue
            told = f"{address} of the arm {arm.name!r} is recorded every {interval:,} trials, from 0 to {last:,}"
            for term in exact:
                trial = terms.get(term)
                if trial is not None and not (trial <= last and (trial % interval == 0 or trial == last)):
                    yield Problem(f"{where}.{term}", f"{told}, but not at trial {trial:,}")
            since, until = terms.get("since", 0), terms.get("until")
            if "since" not in exact and not _any_between(since, until, interval, last):
                end = "the end" if until is None else f"{until:,}"
                yield Problem(f"{where}.since", f"{told}, but never from trial {since:,} to {end}")


def misfitting(scenario: Scenario, claim: ClaimChoice, where: str) -> Iterator[Problem]:
    """A point with another number of coordinates than what it is held against."""
    terms = terms_of(claim)
    point, address = terms.get("point"), str(terms.get("address"))
    if point is None:
        return
    for arm in _arms(scenario, terms):
        try:
            size = _size(scenario.circuit(arm, scenario.phases(arm)[0]), address)
        except InputError:
            continue
        if size not in (None, len(point)):
            yield Problem(f"{where}.point", f"expected {size} numbers, as {address} of {arm.name!r} has, found {len(point)}")


def _arms(scenario: Scenario, terms: dict[str, Any]) -> list[Arm]:
    named = [terms.get("arm"), *(terms.get("arms") or [])]
    return [arm for arm in scenario.arm if arm.name in named and scenario.phases(arm)]


def _is_moment(kind: Any) -> bool:
    """Whether the kind of a term says that it is a trial at which must have been recorded."""
    return MOMENT in getattr(kind, "__metadata__", ()) or any(_is_moment(part) for part in get_args(kind))


def _any_between(since: int, until: int | None, interval: int, last: int) -> bool:
    end = last if until is None else min(until, last)
    return -(-since // interval) * interval <= end or since <= last <= end


def _size(circuit: Circuit, address: str) -> int | None:
    """How many numbers there are under an address at each moment; None where that is not known."""
    owner = address.rpartition(".")[0]
    metric = resolve(address, circuit)
    if metric is not None:
        return math.prod(size for _, size in metric[0].dimensions(circuit, *metric[1]))
    if owner in circuit.populations:
        return circuit.populations[owner].size
    projection = circuit.projections.get(owner)
    if projection is None or not {projection.pre, projection.post} <= set(circuit.populations):
        return None
    post, pre = (circuit.populations[end].size for end in (projection.post, projection.pre))
    return post if CONNECTORS[projection.connector.name].form == "diagonal" else post * pre
