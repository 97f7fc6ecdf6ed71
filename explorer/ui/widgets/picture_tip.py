"""Tips with pictures that are larger than a row has room for."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage

from explorer.ui.widgets.item_picture import ItemPicture
from explorer.ui.widgets.text import plain_tip
from explorer.ui.widgets.text_size import scaled

SIDE = 168
"""Pixels of the longer side of a picture in a tip, at the usual size of text."""


def large_picture(face: ItemPicture) -> QImage | None:
    """Return the picture of an item in the size of a tip, None where it has none."""
    if face.image is None:
        return None
    side, ratio = scaled(SIDE), Qt.AspectRatioMode.KeepAspectRatio
    return face.image.scaled(side, side, ratio, Qt.TransformationMode.SmoothTransformation)


def picture_tip(pictures: Sequence[QImage], words: str) -> str:
    """Return a tip of pictures side by side over words, which are plain text; of words alone where there is none."""
    if not pictures:
        return plain_tip(words)
    shown = "&nbsp;".join(f'<img src="data:image/png;base64,{_encoded(picture)}">' for picture in pictures)
    lines = html.escape(words, quote=False).replace("\n", "<br>")
    return f"<qt>{shown}<br>{lines}</qt>"


def _encoded(picture: QImage) -> str:
    written = QByteArray()
    buffer = QBuffer(written)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG", 90)  # type: ignore[call-overload]  # quick: it is read again at once
    return bytes(written.toBase64().data()).decode("ascii")
