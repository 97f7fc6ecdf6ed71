"""Scores of ranked neighbours: the first R of each query are put in order, without sorting all the others.

Equal distances rank by index. Where wrong answers shall win ties instead, ``right_ranks`` counts them.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import FloatArray, IntArray
from explorer.measure.sorting import bucket_of, bucket_scale, sort_keys

_BUCKETS = 2048
_IN_BUCKET = 4
_FEWEST_BUCKETS = 64
_SAMPLE = 512
_LOW = np.uint64(0xFFFFFFFF)
_COUNT = (1 << 32) - 1
_RIGHT = 1 << 32

Keys = npt.NDArray[np.uint64]
Names = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
Room = tuple[Counts, Counts, Names, Names, Keys, Doubles]


@nb.njit(nogil=True, cache=True)
def _bound(row: FloatArray, need: int, sample: FloatArray) -> np.float32:
    """Return a distance within which the ``need`` nearest most likely lie, from a sample of the row."""
    count = min(sample.shape[0], row.shape[0])
    step = row.shape[0] // count
    for j in range(count):
        sample[j] = row[j * step]
    place = count * need / row.shape[0]
    place += 4 * np.sqrt(place) + 4
    if place >= count:
        return np.float32(np.inf)
    sample[:count].sort()
    return np.float32(sample[int(place)])


@nb.njit(nogil=True, cache=True)
def _within(
    row: FloatArray, own: int, code: int, codes: IntArray, bound: np.float32, values: FloatArray, names: Names
) -> int:
    """Write each item but ``own`` that is not beyond ``bound``, with its distance, and return how many there are.

    The names of those of class ``code`` are inverted.
    """
    count = 0
    for i in range(row.shape[0]):
        values[count], names[count] = row[i], ~i if codes[i] == code else i
        count += (row[i] <= bound) & (i != own)
    return count


@nb.njit(nogil=True, cache=True, inline="always")
def _key(value: np.float32, name: int) -> np.uint64:
    """Return the bits of a distance, turned so that they sort like numbers, then the index, then 1 for a right item."""
    bits = np.float32(value + np.float32(0)).view(np.uint32)  # -0 becomes 0
    # above zero the sign is set, so that they follow those below; below it, all bits are turned round
    bits ^= np.uint32(0xFFFFFFFF) if bits >> np.uint32(31) else np.uint32(0x80000000)
    low = ~name * 2 + 1 if name < 0 else name * 2
    return (np.uint64(bits) << np.uint64(32)) | np.uint64(low)


@nb.njit(nogil=True, cache=True)
def _put_in_buckets(values: FloatArray, names: Names, count: int, counts: Counts, places: Names) -> int:
    """Count items and right ones by bucket of distance, note where each goes, and return how many buckets there are."""
    low, high = np.float32(np.inf), np.float32(-np.inf)
    for j in range(0, count, 1 + count // _SAMPLE):  # what lies outside goes to the first or the last bucket
        low, high = min(low, values[j]), max(high, values[j])
    buckets = min(_BUCKETS, max(_FEWEST_BUCKETS, count // _IN_BUCKET))
    scale = bucket_scale(low, high, buckets)
    counts[:buckets] = 0
    for j in range(count):
        places[j] = bucket_of(values[j], low, scale, buckets - 1)
    for j in range(count):
        counts[np.uint32(places[j])] += _RIGHT + 1 if names[j] < 0 else 1
    return buckets


@nb.njit(nogil=True, cache=True)
def _rank_row(
    values: FloatArray, names: Names, count: int, need: int, relevant: int, room: Room, nearest: Names, scores: Doubles
) -> None:
    """Write who is nearest of the first ``count`` items, and the scores; see ``rank_block``.

    Items go to buckets by distance. Only what is asked for by name, and buckets with both right and wrong items, are
    put in order: in all others every order is the same.
    """
    counts, starts, places, chosen, keys, harmonic = room
    buckets = _put_in_buckets(values, names, count, counts, places)
    used, passed, kept, found = 0, 0, 0, 0
    starts[:buckets] = -1
    while used < buckets and passed < need:
        size, right = counts[used] & _COUNT, counts[used] >> 32
        if passed < nearest.shape[0] or 0 < right < size:
            starts[used] = kept
            kept += size
        passed += size
        used += 1
    for j in range(count if kept else 0):
        chosen[np.uint32(found)] = j
        found += starts[np.uint32(places[j])] >= 0
    for j in chosen[:found]:
        place = np.uint32(places[j])
        keys[np.uint32(starts[place])] = _key(values[j], names[j])
        starts[place] += 1
    _walk(counts, starts, used, keys, harmonic, need, relevant, nearest, scores)


@nb.njit(nogil=True, cache=True)
def _walk(
    counts: Counts,
    ends: Counts,
    used: int,
    keys: Keys,
    harmonic: Doubles,
    need: int,
    relevant: int,
    nearest: Names,
    scores: Doubles,
) -> None:
    """Walk through the buckets, nearest first: see ``_rank_row``. ``ends``: of those whose keys were kept, or -1.

    Where n right ones follow r right and w wrong ones, their precisions (r + 1) / (r + w + 1) + … add up to
    n − w (1 / (r + w + 1) + … + 1 / (r + w + n)), of sums that are ``harmonic``.
    """
    rank, right, first_right, precision = 0, 0, 0, 0.0
    for b in range(used):
        size, rights = counts[b] & _COUNT, counts[b] >> 32
        if ends[b] < 0:
            if rights:
                first_right = first_right if first_right else rank + 1
                counted = max(0, min(size, relevant - rank))
                precision += counted - (rank - right) * (harmonic[rank + counted] - harmonic[rank])
                right += counted
            rank += size
            continue
        if size > 1:
            sort_keys(keys, ends[b] - size, ends[b])
        for j in range(ends[b] - size, min(ends[b], ends[b] - size + need - rank)):
            if rank < nearest.shape[0]:
                nearest[rank] = np.int64((keys[j] & _LOW) >> np.uint64(1))
            rank += 1
            if keys[j] & np.uint64(1):
                first_right = first_right if first_right else rank
                if rank <= relevant:
                    right += 1
                    precision += right / rank
    for missing in range(need, nearest.shape[0]):
        nearest[missing] = -1
    scores[0] = precision / max(relevant, 1)
    scores[1] = right / max(relevant, 1)
    scores[2] = first_right


@nb.njit(nogil=True, cache=True)
def _room(items: int) -> Room:
    """Return room for ``_rank_row``, and what it need not compute again.

    What is in the buckets, where they end, which one each item is in, which of them are put in order, by which keys;
    and the sums 1/1 + … + 1/n of n up to ``items``.
    """
    harmonic = np.zeros(items + 1)
    for n in range(1, items + 1):
        harmonic[n] = harmonic[n - 1] + 1 / n
    return (
        np.empty(_BUCKETS, np.int64),
        np.empty(_BUCKETS, np.int64),
        np.empty(items, np.int32),
        np.empty(items + 1, np.int32),
        np.empty(items, np.uint64),
        harmonic,
    )


@nb.njit(nogil=True, cache=True)
def _first_right(row: FloatArray, own: int, code: int, codes: IntArray) -> int:
    """Return the rank (from 1) of the nearest item of a class; 0 if there is none."""
    best, nearest = -1, np.float32(np.inf)
    for i in range(row.shape[0]):
        if codes[i] == code and i != own and (best < 0 or row[i] < nearest):
            best, nearest = i, row[i]
    if best < 0:
        return 0
    before = 0
    for i in range(row.shape[0]):
        before += i != own and (row[i] < nearest or (row[i] == nearest and i < best))
    return before + 1


@nb.njit(nogil=True, cache=True)
def rank_block(
    distances: FloatArray,
    own: IntArray,
    asked: IntArray,
    codes: IntArray,
    relevant: IntArray,
    whole: bool,
    nearest: Names,
    scores: Doubles,
) -> None:
    """Rank the items of some queries: write who is nearest, and the scores that look at the first R.

    Parameters
    ----------
    distances: (B, M) of the queries to the items, whose classes are ``codes`` (M,).
    own: (B,) which item each query is itself, -1 where it is none of them: it is left out.
    asked, relevant: (B,) the class of each query, and how many other items have it (R).
    whole: look for the first right item beyond the first R as well.
    nearest: (B, K) is filled with the K nearest items, -1 where there are not so many.
    scores: (B, 3) is filled with MAP@R, R-precision (0 where R is) and the rank of the first right item, from 1; 0
        where it was not found.
    """
    sample, room = np.empty(_SAMPLE, np.float32), _room(distances.shape[1])
    values, names = np.empty(distances.shape[1] + 1, np.float32), np.empty(distances.shape[1] + 1, np.int32)
    for q in range(distances.shape[0]):
        row = distances[q]
        need = min(max(relevant[q], nearest.shape[1]), len(row) - (own[q] >= 0))
        count = _within(row, own[q], asked[q], codes, _bound(row, need, sample), values, names)
        if count < need:
            count = _within(row, own[q], asked[q], codes, np.float32(np.inf), values, names)
        _rank_row(values, names, count, need, relevant[q], room, nearest[q], scores[q])
        if whole and scores[q, 2] == 0 and relevant[q] > 0:
            scores[q, 2] = _first_right(row, own[q], asked[q], codes)


@nb.njit(nogil=True, cache=True)
def rank_gathered(
    distances: FloatArray,
    names: Names,
    count: IntArray,
    sure: FloatArray,
    before: IntArray,
    need: IntArray,
    rows: IntArray,
    relevant: IntArray,
    whole: bool,
    nearest: Names,
    scores: Doubles,
    lacking: npt.NDArray[np.bool_],
) -> None:
    """Rank what was gathered (B, C) for the queries ``rows`` (B,), as ``rank_block`` does; see ``gathering.Near``.

    ``need`` (B,): how many are put in order. A query is ``lacking`` (Q,) that has not so many within what is ``sure``,
    or not the first right one.
    """
    room = _room(distances.shape[1])
    for r in range(rows.shape[0]):
        q = rows[r]
        within = 0
        for j in range(count[r]):
            within += distances[r, j] <= sure[r]
        lacking[q] = within < need[r]
        if lacking[q]:
            continue
        _rank_row(distances[r], names[r], count[r], need[r], relevant[q], room, nearest[q], scores[q])
        if scores[q, 2] == 0 and before[r] >= 0:
            scores[q, 2] = before[r] + 1
        lacking[q] = whole and scores[q, 2] == 0


@nb.njit(nogil=True, cache=True)
def right_ranks(
    distances: FloatArray, right: npt.NDArray[np.int64], allowed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the ranks (R,) of the right items of one query, from 1, ascending; wrong items win ties.

    ``distances`` (M,) to all items; ``right`` (R,) which of them are right; ``allowed`` (M,) which are ranked at all.
    """
    near = np.sort(distances[right])
    before = np.zeros(len(near) + 1, np.int64)
    wrong = allowed.copy()
    wrong[right] = False
    for i in range(len(distances)):
        if wrong[i]:
            before[np.searchsorted(near, distances[i])] += 1  # it stands before the right ones at the same distance
    ranks, passed = np.empty(len(near), np.int64), 0
    for i in range(len(near)):
        passed += before[i]
        ranks[i] = passed + i + 1
    return ranks
