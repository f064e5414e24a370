"""Claims that hold recordings against closed forms of the theory."""

from __future__ import annotations

import numpy as np

from neurosim.circuit.exchange import from_json
from neurosim.errors import DataError
from neurosim.parameters import Fraction, Positive
from neurosim.recording import Recording
from neurosim.scenario.claims.claim import Runs, Verdict, claim
from neurosim.scenario.claims.values import Trial, course_of, interval_of, runs_of, share_of
from neurosim.theory import node_perturbation
from neurosim.theory.three_neurons import ThreeNeurons


@claim
def basin(
    runs: Runs,
    arm: str,
    first: str = "input_to_hidden.weights",
    second: str = "hidden_to_output.weights",
    feedback: float = 1.0,
    target: float = 1.0,
    at_least: Fraction = 0.995,
) -> Verdict:
    """So large a share of networks of three neurons ends on the hyperbola that the closed form foretells from their start.

    `first` and `second` are the recorded weights A and W, of one network or of many beside each other. The value is the share
    of networks, of all runs, whose A ends with the sign that is foretold; its interval is Wilson's, 95 %.

    Raises:
        DataError: one of the two was not recorded at two trials at least.
    """
    network = ThreeNeurons(feedback, target)
    good = np.sign(network.endpoint(0.0, 0.0)[0])
    agree = []
    for recording in runs_of(runs, arm):
        a, w = (np.asarray(recording[address].values, np.float64) for address in (first, second))
        if min(len(a), len(w)) < 2:
            raise DataError(f"the basin cannot be judged: needs at least 2 samples of {first} and {second} in {recording.path}")
        foretold = network.ends_badly(a[0].ravel(), w[0].ravel())
        agree.append((np.sign(a[-1].ravel()) != good) == foretold)
    flags = np.concatenate(agree)
    share, interval = share_of(flags)
    return Verdict(share, interval, len(flags), share >= at_least, f"share of the networks ≥ {at_least:g}")


@claim
def node_perturbation_floor(runs: Runs, arm: str, quantity: str, since: Trial, within: Positive = 0.1) -> Verdict:
    """From a trial on, the loss stands where one layer that learns by node perturbation levels off, up to so large a part.

    The value is the mean over runs of the ratio of the loss, averaged over those trials, to ½⟨|e|²⟩ of Werfel et al. (2005);
    its interval is the 95 % bootstrap interval over the runs. n, m, η and σ are those of the circuit.

    Raises:
        DataError: nothing was recorded from the trial on, or the circuit is no layer that explores and learns so.
    """
    levels = np.array([course.mean() for course in course_of(runs, arm, quantity, since)])
    ratios = levels / (0.5 * _floor(runs_of(runs, arm)[0]))
    found = float(ratios.mean())
    told = f"ratio to the closed form in 1 ± {within:g}"
    return Verdict(found, interval_of(ratios, "mean"), len(ratios), abs(found - 1) <= within, told)


def _floor(recording: Recording) -> float:
    circuit = from_json(str(recording.attributes["circuit"]))
    learned = [p for p in circuit.projections.values() if p.plasticity.name == "node_perturbation"]
    sigma = circuit.populations[learned[0].post].noise if len(learned) == 1 else None
    if sigma is None:
        raise DataError(f"{recording.path}: expected one layer that explores and learns by node perturbation")
    inputs, outputs = (circuit.populations[name].size for name in (learned[0].pre, learned[0].post))
    return node_perturbation.floor(inputs, outputs, float(learned[0].plasticity.parameters["eta"]), sigma)
