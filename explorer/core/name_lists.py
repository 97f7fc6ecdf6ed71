"""Several names in one text, such as a cell of a table, so that each comes back as it was, with commas or without."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that commas part; one with a comma stands in quotes."""
    rows = list(csv.reader([text], skipinitialspace=True)) if text.strip() else []
    return tuple(name.strip() for row in rows for name in row if name.strip())


def names_out(names: Iterable[str], blank: str = "") -> str:
    """Return names as ``names_in`` reads them, ``one,"two, three"``, with a ``blank`` behind commas if need be."""
    return f",{blank}".join(map(_quoted, names))


def _quoted(name: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([name])
    return line.getvalue()
