"""Paths of files that Qt hands over, byte for byte, so that names survive that are not UTF-8."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QDesktopServices

from explorer.core.errors import printable
from explorer.data.names import called


def local_path(url: QUrl) -> str:
    """Return the path of a file URL byte for byte (surrogate escapes for what is not UTF-8); empty if not local."""
    if not url.isLocalFile():
        return ""
    if sys.platform == "win32":
        return url.toLocalFile()
    raw = urlsplit(bytes(url.toEncoded().data())).path
    return os.fsdecode(unquote_to_bytes(raw)).rstrip("/") or "/"


def url_of(path: str) -> QUrl:
    """Return the file URL of an absolute path, byte for byte."""
    if sys.platform == "win32":
        return QUrl.fromLocalFile(path)
    return QUrl.fromEncoded(b"file://" + quote_from_bytes(os.fsencode(path)).encode())


def dropped_paths(mime: QMimeData) -> list[str]:
    """Return the local paths that a drag carries."""
    return [path for url in mime.urls() if (path := local_path(url))] if mime.hasUrls() else []


def short_name(path: str) -> str:
    """Return the last part of a path, or what a sample is called, safe to show."""
    return printable(called(path))


def show_folder(path: Path) -> None:
    """Open a folder in the program of the desktop for that."""
    QDesktopServices.openUrl(url_of(str(path.absolute())))
