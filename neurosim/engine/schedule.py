"""The order of operations, derived from what they set, increment, read and update."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise, product

import networkx as nx

from neurosim.engine.program import Operation
from neurosim.errors import CircuitError, Problem

_ACCESSES = ("sets", "increments", "reads", "updates")


def schedule(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Operations in an order in which every signal is set, then incremented, then read, then updated.

    Where that leaves a choice, labels decide, so the order of a circuit's file does not matter.

    Raises:
        CircuitError: two operations set, or update, one signal; or a loop without delay, named by its signals.

    >>> a = Operation(label="a", reads=("x",))
    >>> b = Operation(label="b", sets=("x",))
    >>> [operation.label for operation in schedule([a, b])]
    ['b', 'a']
    """
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(operations)))
    for signal, users in _users(operations).items():
        for access in ("sets", "updates"):
            if len(users[access]) > 1:
                writers = " and ".join(sorted(operations[index].label for index in users[access]))
                raise CircuitError([Problem(signal, f"has two writers: {writers}")])
        present = [users[access] for access in _ACCESSES if users[access]]
        for earlier, later in pairwise(present):
            graph.add_edges_from((a, b) for a, b in product(earlier, later) if a != b)
    try:
        order = list(nx.lexicographical_topological_sort(graph, key=lambda index: operations[index].label))
    except nx.NetworkXUnfeasible:
        raise CircuitError([_loop(operations, graph)]) from None
    return tuple(operations[index] for index in order)


def _users(operations: Iterable[Operation]) -> dict[str, dict[str, list[int]]]:
    users: dict[str, dict[str, list[int]]] = defaultdict(lambda: {access: [] for access in _ACCESSES})
    for index, operation in enumerate(operations):
        for access in _ACCESSES:
            for signal in getattr(operation, access):
                users[signal][access].append(index)
    return users


def _loop(operations: Sequence[Operation], graph: nx.DiGraph) -> Problem:
    path = [operations[edge[0]].label for edge in nx.find_cycle(graph)]
    return Problem(path[0], f"a loop without delay: {' → '.join([*path, path[0]])}")
