"""Scenarios: arms × seeds × phases on one task, what to record, which figures to draw, and what must come out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PrivateAttr, ValidationError, model_validator

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.files import load_circuit, read_toml
from neurosim.circuit.layered import layered
from neurosim.circuit.overrides import matches
from neurosim.circuit.validate import problems_with
from neurosim.errors import CircuitError, InputError, NeurosimError, Problem, ScenarioError, nearest
from neurosim.figures import FIGURES
from neurosim.metrics.look import resolve
from neurosim.parameters import STRICT, Choice, Parameters, problems_of
from neurosim.scenario.claims import CLAIMS
from neurosim.shelf import find
from neurosim.simulator import Simulator
from neurosim.tasks import TASKS, Task

Count = Annotated[int, Field(ge=1)]
ArmName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*(,[A-Za-z0-9_.+-]+=[A-Za-z0-9_.+-]+)*$")]
"""A name; an arm that a grid made adds its values, `shallow,hidden.size=5`. It is a folder's name, too."""
FAMILIES = {"layered": layered}
"""Families of circuits that an arm may name with their parameters."""


class TaskChoice(Choice):
    """A task with its parameters: `{ name = "linear_map", inputs = 30 }`."""

    key = "name"


class FigureChoice(Choice):
    """A figure with its options: `{ name = "learning_curve", quantity = "nse" }`."""

    key = "name"


class ClaimChoice(Choice):
    """A claim with its terms: `{ check = "final", arm = "feedback_alignment", … }`."""

    key = "check"


class FamilyChoice(Choice):
    """A circuit from a family: `{ family = "layered", sizes = [784, 1000, 10], feedback = "random" }`."""

    key = "family"


class Arm(BaseModel):
    """One line of a comparison: a circuit, by name, path or family, with values changed at some addresses.

    Attributes:
        set: values changed in this arm, before those that a phase changes.
        grid: values that are this arm's point of a parameter grid; they come last.
    """

    model_config = STRICT

    name: ArmName
    circuit: str | FamilyChoice
    label: str = ""
    set: dict[str, Any] = {}
    grid: dict[str, Any] = {}

    @property
    def origin(self) -> str:
        """The arm of the file that a grid made this one of; its own name where no grid did."""
        return self.name.partition(",")[0]

    @property
    def text(self) -> str:
        """How legends and tables call it."""
        return self.label or self.name.replace("_", " ")


class Phase(BaseModel):
    """Trials under one circuit and one set of plastic projections.

    Attributes:
        trials, passes: how long; one of the two.
        batch: trials at the same weights, whose changes are summed.
        freeze: projections (or populations, for their bias) that do not change in this phase.
        circuit: another circuit than the arm's; the weights are carried over by their addresses.
        set: values changed in this phase.
    """

    model_config = STRICT

    trials: Count | None = None
    passes: Count | None = None
    batch: Count = 1
    freeze: list[str] = []
    circuit: str | FamilyChoice | None = None
    set: dict[str, Any] = {}

    @model_validator(mode="after")
    def _one_length(self) -> Phase:
        if (self.trials is None) == (self.passes is None):
            raise ValueError("expected either trials or passes")
        return self

    def length(self, task: Task) -> int:
        """How many trials it has on a task."""
        if self.trials is not None:
            return self.trials
        if task.trials_per_pass is None:
            raise InputError([Problem("phase.passes", "the task has no end, so it has no passes; say trials")])
        assert self.passes is not None
        return self.passes * task.trials_per_pass


