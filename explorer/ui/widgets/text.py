"""Text on screen: labels that never interpret markup, tabular figures, and numbers as a person writes them."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable

from PySide6.QtCore import QDateTime, QLocale, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtGui import Qt as RichText
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from explorer.core.resources import resource_path
from explorer.ui.widgets.language import LANGUAGE, localised, tr
from explorer.ui.widgets.text_size import scaled, when_letters_change

FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Cantarell", "Ubuntu", "DejaVu Sans")
"""The families of the window; the first is shipped."""

MONOSPACE_FAMILIES = ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Menlo", "Noto Sans Mono", "DejaVu Sans Mono")
"""The families of distances, steps and counts in columns; the first is shipped."""

ELLIPSIS = "…"

OWN_LETTERS = 3
"""So many letters after those that are shared tell a name from those around it."""

NOTHING_MARGIN = 16
"""Around the words in a place that has nothing to show."""

TIP_LETTERS, TIP_LINES = 72, 12
"""Letters of a line and lines of a text in a tooltip."""


SHIPPED = ("Inter-Regular.ttf", "Inter-SemiBold.ttf", "Inter-Italic.ttf", "JetBrainsMono-Regular.ttf")
"""The fonts that come with the program, so that it looks the same everywhere; other letters are the system's."""


SEMI_BOLD = QFont.Weight.DemiBold
"""The boldest there is: bolder letters are made of it by smearing, and an i then loses its dot."""


def load_fonts() -> None:
    """Let the application know the fonts that come with it; one that cannot be read is left to the system's."""
    for name in SHIPPED:
        QFontDatabase.addApplicationFont(str(resource_path(f"fonts/{name}")))


def ui_font(pixels: int = 13, *, bold: bool = False) -> QFont:
    """Return the font of the window, with tabular figures where the family has them.

    ``pixels`` are those at the usual size of text: the font has the size of now.
    """
    return _sized(QFont(list(FAMILIES)), pixels, bold)


def number_font(pixels: int = 12, *, bold: bool = False) -> QFont:
    """Return the monospaced font of distances, steps and counts; ``pixels`` as of ``ui_font``."""
    font = QFont(list(MONOSPACE_FAMILIES))
    font.setStyleHint(QFont.StyleHint.Monospace)
    return _sized(font, pixels, bold)


def paper_font(pixels: int = 12, *, bold: bool = False, numbers: bool = False) -> QFont:
    """Return the font of what is drawn for a file: on paper its size is that of the page, whatever the window's is."""
    font = number_font(pixels, bold=bold) if numbers else ui_font(pixels, bold=bold)
    font.setPixelSize(pixels)
    return font


def _sized(font: QFont, pixels: int, bold: bool) -> QFont:
    font.setPixelSize(scaled(pixels))
    font.setWeight(SEMI_BOLD if bold else QFont.Weight.Normal)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


class PlainLabel(QLabel):
    """A label that shows its text as it is: class names and file names are never markup."""

    def __init__(
        self, text: str = "", parent: QWidget | None = None, *, role: str = "", selectable: bool = False
    ) -> None:
        """Make a label. ``role``: a style of ``resources/style.qss``: muted, title, figure, caption, error, hint."""
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        if selectable:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setText(text)


