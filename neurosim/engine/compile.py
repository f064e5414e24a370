"""Kernels and formulas → machine code, cached on disk, safe against stale caches.

Each kernel becomes a module of its own whose text holds everything that it depends on: the kernel, the formulas in it, the
dtype, and a fingerprint of the modules that it imports. The text's hash is the module's name. Edit a formula and the text
is another, so an old kernel can never answer for it. numba keeps the machine code beside the module.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import inspect
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import platformdirs
from numba import types
from numba.core.errors import NumbaError

from neurosim.engine import kernels, lanes, machine, math32, memory
from neurosim.engine.expression import Single, Source
from neurosim.engine.in_lanes import lanes_of
from neurosim.errors import InputError, Problem

_SUPPORT = (kernels.at, kernels.first_of, kernels.first_panel)
_CALLS = {
    "gather": (kernels.clear,),
    "learn_gather": (kernels.clear, kernels.gather),
    "learn_gather_momentum": (kernels.clear, kernels.gather, kernels.change_row),
    "learn_outer_momentum": (kernels.change_row,),
    "gather_narrow": (kernels.gather_lanes,),
    "learn_gather_narrow": (kernels.gather_lanes, kernels.gather_narrow, kernels.learn_gather_lanes),
    "learn_gather_blocked": (kernels.clear, kernels.block_pass, kernels.dot, kernels.correct),
    "gather_transposed": (kernels.sum_rows_8,),
    "multiply": (kernels.pieces_of, kernels.place_of, kernels.collect, kernels.five_trials),
    "multiply_transposed": (kernels.pieces_of, kernels.collect_turned, kernels.five_trials),
    "learn_batch": (
        kernels.pieces_of,
        kernels.place_of,
        kernels.turn,
        kernels.scale,
        kernels.faded,
        kernels.five_inputs,
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
REAL = types.Float | types.Integer | types.Boolean
"""What a formula may return, in numba's types."""


@dataclass(frozen=True)
class Kernel:
    """A compiled kernel, and what it was made from.

    Attributes:
        name: what it is called, by people.
        address: where its machine code begins.
        texts: the functions that it is made of, itself last.
        formula: the formula in it, called `formula` there.
    """

    name: str
    address: int
    texts: tuple[str, ...]
    formula: Source | None = None


@cache
def kernel(name: str, dtype: str) -> Kernel:
    """A built-in kernel for a dtype."""
    texts = tuple(inspect.getsource(function) for function in (*_CALLS.get(name, ()), getattr(kernels, name)))
    called = "".join(f"@njit(error_model='numpy')\n{text}\n\n" for text in texts[:-1])
    made = module_of(name, header(dtype, {}) + called + decorated(texts[-1]))
    return Kernel(name, int(getattr(made, name).address), texts)


@cache
def machine_part(name: str) -> Callable[..., None]:
    """A function of the machine: `run`, its loop, or `load`."""
    text = (
        "from numba import njit\nfrom neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, give_way\n"
    )
    text += f"# {_fingerprint()}\nSTEP, ROWS, PART, PARTS = range(4)\nSPINS = {machine.SPINS}\n\n\n"
    text += f"@njit(nogil=True, cache=True, error_model='numpy')\n{inspect.getsource(getattr(machine, name))}"
    return getattr(module_of(f"machine_{name}", text), name)


_MADE: dict[str, ModuleType] = {}


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
        "load",
        "load_like",
        "repeat",
        "repeat_like",
        "first_lanes",
        "lanes_sum",
        "single_fma",
        "sixteen",
        "eight",
        "four",
        "line_of",
        "integers",
        "fetch",
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


