"""One measurement in a process of its own: a script of this folder is asked in JSON, and answers with a line of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "XLA_FLAGS")
"""What would change the kernels or the threads of some contestants and not of others."""
LONGEST = 1800


class Failed(Exception):
    """A process that gave no answer; its last words."""


def environment(**more: str) -> dict[str, str]:
    """The environment of every process: nothing that favours anyone, and this checkout before an installed neurosim."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    paths = [str(ROOT), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **more}


def ask(script: str, question: Any, **more: str) -> dict[str, Any]:
    """The answer of a script to a question; raises Failed with the last line of what it said."""
    command = [sys.executable, str(HERE / script), json.dumps(question)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment(**more), cwd=HERE, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"no answer within {LONGEST} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise Failed(said[-1])
    return dict(json.loads(done.stdout.splitlines()[-1]))
