"""Scenarios: arms × seeds × phases on one task, what to record, which figures to draw, and what must come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr, model_validator

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit
from neurosim.circuit.layered import layered
from neurosim.errors import InputError, Problem, nearest
from neurosim.parameters import STRICT, Choice, Count, parameters_of
from neurosim.tasks import TASKS, Task, made

ArmName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(,[A-Za-z0-9_.+-]+=[A-Za-z0-9_.+-]+)*$")]
"""A name; an arm that a grid made adds its values, `shallow,hidden.size=5`. It is a folder's name, too."""
MOST_SEEDS, MOST_REPEATED, LARGEST_SEED = 1_000_000, 10_000, 2**53
LONGEST_NAME = 200
EACH_RUN = "run"
"""As the seed of a task: every run has its own."""
FAMILIES = {"layered": layered}
"""Families of circuits that an arm may name with their parameters."""


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("expected a text without zero characters, which recordings cannot hold")
    return text


def _names_a_folder(name: str) -> str:
    if not name.strip(". ") or any(sign in "/\\" or not sign.isprintable() for sign in name) or len(name) > LONGEST_NAME:
        raise ValueError(f"expected a name of a folder: at most {LONGEST_NAME} printable letters, no / and no \\")
    return name


Text = Annotated[str, AfterValidator(_storable)]
FolderName = Annotated[str, AfterValidator(_names_a_folder)]


class TaskChoice(Choice):
    """A task with its parameters: `{ name = "linear_map", inputs = 30 }`."""

    key = "name"


class FigureChoice(Choice):
    """A figure with its options: `{ name = "learning_curve", quantity = "nse" }`."""

    key = "name"


class ClaimChoice(Choice):
    """A claim with its terms: `{ check = "value", arm = "feedback_alignment", … }`."""

    key = "check"


def arms_of(claim: ClaimChoice) -> list[str]:
    """The arms that a claim speaks of; `scenario/arm` is one of another scenario."""
    named = [claim.parameters.get("arm"), *(claim.parameters.get("arms") or [])]
    return [str(name) for name in named if name is not None]


class FamilyChoice(Choice):
    """A circuit from a family: `{ family = "layered", sizes = [784, 1000, 10], feedback = "random" }`."""

    key = "family"


class Ending(BaseModel):
    """When a phase ends before its time: as soon as a recorded quantity has not become lower for a while.

    Attributes:
        quantity: something that is recorded and is one number, e.g. `training_error`.
        patience: the lowest of so many samples in a row must not be lower than the lowest of all before them in this phase …
        by: … by this fraction of it.
    """

    model_config = STRICT

    quantity: str
    patience: Count = 3
    by: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def reached(self, values: Sequence[float]) -> bool:
        """Whether the samples of a phase so far say that it is over.

        >>> ending = Ending(quantity="loss", patience=2)
        >>> ending.reached([3.0, 2.0, 2.5]), ending.reached([3.0, 2.0, 2.5, 2.0])
        (False, True)
        """
        if len(values) <= self.patience:
            return False
        before, lately = values[: -self.patience], values[-self.patience :]
        return min(lately) >= (1 - self.by) * min(before)


class Phase(BaseModel):
    """Trials under one circuit and one set of plastic projections. Phases one after the other are a schedule.

    Attributes:
        trials, passes: how long, or with `until` how long at most; one of the two.
        batch: trials at the same weights, whose changes are summed.
        until: when it ends before its time.
        eta_scale: every eta of the circuit is multiplied by it.
        freeze: projections (or populations, for their bias) that do not change in this phase.
        circuit: another circuit than the arm's; the weights are carried over by their addresses.
        set: values changed in this phase.
    """

    model_config = STRICT

    trials: Count | None = None
    passes: Count | None = None
    batch: Count = 1
    until: Ending | None = None
    eta_scale: Annotated[float, Field(gt=0)] = 1.0
    freeze: list[str] = []
    circuit: str | FamilyChoice | None = None
    set: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_length(self) -> Phase:
        if (self.trials is None) == (self.passes is None):
            raise ValueError(f"expected either trials or passes, found {'neither' if self.trials is None else 'both'}")
        return self

    def length(self, task: Task) -> int:
        """How many trials it has on a task, at most."""
        if self.trials is not None:
            return self.trials
        if task.trials_per_pass is None:
            raise InputError([Problem("phase.passes", "the task has no end, so it has no passes; say trials")])
        assert self.passes is not None
        return self.passes * task.trials_per_pass


