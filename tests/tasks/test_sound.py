from __future__ import annotations

import numpy as np
import pytest
from small_files import riff, sphere

from neurosim.errors import DataError, EnvironmentFailure
from neurosim.tasks._sound import samples_of

SAMPLES = np.concatenate([[-32768, 32767, 0, 1, 256], np.random.default_rng(1).integers(-32768, 32768, 300)])


def read(folder, data, rate=16000):
    path = folder / "SA1.WAV"
    path.write_bytes(data)
    return samples_of(path, rate)


@pytest.mark.parametrize(
    "data",
    [
        sphere(SAMPLES),
        sphere(SAMPLES, "10"),
        sphere(SAMPLES, sample_coding="pcm"),
        sphere(SAMPLES) + b"a trailer",
        sphere(SAMPLES, long="x" * 300),
        riff(SAMPLES, 16000),
    ],
    ids=["little-endian", "big-endian", "coding told", "trailer", "long line", "RIFF"],
)
def test_every_sample_is_read_as_soundfile_reads_it(tmp_path, data):
    samples = read(tmp_path, data)
    assert samples.dtype == np.int16
    assert samples.tolist() == SAMPLES.tolist()
    soundfile = pytest.importorskip("soundfile", reason="the other reader of such files, an oracle")
    other, rate = soundfile.read(tmp_path / "SA1.WAV", dtype="int16")
    assert rate == 16000
    assert samples.tolist() == other[: len(SAMPLES)].tolist()


def test_the_header_tells_its_size_and_how_many_samples_follow(tmp_path):
    data = sphere(SAMPLES, sample_count=7)
    assert read(tmp_path, data).tolist() == SAMPLES[:7].tolist()
    longer = data[:1024].replace(b"   1024", b"   2048").ljust(2048) + data[1024:]
    assert read(tmp_path, longer).tolist() == SAMPLES[:7].tolist()
    assert read(tmp_path, sphere(SAMPLES, channel_count=None)).tolist() == SAMPLES.tolist()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (sphere(SAMPLES, sample_coding="pcm,embedded-shorten-v1.09"), r"'pcm,embedded-shorten-v1\.09': uncompress .*sph2pipe"),
        (sphere(SAMPLES, sample_coding="mu-law"), "expected sample_coding pcm, found mu-law"),
        (sphere(SAMPLES, channel_count=2), "expected channel_count 1, found 2"),
        (sphere(SAMPLES, sample_n_bytes=4), "expected sample_n_bytes 2, found 4"),
        (sphere(SAMPLES, "1"), "expected sample_byte_format 01 or 10, found 1"),
        (sphere(SAMPLES, sample_byte_format=None), "does not tell sample_byte_format"),
        (sphere(SAMPLES, sample_count=None), "does not tell sample_count"),
        (sphere(SAMPLES, sample_count="many"), "sample_count: expected a whole number, found 'many'"),
        (sphere(SAMPLES, sample_rate=8000), "expected 16000 samples per second, found 8000"),
        (sphere(SAMPLES)[:-1], "cut short: its header promises 305 samples, there are 304"),
        (sphere(SAMPLES)[:1000], "cut short.*there are 0"),
        (sphere(SAMPLES)[:100], "no line end_head in its 1024 bytes"),
        (sphere(SAMPLES)[:8], "line 2: expected the size of the header in bytes, found ''"),
        (sphere(SAMPLES).replace(b"   1024", b"   what"), "line 2: .*found 'what'"),
        (sphere(SAMPLES).replace(b"channel_count -i 1", b"channel_count"), "line 5: expected a name, .*found 'channel_count'"),
        (riff(SAMPLES, 8000), "expected 16000 samples per second, found 8000"),
        (riff(np.repeat(SAMPLES, 2), 16000, channels=2), "found 2 of 2"),
        (riff(SAMPLES, 16000, width=1), "found 1 of 1"),
        (riff(SAMPLES, 16000)[:-3], "cut short: its header promises 305 samples, there are 303"),
        (riff(SAMPLES, 16000)[:20], "neither a NIST SPHERE nor a whole RIFF WAVE file"),
        (b"", "neither a NIST SPHERE nor a whole RIFF WAVE file"),
        (b"please log in " * 50, "neither a NIST SPHERE nor a whole RIFF WAVE file"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, data, told):
    with pytest.raises(DataError, match=f"SA1.WAV: .*{told}"):
        read(tmp_path, data)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(EnvironmentFailure, match=r"SA1\.WAV: cannot be read"):
        samples_of(tmp_path / "SA1.WAV", 16000)
