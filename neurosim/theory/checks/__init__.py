"""Checks of the theory: every file here registers its own with `theory_check`; a new file needs nothing else."""

from importlib import import_module
from pkgutil import iter_modules

from neurosim.theory.checks._check import SEEDS, THEORY_CHECKS, TheoryCheck, largest, smallest, theory_check, within

__all__ = ["SEEDS", "THEORY_CHECKS", "TheoryCheck", "largest", "smallest", "theory_check", "within"]

for _file in iter_modules(__path__):
    if not _file.name.startswith("_"):
        import_module(f"{__name__}.{_file.name}")
