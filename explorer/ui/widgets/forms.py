"""Forms made from the registry: a part added in one place appears here by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QBoxLayout, QGridLayout, QVBoxLayout, QWidget

from explorer.core.help_pages import HELP_TOPIC, PARTS
from explorer.core.recipe import Part
from explorer.core.registry import Entry, ParameterInfo, Scalar, catalogue, install_line, validated
from explorer.ui.widgets.fields.base import Field, PairField
from explorer.ui.widgets.fields.choice import ChoiceField
from explorer.ui.widgets.fields.field_of import field_for
from explorer.ui.widgets.fields.formula import FormulaField, family_of
from explorer.ui.widgets.fields.free_text import TextField
from explorer.ui.widgets.fields.number import IntField
from explorer.ui.widgets.language import localised, said, tr
from explorer.ui.widgets.problems import Problems
from explorer.ui.widgets.text import PlainLabel
from explorer.ui.widgets.text_size import keep_size, scaled, text_size

LABEL_WIDTH = 98
LABEL_GAP = 6
ROW_GAP = 4
FIELD_HEIGHT = 26

ABOVE = 150
"""From this size of text on, in per cent, labels stand above their fields."""

LONGEST_LIST = 24
"""Choices that are in sight at once when a list is opened."""

COLUMN_PARAMETERS = frozenset({"column", "across", "within", "identity", "genuine", "camera"})
"""Parameters that name a column of the data."""

NO_COLUMN, NO_COLUMNS = "none", tr("no columns")
"""What stands in the field of such a parameter while no column is named: where there are some, and where not."""

LIVE_KINDS = frozenset({"miner"})
"""The kinds whose part itself can be exchanged while a run trains."""

PAIR = frozenset({"classes", "images"})
"""Two parameters that are read as one: so many classes × so many images."""

WAIT = tr("This takes effect only before training: stop the run to change it")

TITLES: Mapping[str, str] = {
    "fitter": tr("Method"),
    "sampler": tr("Batch"),
    "augment": tr("Augmentation"),
    "projection": tr("Method"),
}

PARAMETER_TITLES: Mapping[str, str] = {
    "split.test": tr("Held out"),
    "split.column": tr("By column"),
    "projection.min_dist": tr("Min. distance"),
    "projection.label_weight": tr("Labels pull"),
    "projection.x": tr("Right"),
    "projection.y": tr("Up"),
}
"""What a parameter is called where its own name says too little in a form."""


def kind_title(kind: str) -> str:
    """Return what a kind is called in the window."""
    return TITLES.get(kind) or said(kind.capitalize())


class Rows(QWidget):
    """Labelled fields below each other, in the two columns that all forms share.

    ``wrapped``: a long label takes two lines, and the fields keep their width.
    """

    def __init__(self, *, wrapped: bool = False) -> None:
        super().__init__()
        self._wrapped = wrapped
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(ROW_GAP)
        self.grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QWidget, Field | None]] = []
        text_size().changed.connect(self._place)
        self._place()

    def add(self, title: str, field: Field, tip: str, *, live: bool = False) -> None:
        """Add a row; ``live`` marks what may change while a run trains."""
        label = PlainLabel(title)
        label.setWordWrap(self._wrapped)
        label.setToolTip(tip)
        keep_size(field, least_height=FIELD_HEIGHT)
        self._rows.append((_with_tag(label) if live else label, field))
        self._place_row(*self._rows[-1])

    def add_heading(self, text: str) -> None:
        """Add a small heading over both columns."""
        self._rows.append((PlainLabel(text, role="section"), None))
        self._place_row(*self._rows[-1])

    def _place(self) -> None:
        """Put labels beside their fields, or above them where text is so large that a panel has no room for both."""
        beside = text_size().percent < ABOVE
        self.grid.setColumnMinimumWidth(0, scaled(LABEL_WIDTH) if beside else 0)
        for row in self._rows:
            for widget in filter(None, row):
                self.grid.removeWidget(widget)
        for name, field in self._rows:
            self._place_row(name, field)

    def _place_row(self, name: QWidget, field: Field | None) -> None:
        at = self.grid.rowCount()
        if field is None or field.wide or text_size().percent >= ABOVE:
            self.grid.addWidget(name, at, 0, 1, 2)
            at += 1
        else:
            self.grid.addWidget(name, at, 0)
        if field is not None:
            beside = not field.wide and text_size().percent < ABOVE
            self.grid.addWidget(field, at, int(beside), 1, 1 if beside else 2)

    def clear(self) -> None:
        """Remove every row."""
        self._rows = []
        while (item := self.grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()


def _with_tag(label: PlainLabel) -> QWidget:
    """Return a label with the mark of what is live, in lines where one would take the room of the fields."""
    tag = PlainLabel(tr("LIVE"), role="live")
    tag.setToolTip(tr("Can be changed while training; takes effect on the next step"))
    tag.ensurePolished()
    room = scaled(LABEL_WIDTH) - LABEL_GAP - tag.sizeHint().width()
    if label.sizeHint().width() > room:
        label.setText(label.text().replace(" ", "\n", 1))
    beside = label.sizeHint().width() <= room
    holder = QWidget()
    box = QBoxLayout(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom, holder)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(LABEL_GAP if beside else 2)
    box.addWidget(label)
    box.addWidget(tag, 0, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    box.addStretch(1)
    return holder


def _has_focus(field: QWidget) -> bool:
    """Return whether a field has the focus, or something in it or in the list that it has opened."""
    widget = QApplication.focusWidget()
    while widget is not None and widget is not field:
        widget = widget.parentWidget()
    return widget is field


class PartForm(QWidget):
    """Which part of a kind, and its parameters: the ones that matter here, the others in ``more``.

    ``changed`` carries a path of the recipe (``loss`` or ``loss.margin``) and the new value; ``invalid`` what is wrong
    with its fields, a line each.
    """

    changed = Signal(str, object)
    invalid = Signal(str)

    def __init__(
        self, kind: str, part: Part | None = None, *, name_first: bool = True, main: frozenset[str] = frozenset()
    ) -> None:
        """Make a form of ``kind``; the kind has to be loaded.

        Parameters
        ----------
        part: what is shown first; None: the first of the kind.
        name_first: the choice of the part is shown with the main fields, otherwise with the further ones.
        main: parameters that belong to the main fields; live ones always do.
        """
        super().__init__()
        self.kind = kind
        self._name_first = name_first
        self._main = main
        self._entries = dict(catalogue(kind))
        self._running = False
        self._columns: tuple[str, ...] = ()
        self._refused: Mapping[str, str] = {}
        self._live: dict[str, bool] = {}
        self.fields: dict[str, Field] = {}
        self._problems = Problems()
        self._part = part or Part(name=next(iter(self._entries), ""))
        self.note = PlainLabel(role="caption")
        """What is to be said of the main fields, below them."""
        self.note.setWordWrap(True)
        self.note.hide()
        self.rows = Rows()
        self.more = Rows()
        holder = QVBoxLayout(self)
        holder.setContentsMargins(0, 0, 0, 0)
        holder.setSpacing(2)
        holder.addWidget(self.rows)
        holder.addWidget(self.note)
        self.setAccessibleName(kind_title(kind))
        self._build()

    @property
    def part(self) -> Part:
        """The part that is shown, with its parameters."""
        return self._part

    @property
    def has_more(self) -> bool:
        """Whether ``more`` has any row."""
        return self.more.grid.count() > 0

    def show_part(self, part: Part) -> None:
        """Show a part and its values, without telling of a change."""
        rebuild = part.name != self._part.name
        self._part = part
        if rebuild:
            focused = _has_focus(self.fields[self.kind])
            self._build()
            if focused:
                self.fields[self.kind].setFocus(Qt.FocusReason.OtherFocusReason)
        entry = self._entries.get(part.name)
        for info in entry.parameters if entry else ():
            self.fields[f"{self.kind}.{info.name}"].set_value(part.params.get(info.name, info.default))
        self.fields[self.kind].set_value(part.name)
        if self._problems.forget():  # nothing that was typed stands there any more
            self.invalid.emit("")
        if self.kind in PARTS and entry is not None:
            self.setProperty(HELP_TOPIC, f"{PARTS[self.kind]}#{entry.title}")

    def offer_columns(self, columns: Sequence[str]) -> None:
        """Offer the columns of the data in the fields that name one."""
        self._columns = tuple(columns)
        for path, field in self.fields.items():
            if isinstance(field, TextField) and path.partition(".")[2] in COLUMN_PARAMETERS:
                field.suggest(self._columns, NO_COLUMN if self._columns else NO_COLUMNS)

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Switch parts off that mean nothing for the data, each with its reason, as English text, for a tip."""
        self._refused = {name: said(reason) for name, reason in reasons.items()}
        choice = self.fields[self.kind]
        if isinstance(choice, ChoiceField):
            choice.refuse(self._refused)

    def say(self, text: str, tip: str = "") -> None:
        """Say something below the main fields, with a tip; nothing where it is empty."""
        self.note.setText(text)
        self.note.setToolTip(tip)
        self.note.setVisible(bool(text))

    def set_running(self, running: bool) -> None:
        """While a run trains, leave on only what is live."""
        self._running = running
        for path, field in self.fields.items():
            usable = not running or self._live[path]
            field.setEnabled(usable)
            field.setToolTip(str(field.property("help")) if usable else WAIT)

    def _build(self) -> None:
        self.rows.clear()
        self.more.clear()
        self.fields = {}
        self._live = {}
        name_rows = self.rows if self._name_first else self.more
        entry = self._entries.get(self._part.name)
        infos = entry.parameters if entry else ()
        first = [info for info in infos if info.name in self._main or (info.live and not info.advanced)]
        further = [info for info in infos if info not in first]
        if further or not self._name_first:
            self.more.add_heading(kind_title(self.kind))
        title = kind_title(self.kind) if self._name_first else tr("Kind")
        help = " · ".join(part for part in (said(entry.title), said(entry.summary)) if part) if entry else ""
        choice = self._keep(self.kind, self._choice(), help, self.kind in LIVE_KINDS)
        name_rows.add(title, choice, str(choice.property("help")), live=self.kind in LIVE_KINDS)
        if {info.name for info in first} == PAIR and all(info.type == "int" for info in first):
            self._add_pair(first[0], first[1])
        else:
            for info in first:
                self._add(self.rows, info)
        for info in further:
            self._add(self.more, info)
        self.offer_columns(self._columns)
        self.set_running(self._running)

    def _choice(self) -> ChoiceField:
        field = ChoiceField(_choices(self._entries))
        field.combo.setMaxVisibleItems(LONGEST_LIST)
        field.refuse(self._refused)
        field.set_value(self._part.name)
        return field

    def _add(self, rows: Rows, info: ParameterInfo) -> None:
        field = self._keep(f"{self.kind}.{info.name}", self._field(info), _help(info), info.live)
        rows.add(_title(info, self.kind), field, _help(info), live=info.live)

    def _field(self, info: ParameterInfo) -> Field:
        kind, part = self.kind, self._part.name

        def check(text: str) -> object:
            return validated(kind, part, {info.name: text})

        return FormulaField(info, check) if info.syntax else field_for(info, check)

    def _add_pair(self, first: ParameterInfo, second: ParameterInfo) -> None:
        fields = [
            self._keep(f"{self.kind}.{info.name}", field_for(info), _help(info), info.live) for info in (first, second)
        ]
        for field in fields:
            if isinstance(field, IntField):
                field.spin.setProperty("bare", True)  # no arrows: two of them stand side by side
                keep_size(field.spin, least_width=36)
        self.rows.add(
            kind_title(self.kind),
            PairField(fields[0], fields[1], PlainLabel(f"{said(first.name)} ×", role="muted")),
            _help(first),
        )

    def _keep(self, path: str, field: Field, help: str, live: bool) -> Field:
        self.fields[path] = field
        self._live[path] = live
        field.setProperty("help", help)
        field.name(f"{kind_title(self.kind)} {said(path.partition('.')[2].replace('_', ' '))}".strip(), help)
        field.changed.connect(lambda value: self._on_changed(path, value))
        field.invalid.connect(lambda problem: self.invalid.emit(self._problems.tell(path, problem)))
        return field

    def _on_changed(self, path: str, value: Scalar) -> None:
        if path in self._problems:
            self.invalid.emit(self._problems.tell(path, ""))
        self.changed.emit(path, value)


