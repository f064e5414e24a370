"""A whole program as one kernel: the kernels of its table, with every size written in as a number.

What the machine does row by row through addresses, one loop does here with direct calls, and the compiler sees that 20 is
20: for few neurons that is two or three times as fast. Arrays move to the stack while it runs, where the compiler knows that
they do not overlap; those of few neurons never leave the registers then. It is made from the same text as the kernels, operation
by operation, so the bits are the same.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

import numpy as np

from neurosim.engine.compile import Loop, Module, called
from neurosim.engine.kernel_texts import LOOP, Kernel, definitions, header
from neurosim.engine.on_stack import Array, Stack
from neurosim.errors import InputError, Problem


class Runtime(int):
    """A cell of a table that only the run knows: an address, or the bits of a constant."""


BLOCKS = (16, 24)
"""By how many neurons kernels go through a population."""
CONTEXT = {0: ast.Name("step", ast.Load()), 1: ast.Constant(1), 2: ast.Constant(0), 3: ast.Constant(1)}
"""One trial at a time, all of it in one part."""


def specialised(rows: Sequence[tuple[Kernel, Sequence[int]]], dtype: str, arrays: Mapping[int, Array] | None = None) -> Loop:
    """The machine's loop for one table only, which runs one trial at a time in one thread.

    Args:
        rows: each kernel with the cells of its row; what is `Runtime` is read from the table, the rest is written in.
        dtype: float32 or float64.
        arrays: those that may move to the stack, by where they begin, which is what cells hold.
    """
    stack = Stack(arrays or {}, np.dtype(dtype).itemsize)
    modules: dict[str, str] = {}
    support: dict[str, str] = {}
    text, begin, body = "", "", ""
    shared: dict[str, str] = {}
    for number, (kernel, cells) in enumerate(rows):
        settled = _Settled(number, cells, np.dtype(dtype).itemsize, stack)
        if kernel.formula is not None:
            modules = _joined(modules, dict(kernel.formula.modules))
            support = _joined(support, {function.name: ast.unparse(function) for function in kernel.formula.support})
            lanes = dtype if "formula_four" in kernel.texts[-1] else None
            text += definitions(kernel.formula, f"formula_{number}", lanes)
        functions = [ast.parse(source.strip()).body[0] for source in kernel.texts]
        settled.own = {f.name for f in functions if isinstance(f, ast.FunctionDef) and _takes_row(f)}
        for function in functions:
            assert isinstance(function, ast.FunctionDef)
            made = ast.fix_missing_locations(settled.visit(function))
            if shared.setdefault(made.name, ast.unparse(made)) == ast.unparse(made):
                continue
            raise InputError([Problem(made.name, "two kernels have different functions of this name")])
        begin += "".join(f"    {settled.cell(c)} = table[{number}, {c}]\n" for c in settled.runtime if c not in settled.moved)
        last = functions[-1]
        assert isinstance(last, ast.FunctionDef)
        body += f"        {last.name}({', '.join([*settled.handed(), 'step'])})\n"
    if support.keys() & shared.keys():
        clash = ", ".join(sorted(support.keys() & shared.keys()))
        raise InputError([Problem(clash, "a kernel and a formula call different functions by this name")])
    text += "".join(f"@njit(error_model='numpy', forceinline=True)\n{function}\n\n\n" for function in shared.values())
    text += "def run(cells, rows, length, state, gate, first, last):\n    table = carray(cells, (rows, length))\n"
    text += f"{begin}{stack.taken()}    for step in range(first, last):\n{stack.each_step()}{body}{stack.given_back()}"
    text = f"from numba import carray\n{header(dtype, modules)}{text}"
    return called(Module("program", text, "run", LOOP))


def _takes_row(function: ast.FunctionDef) -> bool:
    return function.args.args[0].arg == "row"


def _joined(names: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    """What formulas mean by the names around them; raises InputError where two mean different things by one name."""
    clash = {name for name in names.keys() & more.keys() if names[name] != more[name]}
    if clash:
        raise InputError([Problem(", ".join(sorted(clash)), "two formulas mean different things by this name")])
    return {**names, **more}


class _Settled(ast.NodeTransformer):
    """A kernel's functions for one row of a table: what the row holds is written in, or handed over by name."""

    def __init__(self, number: int, cells: Sequence[int], width: int, stack: Stack) -> None:
        self.number = number
        self.width = width
        self.cells = [0, *cells]
        self.runtime = [c for c, value in enumerate(self.cells) if isinstance(value, Runtime)]
        self.own: set[str] = set()
        found = {c: stack.name(self.cells[c], f"table[{number}, {c}]") for c in self.runtime}
        self.moved = {c: name for c, name in found.items() if name is not None}
        self._two_steps = {c for c, name in self.moved.items() if stack.places[name][1].steps == 2}

    def handed(self) -> list[str]:
        """What a call of the row's kernel gives it: the cells that only the run knows, of two steps both."""
        return [name for c in self.runtime for name in (self.moved.get(c, self.cell(c)), *self._earlier(c, self.moved.get(c)))]

    def _taken(self) -> list[str]:
        """By which names the row's functions take what they are given."""
        return [name for c in self.runtime for name in (self.cell(c), *self._earlier(c, self.cell(c)))]

    def _earlier(self, c: int, name: str | None) -> list[str]:
        return [f"{name}_before"] if c in self._two_steps else []

    def cell(self, c: int) -> str:
        """The name of a cell that is read from the table."""
        return f"cell_{self.number}_{c}"

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """A function of a row becomes this row's own."""
        own = node.name in self.own
        self.generic_visit(node)
        if own:
            node.name = f"{node.name}_{self.number}"
            rest = [ast.arg("step" if a.arg == "ctx" else a.arg) for a in node.args.args[1:]]
            node.args.args = [*map(ast.arg, self._taken()), *rest]
        return node

    def visit_For(self, node: ast.For) -> ast.AST | list[ast.stmt]:
        """Blocks of neurons, written out one after another, each with only the lanes that it has."""
        self.generic_visit(node)
        bounds = [_known(a) for a in node.iter.args] if isinstance(node.iter, ast.Call) else []
        if len(bounds) != 3 or None in bounds or bounds[2] not in BLOCKS or not isinstance(node.target, ast.Name):
            return node
        text, written = ast.unparse(ast.Module(node.body, [])), []
        for block in range(*[b for b in bounds if b is not None]):
            body = _Put(node.target.id, block).visit(ast.parse(text)).body
            written += [statement for one in body for statement in _taken(one)]
        return written

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """`row[4]` and `ctx[0]`."""
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            if node.value.id == "row":
                return self._held(node.slice.value)
            if node.value.id == "ctx":
                return CONTEXT[node.slice.value]
        return node

    def _held(self, c: int) -> ast.expr:
        if c in self.runtime:
            return ast.Name(self.cell(c), ast.Load())
        return ast.Constant(int(self.cells[c]) if c < len(self.cells) else 0)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`at(row, 6, step)`, and calls of this row's own functions and formula."""
        self.generic_visit(node)
        if not isinstance(node.func, ast.Name):
            return node
        if node.func.id.startswith("formula"):
            node.func.id = node.func.id.replace("formula", f"formula_{self.number}")
        elif node.func.id == "at" and isinstance(node.args[1], ast.Constant) and isinstance(node.args[1].value, int):
            cell = node.args[1].value
            if cell in self._two_steps:  # asked for now, or for the step before
                now = _is(node.args[2], "step")
                return ast.Name(self.cell(cell) if now else f"{self.cell(cell)}_before", ast.Load())
            start, stride, mask = (self._held(cell + k) for k in range(3))
            if isinstance(stride, ast.Constant) and stride.value == 0:
                return start
            shift = ast.BinOp(ast.BinOp(node.args[2], ast.BitAnd(), mask), ast.Mult(), stride)
            return ast.BinOp(start, ast.Add(), shift)
        elif node.func.id in ("first_of", "first_panel"):
            return self._boundary(node)
        elif node.func.id in self.own:
            node.func.id = f"{node.func.id}_{self.number}"
            given = [ast.Name("step", ast.Load()) if _is(a, "ctx") else a for a in node.args if not _is(a, "row")]
            cells = [ast.Name(name, ast.Load()) for name in self._taken()]
            node.args = [*cells, *given]
        return node

    def _boundary(self, node: ast.Call) -> ast.expr:
        """Where the only part begins, or, one part further, where it ends."""
        if not isinstance(node.args[1], ast.BinOp):
            return ast.Constant(0)
        if _is(node.args[0], "row"):
            return ast.Constant(-(-self.cells[4] // (self.cells[2] // self.width)))
        return node.args[0]


class _Put(ast.NodeTransformer):
    """A number in the place of a name."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.number) if node.id == self.name else node


def _known(node: ast.expr) -> int | None:
    """The value of an expression of whole numbers; None if it holds anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        left, right = _known(node.left), _known(node.right)
        return None if left is None or right is None else left - right
    return None


def _taken(statement: ast.stmt) -> list[ast.stmt]:
    """The branch of a comparison of known numbers; any other statement as it is."""
    if not (isinstance(statement, ast.If) and isinstance(statement.test, ast.Compare)):
        return [statement]
    left, right = _known(statement.test.left), _known(statement.test.comparators[0])
    if left is None or right is None or not isinstance(statement.test.ops[0], ast.Gt):
        return [statement]
    branch = statement.body if left > right else statement.orelse
    return [one for inner in branch for one in _taken(inner)]


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
