"""Ways for the edges of a circuit diagram: around all populations, apart from each other, and room for their labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from neurosim.circuit.elements import Projection
from neurosim.figures._placement import Box

SAMPLES = 48
CLEARANCE = 0.09
APART = 0.13
CLOSE = 0.11
LEGIBLE = 0.25
LOOKED_AT = 160

_JOINTS = np.linspace(0, SAMPLES - 1, 17).astype(int)
_BEZIER = np.linspace(0.0, 1.0, SAMPLES)
_WEIGHTS = np.stack([(1 - _BEZIER) ** 3, 3 * _BEZIER * (1 - _BEZIER) ** 2, 3 * _BEZIER**2 * (1 - _BEZIER), _BEZIER**3])
_NORMALS = {"left": (-1.0, 0.0), "right": (1.0, 0.0), "bottom": (0.0, -1.0), "top": (0.0, 1.0)}
_ON_HEIGHT = (0.0, -0.14, 0.14, -0.28, 0.28, -0.42, 0.42)
_ON_WIDTH = (0.0, -0.16, 0.16, -0.32, 0.32)
_REACHES = (0.3, 0.5, 0.8, 1.2)


@dataclass(frozen=True, eq=False)
class Route:
    """The cubic Bézier curve of one edge: its four control points, and points along it; in inches."""

    control: np.ndarray
    points: np.ndarray


@dataclass(frozen=True, eq=False)
class _Candidates:
    """Possible routes of one edge: control points [route, 4, 2], points [route, sample, 2], and what each costs."""

    control: np.ndarray
    points: np.ndarray
    costs: np.ndarray

    def one_per_ports(self) -> _Candidates:
        """The cheapest reach between each two ports; the reaches of two ports stand next to each other."""
        groups = self.costs.reshape(-1, len(_REACHES))
        best = np.arange(len(groups)) * len(_REACHES) + groups.argmin(axis=1)
        return _Candidates(self.control[best], self.points[best], self.costs[best])

    def cheapest(self, count: int) -> _Candidates:
        """The cheapest of them."""
        order = np.argsort(self.costs, kind="stable")[:count]
        return _Candidates(self.control[order], self.points[order], self.costs[order])


def routes(projections: Sequence[Projection], boxes: Mapping[str, Box], labelled: Collection[str] = ()) -> dict[str, Route]:
    """A route for each projection; those that are `labelled` leave room for that.

    Of many smooth curves from one card's border to the other's, each edge takes the cheapest: none through a card if
    there is any other, then apart from the edges before it, then short and straight. Near neighbours come first, and
    those that return to where they start come last.
    """
    ordered = sorted(projections, key=lambda p: (p.pre == p.post, _distance(boxes[p.pre], boxes[p.post]), p.receptor != "drive"))
    found: dict[str, Route] = {}
    for projection in ordered:
        candidates = _candidates(boxes[projection.pre], boxes[projection.post])
        candidates = _Candidates(
            candidates.control, candidates.points, candidates.costs + _through(candidates.points, boxes, projection)
        )
        candidates = candidates.one_per_ports().cheapest(LOOKED_AT)
        others = [(route.points, LEGIBLE if {name, projection.name} <= set(labelled) else CLOSE) for name, route in found.items()]
        costs = candidates.costs + _beside(candidates.points, others)
        best = int(np.argmin(costs))
        found[projection.name] = Route(candidates.control[best], candidates.points[best])
    return {projection.name: found[projection.name] for projection in projections}


def _distance(one: Box, other: Box) -> float:
    return float(np.hypot(one.x - other.x, one.y - other.y))


def _ports(box: Box) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Where an edge may meet a card: the point, the outward normal, and how far it is from the middle of its side."""
    left, right, bottom, top = box.edges
    on_height = [offset for offset in _ON_HEIGHT if abs(offset) < box.height / 2 - 0.08]
    on_width = [offset for offset in _ON_WIDTH if abs(offset) < box.width / 2 - 0.08]
    sides = {
        "left": [((left, box.y + offset), offset) for offset in on_height],
        "right": [((right, box.y + offset), offset) for offset in on_height],
        "bottom": [((box.x + offset, bottom), offset) for offset in on_width],
        "top": [((box.x + offset, top), offset) for offset in on_width],
    }
    return [(np.array(at), np.array(_NORMALS[side]), abs(offset)) for side, ports in sides.items() for at, offset in ports]


def _candidates(pre: Box, post: Box) -> _Candidates:
    """Curves between all ports that leave and arrive at right angles to the cards, with short and long reaches."""
    controls, costs = [], []
    for (start, out, off), (end, into, off_end), reach in product(_ports(pre), _ports(post), _REACHES):
        if pre is post and np.array_equal(start, end):
            continue
        length = max(reach * float(np.hypot(*(end - start))), 0.25 + 0.4 * (reach if pre is post else 0.0))
        controls.append((start, start + length * out, end + length * into, end))
        costs.append(0.4 * (off + off_end))
    control = np.array(controls)
    points = np.einsum("ks,rkd->rsd", _WEIGHTS, control)
    steps = np.diff(points, axis=1)
    lengths = np.hypot(steps[..., 0], steps[..., 1])
    directions = np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]), axis=1)
    turning = np.abs(np.diff(directions, axis=1)).sum(axis=1)
    return _Candidates(control, points, np.array(costs) + lengths.sum(axis=1) + 0.45 * turning)


