"""Formulas for several neurons at once: a scalar expression, written in explicit vectors, with the same roundings."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import ClassVar, cast

from neurosim.engine.expression import Source

LANES = "from neurosim.engine.lanes import lane, with_lane\n\n"
LANES += "".join(f"lane_{k}, with_lane_{k} = lane({k}), with_lane({k})\n" for k in range(16)) + "\n\n"


def lanes_of(formula: Source, name: str, dtype: str) -> str:
    """The text of a formula for sixteen, eight and four neurons at once.

    Sums, products and quotients of its arguments are written in vectors, with the roundings of the scalar formula. Of any other
    formula the numbers are taken out of the vectors one by one, and put in again.
    """
    names = formula.arguments
    text, whole = LANES, in_vectors(formula, dtype)
    for word, count in (("sixteen", 16), ("eight", 8), ("four", 4)):
        body = f"    out = {whole}\n"
        if whole is None:
            taken = [f"{name}({', '.join(f'lane_{k}({a})' for a in names)})" for k in range(count)]
            body = "".join(f"    out = with_lane_{k}(out, {one})\n" for k, one in enumerate(taken))
        text += f"@njit(error_model='numpy')\ndef {name}_{word}({', '.join(['out', *names])}):\n{body}    return out\n\n\n"
    return text


def in_vectors(formula: Source, dtype: str) -> str | None:
    """The expression of a formula with vectors for numbers; None where it holds something that has no form for them."""
    with contextlib.suppress(_NotInLanes):
        return ast.unparse(_InLanes(dtype, formula.modules).visit(copy.deepcopy(formula.result)))
    return None


@cache
def _forms() -> frozenset[str]:
    """The functions of `math32` that have a form for vectors; read, for importing it imports numba."""
    text = Path(__file__).with_name("math32.py").read_text(encoding="utf-8")
    return frozenset(node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))


class _NotInLanes(Exception):
    """A formula holds something that has no form for vectors."""


class _InLanes(ast.NodeTransformer):
    """An expression of numbers as one of vectors."""

    operations: ClassVar = {ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "over"}

    def __init__(self, dtype: str, modules: Mapping[str, str]) -> None:
        self.single = dtype == "float32"
        self.modules = modules

    def visit(self, node: ast.AST | None) -> ast.AST:
        """An operation, a number or a name; whatever else stops it."""
        if isinstance(node, ast.BinOp) and type(node.op) in self.operations:
            name = self.operations[type(node.op)]
            return _call(ast.Name(name, ast.Load()), self.visit(node.left), self.visit(node.right))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _is_two(node.right):
            return _call(ast.Name("times", ast.Load()), self.visit(node.left), self.visit(node.left))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _call(ast.Name("times", ast.Load()), self.visit(ast.Constant(-1.0)), self.visit(node.operand))
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            number = _call(ast.Name("real", ast.Load()), ast.Constant(node.value))
            return _call(ast.Name("repeat_like", ast.Load()), number, ast.Name("out", ast.Load()))
        if isinstance(node, ast.Name):
            return node
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            return self._function(node, node.func, node.func.value.id)
        raise _NotInLanes

    def _function(self, node: ast.Call, function: ast.Attribute, module: str) -> ast.AST:
        form = f"{function.attr}_lanes"
        if not (self.single and self.modules.get(module) == "math" and form in _forms()):
            raise _NotInLanes
        return _call(ast.Attribute(function.value, form, ast.Load()), *map(self.visit, node.args))


def _call(function: ast.expr, *arguments: ast.AST) -> ast.Call:
    return ast.Call(function, [cast(ast.expr, a) for a in arguments], [])


def _is_two(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 2
