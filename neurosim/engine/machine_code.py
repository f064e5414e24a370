"""Machine code in files of neurosim's own: written after it was compiled, read and called without the compiler.

numba takes half a second and eighty megabytes to get ready, and is asked only where something has to be compiled. What it made
is an object file, as a C compiler would write it, with one function in it; LLVM's loader puts that into memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from llvmlite import binding

FORM = b"neurosim-machine-code-1"


@dataclass(frozen=True)
class Code:
    """An object file.

    Attributes:
        text: its bytes.
        asks_numba: whether it calls functions that are found only where numba is.
    """

    text: bytes
    asks_numba: bool

    def first_line(self) -> bytes:
        """What a file says about its code before the code: its form, where it runs alone, and a digest."""
        alone = b"with-numba" if self.asks_numba else b"alone"
        return b" ".join((FORM, alone, hashlib.blake2b(self.text, digest_size=16).hexdigest().encode()))


def kept(path: Path) -> Code | None:
    """The machine code in a file; None if there is none, or not all of it."""
    with contextlib.suppress(OSError):
        line, _, text = path.read_bytes().partition(b"\n")
        code = Code(text, b" with-numba " in line)
        if line == code.first_line():
            return code
    return None


def keep(path: Path, code: Code) -> None:
    """Write machine code to a file."""
    write(path, code.first_line() + b"\n" + code.text)


def write(path: Path, content: bytes) -> None:
    """Through a temporary file, so that another process never sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.replace(temporary, path)


def loaded(code: Code, entry: str) -> int:
    """The address of the function of this name, once its code is in memory; each name can be loaded once."""
    if code.asks_numba:
        from neurosim.engine.translate import lend_symbols

        lend_symbols()
    with _LOADING:
        loader = _loader()
        loader.add_object_file(binding.ObjectFileRef.from_data(code.text))
        loader.finalize_object()
        return int(loader.get_function_address(entry))


_LOADING = Lock()


@cache
def _loader() -> binding.ExecutionEngine:
    return binding.create_mcjit_compiler(binding.parse_assembly(""), host())


@cache
def host() -> binding.TargetMachine:
    """LLVM's description of this machine's processor."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    name, features = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    return binding.Target.from_default_triple().create_target_machine(cpu=name, features=features, opt=3, jit=True)


@cache
def processor() -> str:
    """The processor that machine code is for, with everything that it can do."""
    return f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def callable_at(address: int, arguments: Sequence[type]) -> Callable[..., None]:
    """The function at an address; while it runs, other Python threads run, too."""
    return ctypes.CFUNCTYPE(None, *arguments)(address)
