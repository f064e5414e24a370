"""Exports: recordings and circuits in the formats of other tools. docs/exports.md says what each keeps and what it leaves out.

A format is one file of this folder, which registers itself with `export_format`; a new file needs nothing else. What a format
needs besides neurosim is imported when it writes.
"""

from importlib import import_module
from pkgutil import iter_modules

from neurosim.exports._export import Exported, export
from neurosim.exports._format import EXPORT_FORMATS, Format, export_format

__all__ = ["EXPORT_FORMATS", "Exported", "Format", "export", "export_format"]

for _file in iter_modules(__path__):
    if not _file.name.startswith("_"):
        import_module(f"{__name__}.{_file.name}")
