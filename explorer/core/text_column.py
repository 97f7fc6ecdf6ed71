"""One text an item, as arrays: a million of them cost their bytes, and not an object of the interpreter each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from explorer.core.types import ByteArray, IntArray

MAPPED_FROM = 1_000_000
"""Texts from which their arrays are mapped from a file that has no name, so that the system may take them out of
memory; where such a file cannot be written they stay there."""

AT_ONCE = 20_000
"""Texts that the interpreter turns over at a time."""

FEW = 1 << 16
"""Different texts up to which a column whose texts come twice or more on average is kept as numbers of these."""

T = TypeVar("T", bound=np.generic)

_LARGE = Path("/var/tmp")  # on a disk, where /tmp may be memory


class TextColumn(Sequence[str]):
    """Texts (N,), read-only, for example the ids of a dataset or one of its columns.

    Kept as UTF-8 in a row with where each ends, or, of few different texts, as these and a number an item. Any text of
    Python comes back as it was, names of files that are no UTF-8 (PEP 383) included. Equal to a tuple or a list of the
    same texts. ``numpy.asarray`` of it is an array of texts.
    """

    __hash__ = None  # type: ignore[assignment]  # equal to tuples, whose hash would have to read all
    __slots__ = ("_codes", "_data", "_ends")

    def __init__(self, data: ByteArray, ends: IntArray, codes: npt.NDArray[np.int32] | None = None) -> None:
        """Take over arrays: bytes (B,), where texts begin and end in them (T + 1,), and which of them each item has.

        ``codes`` (N,): every one of the T texts is another and has an item; None: item i has text i.
        """
        self._data, self._ends, self._codes = data, ends, codes
        for array in (data, ends, *(() if codes is None else (codes,))):
            array.setflags(write=False)

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextColumn:
        """Return texts as a column; one that is a column already is returned as it is."""
        if isinstance(texts, TextColumn):
            return texts
        builder, rest = TextColumnBuilder(), iter(texts)
        while part := list(islice(rest, AT_ONCE)):
            builder.extend(part)
        return builder.column()

    @classmethod
    def repeated(cls, text: str, count: int) -> TextColumn:
        """Return the same text ``count`` times."""
        one = cls.of([text])
        return cls(one._data, one._ends, np.zeros(count, np.int32)) if count else cls.of(())

    @classmethod
    def coded(cls, texts: Sequence[str], codes: npt.NDArray[np.integer]) -> TextColumn:
        """Return the text ``texts[codes[i]]`` of each item (N,); some of the texts may be equal, or of no item."""
        number: dict[str, int] = {}
        used = np.flatnonzero(np.bincount(codes, minlength=len(texts)))
        places = np.zeros(len(texts), np.int32)
        places[used] = [number.setdefault(texts[i], len(number)) for i in used.tolist()]
        if not number:
            return cls.of(())
        different = cls.of(number)
        return cls(different._data, different._ends, _kept(places[codes], len(codes)))

    @classmethod
    def numbered(cls, before: str, numbers: IntArray, after: str = "") -> TextColumn:
        """Return the text ``{before}{number}{after}`` of each number (N,) from 0, without a text of the interpreter."""
        digits = np.searchsorted(10 ** np.arange(1, 19), numbers, side="right") + 1
        first, last = (np.frombuffer(part.encode("utf-8", "surrogatepass"), np.uint8) for part in (before, after))
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(digits + (len(first) + len(last)))])
        data = np.empty(int(ends[-1]), np.uint8)
        for start in range(0, len(numbers), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            _write_numbered(data, ends[:-1][part], numbers[part], digits[part], (first, last))
        return cls(_kept(data, len(numbers)), _kept(ends, len(numbers)))

    def __len__(self) -> int:
        return len(self._ends) - 1 if self._codes is None else len(self._codes)

    @property
    def arrays(self) -> tuple[ByteArray, IntArray, npt.NDArray[np.int32] | None]:
        """The bytes, ends and codes that it was made of, read-only."""
        return self._data, self._ends, self._codes

    @property
    def nbytes(self) -> int:
        """What the arrays take in all, mapped or not."""
        return self._data.nbytes + self._ends.nbytes + (0 if self._codes is None else self._codes.nbytes)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> TextColumn: ...
    def __getitem__(self, index: int | slice) -> str | TextColumn:
        if isinstance(index, slice):
            return self.take(np.arange(len(self))[index])
        place = range(len(self))[index] if self._codes is None else self._codes[index]
        raw = self._data[self._ends[place] : self._ends[place + 1]].tobytes()
        return raw.decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        for part in self.portions():
            yield from part

    def portions(self) -> Iterator[list[str]]:
        """Yield all texts, ``AT_ONCE`` at a time."""
        if self._codes is None:
            for start in range(0, len(self), AT_ONCE):
                yield self._texts(start, min(start + AT_ONCE, len(self)))
            return
        different = self._texts(0, len(self._ends) - 1)
        for start in range(0, len(self), AT_ONCE):
            yield [different[code] for code in self._codes[start : start + AT_ONCE].tolist()]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TextColumn | tuple | list):
            return NotImplemented
        if len(self) != len(other):
            return False
        if isinstance(other, TextColumn):
            if self._codes is None and other._codes is None:
                return np.array_equal(self._ends, other._ends) and np.array_equal(self._data, other._data)
            return all(mine == its for mine, its in zip(self.portions(), other.portions(), strict=True))
        starts = range(0, len(self), AT_ONCE)
        return all(part == list(other[i : i + AT_ONCE]) for i, part in zip(starts, self.portions(), strict=True))

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:3])) + (", …" if len(self) > 3 else "")
        return f"TextColumn({len(self):,}: {shown})"

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(list(self), dtype=np.str_ if dtype is None else dtype)

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and len(self.rows_of(text)) > 0

    def index(self, value: str, start: int = 0, stop: int | None = None) -> int:
        """Return the first item with a text; ``ValueError``: there is none."""
        inside = range(len(self))[start:stop]
        for row in self.rows_of(value).tolist():
            if row in inside:
                return int(row)
        raise ValueError(f"{value!r} is not in the column")

    def count(self, value: str) -> int:
        """Return how many items have a text."""
        return len(self.rows_of(value))

    def rows_of(self, text: str) -> IntArray:
        """Return the items (K,) that have a text, ascending."""
        wanted = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
        places = np.flatnonzero(np.diff(self._ends) == len(wanted))
        for at, byte in enumerate(wanted):
            places = places[self._data[self._ends[places] + at] == byte]
        if self._codes is None or not len(places):
            return places
        return np.flatnonzero(self._codes == places[0])

    def take(self, rows: npt.ArrayLike) -> TextColumn:
        """Return the texts of some items (K,), in their order."""
        chosen = np.asarray(rows, np.int64)
        if self._codes is None:
            return TextColumn(*self._gathered(chosen))
        codes = self._codes[chosen]
        used = np.flatnonzero(np.bincount(codes, minlength=len(self._ends) - 1))
        number = np.zeros(len(self._ends), np.int32)
        number[used] = np.arange(len(used))
        return TextColumn(*self._gathered(used), number[codes])

    def codes(self, pause_seconds: float = 0.0) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
        """Return a number for each item (N,) and the different texts, of which it says which one the item has.

        Quick for a column of few different texts. Others take a moment, and after each portion of texts the calling
        thread sleeps for so many seconds, so that others get at the interpreter.
        """
        if self._codes is not None:
            return self._codes, tuple(self._texts(0, len(self._ends) - 1))
        table: dict[str, int] = {}
        found = np.empty(len(self), np.int32)
        for number, part in enumerate(self.portions()):
            if number and pause_seconds:
                time.sleep(pause_seconds)
            start = number * AT_ONCE
            found[start : start + len(part)] = [table.setdefault(text, len(table)) for text in part]
        found.setflags(write=False)
        return found, tuple(table)

    def _texts(self, start: int, stop: int) -> list[str]:
        """Return the texts that are kept from one place up to another."""
        ends = (self._ends[start : stop + 1] - self._ends[start]).tolist()
        raw = self._data[self._ends[start] : self._ends[stop]].tobytes()
        if raw.isascii():
            whole = raw.decode("ascii")
            return [whole[begin:end] for begin, end in pairwise(ends)]
        return [raw[begin:end].decode("utf-8", "surrogatepass") for begin, end in pairwise(ends)]

    def _gathered(self, places: IntArray) -> tuple[ByteArray, IntArray]:
        """Return the bytes and ends of some of the texts that are kept."""
        begins = self._ends[:-1][places]
        lengths = self._ends[1:][places] - begins
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        data = np.empty(int(ends[-1]), np.uint8)
        for start in range(0, len(places), AT_ONCE):
            part = slice(start, start + AT_ONCE)
            first, last = ends[start], ends[min(start + AT_ONCE, len(places))]
            shift = np.repeat(begins[part] - ends[:-1][part], lengths[part])
            data[first:last] = self._data[np.arange(first, last) + shift]
        return _kept(data, len(places)), _kept(ends, len(places))


class TextColumnBuilder:
    """Gathers texts portion by portion, and keeps no object for any of them."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._lengths: list[IntArray] = []
        self._table: dict[str, int] | None = {}
        self._codes: list[npt.NDArray[np.int32]] = []
        self._count = 0

    def extend(self, texts: Sequence[str]) -> None:
        """Put some texts behind the others."""
        self._count += len(texts)
        if self._table is None:
            self._append(texts)
            return
        table = self._table
        self._codes.append(np.array([table.setdefault(text, len(table)) for text in texts], np.int32))
        if len(table) > FEW or (self._count >= AT_ONCE and 2 * len(table) > self._count):
            self._no_longer_few()

    def column(self) -> TextColumn:
        """Return what was gathered; nothing can be added afterwards."""
        if self._table is not None and 2 * len(self._table) > self._count:
            self._no_longer_few()
        codes = None
        if self._table is not None:
            self._append(list(self._table))
            codes = _kept(np.concatenate([np.empty(0, np.int32), *self._codes]), self._count)
        lengths = np.concatenate([np.zeros(1, np.int64), *self._lengths])
        self._lengths.clear()
        data = _kept(np.frombuffer(self._data, np.uint8), len(lengths))
        return TextColumn(data, _kept(np.cumsum(lengths), len(lengths)), codes)

    def _no_longer_few(self) -> None:
        assert self._table is not None
        texts, codes = list(self._table), self._codes
        self._table, self._codes = None, []
        for part in codes:
            self._append([texts[code] for code in part.tolist()])

    def _append(self, texts: Sequence[str]) -> None:
        joined = "".join(texts)
        if joined.isascii():
            self._lengths.append(np.fromiter(map(len, texts), np.int64, len(texts)))
            self._data += joined.encode("ascii")
            return
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        self._lengths.append(np.fromiter(map(len, encoded), np.int64, len(encoded)))
        self._data += b"".join(encoded)


def _kept(array: npt.NDArray[T], texts: int) -> npt.NDArray[T]:
    """Return an array of so many texts where it shall lie: mapped from a file without a name where it is large."""
    if texts < MAPPED_FROM or not len(array):
        return array
    try:
        with tempfile.TemporaryFile(dir=_LARGE if _LARGE.is_dir() else None) as file:
            array.tofile(file)
            file.flush()
            return np.asarray(np.memmap(file, array.dtype, "r", shape=array.shape))
    except OSError:  # no room there
        return array


def _write_numbered(
    data: ByteArray, begins: IntArray, numbers: IntArray, digits: IntArray, around: tuple[ByteArray, ByteArray]
) -> None:
    """Write numbers of so many digits each, with what stands around them, where each text begins."""
    first, last = around
    for count in np.unique(digits).tolist():
        chosen = digits == count
        text = np.empty((np.count_nonzero(chosen), len(first) + count + len(last)), np.uint8)
        text[:, : len(first)], text[:, len(first) + count :] = first, last
        text[:, len(first) : len(first) + count] = numbers[chosen, None] // 10 ** np.arange(count)[::-1] % 10 + ord("0")
        data[begins[chosen, None] + np.arange(text.shape[1])] = text
