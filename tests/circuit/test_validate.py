"""Every mistake is told before anything runs: where, what, and what was probably meant."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import pytest

from neurosim.circuit.circuit import Circuit, parse
from neurosim.circuit.layered import FEEDBACK, layered
from neurosim.circuit.validate import problems_with, validate
from neurosim.errors import CircuitError, Problem
from neurosim.models.connectors import CONNECTORS
from neurosim.models.neurons import NEURONS, neuron_model

Tables = dict[str, Any]


def sound() -> Tables:
    return copy.deepcopy(layered([6, 5, 3], feedback="random").to_tables())


def at(tables: Tables, name: str) -> Tables:
    """The table of a population or a projection."""
    if name in tables["population"]:
        return tables["population"][name]
    return next(p for p in tables["projection"] if p["name"] == name)


def put(name: str, /, **values: Any) -> Callable[[Tables], None]:
    return lambda tables: at(tables, name).update(values)


def take(name: str, *keys: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for key in keys:
            del at(tables, name)[key]

    return change


def new(name: str, /, **values: Any) -> Callable[[Tables], None]:
    return lambda tables: tables["population"].update({name: values})


def join(pre: str, post: str, /, **values: Any) -> Callable[[Tables], None]:
    return lambda tables: tables["projection"].append({"pre": pre, "post": post, "name": f"{pre}_to_{post}", **values})


def drop(name: str) -> Callable[[Tables], None]:
    return lambda tables: tables["projection"].remove(at(tables, name))


def both(*changes: Callable[[Tables], None]) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for one in changes:
            one(tables)

    return change


FIXED = {"kind": "uniform", "bound": 0.1}
DELTA = {"rule": "delta", "eta": 0.1}
TIED = {"kind": "tied", "to": "hidden_to_output"}
INVERSE = {"kind": "pseudoinverse", "to": "hidden_to_output"}

BROKEN: dict[str, tuple[Callable[[Tables], None], str, str, str | None]] = {
    # what is wrong: (change, address, part of the message, suggestion)
    "unknown key of a population": (put("hidden", sise=3), "hidden.sise", "unknown key; known keys are name, size", "size"),
    "unknown key of a projection": (put("input_to_hidden", weigths="zeros"), "input_to_hidden.weigths", "unknown key", "weights"),
    "unknown key of a bias": (put("hidden", bias={"weight": "zeros"}), "hidden.bias.weight", "unknown key", "weights"),
    "unknown key of the circuit": (lambda t: t.update(populations={}), "populations", "unknown key", "population"),
    "unknown role": (put("hidden", role="hiden"), "hidden.role", "'hiden'", "hidden"),
    "unknown receptor": (put("input_to_hidden", receptor="drives"), "input_to_hidden.receptor", "'drives'", "drive"),
    "unknown transfer function": (
        put("hidden", transfer="thanh"),
        "hidden.transfer",
        "no such transfer function 'thanh'; there are",
        "tanh",
    ),
    "unknown model": (put("hidden", model="rates"), "hidden.model", "no such neuron model 'rates'", "rate"),
    "unknown rule": (
        put("input_to_hidden", plasticity={"rule": "detla", "eta": 1.0}),
        "input_to_hidden.plasticity",
        "no such plasticity rule 'detla'",
        "delta",
    ),
    "unknown weights": (
        put("input_to_hidden", weights={"kind": "unifrom", "bound": 1.0}),
        "input_to_hidden.weights",
        "'unifrom'",
        "uniform",
    ),
    "unknown connector": (
        put("input_to_hidden", connector="all_to_al"),
        "input_to_hidden.connector",
        "no such connector 'all_to_al'",
        "all_to_all",
    ),
    "unknown rule of a bias": (put("hidden", bias={"plasticity": "detla"}), "hidden.bias.plasticity", "'detla'", "delta"),
    "unknown weights of a bias": (put("hidden", bias={"weights": "zero"}), "hidden.bias.weights", "'zero'", "zeros"),
    "unknown parameter of weights": (
        put("input_to_hidden", weights={"kind": "uniform", "bund": 1.0}),
        "input_to_hidden.weights.bund",
        "unknown key; known keys are bound, centre",
        "bound",
    ),
    "missing parameter of weights": (
        put("input_to_hidden", weights="uniform"),
        "input_to_hidden.weights.bound",
        "is missing",
        None,
    ),
    "unknown parameter of a rule": (
        put("input_to_hidden", plasticity={"rule": "delta", "etta": 0.1}),
        "input_to_hidden.plasticity.etta",
        "unknown key",
        "eta",
    ),
    "missing eta": (put("input_to_hidden", plasticity="delta"), "input_to_hidden.plasticity.eta", "is missing", None),
    "negative eta": (
        put("input_to_hidden", plasticity={"rule": "delta", "eta": -0.1}),
        "input_to_hidden.plasticity.eta",
        "at least 0, found -0.1",
        None,
    ),
    "momentum above one": (
        put("input_to_hidden", plasticity={"rule": "delta", "eta": 0.1, "momentum": 1.5}),
        "input_to_hidden.plasticity.momentum",
        "at most 1",
        None,
    ),
    "eta as text": (
        put("input_to_hidden", plasticity={"rule": "delta", "eta": "0.1"}),
        "input_to_hidden.plasticity.eta",
        "found '0.1'",
        None,
    ),
    "nan eta": (
        put("input_to_hidden", plasticity={"rule": "delta", "eta": math.nan}),
        "input_to_hidden.plasticity.eta",
        "expected a finite number",
        None,
    ),
    "nan among weights": (
        put("input_to_hidden", weights={"kind": "explicit", "values": [[math.nan] * 6] * 5}),
        "input_to_hidden.weights.values",
        "finite number",
        None,
    ),
    "infinite noise": (put("hidden", noise=math.inf), "hidden.noise", "finite number", None),
    "negative noise": (put("hidden", noise=-1.0), "hidden.noise", "above 0", None),
    "negative size": (put("hidden", size=-3), "hidden.size", "at least 1, found -3", None),
    "no neurons": (put("hidden", size=0), "hidden.size", "at least 1", None),
    "half a neuron": (put("hidden", size=2.5), "hidden.size", "2.5", None),
    "a size as text": (put("hidden", size="20"), "hidden.size", "found '20'", None),
    "a size that is true": (put("hidden", size=True), "hidden.size", "True", None),
    "no size": (take("hidden", "size"), "hidden.size", "is missing", None),
    "no weights": (take("input_to_hidden", "weights"), "input_to_hidden.weights", "is missing; expected initial weights", None),
    "a name with a dot": (put("input_to_hidden", name="a.b"), "a.b.name", "letters, digits", None),
    "no such presynaptic population": (
        put("input_to_hidden", pre="inputs"),
        "input_to_hidden.pre",
        "no population 'inputs'; there are input",
        "input",
    ),
    "no such postsynaptic population": (
        put("input_to_hidden", post="hiden"),
        "input_to_hidden.post",
        "no population 'hiden'",
        "hidden",
    ),
    "two elements of one name": (
        join("input", "hidden", weights=FIXED),
        "input_to_hidden",
        "a second element of this name",
        None,
    ),
    "a population and a projection of one name": (
        join("input", "hidden", name="hidden", weights=FIXED),
        "hidden",
        "a second element of this name",
        None,
    ),
    "one to one between unequal sizes": (
        put("feedback", size=7),
        "feedback_to_hidden.connector",
        "same size, found 7 onto 5",
        None,
    ),
    "one to one of error and target": (put("target", size=4), "target_to_error.connector", "found 4 onto 3", None),
    "broadcast of a vector": (
        put("feedback_to_hidden", connector="broadcast"),
        "feedback_to_hidden.connector",
        "starts from a single neuron, found a population of 5",
        None,
    ),
    "a scalar one to one": (
        both(put("feedback_to_hidden", pre="loss"), put("feedback_to_hidden", signal="rate")),
        "feedback_to_hidden.connector",
        "found 1 onto 5",
        None,
    ),
    "fan out that does not divide": (
        put("feedback_to_hidden", connector="fan_out", pre="error", signal="rate"),
        "feedback_to_hidden.connector",
        "multiple of the presynaptic one, found 3 onto 5",
        None,
    ),
    "a pair outside": (
        put("input_to_hidden", connector={"kind": "explicit", "pairs": [[0, 0], [5, 0]]}),
        "input_to_hidden.connector.pairs.1",
        "[5, 6], found [5, 0]",
        None,
    ),
    "a negative pair": (
        put("input_to_hidden", connector={"kind": "explicit", "pairs": [[-1, 0]]}),
        "input_to_hidden.connector.pairs.0",
        "found [-1, 0]",
        None,
    ),
    "a pair of three": (
        put("input_to_hidden", connector={"kind": "explicit", "pairs": [[0, 0, 0]]}),
        "input_to_hidden.connector.pairs.0",
        "expected [post, pre]",
        None,
    ),
    "probability above one": (
        put("input_to_hidden", connector={"kind": "fixed_probability", "probability": 1.5}),
        "input_to_hidden.connector.probability",
        "at most 1",
        None,
    ),
    "explicit weights of the wrong shape": (
        put("input_to_hidden", weights={"kind": "explicit", "values": [[0.0] * 5] * 6}),
        "input_to_hidden.weights.values",
        "expected the shape (5, 6) (post, pre), found (6, 5)",
        None,
    ),
    "explicit weights with ragged rows": (
        put("input_to_hidden", weights={"kind": "explicit", "values": [[0.0], [0.0, 1.0]]}),
        "input_to_hidden.weights.values",
        "rows of different lengths",
        None,
    ),
    "explicit bias of the wrong shape": (
        put("hidden", bias={"weights": {"kind": "explicit", "values": [0.0] * 4}}),
        "hidden.bias.weights.values",
        "found (4,)",
        None,
    ),
    "two losses' worth of neurons": (put("loss", size=2), "loss.size", "a single number; expected 1, found 2", None),
    "two inputs": (
        new("more", size=2, role="input"),
        "more.role",
        "a second population with the role 'input' beside 'input'",
        None,
    ),
    "two targets": (new("more", size=2, role="target"), "more.role", "a second population with the role 'target'", None),
    "no input": (put("input", role="hidden"), "population", "no population has the role 'input'", None),
    "an input that explores": (put("input", noise=0.1), "input.noise", "set by the task", None),
    "dropout of all": (put("hidden", dropout=1.0), "hidden.dropout", "expected a number below 1, found 1.0", None),
    "dropout of none": (put("hidden", dropout=0), "hidden.dropout", "expected a number above 0, found 0", None),
    "dropout as text": (put("hidden", dropout="half"), "hidden.dropout", "expected a number, found 'half'", None),
    "dropout that is no number": (put("hidden", dropout=math.nan), "hidden.dropout", "a finite number", None),
    "dropout misspelt": (put("hidden", dropuot=0.5), "hidden.dropuot", "unknown key", "dropout"),
    "an output that drops out": (
        put("output", dropout=0.5),
        "output.dropout",
        "only hidden neurons and inputs drop out: expected the role 'input' or 'hidden', found 'output'",
        None,
    ),
    "an error that drops out": (put("error", dropout=0.5), "error.dropout", "found 'error'", None),
    "dropout that learning does not see": (
        put("hidden", dropout=0.5, model="direct"),
        "hidden.dropout",
        "model 'direct' cannot drop out: its 'teaching' does not follow from 'slope', which is what is silenced",
        None,
    ),
    "an error that drives": (
        put("error_to_output", receptor="drive"),
        "error_to_output.receptor",
        "carries a teaching signal, found 'drive' of output; expected 'modulatory'",
        None,
    ),
    "feedback that drives": (
        put("feedback_to_hidden", receptor="drive", signal="rate"),
        "feedback_to_hidden.receptor",
        "expected 'modulatory'",
        None,
    ),
    "a source that is driven": (
        join("hidden", "input", weights=FIXED),
        "hidden_to_input.receptor",
        "its rates are set by the task",
        None,
    ),
    "a loss that is modulated": (
        join("output", "loss", receptor="modulatory", weights=FIXED),
        "output_to_loss.receptor",
        "has no receptor 'modulatory'; it has drive",
        None,
    ),
    "nothing drives it": (new("lonely", size=2), "lonely", "nothing drives it", None),
    "a rule that nothing teaches": (
        drop("feedback_to_hidden"),
        "input_to_hidden.plasticity",
        "rule 'delta' reads hidden.teaching, which does not exist: nothing reaches the receptor 'modulatory'",
        None,
    ),
    "a bias rule that nothing teaches": (drop("feedback_to_hidden"), "hidden.bias.plasticity", "hidden.teaching", None),
    "a rule without exploration": (
        put("input_to_hidden", plasticity={"rule": "node_perturbation", "eta": 0.1}),
        "input_to_hidden.plasticity",
        "hidden does not explore (it has no 'noise')",
        None,
    ),
    "a signal that does not exist": (
        put("error_to_output", signal="drvie"),
        "error_to_output.signal",
        "error has no signal 'drvie'; it has",
        "drive",
    ),
    "a deviation that nobody causes": (
        put("feedback_to_hidden", pre="loss", signal="deviation", connector="broadcast"),
        "feedback_to_hidden.signal",
        "a loss deviates only where some population explores",
        ANY,
    ),
    "a loop without delay": (join("output", "hidden", weights=FIXED), "", "a loop without delay", None),
    "a loop of one": (join("hidden", "hidden", weights=FIXED), "hidden.", "a loop without delay", None),
    "tied to nothing": (
        put("error_to_feedback", weights={"kind": "tied", "to": "hidden_to_outptu"}),
        "error_to_feedback.weights.to",
        "no projection 'hidden_to_outptu'",
        "hidden_to_output",
    ),
    "tied to the wrong shape": (
        put("error_to_feedback", weights={"kind": "tied", "to": "input_to_hidden"}),
        "error_to_feedback.weights.to",
        "expected the shape of the transpose of 'input_to_hidden', 6 × 5 (post × pre), found 5 × 3",
        None,
    ),
    "the pseudoinverse of nothing": (
        put("error_to_feedback", weights={"kind": "pseudoinverse", "to": "hidden_to_outptu"}),
        "error_to_feedback.weights.to",
        "no projection 'hidden_to_outptu'",
        "hidden_to_output",
    ),
    "a misspelt pseudoinverse": (
        put("error_to_feedback", weights={"kind": "pseudoinvers", "to": "hidden_to_output"}),
        "error_to_feedback.weights",
        "no such initial weight",
        "pseudoinverse",
    ),
    "the pseudoinverse of nobody": (
        put("error_to_feedback", weights={"kind": "pseudoinverse"}),
        "error_to_feedback.weights.to",
        "is missing",
        None,
    ),
    "a pseudoinverse of the wrong shape": (
        put("error_to_feedback", weights={"kind": "pseudoinverse", "to": "input_to_hidden"}),
        "error_to_feedback.weights.to",
        "expected the shape of the transpose of 'input_to_hidden', 6 × 5 (post × pre), found 5 × 3",
        None,
    ),
    "a plastic pseudoinverse": (
        put("error_to_feedback", weights=INVERSE, plasticity={"rule": "hebbian", "eta": 0.1}),
        "error_to_feedback.plasticity",
        "whose own rule writes them; expected 'fixed'",
        None,
    ),
    "the pseudoinverse of itself": (
        put("error_to_feedback", weights={"kind": "pseudoinverse", "to": "error_to_feedback"}),
        "error_to_feedback.weights.to",
        "it is tied to itself",
        None,
    ),
    "the pseudoinverse of what is tied": (
        both(
            put("error_to_feedback", weights=TIED),
            new("f", size=3, role="feedback"),
            join("feedback", "f", weights={"kind": "pseudoinverse", "to": "error_to_feedback"}),
        ),
        "feedback_to_f.weights.to",
        "is tied itself; tie to 'hidden_to_output'",
        None,
    ),
    "a pseudoinverse one to one": (
        put("feedback_to_hidden", weights={"kind": "pseudoinverse", "to": "input_to_hidden"}),
        "feedback_to_hidden.weights.to",
        "tied weights join all to all",
        None,
    ),
    "a bias that is a pseudoinverse": (
        put("hidden", bias={"weights": INVERSE}),
        "hidden.bias.weights",
        "a bias cannot be tied",
        None,
    ),
    "a parameter that only derived weights have": (
        put("error_to_feedback", weights={"kind": "uniform", "bound": 0.1, "to": "hidden_to_output"}),
        "error_to_feedback.weights.to",
        "unknown key",
        None,
    ),
    "tied, with a rule": (
        put("error_to_feedback", weights=TIED, plasticity={"rule": "hebbian", "eta": 0.1}),
        "error_to_feedback.plasticity",
        "whose own rule writes them; expected 'fixed'",
        None,
    ),
    "tied to what is tied": (
        both(
            put("error_to_feedback", weights=TIED),
            new("f", size=3, role="feedback"),
            join("feedback", "f", weights={"kind": "tied", "to": "error_to_feedback"}),
        ),
        "feedback_to_f.weights.to",
        "is tied itself; tie to 'hidden_to_output'",
        None,
    ),
    "tied one to one": (
        put("feedback_to_hidden", weights={"kind": "tied", "to": "input_to_hidden"}),
        "feedback_to_hidden.weights.to",
        "tied weights join all to all",
        None,
    ),
    "a tied bias": (put("hidden", bias={"weights": TIED}), "hidden.bias.weights", "a bias cannot be tied", None),
    "a choice without its name": (
        put("input_to_hidden", weights={"bound": 1.0}),
        "input_to_hidden.weights",
        "a table with the key 'kind'",
        None,
    ),
    "a population that is no table": (
        lambda t: t["population"].update(hidden=3),
        "population.hidden",
        "expected a table, found 3",
        None,
    ),
    "populations in a list": (lambda t: t.update(population=[]), "population", "one table per population", None),
    "projections in a table": (lambda t: t.update(projection={}), "projection", "expected a list of tables", None),
    "a title that is no text": (lambda t: t.update(title=3), "title", "expected a text, found 3", None),
}


def told(tables: Tables) -> list[Problem]:
    """What reading and validating say, together."""
    circuit, problems = parse(tables)
    return [*problems, *problems_with(circuit)]


def test_that_the_circuit_which_is_broken_below_is_sound() -> None:
    assert told(sound()) == []


@pytest.mark.parametrize("what", list(BROKEN))
def test_that_a_mistake_is_told_at_its_address(what: str) -> None:
    change, address, part, suggestion = BROKEN[what]
    tables = sound()
    change(tables)
    problems = told(tables)
    at_place = [
        p for p in problems if p.address == address or address == "" or (address.endswith(".") and p.address.startswith(address))
    ]
    at_place = at_place or [p for p in problems if p.address.startswith(f"{address}.")]  # inside a list of lists
    assert any(part in p.message and suggestion == p.suggestion for p in at_place), problems


@pytest.mark.parametrize("what", list(BROKEN))
def test_that_a_mistake_raises(what: str) -> None:
    tables = sound()
    BROKEN[what][0](tables)
    with pytest.raises(CircuitError) as caught:
        validate(Circuit.from_tables(tables))
    assert caught.value.exit_code == 2
    assert str(caught.value)


def test_that_all_mistakes_are_told_at_once() -> None:
    tables = sound()
    for what in ("unknown transfer function", "no weights", "one to one of error and target", "two losses' worth of neurons"):
        BROKEN[what][0](tables)
    with pytest.raises(CircuitError) as caught:
        validate(Circuit.from_tables(tables))
    addresses = {p.address for p in caught.value.problems}
    assert {"hidden.transfer", "input_to_hidden.weights", "target_to_error.connector", "loss.size"} <= addresses
    lines = str(caught.value).splitlines()
    assert lines[0].endswith(f"{len(caught.value.problems)} problems")
    assert len(lines) == 1 + len(caught.value.problems)


def test_that_all_malformed_elements_are_told_at_once() -> None:
    tables = sound()
    for what in ("negative size", "unknown key of a projection", "infinite noise", "unknown key of the circuit"):
        BROKEN[what][0](tables)
    with pytest.raises(CircuitError) as caught:
        Circuit.from_tables(tables)
    assert {"hidden.size", "hidden.noise", "input_to_hidden.weigths", "populations"} <= {p.address for p in caught.value.problems}


def test_that_a_loop_is_named_by_its_signals() -> None:
    tables = sound()
    BROKEN["a loop without delay"][0](tables)
    (problem,) = told(tables)
    path = problem.message.rpartition(": ")[2].split(" → ")
    assert path[0] == path[-1] == problem.address
    assert set(path) == {f"{p}.{v}" for p in ("hidden", "output") for v in ("drive", "activation", "rate")}


@pytest.mark.parametrize("feedback", list(FEEDBACK))
@pytest.mark.parametrize("sizes", [[3, 2], [4, 3, 2], [4, 3, 5, 2], [4, 3, 5, 1, 2], [1, 1, 1]])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("output_model", [None, "direct"])
def test_that_every_family_is_valid(feedback: str, sizes: list[int], bias: bool, output_model: str | None) -> None:
    circuit = layered(sizes, feedback=feedback, bias=bias, output_model=output_model, output_transfer="logistic")
    assert problems_with(circuit) == []
    assert validate(circuit) == circuit


def test_that_the_error_is_implied_by_roles() -> None:
    circuit = Circuit()
    circuit.population("input", 3, role="input")
    circuit.population("output", 2, role="output")
    circuit.population("target", 2, role="target")
    circuit.population("error", 2, role="error")
    circuit.project("input", "output", weights="zeros", plasticity=DELTA)
    circuit.project("error", "output", receptor="modulatory", connector="one_to_one")
    whole = validate(circuit)
    assert set(whole.projections) - set(circuit.projections) == {"target_to_error", "output_to_error"}
    assert whole.projections["output_to_error"].weights.parameters == {"value": -1.0}
    assert validate(whole) == whole


def test_that_nothing_is_said_about_what_could_not_be_read() -> None:
    circuit = Circuit()
    circuit.population("input", 3, role="input")
    circuit.project("input", "hidden", weights="zeros")
    assert "hidden" in {p.message.split("'")[1] for p in problems_with(circuit)}
    assert problems_with(circuit, also_known={"hidden"}) == []


def test_that_what_roles_imply_is_checked_too() -> None:
    circuit = Circuit()
    circuit.population("input", 2, role="input")
    circuit.population("output", 4, role="output")
    circuit.population("target", 3, role="target")
    circuit.population("error", 2, role="error")
    circuit.project("input", "output", weights="zeros")
    assert {p.address for p in problems_with(circuit)} == {"target_to_error.connector", "output_to_error.connector"}


def test_that_a_wrong_size_hides_no_missing_signal() -> None:
    circuit = layered([4, 3, 2], feedback="random").replace(
        {"feedback.size": 5, "input_to_hidden.plasticity.rule": "node_perturbation"}
    )
    addresses = {p.address for p in problems_with(circuit)}
    assert {"feedback_to_hidden.connector", "input_to_hidden.plasticity"} <= addresses


def test_that_a_problem_hides_no_projection_whose_name_begins_alike() -> None:
    circuit = layered([4, 3, 2], feedback="random").replace({"feedback.size": 5})
    circuit.project("feedback", "hidden", name="feedback_to_hidden_two", receptor="modulatory", connector="one_to_on")
    assert {"feedback_to_hidden.connector", "feedback_to_hidden_two.connector"} <= {p.address for p in problems_with(circuit)}


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("rate", "its 'rate' does not follow from 'activation'"),
        ("mask", "it has a variable 'mask' of its own"),
        ("activation", "its 'activation' is a memory"),
    ],
)
def test_that_models_that_cannot_be_silenced_are_told(variable: str, expected: str) -> None:
    formulas = {"rate": _rate_of_drive, "mask": _rate_of_drive, "activation": _lagging}
    own = {"receptors": ("drive", "modulatory", "gate"), "rate": _rate, "teaching": _teaching, variable: formulas[variable]}
    neuron_model(type("unfit", (), own))
    try:
        circuit = layered([6, 5, 3], feedback="random")
        assert not problems_with(circuit.replace({"hidden.model": "unfit"}))
        (problem,) = problems_with(circuit.replace({"hidden.model": "unfit", "hidden.dropout": 0.5}))
        assert problem.address == "hidden.dropout"
        assert expected in problem.message
    finally:
        del NEURONS._things["unfit"]


def _rate(activation):
    return activation


def _rate_of_drive(drive):
    return drive


def _lagging(activation, drive):
    return 0.5 * activation + drive


def _teaching(modulation, slope):
    return modulation * slope


def test_that_many_patterns_are_not_all_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern of a million pairs takes a moment; hundreds of them do not take hundreds of moments."""
    drawn: list[tuple[int, int]] = []
    monkeypatch.setattr(CONNECTORS["fixed_probability"], "join", lambda random, shape, **_: drawn.append(shape))
    circuit = Circuit()
    circuit.population("input", 1000, role="input")
    circuit.population("hidden", 1000)
    for index in range(20):
        connector = {"kind": "fixed_probability", "probability": 0.5}
        circuit.project("input", "hidden", name=f"p{index}", weights="zeros", connector=connector)
    assert problems_with(circuit) == []
    assert drawn == [(1000, 1000)] * 4


def test_that_the_names_of_a_crowd_are_not_all_compared() -> None:
    circuit = Circuit()
    circuit.population("input", 1, role="input")
    for index in range(900):
        circuit.project("input", f"x{index}", weights="zeros")
    assert 200 <= len(problems_with(circuit)) < 300
