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
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
import numpy as np
import platformdirs

from neurosim.engine import kernels, machine, math32, memory
from neurosim.engine.expression import Single, Source
from neurosim.errors import InputError, Problem

_SUPPORT = (kernels.at, kernels.first_of, kernels.first_panel)
_CALLS = {
    "gather": (kernels.clear,),
    "learn_gather": (kernels.clear, kernels.gather),
    "learn_gather_momentum": (kernels.clear, kernels.gather, kernels.change_row),
    "learn_outer_momentum": (kernels.change_row,),
    "learn_gather_narrow": (kernels.gather_narrow,),
    "learn_gather_blocked": (kernels.clear, kernels.block_pass, kernels.dot, kernels.correct),
    "gather_transposed": (kernels.sum_rows_8,),
    "learn_batch": (kernels.fade,),
    "multiply_compact": (kernels.turned, kernels.sum_synapses),
    "learn_batch_compact": (kernels.turned,),
}
"""Which further functions a kernel calls."""


@cache
def kernel(name: str, dtype: str) -> int:
    """The address of a built-in kernel for a dtype."""
    called = "".join(f"@njit(error_model='numpy')\n{inspect.getsource(function)}\n\n" for function in _CALLS.get(name, ()))
    text = called + _decorated(inspect.getsource(getattr(kernels, name)))
    return _address(_module(name, _header(dtype, {}) + text, name))


@cache
def loop() -> Callable[..., None]:
    """The machine's loop."""
    text = (
        "from numba import njit\nfrom neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, give_way\n"
    )
    text += (
        f"# {_fingerprint()}\nSTEP, ROWS, PART, PARTS = range(4)\nSPINS = {machine.SPINS}\n\n\n{inspect.getsource(machine.run)}"
    )
    return _module("machine", text, "run").run


_MADE: dict[str, ModuleType] = {}


def compute_kernel(formula: Source, dtype: str) -> int:
    """The address of the kernel out = formula(…), neuron by neuron and trial by trial.

    Row: 1: count, 2-5: out (operand, bytes per trial of a batch), then four such cells for each argument of the formula.
    """
    names = formula.arguments
    rows = "".join(
        f"        a{k} = floats(at(row, {6 + 4 * k}, step) + trial * row[{9 + 4 * k}] + low * width)\n" for k in range(len(names))
    )
    values = ", ".join(f"a{k}[j]" for k in range(len(names)))
    text = f"""
def kernel(row, ctx):
    low, high = first_of(row[1], ctx[2], ctx[3]), first_of(row[1], ctx[2] + 1, ctx[3])
    n, step = high - low, ctx[0]
    if n <= 0:
        return
    for trial in range(ctx[1]):
        out = floats(at(row, 2, step) + trial * row[5] + low * width)
{rows}        for j in range(n):
            out[j] = formula({values})
"""
    return _formula_kernel("compute", text, formula, dtype)


def synapse_kernel(formula: Source, dtype: str, *, diagonal: bool, compact: bool = False) -> int:
    """The address of the kernel W += Σ over the batch of formula(…), synapse by synapse: for rules that are no product.

    Row: 1: W, 2: bytes per row of a panel, 3: rows, 4: post, 5: V or 0, 6: α, 7: η λ, 8: pattern or 0, 9: index or 0, then four
    cells per argument other than `weight`: operand, bytes per trial. The changes of a batch are summed at the weights from
    before it.
    """
    names = [name for name in formula.arguments if name != "weight"]
    cells = {name: 10 + 4 * k for k, name in enumerate(names)}
    source = "index[j]" if compact else "i"
    index = "index = integers(row[9] + place // width * 4)" if compact else "pass"
    rows = values = ""
    for name, cell in cells.items():
        place = " + start * width" if diagonal or name.startswith("post_") else ""
        rows += f"                    a_{name} = floats(at(row, {cell}, step) + trial * row[{cell + 3}]{place})\n"
    values = ", ".join(
        "w[j]" if name == "weight" else f"a_{name}[j]" if diagonal or name.startswith("post_") else f"a_{name}[{source}]"
        for name in formula.arguments
    )
    text = f"""
def kernel(row, ctx):
    step, line, alpha, shrink = ctx[0], row[2], real(number(row[6])), real(number(row[7]))
    total = np.empty({kernels.SHARE}, real)
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        low = panel * (line // width)
        high = min(low + line // width, row[4])
        for i in range(row[3]):
            for start in range(low, high, {kernels.SHARE}):
                count = min({kernels.SHARE}, high - start)
                place = (panel * row[3] + i) * line + (start - low) * width
                w = floats(row[1] + place)
                {index}
                for j in range(count):
                    total[j] = -shrink * w[j]
                for trial in range(ctx[1]):
{rows}                    for j in range(count):
                        total[j] += formula({values})
                if row[8]:
                    pattern = floats(row[8] + place)
                    for j in range(count):
                        total[j] *= pattern[j]
                if row[5]:
                    v = floats(row[5] + place)
                    for j in range(count):
                        total[j] += alpha * v[j]
                        v[j] = total[j]
                for j in range(count):
                    w[j] += total[j]
"""
    return _formula_kernel("synapses", text, formula, dtype)


