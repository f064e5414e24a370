"""Quantities that say how well a circuit does, computed while it runs from signals and weights by address."""

from neurosim.metrics.alignment import angle, backpropagated, pseudobackprop_angle
from neurosim.metrics.dead_fraction import dead_fraction
from neurosim.metrics.feedback import feedback_angle, feedback_correlation, feedback_trace, neuron_angles
from neurosim.metrics.growth import growth
from neurosim.metrics.look import METRICS, Look, Metric, metric
from neurosim.metrics.performance import loss, mse, nse, nse_uncentred, summed_squared_error, test_error, training_error
from neurosim.metrics.smoothness import smoothness

__all__ = [
    "METRICS",
    "Look",
    "Metric",
    "angle",
    "backpropagated",
    "dead_fraction",
    "feedback_angle",
    "feedback_correlation",
    "feedback_trace",
    "growth",
    "loss",
    "metric",
    "mse",
    "neuron_angles",
    "nse",
    "nse_uncentred",
    "pseudobackprop_angle",
    "smoothness",
    "summed_squared_error",
    "test_error",
    "training_error",
]
