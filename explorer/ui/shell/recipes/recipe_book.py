"""Every recipe that there is in one window: what it is for, what it says otherwise than another, and taking it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, groupby
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from explorer.core.errors import UserError, printable
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar
from explorer.engine.recipes.differences import telling_differences, word_for_zero
from explorer.engine.session.recipes import RUN, SET, KnownRecipe
from explorer.ui.recipe.changed_live import value_words
from explorer.ui.widgets.forms import PARAMETER_TITLES, kind_title
from explorer.ui.widgets.language import said, small, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.simple_table import SimpleTable
from explorer.ui.widgets.text import PlainLabel, counted, plain_tip, ui_font
from explorer.ui.widgets.text_size import keep_size, open_large, scaled

SIZE = (860, 560)
LIST_WIDTH, HEADING_HEIGHT = 264, 30
ROLE = int(Qt.ItemDataRole.UserRole)
COPIES = (("text", tr("As text")), ("command", tr("As a command line")), ("python", tr("As Python")))
"""In what ways a recipe can be copied, and what they are called."""
ALONE = tr("There is no other recipe yet to compare it with")
FLAGS = int(Qt.ItemDataRole.UserRole) - 1
"""The role under which a list of choices keeps what can be done with an entry."""
Key = tuple[str, str]


def key_of(recipe: KnownRecipe) -> Key:
    """Return the group and the name of a recipe, which no other has."""
    return recipe.group, recipe.name


class RecipeBook(QDialog):
    """The recipes by group at the left; the chosen one beside it, compared with another.

    Signals
    -------
    taken(recipe): it shall be that of the next run. copied(style, recipe): it shall be on the clipboard.
    browse(): the file of one shall be chosen.
    """

    taken = Signal(object)
    copied = Signal(str, object)
    browse = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("recipe-book")
        self.setWindowTitle(tr("Recipes"))
        self._known: tuple[KnownRecipe, ...] = ()
        self._set = KnownRecipe(tr("The recipe that is set"), SET, Recipe(), tr("What the next run is trained by."))
        self._wanted: Path | None = None
        self._by_hand: Key | None = None  # which one others shall be compared with
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Recipes"))
        keep_size(self.list, width=LIST_WIDTH)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.title, self.words = PlainLabel(role="heading"), PlainLabel(role="muted")
        self.other = QComboBox()
        self.other.setAccessibleName(tr("Compared with"))
        self.table = SimpleTable(tr("What differs"), ("", "", ""), (0, 170, 170))
        self.same = PlainLabel(role="empty")
        self.take, self.copy, self.file = (
            QPushButton(tr("Take it")),
            QPushButton(tr("Copy")),
            QPushButton(tr("From a file…")),
        )
        self.leave = QPushButton(tr("Close"))
        self._lay_out()
        self.list.currentRowChanged.connect(lambda _row: self._show())
        self.list.itemActivated.connect(lambda _item: self._take())
        self.other.currentIndexChanged.connect(lambda _place: self._compare_with())
        self.take.clicked.connect(self._take)
        self.file.clicked.connect(self.browse)
        self.leave.clicked.connect(self.close)
        open_large(self, *SIZE)

    def _lay_out(self) -> None:
        for label in (self.title, self.words):
            label.setWordWrap(True)
        self.same.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.take.setProperty("kind", "primary")
        self.take.setToolTip(tr("Make it the recipe of the next run  (Return)"))
        menu = QMenu(self.copy)
        for style, words in COPIES:
            menu.addAction(words).triggered.connect(lambda _=False, style=style: self._copy(style))
        self.copy.setMenu(menu)
        with_row, buttons, right = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        with_row.addWidget(PlainLabel(tr("Compared with"), role="section"))
        with_row.addWidget(self.other, 1)
        for button in (self.take, self.copy):
            buttons.addWidget(button)
        buttons.addWidget(self.file)
        buttons.addStretch(1)
        buttons.addWidget(self.leave)
        for widget in (self.title, self.words):
            right.addWidget(widget)
        right.addLayout(with_row)
        right.addWidget(self.table, 1)
        right.addWidget(self.same, 1)
        right.addLayout(buttons)
        right.setSpacing(10)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 12, 16, 16)
        box.setSpacing(16)
        box.addWidget(self.list)
        box.addLayout(right, 1)

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> KnownRecipe | None:
        """The recipe that is shown at the right."""
        item = self.list.currentItem()
        known = None if item is None else item.data(ROLE)
        return known if isinstance(known, KnownRecipe) else None

    def want(self, run: Path) -> None:
        """Choose the recipe of a run as soon as it is there."""
        self._wanted = run

    def show_set(self, recipe: Recipe) -> None:
        """Show what is set now."""
        if recipe != self._set.recipe:
            self._set = KnownRecipe(self._set.name, SET, recipe, self._set.words)
            self._fill()

    def show_recipes(self, known: Iterable[KnownRecipe]) -> None:
        """Show the recipes that there are, in groups; what was chosen stays so."""
        self._known = tuple(known)
        self._fill()

    def _fill(self) -> None:
        every = [self._set, *sorted(self._known, key=lambda each: each.group != SET)]
        before = self.chosen
        with QSignalBlocker(self.list), QSignalBlocker(self.other):
            self.list.clear()
            self.other.clear()
            for group, recipes in groupby(every, key=lambda each: each.group):
                self.list.addItem(_heading(said(group)))
                for each in recipes:
                    self._add(each)
            self._choose(before, every)
        self._show()

    def _add(self, each: KnownRecipe) -> None:
        item = QListWidgetItem(said(printable(each.name)))
        item.setData(ROLE, each)
        item.setToolTip(plain_tip(said(printable(each.words))))
        self.list.addItem(item)
        if each.recipe is not None:
            self.other.addItem(said(printable(each.name)), each)

    def _choose(self, before: KnownRecipe | None, every: Iterable[KnownRecipe]) -> None:
        """Choose the recipe of the run that is wanted, else the one that was chosen before, else the default one."""
        wanted = next((each for each in every if self._wanted is not None and each.run == self._wanted), None)
        if wanted is not None:
            self._wanted = None
        names = [key_of(each) for each in (wanted, before) if each is not None]
        items = [self.list.item(row) for row in range(self.list.count())]
        known = {key_of(item.data(ROLE)): item for item in items if item.data(ROLE) is not None}
        found = [known[name] for name in names if name in known]
        self.list.setCurrentItem(found[0] if found else items[min(2, len(items) - 1)])

    # --- the chosen one -----------------------------------------------------------------------------------------------

    def _compare_with(self) -> None:
        """Compare with what a person has chosen, until something else is."""
        self._by_hand = key_of(self.other.currentData())
        self._show()

    def _offer_others(self, chosen: KnownRecipe) -> KnownRecipe | None:
        """Choose what a recipe is compared with, never itself; None where there is no other.

        That is what a person has chosen; else what is set, and of what is set the first that says something else: the
        run before, then the default one.
        """
        every: list[KnownRecipe] = [self.other.itemData(place) for place in range(self.other.count())]
        others = [each for each in every if key_of(each) != key_of(chosen)]
        mine = [each for each in others if key_of(each) in (self._by_hand, key_of(self._set))]
        mine.sort(key=lambda each: key_of(each) != self._by_hand)
        others.sort(key=lambda each: each.group != RUN)
        news = (each for each in others if _compared(each.recipe, chosen.recipe)[0])
        found = next(chain(mine, news, others), None)
        model = self.other.model()
        with QSignalBlocker(self.other):
            for place, each in enumerate(every):
                enabled = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                flags = Qt.ItemFlag.NoItemFlags if each not in others else enabled
                model.setData(model.index(place, 0), int(flags.value), FLAGS)
            self.other.setCurrentIndex(-1 if found is None else every.index(found))
        self.other.setEnabled(bool(others))
        return found

    def _show(self) -> None:
        chosen = self.chosen
        other = None if chosen is None else self._offer_others(chosen)
        usable = chosen is not None and chosen.recipe is not None
        self.take.setEnabled(usable and chosen is not None and chosen.name != self._set.name)
        self.copy.setEnabled(usable)
        if chosen is None:
            return
        self.title.setText(said(printable(chosen.name)))
        self.words.setText(in_window(printable(chosen.words)))
        self.words.setVisible(bool(chosen.words))
        rows, told = ([], ALONE) if other is None else _compared(other.recipe, chosen.recipe)
        names = ("" if other is None else said(printable(other.name)), said(printable(chosen.name)))
        self.table.show_rows(rows, (counted(len(rows), "difference"), *names))
        self.table.setVisible(bool(rows))
        self.same.setText(told)
        self.same.setVisible(not rows)

    def _take(self) -> None:
        if self.take.isEnabled() and self.chosen is not None:
            self.taken.emit(self.chosen)
            self.close()

    def _copy(self, style: str) -> None:
        if self.chosen is not None:
            self.copied.emit(style, self.chosen)


def _heading(group: str) -> QListWidgetItem:
    item = QListWidgetItem(group)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    item.setFont(ui_font(11, bold=True))
    item.setSizeHint(QSize(0, scaled(HEADING_HEIGHT)))
    item.setTextAlignment(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
    return item


def _compared(other: Recipe | None, this: Recipe | None) -> tuple[list[tuple[str, str, str]], str]:
    """Return a row for each difference, and what is said where there is none."""
    if other is None or this is None:
        return [], tr("It cannot be read")
    try:
        found = telling_differences(other, this)
    except UserError as error:
        return [], in_window(printable(str(error)))
    rows = [(setting_words(key), _said(key, one, other), _said(key, two, this)) for key, (one, two) in found.items()]
    return rows, tr("They are the same")


def difference_words(before: Recipe, after: Recipe, most: int = 2) -> str:
    """Return what a recipe says otherwise than before, in a few words: ``margin 0.2 → 0.5, 3 more``.

    Raises
    ------
    UserError: if one names a part that there is not, or a value that is not allowed.
    """
    return words_of(telling_differences(before, after), before, after, most)


def words_of(every: Mapping[str, tuple[Scalar | None, Scalar | None]], before: Recipe, after: Recipe, most: int) -> str:
    """Return what ``telling_differences`` has found of two recipes as ``difference_words`` does."""
    found = [(key, values) for key, values in every.items() if values[1] is not None]  # what is gone went with its part
    told = [
        f"{small(setting_words(key))} {'' if one is None else _said(key, one, before) + ' → '}{_said(key, two, after)}"
        for key, (one, two) in found[:most]
    ]
    more = [tr("{found} more", found=len(found) - most)] if len(found) > most else []
    return ", ".join((*told, *more))


def setting_words(key: str) -> str:
    """Return what a key of a recipe is called in the window: ``Margin of the loss``."""
    kind, _, name = key.partition(".")
    if not name:
        return kind_title(kind)
    title = PARAMETER_TITLES.get(key) or said(name.replace("_", " ").capitalize())
    return tr("{title} of the {kind_title}", title=title, kind_title=small(kind_title(kind)))


def _said(key: str, value: Scalar | None, recipe: Recipe) -> str:
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    if not value and value is not None and (word := word_for_zero(key, recipe)):
        return said(word)
    return "–" if value is None or value == "" else printable(value_words(value, key))
