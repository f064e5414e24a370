"""Kernels whose text is made: sums of one-to-one projections, formulas neuron by neuron, and rules synapse by synapse."""

from __future__ import annotations

from functools import cache

from neurosim.engine import kernels
from neurosim.engine.compile import Module
from neurosim.engine.expression import Source
from neurosim.engine.kernel_texts import Kernel, definitions, header


@cache
def combine_kernel(same: tuple[bool, ...], sets: bool, dtype: str, *, narrow: bool) -> Kernel:
    """The kernel u (+)= Σ gain · x over one-to-one projections without weights of their own.

    Row: 1: count, 2-5: u (operand, bytes per trial of a batch), then five such cells for each term: x, its bytes per trial, gain.

    Args:
        same: for each term, whether x is a single neuron's, for all.
        sets: whether u begins at 0.
        dtype: float32 or float64.
        narrow: few neurons, in explicit vectors.
    """
    begin = ""
    scalar, vector = ("real(0)", "like") if sets else ("u[j]", "load_at(into, block * width, like)")
    for term, single in enumerate(same):
        cell = 6 + 5 * term
        begin += f"        x{term} = at(row, {cell}, step) + trial * row[{cell + 3}]\n"
        begin += f"        gain{term} = real(number(row[{cell + 4}]))\n"
        scalar += f" + gain{term} * floats(x{term}{'' if single else ' + low * width'})[{0 if single else 'j'}]"
        given = f"repeat_like(floats(x{term})[0], like)" if single else f"load_at(x{term}, block * width, like)"
        vector = f"plus({vector}, times(repeat_like(gain{term}, like), {given}))"
    text = f"""
def combine(row, ctx):
    low, high = first_of(row[1], ctx[2], ctx[3]), first_of(row[1], ctx[2] + 1, ctx[3])
    step = ctx[0]
    if high <= low:
        return
    for trial in range(ctx[1]):
        u = floats(at(row, 2, step) + trial * row[5] + low * width)
{begin}{_by_lanes(vector) if narrow else _one_by_one(scalar, "u")}"""
    stem = "combine_narrow" if narrow else "combine"
    return Kernel(stem, Module(stem, header(dtype, {}) + text, "combine"), (text,))


def _one_by_one(value: str, out: str) -> str:
    return f"""        for j in range(high - low):
            {out}[j] = {value}
"""


def _by_lanes(value: str) -> str:
    """Sixteen neurons at a time; of the last ones, when they are eight or four or fewer, only so many; zeros after the last."""
    text = "        for block in range(low, high, 16):\n"
    text += "            into = at(row, 2, step) + trial * row[5]\n"
    for condition, word in (("if row[1] - block > 8", "sixteen"), ("elif row[1] - block > 4", "eight"), ("else", "four")):
        text += f"            {condition}:\n                like = {word}()\n"
        text += f"                store_at(into, block * width, first_lanes({value.replace('LANES', word)}, row[1] - block))\n"
    return text


def compute_kernel(formula: Source, dtype: str, *, lanes: bool) -> Kernel:
    """The kernel out = formula(…), neuron by neuron and trial by trial; in explicit vectors, or as LLVM likes.

    Row: 1: count, 2-5: out (operand, bytes per trial of a batch), then four such cells for each argument of the formula.
    """
    names = formula.arguments
    rows = "".join(f"        a{k} = at(row, {6 + 4 * k}, step) + trial * row[{9 + 4 * k}]\n" for k in range(len(names)))
    values = ", ".join(f"floats(a{k} + low * width)[j]" for k in range(len(names)))
    loads = "".join(f", load_at(a{k}, block * width, like)" for k in range(len(names)))
    body = _by_lanes(f"formula_LANES(like{loads})") if lanes else _one_by_one(f"formula({values})", "out")
    text = f"""
def kernel(row, ctx):
    low, high = first_of(row[1], ctx[2], ctx[3]), first_of(row[1], ctx[2] + 1, ctx[3])
    step = ctx[0]
    if high <= low:
        return
    for trial in range(ctx[1]):
        out = floats(at(row, 2, step) + trial * row[5] + low * width)
{rows}{body}"""
    return _of_formula("compute_lanes" if lanes else "compute", text, formula, dtype)


def synapse_kernel(formula: Source, dtype: str, *, diagonal: bool, compact: bool = False) -> Kernel:
    """The kernel W += Σ over the batch of formula(…), synapse by synapse: for rules that are no product.

    Row: 1: W, 2: bytes per row of a panel, 3: rows, 4: post, 5: V or 0, 6: α, 7: η λ, 8: pattern or 0, 9: index or 0, then four
    cells per argument other than `weight`: operand, bytes per trial. The changes of a batch are summed at the weights from
    before it.
    """
    names = [name for name in formula.arguments if name != "weight"]
    cells = {name: 10 + 4 * k for k, name in enumerate(names)}
    source = "index[j]" if compact else "i"
    index = "index = integers(row[9] + place // width * 4)" if compact else "pass"
    rows = values = ""
    for name, cell in cells.items():
        place = " + start * width" if diagonal or name.startswith("post_") else ""
        rows += f"                    a_{name} = floats(at(row, {cell}, step) + trial * row[{cell + 3}]{place})\n"
    values = ", ".join(
        "w[j]" if name == "weight" else f"a_{name}[j]" if diagonal or name.startswith("post_") else f"a_{name}[{source}]"
        for name in formula.arguments
    )
    text = f"""
def kernel(row, ctx):
    step, line, alpha, shrink = ctx[0], row[2], real(number(row[6])), real(number(row[7]))
    total = floats(spare({kernels.SHARE * 8}))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        low = panel * (line // width)
        high = min(low + line // width, row[4])
        for i in range(row[3]):
            for start in range(low, high, {kernels.SHARE}):
                count = min({kernels.SHARE}, high - start)
                place = (panel * row[3] + i) * line + (start - low) * width
                w = floats(row[1] + place)
                {index}
                for j in range(count):
                    total[j] = -shrink * w[j]
                for trial in range(ctx[1]):
{rows}                    for j in range(count):
                        total[j] += formula({values})
                if row[8]:
                    pattern = floats(row[8] + place)
                    for j in range(count):
                        total[j] *= pattern[j]
                if row[5]:
                    v = floats(row[5] + place)
                    for j in range(count):
                        total[j] += alpha * v[j]
                        v[j] = total[j]
                for j in range(count):
                    w[j] += total[j]
"""
    return _of_formula("synapses", text, formula, dtype)


def _of_formula(stem: str, text: str, formula: Source, dtype: str) -> Kernel:
    if (text, dtype) not in formula.kernels:
        written = header(dtype, dict(formula.modules)) + definitions(
            formula, "formula", dtype if "formula_four" in text else None
        )
        formula.kernels[text, dtype] = Module(stem, written + text, "kernel", formula=formula)
    return Kernel(stem, formula.kernels[text, dtype], (text,))
