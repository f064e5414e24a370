"""What is wrong with a scenario: every problem, each at its address, before anything runs."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from neurosim.circuit.circuit import Circuit
from neurosim.circuit.overrides import matches
from neurosim.circuit.validate import problems_with
from neurosim.engine.storage import installed
from neurosim.errors import InputError, Problem, nearest
from neurosim.figures import FIGURES
from neurosim.metrics.look import resolve
from neurosim.parameters import LARGEST_COUNT, Parameters, parameters_of, problems_of
from neurosim.scenario.claim_terms import misfitting, terms_of, unrecorded
from neurosim.scenario.claims import CLAIMS
from neurosim.scenario.description import EACH_RUN, Arm, ClaimChoice, Ending, FigureChoice, Phase, Scenario
from neurosim.shelf import find, names
from neurosim.simulator import Simulator
from neurosim.simulator.equal_errors import feedback_projections
from neurosim.simulator.recorder import BEST
from neurosim.tasks import TASKS

ROOMS: dict[str, type[BaseModel]] = {"arm": Arm, "phase": Phase, "until": Ending}


MOST_MOMENTS = 1_000_000
LISTS = ("arm", "phase", "figure", "claim")


def structural(error: ValidationError) -> list[Problem]:
    """pydantic's problems, each with the keys that are known at its own place."""
    found = []
    for problem in problems_of(error, "", Scenario.model_fields):
        before, _, key = problem.address.rpartition(".")
        if problem.message.startswith("expected a list") and key in LISTS:
            problem = Problem(problem.address, problem.message.replace("a list", f"a list of tables, [[{key}]]", 1))
        room = next((ROOMS[part] for part in reversed(before.split(".")) if part in ROOMS), None)
        if room is not None and problem.message.startswith("unknown key"):
            known = list(room.model_fields)
            problem = Problem(problem.address, f"unknown key; known keys are {', '.join(known)}", nearest(key, known))
        found.append(problem)
    return found


def problems_in(scenario: Scenario, *, moments: bool = True) -> Iterator[Problem]:
    """All that is wrong with a scenario whose structure is right.

    Args:
        scenario: any scenario.
        moments: whether claims about trials at which nothing is recorded are among it.
    """
    task_problems = list(_task(scenario))
    yield from task_problems
    yield from _doubled_arms(scenario)
    yield from _intervals(scenario)
    yield from () if task_problems else [*_starts(scenario), *_lengths(scenario)]
    yield from _wildcards(scenario)
    yield from _circuits(scenario, sizes=not task_problems)
    for arm in scenario.arm:
        yield from _endings(scenario, arm.phase or scenario.phase, where=f"arm.{arm.name}.phase" if arm.phase else "phase")
    yield from _claims(scenario, moments=moments and not task_problems)
    yield from _figures(scenario)


def _endings(scenario: Scenario, phases: Sequence[Phase], where: str) -> Iterator[Problem]:
    """What a phase looks at to know its end must be recorded, and be a number."""
    for index, phase in enumerate(phases):
        if phase.until is not None:
            yield from _recorded(scenario, phase.until.quantity, f"{where}.{index}.until.quantity", number=True)


def _doubled_arms(scenario: Scenario) -> Iterator[Problem]:
    names = [arm.name for arm in scenario.arm]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"arm.{name}", "a second arm of this name")


def _task(scenario: Scenario) -> Iterator[Problem]:
    if scenario.task.name not in TASKS:
        yield TASKS.unknown("task.name", scenario.task.name)
        return
    kind = parameters_of(TASKS[scenario.task.name])
    found = list(_task_parameters(scenario, kind))
    yield from found
    if found:
        return
    try:
        for arm in scenario.arm:
            scenario.trials(arm)
    except InputError as error:
        for problem in error.problems:
            own = problem.address.partition(".")[0] in kind.fields
            yield Problem(f"task.{problem.address}" if own else problem.address, problem.message, problem.suggestion)


def _task_parameters(scenario: Scenario, kind: Parameters) -> Iterator[Problem]:
    """What is wrong with the parameters of the task, and with those that an arm has of its own."""
    for arm in scenario.arm:
        for problem in kind.problems(scenario.task_parameters(arm), "task"):
            key = problem.address.partition(".")[2]
            where = f"arm.{arm.name}.{problem.address}" if key in arm.task else problem.address
            if key == "seed":
                given = str({**scenario.task.parameters, **arm.task}[key])
                told = f'{problem.message}; or "{EACH_RUN}": another one for every run'
                problem = Problem(where, told, nearest(given, [EACH_RUN]))
            yield Problem(where, problem.message, problem.suggestion)