class Scenario(BaseModel):
    """One experiment, as a TOML file describes it.

    `set` changes every arm's circuit, an arm's own `set` goes over it, a phase's over that, then `changes`, which the command
    line fills; an arm's `grid` comes last.
    """

    model_config = STRICT

    name: str
    title: str
    source: str = ""
    notes: str = ""
    task: TaskChoice
    seeds: Count = 1
    first_seed: Annotated[int, Field(ge=0)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    set: dict[str, Any] = {}
    changes: dict[str, Any] = {}
    arm: Annotated[list[Arm], Field(min_length=1)]
    phase: Annotated[list[Phase], Field(min_length=1)]
    record: dict[str, Count] = {}
    table: list[str] = []
    figure: list[FigureChoice] = []
    claim: list[ClaimChoice] = []

    _circuits: dict[tuple[str, int], Circuit] = PrivateAttr(default_factory=dict)

    @cached_property
    def made_task(self) -> Task:
        """The task; made once."""
        kind = TASKS[self.task.name]
        return kind(**Parameters(kind).complete(self.task.parameters, "task"))

    @property
    def trials(self) -> int:
        """How many trials each run has, over all phases."""
        return sum(phase.length(self.made_task) for phase in self.phase)

    def about(self, arm: Arm) -> Scenario:
        """This scenario without the other arms of a grid, which may be thousands: what the recording of an arm tells."""
        return self.model_copy(update={"arm": [one for one in self.arm if not one.grid or one == arm]})

    def circuit(self, arm: Arm, phase: Phase) -> Circuit:
        """The circuit of an arm in a phase; made once, and shared by all seeds.

        Raises:
            InputError: no such circuit, or an address in `set` or `freeze` names nothing.
        """
        key = arm.name, self.phase.index(phase)
        if key not in self._circuits:
            self._circuits[key] = self._made(arm, phase)
        return self._circuits[key]

    def adopt(self, arm: Arm, circuits: Sequence[Circuit]) -> None:
        """Take the circuits of an arm, one for each phase, as they were made elsewhere, instead of making them."""
        self._circuits.update({(arm.name, index): circuit for index, circuit in enumerate(circuits)})

    def _made(self, arm: Arm, phase: Phase) -> Circuit:
        chosen = phase.circuit or arm.circuit
        circuit = _family(chosen) if isinstance(chosen, FamilyChoice) else load_circuit(chosen)
        for changes in (self.set, arm.set, phase.set, self.changes, arm.grid):
            circuit = circuit.replace(changes)
        frozen = {n: f"{n}.bias.plasticity" if n in circuit.populations else f"{n}.plasticity" for n in phase.freeze}
        return circuit.replace(dict.fromkeys(frozen.values(), "fixed"))

    def seed_numbers(self) -> range:
        """The seeds of the runs of each arm."""
        return range(self.first_seed, self.first_seed + self.seeds)


def _family(choice: FamilyChoice) -> Circuit:
    if choice.name not in FAMILIES:
        listed = ", ".join(FAMILIES)
        raise InputError(
            [Problem("family", f"no such family {choice.name!r}; there are {listed}", nearest(choice.name, FAMILIES))]
        )
    family = FAMILIES[choice.name]
    known = list(Parameters(family).fields)
    unknown = [
        Problem(key, f"unknown key; known keys are {', '.join(known)}", nearest(key, known))
        for key in choice.parameters
        if key not in known
    ]
    if unknown:
        raise InputError(unknown)
    try:
        return family(**choice.parameters)
    except TypeError as error:
        raise InputError([Problem("family", str(error))]) from None


def load_scenario(name_or_path: str | Path) -> Scenario:
    """A scenario by its name on the shelf or by the path of a TOML file, checked.

    Raises:
        InputError: no such scenario, or not TOML.
        ScenarioError: with every problem, each at its address.

    >>> load_scenario("linear_map").seeds
    20
    """
    path = find("scenarios", name_or_path)
    tables = read_toml(path)
    tables.setdefault("name", path.stem)
    return checked(tables, str(path))


def checked(tables: Mapping[str, Any], place: str) -> Scenario:
    """The scenario that some tables describe; raises ScenarioError with all that is wrong."""
    try:
        scenario = Scenario.model_validate(dict(tables))
    except ValidationError as error:
        raise ScenarioError(_structural(error), place) from None
    problems = list(_problems(scenario))
    if problems:
        raise ScenarioError(dict.fromkeys(problems), place)
    return scenario


def _structural(error: ValidationError) -> list[Problem]:
    """pydantic's problems, each with the keys that are known at its own place."""
    rooms: dict[str, type[BaseModel]] = {"arm": Arm, "phase": Phase}
    found = []
    for problem in problems_of(error, "", Scenario.model_fields):
        room = rooms.get(problem.address.split(".")[0])
        if room is not None and problem.message.startswith("unknown key"):
            known = list(room.model_fields)
            key = problem.address.rpartition(".")[2]
            problem = Problem(problem.address, f"unknown key; known keys are {', '.join(known)}", nearest(key, known))
        found.append(problem)
    return found


def _problems(scenario: Scenario) -> Iterator[Problem]:
    task_problems = list(_task(scenario))
    yield from task_problems
    yield from _doubled_arms(scenario)
    yield from _intervals(scenario)
    yield from _wildcards(scenario)
    for arm in scenario.arm:
        for index, phase in enumerate(scenario.phase):
            where = f"arm.{arm.name}" if len(scenario.phase) == 1 else f"arm.{arm.name}.phase.{index}"
            yield from _circuit(scenario, arm, phase, where, sizes=not task_problems)
    yield from _claims(scenario)
    yield from _figures(scenario)


def _doubled_arms(scenario: Scenario) -> Iterator[Problem]:
    names = [arm.name for arm in scenario.arm]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"arm.{name}", "a second arm of this name")


def _task(scenario: Scenario) -> Iterator[Problem]:
    if scenario.task.name not in TASKS:
        yield TASKS.unknown("task.name", scenario.task.name)
        return
    found = Parameters(TASKS[scenario.task.name]).problems(scenario.task.parameters, "task")
    yield from found
    if found:
        return
    try:
        for phase in scenario.phase:
            phase.length(scenario.made_task)
    except InputError as error:
        yield from error.problems


def _circuit(scenario: Scenario, arm: Arm, phase: Phase, where: str, *, sizes: bool) -> Iterator[Problem]:
    try:
        circuit = scenario.circuit(arm, phase)
    except InputError as error:
        yield from (Problem(f"{where}.{p.address}" if p.address else where, p.message, p.suggestion) for p in error.problems)
        return
    found = problems_with(circuit)
    yield from (Problem(f"{where}.{p.address}", p.message, p.suggestion) for p in found)
    if not found and sizes:
        yield from _fits(scenario, circuit, where)