def _title(info: ParameterInfo, kind: str) -> str:
    return parameter_title(kind, info.name)


def parameter_title(kind: str, name: str) -> str:
    """Return what a parameter of a kind is called in the window."""
    return PARAMETER_TITLES.get(f"{kind}.{name}") or said(name.replace("_", " ").capitalize())


def _help(info: ParameterInfo) -> str:
    unit = f" ({info.unit})" if info.unit else ""
    bounds = [localised(f"{bound:g}") for bound in (info.minimum, info.maximum) if bound is not None]
    return f"{said(info.help)}{unit}" + (f" · {tr(' to ').join(bounds)}" if len(bounds) == 2 else "")


def _choices(entries: Mapping[str, Entry]) -> list[tuple[str, str, str, bool]]:
    """Return the parts by title, under the headings of their families where they have some."""
    families: dict[str, list[tuple[str, str, str, bool]]] = {}
    for name, entry in sorted(entries.items(), key=lambda item: item[1].title.casefold()):
        families.setdefault(family_of(entry), []).append(_described(name, entry))
    if len(families) == 1:
        return next(iter(families.values()))
    choices: list[tuple[str, str, str, bool]] = []
    for family in sorted(families):
        choices += [("", family.upper(), "", False), *families[family]]
    return choices


def _described(name: str, entry: Entry) -> tuple[str, str, str, bool]:
    tip = " · ".join(part for part in (said(entry.summary), entry.reference) if part)
    if entry.missing:
        tip = tr("Needs {missing}: {install_line}", missing=entry.missing, install_line=install_line(entry.missing))
    return name, said(entry.title), tip, entry.available