def decorated(text: str) -> str:
    """A kernel's text as what is compiled and called through its address."""
    return f"@cfunc(SIGNATURE, cache=True, error_model='numpy')\n{text.lstrip()}"


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
        "from numba import cfunc, njit",
        f"from neurosim.engine.memory import SIGNATURE, fetch, floats{bits} as floats, integers, number",
        "from neurosim.engine.lanes import first_lanes, fma, lanes_sum, load_like, minus, over, plus",
        "from neurosim.engine.lanes import repeat_like, single_fma, store, times",
        f"from neurosim.engine.lanes import load{bits} as load, repeat{bits} as repeat",
        f"from neurosim.engine.lanes import sixteen{bits} as sixteen, eight{bits} as eight, four{bits} as four",
        f"from neurosim.engine.lanes import {'sixteen32' if bits == 32 else 'eight64'} as line_of",
        *(imports[module].format(name=name) for name, module in sorted(modules.items())),
        f"real, width = np.float{bits}, {bits // 8}",
        f"SHARE, STRIP, TILE = {kernels.SHARE}, {kernels.STRIP}, {kernels.TILE}",
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
    digest = hashlib.blake2b(digest_size=12)
    for module in (memory, lanes, math32, machine):
        digest.update(inspect.getsource(module).encode())
    return f"numba {numba.__version__}, python {sys.version_info.major}.{sys.version_info.minor}, {digest.hexdigest()}"


def module_of(stem: str, text: str, formula: Source | None = None) -> ModuleType:
    """The module of this text, from the cache folder if it is there.

    Args:
        stem: what its name begins with.
        text: all of it.
        formula: whose kernel it holds; it is to blame where the module cannot be compiled.
    """
    title = f"{stem}_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
    if title not in _MADE:
        path = cache_folder() / f"{title}.py"
        if not (path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text):
            _write(path, text)
        _MADE[title] = _imported(title, path, formula)
    return _MADE[title]


def _imported(title: str, path: Path, formula: Source | None) -> ModuleType:
    full = f"neurosim_kernels.{title}"
    spec = importlib.util.spec_from_file_location(full, path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[full] = module  # numba looks modules up by name when it loads machine code
    try:
        spec.loader.exec_module(module)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # numba raises whatever it stumbles over, not only errors of its own
        found = _complaint(module, formula, error) if formula else None
        if formula and found:
            raise formula.origin.unexpected(found) from None
        if isinstance(error, NumbaError):
            told = f"a formula cannot become a kernel: {_first_words(error)} (its text is in {path})"
            raise InputError([Problem("", told)]) from None
        raise
    found = _no_real_number(module) if formula else None
    if formula and found:  # numba takes the first number of an array, where it must; nobody meant that
        for kept in (path.parent / "__pycache__").glob(f"{title}.*"):
            kept.unlink(missing_ok=True)  # or the next process would take the machine code from the cache
        raise formula.origin.unexpected(found)
    return module


def _complaint(module: Any, formula: Source, error: Exception) -> str | None:
    """What is wrong with a formula whose kernel could not be compiled, told by compiling it alone; None if nothing is."""
    alone = getattr(module, "formula", None)
    if alone is None:  # not even its text could be read
        return f"what Python refuses: {_first_words(error)}"
    real = numba.from_dtype(np.dtype(module.real))
    try:
        alone.get_call_template((real,) * len(formula.arguments), {})  # has numba compile it
    except (OSError, MemoryError):
        raise
    except Exception as own:
        return f"what numba refuses: {_first_words(own)}"
    refused = f"what numba refuses: {_first_words(error)}" if isinstance(error, NumbaError) else None
    return _no_real_number(module) or refused


def _no_real_number(module: Any) -> str | None:
    """What a module's formula returns instead, as far as it has just been compiled; None if a real number."""
    kinds = [signature.return_type for signature in module.formula.nopython_signatures]
    return next((f"what numba calls {kind}" for kind in kinds if not isinstance(kind, REAL)), None)


def _first_words(error: Exception) -> str:
    """The first informative words of an error of the compiler, on one line."""
    lines = [line.strip().removeprefix(">>> ") for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith("Failed in")] or [type(error).__name__]
    words = f"{lines[0]} {lines[1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
    return words if isinstance(error, NumbaError) else f"{type(error).__name__}: {words}"


def _write(path: Path, text: str) -> None:
    """Through a temporary file, so that another process never sees half a module."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(temporary, path)


@cache
def cache_folder() -> Path:
    """Where kernels are kept: `NEUROSIM_CACHE`, or the user's cache folder; a temporary one if neither can be written."""
    wanted = Path(os.environ.get("NEUROSIM_CACHE") or platformdirs.user_cache_dir("neurosim")) / "kernels"
    with contextlib.suppress(OSError):
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(wanted, os.W_OK):
            return wanted
    return Path(tempfile.mkdtemp(prefix="neurosim-kernels-"))
