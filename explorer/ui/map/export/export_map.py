"""Taking the map away: as a picture, as SVG, as coordinates, and the run as a film."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.core.errors import printable
from explorer.core.map_values import ItemValues
from explorer.core.registry import Scalar, create
from explorer.core.types import PIXELS_RUN, Projection
from explorer.engine.events import DatasetOpened, Notice, StateChanged
from explorer.engine.export.base import Export, Subject, written_whole
from explorer.engine.export.subjects import subject_of_run, subject_of_view
from explorer.engine.jobs import Control
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Picture, Style
from explorer.ui.map.export.png import ENDINGS, ending_of, image_of, inner_of, png_of
from explorer.ui.map.export.svg import svg_of
from explorer.ui.session.commands import Commands
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.local_paths import local_path

RATIOS = (1, 2, 3, 4)
"""How many pixels of a saved picture lie along one of the screen."""

FILMS: dict[str, dict[str, Scalar]] = {
    "GIF, 800 × 600 (*.gif)": {"width": 800, "height": 600},
    "GIF, 480 × 360 (*.gif)": {"width": 480, "height": 360},
    "MP4, 1280 × 720 (*.mp4)": {"width": 1280, "height": 720, "fps": 30},
    "MP4, 1920 × 1080 (*.mp4)": {"width": 1920, "height": 1080, "fps": 30},
}
TABLES = ["Table (*.csv)", "Parquet (*.parquet)"]

Use = Callable[[Path, str], None]
Portrayed = Callable[[Picture, Style], None]


def export_menu(commands: Commands, window: QWidget) -> QMenu:
    """Return the menu of everything that takes the map away, for the File menu."""
    menu = QMenu("Export", window)
    menu.setToolTipsVisible(True)
    menu.setProperty("before", "file.quit")
    for command in commands:
        if command.id.startswith("export."):
            menu.addAction(command.action)
    return menu


class MapExport(QObject):
    """The commands that save or copy the map of a canvas. Files are written by jobs, whole or not at all."""

    def __init__(self, desk: Desk, canvas: PointCanvas, legend: QWidget) -> None:
        super().__init__(canvas)
        self._desk, self._canvas, self._legend = desk, canvas, legend
        self._frame: Projection | None = None
        self._values: dict[str, ItemValues] = {}
        self._waiting: deque[tuple[float, Portrayed]] = deque()
        self._asked = False
        self._dialog: QFileDialog | None = None
        desk.bridge.of(Projection).connect(self._on_projection)
        desk.bridge.of(ItemValues).connect(self._on_values)
        desk.bridge.of(DatasetOpened).connect(self._on_opened)
        desk.bridge.of(StateChanged).connect(self._follow)
        canvas.portrayed.connect(self._on_portrayed)
        canvas.drawn.connect(lambda _picture: self._ask_for_portrait())
        self._add_commands()
        self._follow()

    def _add_commands(self) -> None:
        add = self._desk.commands.add
        add(
            "export.copy",
            "Copy the map as a picture",
            self.copy,
            shortcut="Ctrl+Shift+C",
            tip="Copy the map as it is on screen, with its legend",
        )
        add("export.png", "Save the map as PNG…", self.save_png, tip="The map with its legend, up to 4 times as fine")
        add("export.svg", "Save the map as SVG…", self.save_svg, tip="The map as shapes that stay sharp")
        add("export.coordinates", "Save coordinates…", self.save_coordinates, tip="Where every item is, as a table")
        add("export.film", "Save the run as a film…", self.save_film, tip="Play every kept map of the run into a file")

    # what there is

    def _on_projection(self, frame: Projection) -> None:
        self._frame = frame
        self._follow()

    def _on_values(self, values: ItemValues) -> None:
        self._values[values.name] = values

    def _on_opened(self, _event: object) -> None:
        self._frame, self._values = None, {}
        self._follow()

    def _follow(self, _event: object = None) -> None:
        commands, session = self._desk.commands, self._desk.session
        for name in ("copy", "png", "svg", "coordinates"):
            commands[f"export.{name}"].setEnabled(self._frame is not None)
        filmed = self._frame is not None and session.run_folder is not None and session.run != PIXELS_RUN
        commands["export.film"].setEnabled(filmed)

    def suggested(self, ending: str, *, step: bool = True) -> str:
        """Return a name for a file, from the data and the step."""
        dataset, frame = self._desk.session.dataset, self._frame
        name = printable(dataset.name) if dataset is not None else "map"
        plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip("._")[:60] or "map"
        if step and frame is not None:
            plain += "-raw" if frame.run == PIXELS_RUN else f"-step-{frame.step}"
        return plain + ending

    # what is asked for

    def copy(self) -> None:
        """Put the map as it is on screen on the clipboard."""

        def use(picture: Picture, _style: Style) -> None:
            QGuiApplication.clipboard().setImage(self._composed(picture))
            self._desk.session.lanes.post(Notice("The map was copied as a picture"))

        self._portray(self._canvas.devicePixelRatioF(), use)

    def save_png(self) -> None:
        """Ask for a file and a resolution, and save the map as PNG."""
        width, height = self._canvas.width(), self._canvas.height()
        kinds = {f"PNG, {width * r} × {height * r} (*.png)": r for r in RATIOS}
        self._ask("Save the map as PNG", list(kinds), 1, ".png", lambda path, kind: self.write_png(path, kinds[kind]))

    def save_svg(self) -> None:
        """Ask for a file and save the map as SVG."""
        self._ask("Save the map as SVG", ["SVG (*.svg)"], 0, ".svg", lambda path, _kind: self.write_svg(path))

    def save_coordinates(self) -> None:
        """Ask for a file and save where every item is."""
        self._ask("Save coordinates", TABLES, 0, ".csv", lambda path, _kind: self.write_coordinates(path))

    def save_film(self) -> None:
        """Ask for a file and a size, and save the run as a film."""
        self._ask("Save the run as a film", list(FILMS), 0, ".gif", lambda path, kind: self.write_film(path, kind))

    def _ask(self, title: str, kinds: list[str], first: int, ending: str, use: Use) -> None:
        if self._dialog is not None:
            self._dialog.close()
        dialog = QFileDialog(self._canvas.window(), title, self._desk.settings.folder)
        dialog.setObjectName("file-dialog")
        offscreen = QGuiApplication.platformName() in ("offscreen", "minimal")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog, offscreen)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters(kinds)
        dialog.selectNameFilter(kinds[first])
        dialog.setDefaultSuffix(ending)
        dialog.selectFile(self.suggested(ending, step=not title.endswith("film")))
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(ending_of(kind)))
        dialog.accepted.connect(lambda: self._chosen(dialog, use))
        dialog.finished.connect(self._finished)
        self._dialog = dialog
        dialog.open()

    def _chosen(self, dialog: QFileDialog, use: Use) -> None:
        chosen = [found for url in dialog.selectedUrls() if (found := local_path(url))]
        if chosen:
            kind, path = dialog.selectedNameFilter(), Path(chosen[0])
            if path.suffix.lower() in ENDINGS and path.suffix.lower() != ending_of(kind):
                path = path.with_suffix(ending_of(kind))  # the name was suggested for another kind
            self._desk.settings.set_folder(str(path.parent))
            use(path, kind)

    def _finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    # doing it

    def write_png(self, path: Path, ratio: int) -> None:
        """Save the map with all that lies over it, ``ratio`` pixels to one of the screen."""

        def use(picture: Picture, _style: Style) -> None:
            image = self._composed(picture)
            self._save(path, lambda: png_of(image))

        self._portray(float(ratio), use)

    def write_svg(self, path: Path) -> None:
        """Save the map as shapes."""

        def use(picture: Picture, style: Style) -> None:
            title, overlays = self.suggested(""), self._overlays()
            self._save(path, lambda: svg_of(picture, style, title=title, overlays=overlays, png=png_of).encode())

        self._portray(2.0, use)

    def write_coordinates(self, path: Path) -> None:
        """Save where every item of the map that is shown is."""
        session, frame = self._desk.session, self._frame
        dataset = session.dataset
        if dataset is not None and frame is not None:
            split, values = session.split, tuple(self._values.values())
            self._export(path, "coordinates", {}, lambda: subject_of_view(dataset, split, frame, values))

    def write_film(self, path: Path, kind: str) -> None:
        """Save the run as a film of a ``kind``, a key of ``FILMS``."""
        folder, theme = self._desk.session.run_folder, self._desk.themes.current.name
        if folder is not None:
            self._export(path, "film", {**FILMS[kind], "theme": theme}, lambda: subject_of_run(folder))

    def _export(self, path: Path, name: str, params: dict[str, Scalar], subject: Callable[[], Subject]) -> None:
        def work(control: Control) -> None:
            export: Export = create("export", name, params)
            export.write(path, subject(), control)
            self._desk.session.lanes.post(Notice(f"Saved {printable(str(path))}"))

        self._desk.session.start(f"Save {printable(path.name)}", work)

    def _save(self, path: Path, data: Callable[[], bytes]) -> None:
        def work(_control: Control) -> None:
            made = data()
            written_whole(path, lambda beside: beside.write_bytes(made))
            self._desk.session.lanes.post(Notice(f"Saved {printable(str(path))}"))

        self._desk.session.start(f"Save {printable(path.name)}", work)

    # the portrait

    def _portray(self, ratio: float, use: Portrayed) -> None:
        """Draw the map at a resolution, in the raster thread, and go on with it here; one at a time."""
        self._waiting.append((ratio, use))
        self._ask_for_portrait()

    def _ask_for_portrait(self) -> None:
        """Ask for the first that waits, unless one is on its way or there is no picture yet, which will come."""
        if self._waiting and not self._asked and self._canvas.picture is not None:
            self._asked = True
            self._canvas.portray(self._waiting[0][0])

    def _on_portrayed(self, picture: Picture, style: Style) -> None:
        if self._asked:
            _, use = self._waiting.popleft()
            self._asked = False
            self._ask_for_portrait()
            use(picture, style)

    def _composed(self, picture: Picture) -> QImage:
        """Return a picture of the points with all that lies over them."""
        image = image_of(picture)
        painter = QPainter(image)
        self._paint_over(painter)
        painter.end()
        return image

    def _paint_over(self, painter: QPainter) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self._canvas.paint_overlays(painter)
        if self._legend.isVisible():
            painter.save()
            painter.translate(self._legend.pos())
            flags = QWidget.RenderFlag.DrawChildren | QWidget.RenderFlag.DrawWindowBackground
            self._legend.render(painter, QPoint(0, 0), renderFlags=flags)
            painter.restore()

    def _overlays(self) -> str:
        """Return what lies over the points as elements of an SVG."""
        size = QSize(self._canvas.width(), self._canvas.height())
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(QRect(QPoint(0, 0), size))
        generator.setResolution(96)
        painter = QPainter(generator)
        self._paint_over(painter)
        painter.end()
        return inner_of(bytes(buffer.data().data()))
