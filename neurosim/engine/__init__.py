"""From the graph to running code: program, schedule, state, and the executors that run it."""
