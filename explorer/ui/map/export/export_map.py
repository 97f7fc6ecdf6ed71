"""Taking the map away, in every format that is registered: drawn (``map_picture``), or its data (``export``)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QPointF, QRect, QSize
from PySide6.QtGui import QActionGroup, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.core.errors import Cancelled, printable
from explorer.core.map_values import ItemValues
from explorer.core.registry import Entry, Scalar, catalogue, create, find, install_line
from explorer.core.types import PIXELS_RUN, Projection
from explorer.engine.events import DatasetOpened, Notice, StateChanged
from explorer.engine.export.base import Export, SaveChoice, Subject, ending_of, missing_of, written_whole
from explorer.engine.export.subjects import subject_of_run, subject_of_view
from explorer.engine.jobs import Control
from explorer.engine.paths import check_folder_of
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Picture, Style
from explorer.ui.map.export.map_picture import DrawnMap, MapPicture
from explorer.ui.map.export.on_paper import TIPS, TITLES, Dress, MapPaper, chosen_paper, map_paper, save_words
from explorer.ui.map.export.png import image_of
from explorer.ui.map.export.sheet import MapSheet
from explorer.ui.map.export.svg import inner_of
from explorer.ui.map.frame_status import status_of, title_of
from explorer.ui.session.commands import Commands
from explorer.ui.session.panel import Desk
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.local_paths import local_path
from explorer.ui.widgets.save_dialog import file_dialog, to_save
from explorer.ui.widgets.text import counted

Portrayed = Callable[[Picture, Style], None]
Ready = SimpleQueue[tuple[Path, Callable[[], bytes]]]
"""Where a picture is to be written, and what makes its bytes: one, once the map is drawn."""

WAIT_SECONDS = 0.05


def export_menu(commands: Commands, window: QWidget) -> QMenu:
    """Return the menu of everything that takes the map away, for the File menu."""
    menu = QMenu(tr("Export"), window)
    menu.setToolTipsVisible(True)
    menu.setProperty("before", "file.quit")
    for command in commands:
        if command.id.startswith("export."):
            menu.addAction(command.action)
    paper = menu.addMenu(tr("Paper of map pictures"))
    paper.setToolTipsVisible(True)
    for name in TITLES:
        paper.addAction(commands[f"map.paper_{name}"])
    return menu


def choice_words(choice: SaveChoice, count: int) -> str:
    """Return the words of a way to save, and what it lacks; of the ``count`` selected items with their number."""
    words = said(choice.words)
    if missing := missing_of(choice.needs):
        name, bracket, ending = words.rpartition(" (")
        words = f"{name} – {_needs(missing)}{bracket}{ending}"
    few = tr("The {items}", items=counted(count, "selected item"))
    return words.replace(tr("All items"), few, 1) if choice.selected else words


def choice_called(name: str, choices: Sequence[SaveChoice]) -> SaveChoice | None:
    """Return the first way to save in a format, by one of its names, that can be done; None where none is of it."""
    fitting = [one for one in choices if name and _is_called(one, name.casefold())]
    return next((one for one in fitting if not missing_of(one.needs)), fitting[0] if fitting else None)


def _is_called(choice: SaveChoice, name: str) -> bool:
    return name in choice.words.casefold() or name in (str(value).casefold() for value in choice.params.values())


def _needs(missing: str) -> str:
    return tr("needs {packages}", packages=missing)


def _names(kind: str, name: str, part: Any) -> str:
    """Return by what else an export is found: what it writes, and that it is one."""
    return " ".join((tr("export"), *((name,) if kind == "map_picture" else part.formats)))


class MapExport(QObject):
    """The commands that save or copy the map of a canvas. Files are written by jobs, whole or not at all."""

    def __init__(self, desk: Desk, canvas: PointCanvas, dress: Dress) -> None:
        super().__init__(canvas)
        self._desk, self._canvas, self._dress = desk, canvas, dress
        self._frame: Projection | None = None
        self._values: dict[str, ItemValues] = {}
        self._waiting: deque[tuple[float, MapPaper, Portrayed]] = deque()
        self._asked = False
        self._offered = ""
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
            tr("Copy the map as a picture"),
            self.copy,
            shortcut="Ctrl+Shift+C",
            tip=tr("Copy the map as it is on screen, with its whole legend"),
        )
        for kind in ("map_picture", "export"):
            for name, entry in catalogue(kind).items():
                part: Any = entry.part
                ask = partial(self._ask, kind, name)
                words = _names(kind, name, part)
                title = f"{said(part.action)}…"
                add(f"export.{name}", title, ask, tip=said(part.tip), words=words, by_name=ask)
        self._add_papers()

    def _add_papers(self) -> None:
        """Add the commands that choose what pictures are drawn on, of which one is on."""
        settings, group = self._desk.settings, QActionGroup(self)
        for name, title in TITLES.items():
            choose = partial(settings.set_value, "map_paper", name)
            words = tr("Paper of map pictures: {paper}", paper=title)
            action = self._desk.commands.add(f"map.paper_{name}", words, choose, checkable=True, tip=TIPS[name])
            group.addAction(action)
        self._show_paper("map_paper")
        settings.changed.connect(self._show_paper)

    def _show_paper(self, name: str) -> None:
        if name == "map_paper":
            self._desk.commands[f"map.paper_{chosen_paper(self._desk)}"].setChecked(True)

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
        session, drawn = self._desk.session, self._frame is not None
        kept = drawn and session.run_folder is not None and session.run != PIXELS_RUN
        exports = catalogue("export")
        runs = {name for name, entry in exports.items() if cast(type[Export], entry.part).of != "map"}
        for name, entry in exports.items():
            self._show_missing(name, entry)
        for command in self._desk.commands:
            if command.id.startswith("export."):
                command.action.setEnabled(kept if command.id.removeprefix("export.") in runs else drawn)

    def _show_missing(self, name: str, entry: Entry) -> None:
        """Say in the menu what has to be installed first, as long as it is not."""
        part, lacks = cast(type[Export], entry.part), f" ({_needs(entry.missing)})" if entry.missing else ""
        text, action = f"{said(part.action)}…{lacks}", self._desk.commands[f"export.{name}"]
        if action.text() != text:
            action.setText(text)

    def suggested(self, ending: str, *, step: bool = True) -> str:
        """Return a name for a file, from the data and the step."""
        dataset, frame = self._desk.data.dataset, self._frame
        name = printable(dataset.name) if dataset is not None else "map"
        plain = "".join(c if c.isalnum() or c in "-_." else "_" for c in name).strip("._")[:60] or "map"
        if step and frame is not None:
            plain += "-raw" if frame.run == PIXELS_RUN else f"-step-{frame.step}"
        return plain + ending

    # what is asked for

    def copy(self) -> None:
        """Put the map as it is on screen, on the paper that is chosen, on the clipboard."""
        paper = map_paper(self._desk)

        def use(picture: Picture, _style: Style) -> None:
            QGuiApplication.clipboard().setImage(self._composed(picture, paper, self.sheet(paper, picture)))
            self._desk.session.lanes.post(Notice(tr("The map was copied as a picture")))

        self._portray(self._canvas.devicePixelRatioF(), paper, use)

    def _ask(self, kind: str, name: str, found_by: str = "") -> None:
        """Ask for a file and a way to save, and save; ``found_by``: the name of a format, which is offered first."""
        entry = catalogue(kind)[name]
        part: Any = entry.part
        if entry.missing:
            self._tell_missing(said(part.action), entry.missing)
            return
        drawn = kind == "map_picture"
        size = self.sheet().size
        choices = part.choices(size.width(), size.height()) if drawn else self._choices(part)
        first = choice_called(found_by, choices) or choices[part.usual if drawn else 0]
        if self._dialog is not None:
            self._dialog.close()
        action = said(part.action)
        title = save_words(action, chosen_paper(self._desk)) if drawn else action
        dialog = file_dialog(self._canvas.window(), title, self._desk.settings.folder)
        to_save(dialog)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        if not first.ending:
            dialog.setLabelText(QFileDialog.DialogLabel.FileName, tr("New folder:"))
            dialog.setLabelText(QFileDialog.DialogLabel.FileType, tr("What is taken:"))
            dialog.setOption(QFileDialog.Option.HideNameFilterDetails)  # every name is allowed for a folder
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # what is there stays, and is told afterwards
        count = len(self._desk.state.selection)
        told = {choice_words(choice, count): choice for choice in choices}
        dialog.setNameFilters([*told])
        dialog.selectNameFilter(choice_words(first, count))
        dialog.setDefaultSuffix(first.ending)
        stem = f"-{name}" if not first.ending else ""
        self._offered = self.suggested(stem + first.ending, step=drawn or part.of == "map")
        dialog.selectFile(self._offered)
        dialog.filterSelected.connect(lambda words: dialog.setDefaultSuffix(ending_of(words)))
        dialog.accepted.connect(lambda: self._chosen(dialog, kind, name, told))
        dialog.finished.connect(self._finished)
        self._dialog = dialog
        dialog.open()

    def _tell_missing(self, what: str, missing: str) -> None:
        """Say what has to be installed before something can be saved."""
        line = install_line(missing)
        words = tr("“{what}” needs {packages}. Install it with: {line}", what=what, packages=missing, line=line)
        self._desk.session.lanes.post(Notice(words, "error"))

    def _choices(self, part: type[Export]) -> tuple[SaveChoice, ...]:
        """Return the ways to save; of items also those for the selected ones alone, where there are any."""
        if part.of != "items" or not self._desk.state.some_selected:
            return part.choices
        return (*part.choices, *(replace(choice, selected=True) for choice in part.choices))

    def _chosen(self, dialog: QFileDialog, kind: str, name: str, choices: Mapping[str, SaveChoice]) -> None:
        """Save as it was chosen among ``choices``, by their words."""
        chosen = [found for url in dialog.selectedUrls() if (found := local_path(url))]
        choice = choices.get(dialog.selectedNameFilter())
        if not chosen or choice is None:
            return
        if missing := missing_of(choice.needs):
            self._tell_missing(choice.ending or str(choice.params.get("format", name)), missing)
            return
        path, endings = Path(chosen[0]), {other.ending for other in choices.values()}
        if path.suffix.lower() in endings and path.suffix.lower() != choice.ending:
            path = path.with_suffix(choice.ending)  # the name was suggested for another way
        self._desk.settings.set_folder(str(path.parent))
        if kind == "map_picture":
            self.draw(path, name, choice.params)
        else:
            self.write(path, name, choice.params, selected=choice.selected)

    def _finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    # doing it

    def draw(self, path: Path, name: str, params: Mapping[str, Scalar]) -> None:
        """Save the map with all that lies over it in a format of kind ``map_picture``."""
        made: MapPicture = create("map_picture", name, dict(params))
        paper, ready = map_paper(self._desk), Ready()

        def use(picture: Picture, style: Style) -> None:
            sheet = self.sheet(paper, picture)
            composed, over = (
                partial(self._composed, picture, paper, sheet),
                partial(self._overlays, picture, paper, sheet),
            )
            whole, title = (sheet.size.width(), sheet.size.height()), self.suggested("")
            drawn = DrawnMap(picture, style, title, composed, over, whole, sheet.scale, clear=paper.clear)
            ready.put((self._named_now(path), made.prepare(drawn)))

        self._portray(float(made.params.ratio), paper, use)
        self._save(path, ready)

    def _named_now(self, path: Path) -> Path:
        """Return a path with the step that is drawn, where its name is the one that was offered before a later step."""
        offered, now = Path(self._offered).stem, path.with_name(self.suggested(path.suffix))
        return now if path.stem == offered and not now.exists() else path

    def write(self, path: Path, name: str, params: Mapping[str, Scalar], *, selected: bool = False) -> None:
        """Save the map that is shown, or what is kept of its run, in a format of kind ``export``.

        ``selected``: of the items of a run those alone that are selected now.
        """
        self._desk.state.once_selected(partial(self._write, path, name, params, selected=selected))

    def _write(self, path: Path, name: str, params: Mapping[str, Scalar], *, selected: bool) -> None:
        data, frame = self._desk.data, self._frame
        entry, dataset, folder = find("export", name), data.dataset, self._desk.session.run_folder
        if "theme" in entry.params.model_fields:
            look = self._desk.themes.current.name if chosen_paper(self._desk) == "screen" else "white"
            params = {**params, "theme": look}
        selection = self._desk.state.selection
        if cast(type[Export], entry.part).of != "map":
            if folder is not None:
                some = selection if selected else None
                self._export(path, name, params, lambda: subject_of_run(folder, selected=some, dataset=dataset))
        elif dataset is not None and frame is not None:
            split, values = data.split, tuple(self._values.values())
            self._export(path, name, params, lambda: subject_of_view(dataset, split, frame, values, selection))

    def _export(self, path: Path, name: str, params: Mapping[str, Scalar], subject: Callable[[], Subject]) -> None:
        def work(control: Control) -> None:
            export: Export = create("export", name, dict(params))
            export.tr = tr
            export.check(path)  # before the run is read
            export.write(path, subject(), control)
            self._tell(path)

        self._desk.session.start(tr("Save {name}", name=printable(path.name)), work, writes=path.name)

    def _tell(self, path: Path) -> None:
        """Say what was saved, and where that is."""
        folder, file = (path, None) if path.is_dir() else (path.parent, path)
        self._desk.session.lanes.post(Notice(tr("Saved {path}", path=printable(str(path))), folder=folder, file=file))

    def _save(self, path: Path, ready: Ready) -> None:
        """Write what will be ``ready``; begun before that, so that the window is not closed over a file it owes."""

        def work(control: Control) -> None:
            check_folder_of(path)
            while ready.empty():
                if control.cancelled():
                    raise Cancelled
                time.sleep(WAIT_SECONDS)
            dest, data = ready.get()
            made = data()
            written_whole(dest, lambda beside: beside.write_bytes(made))
            self._tell(dest)

        self._desk.session.start(tr("Save {name}", name=printable(path.name)), work, writes=path.name)

    # the portrait

    def _portray(self, ratio: float, paper: MapPaper, use: Portrayed) -> None:
        """Draw the map, ``ratio`` pixels to one of the sheet, in the raster thread, and go on here; one at a time."""
        self._waiting.append((ratio * self.sheet(paper).scale, paper, use))
        self._ask_for_portrait()

    def _ask_for_portrait(self) -> None:
        """Ask for the first that waits, unless one is on its way or there is no picture yet, which will come."""
        if self._waiting and not self._asked and self._canvas.picture is not None:
            self._asked = True
            ratio, paper, _ = self._waiting[0]
            self._canvas.portray(ratio, self._dress.style_on(paper.theme))

    def _on_portrayed(self, picture: Picture, style: Style) -> None:
        if self._asked:
            _, _, use = self._waiting.popleft()
            self._asked = False
            self._ask_for_portrait()
            use(picture, style)

    def sheet(self, paper: MapPaper | None = None, picture: Picture | None = None) -> MapSheet:
        """Return what stands beside and below the map: its legend, unless that is folded, and which map it is.

        ``picture``: of the map as it was drawn; None: as it is shown now.
        """
        dataset, frame, paper = self._desk.data.dataset, self._frame, paper or map_paper(self._desk)
        parts = [] if dataset is None else [printable(dataset.name)]
        if frame is not None:
            kept = self._desk.state.displayed_step == frame.step
            parts += [title_of(frame.method), status_of(frame, self._desk.data.raw, kept=kept)]
        told = self._dress.contents_on(paper.theme) if self._desk.settings.value("map_legend") else None
        shown = self._canvas.size() if picture is None else QSize(picture.view.width, picture.view.height)
        return MapSheet(paper.theme, shown, told, " · ".join(parts), clear=paper.clear)

    def _composed(self, picture: Picture, paper: MapPaper, sheet: MapSheet) -> QImage:
        """Return a picture of the points with all that lies over and beside them."""
        points, ratio = image_of(picture, clear=paper.clear), picture.ratio / sheet.scale
        kind = QImage.Format.Format_ARGB32 if paper.clear else QImage.Format.Format_RGB32
        image = QImage(sheet.size * ratio, kind)
        image.fill(0 if paper.clear else paper.theme.colour("background"))
        image.setDevicePixelRatio(ratio)
        points.setDevicePixelRatio(ratio)  # its pixels are those of the whole
        painter = QPainter(image)
        painter.drawImage(QPointF(0, 0), points)
        self._paint_over(painter, picture, sheet, paper)
        painter.end()
        return image

    def _paint_over(self, painter: QPainter, picture: Picture, sheet: MapSheet, paper: MapPaper) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.save()
        painter.scale(sheet.scale, sheet.scale)
        pins = bool(self._desk.settings.value("map_pins"))
        self._canvas.paint_overlays(painter, paper.theme, picture, pins=pins)
        painter.restore()
        sheet.paint(painter)

    def _overlays(self, picture: Picture, paper: MapPaper, sheet: MapSheet) -> str:
        """Return what lies over and beside the points as elements of an SVG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(sheet.size)
        generator.setViewBox(QRect(QPoint(0, 0), sheet.size))
        generator.setResolution(96)
        painter = QPainter(generator)
        self._paint_over(painter, picture, sheet, paper)
        painter.end()
        return inner_of(bytes(buffer.data().data()))
