"""The columns of the table of saved runs: what each is called, says of a run, and is sorted by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from explorer.core.errors import printable
from explorer.core.figure_words import figure_name, figure_words
from explorer.core.part_titles import part_title
from explorer.core.recipe import PART_KINDS
from explorer.core.registry import Scalar, loaded
from explorer.engine.disk_use import megabytes
from explorer.engine.recipes.differences import zero_of_part
from explorer.engine.run_rows import RunRow
from explorer.engine.run_table import RunTable
from explorer.ui.widgets.forms import PARAMETER_TITLES, kind_title
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.text import broken, count, decimal, duration, moment

NAME, TAGS = "name", "tags"
DIMENSION = "encoder.dimension"
"""What a recipe may leave open, and a run knows."""
USUAL_METRICS = ("recall@1", "map@r")
"""The metrics that are seen before anybody chose others."""

STATES = {
    "done": tr("trained to its end"),
    "stopped": tr("stopped"),
    "failed": tr("failed"),
    "unfinished": tr("trains, or was cut off"),
}
NOTHING = ""
WIDTHS = {"loss": 124}
"""Of columns of parts whose titles are longer than those of others."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``text``: what it says of a run; ``number``: it holds numbers; ``usual``: it is seen at first."""

    key: str
    title: str
    tip: str
    text: Callable[[RunRow], str]
    width: int = 80
    number: bool = True
    usual: bool = True

    def order(self, row: RunRow) -> tuple[int, Scalar]:
        """Return what rows are sorted by: numbers before words, and what says nothing last."""
        value = worded(self.key, row)
        if value is None or value == "":
            return 2, 0
        return (1, value.casefold()) if isinstance(value, str) else (0, value)


def columns_of(table: RunTable) -> tuple[Column, ...]:
    """Return the columns of a table: name, what recipes say differently, metrics, what it took, what was noted."""
    name = Column(NAME, tr("Run"), tr("Its name, or what was trained on what"), lambda row: row.name, 300, number=False)
    took = [replace(column, usual=column.usual or column.key in table.columns) for column in _BUDGET]
    branches = any(row.parent for row in table.rows)
    earlier = [MEASURED] if any(row.measured_before is not None for row in table.rows) else []
    noted = [replace(column, usual=column.usual or (branches and column.key == "parent")) for column in _NOTED]
    return (name, *map(_metric, table.metrics), *earlier, *_settings(table), *took, *noted)


def said_value(value: Scalar | None) -> str:
    """Return what a recipe says, as the window writes it."""
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if isinstance(value, float):
        return localised(f"{value:.6g}")
    return NOTHING if value is None else count(value) if isinstance(value, int) else printable(value)


def _settings(table: RunTable) -> list[Column]:
    """Return the columns of the recipe, but for what a run tells by itself: its epochs and its device."""
    told = {column.key for column in (*_BUDGET, *_NOTED)}
    keys = [key for key in table.columns if key not in told]
    titles = [title_of(key) for key in keys]
    return [
        _setting(key, title if titles.count(title) == 1 else f"{kind_title(key.partition('.')[0])}: {title}", table)
        for key, title in zip(keys, titles, strict=True)
    ]


def _setting(key: str, title: str, table: RunTable) -> Column:
    tip = tr("What the recipe says of “{title}”", title=title)
    first = next((value for row in table.rows if (value := row.value(key)) is not None), None)
    number = isinstance(first, int | float) and not isinstance(first, bool)
    return Column(key, title, tip, lambda row: _told(key, row), 56 if number else WIDTHS.get(key, 96), number=number)


def _told(key: str, row: RunRow) -> str:
    """Return what a recipe says of a key, with the word for what it had left open where that is known by now."""
    value, said_of = worded(key, row), row.value(key)
    told = said_setting(key, value)
    left_open = _left_open(key, row, said_of)
    return f"{told} ({left_open})" if left_open and told != left_open else told


def worded(key: str, row: RunRow) -> Scalar | None:
    """Return the value of a run, or for a zero that is no number what it came to, else its word, such as ``auto``."""
    value = row.value(key)
    if not (word := _left_open(key, row, value)):
        return value
    return row.dimension if key == DIMENSION and row.dimension is not None else word


