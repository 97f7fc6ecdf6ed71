"""The commands of the window itself; panels add their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from explorer.core.errors import UserError
from explorer.engine.events import UNDER_WAY
from explorer.ui.session.commands import Place
from explorer.ui.shell.commands.go_to import GoTo
from explorer.ui.shell.commands.play_recordings import PlayRecordings
from explorer.ui.shell.commands.selection_actions import SelectionActions
from explorer.ui.shell.commands.text_commands import add_text_commands
from explorer.ui.shell.header import PALETTE_ALSO
from explorer.ui.shell.help.help_dialogs import show_about
from explorer.ui.shell.layout.layout_commands import LayoutCommands
from explorer.ui.shell.recipes.comparison_commands import ComparisonCommands
from explorer.ui.shell.recipes.recipe_commands import RecipeCommands
from explorer.ui.shell.settings.settings_page import setting_places, show_settings
from explorer.ui.shell.settings.shortcut_sheet import show_shortcuts
from explorer.ui.shell.start.start_page import KEYS, PHOTOS, SAMPLE
from explorer.ui.shell.training.step_commands import StepCommands
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.save_dialog import plain_name
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.theme import ThemeChoice

if TYPE_CHECKING:
    from explorer.engine.session.session import Session
    from explorer.ui.recipe.recipe_panel import RecipePanel
    from explorer.ui.shell.main_window import MainWindow

TESTS_TIP = tr("The test data that were added are held out then, and all else is trained on")
ANEW_TIP = tr("Begin another run by this recipe; the one that is shown stays saved, and can be gone on with")
CLOSE_TIP = tr("Save its run and close this window alone; the first one stays open")
REPORT_TIP = tr("Every protocol beside the raw data, curves, map and worst queries of this run: a page or a PDF")
STOP_TIP = tr("Stop the run and keep what it learned")
CONTINUE_TIP = tr("Train further from the last checkpoint of this run")

ADDING = ("file.add_test", "file.add_test_file", "file.add_gallery", "file.add_gallery_file")
ADDED_FILE = tr("A zip, a table, or a file of vectors")


class WindowActions:
    """Makes the commands and keeps their texts and states in step with the session."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.commands = window.commands
        self.go_to = GoTo(window)
        self._file()
        self._edit()
        self._view()
        self._run()
        self._window()
        self._help()
        self.follow()

    # --- making -----------------------------------------------------------------------------------------------------

    def _file(self) -> None:
        add, window, opener = self.commands.add, self.window, self.window.opener
        add(
            "file.open_folder",
            tr("Open folder…"),
            lambda: opener.ask_folder("main"),
            shortcut=KEYS["file.open_folder"],
            menu="File",
        )
        add("file.open_file", tr("Open file…"), lambda: opener.ask_file("main"), shortcut="Ctrl+Shift+O", menu="File")
        add(
            "file.start",
            tr("Start page"),
            window.start_again.show,
            shortcut="Ctrl+Alt+Home",
            menu="File",
            tip=tr("The examples and what was opened lately; what is open stays, and a run trains on"),
        )
        add(
            "file.runs",
            tr("Saved runs…"),
            window.runs.open_page,
            shortcut="Ctrl+Alt+J",
            menu="File",
            tip=tr("Every run was saved by itself: open one again, to look at it or to go on with it"),
            words=tr("rename note tags experiments"),
        )
        add(
            "file.reopen",
            tr("Open where I left off"),
            lambda: window.set_reopen(self.commands["file.reopen"].isChecked()),
            shortcut="Ctrl+Alt+Shift+J",
            menu="File",
            tip=tr("At the next start open at once what is open now, instead of offering it on the start page"),
            checkable=True,
        ).setChecked(window.settings.reopen)
        add("file.open_run", tr("Open run in a folder…"), opener.ask_run, shortcut="Ctrl+Alt+O", menu="File")
        add(
            "file.open_sample",
            tr("Open the digits sample"),
            lambda: opener.open_or_ask(SAMPLE),
            shortcut="Ctrl+Shift+D",
            menu="File",
        )
        add(
            "file.open_photos",
            tr("Open the photo sample"),
            lambda: opener.open_or_ask(PHOTOS),
            shortcut="Ctrl+Alt+Shift+D",
            menu="File",
            tip=tr("240 patches of six colour photographs; which one a patch is from is its class"),
        )
        recents = QMenu(tr("Open recent"), window)
        recents.setToolTipsVisible(True)
        recents.setProperty("before", "file.add_test")
        recents.aboutToShow.connect(lambda: opener.fill_recents(recents))
        window.header.add_submenu("File", recents)
        test = add(
            "file.add_test",
            tr("Add a test folder…"),
            lambda: opener.ask_folder("test"),
            shortcut="Ctrl+Alt+T",
            menu="File",
        )
        test.setProperty("begins_group", True)
        add(
            "file.add_test_file",
            tr("Add a test file…"),
            lambda: opener.ask_file("test"),
            shortcut="Ctrl+Alt+Shift+T",
            menu="File",
            tip=ADDED_FILE,
        )
        add(
            "file.add_gallery",
            tr("Add a gallery folder…"),
            lambda: opener.ask_folder("gallery"),
            shortcut="Ctrl+Alt+G",
            menu="File",
        )
        add(
            "file.add_gallery_file",
            tr("Add a gallery file…"),
            lambda: opener.ask_file("gallery"),
            shortcut="Ctrl+Alt+Shift+G",
            menu="File",
            tip=ADDED_FILE,
        )
        query = add(
            "file.query",
            tr("Open as queries…"),
            opener.ask_pictures,
            shortcut="Ctrl+Alt+Q",
            menu="File",
            tip=tr("Find what is like pictures that are not of the data; they can be dropped or pasted as well"),
        )
        query.setProperty("begins_group", True)
        self.recipes = RecipeCommands(window)
        words = tr("exit leave")
        leave = add("file.quit", tr("Quit"), window.beside.quit, shortcut="Ctrl+Q", menu="File", words=words)
        leave.setProperty("begins_group", True)

    def _edit(self) -> None:
        add = self.commands.add
        self.selection = SelectionActions(self.window)
        paste = add(
            "edit.paste",
            tr("Paste a picture as query"),
            self.window.opener.paste,
            shortcut="Ctrl+V",
            menu="Edit",
            tip=tr("Find what is like the picture, or the file of one, on the clipboard"),
        )
        paste.setProperty("begins_group", True)
        pins = add("edit.clear_pins", tr("Clear all queries"), self._clear_pins, shortcut="Ctrl+Shift+K", menu="Edit")
        pins.setProperty("begins_group", True)
        pins.setEnabled(False)  # until there are some, as the panel of the neighbours knows
        reset = add(
            "recipe.reset",
            tr("Recipe back to the defaults"),
            self.recipes.reset,
            shortcut="Ctrl+Shift+Backspace",
            menu="Edit",
        )
        reset.setProperty("begins_group", True)
        self._settings()

    def _settings(self) -> None:
        settings = self.commands.add(
            "edit.settings",
            tr("Settings…"),
            lambda: show_settings(self.window),
            shortcut="Ctrl+,",
            menu="Edit",
            tip=tr("Everything that can be set about the window, each with what it does and its default"),
            words=tr("preferences options configuration"),
        )
        for place in ("begins_group", "stands_last"):
            settings.setProperty(place, True)

    def _view(self) -> None:
        add, window = self.commands.add, self.window
        theme = QMenu(tr("Theme"), window)
        group = QActionGroup(window)
        for place, name in enumerate(("system", "dark", "light"), start=1):
            action = add(
                f"view.theme_{name}",
                tr("{name} theme", name=said(name.capitalize())),
                partial(window.choose_theme, cast(ThemeChoice, name)),
                shortcut=f"Ctrl+Alt+{place}",
                checkable=True,
            )
            action.setChecked(window.themes.choice == name)
            group.addAction(action)
            theme.addAction(action)
        window.header.add_submenu("View", theme)
        theme.setProperty("before", "view.toggle_theme")
        keys, words = KEYS["view.toggle_theme"], tr("night appearance")
        add("view.toggle_theme", tr("Dark or light"), window.toggle_theme, shortcut=keys, menu="View", words=words)
        add_text_commands(window)
        show = add(
            "view.show_all_classes", tr("Show all classes"), self._show_all, shortcut="Ctrl+Shift+E", menu="View"
        )
        show.setProperty("begins_group", True)
        self.playing = PlayRecordings(window)
        self.layouts = LayoutCommands(window)
        full = add(
            "view.full_screen",
            tr("Full screen"),
            window.toggle_full_screen,
            shortcut="F11",
            menu="View",
            words=tr("present presentation slides projector beamer maximise"),
        )
        full.setProperty("begins_group", True)

    def _run(self) -> None:
        add, window = self.commands.add, self.window
        words = tr("pause resume wait start begin")  # also what it does once a run trains
        add("run.train", tr("Train"), self._train, shortcut=KEYS["run.train"], menu="Run", words=words)
        words = tr("end halt abort cancel")
        add("run.stop", tr("Stop"), self._stop, shortcut=KEYS["run.stop"], menu="Run", tip=STOP_TIP, words=words)
        add(
            "run.continue",
            tr("Go on with this run"),
            self._continue,
            shortcut="Ctrl+Shift+R",
            menu="Run",
            tip=CONTINUE_TIP,
            words=tr("continue resume"),
        )
        self.steps = StepCommands(self.window)
        self._comparisons = ComparisonCommands(self.window)
        add(
            "run.report",
            tr("Save report…"),
            self._ask_report,
            shortcut="Ctrl+Alt+S",
            menu="Run",
            tip=REPORT_TIP,
            words="HTML PDF CSV JSON",
            by_name=self._ask_report,
        ).setProperty("begins_group", True)
        window.branching.add_command()
        window.duels.add_command()
        window.sweeps.add_commands()
        add(
            "run.disk",
            tr("On the disk…"),
            self._show_disk,
            shortcut="Ctrl+Alt+D",
            menu="Run",
            tip=tr("What this run and the program keep in megabytes, by what policy, and freeing some of it"),
            words=tr("space storage"),
        )

    def _window(self) -> None:
        add, window = self.commands.add, self.window
        add(
            "window.beside",
            tr("Another run beside"),
            lambda: window.beside.open(window),
            shortcut="Ctrl+Shift+N",
            menu="Window",
            tip=tr("A second window on the same data for another run: selection, pins and colours are shared"),
        )
        self.go_to.add_commands()
        if not window.is_first:  # which one quits
            add("window.close", tr("Close this window"), window.close, shortcut="Ctrl+W", menu="Window", tip=CLOSE_TIP)
        add(
            "window.jobs",
            tr("In the background"),
            window.status_bar.jobs.open,
            shortcut="Ctrl+Shift+J",
            menu="Window",
            tip=tr("What works in the background, how far it is, and cancelling it"),
            words=tr("progress tasks jobs"),
        )

    def _help(self) -> None:
        add, window = self.commands.add, self.window
        add(
            "help.guide",
            tr("Help"),
            window.help.on_focus,
            shortcut="F1",
            menu="Help",
            tip=tr("What the panel or the loss, miner or distance with the focus is; else the first steps"),
            words=tr("manual documentation"),
        )
        tip = tr("Seven short steps beside the map while a real training runs, on what is open or the digits")
        words = tr("tutorial introduction")
        add(
            "help.tour",
            tr("Guided first run"),
            window.tour.begin,
            shortcut="Ctrl+F1",
            menu="Help",
            tip=tip,
            words=words,
        )
        palette = KEYS["help.palette"]
        add(
            "help.palette", tr("Search commands"), window.open_palette, shortcut=palette, also=PALETTE_ALSO, menu="Help"
        )
        add(
            "help.shortcuts",
            tr("Keyboard shortcuts"),
            lambda: show_shortcuts(window),
            shortcut=KEYS["help.shortcuts"],
            menu="Help",
            tip=tr("Every command with its shortcut, which can be changed"),
            words=tr("keyboard keys hotkeys"),
        )
        words = tr("log errors notifications")
        add("help.messages", tr("Messages"), window.messages.open, shortcut="Ctrl+Alt+M", menu="Help", words=words)
        about, words = lambda: show_about(window), tr("version licence")
        add("help.about", tr("About Embedding Explorer"), about, shortcut="Shift+F1", menu="Help", words=words)

    # --- following ----------------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Switch the commands on and off, and name the first button, by the state of the session."""
        session = self.window.session
        state = self._followed = session.state if session else "empty"
        why_not = in_window(session.why_not()) if session else tr("Open pictures or vectors first")
        running = state in UNDER_WAY
        train = self.commands["run.train"]
        over = state in ("finished", "failed") and session is not None and session.run_folder is not None
        train.setText(
            {"training": tr("Pause"), "paused": tr("Resume")}.get(state, tr("Train anew") if over else tr("Train"))
        )
        train.setEnabled(running or not why_not)
        tips = {"training": tr("Wait before the next step"), "paused": tr("Go on")}
        words = tips.get(state) or why_not or (ANEW_TIP if over else tr("Train with this recipe"))
        tests = session is not None and any(role == "test" for _, role in session.sources)
        if tests and not running and not why_not:
            words += f"\n{TESTS_TIP}"
        self.commands.set_tip("run.train", words, key=running or not why_not)
        self._follow_stop(running)
        self.steps.follow(may_train=not why_not, over=self._is_over())
        reading = session.read_only if session is not None else ""
        self.commands["run.continue"].setEnabled(bool(over and not why_not and not reading))
        self.commands.set_tip("run.continue", reading or CONTINUE_TIP)
        self.commands["run.report"].setEnabled(over)
        self.commands.set_tip("run.report", REPORT_TIP if over else tr("Possible once a training is over"))
        dataset = session.dataset if session is not None else None
        has_data = dataset is not None
        self.selection.follow()
        self.playing.follow()
        for name in ("file.start", *ADDING):
            self.commands[name].setEnabled(has_data)
        asked = dataset is not None and bool(dataset.modality.asked_by)
        for name in ("file.query", "edit.paste"):
            self.commands[name].setEnabled(asked)
        for name in ("view.show_all_classes", "window.beside", "window.go_map"):
            self.commands[name].setEnabled(has_data)
        self.layouts.follow(has_data)
        self._comparisons.follow(self.recipe_panel)
        self.window.sweeps.follow(self.recipe_panel)
        self.recipes.follow(self.recipe_panel, running=running)

    def _follow_stop(self, running: bool) -> None:
        """Stop ends the training; once that is over it ends the last pass as well, and is called so."""
        stop, over = self.commands["run.stop"], running and self._is_over()
        stop.setEnabled(running)
        stop.setText(tr("Stop now") if over else tr("Stop"))
        tip = tr("End without embedding the rest: the newest figures and map are of before") if over else STOP_TIP
        self.commands.set_tip("run.stop", tip)

    def _is_over(self) -> bool:
        """Return whether the training has ended, or was told to, and only the last pass is under way."""
        session, bar = self.window.session, self.window.run_bar
        return session is not None and (session.ending or (bar is not None and bar.finishing))

    # --- doing --------------------------------------------------------------------------------------------------------

    def _train(self) -> None:
        session = self.window.session
        if session is None or self._is_late(session):
            return
        if session.state == "training":
            session.pause()
        elif session.state == "paused":
            session.resume()
        else:
            self._told(session.train)

    def _continue(self) -> None:
        session = self.window.session
        if session is not None and not self._is_late(session):
            self._told(lambda: session.train(resume=True))

    def _is_late(self, session: Session) -> bool:
        """Return whether a button was pressed for what it said before, as the second time at once; it is said anew."""
        if late := session.state != self._followed:
            self.window.follow()
        return late

    def _stop(self) -> None:
        if self.window.session is not None:
            self.window.session.stop(quick=self._is_over())
            self.window.follow()

    def _ask_report(self, found_by: str = "") -> None:
        window, dataset = self.window, self.window.dataset
        name = plain_name(f"{dataset.name}-report" if dataset is not None else "report")
        window.opener.ask_report(name, window.reports.save, found_by)

    def _show_disk(self) -> None:
        from explorer.ui.shell.settings.disk_dialog import DiskDialog  # it imports the session, after the first paint

        window = self.window
        if window.session is not None and window.bridge is not None:
            DiskDialog(window.session, window.bridge, window).show()

    def _told(self, work: Callable[[], object]) -> None:
        try:
            work()
        except UserError as error:
            self.window.toasts.show(str(error), "error")

    def _clear_pins(self) -> None:
        self.window.state.pins.clear()
        if self.window.session is not None:
            self.window.session.outside.clear()

    def _show_all(self) -> None:
        self.window.state.show_everything()

    def follow_form(self) -> None:
        """Follow when the form of the recipe is made, which takes some turns: what is done with it waits for that."""
        if (panel := self.window.workspace.panels.get("recipe")) is not None:
            cast("RecipePanel", panel).made.connect(self.window.follow)
            self.window.sweeps.follow_form(cast("RecipePanel", panel))

    @property
    def recipe_panel(self) -> RecipePanel | None:
        """The panel of the recipe, once its parts are loaded."""
        panel = cast("RecipePanel | None", self.window.workspace.panels.get("recipe"))
        return panel if panel is not None and panel.forms else None

    def places(self) -> list[Place]:
        """Return what the palette finds besides commands: fields of the recipe, parts of panels, settings, the help."""
        panel = self.recipe_panel
        others = [*self.go_to.places(), *setting_places(self.window), *self.window.help.places()]
        if panel is None or not self.window.workspace.shown:
            return others
        from explorer.ui.recipe.find_field import places_of  # with the panels, and not before the first paint

        return [*places_of(panel), *others]
