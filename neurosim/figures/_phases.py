"""The phases of a run, as its recording tells them: which projections do not learn, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass

from neurosim.errors import DataError
from neurosim.recording import Recording


@dataclass(frozen=True)
class Phase:
    """A stretch of trials in which some elements of the circuit do not learn."""

    first: int
    last: int
    frozen: tuple[str, ...]

    def freezes(self, element: str) -> bool:
        """Whether an element, or a place in it, is frozen.

        >>> Phase(0, 10, ("hidden.bias",)).freezes("hidden")
        True
        """
        return any(place == element or place.startswith(f"{element}.") for place in self.frozen)

    def learns_only(self, one: str, other: str) -> bool:
        """Whether of two projections only the first learns."""
        return self.freezes(other) and not self.freezes(one)


def phases_of(recording: Recording) -> list[Phase]:
    """The phases that a recording notes, in order; none where it notes none.

    Raises:
        DataError: its attribute `phases` is not a list of phases.
    """
    text = recording.attributes.get("phases")
    if not text:
        return []
    try:
        return [Phase(int(p["first"]), int(p["last"]), tuple(map(str, p.get("frozen", ())))) for p in json.loads(str(text))]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{recording.path}: its attribute 'phases' is not a list of phases: {error!r}") from None