def _fits(scenario: Scenario, circuit: Circuit, where: str) -> Iterator[Problem]:
    from neurosim.simulator.recorder import what

    task = scenario.made_task
    for role, size in (("input", task.inputs), ("target", task.outputs)):
        for population in circuit.of_role(role):
            if population.size != size:
                yield Problem(
                    f"{where}.{population.name}.size",
                    f"the task {scenario.task.name!r} has {size}, the circuit {population.size}",
                )
    simulator = Simulator(circuit)
    for address in scenario.record:
        try:
            what(simulator, address)
        except NeurosimError as error:
            if not _elsewhere(scenario, address):
                yield from (Problem(f"record.{address}", p.message, p.suggestion) for p in getattr(error, "problems", ()))


def _elsewhere(scenario: Scenario, address: str) -> bool:
    """Whether some arm has what is to be recorded: the others then record nan."""
    from neurosim.simulator.recorder import what

    for arm in scenario.arm:
        for phase in scenario.phase:
            try:
                what(Simulator(scenario.circuit(arm, phase)), address)
            except (InputError, CircuitError):
                continue
            return True
    return False


def _recorded(scenario: Scenario, name: object, where: str, *, number: bool) -> Iterator[Problem]:
    """What a table, a figure or a claim wants to see must be recorded, and be a number where it must."""
    if not isinstance(name, str):
        return
    if name not in scenario.record:
        listed = ", ".join(scenario.record)
        yield Problem(where, f"{name!r} is not recorded; recorded are {listed}", nearest(name, scenario.record))
    elif number and not _is_number(scenario, name):
        yield Problem(where, f"expected a quantity that is one number at each moment, {name!r} is many")


def _is_number(scenario: Scenario, name: str) -> bool:
    if resolve(name) is not None:
        return True
    for arm in scenario.arm:
        with contextlib.suppress(InputError):
            population = scenario.circuit(arm, scenario.phase[0]).populations.get(name.rpartition(".")[0])
            if population is not None:
                return population.size == 1
    return False


def _intervals(scenario: Scenario) -> Iterator[Problem]:
    for address, interval in scenario.record.items():
        for index, phase in enumerate(scenario.phase):
            if interval % phase.batch:
                told = f"expected a multiple of the batch of phase {index}, {phase.batch}, found {interval}"
                yield Problem(f"record.{address}", told)


def _wildcards(scenario: Scenario) -> Iterator[Problem]:
    """A place with `*` may be in some arms only, but not in none."""
    places = [("set", scenario.set), ("--set", scenario.changes)]
    for where, changes in places:
        for address in changes:
            if "*" in address and not any(_matched(scenario, arm, address) for arm in scenario.arm):
                yield Problem(f"{where}.{address}", "changes nothing: no element of any arm has this place")


def _matched(scenario: Scenario, arm: Arm, address: str) -> bool:
    with contextlib.suppress(InputError):
        return any(matches(scenario.circuit(arm, phase).to_tables(), address) for phase in scenario.phase)
    return True


def _claims(scenario: Scenario) -> Iterator[Problem]:
    arms = [arm.name for arm in scenario.arm]
    for index, claim in enumerate(scenario.claim):
        where = f"claim.{index}"
        if claim.name not in CLAIMS:
            yield CLAIMS.unknown(f"{where}.check", claim.name)
            continue
        yield from CLAIMS[claim.name].problems(claim, where)
        named = [claim.parameters.get("arm"), *(claim.parameters.get("arms") or [])]
        for name in named:
            if name is not None and name not in arms:
                yield Problem(f"{where}.arm", f"no arm {name!r}; there are {', '.join(arms)}", nearest(str(name), arms))
        yield from _recorded(scenario, claim.parameters.get("quantity"), f"{where}.quantity", number=True)
        yield from _recorded(scenario, claim.parameters.get("address"), f"{where}.address", number=False)


def _shown(scenario: Scenario, figure: FigureChoice, where: str) -> Iterator[Problem]:
    """What a figure's options name as recorded must be."""
    one = figure.name != "histogram"  # which shows how many numbers are distributed
    yield from _recorded(scenario, figure.parameters.get("quantity"), f"{where}.quantity", number=one)
    quantities = figure.parameters.get("quantities")
    for place, address in enumerate(quantities if isinstance(quantities, list) else ()):
        yield from _recorded(scenario, address, f"{where}.quantities.{place}", number=True)
    for option in ("address", "forward", "feedback"):
        yield from _recorded(scenario, figure.parameters.get(option), f"{where}.{option}", number=False)


def _figures(scenario: Scenario) -> Iterator[Problem]:
    for index, figure in enumerate(scenario.figure):
        if figure.name not in FIGURES:
            yield FIGURES.unknown(f"figure.{index}.name", figure.name)
        else:
            yield from Parameters(FIGURES[figure.name], ("recordings",)).problems(figure.parameters, f"figure.{index}")
            yield from _shown(scenario, figure, f"figure.{index}")
    for index, quantity in enumerate(scenario.table):
        yield from _recorded(scenario, quantity, f"table.{index}", number=True)
