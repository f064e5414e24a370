"""The smallest scenario worth the name as a file, and commands as a user types them."""

from __future__ import annotations

import pytest

from neurosim.cli import main

TINY = """
title = "tiny"
table = ["nse"]
seeds = 2
[task]
name = "linear_map"
inputs = 4
outputs = 2
tests = 20
[set]
"input.size" = 4
"hidden.size" = 3
"feedback*.size" = 3
"output.size" = 2
"target.size" = 2
"error.size" = 2
[[arm]]
name = "feedback_alignment"
circuit = "feedback_alignment"
[[arm]]
name = "shallow"
circuit = "shallow"
[[phase]]
trials = 60
[record]
nse = 20
"hidden.angle" = 20
[[figure]]
name = "learning_curve"
[[claim]]
check = "value"
title = "it begins at 1"
arm = "shallow"
quantity = "nse"
trial = 0
above = 0.5
below = 1.5
[[claim]]
check = "value"
title = "it is solved at once"
arm = "shallow"
quantity = "nse"
below = 1e-9
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        code = main(list(arguments))
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err
