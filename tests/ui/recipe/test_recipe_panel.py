"""The recipe panel shows what means something, and says why the rest does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged
from explorer.core.recipe import PART_KINDS, Part, Recipe
from explorer.core.types import Split
from explorer.engine.events import CatalogueReady, SplitChanged, StateChanged
from explorer.ui.recipe.form_scroll import LATER_MS
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.recipe.relevant_parts import STEPS_ONLY, UNMINED
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.fields.free_text import TextField
from tests.ui.conftest import LONG
from tests.ui.panel_desk import Held, desk_of


def test_a_fitter_hides_what_only_gradient_steps_use(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    assert window.session is not None
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    assert not panel.forms["loss"].isHidden()
    panel.forms["fitter"].fields["fitter"].changed.emit("lmnn")
    assert window.session.recipe.encoder == Part(name="pixels")
    assert panel.forms["encoder"].fields["encoder"].value() == "pixels"
    assert panel.forms["distance"].fields["distance.normalise"].value() is False  # which goes with a fitter by default
    for kind, form in panel.forms.items():
        assert form.isHidden() == (kind in STEPS_ONLY), kind
        assert form.more.isHidden() == (kind in STEPS_ONLY or not form.has_more), kind
    assert panel.passes.isHidden()
    panel.forms["fitter"].fields["fitter"].changed.emit("none")
    assert window.session.recipe == Recipe()
    assert panel.forms["distance"].fields["distance.normalise"].value() is True
    assert not any(form.isHidden() for kind, form in panel.forms.items() if kind not in ("augment", "schedule"))
    assert not panel.passes.isHidden()

    miner = panel.forms["miner"].fields["miner"]
    panel.forms["loss"].fields["loss"].changed.emit("prototypical")
    assert not miner.isEnabled()
    assert miner.toolTip() == UNMINED
    panel.forms["loss"].fields["loss"].changed.emit("vicreg")
    assert panel.forms["miner"].isHidden()
    panel.forms["loss"].fields["loss"].changed.emit("triplet")
    assert not panel.forms["miner"].isHidden()
    assert panel.forms["miner"].fields["miner"].isEnabled()
    assert panel.forms["miner"].fields["miner"].toolTip() != UNMINED


def test_the_way_back_from_a_fitter_leaves_vectors_an_encoder_that_reads_them(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    path = tmp_path / "vectors.npz"
    np.savez(path, vectors=np.eye(12, dtype=np.float32), labels=np.arange(12) % 3)
    window = open_window()
    assert window.session is not None
    session = window.session
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    session.open(str(path))
    qtbot.waitUntil(lambda: session.dataset is not None and session.recipe.encoder.name == "mlp", timeout=LONG)
    method = panel.forms["fitter"].fields["fitter"]
    method.changed.emit("nca")
    assert session.recipe.encoder.name == "pixels"
    method.changed.emit("none")
    assert session.recipe.encoder.name == "mlp"
    assert panel.forms["encoder"].fields["encoder"].value() == "mlp"


def test_while_a_run_trains_the_form_follows_what_is_trained_with(qtbot: QtBot, tmp_path: Path) -> None:
    held = Held(state="training")
    desk = desk_of(held, Settings(tmp_path / "settings.json"))
    for name in ("recipe.book", "recipe.save", "run.sweep", "recipe.reset"):
        desk.commands.add(name, name, lambda: None)
    panel = RecipePanel(desk)
    qtbot.addWidget(panel)
    desk.bridge.of(CatalogueReady).emit(CatalogueReady(PART_KINDS))
    assert not panel.body_shown, "it is made some of it a turn, and holds nothing up"
    desk.bridge.of(CatalogueReady).emit(CatalogueReady(PART_KINDS))
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    held.state, share = "ready", panel.forms["split"].fields["split.test"]
    for kind, usable in (("column", False), ("items", True)):
        held.split = Split(kind, np.arange(4), np.arange(4, 6), unseen=False)
        desk.bridge.of(SplitChanged).emit(SplitChanged(held.split))
        assert share.isEnabled() == usable
        assert ("say themselves what is held out" in share.toolTip()) != usable
    held.state = "training"
    margin, before = panel.forms["loss"].fields["loss.margin"], held.recipe

    def answer(value: float, recipe: Recipe) -> None:
        held.recipe = recipe
        desk.bridge.of(ParameterChanged).emit(ParameterChanged("r1", 3, "loss.margin", 0.2, value, recipe))

    for value in (0.3, 0.5):
        margin.set_value(value)
        margin.changed.emit(value)
    assert held.asked == ["loss.margin = 0.3", "loss.margin = 0.5"]
    assert panel.recipe == before
    answer(0.3, before.with_value("loss.margin", 0.3))
    assert margin.value() == 0.5  # it has been moved on since, and does not jump back
    answer(0.4, before.with_value("loss.margin", 0.4))  # the run has taken another value than was asked
    assert margin.value() == 0.4
    assert panel.recipe == held.recipe

    margin.set_value(0.9)
    margin.changed.emit(0.9)
    held.state = "finished"
    desk.bridge.of(StateChanged).emit(StateChanged("finished", ""))
    assert margin.value() == 0.4  # the run ended before it came to that
    desk.bridge.close()


def test_what_is_wrong_with_a_field_is_said_until_that_is_right_beside_what_is_wrong_with_others(
    qtbot: QtBot, desk: Desk
) -> None:
    for name in ("recipe.book", "recipe.save", "run.sweep", "recipe.reset"):
        desk.commands.add(name, name, lambda: None)
    panel = RecipePanel(desk)
    qtbot.addWidget(panel)
    desk.bridge.of(CatalogueReady).emit(CatalogueReady(PART_KINDS))
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    margin, weight = panel.forms["loss"].fields["loss.margin"], panel.forms["optimiser"].fields["optimiser.rate"]
    margin.invalid.emit("margin is wrong")
    panel.general["epochs"].invalid.emit("epochs are none")
    weight.invalid.emit("rate is wrong")
    assert panel.error.text().splitlines() == ["Margin is wrong", "Epochs are none", "Rate is wrong"]
    assert not panel.error.isHidden()
    margin.invalid.emit("margin is still wrong")
    weight.changed.emit(weight.value())
    assert panel.error.text().splitlines() == ["Epochs are none", "Margin is still wrong"]
    panel.forms["loss"].fields["loss"].changed.emit("contrastive")  # whose fields are others
    assert panel.error.text() == "Epochs are none"
    panel.general["epochs"].invalid.emit("")
    assert panel.error.isHidden()


def test_a_value_that_is_set_from_elsewhere_is_shown(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window()
    assert window.session is not None
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    window.session.set("loss.margin", 0.4)
    qtbot.waitUntil(lambda: panel.forms["loss"].fields["loss.margin"].value() == 0.4)
    assert panel.recipe == window.session.recipe


def test_what_is_changed_stays_under_the_hand_and_the_run_bar_follows(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    assert window.run_bar is not None
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown and panel.isVisible(), timeout=LONG)
    chip = window.run_bar.chip
    bar = panel.form_scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)

    def height(kind: str) -> int:
        return panel.forms[kind].fields[kind].mapTo(panel, QPoint(0, 0)).y()

    for kind, name in (("miner", "semi_hard"), ("loss", "softmax"), ("loss", "multi_similarity"), ("loss", "triplet")):
        panel.forms[kind].fields[kind].setFocus(Qt.FocusReason.MouseFocusReason)
        bar.setValue(min(bar.maximum(), bar.value() + height(kind) - 8))  # it is the first that is seen
        QApplication.processEvents()
        before = height(kind)
        panel.forms[kind].fields[kind].changed.emit(name)
        words = name.replace("_", " ")
        qtbot.waitUntil(lambda: words in chip.text().replace("-", " "))  # noqa: B023
        settled = QTimer(panel, interval=2 * LATER_MS[-1], singleShot=True)
        settled.start()
        qtbot.waitUntil(lambda: not settled.isActive())  # noqa: B023
        assert height(kind) == before, (kind, name)


def test_what_a_hand_changes_is_taken_back_one_field_after_the_other(
    qtbot: QtBot, open_window: Callable[..., MainWindow]
) -> None:
    window = open_window("sample:digits")
    session, history = window.session, window.actions_of_window.selection.history
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    assert session is not None
    qtbot.waitUntil(lambda: panel.body_shown and window.dataset is not None, timeout=LONG)
    margin = panel.forms["loss"].fields["loss.margin"]
    before = session.recipe
    for value in (0.3, 0.35, 0.4):  # a slider that is drawn
        margin.changed.emit(value)
    panel.forms["loss"].fields["loss"].changed.emit("contrastive")
    qtbot.waitUntil(lambda: history.to_undo == "recipe, Loss", timeout=LONG)
    window.commands["edit.undo"].trigger()
    assert (session.recipe.loss.name, session.recipe.params("loss").margin) == ("triplet", 0.4)
    assert window.commands["edit.undo"].text() == "Undo: recipe, Loss: Margin"
    window.commands["edit.undo"].trigger()
    assert session.recipe.loss.params == before.loss.params
    qtbot.waitUntil(lambda: panel.forms["loss"].fields["loss.margin"].value() == before.params("loss").margin)
    window.commands["edit.redo"].trigger()
    assert session.recipe.params("loss").margin == 0.4


def test_no_field_is_cut_off_beside_wide_panels(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown and panel.isVisible(), timeout=LONG)
    inside, docks = panel.form_scroll.widget(), window.workspace.docks
    assert inside is not None
    window.state.pins.set([3])
    window.resize(1024, 700)
    window.resizeDocks([docks["recipe"], docks["neighbours"]], [100, 600], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: inside.width() <= panel.form_scroll.viewport().width())


def test_the_columns_of_the_data_are_offered_where_one_is_named(
    qtbot: QtBot, open_window: Callable[..., MainWindow], tmp_path: Path
) -> None:
    table = tmp_path / "vectors.csv"
    rows = [f"{n % 5},ada {n % 2},{n}.5,{n % 3}.25" for n in range(60)]
    table.write_text("\n".join(("label,writer,f0,f1", *rows)), encoding="utf-8")
    window = open_window(str(table))
    panel = window.workspace.panels["recipe"]
    assert isinstance(panel, RecipePanel)
    qtbot.waitUntil(lambda: panel.body_shown and window.dataset is not None, timeout=LONG)
    assert window.dataset is not None
    panel.forms["split"].fields["split"].changed.emit("classes")
    qtbot.waitUntil(lambda: panel.recipe.split.name == "classes", timeout=LONG)
    field = panel.forms["split"].fields["split.column"]
    assert isinstance(field, TextField)
    offered = field.edit.completer().model()
    assert offered is not None
    assert [offered.index(row, 0).data() for row in range(offered.rowCount())] == [*window.dataset.columns]
    assert window.dataset.columns


def test_a_right_click_on_the_row_of_a_field_asks_to_try_several_values(qtbot: QtBot, tmp_path: Path) -> None:
    desk = desk_of(Held(), Settings(tmp_path / "settings.json"))
    for name in ("recipe.book", "recipe.save", "run.sweep", "recipe.reset"):
        desk.commands.add(name, name, lambda: None)
    panel = RecipePanel(desk)
    qtbot.addWidget(panel)
    panel.resize(300, 700)
    panel.show()
    desk.bridge.of(CatalogueReady).emit(CatalogueReady(PART_KINDS))
    qtbot.waitUntil(lambda: panel.body_shown, timeout=LONG)
    field = panel.forms["loss"].fields["loss.margin"]
    at = field.mapToGlobal(field.rect().center()) - QPoint(field.width(), 0)  # on its label
    panel.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, panel.mapFromGlobal(at), at))
    (menu,) = panel.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    with qtbot.waitSignal(panel.several_wanted) as wanted:
        menu.actions()[0].trigger()
    assert wanted.args == ["loss.margin"]
    menu.close()
    desk.bridge.close()
