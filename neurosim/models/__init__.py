"""The biology: scalar formulas of neurons, transfer functions, synapses and plasticity. No compiler, no files."""
