"""What must not be in neurosim: anything that runs what a file of data says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import neurosim

MODULES = frozenset(
    ("pickle", "cPickle", "_pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "runpy", "code", "imp", "yaml")
)
"""What is imported of them runs what a file says, or may."""
CALLS = frozenset(
    ("eval", "exec", "compile", "__import__", "exec_module", "load_module", "run_path", "run_module", "system", "popen")
)
"""Functions, and methods of anything; `compile` of the module `re` is another one."""
ALLOWED = {
    "registry.py": "exec_module",  # a user's own file, named with --with: Python by design
    "engine/compile.py": "exec_module",  # a kernel, whose text has just been made and compared
    "engine/together.py": "pickle",  # what a process and its own child say to each other, through a pipe and no file
    "scenario/engines/_process.py": "pickle",  # the same
}


def unsafe(text: str) -> Iterator[tuple[int, str]]:
    """Every unsafe import or call in a Python text, with its line.

    >>> list(unsafe("import pickle\\nnp.load(path)"))
    [(1, 'pickle'), (2, 'load without allow_pickle=False')]
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names if name.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in MODULES:
            yield node.lineno, node.module
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in _called(node))


def _called(call: ast.Call) -> Iterator[str]:
    named = isinstance(call.func, ast.Name | ast.Attribute)
    name = (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) if named else ""
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    options = {keyword.arg: keyword.value for keyword in call.keywords}
    if name in CALLS and owner not in ("re", "regex"):
        yield name
    if name == "import_module" and call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value in MODULES:
        yield str(call.args[0].value)
    if name in ("load", "DataSource") and owner in ("np", "numpy"):
        refused = options.get("allow_pickle")
        if not (isinstance(refused, ast.Constant) and refused.value is False):
            yield f"{name} without allow_pickle=False"
    if isinstance(options.get("allow_pickle"), ast.Constant) and options["allow_pickle"].value is True:
        yield "allow_pickle=True"
    if isinstance(options.get("shell"), ast.Constant) and options["shell"].value is True:
        yield "shell=True"


def found() -> dict[str, list[tuple[int, str]]]:
    """Everything unsafe in neurosim, by file, without what is allowed there."""
    root = Path(neurosim.__file__).parent
    by_file = {str(path.relative_to(root)): list(unsafe(path.read_text(encoding="utf-8"))) for path in sorted(root.rglob("*.py"))}
    left = {name: [one for one in several if one[1] != ALLOWED.get(name)] for name, several in by_file.items()}
    return {name: several for name, several in left.items() if several}