def _left_open(key: str, row: RunRow, value: Scalar | None) -> str:
    """Return the word for a value that is a zero and no number, such as ``auto``; empty of others.

    Zeros stay zeros until the parts are loaded that know what they mean: nobody waits for that here.
    """
    kind = key.partition(".")[0]
    if "." not in key or isinstance(value, bool | str) or value != 0 or not (kind == "data" or loaded(kind)):
        return ""
    return said(zero_of_part(key, str(row.setting(kind) or "")))


def said_setting(key: str, value: Scalar | None) -> str:
    """Return what a recipe says of a key, a part by its title."""
    return said(part_title(key, value)) if key in PART_KINDS and isinstance(value, str) else said_value(value)


def title_of(key: str) -> str:
    """Return what a key of a recipe is called in the forms."""
    kind, _, name = key.partition(".")
    return PARAMETER_TITLES.get(key) or (said(name.replace("_", " ").capitalize()) if name else kind_title(kind))


def _metric(name: str) -> Column:
    words = broken(said(figure_words(name)))

    def text(row: RunRow) -> str:
        value, interval = row.metrics.get(name), row.interval(name)
        if value is None:
            return NOTHING
        ends = "" if interval is None else localised(f"  {interval[0]:.3f}–{interval[1]:.3f}")
        return f"{decimal(value)}{ends}"

    usual, width = name in USUAL_METRICS, 150 if name.startswith("recall@") else 64
    return Column(name, said(figure_name(name)), words, text, width, usual=usual)


def _optional(value: float | None, write: Callable[[float], str]) -> str:
    return NOTHING if value is None else write(value)


MEASURED = Column(
    "measured",
    tr("Measured at"),
    tr("Of which step the figures are: a run that trains, or was closed while it trained, went on after that"),
    lambda row: NOTHING if row.measured is None else tr("step {step}", step=count(row.measured)),
    92,
)
"""Where one of the runs has figures of an earlier step than its last."""

_BUDGET = (
    Column(
        "pictures",
        tr("Items seen"),
        tr("How many items its batches held"),
        lambda row: _optional(row.pictures, _whole),
        88,
    ),
    Column("seconds", tr("Time"), tr("How long it trained"), lambda row: _optional(row.seconds, duration), 84),
    Column("device", tr("Device"), tr("On what it trained last"), lambda row: row.device, 64, number=False),
    Column(
        "epochs", tr("Epochs"), tr("How many epochs it had"), lambda row: _optional(row.epochs, _whole), 62, usual=False
    ),
    Column(
        "step", tr("Steps"), tr("The last step that something is kept of"), lambda row: count(row.step), 70, usual=False
    ),
    Column(
        "state",
        tr("State"),
        tr("How it ended"),
        lambda row: STATES.get(row.state, row.state),
        120,
        number=False,
        usual=False,
    ),
    Column(
        "bytes",
        tr("On the disk"),
        tr("How much room it takes"),
        lambda row: said(megabytes(row.bytes)),
        84,
        usual=False,
    ),
    Column("written", tr("Written"), tr("When it was last written to"), lambda row: moment(row.written), 140),
)
_NOTED = (
    Column(
        "parent",
        tr("Branched from"),
        tr("The run and the step that it began with"),
        lambda row: _parent(row),
        160,
        number=False,
        usual=False,
    ),
    Column(
        TAGS,
        tr("Tags"),
        tr("What you called it beside its name; a double click changes them"),
        lambda row: " · ".join(map(printable, row.tags)),
        120,
        number=False,
    ),
    Column(
        "note",
        tr("Note"),
        tr("What was written down about it"),
        lambda row: " ".join(printable(row.note).split()),
        200,
        number=False,
    ),
)


def _parent(row: RunRow) -> str:
    """Return from where a run was branched, the step first: the name is the longer one."""
    name, _, step = row.parent.rpartition("@")
    return tr("step {step} of {name}", step=count(int(step)), name=printable(name)) if row.parent else NOTHING


def _whole(value: float) -> str:
    return count(int(value))
