"""Formulas of the user's: copies of built-in ones under other names take as long as those, or nearly."""

from __future__ import annotations

import json
import math
import statistics
import sys
from collections.abc import Callable, Mapping
from typing import Any

from child import Failed, ask
from figure import Figure
from targets import ENTRIES, USER_FORMULA, Entry

TIMINGS = 3
CASES: dict[str, tuple[str, str, bool]] = {
    "transfer function, a copy of tanh": ("tanh", "own_tanh", False),
    "transfer function, a copy of logistic": ("logistic", "own_logistic", False),
    "rule, a copy of delta": ("tanh", "tanh", True),
    "both": ("tanh", "own_tanh", True),
}
"""The built-in transfer function, the user's, and whether the rule is the user's as well."""
WORKS = ("small", "wide_1")


def measured(rounds: int, tell: Callable[[str], None], *, quick: bool = False) -> list[Figure]:
    """The two are timed in turn in one process, which is a new one each round."""
    found = []
    for entry in (entry.quick() if quick else entry for entry in ENTRIES if entry.name in WORKS):
        for case in CASES:
            ratios = [_ratio(entry, case, tell) for _ in range(rounds)]
            what = f"{entry.work.title}: {case}, time over the built-in's"
            found.append(Figure("formulas", what, "×", ratios, USER_FORMULA))
    return found


def _ratio(entry: Entry, case: str, tell: Callable[[str], None]) -> float:
    try:
        return float(ask("formulas.py", {"work": entry.work.question(), "case": case})["ratio"])
    except Failed as failure:
        tell(f"formulas: {entry.name}, {case} failed: {failure}")
        return math.nan


def compared(question: Mapping[str, Any]) -> dict[str, float]:
    """The built-in one's rate over the user's, once both have learned the same."""
    import numpy as np
    import own_formulas
    from compete import timing
    from contestant_neurosim import contestant
    from reference import checked
    from work import Work

    work = Work(**{**question["work"], "sizes": tuple(question["work"]["sizes"])})
    built_in, own, own_rule = CASES[question["case"]]
    changes = [{"hidden.transfer": built_in}, {"hidden.transfer": own}]
    if own_rule:
        rule = {"rule": own_formulas.own_delta.name, "eta": work.eta}
        changes[1] |= {"input_to_hidden.plasticity": rule, "hidden_to_output.plasticity": rule}
    pair = [contestant(work, changes=change) for change in changes]
    for run, _ in pair:
        run(checked(work))
    for before, ours in zip(*(weights()[0] for _, weights in pair), strict=True):
        if not np.allclose(before, ours, rtol=1e-5, atol=1e-6):
            sys.exit("the user's formula learns something else than the built-in one")
    for run, _ in pair:
        run(work.trials)
    timings = [[timing(work, run) for run, _ in pair] for _ in range(TIMINGS)]
    return {"ratio": statistics.median(before / own for before, own in timings)}


if __name__ == "__main__":
    print(json.dumps(compared(json.loads(sys.argv[1]))))
