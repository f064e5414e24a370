"""neurosim with learned biases: what the floors are about. Its weights are not those of the reference, which has none."""

from __future__ import annotations

from contestant_neurosim import contestant
from work import given, timed

if __name__ == "__main__":
    asked = given()
    timed(asked, contestant(asked, bias=True)[0])