def _through(points: np.ndarray, boxes: Mapping[str, Box], projection: Projection) -> np.ndarray:
    """What running through cards, or hugging them, costs."""
    costs = np.zeros(len(points))
    for box in boxes.values():
        own = box.name in (projection.pre, projection.post)
        left, right, bottom, top = box.edges
        room = -0.01 if own else CLEARANCE
        x, y = points[:, 2:-2, 0], points[:, 2:-2, 1]
        inside = (x > left - room) & (x < right + room) & (y > bottom - room) & (y < top + room)
        costs += 50.0 * inside.any(axis=1) + 5.0 * inside.sum(axis=1)
    return costs


def _beside(points: np.ndarray, others: Sequence[tuple[np.ndarray, float]]) -> np.ndarray:
    """What crossing other edges, running close beside them or meeting a card where they do costs."""
    costs = np.zeros(len(points))
    for other, close in others:
        costs += 2.0 * _crossings(points[:, _JOINTS], other[_JOINTS])
        costs += 0.5 * (_gaps(points[:, ::2], other[::2]).min(axis=2) < close).sum(axis=1)
        costs += 4.0 * (_gaps(points[:, [0, -1]], other[[0, -1]]) < APART).any(axis=(1, 2))
    return costs


def _crossings(points: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How often each polyline crosses another one."""
    a, b = points[:, :-1, None], points[:, 1:, None]
    c, d = other[:-1], other[1:]
    apart = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
    return apart.sum(axis=(1, 2))


def _side(start: np.ndarray, end: np.ndarray, point: np.ndarray) -> np.ndarray:
    """On which side of a line a point lies, by sign."""
    along, away = end - start, point - start
    return along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0]


def _gaps(points: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The distances [route, sample, other sample]."""
    x = points[:, :, None, 0] - other[:, 0]
    y = points[:, :, None, 1] - other[:, 1]
    return np.sqrt(x * x + y * y)


@dataclass(frozen=True)
class Label:
    """Where the label of an edge stands: its centre, in inches."""

    x: float
    y: float
    width: float
    height: float

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        return self.x - self.width / 2, self.x + self.width / 2, self.y - self.height / 2, self.y + self.height / 2


def labels(sizes: Mapping[str, tuple[float, float]], found: Mapping[str, Route], boxes: Mapping[str, Box]) -> dict[str, Label]:
    """A place beside its own edge for each label, off all cards, edges and other labels where there is one."""
    placed: dict[str, Label] = {}
    lines = np.concatenate([route.points for route in found.values()]) if found else np.zeros((0, 2))
    for name, (width, height) in sizes.items():
        options = [_beside_edge(found[name].points, at, side, width, height) for at in range(6, SAMPLES - 8) for side in (1, -1)]
        costs = [
            _crowded(label, lines, boxes, placed) + abs(at - SAMPLES / 2) / SAMPLES + (0.1 if side < 0 else 0.0)
            for label, (at, side) in zip(options, product(range(6, SAMPLES - 8), (1, -1)), strict=True)
        ]
        placed[name] = options[int(np.argmin(costs))]
    return placed


def _beside_edge(points: np.ndarray, at: int, side: int, width: float, height: float) -> Label:
    step = points[at + 1] - points[at - 1]
    along = step / max(float(np.hypot(*step)), 1e-9)
    normal = side * np.array([-along[1], along[0]]) * (1.0 if along[0] >= 0 else -1.0)
    away = abs(normal[0]) * width / 2 + abs(normal[1]) * height / 2 + 0.05
    x, y = points[at] + normal * away
    return Label(float(x), float(y), width, height)


def _crowded(label: Label, lines: np.ndarray, boxes: Mapping[str, Box], placed: Mapping[str, Label]) -> float:
    left, right, bottom, top = label.edges
    x, y = lines[:, 0], lines[:, 1]
    room = 0.02
    on_lines = ((x > left - room) & (x < right + room) & (y > bottom - room) & (y < top + room)).sum()
    others: list[Box | Label] = [*boxes.values(), *placed.values()]
    covered = sum(_overlap(label, other) for other in others)
    return float(on_lines) + 60.0 * covered


def _overlap(one: Label, other: Box | Label) -> bool:
    apart_x = abs(one.x - other.x) - (one.width + other.width) / 2
    apart_y = abs(one.y - other.y) - (one.height + other.height) / 2
    return apart_x < 0.03 and apart_y < 0.03
