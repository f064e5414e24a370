"""A claim: what the paper says must come out, as a check on recordings with tolerances and a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, overload

from neurosim.errors import InputError, Problem
from neurosim.models.chooser import Chooser
from neurosim.parameters import Choice, Parameters
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

    def __init__(self, name: str, check: Callable[..., Verdict], doc: str, fits: Callable[..., object] | None = None) -> None:
        texts: dict[str, tuple[Any, Any]] = {term: (str, "") for term in TEXTS}
        super().__init__(name, Parameters(check, supplied=("runs",), extra=texts), doc)
        self.check = check
        self._fits = fits

    def problems(self, choice: Choice, address: str) -> list[Problem]:
        """What is wrong with the terms of a claim, as far as it can be told without recordings."""
        return super().problems(choice, address) or [*self._bounds(choice.parameters, address), *self._misfits(choice, address)]

    def _bounds(self, terms: Mapping[str, Any], address: str) -> Iterator[Problem]:
        """Of two bounds that may both be missing, one must be there."""
        names = [name for name in ("above", "below") if name in self.parameters.fields]
        if len(names) < 2:
            return
        above, below = (terms.get(name, self.parameters.fields[name][1]) for name in names)
        if above is None and below is None:
            yield Problem(address, "expected 'above', 'below', or both")
        elif above is not None and below is not None and above >= below:
            yield Problem(address, f"expected 'above' to be less than 'below', found {above:g} and {below:g}")

    def _misfits(self, choice: Choice, address: str) -> Iterator[Problem]:
        if self._fits is not None:
            try:
                self._fits(**self.parameters.complete(choice.parameters))
            except InputError as error:
                yield from (Problem(f"{address}.{p.address}", p.message, p.suggestion) for p in error.problems)


CLAIMS: Registry[Claim] = Registry("claims")


@overload
def claim(check: Callable[..., Verdict], /) -> Claim: ...
@overload
def claim(*, fits: Callable[..., object]) -> Callable[[Callable[..., Verdict]], Claim]: ...
def claim(check: Callable[..., Verdict] | None = None, *, fits: Callable[..., object] | None = None) -> Any:
    """Register a check that claims can name: a function of the runs by arm and of its terms.

    What terms mean goes by their names: `arm` and `arms` are arms, `quantity`, `other`, `gate` and `given` recorded numbers,
    `address` anything recorded; of `above` and `below` one must be given where both may be missing. A scenario whose claim
    is wrong in that is refused before it runs.

    Args:
        check: the function; its keyword arguments are the terms.
        fits: called with the terms that are given; raises InputError where they do not fit each other.
    """

    def register(check: Callable[..., Verdict]) -> Claim:
        return CLAIMS.add(check.__name__, Claim(check.__name__, check, check.__doc__ or "", fits))

    return register if check is None else register(check)


def evaluate(runs: Runs, name: str, terms: Mapping[str, Any]) -> Verdict:
    """The verdict on one claim; raises DataError when the recordings do not hold what it needs."""
    rule = CLAIMS[name]
    complete = rule.parameters.complete(terms, f"claim {name!r}")
    return rule.check(runs, **{key: value for key, value in complete.items() if key not in TEXTS})
