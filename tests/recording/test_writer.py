import errno
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from recording.samples import QUANTITIES, complete, value, write_rows

from neurosim.errors import EnvironmentFailure, InputError
from neurosim.recording import Quantity, Recording, Writer, attributes, disk, layout

ENGINES = ("netcdf4", "h5netcdf")


def child(code, *arguments, **options):
    """Another process that runs the code with the tests' own modules at hand."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment, text=True, stdout=-1, stderr=-1, stdin=-1, **options)


def assert_opens_with_names(path, engine, last):
    xarray = pytest.importorskip("xarray")
    for quantity in QUANTITIES:
        with xarray.open_dataset(path, group=quantity.group, engine=engine) as opened:
            data = opened[quantity.name]
            assert data.dims == ("trial", *(name for name, _ in quantity.dims))
            assert data.trial.values.tolist() == list(quantity.trials)
            for name, size in quantity.dims:
                assert data[name].values.tolist() == list(range(size))
            assert data.dtype == quantity.dtype
            assert data.attrs["units"] == quantity.units
            assert data.attrs["long_name"] == (quantity.long_name or quantity.address)
            assert data.attrs["address"] == quantity.address
            for trial in quantity.trials:
                expected = value(quantity, trial) if trial <= last else np.full(quantity.row_shape, np.nan)
                np.testing.assert_array_equal(data.sel(trial=trial).values, expected)
    with xarray.open_dataset(path, engine=engine) as root:
        assert int(root.committed_trial) == last
        assert root.attrs["format"] == "neurosim recording"


@pytest.mark.parametrize("engine", ENGINES)
def test_xarray_opens_a_finished_recording(tmp_path, engine):
    path = complete(tmp_path / "run.h5")
    assert_opens_with_names(path, engine, last=12)


@pytest.mark.parametrize("engine", ENGINES)
def test_xarray_opens_a_running_recording(tmp_path, engine):
    path = tmp_path / "run.h5"
    with Writer(path, QUANTITIES) as writer:
        assert_opens_with_names(path, engine, last=-1)
        write_rows(writer, last=5)
        assert_opens_with_names(path, engine, last=5)


@pytest.mark.parametrize("engine", ENGINES)
def test_xarray_opens_a_quantity_within_another_ones_group(tmp_path, engine):
    xarray = pytest.importorskip("xarray")
    quantities = [Quantity("loss", (0, 1, 2)), Quantity("loss.rate", (0, 2), (("unit", 1),))]
    with Writer(tmp_path / "run.h5", quantities) as writer:
        writer.write("loss.rate", 2, [7.0])
        writer.commit(2)
    with xarray.open_dataset(tmp_path / "run.h5", group="loss/rate", engine=engine) as opened:
        assert opened["rate"].trial.values.tolist() == [0, 2]
        assert float(opened["rate"].sel(trial=2, unit=0)) == 7.0
    with xarray.open_dataset(tmp_path / "run.h5", group="loss", engine=engine) as opened:
        assert opened["loss"].trial.values.tolist() == [0, 1, 2]


def test_after_finish_every_dataset_is_compressed_with_checksums(tmp_path):
    path = complete(tmp_path / "run.h5")
    with h5py.File(path) as file:
        for quantity in QUANTITIES:
            dataset = file[f"{quantity.group}/{quantity.name}"]
            assert dataset.fletcher32 and dataset.shuffle
            assert (dataset.compression, dataset.compression_opts) == ("gzip", 4)
        assert file.attrs["status"] == "complete"
        assert file.attrs["format_version"] == 1
        assert file.attrs["Conventions"] == "CF-1.12"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


def test_a_long_recording_is_copied_in_whole_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("neurosim.recording.writer.COPY_BYTES", 4000)
    monkeypatch.setattr("neurosim.recording.layout.CHUNK_BYTES", 1024)
    quantity = Quantity("x", tuple(range(2000)), (("unit", 5),))
    with Writer(tmp_path / "run.h5", [quantity]) as writer:
        for trial in quantity.trials:
            writer.write("x", trial, np.arange(5) + trial)
        writer.commit(1999)
    with Recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording["x"].values, np.arange(2000)[:, None] + np.arange(5))


def test_while_running_all_space_is_claimed_and_nothing_is_chunked(tmp_path):
    with Writer(tmp_path / "run.h5", QUANTITIES), h5py.File(tmp_path / "run.h5", locking=False) as file:
        data = file["hidden/rate/rate"]
        assert data.chunks is None
        assert data.id.get_offset() is not None
        assert np.isnan(data[()]).all()
        assert file.attrs["status"] == "running"


def test_a_huge_recording_is_not_filled(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "FILL_LIMIT", 10)
    monkeypatch.setattr(layout, "COPIED_BYTES", 0)
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer:
        with h5py.File(tmp_path / "run.h5", locking=False) as file:
            assert (file["hidden/rate/rate"][()] == 0).all()
        writer.finish("interrupted")


def test_attributes_of_every_kind(tmp_path):
    given = {
        "text": "Überlebt, “α”",
        "empty": "",
        "long": "x" * 70_000,
        "seed": 2**40,
        "eta": 5e-3,
        "paired": True,
        "arms": ["feedback alignment", "β"],
        "one": ["alone"],
        "none": [],
        "numpy": np.float32(0.5),
    }
    path = complete(tmp_path / "run.h5", given)
    with Recording(path) as recording:
        read = {name: recording.attributes[name] for name in given}
    assert read == given | {"paired": 1}
    assert type(read["paired"]) is int and type(read["seed"]) is int and type(read["numpy"]) is float
    xarray = pytest.importorskip("xarray")
    for engine in ENGINES:
        with xarray.open_dataset(path, engine=engine) as root:
            assert root.attrs["text"] == given["text"]
            assert root.attrs["long"] == given["long"]
            assert list(root.attrs["arms"]) == given["arms"]
            assert (root.attrs["seed"], root.attrs["eta"]) == (2**40, 5e-3)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("status", "complete"),
        ("", "x"),
        ("a", None),
        ("a", b"bytes"),
        ("a", {"b": 1}),
        ("a", "zero\0"),
        ("a", ["zero\0"]),
        ("a", "\ud800"),
        ("a", 2**63),
        ("a", [1, 2]),
    ],
)
def test_attributes_that_cannot_be_stored_are_refused(tmp_path, name, given):
    with pytest.raises(InputError, match="attribute"):
        Writer(tmp_path / "run.h5", QUANTITIES, {name: given})
    assert not list(tmp_path.iterdir())


def test_annotations_reach_the_file_whatever_the_end(tmp_path):
    for status in ("complete", "failed", "interrupted"):
        writer = Writer(tmp_path / "run.h5", QUANTITIES, {"seconds": 0.0})
        writer.annotate("seconds", 1.5)
        writer.annotate("trials_seen", list("abc"))
        writer.finish(status)
        with Recording(tmp_path / "run.h5") as recording:
            assert recording.attributes["seconds"] == 1.5
            assert recording.attributes["trials_seen"] == ["a", "b", "c"]
            assert recording.status == status


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "failed"), (KeyboardInterrupt, "interrupted"), (SystemExit, "interrupted")]
)
def test_an_exception_ends_the_recording_with_its_status(tmp_path, error, status):
    with pytest.raises(error), Writer(tmp_path / "run.h5", QUANTITIES) as writer:
        write_rows(writer, last=5)
        writer.write("test_error", 10, 1.0)
        raise error
    with Recording(tmp_path / "run.h5") as recording:
        assert recording.status == status
        assert recording["test_error"].trials.tolist() == [0, 5]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


def test_a_second_failure_at_the_end_does_not_hide_the_first(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(ValueError, match="first") as caught, Writer(tmp_path / "run.h5", QUANTITIES):
        monkeypatch.setattr(disk, "reserve", full)
        raise ValueError("first")
    assert "the disk is full" in caught.value.__notes__[0]


def test_finish_commits_what_is_written_and_close_does_not(tmp_path):
    with Writer(tmp_path / "a.h5", QUANTITIES) as writer:
        writer.write("test_error", 10, 1.0)
    writer.close()
    with Recording(tmp_path / "a.h5") as recording:
        assert (recording.committed_trial, recording.status) == (10, "complete")
    other = Writer(tmp_path / "b.h5", QUANTITIES)
    other.write("test_error", 10, 1.0)
    other.close()
    with Recording(tmp_path / "b.h5") as recording:
        assert (recording.committed_trial, recording.status) == (-1, "interrupted")


def test_nothing_can_be_written_after_the_end(tmp_path):
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer:
        writer.finish()
        for late in (lambda: writer.write("test_error", 0, 1.0), lambda: writer.commit(0), writer.finish):
            with pytest.raises(InputError, match="closed"):
                late()


def test_wrong_writes_are_refused_with_a_hint(tmp_path):
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer:
        with pytest.raises(InputError, match=r"hidden\.rat: .*did you mean 'hidden\.rate'"):
            writer.write("hidden.rat", 0, [1, 2, 3])
        with pytest.raises(InputError, match="not sampled at trial 6; the nearest are 5 and 10"):
            writer.write("hidden.rate", 6, [1, 2, 3])
        with pytest.raises(InputError, match="nearest are 12"):
            writer.write("hidden.rate", 99, [1, 2, 3])
        with pytest.raises(InputError, match=r"shape \(3,\), found \(1, 3\)"):
            writer.write("hidden.rate", 5, [[1, 2, 3]])
        with pytest.raises(InputError, match="expected numbers"):
            writer.write("test_error", 5, "high")
        writer.commit(5)
        with pytest.raises(InputError, match="cannot be committed after"):
            writer.commit(0)
        with pytest.raises(InputError, match="did you mean 'complete'"):
            writer.finish("completed")


@pytest.mark.parametrize("address", ["test_error", "hidden.rate.unit", "test_error.test_error", "committed_trial"])
def test_quantities_that_meet_in_the_file_are_refused(tmp_path, address):
    with pytest.raises(InputError, match="meets"):
        Writer(tmp_path / "run.h5", [*QUANTITIES, Quantity(address, (0,))])
    assert not list(tmp_path.iterdir())


def test_a_second_writer_is_refused(tmp_path):
    path = tmp_path / "run.h5"
    attempt = """if True:
        import sys
        from neurosim.errors import NeurosimError
        from neurosim.recording import Quantity, Writer
        try:
            Writer(sys.argv[1], [Quantity("x", (0,))]).finish()
        except NeurosimError as error:
            print(error)
            sys.exit(error.exit_code)
    """
    with Writer(path, QUANTITIES) as writer:
        with pytest.raises(EnvironmentFailure, match="another run is writing it"):
            Writer(path, QUANTITIES)
        second = child(attempt, path)
        told, _ = second.communicate(timeout=60)
        assert second.returncode == 4
        assert told == f"{path} cannot be written: another run is writing it\n"
        write_rows(writer, 12)
    third = child(attempt, path)
    third.communicate(timeout=60)
    assert third.returncode == 0
    with Recording(path) as recording:
        assert recording.addresses == ["x"]


WRITE_AND_WAIT = """if True:
    import sys
    from recording.samples import QUANTITIES, write_rows
    from neurosim.recording import Writer
    with Writer(sys.argv[1], QUANTITIES) as writer:
        write_rows(writer, last=5)
        writer.write("test_error", 10, 1.0)
        print("committed", flush=True)
        sys.stdin.readline()
