# ruff: noqa: N805 - models are written as users write them: without self
"""What tests compare with: plain NumPy networks, a task of given rows, users' formulas, and random circuits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from neurosim.circuit.circuit import Circuit
from neurosim.models.dropout import survivors
from neurosim.models.neurons import NEURONS, neuron_model
from neurosim.models.plasticity import RULES, plasticity
from neurosim.models.transfer import TRANSFERS, transfer
from neurosim.seeding import trial_rows
from neurosim.simulator import Simulator
from neurosim.tasks import Task, Trials

SHIPPED_TRANSFERS, SHIPPED_RULES, SHIPPED_NEURONS = sorted(TRANSFERS), sorted(RULES), sorted(NEURONS)

GAIN = 1.25


def squeezed(u):
    return u / math.sqrt(1.0 + u * u)


@transfer
class of_several_statements:
    """f(u) = u / √(1 + u²) below 1, a line of the same slope above."""

    def value(u):
        if u > 1.0:
            start = math.sqrt(0.5)
            return start + (u - 1.0) * 0.35355339059327373
        return squeezed(u)

    def slope(u, rate):
        if u > 1.0:
            return 0.35355339059327373
        root = math.sqrt(1.0 + u * u)
        return 1.0 / (root * root * root)


@transfer
class with_gain:
    """f(u) = g · tanh(steep · u): a constant from around it, and a parameter."""

    def value(u, steep=0.75):
        return GAIN * math.tanh(steep * u)

    def slope(u, rate, steep=0.75):
        t = rate / GAIN
        return GAIN * steep * (1.0 - t * t)


@plasticity
def own_delta(pre_rate, post_teaching, eta):
    """Δw = η δ x, written by a user."""
    return eta * post_teaching * pre_rate


@plasticity
def centred(pre_rate, post_teaching, eta):
    """Δw = η (x − ½) δ / 2: a product whose factors are more than signals."""
    return (pre_rate - 0.5) * eta * (post_teaching / 2.0)


@plasticity
def oja_like(weight, pre_rate, post_rate, eta):
    """Δw = η y (x − y w)."""
    return eta * post_rate * (pre_rate - post_rate * weight)


@plasticity
def clipped(pre_rate, post_rate, eta):
    """Δw = η x y where it is small: several statements, and no product."""
    product = pre_rate * post_rate
    if product > 1.0:
        return eta
    return eta * product


@neuron_model
class tracing:
    """A rate neuron that remembers: trace ← trace + (rate − trace) / τ."""

    receptors = ("drive", "modulatory", "gate")

    def rate(activation, gating=1.0):
        return activation * gating

    def teaching(modulation, slope):
        return modulation * slope

    def trace(trace, rate, tau=4.0):
        return trace + (rate - trace) / tau


class Given(Task):
    """Trials that are written down, again and again."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self.x, self.y = np.asarray(x, float), np.asarray(y, float)

    @property
    def inputs(self) -> int:
        return self.x.shape[1]

    @property
    def outputs(self) -> int:
        return self.y.shape[1]

    @property
    def trials_per_pass(self) -> int:
        return len(self.x)

    def trials(self, seed: int, first: int, count: int) -> Trials:
        rows = np.arange(first, first + count) % len(self.x)
        return Trials(self.x[rows], self.y[rows])

    def test(self) -> Trials:
        return Trials(self.x, self.y)


def given_rows(inputs: int, outputs: int, count: int, seed: int = 0) -> Given:
    random = np.random.default_rng(seed)
    return Given(random.standard_normal((count, inputs)), random.standard_normal((count, outputs)))


def task_of(circuit: Circuit, count: int, seed: int = 0) -> Given:
    (inputs,), targets = circuit.of_role("input"), circuit.of_role("target")
    return given_rows(inputs.size, targets[0].size if targets else 1, count, seed)


def trained(circuit: Circuit, task: Task, trials: int, *, batch: int = 1, **properties: Any) -> Simulator:
    simulator = Simulator(circuit, **{"seed": 1, **properties})
    simulator.train(task, trials, batch=batch)
    return simulator


def bits(simulator: Simulator) -> dict[str, bytes]:
    """Every array of a run that belongs to its circuit, as bytes."""
    return {address: np.ascontiguousarray(values).tobytes() for address, values in simulator.state.items()}


def copies(simulator: Simulator) -> dict[str, np.ndarray]:
    return {address: np.array(values) for address, values in simulator.state.items()}


