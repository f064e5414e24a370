from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_files import Small, laid_out


@pytest.fixture
def small_mnist(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("mnist", tmp_path)


@pytest.fixture
def small_fashion(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("fashion_mnist", tmp_path)


@pytest.fixture
def small_svhn(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("svhn", tmp_path)


@pytest.fixture
def small_background(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("mnist_background", tmp_path)


@pytest.fixture
def small_timit(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("timit_stops", tmp_path)


@pytest.fixture
def small_timit_sample(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("timit_sample_stops", tmp_path)


@pytest.fixture
def small_spoken_digits(tmp_path: Path) -> Iterator[Small]:
    yield from laid_out("spoken_digits", tmp_path)


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
