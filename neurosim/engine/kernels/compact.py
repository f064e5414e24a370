"""Few synapses, stored one by one: what each neuron has, row by row of k-th synapses (`storage.Compact`).

A synapse that starts from nowhere reads the zero after the last presynaptic neuron, so it gives nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neurosim.engine.kernels.cells import at, first_panel, room

if TYPE_CHECKING:
    from neurosim.engine.lanes import fma, lanes_sum, store
    from neurosim.engine.lanes import load32 as load
    from neurosim.engine.lanes import repeat32 as repeat
    from neurosim.engine.memory import floats32 as floats
    from neurosim.engine.memory import integers, number, release

real = np.float32
width = 4


def gather_compact(row, ctx):
    """u (+)= W x for one trial.

    1: W, 2: bytes per row of a panel, 3: rows of a panel, 4: post, 5: sets, 6-8: u, 9-11: x, 12: index, 13: pre.
    """
    line, x = row[2], floats(at(row, 9, ctx[0]))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        n = min(line // width, row[4] - panel * (line // width))
        u = floats(at(row, 6, ctx[0]) + panel * line)
        if row[5]:
            for j in range(n):
                u[j] = real(0)
        for k in range(row[3]):
            place = panel * row[3] + k
            w, index = floats(row[1] + place * line), integers(row[12] + place * (line // width) * 4)
            for j in range(n):
                u[j] += w[j] * x[index[j]]


def learn_compact(row, ctx):
    """v ← α v + η x d − η λ w, w ← w + v for each synapse, for one trial.

    1-4: as `gather_compact`, 9-11: x, 12-14: d, 15: η, 16: V or 0, 17: α, 18: η λ, 19: index, 20: pre.
    """
    line, x = row[2], floats(at(row, 9, ctx[0]))
    eta, alpha, shrink = real(number(row[15])), real(number(row[17])), real(number(row[18]))
    for panel in range(first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])):
        n = min(line // width, row[4] - panel * (line // width))
        d = floats(at(row, 12, ctx[0]) + panel * line)
        for k in range(row[3]):
            place = panel * row[3] + k
            w, index = floats(row[1] + place * line), integers(row[19] + place * (line // width) * 4)
            if row[16]:
                v = floats(row[16] + place * line)
                for j in range(n):
                    change = alpha * v[j] + (eta * x[index[j]] * d[j] - shrink * w[j])
                    v[j] = change
                    w[j] += change
            else:
                for j in range(n):
                    w[j] += eta * x[index[j]] * d[j] - shrink * w[j]


def turned(ctx, x, length, count, rows, space):
    """Where X of a batch is as `[neuron, trial]`: each neuron's trials side by side, zeros up to whole lanes; to be released.

    Args:
        ctx: the context, which is told where there is no room for it; what is returned is 0 then.
        x: where X[trial, neuron] begins; `length` numbers from trial to trial.
        count: of neurons.
        rows: of trials.
        space: numbers from neuron to neuron in what is returned.
    """
    place = room(ctx, count * space * width)
    if place == 0:
        return place
    found = floats(place)
    for k in range(count * space):
        found[k] = real(0)
    for first in range(0, count, 16):
        for trial in range(rows):
            given = floats(x + trial * length * width)
            for neuron in range(first, min(first + 16, count)):
                found[neuron * space + trial] = given[neuron]
    return place


def multiply_compact(row, ctx):
    """U (+)= X Wᵀ for a batch: for each neuron, its synapses' trials sixteen at a time.

    As `gather_compact`, and 14, 15: row lengths of U and X.
    """
    line, rows = row[2], ctx[1]
    count, space = line // width, (rows + 63) // 64 * 64
    low, high = first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])
    if high <= low:
        return
    x = turned(ctx, at(row, 9, ctx[0]), row[15], row[13] + 1, rows, space)
    if x == 0:
        return
    place = room(ctx, 16 * space * width)
    if place == 0:
        release(x)
        return
    sums = floats(place)
    for panel in range(low, high):
        for first in range(0, min(count, row[4] - panel * count), 16):
            some = min(16, min(count, row[4] - panel * count) - first)
            for j in range(first, first + some):
                sum_synapses(row, panel, j, x, place + (j - first) * space * width, space)
            for trial in range(rows):
                u = floats(at(row, 6, ctx[0]) + (trial * row[14] + panel * count + first) * width)
                for j in range(some):
                    u[j] = sums[j * space + trial] if row[5] else u[j] + sums[j * space + trial]
    release(place)
    release(x)


def sum_synapses(row, panel, j, x, sums, space):
    """Σ_k w_k x_k over the synapses of neuron j of a panel, for 64 trials at a time."""
    count = row[2] // width
    w, index = floats(row[1] + panel * row[3] * row[2]), integers(row[12] + panel * row[3] * count * 4)
    for block in range(0, space * width, 64 * width):
        a = b = c = d = repeat(real(0))
        for k in range(row[3]):
            weight, place = repeat(w[k * count + j]), x + index[k * count + j] * space * width + block
            a = fma(weight, load(place), a)
            b = fma(weight, load(place + 16 * width), b)
            c = fma(weight, load(place + 32 * width), c)
            d = fma(weight, load(place + 48 * width), d)
        store(sums + block, a)
        store(sums + block + 16 * width, b)
        store(sums + block + 32 * width, c)
        store(sums + block + 48 * width, d)


def learn_batch_compact(row, ctx):
    """V ← α V + η Σ x d − η λ W, W ← W + V for a batch.   As `learn_compact`, and 21, 22: row lengths of X and D."""
    line, rows = row[2], ctx[1]
    count, space = line // width, (rows + 15) // 16 * 16
    low, high = first_panel(row, ctx[2], ctx[3]), first_panel(row, ctx[2] + 1, ctx[3])
    if high <= low:
        return
    eta, alpha, shrink = real(number(row[15])), real(number(row[17])), real(number(row[18]))
    x = turned(ctx, at(row, 9, ctx[0]), row[21], row[20] + 1, rows, space)
    for panel in range(low, high if x else low):
        n = min(count, row[4] - panel * count)
        d = turned(ctx, at(row, 12, ctx[0]) + panel * line, row[22], n, rows, space)
        if d == 0:
            break
        start = panel * row[3] * line
        w, index = floats(row[1] + start), integers(row[19] + panel * row[3] * count * 4)
        v = floats(row[16] + start)
        for k in range(row[3]):
            for j in range(n):
                a, b = x + index[k * count + j] * space * width, d + j * space * width
                total = repeat(real(0))
                for block in range(0, space * width, 16 * width):
                    total = fma(load(a + block), load(b + block), total)
                change = eta * lanes_sum(total) - shrink * w[k * count + j]
                if row[16]:
                    change += alpha * v[k * count + j]
                    v[k * count + j] = change
                w[k * count + j] += change
        release(d)
    release(x)