def _circuits(scenario: Scenario, *, sizes: bool) -> Iterator[Problem]:
    """What is wrong with the circuits of all arms in all phases, and with what is recorded of them."""
    sound: dict[int, Circuit] = {}
    for arm in scenario.arm:
        phases = arm.phase or scenario.phase
        told: set[tuple[str, str]] = set()
        if not phases:
            yield Problem(f"arm.{arm.name}.phase", "expected a phase, of this arm or of the scenario")
        for index, phase in enumerate(phases):
            where = f"arm.{arm.name}" if len(phases) == 1 else f"arm.{arm.name}.phase.{index}"
            found, circuit = _circuit(scenario, arm, phase, sound)
            new = [problem for problem in found if (problem.address, problem.message) not in told]
            told.update((problem.address, problem.message) for problem in new)
            yield from (Problem(f"{where}.{p.address}" if p.address else where, p.message, p.suggestion) for p in new)
            if circuit is not None:
                sound[id(circuit)] = circuit
                yield from _fits(scenario, arm, circuit, where) if sizes else ()
    yield from _nowhere(scenario, list(sound.values()))


def _circuit(scenario: Scenario, arm: Arm, phase: Phase, sound: Mapping[int, Circuit]) -> tuple[list[Problem], Circuit | None]:
    """The problems of a circuit, or the circuit if it has none; one that is known to be sound is not checked again."""
    try:
        circuit = scenario.circuit(arm, phase)
        found = [] if _is_sound(scenario, arm, phase, circuit, sound) else problems_with(circuit)
    except InputError as error:
        return list(error.problems), None
    if not found and arm.equal_errors is not None and not list(feedback_projections(circuit)):
        told = "there is no fixed random projection onto a feedback population to scale"
        return [Problem("equal_errors", told)], None
    return found, None if found else circuit


def _is_sound(scenario: Scenario, arm: Arm, phase: Phase, circuit: Circuit, sound: Mapping[int, Circuit]) -> bool:
    """Whether a circuit has been checked, or is one that has been, with smaller etas: no signal of it is another one."""
    if phase.eta_scale >= 1.0:
        return id(circuit) in sound
    return id(scenario.circuit(arm, phase.model_copy(update={"eta_scale": 1.0}))) in sound


def _fits(scenario: Scenario, arm: Arm, circuit: Circuit, where: str) -> Iterator[Problem]:
    task = scenario.task_of(arm)
    for role, size in (("input", task.inputs), ("target", task.outputs)):
        for population in circuit.of_role(role):
            if population.size != size:
                yield Problem(
                    f"{where}.{population.name}.size",
                    f"the task {scenario.task.name!r} has {size}, the circuit {population.size}",
                )


def _nowhere(scenario: Scenario, circuits: Sequence[Circuit]) -> Iterator[Problem]:
    """What no phase of any arm has cannot be recorded; where some have it, the others record nan."""
    from neurosim.simulator.recorder import what

    made: dict[int, Simulator] = {}  # mostly the first circuit has everything, and making a simulator takes a while
    for address in scenario.record:
        told: list[Problem] = []
        for index, circuit in enumerate(circuits):
            try:
                what(made.get(index) or made.setdefault(index, Simulator(circuit)), address)
            except InputError as error:
                told = told or [Problem(f"record.{address}", p.message, p.suggestion) for p in error.problems]
            else:
                told = []
                break
        yield from told


def _recorded(scenario: Scenario, name: object, where: str, *, number: bool) -> Iterator[Problem]:
    """What a table, a figure or a claim wants to see must be recorded, and be a number where it must."""
    if not isinstance(name, str):
        return
    if name not in scenario.record:
        known = f"recorded are {', '.join(scenario.record)}" if scenario.record else "nothing is"
        yield Problem(where, f"{name!r} is not recorded; {known}", nearest(name, scenario.record))
    elif number and not _is_number(scenario, name):
        yield Problem(where, f"expected a quantity that is one number at each moment, {name!r} is many")


def _is_number(scenario: Scenario, name: str) -> bool:
    found = resolve(name.removeprefix(BEST))
    if found is not None:
        return not found[0].per
    for arm in scenario.arm:
        with contextlib.suppress(InputError):
            population = scenario.circuit(arm, scenario.phases(arm)[0]).populations.get(name.rpartition(".")[0])
            if population is not None:
                return population.size == 1
    return False


def _intervals(scenario: Scenario) -> Iterator[Problem]:
    places = [("", scenario.phase), *((f" of the arm {arm.name}", arm.phase) for arm in scenario.arm)]
    for address, interval in scenario.record.items():
        for whose, phases in places:
            for index, phase in enumerate(phases):
                if interval % phase.batch:
                    told = f"expected a multiple of the batch of phase {index}{whose}, {phase.batch}, found {interval}"
                    yield Problem(f"record.{address}", told)


