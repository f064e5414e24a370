"""Claims: what the paper says must come out, as checks on recordings with tolerances and a source.

A check is a decorated function in a file of this folder, or in a file of one's own.
"""

from neurosim.scenario.claims import closed_form, course, levels, spread, times, units, weights  # noqa: F401  (they register their checks)
from neurosim.scenario.claims.claim import CLAIMS, TEXTS, Claim, Runs, Verdict, claim, evaluate

__all__ = ["CLAIMS", "TEXTS", "Claim", "Runs", "Verdict", "claim", "evaluate"]
