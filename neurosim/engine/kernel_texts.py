"""Kernels and formulas → the texts of modules that hold everything their machine code depends on.

Each kernel becomes a module of its own: the kernel, what it calls, the formulas in it, the dtype, the processor, and a
fingerprint of the modules that it imports.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from functools import cache

import numpy as np

from neurosim.engine import kernels, machine
from neurosim.engine.compile import Module, fingerprint
from neurosim.engine.expression import Single, Source
from neurosim.engine.in_lanes import lanes_of

_SUPPORT = (kernels.at, kernels.first_of, kernels.first_panel, kernels.room)
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
LOOP = ("cells", "number", "number", "context", "cells", "number", "number")
"""What the machine's loop takes: the table, its rows and their length, the context, the barrier, the first step and the last."""
LOAD = ("number",) * 7
"""What `machine.load` takes."""
BROKEN = ("cells", "number", "cells")
"""What `machine.broken` takes."""


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


@cache
def machine_run() -> Module:
    """The module of `machine.run`."""
    text = "from numba import carray, njit\n"
    text += "from neurosim.engine.memory import atomic_increment, atomic_load, atomic_store, call, give_way\n"
    text += f"# {fingerprint()}\nSTEP, ROWS, PART, PARTS, RAISED = range(5)\nSPINS = {machine.SPINS}\n\n\n"
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
        f"# {fingerprint()}",
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
        *(f"{name} = {getattr(kernels, name)}" for name in ("BAND", "HALF", "NO_ROOM", "ROWS", "SHARE", "STRIP")),
        f"RAISED = {machine.RAISED}",
        _support(),
    ]
    return "\n".join(lines) + "\n\n"


@cache
def _support() -> str:
    """The text of what kernels call."""
    return "\n".join(f"\n\n@njit(error_model='numpy')\n{inspect.getsource(function)}" for function in _SUPPORT)
