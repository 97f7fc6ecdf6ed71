"""The files of figures: PNG at several times the size, SVG that stays sharp, CSV with all numbers; any thread may."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from explorer.core.errors import UserError
from explorer.ui.widgets.figures.draw import paint, size_of
from explorer.ui.widgets.figures.figure import Figure
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.theme import Theme

Format = Literal["png", "svg", "csv"]
FORMATS: tuple[Format, ...] = ("png", "svg", "csv")
RATIO = 3
"""Pixels of a PNG along one of the figure: 300 in an inch, about, where a figure is as wide as a page."""
LARGEST = 12_000
"""Pixels of a PNG along one side; a longer list of rows is less fine."""


def content(figure: Figure, kind: Format, theme: Theme) -> bytes:
    """Return the bytes of a file of a figure.

    Raises
    ------
    UserError: if it is too large for a picture.
    """
    if kind == "csv":
        return figure.columns.as_csv().encode("utf-8")
    return _svg(figure, theme) if kind == "svg" else _png(figure, theme)


def _png(figure: Figure, theme: Theme) -> bytes:
    size = size_of(figure).toSize()
    ratio = min(RATIO, LARGEST / max(size.width(), size.height()))
    image = QImage(size * ratio, QImage.Format.Format_RGB32)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.isNull():
        image.setDotsPerMeterX(round(96 * ratio / 0.0254))
        image.setDotsPerMeterY(round(96 * ratio / 0.0254))
        painter = QPainter(image)
        painter.scale(ratio, ratio)
        paint(painter, figure, theme)
        painter.end()
    if image.isNull() or not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise UserError(tr("The figure is too large to be saved as PNG"), remedy=tr("Save it as SVG or CSV"))
    return bytes(buffer.data().data())


def _svg(figure: Figure, theme: Theme) -> bytes:
    size = size_of(figure).toSize()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(figure.title)
    generator.setDescription(figure.caption)
    generator.setSize(QSize(size))
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setResolution(96)
    painter = QPainter(generator)
    paint(painter, figure, theme)
    painter.end()
    return bytes(buffer.data().data())
