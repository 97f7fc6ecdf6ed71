"""Our own icons, drawn in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QToolButton, QWidget

from explorer.core.resources import resource_path, resource_text
from explorer.ui.widgets.text_size import keep_size
from explorer.ui.widgets.theme import Theme, ThemeManager

_SIZES = (16, 20, 24, 32, 48)


def icon(name: str, theme: Theme, token: str = "text") -> QIcon:
    """Return ``resources/icons/NAME.svg`` in a colour of the theme; greyed where the control is disabled."""
    drawn = QIcon()
    for mode, colour in ((QIcon.Mode.Normal, token), (QIcon.Mode.Disabled, "disabled")):
        for side in _SIZES:
            drawn.addPixmap(pixmap(name, theme, colour, side), mode)
    return drawn


def pixmap(name: str, theme: Theme, token: str, side: int, ratio: float = 1.0) -> QPixmap:
    """Return an icon as a square pixmap of ``side`` logical pixels."""
    image = QPixmap.fromImage(_drawn(name, theme.tokens[token], round(side * ratio)))
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=2048)
def _drawn(name: str, colour: str, side: int) -> QImage:
    """Draw an icon once: a change of the theme asks for 400 pictures of 40. No pixmap: those end with the window."""
    source = _source(name).replace("currentColor", colour)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(source.encode("utf-8"))).render(painter, QRectF(image.rect()))
    painter.end()
    return image


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    """Return the text of an icon: buttons ask for it in ten sizes, whenever their state or the theme changes."""
    return resource_text(f"icons/{name}.svg")


def application_icon() -> QIcon:
    """Return the icon of the application."""
    return QIcon(str(resource_path("icons/app.svg")))


class IconButton(QToolButton):
    """A small button with an icon that follows the theme, and a name for tooltip and screen reader."""

    def __init__(
        self, themes: ThemeManager, name: str, label: str, parent: QWidget | None = None, *, token: str = "muted"
    ) -> None:
        super().__init__(parent)
        self._themes = themes
        self._name = name
        self._token = token
        keep_size(self, icon=16)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_label(label)
        self._draw()
        themes.changed.connect(self._draw)

    def set_label(self, label: str) -> None:
        """Change what the tooltip and a screen reader say."""
        self.setToolTip(label)
        self.setAccessibleName(label)

    def set_icon_name(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self._draw()

    def _draw(self) -> None:
        self.setIcon(icon(self._name, self._themes.current, self._token))
