"""What a window does with its session: begins to use it, shows what it tells, and follows its state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from explorer.core.errors import UserError, printable
from explorer.core.events import ParameterChanged, RunFailed, RunFinished, RunStarted
from explorer.core.types import Projection
from explorer.engine.events import (
    AnalysisRestarted,
    CatalogueReady,
    DatasetOpened,
    Notice,
    RecipeChanged,
    RunOpened,
    RunShown,
    SplitChanged,
    StateChanged,
)
from explorer.engine.run.alarms import Alarm, Remedy
from explorer.ui.session.heard_data import HeardData
from explorer.ui.session.panel import Desk
from explorer.ui.session.view_state import first_colouring
from explorer.ui.shell.training.run_bar import RunBar
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import open_path
from explorer.ui.widgets.text import counted

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset
    from explorer.engine.session.session import Session
    from explorer.ui.map.map_panel import MapPanel
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.main_window import MainWindow

MAP_TIP = tr("Click a point for its neighbours · wheel zooms · drag moves")
SOUND_TIP = tr("Click a point for its neighbours · Space plays it · wheel zooms · drag moves")

TEST_TIP = tr(". The run is kept: Evaluate measures them as Test items.")


class WindowSession(QObject):
    """Joins a window and its session; the window keeps what others ask for: ``session``, ``bridge``, ``data``."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._mapped = False
        window.workspace.built.connect(self._on_built)
        window.centre.currentChanged.connect(lambda _page: self._follow_map())
        window.alarm_bar.chosen.connect(self._on_remedy)

    def begin(self, session: Session, bridge: Bridge) -> None:
        """Use a session; its results are shown from when the panels are there."""
        window = self._window
        window.session, window.bridge = session, bridge
        window.in_use.follow("autosave")
        window.finder.attach()
        window.data = HeardData(session, bridge)  # the first to hear of other data: who hears after it asks it
        desk = Desk(session, bridge, window.state, window.themes, window.settings, window.commands, window.data)
        window.run_bar = RunBar(desk)
        window.run_bar.hide()
        window.run_bar.finishing_changed.connect(window.follow)
        window.top_box.insertWidget(1, window.run_bar)
        window.status_bar.attach(desk)
        window.actions_of_window.recipes.attach(session, bridge)
        window.runs.attach(session, bridge, first=window.is_first)
        window.start_again.attach(bridge)
        window.duels.attach(desk, bridge)
        window.branching.attach(desk, bridge)
        window.sweeps.attach(session, bridge)
        window.opener.attach(session, bridge)
        window.added_again.attach(session, bridge)
        window.opener.interrupted.would_lose.connect(window.ask_unsaved)
        window.reports.attach(session, bridge)
        window.tour.attach(bridge)
        self._hear(bridge)
        window.state.pins.attach(session.analysis.pin)
        window.state.pins.changed.connect(bridge.hurry)
        window.follow()
        window.workspace.build(desk)

    def _hear(self, bridge: Bridge) -> None:
        window = self._window
        bridge.of(DatasetOpened).connect(self._on_dataset)
        bridge.of(Projection).connect(self._on_map)
        bridge.of(StateChanged).connect(window.follow)
        bridge.of(SplitChanged).connect(window.follow)
        bridge.of(CatalogueReady).connect(window.follow)
        bridge.of(ParameterChanged).connect(window.follow)
        bridge.of(RecipeChanged).connect(window.follow)
        bridge.of(RunOpened).connect(self._on_run_opened)
        bridge.run_event.connect(self._on_run_event)
        bridge.of(Notice).connect(self._on_notice)
        bridge.of(AnalysisRestarted).connect(self._on_restarted)
        bridge.of(RunShown).connect(self._on_run_shown)
        bridge.of(Alarm).connect(window.alarm_bar.show_alarm)
        bridge.of(DatasetOpened).connect(lambda event: window.beside.linked.join(window.state, event.dataset))

    def _on_built(self) -> None:
        window = self._window
        assert window.session is not None
        assert window.bridge is not None
        window.actions_of_window.layouts.add_docks()
        from explorer.ui.map.export.export_map import export_menu  # with the panels, and not before the first paint

        window.header.add_submenu("File", export_menu(window.commands, window))
        window.header.rebuild()
        window.addActions([command.action for command in window.commands])
        window.actions_of_window.follow_form()
        map_panel = cast("MapPanel", window.workspace.panels["map"])
        map_panel.canvas.input.tool_changed.connect(lambda _tool: self._follow_map())
        window.toasts.keep_clear = partial(map_panel.kept_clear, window)
        window.bridge.attach(window.session.lanes)
        window.follow()
        window.built.emit()

    def _on_dataset(self, event: DatasetOpened) -> None:
        window = self._window
        if event.role == "main":
            self._begin_view(event.dataset)
        else:
            window.state.pins.ask_again()
            self._put_back_once(event.dataset)
            modality = event.dataset.modality
            window.toasts.show(
                tr(
                    "{name}: {dataset} now{tip}",
                    name=printable(event.dataset.name),
                    dataset=counted(len(event.dataset), modality.noun, modality.plural),
                    tip=TEST_TIP if event.kept_run and event.role == "test" else "",
                )
            )
        assert window.run_bar is not None
        window.run_bar.show()
        self._follow_map()
        window.workspace.show(window.settings.layouts, window.settings.layout)
        window.entitle(event.dataset.name)
        window.follow()

    def _on_map(self, _frame: Projection) -> None:
        if not self._mapped:
            self._mapped = True
            self._follow_map()

    def _follow_map(self) -> None:
        """Say at the foot what can be done with the map by the tool that is chosen, where there is one in sight."""
        window = self._window
        page, panel = window.centre.currentWidget(), cast("MapPanel | None", window.workspace.panels.get("map"))
        tip, dataset = "", window.dataset
        if self._mapped and dataset is not None and panel is not None and page is not None and page.isAncestorOf(panel):
            from explorer.ui.map.canvas.selection_tools import tool_tip  # with the panels

            usual = SOUND_TIP if dataset.modality.sounds else MAP_TIP
            tip = tool_tip(panel.canvas.input.tool) or usual
        window.status_bar.set_default_tip(tip)

    def _begin_view(self, dataset: Dataset) -> None:
        """Show other data as they are shown at first, or with what was pinned and selected when the window closed."""
        window = self._window
        from explorer.ui.map.colourings import by_target  # with the panels, and not before the first paint

        kept = window.settings.view if window.is_first else None
        window.state.reset(
            first_colouring(len(dataset.class_names), dataset.columns, by_target(dataset)),
            lambda view: None if kept is None else kept.put_back(view, dataset),
        )

    def _put_back_once(self, dataset: Dataset) -> None:
        """Pin and select what was when the window closed, where what had been added by then is there again only now."""
        state, kept = self._window.state, self._window.settings.view
        if kept is not None and self._window.is_first and not len(state.selection) and not state.pins.items:
            kept.put_back(state, dataset)

    def _on_run_shown(self, _event: RunShown) -> None:
        """Say nothing more of the run before, nor what it is called."""
        self._window.alarm_bar.clear()
        self._window.name_run("")

    def _on_run_opened(self, event: RunOpened) -> None:
        window = self._window
        window.name_run(event.name)
        window.follow()

    def _on_remedy(self, remedy: Remedy) -> None:
        window = self._window
        assert window.session is not None
        if remedy.action == "save elsewhere":
            window.save_elsewhere()
            return
        try:
            window.session.mend(remedy)
        except UserError as error:
            window.toasts.show(printable(str(error)), "error")

    def _on_run_event(self, event: object) -> None:
        window = self._window
        unsaved = window.session is not None and bool(window.session.unsaved)
        if isinstance(event, RunStarted | RunFailed) and not unsaved:  # what was wrong at its end stays to be read
            window.alarm_bar.clear()
        if isinstance(event, RunStarted) and event.step == 0:  # what the run before was called is not its name
            window.name_run("")
        if isinstance(event, RunFailed):
            window.teller.tell(printable(event.message), "error", event.traceback)
        elif isinstance(event, RunFinished) and event.reason == "done":
            done = f"{counted(event.epoch, 'epoch')}, {counted(event.step, 'step')}"
            if window.session is not None and window.session.recipe.fitter.name != "none":
                done = counted(event.step, "iteration")
            window.toasts.show(tr("Training is done: {done}.", done=done))

    def _on_notice(self, notice: Notice) -> None:
        window = self._window
        sentence, _, details = notice.text.partition("\n")
        if notice.folder is not None:
            folder = (tr("Show folder"), partial(open_path, notice.folder))
            toast = window.toasts.show(printable(sentence), offer=folder, stays=False)
            if notice.file is not None:
                toast.add_offer((tr("Open"), partial(open_path, notice.file)))
            return
        window.teller.tell(printable(sentence), notice.level, details)

    def _on_restarted(self, event: AnalysisRestarted) -> None:
        window = self._window
        window.toasts.show(printable(event.reason), "warning")