def _starts(scenario: Scenario) -> Iterator[Problem]:
    """A phase begins with a whole batch: recording moments are counted from the first trial of the run, and part batches.

    Of each arm the first that does not: the later ones follow from it.
    """
    for arm in scenario.arm:
        first, task = 0, scenario.task_of(arm)
        for index, phase in enumerate(scenario.phases(arm)):
            if first % phase.batch:
                told = f"expected to begin at a multiple of its batch, {phase.batch}; the phases before it have {first} trials"
                yield Problem(f"arm.{arm.name}.phase.{index}", told)
                break
            first += phase.length(task)


def _lengths(scenario: Scenario) -> Iterator[Problem]:
    """No run is longer than anybody can wait, and no quantity is recorded more often than a file can hold."""
    longest = max(scenario.trials(arm) for arm in scenario.arm)
    if longest > LARGEST_COUNT:
        yield Problem("phase", f"expected at most {LARGEST_COUNT:,} trials in a run, found {longest:,}")
    for address, interval in scenario.record.items():
        moments = longest // interval + 1
        if moments > MOST_MOMENTS:
            told = f"expected at most {MOST_MOMENTS:,} moments, found {moments:,}; a larger interval has fewer"
            yield Problem(f"record.{address}", told)
    for task in dict.fromkeys(scenario.task_of(arm) for arm in scenario.arm):
        tests, width = int(getattr(task, "tests", 0)), task.inputs + task.outputs
        if 8 * tests * width > installed():
            room = f"{installed() / 1e9:,.0f} GB of memory"
            told = f"expected test trials that fit into {room}, found {tests:,} of {width:,} numbers"
            yield Problem("task.tests", told)


def _wildcards(scenario: Scenario) -> Iterator[Problem]:
    """A place with `*` may be in some arms only, but not in none."""
    places = [("set", scenario.set), ("--set", scenario.changes)]
    for where, changes in places:
        for address in changes:
            if "*" in address and not any(_matched(scenario, arm, address) for arm in scenario.arm):
                yield Problem(f"{where}.{address}", "changes nothing: no element of any arm has this place")


def _matched(scenario: Scenario, arm: Arm, address: str) -> bool:
    with contextlib.suppress(InputError):
        return any(matches(scenario.circuit(arm, phase).to_tables(), address) for phase in scenario.phases(arm))
    return True


def _arms_beside(scenario: Scenario, name: str) -> list[str]:
    """The arms of a scenario, or where a name has another scenario's in front, those of that one on the shelf."""
    other = name.partition("/")[0]
    if "/" not in name or other not in names("scenarios"):
        return [arm.name for arm in scenario.arm]
    with open(find("scenarios", other), "rb") as file:
        return [f"{other}/{arm['name']}" for arm in tomllib.load(file)["arm"]]


def _claims(scenario: Scenario, *, moments: bool) -> Iterator[Problem]:
    for index, claim in enumerate(scenario.claim):
        where = f"claim.{index}"
        if claim.name not in CLAIMS:
            yield CLAIMS.unknown(f"{where}.check", claim.name)
            continue
        mistyped = CLAIMS[claim.name].parameters.problems(claim.parameters, where)
        wrong = mistyped or [*CLAIMS[claim.name].problems(claim, where), *_named(scenario, claim, where)]
        yield from wrong
        if moments and not wrong:
            yield from unrecorded(scenario, claim, where)
            yield from misfitting(scenario, claim, where)


def _named(scenario: Scenario, claim: ClaimChoice, where: str) -> Iterator[Problem]:
    """Arms that are none, and quantities that are not recorded, or are no numbers where they must be."""
    terms = terms_of(claim)
    named = [("arm", terms["arm"])] if terms.get("arm") is not None else []
    named += [(f"arms.{place}", name) for place, name in enumerate(terms.get("arms") or [])]
    for place, name in named:
        if name not in (arms := _arms_beside(scenario, name)):
            yield Problem(f"{where}.{place}", f"no arm {name!r}; there are {', '.join(dict.fromkeys(arms))}", nearest(name, arms))
    for term in ("quantity", "other", "gate", "given"):
        yield from _recorded(scenario, terms.get(term), f"{where}.{term}", number=True)
    for term in ("address", "first", "second"):
        yield from _recorded(scenario, terms.get(term), f"{where}.{term}", number=False)


def _shown(scenario: Scenario, figure: FigureChoice, where: str) -> Iterator[Problem]:
    """What a figure's options name as recorded must be."""
    yield from _recorded(scenario, figure.parameters.get("quantity"), f"{where}.quantity", number=True)
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
            yield from parameters_of(FIGURES[figure.name], "recordings").problems(figure.parameters, f"figure.{index}")
            yield from _shown(scenario, figure, f"figure.{index}")
    for index, quantity in enumerate(scenario.table):
        yield from _recorded(scenario, quantity, f"table.{index}", number=True)
