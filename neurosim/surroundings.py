"""What a function uses of what is written around it, numbers and other functions, which may change while the function stays."""

from __future__ import annotations

import functools
import inspect
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any


def around(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The names that a Python function uses of those around it, in order, and what they mean now; nothing of other callables.

    >>> GAIN = 2.0
    >>> def amplified(u): return GAIN * u
    >>> [name for name, _ in around(amplified)]
    ['GAIN']
    """
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType):
        return
    enclosed = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name in sorted({*_names(function.__code__), *enclosed}):
        if name in enclosed:
            try:
                yield name, enclosed[name].cell_contents
            except ValueError:  # nothing has been bound to it yet
                continue
        elif name in function.__globals__:
            yield name, function.__globals__[name]


def seen(function: Callable[..., Any], within: tuple[Any, ...] = ()) -> tuple[Any, ...]:
    """What tells whether the numbers and functions around a function are what they were: equal where they are.

    >>> def amplified(u): return gain * u
    >>> gain = 2.0
    >>> before = seen(amplified)
    >>> before == seen(amplified)
    True
    """
    found: list[Any] = []
    for name, value in around(function):
        if isinstance(value, bool | int | float):
            found.append((name, repr(value)))
        elif isinstance(value, FunctionType) and value not in within:
            found.append((name, value.__code__, value.__defaults__, seen(value, (*within, value))))
    return tuple(found)


def is_users(thing: Any) -> bool:
    """Whether a function, class or module is written by a user: not by neurosim, and not by what is installed.

    >>> is_users(is_users), is_users(inspect.unwrap), is_users(len)
    (False, False, False)
    """
    try:
        return _is_own(inspect.getfile(inspect.unwrap(thing) if callable(thing) else thing))
    except (TypeError, ValueError, OSError):  # it has no file
        return getattr(thing, "__module__", None) == "__main__"


@functools.lru_cache(maxsize=4096)
def _is_own(file: str) -> bool:
    paths = sysconfig.get_paths()
    installed = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    home = str(Path(__file__).absolute().parent)
    return not any(Path(file).absolute().is_relative_to(folder) for folder in (home, *installed))


def _names(code: CodeType) -> set[str]:
    """The names that code uses, with those of the functions in it."""
    inner = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inner)
