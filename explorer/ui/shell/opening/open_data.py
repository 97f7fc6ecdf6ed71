"""How data comes in: dialogs, recent places, drops, and the question of what a second set should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from explorer.core.errors import UserError, printable
from explorer.core.events import RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.core.types import JobStatus
from explorer.data.names import DATA_ENDINGS
from explorer.engine.events import DatasetFailed, DatasetOpened, Role
from explorer.engine.paths import made_recipes_folder
from explorer.engine.saved_runs import RunGlance, RunsFound
from explorer.ui.queries.ask_by_text import typed_name
from explorer.ui.session.settings import Settings
from explorer.ui.shell.messages.toasts import TRAIN_NOW, Toasts
from explorer.ui.shell.opening.drag_and_drop import (
    ChoiceBar,
    DropVeil,
    accept_copy,
    dragged_words,
    is_one_picture,
    is_recipe,
    is_run,
)
from explorer.ui.shell.opening.file_filters import FILES, RECIPES, TABLES, reports_first
from explorer.ui.shell.opening.interrupted_run import InterruptedRun
from explorer.ui.shell.opening.on_the_way import SEVERAL, OnTheWay
from explorer.ui.shell.opening.outside_pictures import pasted_files, pasted_picture, pictures_among
from explorer.ui.shell.start.drop_zone import LOOKING, opening
from explorer.ui.shell.start.recent_places import fill_recents
from explorer.ui.shell.start.start_page import RUNS, StartPage
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.local_paths import dropped_paths, lasting, local_path, short_name
from explorer.ui.widgets.next_turn import next_turn
from explorer.ui.widgets.save_dialog import file_dialog, to_save
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import counted

if TYPE_CHECKING:
    from explorer.core.examples import StartExample
    from explorer.data.dataset import Dataset
    from explorer.engine.drop_preview import DropTold
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge

TITLES: dict[Role, str] = {"main": tr("Open"), "test": tr("Add a test"), "gallery": tr("Add a gallery")}


class Opener(QObject):
    """Opens data and runs in a session and shows on the start page how far that is.

    Signals
    -------
    recents_changed(): other places were opened last.
    all_runs(): all saved runs shall be listed.
    recipe_dropped(path): the recipe in this file shall be taken.
    """

    recents_changed = Signal()
    all_runs = Signal()
    recipe_dropped = Signal(str)

    def __init__(
        self, window: QWidget, page: StartPage, bar: ChoiceBar, veil: DropVeil, toasts: Toasts, settings: Settings
    ) -> None:
        super().__init__(window)
        self._window = window
        self._page = page
        self._bar = bar
        self._veil = veil
        self._toasts = toasts
        self._settings = settings
        self.remembers = True  # what it opens is offered at the next start
        self._session: Session | None = None
        self._bridge: Bridge | None = None
        self._runs: tuple[RunGlance, ...] = ()
        self._waiting: tuple[str, Role] | None = None
        self._example: StartExample | None = None
        self._example_told = True
        self._dragged = self._spec = self._added = ""
        self._job = 0
        self._dialog: QFileDialog | None = None
        self._on_the_way = OnTheWay(toasts)
        self.interrupted = InterruptedRun(self, window, bar, toasts, self.open)
        page.zone.open_folder.connect(lambda: self.ask_folder("main"))
        page.zone.open_file.connect(lambda: self.ask_file("main"))
        page.zone.cancel.connect(self.cancel)
        page.open_spec.connect(self.open)
        page.open_example.connect(self.open_example)
        bar.chosen.connect(lambda path, role: self.open(path, cast(Role, role), told=True))
        bar.given.connect(lambda path: None if self._session is None else self._session.given.give(Path(path)))

    def attach(self, session: Session, bridge: Bridge) -> None:
        """Use this session; what was asked for before it was there is opened now."""
        self._session, self._bridge = session, bridge
        from explorer.engine.drop_preview import DropTold  # with the session, and not before the first paint
        from explorer.engine.session.saved_runs import RunCurvesRead, RunTableFound, RunThumbnails

        bridge.of(RunsFound).connect(self._on_runs)
        bridge.of(DropTold).connect(self._on_drop_told)
        bridge.of(RunFinished).connect(lambda _event: self.find_runs())
        bridge.run_event.connect(self._on_run_event)
        self.find_runs()
        bridge.of(JobStatus).connect(self._on_job)
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(DatasetFailed).connect(self._on_failed)
        self.interrupted.attach(session, bridge)
        self._on_the_way.attach(bridge)
        bridge.attach_early(session.lanes, (RunsFound, RunTableFound, RunCurvesRead, RunThumbnails, DropTold))
        waiting, example = self._waiting, self._example
        self._waiting = None
        if example is not None:
            self.open_example(example, told=self._example_told)
        elif waiting is not None:
            self.open(*waiting)

    # --- opening ----------------------------------------------------------------------------------------------------

    def open(self, spec: str, role: Role = "main", *, told: bool = False, data: str = "") -> None:
        """Open data, or a run (with its ``data``, where these have moved), once it was agreed to what that ends.

        ``told``: another question has said already that a training ends.
        """
        agreed = partial(self.open_now, spec, role, data=data)
        self.interrupted.once_agreed(spec, agreed, role=role, told=told)

    def open_now(self, spec: str, role: Role = "main", *, data: str = "", recipe: Recipe | None = None) -> None:
        """Open data, with a recipe if one comes with them, or a run: whatever was not agreed to is lost or ends."""
        self._example = None
        if role == "main":
            self._on_the_way.begin(spec)
        if self._session is None:
            self._waiting = (spec, role)
            self._page.zone.show_loading(opening(spec))
            return
        self._spec, self._added = spec, "" if role == "main" else lasting(spec)
        self.interrupted.opening()
        run = role == "main" and not spec.startswith("sample:") and is_run(spec)
        session = self._session
        self._job = session.open_run(Path(spec), data=data) if run else session.open(spec, role=role, recipe=recipe)
        if self._session.dataset is None:
            self._page.zone.show_loading(opening(spec))

    def open_example(self, example: StartExample, *, told: bool = True) -> None:
        """Open a sample and set its recipe; ``told``: what there is to see is said once the sample is there."""

        def agreed() -> None:
            self.open_now(example.data, recipe=Recipe.load(example.path))
            self._example, self._example_told = example, told

        self.interrupted.once_agreed(example.data, agreed)

    def _tell_example(self, example: StartExample) -> None:
        self._toasts.show(f"{said(example.title)}. {said(example.summary)}", offer=(TRAIN_NOW, self._train))

    def _train(self) -> None:
        try:
            if self._session is not None:
                self._session.train()
        except UserError as error:
            self._toasts.show(in_window(printable(str(error))), "error")

    def cancel(self) -> None:
        """Give up what is being opened."""
        if self._session is not None and self._job:
            self._session.cancel(self._job)

    def _on_job(self, status: JobStatus) -> None:
        if status.id != self._job:
            return
        given_up = status.state in ("cancelled", "failed")
        if given_up:
            self._on_the_way.end()
        if self._page.zone.loading and given_up:
            self._page.zone.show_invitation()
        elif self._page.zone.loading and status.state == "running":
            self._page.zone.show_job(status)

    def _on_opened(self, event: DatasetOpened) -> None:
        self._bar.hide()
        self._toasts.settle()
        self._page.zone.show_invitation()
        if event.role == "main":
            self._remember(self._spec or event.dataset.uri)
            if self._example is not None and self._example_told and event.dataset.uri == self._example.data:
                self._tell_example(self._example)
            self._example = None
        elif self._added:
            self._settings.add_recent(self._added)

    def _on_failed(self, event: DatasetFailed) -> None:
        if event.moved:
            self._ask_where(event)
            return
        message = in_window(printable(event.message))
        if self._session is not None and self._session.dataset is None:
            self._page.zone.show_invitation(message)
        else:
            self._toasts.show(message, "error")

    def _ask_where(self, event: DatasetFailed) -> None:
        """Offer to choose where the data of a run are now."""
        what: Literal["folder", "file"] = "file" if Path(event.moved).suffix.lower() in DATA_ENDINGS else "folder"
        title = tr("Where is {short_name} now?", short_name=short_name(event.moved))
        offer = (
            tr("Choose the data…"),
            lambda: self._ask(title, what, FILES, lambda paths: self.open(event.spec, data=paths[0])),
        )
        message = in_window(printable(event.message))
        self._toasts.show(message, "error", offer=offer)
        if self._session is not None and self._session.dataset is None:
            self._page.zone.show_invitation(message)

    def _remember(self, spec: str) -> None:
        self._settings.add_recent(kept := lasting(spec))
        self.leave_off(kept)
        next_turn(self, self._show_recents)

    def _show_recents(self) -> None:
        self._page.show_recents(self._settings.recents)
        self.recents_changed.emit()

    def _on_run_event(self, event: object) -> None:
        if not isinstance(event, RunStarted):
            return
        self._toasts.settle(TRAIN_NOW)
        if self._session is not None and self._session.run_folder is not None:
            self.leave_off(str(self._session.run_folder))

    def leave_off(self, spec: str) -> None:
        """Remember what is open, and offer it on the start page; empty: nothing."""
        if self.remembers or not spec:
            self._settings.set_left_off(spec)
        # where there are data the page is out of sight, and this turn has enough to do
        next_turn(self, self._show_left_off) if self._has_data() else self._show_left_off()

    def _show_left_off(self) -> None:
        self._page.show_left_off(self._settings.left_off, self._settings.reopen)

    def find_runs(self, *, every: bool = False) -> None:
        """Look for the saved runs, also among the recent places: the start page and the menu list them then."""
        if self._session is not None:
            recents = self._settings.recents
            places = [Path(spec) for spec in recents if not spec.startswith("sample:")]
            self._session.runs.look(places, every=every)

    def _on_runs(self, found: RunsFound) -> None:
        self._runs = found.runs
        self._page.show_runs(found)

    def fill_recents(self, menu: QMenu) -> None:
        """Fill the menu of recent places: the newest runs, then what was opened."""
        fill_recents(menu, self._runs[:RUNS], self._settings.recents, self)
        if self._settings.recents:
            menu.addSeparator()
            menu.addAction(tr("Clear this list")).triggered.connect(self._clear_recents)

    def _clear_recents(self) -> None:
        self._settings.clear_recents()
        self._page.show_recents(())
        self.recents_changed.emit()

    # --- dialogs ----------------------------------------------------------------------------------------------------

    def ask_folder(self, role: Role) -> None:
        """Let a folder be chosen, and open it."""
        self._ask(tr("{title} folder", title=TITLES[role]), "folder", "", lambda paths: self.open(paths[0], role))

    def ask_file(self, role: Role) -> None:
        """Let a zip, a table or a file of vectors be chosen, and open it."""
        self._ask(tr("{title} file", title=TITLES[role]), "file", FILES, lambda paths: self.open(paths[0], role))

    def ask_run(self) -> None:
        """Let the folder of a saved run be chosen, and open it."""
        runs = "" if self._session is None else str(self._session.runs_folder)
        self._ask(tr("Open run"), "folder", "", lambda paths: self.open_run(paths[0]), folder=runs)

    def ask_recipe(self, save: bool, use: Callable[[str], None]) -> None:
        """Let a recipe file be chosen for reading or for writing."""
        title, folder = tr("Save recipe") if save else tr("Take a recipe"), str(made_recipes_folder())
        self._ask(title, "save" if save else "file", RECIPES, lambda paths: use(paths[0]), "toml", folder, "recipe")

    def ask_table(self, title: str, name: str, use: Callable[[str], None]) -> None:
        """Let the file of a table be chosen for writing; ``name`` is suggested, without its ending."""
        self._ask(title, "save", TABLES, lambda paths: use(paths[0]), "csv", name=name)

    def ask_report(self, name: str, use: Callable[[str], None], found_by: str = "") -> None:
        """Let the file of a report be chosen for writing; see ``ask_table`` and ``reports_first``."""
        filters, ending = reports_first(found_by)
        self._ask(tr("Save report"), "save", filters, lambda paths: use(paths[0]), ending, name=name)

    def ask_place(self, use: Callable[[str], None]) -> None:
        """Let the folder be chosen in which a run is saved that could not be saved where it was."""
        self._ask(tr("Save the run in"), "folder", "", lambda paths: use(paths[0]))

    def open_run(self, path: str) -> None:
        """Open a saved run; a folder that is none is told."""
        if is_run(path):
            self.open(path)
        else:
            told = tr("{path} is not a saved run: it has no run.json. Choose a run's own folder.", path=printable(path))
            self._toasts.show(told, "error")

    def _ask(
        self,
        title: str,
        what: Literal["folder", "file", "files", "save"],
        filters: str,
        use: Callable[[list[str]], object],
        suffix: str = "",
        folder: str = "",
        name: str = "",
    ) -> None:
        """Ask for paths and use them, in ``folder`` at first, else where was opened, or saved, last."""
        if self._dialog is not None:
            self._dialog.close()
        kept, mode = self._settings, QFileDialog.FileMode
        last, remember = (kept.folder, kept.set_folder) if what == "save" else (kept.opened, kept.set_opened)
        dialog = file_dialog(self._window, title, folder or last)
        modes = {"folder": mode.Directory, "file": mode.ExistingFile, "files": mode.ExistingFiles, "save": mode.AnyFile}
        dialog.setFileMode(modes[what])
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, what == "folder")
        if what != "folder":
            dialog.setNameFilter(filters)
        if what == "save":
            to_save(dialog)
            dialog.setDefaultSuffix(suffix)
            if name:
                dialog.selectFile(f"{name}.{suffix}")
            dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kind.partition("*.")[2].rstrip(")")))

        def chosen() -> None:
            if paths := [path for url in dialog.selectedUrls() if (path := local_path(url))]:
                if not folder:
                    remember(str(Path(paths[0]).parent))
                use(paths)

        dialog.accepted.connect(chosen)
        dialog.finished.connect(self._finished)
        self._dialog = dialog
        dialog.open()

    def _finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    # --- drops ------------------------------------------------------------------------------------------------------

    def drag_entered(self, event: QDragEnterEvent, area: QWidget) -> None:
        """React to a drag over the window; ``area`` is covered where data is already shown."""
        paths = dropped_paths(event.mimeData())
        if not paths:
            if self._is_picture(event.mimeData()):
                accept_copy(event)
                self._veil.show_over(tr("Drop to find what is like this picture"), area)
            return
        accept_copy(event)
        name = short_name(paths[0])
        self._dragged = ""
        if pictures_among(paths, self._dataset()):
            what = f"“{name}”" if len(paths) == 1 else tr("these {paths} pictures", paths=len(paths))
            self._veil.show_over(tr("Drop to find what is like {what}", what=what), area)
        elif is_recipe(paths[0]) or is_one_picture(paths[0]):
            words = dragged_words(paths[0])
            self._veil.show_over(words, area) if self._has_data() else self._page.zone.show_dragging(words)
        elif self._has_data():
            action = tr("Drop to open the run") if is_run(paths[0]) else tr("Drop to choose what to do with")
            self._veil.show_over(f"{action} “{name}”", area)
            self._look_at(paths[0])
        else:
            self._page.zone.show_dragging(dragged_words(paths[0]), LOOKING)
            self._look_at(paths[0])

    def _look_at(self, spec: str) -> None:
        """Have it told what a drop of ``spec`` would open, while it is still dragged."""
        self._dragged = spec
        if self._session is not None:
            from explorer.engine.drop_preview import post_drop  # with the session, and not before the first paint

            self._session.start(
                tr("Look at what is dragged"), partial(post_drop, self._session.lanes, spec), quiet=True
            )

    def _on_drop_told(self, told: DropTold) -> None:
        if told.spec != self._dragged:
            return
        words = in_window(printable(told.words))
        words = f"{words[:1].upper()}{words[1:]}"
        if self._has_data():
            self._veil.explain(words)
        else:
            verb = tr("Drop to open") if told.read else tr("This will most likely not open:")
            self._page.zone.show_dragging(f"{verb} “{short_name(told.spec)}”", words)

    def drag_left(self, _event: QDragLeaveEvent | None = None) -> None:
        """Look as before."""
        self._dragged = ""
        self._veil.hide()
        self._page.zone.show_dragging("")

    def dropped(self, event: QDropEvent) -> None:
        """Open what was dropped, or ask what it should be."""
        self.drag_left()
        if self.take(event.mimeData()):
            accept_copy(event)

    def take(self, mime: QMimeData) -> bool:
        """Open what was dropped, or ask what it should be; return whether it can be anything."""
        paths = dropped_paths(mime)
        if not paths:
            return self._is_picture(mime) and self._query_by(mime, tr("dropped picture"))
        if self.query(pictures_among(paths, self._dataset())):
            return True
        if len(paths) > 1:
            self._toasts.show(SEVERAL, "warning")
        if is_recipe(paths[0]):
            self.recipe_dropped.emit(paths[0])
        else:
            self.open_or_ask(paths[0])
        return True

    def open_or_ask(self, spec: str) -> None:
        """Open ``spec``, unless data is open: then ask first what it should be, where it can be anything."""
        if self._has_data() and (spec.startswith("sample:") or not (is_run(spec) or is_one_picture(spec))):
            self._bar.ask(spec, self.interrupted.cost())
        else:
            self.open(spec)

    # --- pictures that are asked about ------------------------------------------------------------------------------

    def query(self, pictures: Sequence[Path]) -> bool:
        """Ask about pictures from outside the data; return whether there are any."""
        if self._session is not None and pictures:
            self._session.outside.add_files(pictures)
        return bool(pictures)

    def ask_pictures(self) -> None:
        """Let files be chosen, and ask about them."""
        dataset = self._dataset()
        if dataset is None:
            return
        modality = dataset.modality
        endings = " ".join(sorted(f"*{ending}" for ending in modality.asked_by))
        filters = f"{tr(modality.plural).capitalize()} ({endings})"
        title = tr("Open {plural} as queries", plural=tr(modality.plural))
        self._ask(title, "files", filters, lambda paths: self.query([Path(path) for path in paths]))

    def paste(self) -> None:
        """Ask about the picture, or the files of pictures, on the clipboard; say so where there is none."""
        mime = QGuiApplication.clipboard().mimeData() or QMimeData()  # None where nothing was ever copied
        files = pasted_files(mime, self._dataset())
        if self._session is None or self.query(files):
            if left := len(mime.urls()) - len(files):
                told = tr("{left} on the clipboard cannot be asked about", left=counted(left, "file"))
                self._toasts.show(told, "warning")
            return
        if not self._query_by(mime, tr("pasted picture")):
            dataset = self._dataset()
            what = tr("a text") if dataset is not None and dataset.modality.typed else tr("a picture")
            none = tr(
                "There is nothing on the clipboard to ask about. Copy {what}, or the file of one, first.", what=what
            )
            self._toasts.show(none, "warning")

    def _query_by(self, mime: QMimeData, name: str) -> bool:
        """Ask about a picture or a text that is no file, such as one from a page; return whether there is one."""
        dataset = self._dataset()
        if self._session is not None and dataset is not None and dataset.modality.typed:
            text = mime.text().strip()
            if text:
                self._session.outside.add_encoded(text.encode("utf-8", "replace"), typed_name(text))
            return bool(text)
        picture = pasted_picture(mime)
        if self._session is not None and picture is not None:
            self._session.outside.add_encoded(picture, name)
        return picture is not None

    def _is_picture(self, mime: QMimeData) -> bool:
        """Return whether a picture that is no file is dragged while pictures are open."""
        dataset = self._dataset()
        if dataset is None or not dataset.modality.from_files:
            return False
        return mime.hasText() if dataset.modality.typed else mime.hasImage()

    def _dataset(self) -> Dataset | None:
        return None if self._session is None else self._session.dataset

    def _has_data(self) -> bool:
        return self._dataset() is not None
