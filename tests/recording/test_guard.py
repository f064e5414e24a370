"""The seal of a recording: what it holds, what it lets change, and what happens where there is none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from recording.samples import QUANTITIES, complete, write_rows

from neurosim.errors import Damaged
from neurosim.recording import Quantity, Recording, Writer, guard


@pytest.fixture(autouse=True)
def old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were written a moment ago are looked at twice; not here."""
    monkeypatch.setattr(guard, "RECENT", 0.0)


def hdf5_end(path: Path) -> int:
    return guard._end(path.read_bytes()[:64])


def is_sealed(path: Path) -> bool | None:
    with path.open("rb") as file:
        return guard._is_as_sealed(file, path.stat().st_size)


def loose(path: Path) -> list[tuple[int, int]]:
    """The stretches that a seal leaves out, read independently of the guard."""
    content = path.read_bytes()
    count = int.from_bytes(content[-24:-16], "little")
    table = np.frombuffer(content[-56 - 16 * count : -56], "<u8").reshape(-1, 2)
    return [(int(start), int(length)) for start, length in table]


def test_every_recording_is_sealed_behind_what_hdf5_knows(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "live.h5", QUANTITIES)
    write_rows(writer, last=5)
    shutil.copy(tmp_path / "live.h5", tmp_path / "running.h5")
    writer.finish("interrupted")
    complete(tmp_path / "complete.h5")
    for name, rows in {"running": 4, "live": 2, "complete": 4}.items():
        path = tmp_path / f"{name}.h5"
        assert is_sealed(path) is True
        assert hdf5_end(path) == path.stat().st_size - 56 - 16 * len(loose(path))
        with h5py.File(path) as file:
            assert file["hidden/rate/rate"].shape == (rows, 3), "how many were foreseen, or are there at the end"
    assert len(loose(tmp_path / "running.h5")) == len(QUANTITIES) + 1
    assert len(loose(tmp_path / "live.h5")) == len(loose(tmp_path / "complete.h5")) > 0, "compressed chunks"


def test_any_other_byte_that_is_sealed_is_noticed(tmp_path: Path) -> None:
    path = complete(tmp_path / "run.h5")
    content, left_out = path.read_bytes(), loose(path)
    for place in [*range(0, len(content), 401), *range(len(content) - 56, len(content))]:
        if any(start <= place < start + length for start, length in left_out):
            continue
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        with pytest.raises(Damaged, match=r"damaged|cut short"):
            Recording(path)


def test_hdf5_never_sees_a_file_whose_checksum_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = complete(tmp_path / "run.h5")
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    monkeypatch.setattr(h5py, "File", None)
    with pytest.raises(Damaged, match="its checksum is not that of its content; copy it, or run it, again"):
        Recording(path)


def test_live_values_may_change_and_are_read(tmp_path: Path) -> None:
    with Writer(tmp_path / "run.h5", QUANTITIES[1:2]) as writer:
        for trial in QUANTITIES[1].trials:
            writer.write("hidden.rate", trial, [trial, 1, 2])
            writer.commit(trial)
            with Recording(tmp_path / "run.h5") as recording:
                assert recording["hidden.rate"].values[-1].tolist() == [trial, 1, 2]


@pytest.mark.parametrize("filling", [b"\0", b"\xff"])
def test_chunks_that_are_left_out_have_checksums_that_notice_emptiness(tmp_path: Path, filling: bytes) -> None:
    """Noise, of which zlib makes nothing shorter, erased together with its Fletcher's checksum, which takes zeros for right."""
    quantities = [Quantity("noise", (0, 1), (("unit", 40),), "f8"), Quantity("nse", (0, 1), dtype="f8")]
    path = tmp_path / "run.h5"
    with Writer(path, quantities) as writer:
        for trial in (0, 1):
            writer.write("noise", trial, np.frombuffer(np.random.default_rng(trial).bytes(320), "f8"))
            writer.write("nse", trial, 0.5)
    with h5py.File(path) as file:
        chunk = file["noise/noise"].id.get_chunk_info(0)
    assert (chunk.byte_offset, chunk.size) in loose(path)
    content = path.read_bytes()
    path.write_bytes(content[: chunk.byte_offset] + filling * chunk.size + content[chunk.byte_offset + chunk.size :])
    with Recording(path) as recording:
        assert recording["nse"].values.tolist() == [0.5, 0.5]
        with pytest.raises(Damaged, match="is damaged"):
            recording["noise"]


def test_a_file_that_another_program_has_changed_is_read_elsewhere_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = complete(tmp_path / "run.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["note"] = "mine"
    assert is_sealed(path) is None
    asked: list[Path] = []
    whole = guard._fault_elsewhere
    monkeypatch.setattr(guard, "_fault_elsewhere", lambda path, size: asked.append(path) or whole(path, size))
    for _ in range(3):
        with Recording(path) as recording:
            assert recording.attributes["note"] == "mine"
            assert recording["hidden.rate"].values.shape == (4, 3)
    assert asked == [path], "once for a file as it is"


SCRIPTS = {
    "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)": r"is damaged: HDF5 crashes over it \(SIGSEGV\)",
    "import time; time.sleep(60)": "is damaged: reading it does not come to an end",
    "print('bad object header'); raise SystemExit(1)": "is damaged: bad object header",
    "raise SystemExit(1)": "is damaged: it cannot be read",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_however_reading_elsewhere_ends_it_is_told_in_a_line(
    tmp_path: Path, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = complete(tmp_path / "run.h5")
    path.write_bytes(path.read_bytes()[: hdf5_end(path)])
    (tmp_path / "read_whole.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(guard, "__file__", str(tmp_path / "guard.py"))
    monkeypatch.setattr(guard, "PATIENCE", 0.5 if "sleep" in script else 20.0)
    with pytest.raises(Damaged, match=SCRIPTS[script]):
        Recording(path)


def test_a_seal_that_asks_for_more_than_there_is(tmp_path: Path) -> None:
    path = complete(tmp_path / "run.h5")
    content = path.read_bytes()
    for count in (2**20, 2**63, 2**64 - 1):
        path.write_bytes(content[:-24] + count.to_bytes(8, "little") + content[-16:])
        with pytest.raises(Damaged, match="checksum"):
            Recording(path)
    wild = b"".join(number.to_bytes(8, "little") for number in (0, 2**63, 2**64 - 1, 1))
    path.write_bytes(content[: hdf5_end(path)] + wild + content[-56:-24] + (2).to_bytes(8, "little") + content[-16:])
    with pytest.raises(Damaged, match="checksum"):
        Recording(path)


def test_what_follows_the_end_and_is_no_seal_is_damage(tmp_path: Path) -> None:
    path = complete(tmp_path / "run.h5")
    path.write_bytes(path.read_bytes()[:-512] + bytes(512))
    with pytest.raises(Damaged, match="damaged"):
        Recording(path)


def test_a_file_cut_short_says_how_much_of_it_is_there(tmp_path: Path) -> None:
    path = complete(tmp_path / "run.h5")
    end = hdf5_end(path)
    path.write_bytes(path.read_bytes()[:9000])
    with pytest.raises(Damaged, match=f"is cut short: it has 9,000 of {end:,} bytes"):
        Recording(path)


def test_the_checksum_is_computed_again_when_the_file_is_another_one(tmp_path: Path) -> None:
    path = complete(tmp_path / "run.h5")
    Recording(path).close()
    told = path.stat()
    content = bytearray(path.read_bytes())
    content[3000] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))  # as a careless copy leaves it
    with pytest.raises(Damaged):
        Recording(path)
