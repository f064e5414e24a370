"""docs/recording-format.md and docs/exports.md against real files: what is in a file is on the page, and the other way round."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from scenario.tiny import scenario

import neurosim as ns
from neurosim.circuit.exchange import from_json
from neurosim.exports import EXPORT_FORMATS
from neurosim.metrics.look import METRICS, Look
from neurosim.recording.attributes import FORMAT_VERSION
from neurosim.recording.writer import STATUSES
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.runner import Plan

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "recording-format.md").read_text(encoding="utf-8")
EXPORTS = (DOCS / "exports.md").read_text(encoding="utf-8")
RECORDED = [
    "nse", "loss", "loss.rate", "hidden.rate", "hidden.teaching", "hidden.bias", "hidden.angle",
    "hidden_to_output.feedback_angle", "hidden_to_output.neuron_angles", "input_to_hidden.smoothness",
    "hidden.own_of_neurons", "input_to_hidden.own_of_rows",
    "input_to_hidden.weights", "feedback_to_hidden.weights", "error_to_feedback.weights",
]  # fmt: skip
HDF5_OWN = {"DIMENSION_LIST", "CLASS", "NAME", "REFERENCE_LIST"}


def table(head: str, page: str = PAGE) -> list[list[str]]:
    """The cells of the table whose first cell is `head`, without its head."""
    lines = page.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def attribute_tables() -> tuple[set[str], set[str], set[str]]:
    """Attributes of a quantity; of every file; of the runs of scenarios besides."""
    first, second = (match.start() for match in re.finditer(r"\| attribute \|", PAGE))
    of_quantity = {name for row in table("attribute", PAGE[first:]) for name in names(row[0])}
    rows = table("attribute", PAGE[second:])
    return (
        of_quantity,
        {name for row in rows if row[2] != "scenario" for name in names(row[0])},
        {name for row in rows if row[2] == "scenario" for name in names(row[0])},
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of a scenario that records everything that there is to record, with metrics that have a value for each neuron."""
    known = dict(METRICS._things)

    @ns.metric(of="population", per="unit")
    def own_of_neurons(look: Look, population: str) -> np.ndarray:
        """One value for each neuron."""
        return look.probe(f"{population}.rate").mean(axis=0)

    @ns.metric(of="projection", per="post")
    def own_of_rows(look: Look, projection: str) -> np.ndarray:
        """One value for each postsynaptic neuron."""
        return look.arrays[f"{projection}.weights"].sum(axis=1)

    arm = {"name": "random", "circuit": {"family": "layered", "sizes": [4, 3, 2], "feedback": "random"}}
    made = scenario(arm=[arm], record=dict.fromkeys(RECORDED, 20))
    yield run_scenario(made, Plan(out=tmp_path_factory.mktemp("run"), backend="reference"))[0]
    METRICS._things.clear()
    METRICS._things.update(known)


def kind(address: str, circuit: ns.Circuit) -> str:
    """The row of the page that an address belongs to."""
    owner, _, last = address.rpartition(".")
    if not owner:
        return "/METRIC"
    whose = "POPULATION" if owner in circuit.populations else "PROJECTION"
    if last in ("bias", "weights"):
        return f"/{whose}/{last}"
    return f"/{whose}/{'METRIC' if last in METRICS else 'SIGNAL'}"


