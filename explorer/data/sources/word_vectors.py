"""Vectors of words as word2vec, fastText and GloVe write them: as text, with or without a first line, or in binary."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.text_column import TextColumn
from explorer.core.types import FloatArray, Skipped
from explorer.data.bids import SEEN, Bid
from explorer.data.formats.vectors import LARGEST_DIMENSION, MOST_ROWS, Found, check_memory, check_shape, listing_of
from explorer.data.listing import Listing, Watch
from explorer.data.names import several

TEXTS = frozenset({".txt", ".vec"})
BINARY = ".bin"
FEWEST = 4
"""Numbers behind a word, below which lines of text are no vectors."""
PEEKED_LINES = 20
LONGEST_LINE = 1 << 21
LONGEST_WORD = 4096
CHECK_EVERY = 4096
_HEAD = re.compile(rb"(\d{1,10}) (\d{1,7})\r?\n")


@dataclass(frozen=True, slots=True)
class Layout:
    """How long a vector is, how many the first line promises (0: there is no such line), and where the first begins."""

    dimension: int
    promised: int
    start: int


@register("source", "word_vectors", title="Vectors of words")
class WordVectorSource:
    """Vectors of words: word2vec and fastText (.vec, .txt, .bin) and GloVe (.txt). The words are the ids.

    A line is a word, which may hold blanks, and its numbers. A line that does not hold as many as the others is
    skipped.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file that begins with vectors of words; see ``listing.Source``."""
        path = Path(spec)
        ending = path.suffix.lower()
        if ending not in TEXTS | {BINARY} or not path.is_file():
            return None
        layout = _peeked(path)
        form = "in binary" if ending == BINARY else "as text"
        return (
            None
            if layout is None
            else Bid(SEEN, f"vectors of words {form}, {several(layout.dimension, 'number')} each")
        )

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a file of word vectors; see ``listing.Source``."""
        path = Path(spec).absolute()
        layout = _peeked(path)
        if layout is None:
            raise UserError(f"{printable(str(path))} holds no vectors of words", remedy="Download it again, unpacked")
        read = _of_binary if path.suffix.lower() == BINARY else _of_text
        try:
            found = read(path, layout, watch)
        except OSError as error:
            raise UserError(f"{printable(str(path))} cannot be read: {error.strerror}") from error
        return listing_of(path, found, options.label_separator, watch)


def _peeked(path: Path) -> Layout | None:
    """Return how a file is laid out, by its first lines; nothing where it holds no vectors of words."""
    try:
        with path.open("rb") as file:
            return _binary_layout(path, file) if path.suffix.lower() == BINARY else _text_layout(file)
    except OSError:
        return None


def _binary_layout(path: Path, file: BinaryIO) -> Layout | None:
    first = file.readline(64)
    head = _HEAD.fullmatch(first)
    if head is None:
        return None
    count, dimension = int(head[1]), int(head[2])
    layout = Layout(dimension, count, len(first))
    known = count and FEWEST <= dimension <= LARGEST_DIMENSION
    return layout if known and _begins_well(file, layout) else None


def _begins_well(file: BinaryIO, layout: Layout) -> bool:
    """Whether the first entries of a binary file are words with finite numbers: a file that is cut off is one too."""
    count = 0
    for word, numbers in itertools.islice(_entries(file, layout), PEEKED_LINES):
        if not word.decode("utf-8", "replace").isprintable() or not np.isfinite(np.frombuffer(numbers, "<f4")).all():
            return False
        count += 1
    return count > 0


def _text_layout(file: BinaryIO) -> Layout | None:
    """Return how many numbers stand at the end of all first lines, and whether a line before says that."""
    first = file.readline(LONGEST_LINE)
    head = _HEAD.fullmatch(first.rstrip(b" \r\n") + b"\n")
    lines = [] if head else [first]
    lines += [line for _ in range(PEEKED_LINES) if (line := file.readline(LONGEST_LINE)).strip()]
    counts = [_numbers_at_end(line) for line in lines]
    dimension = int(head[2]) if head else max(set(counts), key=counts.count)
    if not FEWEST <= dimension <= LARGEST_DIMENSION or (len(lines) < 2 and not head):
        return None
    good = sum(_split(line, dimension) is not None for line in lines)
    whole = good and 3 * good >= 2 * len(lines)
    return Layout(dimension, int(head[1]) if head else 0, len(first) if head else 0) if whole else None


