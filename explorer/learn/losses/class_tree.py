"""The tree in which classes merge by single linkage, in O(C log C) memory for C classes.

Prim's algorithm visits the classes so that those which merge early stand together: the height at which two of them
merge is the largest height among the joins between their places. A table of maxima over ranges of 2ᵏ joins answers
that for any two of them at once, so that no C × C matrix is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor


def joined(means: Tensor, squares: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Return the classes in the order in which they join the tree, and the height at which the next one joins.

    The distance of two classes is the mean squared distance of their items, q_i + q_j − 2 m_i·m_j.

    Parameters
    ----------
    means: (C, D) m, of the items of each class. squares: (C,) q, the means of their squared lengths.
    known: (C,) bool: the class has items. Those without join last, at infinite height.

    Returns
    -------
    (C,) int64 and (C,) heights, the last of them zero.
    """
    count = len(means)
    order, heights = torch.arange(count), means.new_zeros(count)
    left = ~known  # what has a row of distances but cannot be reached
    nearest = torch.full((count,), torch.inf, dtype=means.dtype)
    waiting = known.clone()
    at = int(known.long().argmax())
    for place in range(int(known.sum())):
        order[place] = at
        waiting[at] = False
        nearest = torch.minimum(nearest, squares + squares[at] - 2 * (means @ means[at]))
        candidates = nearest.masked_fill(~waiting, torch.inf)
        at = int(candidates.argmin())
        heights[place] = candidates[at]
    order[int(known.sum()) :] = left.nonzero().squeeze(1)
    heights[int(known.sum()) :] = torch.inf
    heights[-1] = 0.0
    return order, heights


def range_maxima(values: Tensor) -> Tensor:
    """Return the maxima of ``values`` (C,) over the 2ᵏ entries from each place on, (⌈log₂ C⌉ or 1, C)."""
    rows = [values]
    while 2 ** len(rows) < len(values):
        half = 2 ** (len(rows) - 1)
        moved = torch.cat((rows[-1][half:], rows[-1][-1:].expand(half)))[: len(values)]
        rows.append(torch.maximum(rows[-1], moved))
    return torch.stack(rows)


def merge_levels(maxima: Tensor, places: Tensor) -> Tensor:
    """Return the level at which each two of (B,) places merge, (B, B), from ``range_maxima``."""
    first = torch.minimum(places[:, None], places[None])
    width = ((places[:, None] - places[None]).abs()).clamp(min=1)
    power = torch.frexp(width.float()).exponent.long() - 1  # ⌊log₂ width⌋
    second = torch.maximum(first + width - 2**power, first)
    return torch.maximum(maxima[power, first], maxima[power, second.clamp(max=maxima.shape[1] - 1)])
