"""A claim: what the paper says must come out, as a check on recordings with tolerances and a source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from neurosim.models.chooser import Chooser
from neurosim.parameters import Parameters
from neurosim.recording import Recording
from neurosim.registry import Registry
from neurosim.verdict import Verdict

Runs = Mapping[str, Sequence[Recording]]
"""arm → its recordings, one per seed."""


TEXTS = ("title", "source", "paper", "explanation")
"""What any claim may say beside its check's terms: what is claimed, where the paper shows it, what the paper says there, and
why it does not hold where it does not."""


class Claim(Chooser):
    """A registered check: `check(runs, **terms)` returns a verdict."""

    def __init__(self, name: str, check: Callable[..., Verdict], doc: str) -> None:
        texts: dict[str, tuple[Any, Any]] = {term: (str, "") for term in TEXTS}
        super().__init__(name, Parameters(check, supplied=("runs",), extra=texts), doc)
        self.check = check


CLAIMS: Registry[Claim] = Registry("claims")


def claim(check: Callable[..., Verdict]) -> Claim:
    """Register a check that claims can name: a function of the runs by arm and of its terms."""
    return CLAIMS.add(check.__name__, Claim(check.__name__, check, check.__doc__ or ""))


def evaluate(runs: Runs, name: str, terms: Mapping[str, Any]) -> Verdict:
    """The verdict on one claim; raises DataError when the recordings do not hold what it needs."""
    rule = CLAIMS[name]
    complete = rule.parameters.complete(terms, f"claim {name!r}")
    return rule.check(runs, **{key: value for key, value in complete.items() if key not in TEXTS})
