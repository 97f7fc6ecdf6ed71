"""Taking the map away from a real window: the files are read back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from explorer.core.registry import catalogue, validated
from explorer.core.types import PIXELS_RUN, Projection
from explorer.engine.export.base import SaveChoice
from explorer.ui.map.export.export_map import choice_called, choice_words
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.opening.file_filters import REPORTS, reports_first
from explorer.ui.widgets.theme import DARK
from tests.helpers.contrast import contrast
from tests.helpers.data import picture_folder
from tests.helpers.mapped import pictures_of
from tests.ui.conftest import LONG

Shown = tuple[MainWindow, MapPanel]


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path, open_window: Callable[..., MainWindow]) -> Shown:
    """A window with a frozen map of pictures whose classes have hostile names."""
    folder = picture_folder(tmp_path / "pictures", {"a&b": 12, "<c>": 12, "=d": 12})
    window = open_window(str(folder))
    panel = window.workspace.panels["map"]
    assert isinstance(panel, MapPanel)
    qtbot.waitUntil(lambda: panel.canvas.picture is not None and panel.legend.isVisible(), timeout=LONG)
    panel.freeze.click()
    panel.canvas.navigator.fit()
    qtbot.waitUntil(Rest(panel), timeout=LONG)
    return window, panel


class Rest:
    """Asked again and again, says whether every point is on the canvas and none has moved for a while.

    The first frames of a map spread beyond its first view, one may be under way when it is frozen, and the whole view
    is not reached at once.
    """

    def __init__(self, panel: MapPanel) -> None:
        self.panel = panel
        self.places: list[bytes] = []

    def __call__(self) -> bool:
        canvas = self.panel.canvas
        at = canvas.places(np.arange(36))
        self.places.append(at.tobytes())
        if len(self.places) < 30 or len(set(self.places[-30:])) > 1:
            return False
        if ((at > 0) & (at < np.array([canvas.width(), canvas.height()]))).all():
            return True
        canvas.navigator.fit()
        self.places.clear()
        return False


def saved(qtbot: QtBot, window: MainWindow, path: Path) -> Path:
    """Wait until a file is there and the window has said so."""
    qtbot.waitUntil(lambda: any(str(path) in toast.text for toast in window.toasts.shown), timeout=LONG)
    assert path.exists()
    assert not list(path.parent.glob(".*"))
    return path


def test_a_png_is_drawn_anew_at_a_higher_resolution(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown
    for ratio in (1, 3):
        panel.export.draw(tmp_path / f"{ratio}.png", "png", {"ratio": ratio})
    pixels, size = [], panel.export.sheet().size
    assert size.width() > panel.canvas.width()
    for ratio in (1, 3):
        with Image.open(saved(qtbot, window, tmp_path / f"{ratio}.png")) as image:
            assert image.size == (size.width() * ratio, size.height() * ratio)
            pixels.append(np.asarray(image.convert("RGB")))
    enlarged = pixels[0].repeat(3, axis=0).repeat(3, axis=1)
    assert not np.array_equal(enlarged, pixels[1]), "it is not the small picture made larger"
    part = pixels[1][:, 3 * panel.export.sheet().map_size.width() :]
    assert len(np.unique(part.reshape(-1, 3), axis=0)) > 20, "the legend is beside it"


@pytest.mark.parametrize("paper", ["white", "clear"])
def test_on_paper_the_ground_is_white_or_none_and_points_and_letters_are_seen_on_it(
    qtbot: QtBot, tmp_path: Path, shown: Shown, paper: str
) -> None:
    window, panel = shown
    window.themes.choose("dark")
    window.state.pins.choose(2)
    window.commands[f"map.paper_{paper}"].trigger()
    assert Settings(window.settings.path).value("map_paper") == paper
    panel.export.draw(tmp_path / "map.png", "png", {"ratio": 2})
    with Image.open(saved(qtbot, window, tmp_path / "map.png")) as image:
        pixels = np.asarray(image.convert("RGBA")).astype(np.uint8)
    sheet = panel.export.sheet()
    width, height = 2 * sheet.map_size.width(), 2 * sheet.map_size.height()
    for corner in (pixels[0, 0], pixels[0, -1], pixels[-1, 0]):
        assert corner.tolist() == [255, 255, 255, 255] if paper == "white" else corner[3] == 0
    assert panel.canvas.picture is not None
    places = panel.canvas.navigator.unframed().to_canvas(panel.canvas.picture.positions(np.arange(3, 36)))
    assert abs(places[:, 0].mean() / panel.canvas.width() - 0.5) < 0.2, "the map is in the middle"
    for x, y in np.rint(2 * sheet.scale * places).astype(int).tolist():
        near = pixels[y - 5 : y + 6, x - 5 : x + 6].reshape(-1, 4)  # the middle of what is held out is empty
        assert max(white_contrast(pixel) for pixel in near if pixel[3] == 255) >= 3.0
    beside, below = pixels[:height, width:], pixels[height:]
    for part in (beside, below):
        inked = part[part[..., 3] == 255]
        assert white_contrast(inked[inked.astype(int).sum(axis=1).argmin()]) >= 4.5
    swatches = [sheet_colour for sheet_colour in np.unique(beside.reshape(-1, 4), axis=0) if is_coloured(sheet_colour)]
    assert max(white_contrast(colour) for colour in swatches) >= 3.0
    assert panel.canvas.picture is not None
    assert panel.canvas.picture.ground == 0xFF000000 | int(DARK.tokens["background"][1:], 16), "the window stays dark"


def is_coloured(pixel: npt.NDArray[np.uint8]) -> bool:
    return bool(pixel[3] == 255 and int(pixel[:3].max()) - int(pixel[:3].min()) > 60)


def white_contrast(pixel: npt.NDArray[np.uint8]) -> float:
    return contrast(QColor(*pixel[:3].tolist()), QColor("white"))


def test_the_dialog_says_on_which_paper(qtbot: QtBot, shown: Shown) -> None:
    window, _panel = shown
    for paper, title in (("screen", "Save the map as SVG"), ("white", "Save the map as SVG on white")):
        window.settings.set_value("map_paper", paper)
        assert window.commands[f"map.paper_{paper}"].isChecked()
        window.commands["export.svg"].trigger()
        dialogs = [found for found in window.findChildren(QFileDialog, "file-dialog") if found.isVisible()]
        assert [dialog.windowTitle() for dialog in dialogs] == [title]
        dialogs[0].reject()


def test_an_svg_has_a_shape_a_point_and_the_names_of_the_classes(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown
    window.state.pins.choose(2)
    panel.export.draw(tmp_path / "map.svg", "svg", {})
    root = ElementTree.parse(saved(qtbot, window, tmp_path / "map.svg")).getroot()
    ns = "{http://www.w3.org/2000/svg}"
    assert len([shape for shape in root.iter() if shape.tag in (f"{ns}circle", f"{ns}path")]) >= 36
    texts = {(text.text or "").strip() for text in root.iter(f"{ns}text")}
    assert {"a&b", "<c>", "=d"} <= texts
    assert any(text.startswith("pictures · ") and "raw pixels" in text for text in texts), texts


def test_no_part_of_the_window_is_on_the_picture(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown

    def drawn(name: str) -> bytes:
        panel.export.draw(tmp_path / name, "png", {"ratio": 1})
        return saved(qtbot, window, tmp_path / name).read_bytes()

    panel.canvas.input.set_tool("lasso")  # the map is fitted above its hint
    panel.words.hide()
    before = drawn("before.png")
    panel.words.show()
    panel.canvas.set_hover(3)
    assert drawn("hovered, with the hint of a tool.png") == before
    panel.legend.fold(True)
    assert drawn("without a legend.png") != before
    assert panel.export.sheet().size.width() == panel.export.sheet().map_size.width()


def test_pinned_queries_are_on_a_picture_only_where_that_is_asked_for(
    qtbot: QtBot, tmp_path: Path, shown: Shown
) -> None:
    window, panel = shown

    def drawn(name: str) -> list[bytes]:
        files = [tmp_path / f"{name}.{ending}" for ending in ("png", "svg")]
        for file in files:
            panel.export.draw(file, file.suffix[1:], {})
        return [saved(qtbot, window, file).read_bytes() for file in files]

    before = drawn("before")
    window.state.pins.choose(2)
    assert drawn("pinned") == before
    window.settings.set_value("map_pins", True)
    assert not set(drawn("asked for")) & set(before)


def test_the_picture_is_copied(qtbot: QtBot, shown: Shown) -> None:
    window, panel = shown
    QGuiApplication.clipboard().clear()
    assert window.commands["export.copy"].shortcut().toString() == "Ctrl+Shift+C"
    window.commands["export.copy"].trigger()
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=LONG)
    image = QGuiApplication.clipboard().image()
    size = panel.export.sheet().size
    assert (image.width(), image.height()) == (size.width(), size.height())


def test_coordinates_are_asked_for_and_saved(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, _panel = shown
    window.settings.set_folder(str(tmp_path))
    window.opener.ask_report("pictures-report", lambda _path: None, "JSON")
    report = window.findChild(QFileDialog, "file-dialog")
    assert report is not None
    assert [field.text() for field in report.findChildren(QLineEdit)][:1] == ["pictures-report.json"]
    report.reject()
    window.commands["export.coordinates"].trigger()
    dialog = next(found for found in window.findChildren(QFileDialog, "file-dialog") if found.isVisible())
    name = dialog.findChild(QLineEdit)
    assert name is not None
    assert name.text() == "pictures-raw.csv"
    dialog.accept()
    with open(saved(qtbot, window, tmp_path / "pictures-raw.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert {row["class"] for row in rows} == {"a&b", "<c>", "'=d"}
    assert all(Path(row["path"]).exists() for row in rows)


def test_a_file_keeps_its_own_name_or_is_named_by_the_step_that_is_drawn(
    qtbot: QtBot, tmp_path: Path, shown: Shown
) -> None:
    window, panel = shown
    window.settings.set_folder(str(tmp_path))
    arrived = panel.desk.bridge.of(Projection)
    window.commands["export.png"].trigger()
    dialog = window.findChild(QFileDialog, "file-dialog")
    assert dialog is not None
    later: list[Projection] = []

    def trained_on(frame: Projection) -> None:
        """Let each frame of the moving map be followed by one of step 7, whichever comes last before it is drawn."""
        if frame.step != 7:
            later.append(replace(frame, run="now", step=7))
            arrived.emit(later[-1])

    arrived.connect(trained_on)
    panel.freeze.click()
    qtbot.waitUntil(lambda: bool(later), timeout=LONG)
    dialog.accept()
    saved(qtbot, window, tmp_path / "pictures-step-7.png")
    panel.export.draw(tmp_path / "mine.png", "png", {"ratio": 1})
    saved(qtbot, window, tmp_path / "mine.png")


def test_a_file_that_cannot_be_written_says_why(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown
    panel.export.draw(tmp_path / "no" / "map.png", "png", {"ratio": 1})
    qtbot.waitUntil(lambda: any(toast.level == "error" for toast in window.toasts.shown), timeout=LONG)
    (toast,) = (toast for toast in window.toasts.shown if toast.level == "error")
    assert "no does not exist. Make it, or choose another one" in toast.text


def test_the_run_is_saved_as_a_film(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown
    film = window.commands["export.film"]
    assert not film.isEnabled(), "there is no run yet"
    assert window.session is not None
    panel.freeze.click()
    window.session.set("epochs", 3)
    window.session.train()
    qtbot.waitUntil(lambda: window.session is not None and window.session.state == "finished", timeout=LONG)
    qtbot.waitUntil(film.isEnabled, timeout=LONG)
    assert window.session.run != PIXELS_RUN
    panel.export.write(tmp_path / "run.gif", "film", {"width": 480, "height": 360})
    pictures = pictures_of(saved(qtbot, window, tmp_path / "run.gif"))
    assert len(pictures) == 150
    assert pictures[0].shape == (360, 480, 3)


def test_nothing_can_be_saved_before_there_is_a_map(open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    for command in window.commands:
        if command.id.startswith("export."):
            assert not command.action.isEnabled()
    (file_menu,) = (action.menu() for action in window.header.menu_bar.actions() if action.text() == "File")
    titles = [action.text() for action in file_menu.actions()]  # type: ignore[attr-defined]
    assert titles.index("Export") < titles.index("Quit")


def test_every_way_to_save_names_an_ending_of_its_format_and_is_allowed() -> None:
    for name, entry in catalogue("export").items():
        part: Any = entry.part
        assert part.choices[0].ending == part.endings[0]
        for choice in part.choices:
            assert choice.ending in part.endings
            validated("export", name, dict(choice.params))
    for name, entry in catalogue("map_picture").items():
        drawn: Any = entry.part
        choices = drawn.choices(300, 200)
        assert 0 <= drawn.usual < len(choices)
        for choice in choices:
            assert choice.ending == f".{name}"
            validated("map_picture", name, dict(choice.params))


def test_a_way_to_save_says_what_it_lacks_before_it_is_taken() -> None:
    assert choice_words(SaveChoice("Parquet (*.parquet)", needs=("numpy",)), 0) == "Parquet (*.parquet)"
    lacking = SaveChoice("All items (a, b), in a new folder (*)", selected=True, needs=("no-such-package",))
    assert choice_words(lacking, 3) == "The 3 selected items (a, b), in a new folder – needs no-such-package (*)"


def test_what_was_found_by_a_format_offers_that_first() -> None:
    """Of every export with several ways: a name that is in one of them alone leads there."""
    found = {
        (name, called): choice.words
        for name, entry in catalogue("export").items()
        for called in entry.part.formats  # type: ignore[attr-defined]
        if (choice := choice_called(called, entry.part.choices)) is not None  # type: ignore[attr-defined]
    }
    assert "CSV" in found["embeddings", "CSV"]
    assert "NumPy" in found["embeddings", "npy"]
    assert "MP4" in found["film", "MP4"]
    assert choice_called("Export", [SaveChoice("CSV (*.csv)")]) is None


def test_a_report_found_by_a_format_is_offered_as_that() -> None:
    assert reports_first("") == (REPORTS, "html")
    kinds, ending = reports_first("CSV")
    assert (kinds.partition("(")[2][:6], ending) == ("*.csv)", "csv")
    assert sorted(kinds.split(";;")) == sorted(REPORTS.split(";;"))


def test_no_map_takes_the_place_of_the_data(qtbot: QtBot, tmp_path: Path, shown: Shown) -> None:
    window, panel = shown

    def told() -> bool:
        return any("belongs to the data" in toast.text for toast in window.toasts.shown)

    assert {"png", "svg"} <= set(catalogue("map_picture"))
    for ending in ("png", "svg", "csv"):
        path = tmp_path / "pictures" / f"mine.{ending}"
        path.write_text("mine")
        if ending == "csv":
            panel.export.write(path, "coordinates", {})
        else:
            panel.export.draw(path, ending, {})
        qtbot.waitUntil(told, timeout=LONG)
        assert path.read_text() == "mine"
        for toast in window.toasts.shown:
            toast.dismiss()
