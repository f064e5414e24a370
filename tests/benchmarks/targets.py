"""Every work with its targets, and the targets of everything else that is measured: the one table of this folder.

A target against a peer is our rate over the peer's, round by round. A contestant that is slow has its own, smaller count of
trials (`caps`): rates are compared, and a timing repeats the call for a while anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from figure import Target
from work import Work

PEERS = {"numpy": "numpy", "torch": "torch", "torch_autograd": "torch", "jax": "jax"}
"""Who else takes part, and the package that each needs."""
SIDE_BY_SIDE = ("torch", "jax")
"""Who knows how to run several seeds at once."""


@dataclass(frozen=True)
class Entry:
    """A work and what is expected of us on it.

    Attributes:
        name: what `--only` calls it.
        work: for everyone.
        targets: by peer, our rate over its.
        caps: at most so many trials a call, by contestant.
        ceilings: by ceiling, the share of it that we reach (see `ceilings.py`).
        with_biases: our own rate with learned biases, in trials a second.
    """

    name: str
    work: Work
    targets: Mapping[str, Target]
    caps: Mapping[str, int] = field(default_factory=dict)
    ceilings: Mapping[str, Target] = field(default_factory=dict)
    with_biases: Target | None = None

    def work_of(self, contestant: str) -> Work:
        """The work with the contestant's own count of trials."""
        return replace(self.work, trials=min(self.work.trials, self.caps.get(contestant, self.work.trials)))

    @property
    def contestants(self) -> list[str]:
        """Who takes part beside us."""
        return [name for name in PEERS if self.work.seeds == 1 or name in SIDE_BY_SIDE]

    def quick(self) -> Entry:
        """The same entry with so few trials that its numbers mean nothing."""
        few = max(1, self.work.trials // 100 // self.work.batch) * self.work.batch
        return replace(self, work=replace(self.work, trials=few, seconds=0.01))


def _against(jax: Target | float, torch: Target | float) -> dict[str, Target]:
    return {name: t if isinstance(t, Target) else Target(t) for name, t in (("jax", jax), ("torch", torch))}


DEEP = (784, 1500, 1500, 1500, 10)
TEN = (784, *[1000] * 10, 10)
WIDE = (784, 1000, 10)
_SLOW_ON_TINY = {"numpy": 40_000, "torch": 60_000, "torch_autograd": 8_000}
_SLOW_ON_WIDE = {"numpy": 2_000, "torch": 4_000, "torch_autograd": 2_000}
_SLOW_ON_DEEP = {"numpy": 150, "torch": 200, "torch_autograd": 100}
_SGEMM, _BANDWIDTH = {"sgemm": Target(0.7), "products": Target(1 / 1.4)}, {"bandwidth": Target(0.8)}

ENTRIES: tuple[Entry, ...] = (
    Entry("tiny", Work((2, 2, 1), 4_000_000, 0.05), _against(Target(0.6, stretch=1.2), 150), _SLOW_ON_TINY),
    Entry(
        "small",
        Work((30, 20, 10), 2_000_000, 0.01),
        _against(Target(5, stretch=10), 45),
        _SLOW_ON_TINY,
        with_biases=Target(1e6),
    ),
    Entry("wide_1", Work(WIDE, 10_000, 0.002), _against(2.2, 4), _SLOW_ON_WIDE, _BANDWIDTH, with_biases=Target(15e3)),
    Entry("wide_2", Work(WIDE, 10_000, 0.002, threads=2), _against(3, 7), _SLOW_ON_WIDE, _BANDWIDTH),
    Entry("deep_1", Work(DEEP, 400, 0.001), _against(1.3, 2.5), _SLOW_ON_DEEP),
    Entry("deep_2", Work(DEEP, 400, 0.001, threads=2), _against(1.8, 4.5), _SLOW_ON_DEEP),
    Entry("batch_wide", Work(WIDE, 30_000, 1e-4, 100, 2), _against(1.0, 1.6), {"numpy": 10_000}, _SGEMM),
    Entry("batch_deep", Work(DEEP, 3_000, 5e-5, 100, 2), _against(1.0, 1.6), {"numpy": 1_000}, _SGEMM),
    Entry("batch_ten", Work(TEN, 2_000, 5e-5, 100, 2), _against(1.0, 1.6), {"numpy": 500}, _SGEMM),
    Entry("seeds", Work((30, 20, 10), 100_000, 0.01, 1, 2, seeds=20), _against(8, 30), {"torch": 10_000}),
)

NEW_CIRCUIT_MS = Target(20, at_most=True)
WARM_RUN_S = Target(2, at_most=True)
COLD_RUN_S = Target(20, at_most=True)
USER_FORMULA = Target(1.5, at_most=True)
"""Time with a formula of the user's over the time with a built-in one of the same arithmetic."""
PEAK_MEMORY = Target(1.0, at_most=True)
"""Peak memory over what it may be: 1.3 × (weights + feedback weights + momentum) + 150 MB."""
