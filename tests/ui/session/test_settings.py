from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from explorer.ui.session.settings import RECENTS, KeptLayout, Settings


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe\x00"])
def test_a_damaged_file_is_set_aside_and_the_defaults_are_used(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(damage)
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.recents == ()
    assert settings.quarantined is not None
    assert settings.quarantined.read_bytes() == damage
    settings.set_theme("dark")
    assert Settings(path).theme == "dark"
    assert Settings(path).quarantined is None


def test_one_wrong_value_is_forgotten_and_the_others_stay(settings: Settings) -> None:
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"theme": "pink", "recents": ["/a"], "more_shown": "no", "folder": 3}))
    kept = Settings(settings.path)
    assert (kept.theme, kept.recents, kept.more_shown, kept.folder) == ("system", ("/a",), False, "")
    assert kept.quarantined is None
    assert kept.forgotten == ("folder", "theme")
    kept.set_theme("dark")
    assert (Settings(settings.path).theme, Settings(settings.path).recents) == ("dark", ("/a",))
    assert Settings(settings.path).forgotten == ()


def test_two_windows_keep_what_the_other_has_set(settings: Settings) -> None:
    one, two = Settings(settings.path), Settings(settings.path)
    one.add_recent("/data/one")
    two.add_recent("/data/two")
    one.set_theme("dark")
    two.set_folder("/data")
    again = Settings(settings.path)
    assert again.recents == ("/data/two", "/data/one")
    assert (again.theme, again.folder) == ("dark", "/data")
    one.clear_recents()
    two.set_more_shown(True)
    assert Settings(settings.path).recents == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_or_a_huge_file_is_no_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert Settings(tmp_path / "pipe.json").theme == "system"
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    assert Settings(tmp_path / "huge.json").theme == "system"


def test_unknown_keys_of_a_newer_version_are_no_damage(settings: Settings) -> None:
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"theme": "light", "from_the_future": 1}))
    assert Settings(settings.path).theme == "light"


def test_recent_places_are_newest_first_unique_and_few(settings: Settings) -> None:
    for number in range(RECENTS + 5):
        settings.add_recent(f"/data/{number}")
    settings.add_recent("/data/9")
    kept = Settings(settings.path).recents
    assert len(kept) == RECENTS
    assert kept[0] == "/data/9"
    assert len(set(kept)) == RECENTS


@pytest.mark.parametrize("name", [b"/tmp/caf\xe9", b"/tmp/a%20b", "/tmp/данные".encode(), b"/tmp/\xff\xfe 100%"])
def test_names_survive_byte_for_byte(settings: Settings, name: bytes) -> None:
    settings.add_recent(os.fsdecode(name))
    assert [os.fsencode(path) for path in Settings(settings.path).recents] == [name]


def test_window_layouts_and_folder_come_back(settings: Settings) -> None:
    train = KeptLayout.of(b"\xfftrain", (1440, 900), {"left": 1.25})
    settings.set_window(b"\x00\x01geometry", {"train": train}, "train")
    settings.set_window(b"\x00\x01geometry", {"explore": KeptLayout.of(b"e", (800, 600), {})}, "explore")
    settings.set_folder("/data")
    settings.set_more_shown(True)
    settings.set_locked(True)
    settings.set_run_columns({"step": True, "recall@1": False})
    again = Settings(settings.path)
    assert (again.geometry, again.layout, again.folder) == (b"\x00\x01geometry", "explore", "/data")
    assert again.more_shown
    assert again.locked
    assert again.run_columns == {"step": True, "recall@1": False}
    assert again.layouts["train"] == train
    assert again.layouts["train"].content == b"\xfftrain"
    assert list(again.layouts) == ["train", "explore"]


@pytest.mark.parametrize("wrong", [{"state": "", "width": 0, "height": 9}, {"state": "", "width": 9}, [], "x"])
def test_a_layout_that_is_none_is_forgotten_and_the_rest_stays(settings: Settings, wrong: object) -> None:
    settings.path.parent.mkdir(parents=True)
    settings.path.write_text(json.dumps({"theme": "light", "layouts": {"train": wrong}}))
    again = Settings(settings.path)
    assert again.layouts == {}
    assert again.forgotten == ("layouts",)
    assert again.theme == "light"


def test_a_folder_that_cannot_be_written_does_not_stop_the_work(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    settings = Settings(blocked / "settings.json")
    settings.set_theme("light")
    assert settings.theme == "light"
