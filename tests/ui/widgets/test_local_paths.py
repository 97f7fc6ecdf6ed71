from __future__ import annotations

import os
import sys
from urllib.parse import quote_from_bytes

import pytest
from PySide6.QtCore import QMimeData, QUrl

from explorer.ui.widgets.local_paths import dropped_paths, local_path, places_apart, short_name


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux only")
@pytest.mark.parametrize("name", [b"plain", b"caf\xe9 100%", "данные #1?".encode(), b"\xff\xfe"])
def test_dropped_paths_survive_byte_for_byte(name: bytes) -> None:
    mime = QMimeData()
    mime.setData("text/uri-list", f"file:///data/{quote_from_bytes(name)}\r\n".encode("ascii"))
    assert [os.fsencode(path) for path in dropped_paths(mime)] == [b"/data/" + name]


def test_only_local_things_can_be_dropped() -> None:
    assert local_path(QUrl("https://example.org/a.zip")) == ""
    assert local_path(QUrl("file:///data/folder/")) == "/data/folder"


def test_names_are_shown_without_disguise() -> None:
    assert short_name("/data/evil\u202egnp.zip") == "evil\\u202egnp.zip"
    assert short_name("sample:digits") == "digits sample"
    assert short_name("/data/grocery/train") == "grocery train"


def test_places_are_told_by_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    places = ["/data/photos/2024/summer/train", "/data/photos/2025/summer/train", "/data/pears", "/home/ada/x/y/z/w"]
    found = places_apart([*places, "sample:digits"])
    assert found == ["…/2024/summer", "…/2025/summer", "/data", "…/z", ""]
    assert places_apart(["/data/photos/a/b", "/data/photos/a/b", "b"]) == ["…/a", "…/a", ""]
