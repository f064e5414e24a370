"""All promises about faults, with their counts: `python -m faults` from the folder `tests`; `--quick` for a small part.

Exit code 1 if one of them does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

PARTS = ("boundaries", "broken_off", "bits", "long_run")
QUICK = {"boundaries": 0.02, "broken_off": 0.025, "bits": 0.06, "long_run": 0.02}


def main() -> int:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"all if none: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="a small part of each")
    arguments = parser.parse_args()
    wrong = []
    for part in arguments.parts or PARTS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            wrong += import_module(f"faults.{part}").whole(Path(folder) / part, QUICK[part] if arguments.quick else 1.0)
        print(f"  {part}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"{len(wrong)} faults")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
