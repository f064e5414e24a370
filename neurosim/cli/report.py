"""The table that a reviewer asks for: what the paper says beside what comes out, as Markdown, made of nothing but verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from neurosim.cli.table import many, number
from neurosim.scenario.verdicts import NOT_RUN, Row

HEAD = ("where", "claim", "the paper", "neurosim", "n", "wanted", "verdict")
SIGNS = re.compile(r"[\\|*`~$]|(?<!\w)_|_(?!\w)|<(?=[\w/!?])|\](?=[(\[])|&(?=#?\w+;)")
"""Signs of Markdown, and where they are: `_` at the end of a word, `<` before a tag, `]` before a link, `&` of an entity."""


def report(rows: Sequence[Row], made: str) -> str:
    """Verdicts as a page of Markdown: a table for each scenario, and under it why what does not hold does not.

    Args:
        rows: as `neurosim.scenario.verdicts.judged` returns them; rows of the same scenario stand together.
        made: how the page was made, in Markdown.

    >>> row = {"scenario": "xor", "command": "neurosim run xor", "claim": "XOR is solved", "holds": True, "value": 0.47312,
    ...        "interval": [0.4, 0.5], "n": 60, "wanted": "fraction ≥ 0.3", "source": "Note 4", "paper": "does not say"}
    >>> print(report([row], "By hand.").splitlines()[-1])
    | Note 4 | XOR is solved | does not say | 0.473 (0.4 … 0.5) | 60 | fraction ≥ 0.3 | holds |
    """
    parts = [
        "# What the paper says, and what comes out",
        f"{made} **{count(rows)}**",
        "A value is computed from *n* recordings, one for each seed; in brackets is its interval, where the check has one. "
        "*Wanted* is what the check asks of it. Times are of the runs as they were: several may share a machine.",
    ]
    for _, group in groupby(rows, key=lambda row: row["scenario"]):
        parts += _section(list(group))
    return "\n\n".join(parts) + "\n"


def count(rows: Sequence[Row]) -> str:
    """How many claims hold, in a sentence.

    >>> count([{"holds": True}, {"holds": False}])
    '1 of 2 claims holds.'
    """
    holding = sum(bool(row["holds"]) for row in rows)
    missing = sum(is_missing(row) for row in rows)
    rest = f"; {missing} {'was' if missing == 1 else 'were'} not run" if missing else ""
    return f"{holding} of {len(rows)} claims {'holds' if holding == 1 else 'hold'}{rest}."


def is_missing(row: Row) -> bool:
    """Whether there is nothing to judge a claim by."""
    return str(row.get("wanted", "")).startswith(NOT_RUN)


def _effort(effort: Mapping[str, Any]) -> str:
    """How much was computed, in a sentence.

    >>> _effort({"recordings": 4, "passes": [35.0, 35.0], "seconds": 2520.0})
    '4 recordings, 35 passes each, 42 min in all.'
    """
    if not effort.get("recordings"):
        return ""
    words = [many(effort["recordings"], "recording")]
    if effort.get("passes"):
        fewest, most = (number(float(one), 3) for one in effort["passes"])
        words.append(f"{fewest} passes each" if fewest == most else f"{fewest} to {most} passes")
    if effort.get("seconds") is not None:
        words.append(f"{_duration(effort['seconds'])} in all")
    return ", ".join(words) + "."


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def found(row: Row, digits: int = 4) -> str:
    """The value and its interval, as people read them; an interval of no length is left out.

    >>> found({"value": 3.14159, "interval": [3.0, 3.2]}), found({"value": 3.0, "interval": [3.0, 3.0]}), found({"value": None})
    ('3.142 (3 … 3.2)', '3', '–')
    """
    ends = row.get("interval") or (None, None)
    value, low, high = ("–" if one is None else number(one, digits) for one in (row["value"], *ends))
    return value if low == high else f"{value} ({low} … {high})"


def code(text: str) -> str:
    """A text as code; the fence is longer than any run of backticks in it.

    >>> code("neurosim run xor")
    '`neurosim run xor`'
    """
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{text}{fence}"


def _section(rows: Sequence[Row]) -> Iterable[str]:
    first = rows[0]
    yield f"## {_plain(first.get('scenario_title') or first['scenario'])}"
    source = first.get("scenario_source")
    remark = f" ({_plain(first['remark'])})" if first.get("remark") else ""
    effort = f" {_effort(first.get('effort') or {})}".rstrip()
    yield (f"{_plain(source)}. " if source else "") + f"{code(first['command'])}{remark}.{effort} {count(rows)}"
    lines = [HEAD, ["---"] * len(HEAD), *(_cells(row) for row in rows)]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines)
    reasons = [(row["claim"], row["explanation"]) for row in rows if row.get("explanation") and not row["holds"]]
    if reasons:
        yield "\n".join(f"- *{_plain(claim)}* does not hold: {_plain(explanation)}" for claim, explanation in reasons)


def _cells(row: Row) -> list[str]:
    verdict = "holds" if row["holds"] else NOT_RUN if is_missing(row) else "**does not hold**"
    texts = (row.get("source"), row["claim"], row.get("paper"), found(row, digits=3), row.get("n"), row["wanted"])
    return [*("–" if text in (None, "") else _plain(str(text)) for text in texts), verdict]


def _plain(text: str) -> str:
    """Text in which Markdown finds no sign of its own, on one line; what is none where it stands is left as it is."""
    return SIGNS.sub(r"\\\g<0>", " ".join(text.split()))
