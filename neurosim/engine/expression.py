"""Formulas as expressions: what a scalar Python function computes, with constants put in, folded, and taken apart.

A formula is read from its source, so that its text can become part of a kernel's text (and of that kernel's name: a stale
kernel cannot be mistaken for a fresh one), and so that a plasticity rule that is a product of something presynaptic and
something postsynaptic is found to be an outer product, whoever wrote it.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import math
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import Any, cast

from neurosim.errors import InputError, Problem
from neurosim.surroundings import seen

MODULES = ("math", "numpy")
NO_NUMBER = ast.List | ast.Tuple | ast.Set | ast.Dict
"""What a formula may well write down, but not return."""


@dataclass(frozen=True)
class Origin:
    """Who wrote a formula where, for the messages that refuse it.

    Attributes:
        name: what the formula is called there, for example `delta` or `tanh.slope`.
        place: its file and line; empty where it has none.
    """

    name: str
    place: str = ""

    def refusal(self, why: str) -> InputError:
        """The error that says that this formula cannot become a kernel, and why."""
        return InputError([Problem(self.place, f"the formula {self.name!r} cannot become a kernel: {why}")])

    def unexpected(self, found: str) -> InputError:
        """The error that says what was found where a number was expected."""
        return self.refusal(f"expected arithmetic on numbers that returns one real number, found {found}")


@dataclass(frozen=True)
class Source:
    """The text of a formula, ready to stand in a module: its definition and those of the functions that it calls.

    Attributes:
        definition: the function, without annotations, defaults and docstring; names of constants replaced by their values.
        support: definitions of the plain functions that it calls.
        modules: local name → module, for those of `MODULES` that it uses.
        kernels: the modules of its kernels, once somebody has asked for them.
        origin: who wrote it where.
    """

    definition: ast.FunctionDef
    support: tuple[ast.FunctionDef, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    kernels: dict[tuple[str, str], Any] = field(default_factory=dict, compare=False)
    origin: Origin = field(default=Origin("formula"), compare=False)

    @property
    def arguments(self) -> list[str]:
        """The names of its arguments, in order."""
        return [argument.arg for argument in self.definition.args.args]

    @property
    def result(self) -> ast.expr | None:
        """What it returns, if it is a single expression."""
        body = self.definition.body
        return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def source_of(function: Callable[..., float], constants: Mapping[str, float] | None = None) -> Source:
    """The source of a formula with its constants put in and the result folded.

    Args:
        function: a plain Python function of scalars; it may use `math`, numbers and other such functions around it.
        constants: values of some of its arguments.

    Raises:
        InputError: its source cannot be read, it uses something that has no place in a kernel, or it returns no number.

    >>> def half(u, gain): return gain * u / 2.0
    >>> ast.unparse(source_of(half, {"gain": 1.0}).result)
    'u / 2.0'
    """
    given = sorted((constants or {}).items())
    told = tuple((name, value, type(value), value == 0 and math.copysign(1, value)) for name, value in given)
    return _known(function, told, seen(function))


@lru_cache(maxsize=1024)
def _known(
    function: Callable[..., float], constants: tuple[tuple[str, float, type, float], ...], around: tuple[Any, ...]
) -> Source:
    """The same object for the same formula, since it knows where its kernels are; 0.0 is not -0.0, nor 0.

    Args:
        function, constants: the formula.
        around: the numbers and functions around it, which may be others the next time.
    """
    source = _read(function, {name: value for name, value, *_ in constants})
    found = _no_number(source.definition.body)
    if found:
        raise source.origin.unexpected(found)
    return source


def _read(function: Callable[..., float], constants: Mapping[str, float]) -> Source:
    """The source of a formula or of a function that one calls, which may return something other than a number."""
    definition = _definition(function)
    origin = _origin(function, definition.lineno - 1)
    _refuse_what_stops_it(definition, origin)
    values, support, modules = _surroundings(function, definition, origin)
    values.update(constants)
    for name, value in values.items():
        if _real(ast.Constant(value)) is None:
            raise origin.unexpected(f"{name!r} ({type(value).__name__}), which is larger than any float")
    kept = [argument for argument in definition.args.args if argument.arg not in values]
    definition.args.args = [ast.arg(argument.arg) for argument in kept]
    body = [statement for statement in definition.body if not _is_docstring(statement)]
    written = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    first = [ast.parse(f"{name} = {values.pop(name)!r}").body[0] for name in sorted(written & set(values))]
    body = [*first, *body]
    definition.body = [cast(ast.stmt, fold(_Put(values).visit(statement))) for statement in body]
    return Source(ast.fix_missing_locations(definition), tuple(support), modules, origin=origin)


def _origin(function: Callable[..., float], decorators: int = 0) -> Origin:
    """What a function is called, its file, and the line of its `def`, after so many lines of decorators."""
    name = getattr(function, "__qualname__", str(function)).rpartition("<locals>.")[2]
    code = getattr(function, "__code__", None)
    if code is None:
        return Origin(name)
    path = code.co_filename
    with contextlib.suppress(OSError):  # in short, as one names a file in the folder where one is
        path = path.removeprefix(os.path.join(os.getcwd(), ""))
    return Origin(name, f"{path}, line {code.co_firstlineno + decorators}")


@lru_cache(maxsize=1024)
def _text(function: Callable[..., float]) -> str:
    return textwrap.dedent(inspect.getsource(function))


def _definition(function: Callable[..., float]) -> ast.FunctionDef:
    try:
        definition = ast.parse(_text(function)).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise _origin(function).refusal(f"its source cannot be read ({error}); define it in a file or a notebook cell") from None
    if not isinstance(definition, ast.FunctionDef):
        raise _origin(function).refusal("expected a function defined with 'def'")
    definition.decorator_list = []
    definition.returns = None
    definition.args = ast.arguments(
        [], [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs], None, [], [], None, []
    )
    return definition


def _refuse_what_stops_it(definition: ast.FunctionDef, origin: Origin) -> None:
    """Refuse what no kernel can do, whatever its numbers are; only what is written, for a constant of 0 may never be reached."""
    for node in ast.walk(definition):
        if isinstance(node, ast.Import | ast.ImportFrom):
            raise origin.unexpected(f"'{ast.unparse(node)}' inside it; import at the top of the file")
        if isinstance(node, ast.Raise | ast.Assert) or _is_print(node):
            raise origin.unexpected(f"'{ast.unparse(node)}'; a kernel has nobody to tell")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod) and _is_zero(node.right):
            raise origin.unexpected(f"a division by zero in '{ast.unparse(node)}'")


def _is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def _no_number(body: Sequence[ast.stmt]) -> str | None:
    """What a formula returns in place of a real number, in words, as far as its text tells; None if nothing speaks against it."""
    returns = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Return)]
    if not returns:
        return "no 'return'"
    for value in (node.value for node in returns):
        if value is None:
            return "a 'return' without a number"
        if isinstance(value, ast.Constant) and _real(value) is None:
            return f"{value.value!r} ({type(value.value).__name__})"
        if isinstance(value, NO_NUMBER):
            return f"{ast.unparse(value)} ({type(value).__name__.lower()})"
    return None if _always_returns(body) else "a way through it without a 'return'"


def _always_returns(body: Sequence[ast.stmt]) -> bool:
    """Whether no way leads past these statements, as far as one sees: a `with`, a `try` and an endless loop are believed."""
    for statement in body:
        if isinstance(statement, ast.If) and _always_returns(statement.body) and _always_returns(statement.orelse):
            return True
        if isinstance(statement, ast.While) and isinstance(statement.test, ast.Constant) and statement.test.value:
            return True
        if isinstance(statement, ast.Return | ast.With | ast.Try | ast.Match):
            return True
    return False


def _real(node: ast.Constant) -> float | None:
    """The number that is written down; None if it is none, or is larger than any float."""
    try:
        return float(node.value) if isinstance(node.value, int | float) else None
    except OverflowError:
        return None


def _is_zero(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and _real(node) == 0.0


def _surroundings(
    function: Callable[..., float], definition: ast.FunctionDef, origin: Origin
) -> tuple[dict[str, float], list[ast.FunctionDef], dict[str, str]]:
    """The numbers, functions and modules around a function that it uses."""
    used = {node.id for statement in definition.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    closure = inspect.getclosurevars(function)  # lists the names of attributes too, so ask only for those that are used
    missing = sorted((closure.unbound & used) - {*function.__code__.co_varnames, *function.__code__.co_cellvars})
    if missing:
        raise origin.unexpected(f"the name {missing[0]!r}, which is defined nowhere")
    around = {name: value for name, value in {**closure.globals, **closure.nonlocals}.items() if name in used}
    values: dict[str, float] = {}
    support: list[ast.FunctionDef] = []
    modules: dict[str, str] = {}
    for name, value in around.items():
        if isinstance(value, bool | int | float):
            values[name] = value
        elif isinstance(value, ModuleType) and value.__name__ in MODULES:
            modules[name] = value.__name__
        elif inspect.isfunction(value):
            inner = _called(value, origin)
            inner.definition.name = name
            inner.definition.args.defaults = [ast.Constant(default) for default in value.__defaults__ or ()]
            support += [*inner.support, inner.definition]
            modules.update(inner.modules)
        else:
            raise origin.refusal(f"it uses {name!r} ({type(value).__name__}); it may use math, numbers and plain functions")
    return values, support, modules


def _called(inner: Callable[..., float], caller: Origin) -> Source:
    """The source of a function that another one calls."""
    try:
        return _read(inner, {})
    except RecursionError:
        raise caller.refusal(f"{inner.__name__!r} calls itself") from None


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
    )


class _Put(ast.NodeTransformer):
    """Numbers in the place of names."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._values:
            return ast.Constant(self._values[node.id])
        return node