def _numbers_at_end(line: bytes) -> int:
    """Return how many fields at the end of a line, but for the first, are numbers."""
    count = 0
    for field in reversed(line.split()[1:]):
        try:
            float(field)
        except ValueError:
            break
        count += 1
    return count


def _split(line: bytes, dimension: int) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.float64]]] | None:
    """Return the word and the numbers of a line, None where it holds no word and so many numbers."""
    parts = line.rstrip().rsplit(None, dimension)
    if len(parts) != dimension + 1:
        return None
    try:
        return parts[0].decode("utf-8", "backslashreplace").strip(), np.array(parts[1:], dtype=np.float64)
    except ValueError:
        return None


def _of_text(path: Path, layout: Layout, watch: Watch) -> Found:
    dimension, size = layout.dimension, path.stat().st_size
    # Each number takes two bytes at least, so that this is never too few.
    most = size // (2 * dimension + 1) + 1
    rows: list[FloatArray] = []
    words: list[str] = []
    skipped: list[Skipped] = []
    with path.open("rb") as file:
        file.seek(layout.start)
        lines = iter(lambda: file.readline(LONGEST_LINE), b"")
        for number, line in enumerate(lines, start=2 if layout.promised else 1):
            if number % CHECK_EVERY == 0:
                watch.check()
                watch.progress("Reading vectors", number, layout.promised or most)
                check_memory(printable(str(path)), 8 * len(rows) * dimension)
            if not line.strip():
                continue
            split = _split(line, dimension)
            if split is None:
                skipped.append(Skipped(f"{path.name}, line {number}", f"is no word with {dimension:,} numbers"))
                continue
            words.append(split[0])
            with np.errstate(over="ignore"):
                rows.append(split[1].astype(np.float32))
    check_shape(printable(str(path)), (len(rows), dimension), np.dtype(np.float32))
    return _found(layout, np.stack(rows), words, skipped, len(words) + len(skipped))


def _of_binary(path: Path, layout: Layout, watch: Watch) -> Found:
    shown, dimension = printable(str(path)), layout.dimension
    most = min(layout.promised, path.stat().st_size // (4 * dimension + 2) + 1)
    check_shape(shown, (most, dimension), np.dtype(np.float32))
    check_memory(shown, 8 * most * dimension)
    vectors = np.empty((most, dimension), np.float32)
    words: list[str] = []
    skipped: list[Skipped] = []
    with path.open("rb") as file:
        file.seek(layout.start)
        for row, (word, numbers) in enumerate(_entries(file, layout)):
            if row % CHECK_EVERY == 0:
                watch.check()
                watch.progress("Reading vectors", row, layout.promised)
            vectors[row] = np.frombuffer(numbers, "<f4")
            words.append(word.decode("utf-8", "backslashreplace").strip())
        behind = len(file.read(1 << 20).strip()) if len(words) == layout.promised else 0
    if not words:
        raise UserError(f"{shown} holds no vectors of words", remedy="Download it again, unpacked")
    if len(words) < layout.promised:
        lost = layout.promised - len(words)
        skipped.append(Skipped(path.name, f"{several(lost, 'word')} of {layout.promised:,} missing: it is cut off"))
    found = _found(layout, vectors[: len(words)], words, skipped, layout.promised)
    if behind:
        told = f"The first line promises {several(layout.promised, 'word')}; what lies behind these is left out"
        found.notes.append(told)
    return found


def _entries(file: BinaryIO, layout: Layout) -> Iterator[tuple[bytes, bytes]]:
    """Yield each word and the bytes of its numbers, until the file ends."""
    size = 4 * layout.dimension
    for _ in range(min(layout.promised, MOST_ROWS)):
        word = bytearray()
        while (byte := file.read(1)) != b" ":
            if not byte or len(word) > LONGEST_WORD:
                return
            if byte != b"\n":  # some writers end each vector with one
                word += byte
        numbers = file.read(size)
        if len(numbers) < size:
            return
        yield bytes(word), numbers


def _found(layout: Layout, vectors: FloatArray, words: list[str], skipped: list[Skipped], there: int) -> Found:
    """Return what was read; ``there``: how many entries the file has, or promises where it is cut off."""
    found = Found(vectors, ids=TextColumn.of(words), skipped=skipped)
    found.notes.append("The words are the ids")
    if layout.promised not in (0, there):
        found.notes.append(f"The first line promises {several(layout.promised, 'word')}; there are {there:,}")
    return found
