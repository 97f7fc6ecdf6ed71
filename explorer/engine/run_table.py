"""All saved runs of a folder as a table, read from their folders: what differs, what was measured, what it took."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable, suggestion
from explorer.core.registry import Scalar
from explorer.engine.export.base import written_whole
from explorer.engine.kept_rows import Stamp, kept_file, read_rows, stamp_of, write_rows
from explorer.engine.run_rows import FIELDS, RECIPE, RunRow, column_name, differing, row_of, settings_of
from explorer.engine.saved_runs import glance_of, run_paths, why_unread
from explorer.runs.items import safe_cell

ProgressCall = Callable[[str, int, int], None]

MOST_REASONS = 10
"""Of so many runs that cannot be read it is said why."""

FIRST_TOLD, TOLD_AGAIN = 20, 4
"""After how many runs somebody who waits is told of the first ones, and after how many times as many again."""

_COMPARED = re.compile(r"^([a-z_][\w.@]*)(<=|>=|!=|=|<|>)(.+)$", re.IGNORECASE)
_COMPARES_NOTHING = re.compile(r"^(?:[a-z_][\w.@]*)?[<>=!]+$|^[<>=!]+[-+.\d]", re.IGNORECASE)
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


class RunTable:
    """Rows of runs, newest first, and the keys of the recipe that tell them apart.

    ``rows``: all of them. ``columns``: see ``run_rows.differing``. ``metrics``: names of all that was measured.
    ``unread``: how many more there are that cannot be read; ``reasons``: why, of the first of these.
    """

    def __init__(self, rows: Iterable[RunRow], unread: int = 0, reasons: Sequence[str] = ()) -> None:
        self.rows = tuple(rows)
        self.unread, self.reasons = unread, tuple(reasons)
        self.columns = differing(self.rows)
        self.metrics = tuple(dict.fromkeys(name for row in self.rows for name in row.metrics))
        self._texts = {row.path: _text(row, self.columns) for row in self.rows}

    def refresh(self, row: RunRow) -> None:
        """Take what is said of one of the runs now; the columns stay until all are read again."""
        self.rows = tuple(row if other.path == row.path else other for other in self.rows)
        self._texts[row.path] = _text(row, self.columns)

    def matching(self, text: str) -> tuple[RunRow, ...]:
        """Return the rows of which all words of a text hold.

        A word such as ``loss=triplet``, ``loss.margin>0.2`` or ``recall@1>=0.9`` compares a field, a metric or what the
        recipe says, and ``tags=good`` asks for one of the tags; any other is looked for in name, data, tags, note and
        recipe.
        """
        rows = self.rows
        for word in text.split():
            holds = self._condition(word)
            rows = tuple(row for row in rows if holds(row))
        return rows

    def check(self, text: str) -> None:
        """Check that a text asks for something that runs can have: ``matching`` finds nothing else.

        Raises
        ------
        UserError: if a word compares by a name that none of the runs knows, or a number with what is none.
        """
        for word in text.split() if self.rows else ():
            if (compared := _compared(word)) is not None:
                self._check_compared(*compared)
            elif _COMPARES_NOTHING.match(word):
                raise UserError(
                    f"{printable(word)!r} compares nothing", remedy="Write it without blanks, such as recall@1>0.9"
                )

    def _check_compared(self, key: str, sign: str, wanted: str) -> None:
        known = {*FIELDS, *self.metrics, *(name for row in self.rows for name in settings_of(row))}
        if key.removeprefix(RECIPE) not in known and self.metrics:  # else it may be one that is not measured yet
            shown = sorted(known)
            raise UserError(
                f"No run says anything of {printable(key)!r}",
                remedy=suggestion(key, shown, "For example: loss, loss.margin, recall@1, epochs"),
            )
        said = [value for row in self.rows if (value := row.value(key)) is not None]
        numbers = [value for value in said if isinstance(value, int | float) and not isinstance(value, bool)]
        if _number(wanted) is None and said and (len(numbers) == len(said) or (numbers and sign not in ("=", "!="))):
            raise UserError(
                f"{key} is a number, and {printable(wanted)!r} is none", remedy=f"For example: {key}{sign}{numbers[0]}"
            )
        unsaid = not any(_same(value, wanted) for value in said)  # a name may begin with such a sign
        if sign in ("=", "!=") and wanted[0] in "!<>=" and wanted.strip("!<>=") and unsaid:
            meant = f"{key}!" if "!" in sign + wanted[0] else key
            raise UserError(f"{sign + wanted[0]!r} compares nothing", remedy=f"Write {meant}={wanted.lstrip('!<>=')}")
        if sign not in ("=", "!=") and said and not numbers:
            one = next((str(value) for value in said if value != ""), "…")
            one = one.partition(", ")[0] if key == "tags" else one  # which are asked for one by one
            raise UserError(f"{key} is no number, and cannot be compared by {sign}", remedy=f"Write {key}={one}")

    def _condition(self, word: str) -> Callable[[RunRow], bool]:
        compared = _compared(word)
        if compared is None:
            folded = word.casefold()
            return lambda row: folded in self._texts[row.path]
        key, sign, wanted = compared
        if key == "tags" and sign in ("=", "!="):
            return lambda row: (wanted.casefold() in map(str.casefold, row.tags)) == (sign == "=")
        if sign in ("=", "!="):
            return lambda row: (_same(row.value(key), wanted)) == (sign == "=")
        number, holds = _number(wanted), _HOLDS[sign]

        def holds_of(row: RunRow) -> bool:
            value = _number(row.value(key))
            return value is not None and number is not None and holds(value, number)

        return holds_of


def _compared(word: str) -> tuple[str, str, str] | None:
    """Return the name, the sign and the value of a word that compares; names are told without regard to case."""
    found = _COMPARED.match(word)
    return None if found is None else (found[1].lower(), found[2], found[3])


def _number(value: Scalar | None) -> float | None:
    try:
        found = math.nan if value is None else float(value)
    except ValueError:
        return None
    return None if math.isnan(found) else found


def _same(value: Scalar | None, wanted: str) -> bool:
    """Return whether a value is what is written, as a number where both are."""
    if value is None or isinstance(value, str | bool):
        return str("" if value is None else value).casefold() == wanted.casefold()
    return value == _number(wanted)


def _text(row: RunRow, columns: tuple[str, ...]) -> str:
    parts = (row.recipe.get(kind) for kind in ("loss", "miner", "encoder", "fitter"))
    names = [part["name"] for part in parts if isinstance(part, dict)]
    said = [f"{column_name(key)}={value}" for key in columns if (value := row.setting(key)) is not None]
    return " ".join((row.name, row.path, row.data, row.note, *row.tags, *names, *said)).casefold()


class TableReader:
    """Reads tables of one folder again and again; of a run whose files did not change since nothing is read.

    For one thread at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._place = folder, kept_file(folder)
        self._known: dict[str, tuple[Stamp, RunRow | None]] | None = None
        self._parts: dict[str, Any] = {}

    def table(
        self,
        also: Iterable[Path] = (),
        progress: ProgressCall = lambda stage, done, total: None,
        tell: Callable[[RunTable, int], None] = lambda table, left: None,
    ) -> RunTable:
        """Read the runs of the folder and those of ``also``.

        Parameters
        ----------
        progress: called with what is done, how many and of how many; what it raises, such as ``Cancelled``, ends it.
        tell: called with what was read so far and how many runs are left, again and again where many have to be read.
        """
        if self._known is None:
            self._known = read_rows(self._place)
        paths = [str(path) for path in run_paths(self._folder, also)]
        found: dict[str, tuple[Stamp, RunRow | None]] = {}
        fresh, due = len(paths) != len(self._known), FIRST_TOLD
        for number, path in enumerate(paths):
            stamp, before = stamp_of(path), self._known.get(path)
            if before is None or before[0] != stamp:
                progress("Read the runs", number, len(paths))
                fresh, before = True, (stamp, self._read(path))
                if number >= due:
                    tell(RunTable(_rows(found)), len(paths) - number)
                    due = TOLD_AGAIN * number
            found[path] = before
        self._known = found
        if fresh:
            write_rows(self._place, ((path, *kept) for path, kept in found.items()))
        unread = [path for path, (_, row) in found.items() if row is None]
        reasons = filter(None, (why_unread(Path(path)) for path in unread[:MOST_REASONS]))
        return RunTable(_rows(found), len(unread), tuple(reasons))

    def changed(self, also: Iterable[Path] = ()) -> tuple[bool, list[Path]]:
        """Return whether there are other runs than in the last table, and those of which something was written since.

        Before there was a table neither.
        """
        if self._known is None:
            return False, []
        others = {str(path) for path in run_paths(self._folder, also)} != self._known.keys()
        return others, [Path(path) for path, (stamp, _) in self._known.items() if stamp_of(path) != stamp]

    def _read(self, path: str) -> RunRow | None:
        glance = glance_of(Path(path))
        return None if glance is None else row_of(glance, self._parts)


