"""What the paper proves, in closed form and as dynamics of its own: the oracle of the simulator, and checked itself.

Nothing here knows circuits or the simulator; the letters are the paper's: A input to hidden, W hidden to output, B the
feedback weights, T the target, e = y* − y, E = T − WA.
"""