class Arm(BaseModel):
    """One line of a comparison: a circuit, by name, path or family, with values changed at some addresses.

    Attributes:
        set: values changed in this arm, before those that a phase changes.
        task: parameters of the task that are others in this arm.
        phase: phases of this arm's own, instead of the scenario's.
        repeat: how often its phases come, one after the other, from the first on.
        equal_errors: before the first trial, feedback weights are scaled so that the error that each hidden layer receives is
            this times as large as the output's (Supp. Note 5).
        grid: values that are this arm's point of a parameter grid; they come last.
    """

    model_config = STRICT

    name: ArmName
    circuit: str | FamilyChoice
    label: Text = ""
    set: dict[str, Any] = {}
    task: dict[str, Any] = {}
    phase: list[Phase] = []
    repeat: Annotated[int, Field(ge=1, le=MOST_REPEATED)] = 1
    equal_errors: Annotated[float, Field(gt=0)] | None = None
    grid: dict[str, Any] = {}

    @property
    def origin(self) -> str:
        """The arm of the file that a grid made this one of; its own name where no grid did."""
        return self.name.partition(",")[0]

    @property
    def text(self) -> str:
        """How legends and tables call it."""
        return self.label or self.name.replace("_", " ")


class Scenario(BaseModel):
    """One experiment, as a TOML file describes it.

    `set` changes every arm's circuit, an arm's own `set` goes over it, a phase's over that, then `changes`, which the command
    line fills; an arm's `grid` comes last. Where the task's `seed` is "run", it is the seed of the run: every run then has a
    target, and a test set, of its own.
    """

    model_config = STRICT

    name: FolderName
    title: Text
    source: Text = ""
    notes: Text = ""
    task: TaskChoice
    seeds: Annotated[int, Field(ge=1, le=MOST_SEEDS)] = 1
    first_seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    set: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    arm: Annotated[list[Arm], Field(min_length=1)]
    phase: list[Phase] = []
    record: dict[str, Count] = {}
    table: list[str] = []
    figure: list[FigureChoice] = []
    claim: list[ClaimChoice] = []

    _circuits: dict[str, Circuit] = PrivateAttr(default_factory=dict)
    _tasks: dict[str, Task] = PrivateAttr(default_factory=dict)

    def task_of(self, arm: Arm, seed: int | None = None) -> Task:
        """The task of the run of an arm with a seed, by default the first; runs that have the same share it."""
        parameters = self.task_parameters(arm, seed)
        key = json.dumps(parameters, sort_keys=True)
        if key not in self._tasks:
            kind = TASKS[self.task.name]
            self._tasks[key] = made(kind, self.task.name, parameters_of(kind).complete(parameters, "task"))
        return self._tasks[key]

    def task_parameters(self, arm: Arm, seed: int | None = None) -> dict[str, Any]:
        """The parameters of the task in the run of an arm with a seed, by default the first."""
        given = {**self.task.parameters, **arm.task}
        own = self.first_seed if seed is None else seed
        return {**given, "seed": own} if given.get("seed") == EACH_RUN else given

    def phases(self, arm: Arm) -> list[Phase]:
        """The phases of an arm in their order, as often as they come."""
        return (arm.phase or self.phase) * arm.repeat

    def trials(self, arm: Arm) -> int:
        """How many trials each run of an arm has, over all phases; some may end before their time."""
        task = self.task_of(arm)
        return sum(phase.length(task) for phase in arm.phase or self.phase) * arm.repeat

    def about(self, arm: Arm) -> Scenario:
        """This scenario without the other arms of a grid, which may be thousands: what the recording of an arm tells."""
        return self.model_copy(update={"arm": [one for one in self.arm if not one.grid or one == arm]})

    def circuit(self, arm: Arm, phase: Phase) -> Circuit:
        """The circuit of an arm in a phase; made once, and shared by all seeds and by arms and phases that have the same.

        Raises:
            InputError: no such circuit, or an address in `set` or `freeze` names nothing.
        """
        key = _circuit_key(arm, phase)
        if key not in self._circuits:
            self._circuits[key] = self._made(arm, phase)
        return self._circuits[key]

    def adopt(self, arm: Arm, circuits: Sequence[Circuit]) -> None:
        """Take the circuits of an arm, one for each phase, as they were made elsewhere, instead of making them."""
        self._circuits.update({_circuit_key(arm, p): c for p, c in zip(self.phases(arm), circuits, strict=True)})

    def _made(self, arm: Arm, phase: Phase) -> Circuit:
        circuit = _chosen(phase.circuit or arm.circuit)
        for changes in (self.set, arm.set, phase.set, self.changes, arm.grid):
            circuit = circuit.replace(changes)
        if phase.eta_scale != 1.0:
            circuit = circuit.replace(_scaled(circuit, phase.eta_scale))
        known = [*circuit.populations, *circuit.projections]
        unknown = [
            Problem("freeze", f"no population or projection {name!r}; there are {', '.join(known)}", nearest(name, known))
            for name in phase.freeze
            if name not in known
        ]
        if unknown:
            raise InputError(unknown)
        frozen = {n: f"{n}.bias.plasticity" if n in circuit.populations else f"{n}.plasticity" for n in phase.freeze}
        return circuit.replace(dict.fromkeys(frozen.values(), "fixed"))

    def seed_numbers(self) -> range:
        """The seeds of the runs of each arm."""
        return range(self.first_seed, self.first_seed + self.seeds)


