"""Which files the dialogs list that open and save, as Qt reads it."""

from __future__ import annotations

from explorer.data.names import DATA_ENDINGS
from explorer.ui.widgets.language import tr

FILES = tr(
    "Zips, tables, vectors, lists of boxes ({endings});;All files (*)",
    endings=" ".join(f"*{ending}" for ending in DATA_ENDINGS),
)
RECIPES = tr("Recipes (*.toml);;All files (*)")
TABLES = tr("Tables (*.csv);;All files (*)")
REPORTS = tr("Page (*.html);;On paper (*.pdf);;Figures as a table (*.csv);;Figures as JSON (*.json)")


def reports_first(name: str) -> tuple[str, str]:
    """Return the kinds of reports, that of a format called ``name`` first where there is one, and its ending."""
    kinds = sorted(REPORTS.split(";;"), key=lambda kind: not name or f".{name.casefold()})" not in kind)
    return ";;".join(kinds), kinds[0].partition("*.")[2].rstrip(")")
