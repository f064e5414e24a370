"""SciPy's BLAS: the address of gemm, and its threads kept to one while the machine's own team works."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import cache

from threadpoolctl import ThreadpoolController

_LOCK = threading.Lock()
_INSIDE = 0
_LIMIT: contextlib.ExitStack | None = None


@cache
def gemm_address(dtype: str) -> int:
    """The address of `sgemm` or `dgemm`."""
    from numba.extending import get_cython_function_address

    return int(get_cython_function_address("scipy.linalg.cython_blas", "sgemm" if dtype == "float32" else "dgemm"))


@cache
def _controller() -> ThreadpoolController:
    gemm_address("float32")  # SciPy's copy must be loaded before it can be found
    return ThreadpoolController()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread; the thread counts from before are restored when the last one leaves."""
    global _INSIDE, _LIMIT
    with _LOCK:
        if _INSIDE == 0:
            _LIMIT = contextlib.ExitStack()
            _LIMIT.enter_context(_controller().limit(limits=1, user_api="blas"))
        _INSIDE += 1
    try:
        yield
    finally:
        with _LOCK:
            _INSIDE -= 1
            if _INSIDE == 0 and _LIMIT is not None:
                _LIMIT.close()
                _LIMIT = None
