"""What a Linux desktop reads: menu entry, types of files, icons, and what a software centre says."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from PIL import Image

from explorer import __version__
from explorer.core.recipe import Recipe
from tests.packaging.test_scripts import ROOT

LINUX = ROOT / "packaging" / "linux"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"
NAME = "embedding-explorer"
TOOLS = ("desktop-file-validate", "appstreamcli", "update-mime-database", "gio")


def _script(script: str, *arguments: object) -> None:
    command = [sys.executable, str(ROOT / "packaging" / script), *map(str, arguments)]
    subprocess.run(command, check=True, timeout=120, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"})


def _entry(path: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None, delimiters="=")
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read(path, encoding="utf-8")
    return parser["Desktop Entry"]


@pytest.fixture(scope="module")
def share(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prefix = tmp_path_factory.mktemp("prefix")
    _script("linux/desktop_files.py", prefix)
    return prefix / "share"


def _files(folder: Path) -> list[str]:
    """Return what is there, but for what the tools of a desktop make of it."""
    made = ("mimeinfo.cache", "icon-theme.cache")
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name not in made]
    return [str(path) for path in paths if "/mime/" not in str(path) or path.parent.name == "packages"]


def test_the_menu_entry_names_what_is_there(share: Path) -> None:
    entry = _entry(share / "applications" / f"{NAME}.desktop")
    assert entry["Exec"] == f"{NAME}-gui %f"
    told = ET.parse(share / "metainfo" / f"{NAME}.metainfo.xml")
    assert Path(told.findtext("launchable") or "").stem == entry["Icon"]
    kinds = ET.parse(share / "mime" / "packages" / f"{NAME}.xml").iter(f"{MIME}mime-type")
    types = {kind.get("type") for kind in kinds}
    assert types <= set(entry["MimeType"].split(";"))
    with Image.open(share / "icons" / "hicolor" / "48x48" / "apps" / f"{entry['Icon']}.png") as icon:
        assert icon.size == (48, 48)


def test_every_size_of_the_icon_is_drawn(share: Path, tmp_path: Path) -> None:
    pictures = sorted((share / "icons" / "hicolor").rglob("*.png"))
    for path in pictures:
        with Image.open(path) as icon:
            assert f"{icon.width}x{icon.height}" == path.parents[1].name
            assert icon.getchannel("A").getextrema() == (0, 255), "round corners are seen through"
    assert {path.parents[1].name for path in pictures} >= {"16x16", "32x32", "256x256", "512x512"}
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / f"{NAME}.svg").is_file()
    _script("icons.py", tmp_path)
    with Image.open(tmp_path / f"{NAME}.ico") as icon:
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= icon.info["sizes"]
    with Image.open(tmp_path / f"{NAME}.icns") as icon:
        assert {(16, 16, 2), (128, 128, 1), (512, 512, 2)} <= set(icon.info["sizes"])


def test_the_software_centre_says_the_version_and_that_nothing_is_sent(share: Path) -> None:
    told = ET.parse(share / "metainfo" / f"{NAME}.metainfo.xml").getroot()
    assert next(told.iter("release")).get("version") == __version__
    assert told.findtext("supports/internet") == "offline-only"
    assert any("Nothing is ever sent anywhere" in (text.text or "") for text in told.iter("p"))


def test_another_program_is_quoted_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    _script("linux/desktop_files.py", tmp_path, "--program", "/opt/my tools/ee-gui")
    entry = _entry(tmp_path / "share" / "applications" / f"{NAME}.desktop")
    assert (entry["Exec"], entry["TryExec"]) == ('"/opt/my tools/ee-gui" %f', "/opt/my tools/ee-gui")
    with pytest.raises(subprocess.CalledProcessError):
        _script("linux/desktop_files.py", tmp_path, "--program", '/opt/"; rm')


def test_what_was_put_into_the_menus_is_taken_out(tmp_path: Path) -> None:
    _script("linux/desktop_files.py", tmp_path)
    assert len(_files(tmp_path)) == 13
    _script("linux/desktop_files.py", tmp_path, "--remove")
    assert _files(tmp_path) == []


@pytest.mark.full
@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
class TestByTheToolsOfTheDesktop:
    def test_the_files_are_valid(self) -> None:
        checks: tuple[list[str], ...] = (
            ["desktop-file-validate", str(LINUX / f"{NAME}.desktop")],
            ["appstreamcli", "validate", "--no-net", "--pedantic", "--strict", str(LINUX / f"{NAME}.metainfo.xml")],
        )
        for command in checks:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            assert "hint" not in done.stdout

    def test_a_run_and_a_recipe_are_known_and_what_is_like_them_is_not(self, share: Path, tmp_path: Path) -> None:
        seen = os.environ | {"XDG_DATA_HOME": str(share)}
        command = ["update-mime-database", str(share / "mime")]
        done = subprocess.run(command, env=seen, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        header = ROOT / "tests" / "runs" / "golden" / "schema_3" / "run.json"
        shutil.copy(header, tmp_path / "run.json")
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "run.json").write_text('{"schema_version": 3, "jobs": []}')
        (tmp_path / "mine.recipe.toml").write_text(Recipe().to_toml())
        (tmp_path / "mine.toml").write_text("[project]\n")
        assert self._kind(share, tmp_path / "run.json") == "application/vnd.embedding-explorer.run+json"
        assert self._kind(share, tmp_path / "other" / "run.json") == "application/json"
        assert self._kind(share, tmp_path / "mine.recipe.toml") == "application/vnd.embedding-explorer.recipe+toml"
        assert self._kind(share, tmp_path / "mine.toml") == "application/toml"

    def _kind(self, share: Path, path: Path) -> str:
        command = ["gio", "info", "-a", "standard::content-type", str(path)]
        own = os.environ | {"XDG_DATA_HOME": str(share)}
        done = subprocess.run(command, env=own, capture_output=True, text=True, check=True)
        return done.stdout.rpartition("standard::content-type: ")[2].strip()
