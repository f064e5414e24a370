"""Formulas as expressions: what a scalar Python function computes, with constants put in, folded, and taken apart.

A formula is read from its source, so that its text can become part of a kernel's text (and of that kernel's name: a stale
kernel cannot be mistaken for a fresh one), and so that a plasticity rule that is a product of something presynaptic and
something postsynaptic is found to be an outer product, whoever wrote it.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import ModuleType
from typing import cast

from neurosim.errors import InputError, Problem

MODULES = ("math", "numpy")


@dataclass(frozen=True)
class Source:
    """The text of a formula, ready to stand in a module: its definition and those of the functions that it calls.

    Attributes:
        definition: the function, without annotations, defaults and docstring; names of constants replaced by their values.
        support: definitions of the plain functions that it calls.
        modules: local name → module, for those of `MODULES` that it uses.
        addresses: where its kernels are, once somebody has had them compiled.
    """

    definition: ast.FunctionDef
    support: tuple[ast.FunctionDef, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    addresses: dict[tuple[str, str], int] = field(default_factory=dict, compare=False)

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
        InputError: its source cannot be read, or it uses something that has no place in a kernel.

    >>> def half(u, gain): return gain * u / 2.0
    >>> ast.unparse(source_of(half, {"gain": 1.0}).result)
    'u / 2.0'
    """
    definition = _definition(function)
    values, support, modules = _surroundings(function, definition)
    values.update(constants or {})
    kept = [argument for argument in definition.args.args if argument.arg not in values]
    definition.args.args = [ast.arg(argument.arg) for argument in kept]
    body = [statement for statement in definition.body if not _is_docstring(statement)]
    written = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    first = [ast.parse(f"{name} = {values.pop(name)!r}").body[0] for name in sorted(written & set(values))]
    body = [*first, *body]
    definition.body = [cast(ast.stmt, fold(_Put(values).visit(copy.deepcopy(statement)))) for statement in body]
    return Source(ast.fix_missing_locations(definition), tuple(support), modules)


@lru_cache(maxsize=1024)
def _text(function: Callable[..., float]) -> str:
    return textwrap.dedent(inspect.getsource(function))


def _definition(function: Callable[..., float]) -> ast.FunctionDef:
    try:
        definition = ast.parse(_text(function)).body[0]
    except (OSError, TypeError, SyntaxError) as error:
        raise _unfit(function, f"its source cannot be read ({error}); define it in a file or a notebook cell") from None
    if not isinstance(definition, ast.FunctionDef):
        raise _unfit(function, "expected a function defined with 'def'")
    definition.decorator_list = []
    definition.returns = None
    definition.args = ast.arguments(
        [], [*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs], None, [], [], None, []
    )
    return definition


def _unfit(function: Callable[..., float], why: str) -> InputError:
    return InputError([Problem(getattr(function, "__qualname__", str(function)), f"this formula cannot become a kernel: {why}")])


def _surroundings(
    function: Callable[..., float], definition: ast.FunctionDef
) -> tuple[dict[str, float], list[ast.FunctionDef], dict[str, str]]:
    """The numbers, functions and modules around a function that it uses."""
    used = {node.id for statement in definition.body for node in ast.walk(statement) if isinstance(node, ast.Name)}
    closure = inspect.getclosurevars(function)  # lists the names of attributes too, so ask only for those that are used
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
            inner = source_of(value)
            inner.definition.name = name
            inner.definition.args.defaults = [ast.Constant(default) for default in value.__defaults__ or ()]
            support += [*inner.support, inner.definition]
            modules.update(inner.modules)
        else:
            raise _unfit(function, f"it uses {name!r} ({type(value).__name__}); it may use math, numbers and plain functions")
    return values, support, modules


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
            number = float(cast(float, factor.value))
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
    return Source(ast.fix_missing_locations(definition), source.support, source.modules)


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