class KeptLabel(PlainLabel):
    """Text for which a width can be kept that is more than it needs: a minimum that is set Qt would count as needed.

    In smaller letters the label would stay as wide as in the large ones. A class of its own, since layouts ask every
    label for its hint whenever one of them changes.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, role: str = "") -> None:
        super().__init__(text, parent, role=role)
        self.kept_width = 0

    def keep_width(self, pixels: int) -> None:
        """Have at least so many pixels."""
        if pixels != self.kept_width:
            self.kept_width = pixels
            self.updateGeometry()

    def least_width(self) -> int:
        """Return the pixels that it needs where nothing else is kept for it."""
        return self._least(super().minimumSizeHint().width())

    def _least(self, whole: int) -> int:
        """Return the pixels that it needs of those for its ``whole`` text."""
        return whole

    def minimumSizeHint(self) -> QSize:
        """Ask for what is kept, or needed."""
        hint = super().minimumSizeHint()
        return QSize(max(self._least(hint.width()), self.kept_width), hint.height())


class WholeLabel(PlainLabel):
    """Lines of text of which no layout cuts one in half: where there is little height, what lies beside makes way."""

    def __init__(self, text: str = "", parent: QWidget | None = None, *, role: str = "") -> None:
        super().__init__(text, parent, role=role)
        self.setWordWrap(True)
        when_letters_change(self, self.keep_height)

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.keep_height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the new width makes."""
        super().resizeEvent(event)
        self.keep_height()

    def keep_height(self) -> None:
        """Be as high as the lines are in this width, at least."""
        self.setMinimumHeight(0)  # findings/pyside6_label_height_for_width_never_shrinks.sh
        height = self.heightForWidth(self.width()) if self.wordWrap() and self.text() else 0
        self.setMinimumHeight(max(height, 0))


class NothingLabel(PlainLabel):
    """Says in the middle of a place why there is nothing, and what brings something there: all look alike."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text, role="empty")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setContentsMargins(*[NOTHING_MARGIN] * 4)


class ElidedLabel(KeptLabel):
    """One line that is shortened with an ellipsis where it does not fit; its tooltip then has the whole text.

    ``about``: what the tooltip says in any case, such as what the figures of the line are. ``end``: what the text may
    end in that is never shortened, such as a number, which would be another one.
    """

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        role: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> None:
        super().__init__(text, parent, role=role)
        self._mode = mode
        self.about = self.end = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_mode(self, mode: Qt.TextElideMode) -> None:
        """Leave out another part of what does not fit."""
        self._mode = mode
        self.update()

    def _least(self, whole: int) -> int:
        """Let the line shrink to a few letters."""
        return min(whole, self.fontMetrics().horizontalAdvance("MM" + ELLIPSIS))

    def shown_text(self) -> str:
        """Return the text as it is painted at the present width."""
        text, metrics, room = self.text(), self.fontMetrics(), self.contentsRect().width()
        beside = room - metrics.horizontalAdvance(self.end)
        if not self.end or not text.endswith(self.end) or metrics.horizontalAdvance(text) <= room:
            return metrics.elidedText(text, self._mode, room)
        before = metrics.elidedText(text.removesuffix(self.end), Qt.TextElideMode.ElideRight, max(beside, 0))
        if before in ("", ELLIPSIS) and metrics.horizontalAdvance(self.end.strip()) <= room:
            return self.end.strip()
        return before + self.end if beside > 0 else metrics.elidedText(text, self._mode, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shortened text and keep the whole one in the tooltip."""
        shown = self.shown_text()
        whole = self.text() if shown != self.text() else ""
        tip = plain_tip("\n".join(part for part in (whole, *map(broken, self.about.splitlines())) if part))
        if tip != self.toolTip():
            self.setToolTip(tip)
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            self.alignment(),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()


FEW_LETTERS = 5
"""Of a part that is cut to so many letters, with its ellipsis, nothing is shown."""
PART = " · "
"""What stands between the parts of a line."""


class PartsLabel(ElidedLabel):
    """A line of parts, the one that matters most first; where there is no room the last ones are left out whole.

    If the last one is the ``end`` it stays, and those before it are left out, as long as it has room itself.
    """

    def shown_text(self) -> str:
        """Return the parts that fit, or the beginning of the first; no few letters, which would be another number."""
        parts, room, metrics = self.text().split(PART), self.contentsRect().width(), self.fontMetrics()
        ended = bool(self.end) and len(parts) > 1 and parts[-1] == self.end
        lines = [self.text()]
        if ended:
            begun = (f"{PART.join(parts[:kept])} {ELLIPSIS}".lstrip() for kept in range(len(parts) - 2, -1, -1))
            lines += [f"{before}{PART}{self.end}" for before in begun]
        lines += [f"{PART.join(parts[:kept])} {ELLIPSIS}" for kept in range(len(parts) - 1, 0, -1)]
        for line in lines:
            if metrics.horizontalAdvance(line) <= room:
                return line
        beginning = super().shown_text()
        return beginning if len(beginning) > FEW_LETTERS or beginning == self.text() else ELLIPSIS


