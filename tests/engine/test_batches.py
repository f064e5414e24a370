"""Bands that a panel does not fill, and groups of fewer than four trials or presynaptic neurons."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from oracles import task_of

from neurosim.circuit.layered import layered
from neurosim.engine.kernels import all_halves, bands_of, first_half, halves_of
from neurosim.engine.storage import panels_of
from neurosim.simulator import Simulator


@pytest.mark.parametrize("post", [1, 8, 9, 16, 17, 24, 25, 40, 512, 513, 1000, 1016, 2017, 5000])
@pytest.mark.parametrize("apart", [False, True])
def test_bands_hold_every_register_once(post: int, apart: bool) -> None:
    line = panels_of(post, apart=apart)[1] * 4
    held = []
    for band in range(bands_of(line, post)):
        first, many = first_half(line, band), halves_of(line, post, band)
        assert 1 <= many <= 3
        assert first * 32 // line == ((first + many) * 32 - 1) // line, "a band lies in one panel"
        held += range(first, first + many)
    assert held == list(range(all_halves(post)))


@pytest.mark.parametrize("batch", [2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("sizes", [(1, 8, 1), (5, 9, 2), (6, 17, 25), (7, 40, 3), (3, 520, 8), (9, 1030, 5)])
@pytest.mark.parametrize("feedback", ["random", "tied"])
def test_of_any_size_they_do_what_a_loop_does(sizes: tuple[int, int, int], batch: int, feedback: str) -> None:
    circuit = layered(sizes, feedback=feedback, transfer="linear", bias=False, eta=0.01)
    trials = 2 * batch + 1
    task = task_of(circuit, trials)
    simulator = Simulator(circuit, seed=3, dtype="float64")
    first, second = (simulator.state[f"{name}.weights"] for name in ("input_to_hidden", "hidden_to_output"))
    back = None if feedback == "tied" else simulator.state["error_to_feedback.weights"]
    for start in range(0, trials, batch):
        x, target = task.x[start : start + batch], task.y[start : start + batch]
        hidden = x @ first.T
        error = target - hidden @ second.T
        taught = error @ (second if back is None else back.T)
        first, second = first + 0.01 * taught.T @ x, second + 0.01 * error.T @ hidden
    simulator.train(task, trials=trials, batch=batch)
    np.testing.assert_allclose(simulator.state["input_to_hidden.weights"], first, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(simulator.state["hidden_to_output.weights"], second, rtol=1e-9, atol=1e-11)


NO_ROOM = """
import resource
import numpy as np
import neurosim
from neurosim.tasks import Task, Trials

class Nothing(Task):
    inputs, outputs, trials_per_pass = 400, 2, None
    def trials(self, seed, first, count):
        return Trials(np.zeros((count, 400), np.float32), np.zeros((count, 2), np.float32))
    def test(self):
        return self.trials(0, 0, 1)

many, task = 60_000, Nothing()
simulator = neurosim.Simulator(neurosim.layered([400, 200, 2], feedback="random"), seed=1)
simulator.train(task, 10, batch=5)
simulator.prepare(many)
given = simulator.present(task, 0, many)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (50 << 20),) * 2)
simulator.present = lambda *_: given
try:
    simulator.train(task, many, batch=many)
except MemoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory is in use")
def test_a_batch_for_which_there_is_no_memory_is_told() -> None:
    done = subprocess.run([sys.executable, "-c", NO_ROOM], capture_output=True, text=True, timeout=120)
    assert done.stdout == "there is no room for a batch of so many trials\n", (done.returncode, done.stderr[-500:])
