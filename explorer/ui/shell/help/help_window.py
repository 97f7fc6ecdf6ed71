"""The window of the help: contents and search on the left, a page or a section on the right."""

from __future__ import annotations

from urllib.parse import quote, unquote

from PySide6.QtCore import QByteArray, QEvent, QObject, QRegularExpression, Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QShortcut,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QSplitter,
    QTextBrowser,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.core.help_pages import FOLDER, Page, Section, find, pages, search, wanted_words
from explorer.core.resources import resource_path
from explorer.ui.widgets.icons import IconButton
from explorer.ui.widgets.language import LANGUAGE, said, tr
from explorer.ui.widgets.search_field import search_field
from explorer.ui.widgets.text import MONOSPACE_FAMILIES, SEMI_BOLD
from explorer.ui.widgets.text_size import open_large
from explorer.ui.widgets.theme import LIGHT, Theme, ThemeManager

SIZE = (980, 700)
CONTENTS = 250
MARGIN = 24
LONG = 12_000
"""A page of more letters shows its sections as a list of links instead of all of them."""
TOPIC = int(Qt.ItemDataRole.UserRole)
FIRST = "first_steps"
IMAGE = "\ufffc"
"""Stands in the text of a document for a picture."""
SCHEME = "help:"
SOLID = QTextFrameFormat.BorderStyle.BorderStyle_Solid