def plain_tip(text: str) -> str:
    """Return what a tooltip shows as this very text: what looks like markup would be taken for markup there."""
    if not RichText.mightBeRichText(text):
        return text
    lines = html.escape(text, quote=False).replace("\n", "<br>")
    return f"<qt>{lines}</qt>"


def elided(text: str, font: QFont, width: int, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> str:
    """Return ``text`` shortened to ``width`` pixels of ``font``."""
    return QFontMetrics(font).elidedText(text, mode, width)


def shared_beginning(name: str, others: Iterable[str]) -> int:
    """Return how many letters at its beginning a name shares with one of the others, up to the end of a word."""
    longest = max((_alike(name, other) for other in others), default=0)
    while longest and name[longest - 1].isalnum():
        longest -= 1
    return longest


def _alike(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def elided_shared(text: str, shared: int, font: QFont, width: int) -> str:
    """Return ``text`` shortened to ``width`` pixels, first within the ``shared`` letters at its beginning."""
    metrics = QFontMetrics(font)
    own = ELLIPSIS + text[shared:]
    room = width - metrics.horizontalAdvance(own)
    if not shared or metrics.horizontalAdvance(text) <= width:
        return metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
    if room < metrics.horizontalAdvance("MM"):
        whole = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        told = whole.find(ELLIPSIS) >= shared + OWN_LETTERS
        return whole if told else metrics.elidedText(own, Qt.TextElideMode.ElideMiddle, width)
    head = shared
    while head and metrics.horizontalAdvance(text[:head]) > room:
        head -= 1
    return text[:head].rstrip() + own


def broken(text: str) -> str:
    """Return a text in lines for a tooltip, which does not wrap what is plain, and end a long one in … there."""
    lines = textwrap.wrap(text, TIP_LETTERS)
    return "\n".join(lines[:TIP_LINES]) + (ELLIPSIS if len(lines) > TIP_LINES else "")


def wrapped(text: str, font: QFont, width: int, most: int) -> list[str]:
    """Return ``text`` in lines of at most ``width`` pixels of ``font``; more than ``most`` end in … there."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    lines: list[str] = []
    while len(lines) < most and (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 1))
        start = line.textStart()
        last = len(lines) == most - 1
        rest = text[start:] if last else text[start : start + line.textLength()].rstrip()
        lines.append(elided(rest, font, width) if last else rest)
    layout.endLayout()
    return lines


def count(number: int) -> str:
    """Return a whole number with thousands apart: ``70,000``, in German ``70.000``."""
    return localised(f"{number:,}")


def decimal(number: float, form: str = ".3f") -> str:
    """Return a number in a ``form`` of Python as the language writes it: ``0.953``, in German ``0,953``."""
    return localised(f"{number:{form}}")


def counted(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun in the language of the window: ``1 picture``, ``12 pictures``.

    ``one``, ``many``: the English noun; ``many`` where it is not one and s.
    """
    return f"{count(number)} {tr(one if number == 1 else many or one + 's')}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in 0 to 1 as ``18.4 %``, in German ``18,4 %``."""
    return localised(f"{100 * share:.{digits}f} %")


def moment(seconds: float, form: str = "dd MMM yyyy, HH:mm") -> str:
    """Return a moment in seconds since 1970 as a date in the language of the window, by a ``form`` of Qt."""
    return QLocale(LANGUAGE).toString(QDateTime.fromSecsSinceEpoch(int(seconds)), form)


def duration(seconds: float) -> str:
    """Return a time as ``48 s``, ``1 min 48 s`` or ``2 h 05 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
