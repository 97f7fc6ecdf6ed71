"""Paths of files that Qt hands over, byte for byte, so that names survive that are not UTF-8."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QDesktopServices

from explorer.core.errors import printable
from explorer.data.names import SAMPLE_PREFIX, called
from explorer.ui.widgets.language import said


def local_path(url: QUrl) -> str:
    """Return the path of a file URL byte for byte (surrogate escapes for what is not UTF-8); empty if not local."""
    if not url.isLocalFile():
        return ""
    if sys.platform == "win32":
        return url.toLocalFile()
    raw = urlsplit(bytes(url.toEncoded().data())).path
    return os.fsdecode(unquote_to_bytes(raw)).rstrip("/") or "/"


def lasting(spec: str) -> str:
    """Return a place of data, a sample or a path, so that it is the same one when it is opened from another folder."""
    return spec if spec.startswith(SAMPLE_PREFIX) else str(Path(spec).absolute())


def url_of(path: str) -> QUrl:
    """Return the file URL of an absolute path, byte for byte."""
    if sys.platform == "win32":
        return QUrl.fromLocalFile(path)
    return QUrl.fromEncoded(b"file://" + quote_from_bytes(os.fsencode(path)).encode())


def dropped_paths(mime: QMimeData) -> list[str]:
    """Return the local paths that a drag carries."""
    return [path for url in mime.urls() if (path := local_path(url))] if mime.hasUrls() else []


def short_name(path: str) -> str:
    """Return what a place is called, safe to show: its last part, a split after its folder, a sample in words."""
    return said(printable(called(path))) if path.startswith(SAMPLE_PREFIX) else printable(called(path))


def places_apart(paths: Sequence[str]) -> list[str]:
    """Return where each of some places is: of its folders the last ones, so many that it differs from the others.

    Where folders are left out it begins with an ellipsis; a sample is nowhere.
    """
    parents = [
        () if path.startswith(SAMPLE_PREFIX) else Path(os.path.dirname(_from_home(path))).parts for path in paths
    ]
    names = [short_name(path) for path in paths]
    return [printable(_where(place, parents, names)) for place in range(len(paths))]


def _where(place: int, parents: Sequence[tuple[str, ...]], names: Sequence[str]) -> str:
    own, depth = parents[place], 1
    others = [parts for at, parts in enumerate(parents) if at != place and names[at] == names[place] and parts != own]
    while depth < len(own) and any(parts[-depth:] == own[-depth:] for parts in others):
        depth += 1
    shown = str(Path(*own[-depth:])) if own else ""
    # a single folder above what is shown is shown as well: an ellipsis is hardly shorter
    return str(Path(*own)) if own and len(own) <= depth + 1 else f"…{os.sep}{shown}" if own else ""


def _from_home(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def open_path(path: Path) -> None:
    """Open a file or folder in the program of the desktop for that."""
    QDesktopServices.openUrl(url_of(str(path.absolute())))
