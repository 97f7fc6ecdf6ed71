"""Which n-grams of characters and words a text holds, hashed, and how texts are compared by them (TF-IDF)."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, FloatArray, IntArray

LONG = 512.0
"""The length of a row of bytes: a number that makes up half of a row is 256, and rows hold no larger one."""
SAMPLE = 20_000
"""Texts by which it is measured how rare an n-gram is."""
AT_ONCE = 4096
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class NGrams:
    """What is taken from a text: ``shortest`` to ``longest`` characters within a word, and up to ``words`` in a row.

    A word stands between two blanks, which count as its first and its last character (``char_wb`` of scikit-learn); a
    shorter word than that is taken whole. ``words``: whole ones without the punctuation at their ends; 0 for none.
    Capitals of ASCII are small letters here. ``buckets``: the hashes are numbers below this.
    """

    shortest: int = 2
    longest: int = 5
    words: int = 0
    buckets: int = 4096

    def of(self, texts: ByteArray) -> tuple[IntArray, IntArray]:
        """Return the n-grams of texts (N, L), UTF-8 padded with zeros, one text after another, and where each begins.

        Returns
        -------
        hashes (T,) in 0 to ``buckets`` − 1, each as often as it is there; starts (N + 1,).
        """
        rows = np.ascontiguousarray(texts)
        room = int(((rows != 0).sum(axis=1) + 2).sum()) * (self.longest - self.shortest + 1 + self.words)
        hashes, starts = np.empty(room, np.uint64), np.zeros(len(rows) + 1, np.int64)
        _hash_all(rows, self.shortest, self.longest, self.words, hashes, starts)
        return (hashes[: starts[-1]] % np.uint64(self.buckets)).astype(np.int64), starts


def rarity(ngrams: NGrams, texts: ByteArray) -> FloatArray:
    """Return the inverse document frequency of every bucket: log((1 + N) / (1 + n)) + 1, n of N texts having it.

    As scikit-learn has it; of many texts (N, L) a part is looked at that is evenly spread over them.
    """
    some = texts[:: max(1, len(texts) // SAMPLE)]
    hashes, starts = ngrams.of(some)
    rows = np.repeat(np.arange(len(some)), np.diff(starts))
    different = np.unique(rows * ngrams.buckets + hashes)
    having = np.bincount(different % ngrams.buckets, minlength=ngrams.buckets)
    found: FloatArray = (np.log((1 + len(some)) / (1 + having)) + 1).astype(np.float32)
    return found


def tf_idf(ngrams: NGrams, texts: ByteArray, like: ByteArray) -> ByteArray:
    """Return texts (N, L) as rows (N, buckets) of one length, in bytes: counts of n-grams times their ``rarity``.

    ``like``: the texts by which that is measured. A bucket that makes up more than half of a row counts as half.
    """
    weights = rarity(ngrams, like).astype(np.float64)
    found = np.empty((len(texts), ngrams.buckets), np.uint8)
    for first in range(0, len(texts), AT_ONCE):
        part = texts[first : first + AT_ONCE]
        hashes, starts = ngrams.of(part)
        cells = np.repeat(np.arange(len(part)), np.diff(starts)) * ngrams.buckets + hashes
        rows = np.bincount(cells, minlength=len(part) * ngrams.buckets).reshape(len(part), -1) * weights
        rows *= LONG / np.maximum(np.sqrt(np.square(rows).sum(axis=1, keepdims=True)), 1e-9)
        found[first : first + len(part)] = np.minimum(np.rint(rows), 255)
    return found


@nb.njit(nogil=True, cache=True)
def _hash_all(texts: ByteArray, shortest: int, longest: int, words: int, hashes: Hashes, starts: IntArray) -> None:
    """Write the hashes (T,) of the n-grams of every text, and where each text begins in them."""
    room = texts.shape[1] + 3
    plain, first = np.empty(room, np.uint8), np.empty(room, np.int64)
    begins, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    at = 0
    for row in range(texts.shape[0]):
        length = _plain(texts[row], plain)
        start, found = 0, 0
        while start < length - 1:
            end = start + 1
            while plain[end] != 32:
                end += 1
            at = _hash_characters(plain, start, end, shortest, longest, first, hashes, at)
            left, right = start + 1, end
            while left < right and not _in_word(plain[left]):
                left += 1
            while left < right and not _in_word(plain[right - 1]):
                right -= 1
            if left < right:
                begins[found], ends[found] = left, right
                found += 1
            start = end
        for word in range(found):
            for size in range(1, min(words, found - word) + 1):
                hashes[at] = _hash(plain, begins[word], ends[word + size - 1], size)
                at += 1
        starts[row + 1] = at


@nb.njit(nogil=True, cache=True)
def _plain(text: ByteArray, out: ByteArray) -> int:
    """Write a text in small letters with single blanks, one before and one behind it; return its length."""
    out[0], length = 32, 1
    for byte in text:
        if byte == 0:
            break
        if byte > 32:
            out[length] = byte + 32 if 65 <= byte <= 90 else byte
            length += 1
        elif out[length - 1] != 32:
            out[length] = 32
            length += 1
    if out[length - 1] != 32:
        out[length] = 32
        length += 1
    return length


@nb.njit(nogil=True, cache=True)
def _hash_characters(
    plain: ByteArray,
    start: int,
    end: int,
    shortest: int,
    longest: int,
    first: IntArray,
    hashes: Hashes,
    at: int,
) -> int:
    """Write the hashes of the n-grams from one blank to the next, from ``at`` on; return where they end."""
    count = 0
    for place in range(start, end + 1):
        if plain[place] & 0xC0 != 0x80:  # a character of UTF-8 begins
            first[count] = place
            count += 1
    first[count] = end + 1
    for size in range(shortest, longest + 1):
        for place in range(max(count - size, 0) + 1):
            hashes[at] = _hash(plain, first[place], first[min(place + size, count)], 0)
            at += 1
        if size >= count:
            break
    return at


@nb.njit(nogil=True, cache=True)
def _in_word(byte: int) -> bool:
    return byte >= 128 or 97 <= byte <= 122 or 48 <= byte <= 57


@nb.njit(nogil=True, cache=True)
def _hash(text: ByteArray, start: int, end: int, kind: int) -> np.uint64:
    """Return FNV-1a with 64 bits (Fowler, Noll and Vo), mixed once more, as its low bits alone are too alike."""
    value = np.uint64(14695981039346656037) ^ np.uint64(kind)
    for place in range(start, end):
        value = (value ^ np.uint64(text[place])) * np.uint64(1099511628211)
    value = (value ^ (value >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
    return value ^ (value >> np.uint64(29))
