"""A list of classes that opens at a button, with a field to search it, of which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from explorer.core.class_colours import class_colours
from explorer.core.errors import printable
from explorer.core.types import IntArray
from explorer.ui.selection.share_list import ROW, ShareList
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.text import NothingLabel
from explorer.ui.widgets.text_size import scaled
from explorer.ui.widgets.theme import ThemeManager

WIDTH, MOST_ROWS = 264, 12
NONE_SO = tr("No class is called so: choose one of those that there are.")


class ClassChooser(QFrame):
    """Offers the classes of the data; it goes when one is chosen, or by Esc.

    Signals
    -------
    chosen(label): this one.
    """

    chosen = Signal(int)

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("class-chooser")
        self.setAccessibleName(tr("Choose a class"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a class"))
        self.search.setAccessibleName(tr("Find a class"))
        self.list = ShareList(themes)
        self.list.setAccessibleName(tr("Classes"))
        self.nothing = NothingLabel(NONE_SO)
        self.nothing.hide()
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._take_first)
        self.list.chosen.connect(lambda label, _mode: self._take(label))
        box = QVBoxLayout(self)
        box.setContentsMargins(6, 6, 6, 6)
        box.setSpacing(4)
        box.addWidget(self.search)
        box.addWidget(self.list)
        box.addWidget(self.nothing)

    def offer(self, names: tuple[str, ...], counts: IntArray, at: QPoint) -> None:
        """Open above or below a global position; ``counts`` (C,) are those of the classes ``names``."""
        self.list.set_whole(int(counts.sum()), int(counts.max(initial=1)))
        shown = [printable(name) for name in names]
        self.list.classes.show_classes(range(len(names)), shown, counts, class_colours(len(names)).reshape(-1, 3))
        self.list.setFixedHeight(min(max(len(names), 1), MOST_ROWS) * scaled(ROW))
        self.search.clear()
        self.setFixedWidth(scaled(WIDTH))
        self.adjustSize()
        room = self.screen().availableGeometry()
        left = min(max(at.x(), room.left()), room.right() - self.width())
        top = at.y() - self.height() if at.y() + self.height() > room.bottom() else at.y()
        self.move(left, max(top, room.top()))
        self.show()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)

    def _narrow(self, words: str) -> None:
        """List the classes that are called so; where none is, say so in the room of the list."""
        self.list.classes.narrow(words)
        none = not self.list.classes.rowCount()
        self.nothing.setFixedHeight(self.list.height())
        self.list.setVisible(not none)
        self.nothing.setVisible(none)

    def _take_first(self) -> None:
        if self.list.classes.rowCount():
            self._take(self.list.classes.label(self.list.classes.index(0)))

    def _take(self, label: int) -> None:
        self.close()
        self.chosen.emit(label)