def value(name: str, u: np.ndarray) -> np.ndarray:
    return np.vectorize(TRANSFERS[name].value, otypes=[float])(u)


def slope(name: str, u: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda x: TRANSFERS[name].slope(x, TRANSFERS[name].value(x)), otypes=[float])(u)


class Network:
    """A layered network in plain NumPy: forward pass, loss, and updates with any matrices B on the way back."""

    def __init__(self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], transfers: Sequence[str]) -> None:
        self.weights = [np.array(w, float) for w in weights]
        self.biases = [np.array(b, float) for b in biases]
        self.transfers = list(transfers)
        self.velocities: list[tuple[np.ndarray, np.ndarray]] | None = None

    def drives(self, x: np.ndarray) -> list[np.ndarray]:
        found, rate = [], x
        for w, b, name in zip(self.weights, self.biases, self.transfers, strict=True):
            found.append(w @ rate + b)
            rate = value(name, found[-1])
        return found

    def output(self, x: np.ndarray) -> np.ndarray:
        return value(self.transfers[-1], self.drives(x)[-1])

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        return 0.5 * float(((y - self.output(x)) ** 2).sum())

    def updates(
        self, x: np.ndarray, y: np.ndarray, backward: Sequence[np.ndarray] | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """(ΔW, Δb) / η of each level; `backward[k]` stands for the transpose of `weights[k + 1]`."""
        back = [w.T for w in self.weights[1:]] if backward is None else list(backward)
        drives = self.drives(x)
        rates = [x, *(value(name, u) for name, u in zip(self.transfers, drives, strict=True))]
        delta = (y - rates[-1]) * slope(self.transfers[-1], drives[-1])
        found = [(np.outer(delta, rates[-2]), delta)]
        for level in reversed(range(len(back))):
            delta = (back[level] @ delta) * slope(self.transfers[level], drives[level])
            found.insert(0, (np.outer(delta, rates[level]), delta))
        return found

    def learn(self, xs: np.ndarray, ys: np.ndarray, eta: float, backward=None, momentum: float = 0.0, decay: float = 0.0) -> None:
        """One batch: changes at the same weights, summed; v ← α v + Σ Δw − η λ w, w ← w + v."""
        sums = [(np.zeros_like(w), np.zeros_like(b)) for w, b in zip(self.weights, self.biases, strict=True)]
        for x, y in zip(xs, ys, strict=True):
            for total, change in zip(sums, self.updates(x, y, backward), strict=True):
                for kind in (0, 1):
                    total[kind][...] += eta * change[kind]
        if self.velocities is None:
            self.velocities = [(np.zeros_like(w), np.zeros_like(b)) for w, b in sums]
        for level, total in enumerate(sums):
            for kind, array in enumerate((self.weights[level], self.biases[level])):
                v = self.velocities[level][kind]
                v[...] = momentum * v + total[kind] - eta * decay * array
                array += v


class Thinned(Network):
    """A network some of whose neurons are silenced: factors[0] multiplies the input, factors[k] the rates of hidden level k."""

    factors: Sequence[np.ndarray | float]

    def drives(self, x: np.ndarray) -> list[np.ndarray]:
        found, rate = [], x * self.factors[0]
        for w, b, name, factor in zip(self.weights, self.biases, self.transfers, (*self.factors[1:], 1.0), strict=True):
            found.append(w @ rate + b)
            rate = value(name, found[-1]) * factor
        return found

    def updates(
        self, x: np.ndarray, y: np.ndarray, backward: Sequence[np.ndarray] | None = None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """As of the whole network, with φ ⊙ m and φ' ⊙ m in the place of φ and φ'."""
        back = [w.T for w in self.weights[1:]] if backward is None else list(backward)
        drives, factors = self.drives(x), [*self.factors[1:], 1.0]
        rates = [value(name, u) * m for name, u, m in zip(self.transfers, drives, factors, strict=True)]
        slopes = [slope(name, u) * m for name, u, m in zip(self.transfers, drives, factors, strict=True)]
        below = [x * self.factors[0], *rates[:-1]]
        delta = (y - rates[-1]) * slopes[-1]
        found = [(np.outer(delta, below[-1]), delta)]
        for level in reversed(range(len(back))):
            delta = (back[level] @ delta) * slopes[level]
            found.insert(0, (np.outer(delta, below[level]), delta))
        return found


def factors_of(simulator: Simulator, depth: int, trial: int) -> list[np.ndarray | float]:
    """By what dropout multiplies the rates of each level in a trial: 0 or 1 / (1 − p), drawn by the address of the mask."""
    populations = [simulator.circuit.populations[name] for name in forward_names(depth)[:-1]]
    masks: list[np.ndarray | float] = []
    for own in populations:
        if own.dropout is None:
            masks.append(1.0)
            continue
        drawn = trial_rows(survivors(own.size, own.dropout), simulator.seed, f"{own.name}.mask", trial, 1)[0]
        masks.append(np.where(drawn, 1 / (1 - own.dropout), 0.0))
    return masks


def forward_names(depth: int) -> list[str]:
    hidden = ["hidden"] if depth == 1 else [f"hidden{k + 1}" for k in range(depth)]
    return ["input", *hidden, "output"]


def network_of(simulator: Simulator, depth: int, transfers: Sequence[str], kind: type[Network] = Network) -> Any:
    """The same network in NumPy, with the simulator's present weights."""
    names = forward_names(depth)
    weights = [simulator.state[f"{a}_to_{b}.weights"] for a, b in itertools.pairwise(names)]
    biases = [
        simulator.state[f"{b}.bias"] if simulator.circuit.populations[b].bias else np.zeros(simulator.circuit.populations[b].size)
        for b in names[1:]
    ]
    return kind(weights, biases, transfers)


def random_state(simulator: Simulator, seed: int = 0, scale: float = 0.5) -> None:
    """Other numbers than zero in every bias."""
    random = np.random.default_rng(seed)
    for name, population in simulator.circuit.populations.items():
        if population.bias is not None:
            simulator.state[f"{name}.bias"] = random.normal(0, scale, population.size)


TRANSFER_CHOICES = (*SHIPPED_TRANSFERS, "of_several_statements", "with_gain", {"function": "leaky", "leak": 0.25})
TAUGHT_RULES = (
    {"rule": "delta", "eta": 0.02},
    {"rule": "delta", "eta": 0.02, "momentum": 0.5},
    {"rule": "delta", "eta": 0.02, "decay": 0.1},
    {"rule": "delta", "eta": 0.02, "momentum": 0.5, "decay": 0.1},
    {"rule": "own_delta", "eta": 0.02},
    {"rule": "centred", "eta": 0.02, "decay": 0.1},
)
UNTAUGHT_RULES = (
    "fixed",
    {"rule": "hebbian", "eta": 0.01},
    {"rule": "hebbian", "eta": 0.01, "momentum": 0.25, "decay": 0.1},
    {"rule": "oja_like", "eta": 0.01},
    {"rule": "oja_like", "eta": 0.01, "momentum": 0.25, "decay": 0.1},
    {"rule": "clipped", "eta": 0.01},
)
EXPLORING_RULES = ({"rule": "node_perturbation", "eta": 0.001}, {"rule": "node_perturbation", "eta": 0.001, "momentum": 0.5})
FEEDBACKS = ("none", "random", "tied", "direct", "loss", "loss_against_mean")
DROPOUTS = st.sampled_from((None, None, 0.5, 0.2))
SIZES = st.sampled_from((1, 2, 3, 5, 8, 17, 70))


@st.composite
def circuits(draw: st.DrawFn, feedbacks: Sequence[str] = FEEDBACKS) -> Circuit:
    """Random valid circuits: depth, sizes, formulas, connectors, ways back, gates, bypasses, dropout."""
    feedback = draw(st.sampled_from(feedbacks))
    explores = feedback.startswith("loss")
    sizes = draw(st.lists(SIZES, min_size=2, max_size=4))
    hidden = [f"h{k}" for k in range(len(sizes) - 2)]
    taught = {"none": UNTAUGHT_RULES}.get(
        feedback, EXPLORING_RULES + UNTAUGHT_RULES if explores else TAUGHT_RULES + UNTAUGHT_RULES
    )
    circuit = Circuit(draw(st.sampled_from(("", "random", "zufällig <&>"))))
    circuit.population("input", sizes[0], role="input", dropout=draw(DROPOUTS))
    noise = 0.1 if explores else None
    for name, size in zip(hidden, sizes[1:-1], strict=True):
        model = draw(st.sampled_from(("rate", "tracing")))
        _driven(draw, circuit, name, size, taught, noise=noise, model=model, dropout=draw(DROPOUTS))
    model = draw(st.sampled_from(("rate", "direct")))
    _driven(draw, circuit, "output", sizes[-1], TAUGHT_RULES + UNTAUGHT_RULES, role="output", model=model)
    circuit.population("target", sizes[-1], role="target")
    circuit.population("error", sizes[-1], role="error")
    circuit.project("error", "output", receptor="modulatory", connector="one_to_one")
    path = ["input", *hidden, "output"]
    for pre, post in itertools.pairwise(path):
        rules = TAUGHT_RULES + UNTAUGHT_RULES if post == "output" else taught
        _forward(draw, circuit, pre, post, rules, dense=feedback == "tied" and pre != "input")
    _extras(draw, circuit, path, taught)
    _ways_back(draw, circuit, hidden, feedback)
    return circuit


def _driven(draw: st.DrawFn, circuit: Circuit, name: str, size: int, rules: Sequence[Any], **properties: Any) -> None:
    bias = None
    if draw(st.booleans()):
        bias = {"weights": {"kind": "normal", "sd": 0.3}, "plasticity": draw(st.sampled_from(rules))}
    circuit.population(name, size, transfer=draw(st.sampled_from(TRANSFER_CHOICES)), bias=bias, **properties)


def _forward(
    draw: st.DrawFn, circuit: Circuit, pre: str, post: str, rules: Sequence[Any], dense: bool = False, **more: Any
) -> None:
    a, b = circuit.populations[pre].size, circuit.populations[post].size
    kinds: list[Any] = ["all_to_all", "all_to_all"]
    if not dense:
        kinds += [{"kind": "fixed_probability", "probability": 0.6}, {"kind": "explicit", "pairs": [[0, 0], [b - 1, a - 1]]}]
        kinds += ["one_to_one"] * (2 * (a == b))
    weights = draw(st.sampled_from(({"kind": "uniform", "bound": 0.4}, {"kind": "normal", "sd": 0.3})))
    circuit.project(
        pre, post, connector=draw(st.sampled_from(kinds)), weights=weights, plasticity=draw(st.sampled_from(rules)), **more
    )


def _extras(draw: st.DrawFn, circuit: Circuit, path: list[str], rules: Sequence[Any]) -> None:
    """A second projection between the same two, a bypass, a gate."""
    first = path[1]
    if draw(st.booleans()):
        _forward(draw, circuit, "input", first, UNTAUGHT_RULES if first == "output" else rules, name="again")
    if len(path) > 2 and draw(st.booleans()):
        _forward(draw, circuit, "input", path[2], UNTAUGHT_RULES, name="bypass")
    if len(path) > 2 and draw(st.booleans()):
        _forward(draw, circuit, first, path[2], ("fixed",), name="gating", receptor="gate")


def _ways_back(draw: st.DrawFn, circuit: Circuit, hidden: list[str], feedback: str) -> None:
    if feedback.startswith("loss"):
        circuit.population("loss", 1, role="loss", model=feedback)
        circuit.project("error", "loss", weights="constant")
        for name in hidden:
            circuit.project("loss", name, receptor="modulatory", signal="deviation", connector="broadcast")
        return
    above = [*hidden[1:], "output"][: len(hidden)]
    source = "error"
    for name, up in reversed(list(zip(hidden, above, strict=True))):
        if feedback == "direct":
            circuit.project("error", name, receptor="modulatory", weights={"kind": "uniform", "bound": 0.5})
        if feedback in ("random", "tied"):
            back = f"back_{name}"
            circuit.population(back, circuit.populations[name].size, role="feedback")
            tied = feedback == "tied" and draw(st.booleans())
            weights = {"kind": "tied", "to": f"{name}_to_{up}"} if tied else {"kind": "uniform", "bound": 0.5}
            circuit.project(source, back, weights=weights)
            circuit.project(back, name, receptor="modulatory", connector="one_to_one", signal="drive")
            circuit.project(name, back, name=f"gate_{back}", receptor="gate", signal="slope", connector="one_to_one")
            source = back


def largest_difference(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> tuple[float, str]:
    """Over all arrays: the largest difference, relative to the scale of the array (at least 1), and where it is."""
    assert set(one) == set(other), set(one) ^ set(other)
    worst = (0.0, "")
    for address, values in one.items():
        scale = max(1.0, float(np.abs(other[address]).max(initial=0.0)))
        worst = max(worst, (float(np.abs(values - other[address]).max(initial=0.0)) / scale, address))
    return worst
