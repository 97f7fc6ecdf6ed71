"""A duel: the run of the window and a guest, on one page, their maps laid over each other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from explorer.core.errors import printable
from explorer.core.types import Projection
from explorer.engine.events import UNDER_WAY, RunOpened, RunShown, StateChanged
from explorer.engine.session.branches import BranchOffered
from explorer.engine.session.duel import DuelFound, DuelMaps, DuelRecipes, DuelRefused
from explorer.ui.map.canvas.navigator import Navigator
from explorer.ui.map.map_panel import MapPanel
from explorer.ui.recipe.changed_live import change_words
from explorer.ui.session.linked_views import LinkedViews
from explorer.ui.session.panel import Desk
from explorer.ui.session.run_names import told_apart
from explorer.ui.shell.duel.branch_dialog import BranchDialog
from explorer.ui.shell.duel.guest import Guest
from explorer.ui.shell.duel.linked_steps import LinkedSteps
from explorer.ui.shell.duel.morph import Morph
from explorer.ui.shell.duel.page import DuelPage
from explorer.ui.shell.layout.docks import CentrePanel
from explorer.ui.shell.recipes.recipe_book import words_of
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.setting_names import in_window
from explorer.ui.widgets.text import percent

SOON_MS, OFTEN_MS = 400, 15_000
"""How long another step stays before it is compared, and how often it is looked whether there is anything new."""
MOST_DIFFERENCES, ALL_DIFFERENCES = 6, 1000
FAR = 0.1
"""How far apart the maps may be, as a share of the width, while that of the window moves on."""
APART = tr("How far an item lies from itself on the other map: the median, as a share of the width")
BRANCH_WORDS = tr(
    "B begins as A was after the step: the same weights, and the same randomness until then. What is changed below "
    "holds from there on; without a change B goes the way of A."
)
WITHOUT_ADDED = tr(
    "A was trained without the data that were added, and so would be B: leave the duel, and branch the run then."
)
OPENING, LAYING = tr("The other run is being opened…"), tr("The maps are being laid over each other…")
OF_ANOTHER_RUN = tr("What changed between the two is compared once both have measured items.")


class Duel(QObject):
    """Holds both runs. The map of the guest is the one that is laid over the other, which stays as it is.

    Signals
    -------
    failed(text): the other run cannot be shown, in words.
    """

    failed = Signal(str)

    def __init__(self, desk: Desk, home: CentrePanel, linked: LinkedViews, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._home, self._linked = desk, home, linked
        self._first = True  # whether the guest is A
        self._told = False  # whether the map of the window had its legend open
        self.page = DuelPage(desk)
        self.guest = Guest(desk, linked, self)
        self._there = CentrePanel(self.guest.panel)
        self._laying = self._ended = self._branching = False
        self._laid_at = ("", -1)
        self._recipes: DuelRecipes | None = None
        self.dialog: BranchDialog | None = None
        self._morph = Morph(self._map(home), self.guest.panel, self.page.bar, self)
        self.steps = LinkedSteps((desk, self.guest.desk), self)
        self.page.view.currentIndexChanged.connect(lambda _place: self._show_as(self.page.view.currentData()))
        self.page.unit.currentIndexChanged.connect(lambda _place: self.steps.go_by(self.page.unit.currentData()))
        self.page.swapped.connect(self._swap)
        self.page.again.connect(self.lay_over)
        self.guest.failed.connect(self.failed)
        self.guest.opened.connect(self._on_opened)
        self.guest.bridge.of(Projection).connect(self._on_map)
        desk.bridge.of(DuelRecipes).connect(self._on_recipes)
        desk.bridge.of(DuelMaps).connect(self._on_maps)
        desk.bridge.of(DuelFound).connect(self._on_found)
        desk.bridge.of(DuelRefused).connect(self._on_refused)
        self._soon = QTimer(self, interval=SOON_MS, singleShot=True)
        self._soon.timeout.connect(lambda: self._compare(anew=True))
        self._often = QTimer(self, interval=OFTEN_MS)
        self._often.timeout.connect(lambda: self._compare(anew=False))
        for side in (desk, self.guest.desk):
            side.state.displayed_step_changed.connect(self._on_step)
            side.bridge.of(StateChanged).connect(self._follow)
            side.bridge.of(RunShown).connect(self._on_run)
            side.bridge.of(BranchOffered).connect(self._on_branch)
        self.page.branch_wanted.connect(self.ask_branch)
        self.page.halted.connect(self._halt)

    def begin(self, other: Path, *, first: bool) -> None:
        """Show both, the other run as A where it is the ``first``."""
        self._first = self._morph.first = first
        self._arrange()
        self.page.said.setText(OPENING)
        dataset = self._desk.data.dataset
        if dataset is not None:
            self._linked.join(self._desk.state, dataset)
        self._camera(self._home).lead(self._camera(self._there))
        self._told = self._map(self._home).legend.opened
        self._share_tools()
        for side in (self._home, self._there):  # half as wide, a map needs its room; both have the same colours
            self._map(side).legend.fold(True)
        self.guest.open(other)

    def _share_tools(self) -> None:
        """Let both maps have the tool that is chosen on either, and what is done with what it catches."""
        home, there = (self._map(side).canvas.input for side in (self._home, self._there))
        there.set_tool(home.tool)
        there.set_mode(home.mode)
        for one, other in ((home, there), (there, home)):
            one.tool_changed.connect(other.set_tool)
            one.mode_changed.connect(other.set_mode)

    @property
    def first(self) -> bool:
        """Whether the other run is A."""
        return self._first

    @staticmethod
    def _map(side: CentrePanel) -> MapPanel:
        assert isinstance(side.panel, MapPanel)
        return side.panel

    def _camera(self, side: CentrePanel) -> Navigator:
        return self._map(side).canvas.navigator

    def _show_as(self, view: str) -> None:
        """Show both maps, or one that morphs."""
        one = view == "morph"
        self._there.setVisible(not one)
        self.page.bar.setVisible(one)
        self._morph.switch(one)
        self._name()

    def _sides(self) -> tuple[CentrePanel, CentrePanel]:
        return (self._there, self._home) if self._first else (self._home, self._there)

    def _arrange(self) -> None:
        self.page.show_sides(*self._sides())
        self._name()

    def _name(self) -> None:
        """Say which run is A and which B, as long as both are on the page: the guest is saved when it has ended."""
        if self._ended:
            return
        sides = self._sides()
        lines = told_apart([side.panel.desk.session.recipe for side in sides])
        a, b = ((side, _called(line, side.panel.desk)) for line, side in zip(lines, sides, strict=True))
        self.page.name_sides(a, b)
        if self._there.isHidden():
            self._home.header.title.setText(printable(f"A  {a[1]}  →  B  {b[1]}"))

    def _swap(self) -> None:
        self._first = self._morph.first = not self._first
        self._arrange()
        self._morph.draw()
        self._compare(anew=True)
        self._follow()

    def _on_opened(self, _event: RunOpened) -> None:
        self._name()
        self.lay_over()
        self._compare(anew=True)
        self._often.start()
        self._follow()

    def _on_run(self, _event: RunShown) -> None:
        """Name the run that one of the two shows now, and say nothing more of the one before."""
        self._name()
        if not self._ended:
            self.page.say("")
            self.page.changes.say(OF_ANOTHER_RUN)
            self._desk.state.set_fates(None)
            self._soon.start()

    # --- what changed -------------------------------------------------------------------------------------------------

    def _compare(self, *, anew: bool) -> None:
        """Compare both as they are shown, in the background; where one trains, its newest exact embeddings."""
        if not self._ended:
            self._desk.session.duel.compare(self.guest.session.duel, first=self._first, anew=anew)

    def _on_step(self, _step: int) -> None:
        """Compare anew once a step stays: of those that are passed by nobody reads what changed."""
        self._soon.start()

    def _on_recipes(self, recipes: DuelRecipes) -> None:
        """Say at the head what the recipes say differently; it comes with every comparison, and seldom is another."""
        if recipes == self._recipes:
            return
        self._recipes = recipes
        self.page.differences.setText(" · ".join(head_words(recipes, MOST_DIFFERENCES)))
        self.page.differences.about = "\n".join(head_words(recipes, ALL_DIFFERENCES)).replace(", ", "\n")

    def _on_maps(self, maps: DuelMaps) -> None:
        """Say how near the maps are, and lay them over each other again where that of the window has moved away."""
        if self._ended or self._laying:
            return
        self.page.said.setText(tr("{share} of the width apart", share=percent(maps.apart)))
        self.page.said.about = APART
        shown = self._desk.session.shown_map
        moved = shown is not None and (shown.run, shown.step) != self._laid_at
        if moved and maps.apart > FAR and self._desk.state.displayed_step < 0:
            self.lay_over()

    def _on_found(self, found: DuelFound) -> None:
        if self._ended:
            return
        self.page.say(printable(said(found.verdict)))
        self.page.changes.show_found(found)
        self._desk.state.set_fates(found.fates)

    def _on_refused(self, refused: DuelRefused) -> None:
        self.page.changes.say(in_window(printable(refused.problem)))

    def lay_over(self) -> None:
        """Lay the map of the guest out anew, beginning where its items lie on the other one."""
        shown = self._desk.session.shown_map
        if shown is not None:
            self._laying, self._laid_at = True, (shown.run, shown.step)
            self.page.said.setText(LAYING)
            self.guest.session.lay_over(shown)

    def _on_map(self, frame: Projection) -> None:
        """Say no longer that it is laid over when the points begin to move."""
        if self._laying and frame.method != "pca":
            self._laying = False
            self.page.said.setText("")

    # --- a branch -----------------------------------------------------------------------------------------------------

    def _pair(self) -> tuple[Desk, Desk]:
        """Return the desks of A and B."""
        return (self.guest.desk, self._desk) if self._first else (self._desk, self.guest.desk)

    def _follow(self, _event: object = None) -> None:
        """Follow what both do: B can be made anew while it does not train, and a guest that trains can be stopped."""
        a, b = self._pair()
        self.page.branch.setEnabled(a.session.run_folder is not None and b.session.state not in UNDER_WAY)
        self.page.halt.setVisible(self.guest.session.state in UNDER_WAY)
        self.page.halt.setText(tr("Stop A") if self._first else tr("Stop B"))
        self._name()

    def ask_branch(self) -> None:
        """Ask from where B is to be trained as a branch of A."""
        a, b = self._pair()
        if a.session.branches.without_added:
            self.page.say(WITHOUT_ADDED)
        elif a.session.run_folder is not None and self.page.branch.isEnabled():
            self._branching = True
            b.session.branches.look(a.session.run_folder)

    def _on_branch(self, offered: BranchOffered) -> None:
        branching, self._branching = self._branching, False
        if self._ended or not branching:
            return
        if not offered.steps:
            self.page.say(tr("A has kept no step that it could be branched at."))
            return
        at = self._pair()[0].state.displayed_step
        dialog = self.dialog = BranchDialog(
            offered, self.page.window(), title=tr("Make B from A"), words=BRANCH_WORDS, at=at
        )
        dialog.chosen.connect(lambda step, asked: self._branch(offered, step, asked))
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _branch(self, offered: BranchOffered, step: int, asked: list[str]) -> None:
        self._pair()[1].session.branches.begin(offered.parent, step, asked)

    def _halt(self) -> None:
        self.guest.session.stop()

    def end(self) -> None:
        """Leave both maps by themselves, and end the guest in the background."""
        self._ended = True
        for timer in (self._soon, self._often):
            timer.stop()
        self._morph.switch(False)
        self._desk.state.set_fates(None)
        home, there = (self._map(side).canvas.input for side in (self._home, self._there))
        home.tool_changed.disconnect(there.set_tool)
        home.mode_changed.disconnect(there.set_mode)
        self._camera(self._home).lead(None)
        self._map(self._home).legend.fold(not self._told)
        self._home.header.title.setText(self._home.panel.title)
        self.guest.close()


def head_words(recipes: DuelRecipes, most: int) -> tuple[str, ...]:
    """Return what the recipes of A and B say differently, ``most`` of it, and what was changed live in one alone."""
    words = words_of(recipes.differences, recipes.a, recipes.b, most)
    live = [
        tr("Changed live in {run}: {changes}", run=run, changes=", ".join(map(change_words, changes)))
        for run, changes in zip("AB", recipes.changed, strict=True)
        if changes
    ]
    same = tr("Both end with one recipe") if live else tr("Both have one recipe")
    return (tr("A → B: {words}", words=words) if words else same, *live)


def _called(line: str, desk: Desk) -> str:
    folder = desk.session.run_folder
    return f"{line} · {folder.name}" if folder is not None else line