def _formula_kernel(stem: str, text: str, formula: Source, dtype: str) -> int:
    if (text, dtype) not in formula.addresses:
        formula.addresses[text, dtype] = _compiled(stem, text, formula, dtype)
    return formula.addresses[text, dtype]


_TAKEN = frozenset({"real", "width", "floats", "number", "at", "first_of", "row", "ctx", "formula", "kernel", "out"})
"""Names that a kernel's module needs for itself."""


def _compiled(stem: str, text: str, formula: Source, dtype: str) -> int:
    used = {node.id for node in ast.walk(formula.definition) if isinstance(node, ast.Name)} | set(formula.arguments)
    if used & _TAKEN:
        taken = ", ".join(sorted(used & _TAKEN))
        raise InputError([Problem(formula.definition.name, f"a formula cannot use the name {taken}: kernels need it themselves")])
    definitions = ""
    for definition in (*formula.support, formula.definition):
        single: ast.FunctionDef = ast.fix_missing_locations(Single().visit(ast.parse(ast.unparse(definition)).body[0]))
        if definition is formula.definition:
            single.name = "formula"
        definitions += f"@njit(error_model='numpy')\n{ast.unparse(single)}\n\n\n"
    return _address(_module(stem, _header(dtype, dict(formula.modules)) + definitions + _decorated(text), "kernel"), "kernel")


def _decorated(text: str) -> str:
    return f"@cfunc(SIGNATURE, cache=True, error_model='numpy')\n{text.lstrip()}"


def _header(dtype: str, modules: dict[str, str]) -> str:
    bits = np.dtype(dtype).itemsize * 8
    imports = {
        "numpy": "import numpy as {name}",
        "math": "import neurosim.engine.math32 as {name}" if bits == 32 else "import math as {name}",
    }
    lines = [
        f"# {_fingerprint()}",
        "import numpy as np",
        "from numba import cfunc, njit",
        f"from neurosim.engine.memory import SIGNATURE, fetch, floats{bits} as floats, gemm{bits} as gemm, integers, number",
        f"from neurosim.engine.memory import load{bits} as load, store{bits} as store, repeat{bits} as repeat",
        f"from neurosim.engine.memory import fma{bits} as fma, plus{bits} as plus, times{bits} as times",
        f"from neurosim.engine.memory import lanes_sum{bits} as lanes_sum, single_fma{bits} as single_fma",
        *(imports[module].format(name=name) for name, module in sorted(modules.items())),
        f"real, width = np.float{bits}, {bits // 8}",
        f"SHARE, BAND, TILE = {kernels.SHARE}, {kernels.BAND}, {kernels.TILE}",
        *(f"\n\n@njit(error_model='numpy')\n{inspect.getsource(function)}" for function in _SUPPORT),
    ]
    return "\n".join(lines) + "\n\n"


@cache
def _fingerprint() -> str:
    """What a kernel depends on beside its own text."""
    digest = hashlib.blake2b(digest_size=12)
    for module in (memory, math32, machine):
        digest.update(inspect.getsource(module).encode())
    return f"numba {numba.__version__}, python {sys.version_info.major}.{sys.version_info.minor}, {digest.hexdigest()}"


def _address(module: ModuleType, name: str | None = None) -> int:
    return int(getattr(module, name or module.__dict__["__kernel__"]).address)


def _module(stem: str, text: str, name: str) -> ModuleType:
    """The module of this text, from the cache folder if it is there."""
    title = f"{stem}_{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"
    if title not in _MADE:
        path = cache_folder() / f"{title}.py"
        if not (path.is_file() and path.read_text(encoding="utf-8", errors="replace") == text):
            _write(path, text)
        _MADE[title] = _imported(title, path)
        _MADE[title].__dict__["__kernel__"] = name
    return _MADE[title]


def _imported(title: str, path: Path) -> ModuleType:
    full = f"neurosim_kernels.{title}"
    spec = importlib.util.spec_from_file_location(full, path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    sys.modules[full] = module  # numba looks modules up by name when it loads machine code
    try:
        spec.loader.exec_module(module)
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines()]
        reason = next((line for line in lines if line and not line.startswith("Failed in")), type(error).__name__)
        told = f"a formula cannot become a kernel: {reason} (its text is in {path})"
        raise InputError([Problem("", told)]) from None
    return module


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
