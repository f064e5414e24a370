"""Modules of text → machine code, cached on disk, safe against stale caches.

The text of a module holds everything that its machine code depends on (`kernel_texts.py`), and the text's hash is the module's
name. Edit a formula and the text is another, so an old kernel can never answer for it. The machine code lies beside the module;
where it is there, numba is not even imported.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from threading import RLock

import numpy as np
import platformdirs

from neurosim.engine.expression import Source
from neurosim.engine.machine_code import Code, callable_at, keep, kept, loaded, processor, write
from neurosim.engine.together import alone_in, share_out
from neurosim.errors import InputError, Problem

KERNEL = ("cells", "context")
"""What a kernel takes: its row of the table, and the context."""


@dataclass(frozen=True)
class Module:
    """The text of a module, and the function in it that becomes machine code.

    Attributes:
        stem: what its name begins with.
        text: all of it.
        entry: the function.
        arguments: what that takes.
        formula: whose kernel it is; it is to blame where the module cannot be compiled.
    """

    stem: str
    text: str
    entry: str
    arguments: tuple[str, ...] = KERNEL
    formula: Source | None = None

    @cached_property
    def title(self) -> str:
        """Its name, which tells its text."""
        return f"{self.stem}_{hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()}"

    @property
    def address(self) -> int:
        """Where the machine code of the function begins, which is taken from the cache folder if it is there.

        Raises:
            InputError: it cannot be compiled, or calls functions that are nowhere.
        """
        with _COMPILING:
            if self.title not in _MADE:
                _MADE[self.title] = _address(self)
            return _MADE[self.title]


Loop = Callable[[int, int, int, int, int, int, int], None]
"""A loop over steps: `loop(cells, rows, length, context, barrier, first, last)`, arrays by where they begin."""


@cache
def called(module: Module) -> Callable[..., None]:
    """The function of a module, to be called with numbers, and with arrays by where they begin."""
    return callable_at(module.address, [_C[kind] for kind in module.arguments])


def begin_of(array: np.ndarray) -> int:
    """Where an array begins in memory; `array.ctypes.data` takes several times as long."""
    address: int = array.__array_interface__["data"][0]
    return address


_C: dict[str, type] = {"cells": ctypes.c_void_p, "context": ctypes.c_void_p, "number": ctypes.c_int64}


_MADE: dict[str, int] = {}
"""Where machine code is that this process has loaded, by the name of its module."""


@cache
def fingerprint() -> str:
    """What machine code depends on beside the text that it is made from; it stands in every text."""
    made_by = (
        f"numba {version('numba')}, llvmlite {version('llvmlite')}, python {sys.version_info.major}.{sys.version_info.minor}"
    )
    settings = " ".join(f"{name}={os.environ[name]}" for name in _SETTINGS if name in os.environ)
    return f"{made_by}, {_digest()}, {processor()} {settings}".rstrip()


_SETTINGS = tuple(
    f"NUMBA_{name}"
    for name in (
        "BOUNDSCHECK",
        "CPU_FEATURES",
        "CPU_NAME",
        "DISABLE_INTEL_SVML",
        "ENABLE_AVX",
        "LOOP_VECTORIZE",
        "OPT",
        "SLP_VECTORIZE",
    )
)
"""What somebody may tell numba, and machine code depends on."""


def _digest() -> str:
    """The digest of the modules that kernels import, as they are now."""
    digest = hashlib.blake2b(digest_size=12)
    for module in ("memory", "lanes", "math32", "machine", "translate"):  # read, for importing them imports numba
        digest.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    return digest.hexdigest()


_AT_FIRST = _digest()
_COMPILING = RLock()


def make_ready(modules: Iterable[Module]) -> None:
    """Have those of some modules compiled that are neither in memory nor in the cache folder, by several processes.

    One that cannot be compiled is told of when its address is asked for.
    """
    with _COMPILING:
        missing = _missing(modules)
        if len(missing) > 1 and _digest() == _AT_FIRST:  # else another process would compile them with what is new
            with alone_in(cache_folder()):
                missing = sorted(_missing(missing), key=lambda module: len(module.text), reverse=True)
                share_out([(replace(module, formula=None), cache_folder()) for module in missing], compiled, _ELSEWHERE)


_ELSEWHERE = f"from {__name__} import compiled; from neurosim.engine.together import serve; serve(compiled)"


def _missing(modules: Iterable[Module]) -> list[Module]:
    found = {module.title: module for module in modules if module.title not in _MADE}
    return [module for title, module in found.items() if not _path(title).exists()]


def _path(title: str) -> Path:
    return cache_folder() / f"{title}.o"


def _address(module: Module) -> int:
    address = _loaded(module)
    if address is not None:
        return address
    with alone_in(cache_folder()):
        address = _loaded(module)  # another process may have made it meanwhile
        if address is not None:
            return address
        made = compiled((module, cache_folder()))
    address = loaded(made)
    if address is None:
        told = f"the kernel {module.title} calls functions that are nowhere: {', '.join(made.needs)}"
        raise InputError([Problem("", told)])
    return address


def _loaded(module: Module) -> int | None:
    code = kept(_path(module.title))
    return loaded(code) if code is not None else None


def compiled(given: tuple[Module, Path]) -> Code:
    """The machine code of a module, which is also written into a folder, beside its text.

    Raises:
        InputError: it cannot be compiled.
    """
    module, folder = given
    path = folder / f"{module.title}.o"
    write(path.with_suffix(".py"), module.text.encode())
    code = _compiled(module, path.with_suffix(".py"))
    if _digest() == _AT_FIRST and fingerprint() in module.text:  # else the title tells of other sources than these
        keep(path, code)
    return code


def _compiled(given: Module, path: Path) -> Code:
    from numba.core.errors import NumbaError

    from neurosim.engine.translate import NeedsPython, complaint, first_words, no_real_number, translated

    formula = given.formula
    spec = importlib.util.spec_from_file_location(f"neurosim_kernels.{given.title}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        code = translated(getattr(module, given.entry), given.arguments, given.title)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # numba raises whatever it stumbles over, not only errors of its own
        found = complaint(module, formula, error) if formula else None
        if formula and found:
            raise formula.origin.unexpected(found) from None
        if isinstance(error, NumbaError | NeedsPython):
            told = f"a formula cannot become a kernel: {first_words(error)} (its text is in {path})"
            raise InputError([Problem("", told)]) from None
        raise
    found = no_real_number(module) if hasattr(module, "formula") else None
    if found:  # numba takes the first number of an array, where it must; nobody meant that
        raise formula.origin.unexpected(found) if formula else InputError(f"expected a real number, found {found}")
    return code


@cache
def cache_folder() -> Path:
    """Where kernels are kept: `NEUROSIM_CACHE`, or the user's cache folder; a temporary one if neither can be written."""
    wanted = Path(os.environ.get("NEUROSIM_CACHE") or platformdirs.user_cache_dir("neurosim")) / "kernels"
    with contextlib.suppress(OSError):
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(wanted, os.W_OK):
            return wanted
    return Path(tempfile.mkdtemp(prefix="neurosim-kernels-"))
