"""neurosim with learned biases: what the floors are about. Its weights are not those of the reference, which has none."""

from __future__ import annotations

import json

from compete import given, timed
from contestant_neurosim import contestant

if __name__ == "__main__":
    asked = given()
    print(json.dumps({"rate": timed(asked, contestant(asked, bias=True)[0])}))
