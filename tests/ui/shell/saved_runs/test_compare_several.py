from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from explorer.core.registry import Scalar
from explorer.engine.compared_several import Beside, SeveralCompared
from explorer.evaluation.paired import Paired
from explorer.ui.shell.saved_runs.compare_several import SeveralView


def test_each_run_has_a_line_of_the_figure_that_is_chosen(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    figures = {"nmi": Paired(0.5, 0.6, 0.1, -0.1, 0.3, 0.2), "recall@1": Paired(0.8, 0.9, 0.1, 0.05, 0.15, 0.0001)}
    differences: dict[str, tuple[Scalar | None, Scalar | None]] = {
        "loss.margin": (0.2, 0.6),
        "miner": ("all", "hard"),
        "seed": (0, 1),
        "epochs": (5, 7),
    }
    others = (Beside("<b>two", 1_234, 5, figures), Beside("three", 90, 5, figures, differences=differences))
    view = SeveralView(SeveralCompared("one", others, "It is so."), parent)
    cells = [str(view.table.rows.index(0, column).data()) for column in range(7)]
    assert cells == ["<b>two", "1,234", "0.8000", "0.9000", "+0.1000", "+0.0500 – +0.1500", "< 0.0005"]
    assert view.table.rows.rowCount() == 2
    assert view.verdict.text() == "It is so."
    view.figure.setCurrentIndex(view.figure.findData("nmi"))
    assert str(view.table.rows.index(1, 5).data()) == "-0.1000 – +0.3000"
    assert str(view.table.rows.index(1, 6).data()) == "0.200"
    assert view.recipes.text().startswith("Choose a run")
    view.table.chosen.emit(1)
    for words in ("argin: 0.2 → 0.6", "→", "eed: 0 → 1", "pochs: 5 → 7"):  # all of them, though the line names three
        assert words in view.recipes.text()
    view.table.chosen.emit(0)
    assert view.recipes.text() == "Their recipes are the same"


def test_of_two_runs_it_is_said_at_once_what_their_recipes_say_differently(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    figures = {"recall@1": Paired(0.8, 0.9, 0.1, 0.05, 0.15, 0.0001)}
    other = Beside("two", 10, 5, figures, differences={"seed": (0, 1)})
    view = SeveralView(SeveralCompared("one", (other,), ""), parent)
    assert view.recipes.text() == "Recipes: Seed: 0 → 1"
    assert view.table.rows.index(0, 0).data() == "two · seed 1"
