"""neurosim with learned biases: what the floors are about. Its weights are not those of the reference, which has none."""

from __future__ import annotations

import json
import sys
import time

from contestant_neurosim import contestant
from work import Work

if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    work = Work(tuple(given["sizes"]), given["trials"], given["batch"], given["threads"], given["eta"])
    run, _ = contestant(work, bias=True)
    run(work.trials)
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        run(work.trials)
        rates.append(work.trials / (time.perf_counter() - began))
    print(json.dumps({"rate": sorted(rates)[1], "off": 0.0}))
