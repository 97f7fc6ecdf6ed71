"""How many things work in the background, in the status bar, and the list of them that opens there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from explorer.ui.shell.messages.corner_popup import CornerPopup
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import ElidedLabel, KeptLabel, PlainLabel, counted, duration, ui_font
from explorer.ui.widgets.text_size import keep_bar, keep_size, scaled
from explorer.ui.widgets.theme import ThemeManager

if TYPE_CHECKING:
    from explorer.ui.shell.messages.work_list import Work, WorkList

WIDTH = 560
ASIDE = "; "
"""What begins a remark in a title, which is told where there is room: in the list."""
NOTHING = tr("Nothing works in the background.")
SECOND_MS = 1000


class WorkRow(QWidget):
    """One thing that works: title, bar, share, time and Cancel; ``short``: without the time and without a remark."""

    def __init__(self, themes: ThemeManager, work: Work, *, short: bool = False) -> None:
        super().__init__()
        self._cancel: Callable[[], None] | None = None
        self._asked, self._short = False, short
        self.title = ElidedLabel(
            role="muted" if short else "", mode=Qt.TextElideMode.ElideMiddle
        )  # of a file its ending tells
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(80)
        self.share, self.time = KeptLabel(role="muted"), KeptLabel(role="muted")
        self.share.setToolTip(tr("How much of this is done"))
        self.time.setToolTip(tr("How long it has worked, and how long it will where that is known"))
        self.time.setHidden(short)
        self.cancel = IconButton(themes, "close", tr("Cancel"))
        keep_size(self.cancel, width=18, height=18)
        self.cancel.clicked.connect(self._on_cancel)
        if short:
            keep_size(self.title, most_width=320)
        else:
            self._align()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for part in (self.title, self.bar, self.share, self.time, self.cancel):
            row.addWidget(part, 0 if short or part is not self.title else 1)
        self.follow(work)

    def _align(self) -> None:
        """Keep the same places in all rows of a list."""
        for label, longest in ((self.share, "100 %"), (self.time, tr("15 min 00 s, 15 min 00 s left"))):
            label.keep_width(QFontMetrics(ui_font(12)).horizontalAdvance(longest))
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        policy = self.cancel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.cancel.setSizePolicy(policy)

    def follow(self, work: Work) -> None:
        """Show how far it is."""
        told = said(work.title)
        if self._short:  # what it is at tells more than the end of what it is done to
            told = told.partition(ASIDE)[0]
            self.title.end = f" {told.rpartition(': ')[2]}"
        self.title.setText(told)
        self.bar.setAccessibleName(tr("Progress of {title}", title=said(work.title)))
        self.bar.setRange(0, 0 if work.fraction is None else 1000)
        self.bar.setValue(round(1000 * (work.fraction or 0.0)))
        self.share.setText("" if work.fraction is None else f"{100 * work.fraction:.0f} %")
        now = time.monotonic()
        seconds = work.left_at(now)
        left = "" if seconds is None else tr(", {left} left", left=duration(seconds))
        self.time.setText(f"{duration(now - work.began)}{left}")
        self._cancel = work.cancel
        self.cancel.setVisible(work.cancel is not None)
        self.cancel.set_label(f"{tr('Being cancelled') if self._asked else tr('Cancel')}: {said(work.title)}")

    def _on_cancel(self) -> None:
        """Cancel once. The button stays on: the focus would leave with it, and the list close."""
        if self._cancel is not None and not self._asked:
            self._asked = True
            self._cancel()


class JobsPopup(CornerPopup):
    """Everything that works."""

    def __init__(self, themes: ThemeManager, parent: QWidget) -> None:
        super().__init__(tr("In the background"), parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._themes = themes
        self._list: WorkList | None = None
        self._end = QPoint()
        self.rows: dict[int | str, WorkRow] = {}
        self.nothing = PlainLabel(NOTHING, role="muted")
        self._box = QVBoxLayout(self)
        self._box.setSpacing(8)
        self._box.addWidget(PlainLabel(tr("In the background"), role="title"))
        self._box.addWidget(self.nothing)
        self._clock = QTimer(self, interval=SECOND_MS)
        self._clock.timeout.connect(self.follow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape: close, and leave the focus to the window."""
        super().keyPressEvent(event)
        if not self.isVisible():
            self.window().setFocus(Qt.FocusReason.PopupFocusReason)

    def dismiss(self) -> None:
        """Close."""
        self._clock.stop()
        super().dismiss()

    def open_above(self, end: QPoint, works: WorkList | None) -> None:
        """Open with the lower right corner at a place in the window."""
        self._list, self._end = works, end
        self.show()
        self.follow()
        self.raise_()
        self._clock.start()
        first = next((row.cancel for row in self.rows.values() if row.cancel.isVisible()), self)
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def follow(self) -> None:
        """Show what works now, while it is open."""
        if not self.isVisible():
            return
        works = {} if self._list is None else self._list.works
        for key in [key for key in self.rows if key not in works]:
            row = self.rows.pop(key)
            if row.cancel.hasFocus():
                self.setFocus(Qt.FocusReason.OtherFocusReason)
            self._box.removeWidget(row)
            row.hide()
            row.deleteLater()
        for key, work in works.items():
            if key in self.rows:
                self.rows[key].follow(work)
            else:
                self.rows[key] = WorkRow(self._themes, work)
                self._box.addWidget(self.rows[key])
        self.nothing.setVisible(not works)
        self.resize(min(scaled(WIDTH), self.window().width()), self._box.sizeHint().height())
        self.end_at(self._end)


class JobsButton(QToolButton):
    """Says how many things work in the background, and opens their list; hidden while there are none."""

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self._works: WorkList | None = None
        self._popup: JobsPopup | None = None
        self.setObjectName("messages")
        keep_bar(self, 20)
        self.setAutoRaise(True)
        self.clicked.connect(self.open)
        self.hide()

    def attach(self, works: WorkList) -> None:
        """Follow what works."""
        self._works = works
        works.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Count what works."""
        number = 0 if self._works is None else len(self._works.works)
        self.setText(tr("{number} working", number=number))
        self.setAccessibleName(tr("{number} in the background", number=counted(number, "thing")))
        self.setVisible(number > 0)
        if self._popup is not None:
            self._popup.follow()

    @property
    def popup(self) -> JobsPopup:
        """The list, made when it is first asked for."""
        if self._popup is None:
            self._popup = JobsPopup(self._themes, self.window())
        return self._popup

    def open(self) -> None:
        """Open the list above the status bar."""
        window = self.window()
        bar = self.parentWidget()
        corner = bar.mapTo(window, bar.rect().topRight()) if bar is not None else window.rect().bottomRight()
        self.popup.open_above(corner - QPoint(8, 8), self._works)
