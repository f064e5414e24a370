"""Kernels and formulas → machine code, cached on disk, safe against stale caches.

Each kernel becomes a module of its own whose text holds everything that it depends on: the kernel, the formulas in it, the
dtype, the processor, and a fingerprint of the modules that it imports. The text's hash is the module's name. Edit a formula and
the text is another, so an old kernel can never answer for it. The machine code lies beside the module; where it is there, numba
is not even imported.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import hashlib
import importlib.util
import inspect
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

from neurosim.engine import kernels, machine
from neurosim.engine.expression import Single, Source
from neurosim.engine.in_lanes import lanes_of
from neurosim.engine.machine_code import Code, callable_at, keep, kept, loaded, processor, write
from neurosim.engine.together import alone_in, share_out
from neurosim.errors import InputError, Problem

_SUPPORT = (kernels.at, kernels.first_of, kernels.first_panel)
_GATHER_NARROW = (kernels.arrive, kernels.gather_lanes, kernels.gather_pair)
_BANDS = (
    kernels.all_halves,
    kernels.bands_of,
    kernels.first_half,
    kernels.halves_of,
    kernels.pieces_of,
    kernels.cut,
    kernels.place_of,
    kernels.put,
    kernels.add_products,
)
_CALLS = {
    "gather": (kernels.clear,),
    "learn_gather": (kernels.clear, kernels.gather),
    "learn_gather_momentum": (kernels.clear, kernels.gather, kernels.change_row),
    "learn_outer_momentum": (kernels.change_row,),
    "gather_narrow": _GATHER_NARROW,
    "learn_gather_narrow": (
        *_GATHER_NARROW,
        kernels.gather_narrow,
        kernels.taught,
        kernels.learn_gather_lanes,
        kernels.learn_gather_pair,
    ),
    "learn_gather_blocked": (
        kernels.clear,
        kernels.turn_block,
        kernels.put,
        kernels.change_band,
        kernels.sum_band,
        kernels.block_pass,
        kernels.dot,
        kernels.correct,
    ),
    "gather_transposed": (kernels.sum_rows_8,),
    "multiply": (
        *_BANDS,
        kernels.collect,
        kernels.collect_turned,
        kernels.trials_of,
    ),
    "learn_batch": (
        *_BANDS,
        kernels.turn,
        kernels.scale,
        kernels.fade,
        kernels.move,
        kernels.inputs_of,
    ),
    "multiply_compact": (kernels.turned, kernels.sum_synapses),
    "learn_batch_compact": (kernels.turned,),
    "pseudoinverse": (
        kernels.scalar_product,
        kernels.rotate_pair,
        kernels.divide_by_largest,
        kernels.orthogonalise,
        kernels.transposed_inverse,
    ),
}
"""Which further functions a kernel calls."""
KERNEL = ("cells", "context")
"""What a kernel takes: its row of the table, and the context."""
LOOP = ("cells", "number", "number", "context", "cells", "number", "number")
"""What the machine's loop takes: the table, its rows and their length, the context, the barrier, the first step and the last."""
LOAD = ("number",) * 7
"""What `machine.load` takes."""
BROKEN = ("cells", "number", "cells")
"""What `machine.broken` takes."""


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


@dataclass(frozen=True)
class Kernel:
    """A kernel, and what it is made from.

    Attributes:
        name: what it is called, by people.
        module: what has to be compiled.
        texts: the functions that it is made of, itself last.
    """

    name: str
    module: Module
    texts: tuple[str, ...]

    @property
    def formula(self) -> Source | None:
        """The formula in it, called `formula` there."""
        return self.module.formula

    @property
    def address(self) -> int:
        """Where its machine code begins; it is compiled now if it has not been."""
        return self.module.address


@cache
def kernel(name: str, dtype: str) -> Kernel:
    """A built-in kernel for a dtype."""
    texts = tuple(inspect.getsource(function) for function in (*_CALLS.get(name, ()), getattr(kernels, name)))
    others = "".join(f"@njit(error_model='numpy')\n{text}\n\n" for text in texts[:-1])
    return Kernel(name, Module(name, header(dtype, {}) + others + texts[-1], name), texts)


Loop = Callable[[int, int, int, int, int, int, int], None]
"""A loop over steps: `loop(cells, rows, length, context, barrier, first, last)`, arrays by where they begin."""


@cache
def called(module: Module) -> Callable[..., None]:
    """The function of a module, to be called with numbers, and with arrays by where they begin."""
    return callable_at(module.address, [_C[kind] for kind in module.arguments])


