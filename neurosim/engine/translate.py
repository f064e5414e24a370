"""Text → machine code: the only place that asks numba to compile, imported only where something has to be compiled.

numba makes a function of its own calling convention, which may raise. Around it goes one that C could call, which tells of an
exception in a cell of the context, and everything else becomes private to the object file, so that what nobody calls is left
out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any
from unittest import mock

import numba
import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core.codegen import JITCodeLibrary, JITCPUCodegen
from numba.core.compiler import Flags, compile_extra
from numba.core.compiler_lock import global_compiler_lock
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target
from numba.core.runtime import rtsys

from neurosim.engine.expression import Source
from neurosim.engine.machine import RAISED
from neurosim.engine.machine_code import Code, host

REAL = types.Float | types.Integer | types.Boolean
"""What a formula may return, in numba's types."""
ARGUMENTS = {"cells": types.CPointer(types.int64), "context": types.CPointer(types.int64), "number": types.int64}
"""What a function that is called from outside may take."""


class NeedsPython(Exception):
    """What numba compiled calls the interpreter, as `print` does."""


@global_compiler_lock
def translated(function: Callable[..., None], arguments: tuple[str, ...], entry: str) -> Code:
    """The machine code of a function, which calls only functions that numba compiles.

    Args:
        function: returns nothing.
        arguments: what it takes: `cells`, an address of 64-bit cells, `context`, that of the context, or `number`, one such
            number.
        entry: what it is called in the object file.

    Raises:
        NeedsPython: it does something that only the interpreter can do.
    """
    target = cpu_target.target_context
    taken = tuple(ARGUMENTS[kind] for kind in arguments)
    with _nowhere():
        with _together():
            compiled = compile_extra(cpu_target.typing_context, target, function, taken, types.void, _flags(), {})
        return _called_from_outside(compiled, arguments, entry)


def _called_from_outside(compiled: Any, arguments: tuple[str, ...], entry: str) -> Code:
    """What numba made of a function, with one around it that C could call."""
    target = cpu_target.target_context
    made, library = compiled.fndesc, compiled.library
    module = target.create_module(entry)
    inner = ir.Function(module, target.call_conv.get_function_type(made.restype, made.argtypes), made.llvm_func_name)
    outer = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [target.get_value_type(ARGUMENTS[kind]) for kind in arguments]), entry
    )
    builder = ir.IRBuilder(outer.append_basic_block())
    status, _ = target.call_conv.call_function(builder, inner, made.restype, made.argtypes, outer.args)
    if "context" in arguments:
        with builder.if_then(status.is_error, likely=False):
            cell = ir.IntType(64)
            builder.store(cell(1), builder.gep(outer.args[arguments.index("context")], [cell(RAISED)]))
    builder.ret_void()
    library.add_ir_module(module)
    library.finalize()
    return _object(library.get_llvm_str(), entry)


@contextmanager
def _together() -> Iterator[None]:
    """While the block lasts, numba does not optimise the functions that a kernel calls, nor make them fit for Python.

    They are optimised with the kernel, when all are there; by itself numba does so for each, again and again, which takes a third
    of the time. What it asks for is a builtin function of its own for each of them, by which it then knows it.
    """

    def executable(library: object, description: object, environment: object) -> object:
        return [].append

    def nothing(*_: object) -> None:
        pass

    with (
        mock.patch.object(cpu_target.target_context, "get_executable", executable),
        mock.patch.object(JITCodeLibrary, "_optimize_functions", nothing),
        mock.patch.object(JITCodeLibrary, "_optimize_final_module", nothing),
    ):
        yield


@contextmanager
def _nowhere() -> Iterator[None]:
    """While the block lasts, numba puts no machine code into memory: what is called is loaded from an object file."""

    def nothing(*_: object) -> None:
        pass

    with (
        mock.patch.object(JITCPUCodegen, "_add_module", nothing),
        mock.patch.object(JITCodeLibrary, "_finalize_specific", nothing),
    ):
        yield


def _flags() -> Flags:
    flags = Flags()
    cpu_target.options.parse_as_flags(flags, {"nopython": True, "error_model": "numpy"})
    for kept_away in ("no_cpython_wrapper", "no_cfunc_wrapper", "no_compile"):  # compiled with the function around it
        setattr(flags, kept_away, True)
    return flags


def _object(text: str, entry: str) -> Code:
    """The object file of a module of LLVM's, with one function that is seen from outside, and what that needs."""
    module = binding.parse_assembly(text)
    for thing in (*module.functions, *module.global_variables):
        if not thing.is_declaration and thing.name != entry:
            thing.linkage = binding.Linkage.internal
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, binding.create_pass_builder(host(), binding.create_pipeline_tuning_options()))
    if any("NumbaEnv" in variable.name for variable in module.global_variables):
        raise NeedsPython("something that only the interpreter can do, such as print")
    things = (*module.functions, *module.global_variables)
    needs = sorted(t.name for t in things if t.is_declaration and not t.name.startswith("llvm."))
    return Code(entry, host().emit_object(module), tuple(needs))


@cache
def lend_symbols() -> None:
    """Have LLVM's loader find the functions that numba's own machine code calls."""
    rtsys.initialize(cpu_target.target_context)


def complaint(module: ModuleType, formula: Source, error: Exception) -> str | None:
    """What is wrong with a formula whose kernel could not be compiled, told by compiling it alone; None if nothing is."""
    alone = getattr(module, "formula", None)
    if alone is None:  # not even its text could be read
        return f"what Python refuses: {first_words(error)}"
    real = numba.from_dtype(np.dtype(module.real))
    try:
        alone.get_call_template((real,) * len(formula.arguments), {})  # has numba compile it
    except (OSError, MemoryError):
        raise
    except Exception as own:  # numba raises whatever it stumbles over, not only errors of its own
        return f"what numba refuses: {first_words(own)}"
    refused = f"what numba refuses: {first_words(error)}" if isinstance(error, NumbaError) else None
    refused = str(error) if isinstance(error, NeedsPython) else refused
    return no_real_number(module) or refused


def no_real_number(module: ModuleType) -> str | None:
    """What a module's formula returns instead, as far as it has just been compiled; None if a real number."""
    kinds = [signature.return_type for signature in module.formula.nopython_signatures]
    return next((f"what numba calls {kind}" for kind in kinds if not isinstance(kind, REAL)), None)


def first_words(error: Exception) -> str:
    """The first informative words of an error of the compiler, on one line."""
    lines = [line.strip().removeprefix(">>> ") for line in str(error).splitlines()]
    lines = [line for line in lines if line and not line.startswith("Failed in")] or [type(error).__name__]
    words = f"{lines[0]} {lines[1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
    return words if isinstance(error, NumbaError | NeedsPython) else f"{type(error).__name__}: {words}"
