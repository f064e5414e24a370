"""Everything that can be extended, by kind and by name.

A thing is added in one place: a decorated function or class in its room (or in a user's own module), or one file in a
folder. Listing, the reference page, validation messages and the invariant tests all iterate over `kinds()`.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import inspect
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Mapping
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any, Generic, TypeVar

from neurosim.errors import InputError, NeurosimError, Problem, nearest, not_a_file

T = TypeVar("T")
_KINDS: dict[str, Registry[Any]] = {}
_edition = 0


def kinds() -> dict[str, Registry[Any]]:
    """Every kind that can be extended, by its plural name."""
    return dict(_KINDS)


def edition() -> int:
    """A number that is another one after anything has been registered: what is cached about things goes by it.

    >>> before = edition()
    >>> Registry("colours", shown=False).add("red", 1)
    1
    >>> edition() == before
    False
    """
    return _edition


def extend(path: str | Path) -> None:
    """Run a user's Python file, whose decorators register what it defines.

    Raises:
        InputError: there is no such file, or what it does fails.
    """
    file = Path(path)
    if file.suffix != ".py" or not file.is_file():
        told = "expected a name that ends in .py" if file.is_file() else not_a_file(file, "no such Python file")
        raise InputError([Problem(str(path), told)], "--with")
    content = hashlib.blake2b(file.read_bytes(), digest_size=8).hexdigest()  # two files may have one name
    name = f"neurosim_extension_{file.stem}_{content}"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Uncached(name, str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for the answer
            spec.loader.exec_module(module)
    except InputError as error:
        place = _line_of(error, path)
        raise InputError([Problem(place, str(problem)) for problem in error.problems], "--with") from None
    except NeurosimError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError([Problem(_line_of(error, path), f"{type(error).__name__}: {error}")], "--with") from None


class _Uncached(SourceFileLoader):
    """Python code that leaves no `__pycache__` beside a user's file."""

    def set_data(self, *_: object, **__: object) -> None:
        """Where Python would write what it compiled."""


def _line_of(error: BaseException, path: str | Path) -> str:
    """A user's file, with the line in which an error arose, if it is known."""
    own = str(Path(path).absolute())
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if str(Path(frame.filename).absolute()) == own]
    return f"{path}, line {lines[-1]}" if lines else str(path)


def first_line(doc: str | None) -> str:
    """The first line of a docstring."""
    return inspect.cleandoc(doc).splitlines()[0] if doc else ""


class Registry(Mapping[str, T], Generic[T]):
    """The things of one kind, by name.

    >>> colours: Registry[int] = Registry("colours", shown=False)
    >>> colours.add("red", 1)
    1
    >>> colours["rde"]
    Traceback (most recent call last):
    neurosim.errors.InputError: rde: no such colour; there are red; did you mean 'red'?
    """

    def __init__(self, kind: str, *, shown: bool = True) -> None:
        self.kind = kind
        self._things: dict[str, T] = {}
        if shown:
            _KINDS[kind] = self

    def add(self, name: str, thing: T) -> T:
        """Register a thing; a second one of the same name replaces the first (so notebooks can re-run a cell).

        Raises:
            InputError: the name is that of something built in, on which circuits and scenarios rely.
        """
        global _edition
        if self.is_built_in(name) and not _is_built_in(thing):
            raise InputError([Problem(name, f"is built in among the {self.kind}; expected another name")])
        self._things[name] = thing
        _edition += 1
        return thing

    def __getitem__(self, name: str) -> T:
        """The thing of this name; raises InputError that names the others."""
        if name in self._things:
            return self._things[name]
        if name not in self._known():
            raise InputError([self.unknown(name, name)])
        return self._load(name)

    def is_built_in(self, name: str) -> bool:
        """Whether a thing of this name comes with neurosim."""
        return name in self._things and _is_built_in(self._things[name])

    def unknown(self, address: str, name: str) -> Problem:
        """What to say when `name`, found at `address`, is not registered."""
        listed = ", ".join(self)
        what = "" if address == name else f" {name!r}"
        return Problem(address, f"no such {self.kind.removesuffix('s')}{what}; there are {listed}", nearest(name, self))

    def __contains__(self, name: object) -> bool:
        return name in self._things or name in self._known()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._known()))

    def __len__(self) -> int:
        return len(self._known())

    def summary(self, name: str) -> str:
        """One line on a thing: the first of its docstring."""
        thing = self._load(name)
        return first_line(getattr(thing, "doc", None) or thing.__doc__)

    def _known(self) -> Mapping[str, Any]:
        return self._things

    def _load(self, name: str) -> T:
        return self._things[name]


def _is_built_in(thing: Any) -> bool:
    """Whether a thing comes with neurosim: it, or all that it is made of, is written there."""
    return all(str(getattr(part, "__module__", "")).startswith("neurosim.") for part in _parts(thing))


def _parts(thing: Any) -> Iterator[Any]:
    """A function or class itself, or the functions of which a description consists."""
    if isinstance(thing, type) or inspect.isroutine(thing):
        yield thing
        return
    for value in getattr(thing, "__dict__", {}).values():
        yield from (part for part in (value.values() if isinstance(value, Mapping) else [value]) if callable(part))


class Folder(Registry[T]):
    """A kind whose things are files: the file's name is the public name, and it is imported only when asked for.

    Each file holds one thing, bound to the attribute `attribute` of its module. Users' own things are added with `add`.
    """

    def __init__(self, kind: str, package: str, attribute: str) -> None:
        super().__init__(kind)
        self._package = package
        self._attribute = attribute

    @functools.cached_property
    def _files(self) -> dict[str, Path]:
        spec = importlib.util.find_spec(self._package)
        places = list(spec.submodule_search_locations or []) if spec else []
        found = [name for _, name, _ in pkgutil.iter_modules(places)]
        return {name: Path(places[0]) / f"{name}.py" for name in found if not name.startswith("_")}

    def is_built_in(self, name: str) -> bool:
        """Whether a thing of this name comes with neurosim."""
        return name in self._files and self._package.startswith("neurosim.")

    def _known(self) -> Mapping[str, Any]:
        return {**self._files, **self._things}

    def _load(self, name: str) -> T:
        if name not in self._things:
            module = importlib.import_module(f"{self._package}.{name}")
            self._things[name] = getattr(module, self._attribute)
        return self._things[name]

    def summary(self, name: str) -> str:
        """One line on a thing, read from its file without importing it."""
        if name in self._things:
            return super().summary(name)
        return first_line(ast.get_docstring(ast.parse(self._files[name].read_text(encoding="utf-8"))))