"""


def test_another_process_reads_a_live_file_and_a_killed_one(tmp_path):
    path = tmp_path / "run.h5"
    writer = child(WRITE_AND_WAIT, path)
    assert writer.stdout.readline() == "committed\n"
    for alive in (True, False):
        if not alive:
            writer.send_signal(signal.SIGKILL)
            writer.communicate(timeout=60)
        with Recording(path) as recording:
            assert (recording.status, recording.committed_trial) == ("running", 5)
            for quantity in QUANTITIES:
                series = recording[quantity.address]
                assert series.trials.tolist() == [t for t in quantity.trials if t <= 5]
                np.testing.assert_array_equal(series.values, [value(quantity, t) for t in series.trials])
        for engine in ENGINES:
            xarray = pytest.importorskip("xarray")
            with xarray.open_dataset(path, group="hidden/rate", engine=engine) as opened:
                np.testing.assert_array_equal(opened["rate"].sel(trial=5), value(QUANTITIES[1], 5))
    complete(path)  # the lock file of the killed writer is no obstacle
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


READ_AND_WAIT = """if True:
    import sys
    from neurosim.recording import Recording
    with Recording(sys.argv[1]) as recording:
        print(recording.status, flush=True)
        sys.stdin.readline()
"""


@pytest.mark.parametrize("status", ["complete", "interrupted"])
def test_a_reader_in_another_process_does_not_keep_a_run_from_ending(tmp_path, status):
    path = tmp_path / "run.h5"
    writer = Writer(path, QUANTITIES)
    write_rows(writer, last=5)
    reader = child(READ_AND_WAIT, path)
    assert reader.stdout.readline() == "running\n"
    writer.finish(status)
    with Recording(path) as recording:
        assert (recording.status, recording.committed_trial) == (status, 5)
    reader.communicate("\n", timeout=60)
    assert reader.returncode == 0


def test_a_missing_folder_is_an_environment_failure(tmp_path):
    with pytest.raises(EnvironmentFailure, match=r"none/run\.h5 cannot be written: its folder does not exist"):
        Writer(tmp_path / "none" / "run.h5", QUANTITIES)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path):
    with pytest.raises(EnvironmentFailure, match="it is a folder"):
        Writer(tmp_path, QUANTITIES)


def test_a_read_only_recording_is_left_alone(tmp_path):
    path = complete(tmp_path / "run.h5")
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(EnvironmentFailure, match="no permission"):
        Writer(path, QUANTITIES)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


def test_too_little_space_is_told_before_the_run_and_leaves_the_old_recording(tmp_path):
    path = complete(tmp_path / "run.h5")
    before = path.read_bytes()
    attempt = """if True:
        import sys
        from neurosim.errors import NeurosimError
        from neurosim.recording import Quantity, Writer
        try:
            Writer(sys.argv[1], [Quantity("x", tuple(range(1000)), (("unit", 10_000),))])
        except NeurosimError as error:
            print(error)
            sys.exit(error.exit_code)
    """
    limit = 10 * 1024 * 1024
    small = child(attempt, path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    told, complaint = small.communicate(timeout=60)
    assert (small.returncode, complaint) == (4, "")
    assert told == f"{path} cannot be written: it is larger than a file may be here\n"
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


def test_without_space_for_the_compressed_copy_the_recording_is_still_complete(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "run.h5"
    writer = Writer(path, QUANTITIES)
    write_rows(writer, 12)
    monkeypatch.setattr(layout, "created", full)
    with pytest.warns(UserWarning, match="stays uncompressed"):
        writer.finish()
    with Recording(path) as recording:
        assert (recording.status, recording.committed_trial) == ("complete", 12)
        assert recording["hidden.rate"].values.shape == (4, 3)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["run.h5"]


def test_rows_and_counter_reach_the_disk_in_order_and_at_most_once_a_second(tmp_path, monkeypatch):
    clock = [100.0]
    events = []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with Writer(tmp_path / "run.h5", QUANTITIES) as writer:
        written, synced = disk.write_at, os.fsync
        counter = writer._counter
        monkeypatch.setattr(
            disk, "write_at", lambda f, c, at: (events.append("count" if at == counter else "row"), written(f, c, at))
        )
        monkeypatch.setattr(os, "fsync", lambda f: (events.append("sync"), synced(f)))
        writer.write("test_error", 0, 0.0)
        writer.commit(0)
        clock[0] += 0.9
        writer.commit(5)
        clock[0] += 0.2
        writer.write("test_error", 10, 0.0)
        writer.commit(10)
        assert events == ["row", "count", "count", "row", "sync", "count", "sync"]
        events.clear()
    assert events[-2:] == ["sync", "sync"]  # the compressed copy, then its folder


def test_a_long_series_of_trials_is_written_where_it_belongs(tmp_path):
    quantity = Quantity("loss", tuple(range(0, 20_000, 2)), dtype="f8")
    with Writer(tmp_path / "run.h5", [quantity]) as writer:
        writer.write("loss", 19_998, 3.0)
        writer.write("loss", 0, 1.0)
        writer.commit(19_998)
    with Recording(tmp_path / "run.h5") as recording:
        values = recording["loss"].values
    assert (values[0], values[-1], len(values)) == (1.0, 3.0, 10_000)
    assert np.isnan(values[1:-1]).all()


def test_that_a_quantity_may_stand_below_another_in_either_order(tmp_path: Path) -> None:
    for index, addresses in enumerate((["loss", "loss.rate"], ["loss.rate", "loss"])):
        with Writer(tmp_path / f"{index}.h5", [Quantity(address, (0,)) for address in addresses]) as writer:
            for value, address in enumerate(addresses):
                writer.write(address, 0, value)
        with Recording(tmp_path / f"{index}.h5") as recording:
            assert [recording[address].values[0] for address in addresses] == [0.0, 1.0]


@pytest.mark.parametrize("compact", [False, True])
def test_a_copied_layout_is_the_one_that_would_be_made(tmp_path, monkeypatch, compact):
    root = layout.root({"seed": 7, "circuit": "a text", "arms": ["a", "b"]}, "running")
    contents = []
    for name, limit in (("made", 0), ("copied", layout.COPIED_BYTES), ("copied again", layout.COPIED_BYTES)):
        monkeypatch.setattr(layout, "COPIED_BYTES", limit)
        with layout.created(tmp_path / name, QUANTITIES, root, compact):
            pass
        with h5py.File(tmp_path / name, "r", locking=False) as file:
            contents.append({"": attributes.read(file)} | _told(file))
    assert contents[0] == contents[1] == contents[2]
    assert "hidden/rate/rate" in contents[0]


def test_that_copies_of_a_layout_have_numbers_of_their_own(tmp_path):
    for seed in (1, 2):
        with Writer(tmp_path / f"{seed}.h5", QUANTITIES, {"seed": seed, "circuit": "the same"}):
            pass
    assert [Recording(tmp_path / f"{seed}.h5").attributes["seed"] for seed in (1, 2)] == [1, 2]


def _told(file: h5py.File) -> dict[str, object]:
    """Everything that a file tells of its members: how they are stored, and what they hold."""
    found: dict[str, object] = {}

    def note(name: str, node: h5py.HLObject) -> None:
        if isinstance(node, h5py.Dataset):
            stored = (node.dtype.str, node.chunks, node.compression, node.fletcher32, node.shuffle, node[()].tobytes())
            scales = [[scale.name for scale in dimension.values()] for dimension in node.dims]
            found[name] = (stored, scales, {k: v for k, v in node.attrs.items() if isinstance(v, str)})

    file.visititems(note)
    return found