def _rows(found: Mapping[str, tuple[Stamp, RunRow | None]]) -> Iterator[RunRow]:
    return (row for _, row in found.values() if row is not None)


def read_table(
    folder: Path, also: Iterable[Path] = (), progress: ProgressCall = lambda stage, done, total: None
) -> RunTable:
    """Read the runs of a folder and those of ``also`` once; see ``TableReader.table``."""
    return TableReader(folder).table(also, progress)


def write_csv(file: Path, table: RunTable, rows: Iterable[RunRow]) -> None:
    """Write rows of a table as CSV, whole or not at all.

    Raises
    ------
    UserError: if the file cannot be written.
    """
    text = as_csv(table, rows)
    written_whole(file, lambda beside: beside.write_text(text, encoding="utf-8", errors="surrogateescape"))


def as_csv(table: RunTable, rows: Iterable[RunRow]) -> str:
    """Return rows of a table as CSV: fields, recipe columns that differ, metrics with the ends of their intervals.

    No two columns have one name: of what the run says itself the recipe says ``recipe.epochs``.
    """
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    ends = [
        (name, end)
        for name in table.metrics
        for end in ("", "_low", "_high")
        if not end or f"{name}{end}" not in table.metrics
    ]
    settings = [column_name(key) for key in table.columns]
    writer.writerow(("run", *FIELDS, *settings, *(f"{name}{end}" for name, end in ends)))
    for row in rows:
        figures = [_figure(row, name, end) for name, end in ends]
        cells = (row.path, *map(row.value, FIELDS), *map(row.setting, settings), *figures)
        writer.writerow(safe_cell(cell) if isinstance(cell, str) else cell for cell in cells)
    return out.getvalue()


def _figure(row: RunRow, name: str, end: str) -> float | None:
    if not end:
        return row.metrics.get(name)
    interval = row.interval(name)
    return None if interval is None else interval[end == "_high"]
