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

FORM = "neurosim-machine-code-2"


@dataclass(frozen=True)
class Code:
    """An object file with one function that is called from outside.

    Attributes:
        entry: what that is called.
        text: the bytes of the file.
        needs: the functions that it calls and does not hold.
    """

    entry: str
    text: bytes
    needs: tuple[str, ...] = ()

    def first_line(self) -> bytes:
        """What a file says before the code: its form, what it needs, and a digest of everything."""
        needs = ",".join(self.needs)
        digest = hashlib.blake2b(f"{self.entry} {needs} ".encode() + self.text, digest_size=16)
        return f"{FORM} {needs} {digest.hexdigest()}".encode()


def kept(path: Path) -> Code | None:
    """The machine code in a file that bears the name of its function; None if it is not there as it was kept."""
    with contextlib.suppress(OSError, ValueError):
        line, _, text = path.read_bytes().partition(b"\n")
        _, needs, _ = line.decode().split(" ")
        code = Code(path.stem, text, tuple(needs.split(",")) if needs else ())
        if line == code.first_line():
            return code
    return None


def keep(path: Path, code: Code) -> None:
    """Write machine code to a file, if there is room: without it, it is compiled again the next time."""
    with contextlib.suppress(OSError):
        write(path, code.first_line() + b"\n" + code.text)


def write(path: Path, content: bytes) -> None:
    """Through a temporary file, so that another process never sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def loaded(code: Code) -> int | None:
    """Where a function begins, once its code is in memory; None where something that it calls is nowhere, not even in numba."""
    if not _found(code.needs):
        from neurosim.engine.translate import lend_symbols

        lend_symbols()
        if not _found(code.needs):
            return None
    with _LOADING:
        loader = _loader()
        loader.add_object_file(binding.ObjectFileRef.from_data(code.text))
        loader.finalize_object()
        return int(loader.get_function_address(code.entry)) or None


def _found(names: Sequence[str]) -> bool:
    """Whether this process has functions of these names: for LLVM's loader, a missing one would be the end of the process."""
    _loader()
    return all(binding.address_of_symbol(name) is not None for name in names)


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
    """The system and the processor that machine code is for, with everything that it can do."""
    return f"{binding.get_process_triple()} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def callable_at(address: int, arguments: Sequence[type]) -> Callable[..., None]:
    """The function at an address; while it runs, other Python threads run, too."""
    return ctypes.CFUNCTYPE(None, *arguments)(address)
