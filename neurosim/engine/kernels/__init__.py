"""The kernels of the cpu executor, as plain functions; `compile` turns each into machine code for a dtype.

In a generated module `real`, `floats`, `width` and `math` stand for one dtype; here they stand for float32, so
that the file reads and checks as ordinary Python. A kernel is called with its row of the table and the context. The
context is (step, rows, part, parts). An operand takes three cells: address, bytes per step, mask of the step (−1: a
stream, one row per step; 1: two slots in turn; 0 with stride 0: one slot).

No reduction is split between threads and none is reordered: a part of a team takes whole postsynaptic neurons, so the
bits do not depend on how many parts there are.
"""

from neurosim.engine.kernels.batches import (
    collect,
    collect_turned,
    faded,
    five_inputs,
    five_of,
    five_trials,
    learn_batch,
    multiply,
    pieces_of,
    place_of,
    scale,
    turn,
)
from neurosim.engine.kernels.blocked import (
    block_pass,
    change_strip,
    correct,
    dot,
    learn_block,
    learn_gather_blocked,
    sum_strip,
    turn_block,
)
from neurosim.engine.kernels.cells import ROWS, SHARE, STRIP, at, first_of, first_panel
from neurosim.engine.kernels.compact import (
    gather_compact,
    learn_batch_compact,
    learn_compact,
    multiply_compact,
    sum_synapses,
    turned,
)
from neurosim.engine.kernels.inverse import (
    divide_by_largest,
    orthogonalise,
    pseudoinverse,
    rotate_pair,
    scalar_product,
    transposed_inverse,
)
from neurosim.engine.kernels.narrow import (
    arrive,
    gather_lanes,
    gather_narrow,
    gather_pair,
    gather_transposed_narrow,
    learn_gather_lanes,
    learn_gather_narrow,
    learn_gather_pair,
    learn_outer_narrow,
    taught,
)
from neurosim.engine.kernels.online import (
    change_row,
    clear,
    gather,
    gather_transposed,
    learn_gather,
    learn_gather_momentum,
    learn_outer,
    learn_outer_momentum,
    sum_rows_8,
)
from neurosim.engine.kernels.pairs import diagonal, mask

__all__ = [
    "ROWS",
    "SHARE",
    "STRIP",
    "arrive",
    "at",
    "block_pass",
    "change_row",
    "change_strip",
    "clear",
    "collect",
    "collect_turned",
    "correct",
    "diagonal",
    "divide_by_largest",
    "dot",
    "faded",
    "first_of",
    "first_panel",
    "five_inputs",
    "five_of",
    "five_trials",
    "gather",
    "gather_compact",
    "gather_lanes",
    "gather_narrow",
    "gather_pair",
    "gather_transposed",
    "gather_transposed_narrow",
    "learn_batch",
    "learn_batch_compact",
    "learn_block",
    "learn_compact",
    "learn_gather",
    "learn_gather_blocked",
    "learn_gather_lanes",
    "learn_gather_momentum",
    "learn_gather_narrow",
    "learn_gather_pair",
    "learn_outer",
    "learn_outer_momentum",
    "learn_outer_narrow",
    "mask",
    "multiply",
    "multiply_compact",
    "orthogonalise",
    "pieces_of",
    "place_of",
    "pseudoinverse",
    "rotate_pair",
    "scalar_product",
    "scale",
    "sum_rows_8",
    "sum_strip",
    "sum_synapses",
    "taught",
    "transposed_inverse",
    "turn",
    "turn_block",
    "turned",
]
