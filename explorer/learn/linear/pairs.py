"""Pairs of items in bulk: their distances, what a weight on each does to the gradient, and the search for them.

No pair ever gets a d × d matrix of its own. With a weight w on each pair, Σ w (x_i − x_j)(x_i − x_j)ᵀ is Xᵀ K X, where
K is the Laplacian of the graph of the pairs: two sparse products, O(P d), and one dense one, O(N d²).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

GATHERED = 4096
"""Pairs whose rows are fetched at a time on the CPU: as many as stay in its cache."""

TILE = 1024
"""Items on either side of a block of distances: 4 MB, which stay in the cache while they are looked at."""

SAMPLE = 4096
"""Items on which the distance of the nearest so many of another class is estimated."""


class Pairs:
    """Ordered pairs of items (i, j), sorted by i.

    Parameters
    ----------
    first, second: (P,) integers, the items; first ascends. items: N, how many items there are.
    """

    def __init__(self, first: Tensor, second: Tensor, items: int) -> None:
        self.first = first.int()
        self.second = second.int()
        self.items = items
        every = torch.arange(items, device=first.device, dtype=torch.int32)
        self.starts = torch.searchsorted(self.first, every).int()
        order = self.second.argsort(stable=True)
        self._order = order
        self._back = self.first[order]
        self._back_starts = torch.searchsorted(self.second[order], every).int()

    def __len__(self) -> int:
        return len(self.first)

    def squared(self, z: Tensor) -> Tensor:
        """Return |z_i − z_j|² of (N, D) rows, (P,)."""
        step = GATHERED if z.device.type == "cpu" else 64 * GATHERED
        pieces = [
            (z.index_select(0, self.first[at : at + step]) - z.index_select(0, self.second[at : at + step]))
            .square_()
            .sum(dim=1)
            for at in range(0, len(self), step)
        ]
        return torch.cat(pieces) if pieces else z.new_zeros(0)

    def sums(self, values: Tensor) -> Tensor:
        """Return the sums over the pairs of each first item: (P, K) to (N, K), in one order always."""
        if not len(self):
            return values.new_zeros(self.items, values.shape[1])
        rows = torch.arange(len(self), device=values.device, dtype=torch.int32)
        return F.embedding_bag(rows, values, self.starts, mode="sum")

    def gradient(self, z: Tensor, weights: Tensor) -> Tensor:
        """Return the gradient of Σ w |z_i − z_j|² with regard to z, (N, D): 2 (deg − W − Wᵀ) z."""
        if not len(self):
            return torch.zeros_like(z)
        back = weights[self._order]
        degrees = self.sums(weights[:, None])[:, 0]
        rows = torch.arange(len(self), device=z.device, dtype=torch.int32)
        degrees = degrees + F.embedding_bag(rows, back[:, None], self._back_starts, mode="sum")[:, 0]
        out = F.embedding_bag(self.second, z, self.starts, mode="sum", per_sample_weights=weights)
        out += F.embedding_bag(self._back, z, self._back_starts, mode="sum", per_sample_weights=back)
        return 2.0 * (degrees[:, None] * z - out)


def nearest_of_class(z: Tensor, targets: Tensor, k: int) -> Iterator[Tensor | None]:
    """Find the k nearest items of the same class of each item: yields None between chunks, at last the (N, k) items.

    −1 where a class has no more of them. ``z`` (N, D); ``targets`` (N,) classes, items below 0 have none. O(Σ n² D)
    over the classes of n items, in blocks.
    """
    found = torch.full((len(z), k), -1, dtype=torch.int64, device=z.device)
    order = targets.argsort(stable=True)
    _, counts = targets[order].unique_consecutive(return_counts=True)
    done = 0
    for members in order.split(counts.tolist()):
        if int(targets[members[0]]) < 0 or len(members) < 2:
            continue
        kept = min(k, len(members) - 1)
        block = z[members]
        lengths = block.square().sum(dim=1)
        for at in range(0, len(members), TILE):
            rows = block[at : at + TILE]
            distances = torch.addmm(lengths[None], rows, block.T, alpha=-2.0)  # up to |row|², the same along a row
            distances[torch.arange(len(rows)), torch.arange(at, at + len(rows))] = torch.inf
            near = distances.topk(kept, dim=1, largest=False).indices
            found[members[at : at + len(rows)], :kept] = members[near]
            done += len(rows) * len(members)
            if done > 4 * TILE * TILE:
                done = 0
                yield None
    yield found


class Search:
    """Finds, for each item, those of other classes within a radius of its own; exact but for a cap on how many.

    Parameters
    ----------
    targets: (N,) classes; items below 0 are in no pair.
    cap: the most that are kept of an item, the nearest.
    random: draws the sample from which a radius is guessed that holds about so many, where there are far more.
    """

    def __init__(self, targets: Tensor, cap: int, random: torch.Generator) -> None:
        self.targets = targets
        self.cap = cap
        count = min(SAMPLE, len(targets))
        self._sample = torch.randperm(len(targets), generator=random)[:count].to(targets.device)

    def pairs(self, z: Tensor, radii: Tensor) -> Iterator[Pairs | None]:
        """Search around (N, D) rows within squared ``radii`` (N,); yields None between blocks, at last the pairs."""
        radii = torch.where(self.targets >= 0, radii, -torch.inf)
        if len(z) > len(self._sample):
            yield from self._bound(z, radii)
        order = self.targets.argsort(stable=True)
        order = order[self.targets[order] >= 0]
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for block in self._blocks(z, radii, order):
            if block is not None:
                found.append(block)
            yield None
        yield self._joined(found, z)

    def _bound(self, z: Tensor, radii: Tensor) -> Iterator[None]:
        """Shrink radii, in place, to where a sample says that some more than ``cap`` items of other classes lie."""
        sample, labels = z[self._sample], self.targets[self._sample]
        rank = max(1, round(1.5 * self.cap * len(sample) / len(z)))
        lengths = sample.square().sum(dim=1)
        for at in range(0, len(z), TILE):
            rows = z[at : at + TILE]
            distances = torch.addmm(lengths[None], rows, sample.T, alpha=-2.0)
            same = (self.targets[at : at + TILE, None] == labels) | (labels < 0)
            distances.masked_fill_(same, torch.inf)
            bound = distances.topk(min(rank, len(sample)), dim=1, largest=False).values[:, -1]
            bound = bound + rows.square().sum(dim=1)
            radii[at : at + TILE] = torch.minimum(radii[at : at + TILE], bound)
            yield None

    def _blocks(self, z: Tensor, radii: Tensor, order: Tensor) -> Iterator[tuple[Tensor, Tensor, Tensor] | None]:
        """Yield items, items and squared distances within the radius of the first, from every two tiles once.

        One product of rows [z, 1, |z|²] and [−2z, |z|², 1] gives a tile of squared distances. Next to nothing in it is
        within a radius, and only that is looked at again.
        """
        ordered, classes, limits = z[order], self.targets[order], radii[order]
        lengths = ordered.square().sum(dim=1, keepdim=True)
        ones = torch.ones_like(lengths)
        left, right = torch.cat((ordered, ones, lengths), dim=1), torch.cat((-2 * ordered, lengths, ones), dim=1)
        whole = torch.empty(TILE * TILE, dtype=z.dtype, device=z.device)  # fresh memory for each would cost more than
        near, far = (torch.empty(TILE * TILE, dtype=torch.bool, device=z.device) for _ in range(2))  # the product
        for a in range(0, len(order), TILE):
            for b in range(a, len(order), TILE):
                mine, theirs = slice(a, a + TILE), slice(b, b + TILE)
                if bool(classes[mine][0] == classes[theirs][-1]):
                    continue  # sorted by class: all of one
                shape = (len(left[mine]), len(right[theirs]))
                distances, out, back = (buffer[: shape[0] * shape[1]].view(shape) for buffer in (whole, near, far))
                torch.mm(left[mine], right[theirs].T, out=distances)
                torch.lt(distances, limits[mine, None], out=out)
                torch.lt(distances, limits[theirs], out=back)
                i, j = _nonzero(out.logical_or_(back))
                if not len(i):
                    yield None
                    continue
                i, j = i + a, j + b
                other = classes[i] != classes[j]
                if a == b:
                    other &= i < j
                i, j = i[other], j[other]
                d = (ordered[i] - ordered[j]).square().sum(dim=1)
                out, back = d < limits[i], d < limits[j]
                first, second = torch.cat((i[out], j[back])), torch.cat((j[out], i[back]))
                yield order[first], order[second], torch.cat((d[out], d[back]))

    def _joined(self, found: list[tuple[Tensor, Tensor, Tensor]], z: Tensor) -> Pairs:
        """Return the pairs of all blocks, of each item the nearest ``cap``."""
        if not found:
            none = torch.zeros(0, dtype=torch.int64, device=z.device)
            return Pairs(none, none, len(z))
        first, second, d = (torch.cat(parts) for parts in zip(*found, strict=True))
        nearest = d.argsort(stable=True)
        order = nearest[first[nearest].argsort(stable=True)]
        first, second = first[order], second[order]
        starts = torch.searchsorted(first, first)
        kept = torch.arange(len(first), device=z.device) - starts < self.cap
        return Pairs(first[kept], second[kept], len(z))


def _nonzero(mask: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rows and columns of the few True entries of a mask, eight entries looked at in one."""
    rows, columns = mask.shape
    if columns % 8:
        i, j = mask.nonzero().unbind(1)
        return i, j
    words = mask.view(torch.int64).nonzero()
    i, lane = words[:, 0], words[:, 1]
    inside = mask.view(rows, columns // 8, 8)[i, lane].nonzero()
    return i[inside[:, 0]], lane[inside[:, 0]] * 8 + inside[:, 1]
