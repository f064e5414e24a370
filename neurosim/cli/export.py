"""`neurosim export`: a recording or a circuit in the format of another tool."""

from __future__ import annotations

import argparse
import json
import sys

from neurosim.cli.values import parsed
from neurosim.exports import export


def command(arguments: argparse.Namespace) -> int:
    """Write the file, say where it is, and what the format has no place for."""
    options = parsed(arguments.changes, "--option")
    if arguments.seed is not None:
        options["seed"] = arguments.seed
    done = export(arguments.sources, arguments.to, arguments.out, force=arguments.force, **options)
    if not arguments.quiet:
        for remark in done.remarks:
            print(f"neurosim: {remark}", file=sys.stderr)
    if arguments.json:
        print(json.dumps({"file": str(done.path), "remarks": done.remarks}, ensure_ascii=False))
    elif not arguments.quiet:
        print(done.path)
    return 0