def fold(node: ast.AST) -> ast.AST:
    """An expression without multiplications by 1 and divisions by 1: only what leaves every bit as it is."""
    return _Fold().visit(node)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value == 1


class _Fold(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Mult) and _is_one(node.left):
            return node.right
        if isinstance(node.op, ast.Mult | ast.Div) and _is_one(node.right):
            return node.left
        return node


@dataclass(frozen=True)
class Product:
    """A rule as η · (something of the postsynaptic neuron) · (something of the presynaptic one)."""

    scale: float
    post: ast.expr
    pre: ast.expr


def separate(rule: Source) -> Product | None:
    """A rule, its constants put in, as a product of a number, a postsynaptic and a presynaptic factor; None if it is none.

    Raises:
        InputError: a factor is no real number, or the rule divides by zero.

    >>> def delta(pre_rate, post_teaching, eta): return eta * post_teaching * pre_rate
    >>> product = separate(source_of(delta, {"eta": 0.5}))
    >>> product.scale, ast.unparse(product.post), ast.unparse(product.pre)
    (0.5, 'post_teaching', 'pre_rate')
    """
    if rule.result is None:
        return None
    scale, post, pre = 1.0, None, None
    for factor, inverted in _factors(rule.result):
        names = {node.id for node in ast.walk(factor) if isinstance(node, ast.Name)}
        signals = {name for name in names if name in rule.arguments}
        if not names and isinstance(factor, ast.Constant):
            number = _factor(factor, rule, inverted)
            scale = scale / number if inverted else scale * number
        elif signals and all(name.startswith("post_") for name in signals):
            post = _joined(post, factor, inverted)
        elif signals and all(name.startswith("pre_") for name in signals):
            pre = _joined(pre, factor, inverted)
        else:
            return None
    if post is None or pre is None:
        return None
    return Product(scale, post, pre)