@cache
def machine_run() -> Module:
    """The module of `machine.run`."""
    text = "from numba import carray, njit\n"
    text += "from neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, give_way\n"
    text += f"# {_fingerprint()}\nSTEP, ROWS, PART, PARTS, RAISED = range(5)\nSPINS = {machine.SPINS}\n\n\n"
    return Module("machine_run", text + inspect.getsource(machine.run), "run", LOOP)


@cache
def machine_load(dtype: str) -> Module:
    """The module of `machine.load` for a dtype."""
    return Module("machine_load", header(dtype, {}) + inspect.getsource(machine.load), "load", LOAD)


@cache
def machine_broken(dtype: str) -> Module:
    """The module of `machine.broken` for a dtype."""
    text = header(dtype, {}) + "from numba import carray\n\n\n" + inspect.getsource(machine.broken)
    return Module("machine_broken", text, "broken", BROKEN)


def begin_of(array: np.ndarray) -> int:
    """Where an array begins in memory; `array.ctypes.data` takes several times as long."""
    address: int = array.__array_interface__["data"][0]
    return address


_C: dict[str, type] = {"cells": ctypes.c_void_p, "context": ctypes.c_void_p, "number": ctypes.c_int64}


_MADE: dict[str, int] = {}
"""Where machine code is that this process has loaded, by the name of its module."""


_TAKEN = frozenset(
    [
        "real",
        "width",
        "floats",
        "number",
        "at",
        "first_of",
        "first_panel",
        "row",
        "ctx",
        "formula",
        "kernel",
        "out",
        "plus",
        "minus",
        "times",
        "over",
        "fma",
        "store",
        "store_at",
        "load",
        "load_at",
        "repeat",
        "repeat_like",
        "first_lanes",
        "lanes_sum",
        "single_fma",
        "sixteen",
        "eight",
        "four",
        "half",
        "integers",
        "fetch",
        "scratch",
        "release",
        "spare",
        "carray",
    ]
)
"""Names that a kernel's module needs for itself."""


def definitions(formula: Source, name: str, lanes: str | None) -> str:
    """The text of a formula under a name, after the functions that it calls; where a dtype is given, with its forms for lanes."""
    used = {node.id for node in ast.walk(formula.definition) if isinstance(node, ast.Name)} | set(formula.arguments)
    if used & _TAKEN:
        taken = ", ".join(sorted(used & _TAKEN))
        raise formula.origin.refusal(f"it uses the name {taken}, which kernels need themselves")
    text = ""
    for definition in (*formula.support, formula.definition):
        single: ast.FunctionDef = ast.fix_missing_locations(Single().visit(ast.parse(ast.unparse(definition)).body[0]))
        if definition is formula.definition:
            single.name = name
        text += f"@njit(error_model='numpy')\n{ast.unparse(single)}\n\n\n"
    return text + (lanes_of(formula, name, lanes) if lanes else "")


def header(dtype: str, modules: dict[str, str]) -> str:
    """The first lines of a kernel's module: what kernels use, for a dtype."""
    bits = np.dtype(dtype).itemsize * 8
    imports = {
        "numpy": "import numpy as {name}",
        "math": "import neurosim.engine.math32 as {name}" if bits == 32 else "import math as {name}",
    }
    lines = [
        f"# {_fingerprint()}",
        "import numpy as np",
        "from numba import njit",
        f"from neurosim.engine.memory import fetch, floats{bits} as floats, integers, number, release, scratch, spare",
        "from neurosim.engine.lanes import first_lanes, fma, lanes_sum, minus, over, plus",
        "from neurosim.engine.lanes import load_at, repeat_like, single_fma, store, store_at, times",
        f"from neurosim.engine.lanes import load{bits} as load, repeat{bits} as repeat",
        f"from neurosim.engine.lanes import sixteen{bits} as sixteen, eight{bits} as eight, four{bits} as four",
        f"from neurosim.engine.lanes import {'eight32' if bits == 32 else 'four64'} as half",
        *(imports[module].format(name=name) for name, module in sorted(modules.items())),
        f"real, width = np.float{bits}, {bits // 8}",
        *(f"{name} = {getattr(kernels, name)}" for name in ("BAND", "HALF", "ROWS", "SHARE", "STRIP")),
        _support(),
    ]
    return "\n".join(lines) + "\n\n"


@cache
def _support() -> str:
    """The text of what kernels call."""
    return "\n".join(f"\n\n@njit(error_model='numpy')\n{inspect.getsource(function)}" for function in _SUPPORT)


@cache
def _fingerprint() -> str:
    """What a kernel depends on beside its own text."""
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
    if _digest() == _AT_FIRST and _fingerprint() in module.text:  # else the title tells of other sources than these
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
