"""Blocks and slices are the whole, without overlap; what runs apart, even at the same time, is what runs together."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from contents import contents
from scenario.tiny import scenario

from neurosim.errors import InputError
from neurosim.recording import Recording
from neurosim.scenario.blocks import OVERHEAD, blocks, paths_of, run_block, runs, work
from neurosim.scenario.engines import run_scenario
from neurosim.scenario.identity import fingerprint
from neurosim.scenario.plan import Plan
from neurosim.scenario.slices import WHOLE, Slice


@pytest.mark.parametrize("length", [0, 1, 6, 7, 400])
@pytest.mark.parametrize("of", [1, 2, 3, 7, 100])
def test_slices_are_the_whole_in_order_and_nearly_equal(length: int, of: int) -> None:
    whole = list(range(length))
    slices = [Slice(index, of).cut(whole) for index in range(of)]
    assert [element for part in slices for element in part] == whole
    assert max(map(len, slices)) - min(map(len, slices)) <= 1


@pytest.mark.parametrize(("index", "of"), [(3, 3), (-1, 3), (0, 0)])
def test_a_slice_that_there_is_not(index: int, of: int) -> None:
    with pytest.raises(InputError, match="expected a whole number from 0"):
        Slice(index, of)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("part", [WHOLE, Slice(0, 2), Slice(1, 2), Slice(7, 100)])
def test_blocks_are_the_runs_in_order(size: int, part: Slice, tmp_path: Path) -> None:
    made = scenario(seeds=5, first_seed=10)
    plan = Plan(tmp_path, slice=part)
    found = blocks(made, plan, size)
    assert [(block.arm, seed) for block in found for seed in block.seeds] == runs(made, plan)
    assert all(1 <= len(block.seeds) <= size for block in found)
    assert all(block.fingerprint == fingerprint(made, block.arm) for block in found)


def test_a_block_is_its_runs_and_again_the_same(tmp_path: Path) -> None:
    made = scenario(seeds=3)
    run_scenario(made, Plan(tmp_path / "whole"))
    plan = Plan(tmp_path / "blocks")
    for block in blocks(made, plan, 2):
        assert run_block(made, block, plan, 1) == paths_of(block, plan)
        half = paths_of(block, plan)[0]
        half.write_bytes(half.read_bytes()[:100])  # what a worker that was killed may leave behind
        half.with_name(half.name + ".lock").touch()
        half.with_name(half.name + ".tmp").write_bytes(b"half")
        run_block(made, block, plan, 1)
    assert contents(tmp_path / "blocks") == contents(tmp_path / "whole")
    assert not [path for path in (tmp_path / "blocks").rglob("*.*") if path.suffix != ".h5"]


def test_slices_at_the_same_time_make_the_whole(tmp_path: Path) -> None:
    made = scenario(seeds=5)
    run_scenario(made, Plan(tmp_path / "whole"))
    found: dict[int, list[Path]] = {}

    def one(index: int) -> None:
        found[index] = run_scenario(scenario(seeds=5), Plan(tmp_path / "slices", slice=Slice(index, 3)))

    threads = [threading.Thread(target=one, args=(index,)) for index in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(tmp_path / "slices") == contents(tmp_path / "whole")
    paths = [path for index in range(3) for path in found[index]]
    assert len(paths) == len(set(paths)) == 10
    stamps = [path.stat().st_mtime_ns for path in paths]
    assert run_scenario(made, Plan(tmp_path / "slices", resume=True)) == paths
    assert [path.stat().st_mtime_ns for path in paths] == stamps


def test_a_slice_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    made = scenario(seeds=4)
    first = run_scenario(made, Plan(tmp_path, slice=Slice(0, 2)))
    stamps = [path.stat().st_mtime_ns for path in first]
    first[2].unlink()
    told: list[int] = []
    run_scenario(made, Plan(tmp_path, slice=Slice(0, 2), resume=True, progress=told.append))
    kept = [path.stat().st_mtime_ns == stamp for path, stamp in zip(first, stamps, strict=True)]
    assert kept == [True, True, False, True]
    assert sum(told) == 4 * made.trials(made.arm[0])
    assert Recording(first[2]).status == "complete"


def test_an_empty_slice_runs_nothing(tmp_path: Path) -> None:
    assert run_scenario(scenario(), Plan(tmp_path, slice=Slice(0, 5))) == []
    assert run_scenario(scenario(), Plan(tmp_path, slice=Slice(0, 5), engine="dask")) == []
    assert not list(tmp_path.iterdir())


def test_work_weighs_the_trials_of_each_run_by_their_synapses() -> None:
    made = scenario(seeds=3, phase=[{"trials": 40}, {"trials": 20}])
    random = 4 * 3 + 3 * 2 + 2 * 3 + 3 + 4 * 2 + 2  # forward, feedback, to and from the error, loss
    assert made.circuit(made.arm[0], made.phase[0]).synapses() == random
    assert work(made, Plan(Path("out"), arms=["random"])) == 3 * 60 * (OVERHEAD + random)
    assert work(made, Plan(Path("out"), arms=["random"], slice=Slice(0, 3))) == 60 * (OVERHEAD + random)