def _factor(constant: ast.Constant, rule: Source, inverted: bool) -> float:
    """A constant factor or divisor of a rule as a number."""
    number = _real(constant)
    if number is None:
        raise rule.origin.unexpected(f"{constant.value!r} ({type(constant.value).__name__})")
    if inverted and number == 0.0:
        raise rule.origin.unexpected("a division by zero, once its constants are put in")
    return number


def _factors(node: ast.expr, inverted: bool = False) -> list[tuple[ast.expr, bool]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return _factors(node.left, inverted) + _factors(node.right, inverted != isinstance(node.op, ast.Div))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [(ast.Constant(-1.0), False), *_factors(node.operand, inverted)]
    return [(node, inverted)]


def _joined(product: ast.expr | None, factor: ast.expr, inverted: bool) -> ast.expr:
    if product is None:
        return ast.BinOp(ast.Constant(1.0), ast.Div(), factor) if inverted else factor
    return ast.BinOp(product, ast.Div() if inverted else ast.Mult(), factor)


def from_expression(name: str, result: ast.expr, source: Source) -> Source:
    """A formula that returns an expression over some of another formula's arguments."""
    names = {node.id for node in ast.walk(result) if isinstance(node, ast.Name)}
    arguments = [ast.arg(argument) for argument in source.arguments if argument in names]
    definition = ast.FunctionDef(name, ast.arguments([], arguments, None, [], [], None, []), [ast.Return(result)], [])
    return Source(ast.fix_missing_locations(definition), source.support, source.modules, origin=source.origin)


class Single(ast.NodeTransformer):
    """Numbers as `real(…)`, so that a float32 formula stays float32; exponents stay as they are, so that x ** 2 is x · x."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A number becomes a call of `real`."""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        return ast.Call(ast.Name("real", ast.Load()), [ast.Constant(node.value)], [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """A constant exponent is left alone."""
        if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant):
            node.left = self.visit(node.left)
            return node
        return self.generic_visit(node)  # type: ignore[return-value]
