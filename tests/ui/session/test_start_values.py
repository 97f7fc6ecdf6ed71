from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.session.settings import Settings
from explorer.ui.session.start_values import SIZES, StartValues

FILES: dict[str, str | dict[str, object] | None] = {
    "none": None,
    "damaged": "{",
    "no object": "[1]",
    "empty": {},
    "all": {
        "theme": "light",
        "text": "150",
        "reopen": True,
        "toured": True,
        "left_off": "/data/a%20b%FF",
        "recents": ["sample:digits", "/data/%C3%A4"],
        "geometry": "AdnQywADAAA=",
        "shortcuts": {"file.quit": "Ctrl+O"},
    },
    "not allowed": {"theme": "purple", "text": "7", "reopen": [], "toured": None, "left_off": 3, "geometry": {}},
    "partly": {"recents": ["/data", 3], "shortcuts": {"file.quit": None}, "geometry": "%%%", "theme": "dark"},
    "no characters": {"recents": ["\ud800"], "left_off": "\ud800", "autosave": -3},
}


@pytest.mark.parametrize("name", FILES)
def test_the_start_page_goes_by_the_same_values_as_all_the_rest(qtbot: QtBot, tmp_path: Path, name: str) -> None:
    path, content = tmp_path / "settings.json", FILES[name]
    if content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    found = StartValues.read(path)
    assert found == StartValues.of(Settings(path))
    if name == "all":
        assert (found.theme, found.text, found.recents[1]) == ("light", 150, "/data/ä")


def test_every_size_of_text_is_known(qtbot: QtBot, settings: Settings) -> None:
    for size in SIZES:
        settings.set_value("text", size)
        assert StartValues.read(settings.path).text == int(size)
    with pytest.raises(ValueError, match="text"):
        settings.set_value("text", "300")
