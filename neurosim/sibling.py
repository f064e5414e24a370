"""A sibling: another Python process like this one, which finds the same modules and belongs to no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def sibling(statement: str) -> subprocess.Popen[bytes]:
    """Start a process that executes a statement; its stdin and stdout are pipes, and Ctrl-C does not reach it.

    Raises:
        OSError: the system starts none.

    >>> with sibling("print(6 * 7)") as process:
    ...     process.stdout.read().decode().strip()
    '42'
    """
    # -P and the path: the folder that this process stands in may hold files that are called like a library.
    home = str(Path(__file__).parents[1])
    here = [os.getcwd()] if "" in sys.path else []  # as in a notebook; last, for the same reason
    path = os.pathsep.join(dict.fromkeys([home, *filter(None, sys.path), *here]))
    return subprocess.Popen(
        [sys.executable, "-P", "-c", statement],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,
    )