def _scaled(circuit: Circuit, factor: float) -> dict[str, float]:
    """Every eta of a circuit times a factor, by address."""
    rules = {f"{projection.name}.plasticity": projection.plasticity for projection in circuit.projections.values()}
    rules |= {f"{p.name}.bias.plasticity": p.bias.plasticity for p in circuit.populations.values() if p.bias is not None}
    return {f"{a}.eta": factor * rule.parameters["eta"] for a, rule in rules.items() if "eta" in rule.parameters}


def _circuit_key(arm: Arm, phase: Phase) -> str:
    return repr((phase.circuit or arm.circuit, arm.set, phase.set, phase.freeze, phase.eta_scale, arm.grid))


def _chosen(choice: str | FamilyChoice) -> Circuit:
    """The circuit that an arm or a phase names; what is wrong with it is told under `circuit`."""
    try:
        return _family(choice) if isinstance(choice, FamilyChoice) else load_circuit(choice)
    except InputError as error:
        room = "circuit" if isinstance(choice, FamilyChoice) else f"circuit {choice!r}"
        between = "." if isinstance(choice, FamilyChoice) else ": "
        places = [room if p.address in ("", choice) else f"{room}{between}{p.address}" for p in error.problems]
        told = zip(places, error.problems, strict=True)
        raise InputError([Problem(place, p.message, p.suggestion) for place, p in told]) from None


def _family(choice: FamilyChoice) -> Circuit:
    if choice.name not in FAMILIES:
        listed = ", ".join(FAMILIES)
        raise InputError(
            [Problem("family", f"no such family {choice.name!r}; there are {listed}", nearest(choice.name, FAMILIES))]
        )
    family = FAMILIES[choice.name]
    wrong = parameters_of(family).problems(choice.parameters, "")
    if wrong:
        raise InputError(wrong)
    return family(**choice.parameters)
