"""`neurosim draw`: a figure from recordings."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from neurosim.cli.values import parsed
from neurosim.errors import InputError, Problem
from neurosim.recording import disk


def command(arguments: argparse.Namespace) -> int:
    """Draw and write."""
    path = Path(arguments.out)
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise InputError([Problem(str(path), "expected a name that ends in .png, .svg or .pdf")], "-o")
    from neurosim.figures import draw

    drawn = draw(arguments.figure, arguments.recordings, **parsed(arguments.changes, "--option"))
    with disk.replaced(path) as made:
        drawn.savefig(made, dpi=150)
    if arguments.json:
        print(json.dumps({"figure": str(path)}))
    elif not arguments.quiet:
        print(path)
    return 0