def test_every_group_and_dimension_is_on_the_page_and_every_row_of_it_in_a_file(recorded: Path) -> None:
    rows = {names(row[0])[0]: names(row[3]) for row in table("group")}
    seen: dict[str, set[tuple[str, ...]]] = {}
    groups, accounted = set(), set()
    with h5py.File(recorded) as file:
        circuit = from_json(file.attrs["circuit"])

        def visit(name: str, node: h5py.HLObject) -> None:
            if isinstance(node, h5py.Group):
                groups.add(f"/{name}")
            elif "address" in node.attrs:
                address = node.attrs["address"]
                assert node.name == f"/{address.replace('.', '/')}/{address.rpartition('.')[2]}"
                dims = tuple(axis[0].name.rpartition("/")[2] for axis in node.dims)
                assert [axis[0].parent for axis in node.dims] == [node.parent] * len(dims)
                seen.setdefault(kind(address, circuit.completed()), set()).add(dims)
                parts = node.parent.name.split("/")
                accounted.update("/".join(parts[:count]) for count in range(2, len(parts) + 1))
            elif node.name != "/committed_trial":
                assert node.name.rpartition("/")[2] in {names(row[0])[0] for row in table("dimension")}

        file.visititems(visit)
    assert groups == accounted
    assert set(seen) == set(rows)
    for pattern, found in seen.items():
        assert all(dims[0] == "trial" and set(dims) <= set(rows[pattern]) for dims in found), pattern
        assert {dim for dims in found for dim in dims} == set(rows[pattern]), pattern
    assert {dim for found in seen.values() for dims in found for dim in dims} == {names(row[0])[0] for row in table("dimension")}


def test_every_attribute_is_on_the_page_and_the_other_way_round(recorded: Path, tmp_path: Path) -> None:
    of_quantity, of_file, of_scenario = attribute_tables()
    with h5py.File(recorded) as file:
        assert set(file.attrs) == of_file | of_scenario
        told: set[str] = set()
        file.visititems(lambda name, node: told.update(node.attrs))
        assert told == of_quantity | HDF5_OWN
        assert file.attrs["format_version"] == FORMAT_VERSION
        assert json.loads(file.attrs["phases"])[0].keys() == {"first", "last", "frozen", "circuit"}
    assert all(f"`{name}`" in PAGE for name in HDF5_OWN)
    with ns.record(tmp_path / "run.h5", {"nse": 10}) as recorder:
        ns.Simulator(ns.layered([4, 2], feedback="none"), backend="reference").train(ns.tasks.LinearMap(4, 2), 10, into=recorder)
        with h5py.File(tmp_path / "run.h5") as file:
            assert set(file.attrs) == of_file


def test_statuses_and_version_are_on_the_page() -> None:
    assert [names(row[0])[0] for row in table("status")] == ["running", *STATUSES]
    assert f"# The recording format, version {FORMAT_VERSION}\n" in PAGE
    assert [int(row[0]) for row in table("version")] == list(range(1, FORMAT_VERSION + 1))


def test_every_format_is_on_the_page_with_what_it_takes_and_needs() -> None:
    rows = {names(row[0])[0]: row for row in table("format", EXPORTS)}
    assert list(rows) == ["csv", "netcdf", "nwb", "sonata", "graphml", "node-link", "dot", "nir"]
    assert set(rows) == set(EXPORT_FORMATS)
    for name, row in rows.items():
        assert f"**{name}**" in EXPORTS
        for one in ("recording", "circuit"):
            assert (one in row[1]) == (one in EXPORT_FORMATS[name].of), name
    extras = {name: names(row[2]) for name, row in rows.items() if names(row[2])}
    assert extras == {"nwb": ["neurosim[nwb]"], "nir": ["neurosim[nir]"]}


@pytest.mark.parametrize(
    ("page", "expected"), [(PAGE, ["40 (3, 4)", "[10 20] ('trial', 'unit')", "(3,)", "True"]), (EXPORTS, ["shallow.txt"])]
)
def test_the_examples_come_to_what_they_say(page: str, expected: list[str], tmp_path: Path) -> None:
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)), encoding="utf-8")
    done = subprocess.run([sys.executable, "-W", "error", script.name], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-len(expected) :] == expected
    assert all(f"# {line}\n" in page for line in expected)


@pytest.mark.parametrize("page", [PAGE, EXPORTS])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(((?!http)[^)]+)\)", page):
        assert (DOCS / target).exists(), target