def drawn(name: str, theme: Theme, ratio: float) -> QImage:
    """Return a picture of the help, which is in the colours of the light theme, in those of a theme."""
    text = resource_path(f"{FOLDER}/{name}").read_text(encoding="utf-8")
    for token in ("text", "muted", "line", "right", "wrong", "accent", "semi_hard"):
        text = text.replace(LIGHT.tokens[token], theme.tokens[token])
    renderer = QSvgRenderer(QByteArray(text.encode("utf-8")))
    image = QImage(renderer.defaultSize() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def _shown(found: Page | Section) -> str:
    """Return what is shown of a page or a section; of a long page its beginning, and links to its sections."""
    if isinstance(found, Section) or len(found.markdown) <= LONG:
        return found.markdown
    links = "\n".join(f"- [{section.title}]({SCHEME}{quote(section.topic)})" for section in found.sections)
    return f"# {said(found.title)}\n\n{found.intro}\n\n{links}"


class HelpText(QTextBrowser):
    """Shows Markdown of the help, with its pictures in the colours of the theme."""

    def __init__(self, themes: ThemeManager) -> None:
        super().__init__()
        self._themes = themes
        self.setObjectName("help-text")
        self.setAccessibleName(tr("Help text"))
        self.setOpenLinks(False)
        self.document().setDocumentMargin(MARGIN)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return a picture; nothing else is loaded, from nowhere."""
        path = QUrl(name).path()
        if kind == QTextDocument.ResourceType.ImageResource.value and path.startswith("pictures/"):
            return drawn(path, self._themes.current, self.devicePixelRatioF())
        return None

    def show_markdown(self, text: str) -> None:
        """Show a text, tables with room in their cells and code in the monospaced font."""
        self.document().clear()
        self.setMarkdown(text)
        self._lay_out_tables()
        self._style_letters()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _lay_out_tables(self) -> None:
        line = QBrush(self._themes.current.colour("line"))
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                style = frame.format()
                style.setCellPadding(6)
                style.setCellSpacing(0)
                style.setBorder(1)
                style.setBorderBrush(line)
                style.setBorderStyle(SOLID)  # and not raised, whose upper edges are lighter: unseen on white
                style.setBorderCollapse(True)
                style.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
                frame.setFormat(style)

    def _style_letters(self) -> None:
        block = self.document().begin()
        while block.isValid():
            style = block.blockFormat()
            if IMAGE not in block.text():
                style.setLineHeight(125, 1)  # per cent, proportional
            style.setTopMargin(14 if style.headingLevel() else 0)
            style.setBottomMargin(8)
            cursor = QTextCursor(block)
            cursor.setBlockFormat(style)
            pieces = block.begin()
            while not pieces.atEnd():
                piece = pieces.fragment()
                letters = piece.charFormat()
                if letters.fontFixedPitch():
                    letters.setFontFamilies(list(MONOSPACE_FAMILIES))
                if letters.fontWeight() > SEMI_BOLD:
                    letters.setFontWeight(SEMI_BOLD)
                if letters != piece.charFormat():
                    cursor.setPosition(piece.position())
                    cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
                    cursor.setCharFormat(letters)
                pieces += 1
            block = block.next()

    def mark(self, typed: str) -> None:
        """Mark every word that one of the words typed is the beginning of."""
        colour = QColor(self._themes.current.colour("semi_hard", 90))
        marks = []
        for word in wanted_words(typed):
            begins = QRegularExpression(rf"\b{QRegularExpression.escape(word)}")
            begins.setPatternOptions(QRegularExpression.PatternOption.CaseInsensitiveOption)
            cursor = self.document().find(begins)
            while not cursor.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor = cursor
                mark.format.setBackground(colour)
                marks.append(mark)
                cursor = self.document().find(begins, cursor)
        self.setExtraSelections(marks)


class HelpWindow(QDialog):
    """The help in a window of its own beside the application; Escape closes it."""

    def __init__(self, themes: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("help-window")
        self.setWindowTitle(tr("Help"))
        self.topic = ""
        self._past: list[str] = []
        self._looking = False
        self._future: list[str] = []
        self.field = search_field(tr("Search the help"))
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.contents = QTreeWidget()
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName(tr("Contents"))
        self.contents.currentItemChanged.connect(self._on_item)
        self.text = HelpText(themes)
        self.text.anchorClicked.connect(lambda link: self.open(unquote(link.toString()).removeprefix(SCHEME)))
        self.back = IconButton(themes, "back", tr("Back  (Alt+Left)"))
        self.forward = IconButton(themes, "forward", tr("Forward  (Alt+Right)"))
        self.back.clicked.connect(lambda: self._step(self._past, self._future))
        self.forward.clicked.connect(lambda: self._step(self._future, self._past))
        QShortcut(QKeySequence("Alt+Left"), self, self.back.click)
        QShortcut(QKeySequence("Alt+Right"), self, self.forward.click)
        QShortcut(QKeySequence("Ctrl+F"), self, lambda: self.field.setFocus(Qt.FocusReason.ShortcutFocusReason))
        themes.changed.connect(self._repaint)
        self._lay_out()
        self._fill("")
        open_large(self, *SIZE)

    def _lay_out(self) -> None:
        left, row = QWidget(), QHBoxLayout()
        for button in (self.back, self.forward):
            row.addWidget(button)
        row.addWidget(self.field, 1)
        box = QVBoxLayout(left)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(row)
        box.addWidget(self.contents, 1)
        halves = QSplitter()
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self.text)
        halves.setStretchFactor(1, 1)
        halves.setSizes([CONTENTS, SIZE[0] - CONTENTS])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(halves)

    def open(self, topic: str) -> None:  # type: ignore[override]
        """Show a topic, ``panels`` or ``panels#Map``; the one before is a step back.

        Raises
        ------
        KeyError: there is no such topic.
        """
        found = find(topic, LANGUAGE)
        if topic != self.topic:
            if self.topic:
                self._past.append(self.topic)
            self._future.clear()
        self._show(found, topic)

    def _show(self, found: Page | Section, topic: str) -> None:
        self.topic = topic
        self.text.show_markdown(_shown(found))
        self.text.mark(self.field.text())
        self.back.setEnabled(bool(self._past))
        self.forward.setEnabled(bool(self._future))
        self._point_at(topic)

    def _step(self, to: list[str], other: list[str]) -> None:
        if to:
            other.append(self.topic)
            topic = to.pop()
            self._show(find(topic, LANGUAGE), topic)

    def _repaint(self) -> None:
        self._show(find(self.topic or FIRST, LANGUAGE), self.topic or FIRST)

    def _fill(self, words: str) -> None:
        self.contents.blockSignals(True)
        self.contents.clear()
        if words.strip():
            found = search(words, LANGUAGE)
            titles = {page.name: said(page.title) for page in pages(LANGUAGE)}
            for section in found:
                self._line(self.contents, f"{section.title} · {titles[section.page]}", section.topic)
            if not found:
                self._line(self.contents, tr("Nothing was found"), "")
            elif self.topic not in {section.topic for section in found}:
                self._look_at(found[0])
        else:
            self._looking = False
            for page in pages(LANGUAGE):
                top = self._line(self.contents, said(page.title), page.name)
                for section in page.sections:
                    self._line(top, section.title, section.topic)
        self.contents.blockSignals(False)
        self.text.mark(words)
        if self.topic:
            self._point_at(self.topic)

    def _look_at(self, found: Section) -> None:
        """Show what was found first while words are typed: the page before them is one step back, not each letter."""
        if self.topic and not self._looking:
            self._past.append(self.topic)
        self._looking = True
        self._future.clear()
        self._show(found, found.topic)

    def _line(self, parent: QTreeWidget | QTreeWidgetItem, title: str, topic: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(parent, [title])
        item.setData(0, TOPIC, topic)
        item.setToolTip(0, title)
        if not topic:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        return item

    def _point_at(self, topic: str) -> None:
        """Mark the line of what is shown."""
        for item in self.contents.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive):
            if item.data(0, TOPIC) == topic:
                self.contents.blockSignals(True)
                self.contents.setCurrentItem(item)
                self.contents.blockSignals(False)
                if not self.field.text().strip():
                    self.contents.scrollToItem(item)

    def _on_item(self, now: QTreeWidgetItem | None, _before: object) -> None:
        if now is not None and now.data(0, TOPIC):
            self.open(now.data(0, TOPIC))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down and Enter in the search field go to the first line that was found."""
        keys = (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        pressed = watched is self.field and event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() in keys:
            first = self.contents.topLevelItem(0)
            if first is not None and first.data(0, TOPIC):
                self.contents.setCurrentItem(first)
                self._on_item(first, None)  # where another page is shown, though this line is marked
                self.contents.setFocus(Qt.FocusReason.OtherFocusReason)
            return True
        return super().eventFilter(watched, event)
