"""neurosim: a simulator of biologically structured neuron populations, where the learning algorithm is the wiring."""
__version__ = "0.1.0"
