from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.core.map_values import StepShown
from explorer.core.pair_lists import PairList
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import catalogue
from explorer.core.types import PIXELS_RUN, Evaluation, JobStatus, Split
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modality_named
from explorer.engine.datasets.baselines import Baseline
from explorer.engine.datasets.unfit_parts import ONE_SIDE
from explorer.engine.events import DatasetOpened, RunShown
from explorer.engine.session.evaluate import ProtocolRefused, ProtocolResult
from explorer.evaluation.few_shot import FewShotProtocol, WorstEpisodes
from explorer.evaluation.protocol import Effort, Measured, Sample
from explorer.measure.lifts import lift
from explorer.ui.metrics.evaluate_panel import EvaluatePanel
from explorer.ui.metrics.figures_table import INTERVAL, NAME, RAW, ROW_HEIGHT, VALUE
from explorer.ui.session.settings import Settings
from explorer.ui.widgets.fields.free_text import TextField
from explorer.ui.widgets.steady_scroll import SteadyScroll
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen
from tests.ui.panel_selection import JOB

LABELS = blobs(200, 10)[1]
SPLIT = Split("items", np.arange(150), np.arange(150, 200), False)
FOUND = Measured({"eer": 0.05, "eer_low": 0.04, "eer_high": 0.06, "auc": 0.98, "same_pairs": 1234}, 50, 10, lone=2)
RAW_FOUND = Measured({"eer": 0.2, "eer_low": 0.19, "eer_high": 0.21, "auc": 0.8, "same_pairs": 1234}, 50, 10)
RESULT = ProtocolResult("r1", 1200, True, Part(name="verification"), "held-out", True, FOUND, RAW_FOUND)
DONE = JobStatus(JOB, "Evaluate", 0, 0, "finished")


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), split=SPLIT, run="r1")


@pytest.fixture
def panel(qtbot: QtBot, held: Held, tmp_path: Path) -> Iterator[EvaluatePanel]:
    catalogue("protocol")  # as the session loads it in the background
    with on_screen(qtbot, EvaluatePanel, desk_of(held, Settings(tmp_path / "settings.json")), 304, 480) as panel:
        yield panel


def column(panel: EvaluatePanel, place: int) -> list[str]:
    rows = panel.table.rows
    return [str(rows.index(row, place).data()) for row in range(rows.rowCount())]


def choose(panel: EvaluatePanel, protocol: str) -> None:
    assert panel.form is not None
    combo = panel.form.fields["protocol"].combo  # type: ignore[attr-defined]
    combo.setCurrentIndex(combo.findData(protocol))


def test_a_protocol_is_asked_with_its_parameters_once_until_it_has_answered(panel: EvaluatePanel, held: Held) -> None:
    choose(panel, "few_shot")
    assert panel.form is not None
    panel.form.fields["protocol.episodes"].changed.emit(70)
    QTest.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    QTest.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert held.asked == ["few_shot {'episodes': 70} of held-out"]
    assert panel.status == "measuring…"
    panel.desk.bridge.of(JobStatus).emit(replace(DONE, id=JOB + 1))
    assert not panel.run_button.isEnabled()
    panel.desk.bridge.of(JobStatus).emit(replace(DONE, state="failed"))
    assert panel.run_button.isEnabled()
    assert panel.status == ""
    choose(panel, "retrieval")
    panel.items.combo.setCurrentIndex(1)
    panel.desk.commands["evaluate.run"].trigger()
    assert held.asked[1:] == ["retrieval {} of train"]


def test_another_protocol_ends_what_is_measured_and_takes_the_figures_away(panel: EvaluatePanel, held: Held) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    QTest.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    choose(panel, "few_shot")
    assert held.asked[1:] == [f"no {JOB}"]
    assert panel.caption.text() == ""
    assert column(panel, NAME) == []


def test_a_protocol_is_found_by_its_name_and_chosen(panel: EvaluatePanel, held: Held) -> None:
    hubs = next(place for place in panel.places() if place.title == "Evaluate: Hubs")
    assert "hubs" in hubs.words
    hubs.go()
    QTest.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    assert held.asked == ["hubs {} of held-out"]


def test_figures_stand_with_their_intervals_beside_the_raw_data(panel: EvaluatePanel) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert column(panel, NAME) == ["EER", "AUC", "same pairs"]
    assert column(panel, VALUE) == ["0.0500", "0.9800", "1,234"]
    assert column(panel, INTERVAL) == ["0.040–0.060", "–", "–"]
    assert column(panel, RAW) == ["0.2000", "0.8000", "1,234"]
    assert panel.caption.text() == (
        "Verification, step 1,200: 50 items of 10 classes, never trained on; 2 items alone in their class; "
        "raw: by the cosine"
    )
    assert not panel.table.isColumnHidden(RAW)
    QTest.mouseClick(panel.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text().splitlines()[:2] == [
        "figure\tnow\tlow\thigh\traw pixels cosine",
        "eer\t0.05\t0.04\t0.06\t0.2",
    ]


@pytest.mark.parametrize(("item", "which"), [(160, "are held out"), (200, "are not held out")])
def test_it_says_which_test_items_were_measured(panel: EvaluatePanel, item: int, which: str) -> None:
    told = replace(RESULT, items="test", unseen=False, sample=np.arange(item, item + 20))
    panel.desk.bridge.of(ProtocolResult).emit(told)
    assert f"10 classes, the test items that {which};" in panel.caption.text()


def test_the_panel_alone_scrolls_and_follows_the_row_that_a_key_leads_to(panel: EvaluatePanel, qtbot: QtBot) -> None:
    found = Measured({f"precision@{k}": 0.5 for k in range(1, 41)}, 50, 10, curves=FOUND.curves)
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, found=found))
    table, scroll = panel.table, panel.findChild(SteadyScroll)
    assert scroll is not None
    assert table.textElideMode() == Qt.TextElideMode.ElideMiddle, "their ends tell them apart"
    assert table.height() >= 40 * ROW_HEIGHT
    assert table.verticalScrollBar().maximum() == 0
    qtbot.waitUntil(lambda: scroll.verticalScrollBar().maximum() > 20 * ROW_HEIGHT)
    table.setCurrentIndex(table.rows.index(39, NAME))
    seen = table.visualRect(table.rows.index(39, NAME)).center()
    assert 0 <= table.viewport().mapTo(scroll.viewport(), seen).y() <= scroll.viewport().height()
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert table.height() <= 5 * ROW_HEIGHT, "no more than its rows need"


def test_buttons_with_longer_words_stand_below_each_other_and_nothing_is_cut_off(panel: EvaluatePanel) -> None:
    panel.compare.setText("Mit einem anderen Lauf vergleichen…")
    panel.follow.setText("Bei jeder Auswertung aller Elemente")
    panel.resize(304, 481)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
    scroll = panel.findChild(SteadyScroll)
    assert scroll is not None
    assert panel.minimumSizeHint().width() <= 304
    for widget in (panel.compare, panel.follow, panel.run_button, panel.items):
        right = widget.mapTo(scroll.viewport(), widget.rect().topRight()).x()
        assert right <= scroll.viewport().width(), widget


@pytest.mark.parametrize(
    ("distance", "beside", "below", "by"),
    [
        ("euclidean", "0.2500", "raw cosine", "the Euclidean distance"),
        ("squared_euclidean", "0.2500", "raw cosine", "the Euclidean distance"),
        ("cosine", "0.2000", "raw Euclidean", "the cosine"),
    ],
)
def test_the_raw_data_beside_a_figure_are_compared_as_the_run_compares_its_embeddings(
    panel: EvaluatePanel, held: Held, distance: str, beside: str, below: str, by: str
) -> None:
    held.recipe = Recipe(distance=Part(name="cosine" if distance == "euclidean" else "euclidean"))  # of the next run
    by_euclid = (Baseline("raw pixels Euclidean", Measured({"eer": 0.25}, 50, 10)),)
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, beside=by_euclid, distance=distance))
    assert column(panel, RAW)[0] == beside
    assert column(panel, NAME)[1].strip() == below
    assert panel.caption.text().endswith(f"; raw: by {by}")
    name = f"raw pixels {'cosine' if by == 'the cosine' else 'Euclidean'}"
    rows = panel.table.rows
    tip = str(rows.headerData(RAW, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole))
    assert tip.endswith(f": {name}")
    assert str(rows.index(0, RAW).data(Qt.ItemDataRole.ToolTipRole)).startswith(f"eer of {name}")
    assert rows.as_text().splitlines()[0].split("\t")[4] == name


def test_further_baselines_unfold_below_a_figure_by_mouse_and_keys(panel: EvaluatePanel, held: Held) -> None:
    held.recipe = Recipe(distance=Part(name="cosine"))
    euclid = Measured({"eer": 0.25, "eer_low": 0.24, "eer_high": 0.26, "auc": 0.75}, 50, 10)
    frozen = Measured({"eer": 0.15}, 50, 10)
    beside = (
        Baseline("raw pixels Euclidean", euclid),
        Baseline("frozen features", frozen),
        Baseline("x", None, "gone"),
    )
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, beside=beside))
    assert column(panel, NAME) == [
        "▾ EER",
        "   raw Euclidean",
        "   frozen features",
        "▸ AUC",
        "same pairs",
    ]
    assert column(panel, VALUE) == ["0.0500", "0.2500", "0.1500", "0.9800", "1,234"]
    assert column(panel, INTERVAL) == ["0.040–0.060", "0.240–0.260", "–", "–", "–"]
    assert column(panel, RAW) == ["0.2000", "", "", "0.8000", "1,234"], "these rows are of no raw data beside"
    table = panel.table
    tip = str(table.rows.index(1, NAME).data(Qt.ItemDataRole.ToolTipRole))
    assert tip.startswith("eer of raw pixels Euclidean")
    where = table.visualRect(table.rows.index(3, NAME)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert column(panel, NAME)[3:] == ["▾ AUC", "   raw Euclidean", "same pairs"]
    table.setCurrentIndex(table.rows.index(0, NAME))
    for key, rows in ((Qt.Key.Key_Left, 4), (Qt.Key.Key_Left, 4), (Qt.Key.Key_Right, 6), (Qt.Key.Key_Space, 4)):
        QTest.keyClick(table, key)
        assert table.rows.rowCount() == rows
        assert table.currentIndex().row() == 0
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, beside=beside))
    assert table.rows.rowCount() == 4  # as it was left
    assert table.rows.as_text().splitlines()[:2] == [
        "figure\tnow\tlow\thigh\traw pixels cosine\traw pixels Euclidean\tfrozen features",
        "eer\t0.05\t0.04\t0.06\t0.2\t0.25\t0.15",
    ]
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.rows.index(3, 0)).center())
    assert table.rows.rowCount() == 4  # a figure that no other baseline has


def test_what_is_refused_is_said_in_place_of_the_figures_of_before(panel: EvaluatePanel) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    problem = "Nothing says which camera saw an item. Name its column: --set protocol.camera=…"
    panel.desk.bridge.of(ProtocolRefused).emit(ProtocolRefused("r1", Part(name="re_id"), problem))
    assert column(panel, NAME) == []
    assert panel.problem.text() == "Nothing says which camera saw an item. Name its column: “Camera” below Parameters"
    assert panel.problem.isVisible()
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert not panel.problem.isVisible()


def test_another_run_takes_the_figures_away(panel: EvaluatePanel) -> None:
    assert panel.hint.isVisible()
    assert panel.table.isHidden()
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert panel.table.isVisible()
    assert panel.hint.isHidden()
    panel.desk.bridge.of(RunShown).emit(RunShown(1, "r2"))
    assert column(panel, NAME) == []
    assert panel.caption.text() == panel.status == ""
    assert panel.hint.isVisible()
    assert panel.table.isHidden()
    assert not panel.copy_button.isEnabled()


def test_it_measures_again_at_every_evaluation_where_that_is_wanted(panel: EvaluatePanel, held: Held) -> None:
    bridge = panel.desk.bridge
    exact = Evaluation("r1", 30, "held-out", {"recall@1": 0.5}, 50, 10, False)
    bridge.of(Evaluation).emit(exact)
    assert held.asked == []
    panel.follow.click()
    asked = "retrieval {} of held-out"
    assert held.asked == [asked]
    bridge.of(Evaluation).emit(exact)  # one at a time
    assert held.asked == [asked]
    bridge.of(JobStatus).emit(DONE)
    bridge.of(Evaluation).emit(replace(exact, run=PIXELS_RUN))
    bridge.of(Evaluation).emit(replace(exact, part="train"))
    assert held.asked == [asked]
    bridge.of(Evaluation).emit(exact)
    bridge.of(JobStatus).emit(DONE)
    bridge.of(StepShown).emit(StepShown("r1", 20))
    assert held.asked == [asked] * 3


def test_without_classes_there_is_nothing_to_measure(panel: EvaluatePanel, held: Held) -> None:
    assert held.dataset is not None
    held.dataset = replace(held.dataset, labels=np.full(200, -1))
    panel.desk.bridge.of(RunShown).emit(RunShown(1, PIXELS_RUN))
    assert not panel.body_shown
    panel.start()
    assert held.asked == []


def test_the_worst_episode_opens_as_pictures(panel: EvaluatePanel, qtbot: QtBot) -> None:
    sample, labels = np.arange(50, 200), LABELS[50:]
    x = np.random.default_rng(0).normal(size=(150, 4)).astype(np.float32)
    protocol = FewShotProtocol(FewShotProtocol.Params(ways="3", shots="1,2", queries=4, episodes=20))
    found = protocol.measure(Sample(x, labels, lift("euclidean")), Effort())
    assert not panel.worst_button.isVisible()
    part = Part(name="few_shot")
    result = ProtocolResult("r1", 9, True, part, "held-out", False, found, found, (), sample)
    panel.desk.bridge.of(ProtocolResult).emit(result)
    QTest.mouseClick(panel.worst_button, Qt.MouseButton.LeftButton)
    view = panel.worst
    qtbot.addWidget(view)
    assert isinstance(found.details, WorstEpisodes)
    episode = found.details.episodes["3-way 1-shot"]
    assert view.summary.text().startswith(f"{episode.right} of 12 queries right")
    assert view.tiles is not None
    for place, tiles in enumerate(view.tiles.rows):
        assert tiles[0].item == sample[episode.support[place, 0]]
        asked = {
            int(sample[q]): (t, a) for q, t, a in zip(episode.queries, episode.truth, episode.answers, strict=True)
        }
        for tile in tiles[1:]:
            truth, answer = asked[tile.item]
            assert truth == place
            assert tile.frame == ("right" if answer == place else "wrong")
    view.choice.setCurrentText("3-way 2-shot")
    assert [tile.frame for tile in view.tiles.rows[0][:2]] == ["accent", "accent"]
    QTest.mouseClick(view.tiles.rows[0][0], Qt.MouseButton.LeftButton)
    assert panel.desk.state.pins.items == (view.tiles.rows[0][0].item,)
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert not panel.worst_button.isVisible()


def test_a_list_is_checked_while_it_is_typed(panel: EvaluatePanel, held: Held) -> None:
    assert panel.form is not None
    panel.fold.click()
    field = panel.form.fields["protocol.ks"]
    edit = field.edit  # type: ignore[attr-defined]
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "1,x")
    assert panel.problem.text() == (
        "ks = 1,x is not a list of whole numbers from 1 to 1,000. Divide them by commas, for example: ks=2,5"
    )
    assert edit.property("invalid") == "true"
    QTest.keyClick(edit, Qt.Key.Key_Return)
    panel.start()
    assert held.asked == ["retrieval {} of held-out"]  # what cannot be is not taken
    panel.desk.bridge.of(JobStatus).emit(DONE)
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    QTest.keyClicks(edit, "20")
    assert not panel.problem.isVisible()
    QTest.keyClick(edit, Qt.Key.Key_Return)
    panel.start()
    assert held.asked[1:] == ["retrieval {'ks': '1,20'} of held-out"]
    panel.desk.bridge.of(JobStatus).emit(DONE)
    QTest.keyClicks(edit, ",")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert field.value() == edit.text() == "1,20"
    assert not panel.problem.isVisible()


def test_what_a_protocol_says_of_itself_stands_in_the_caption(panel: EvaluatePanel) -> None:
    told = replace(RESULT, found=replace(FOUND, how="threshold chosen on validation"))
    panel.desk.bridge.of(ProtocolResult).emit(told)
    assert panel.caption.text().endswith("; threshold chosen on validation; raw: by the cosine")


def test_figures_of_what_is_shown_stand_there_while_the_raw_data_are_measured(panel: EvaluatePanel) -> None:
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, raw=None))
    assert column(panel, VALUE) == ["0.0500", "0.9800", "1,234"]
    assert set(column(panel, RAW)) == {"–"}
    assert panel.caption.text().endswith("; the raw data follow")
    assert panel.status == "measuring…"
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    assert column(panel, RAW) == ["0.2000", "0.8000", "1,234"]


def test_names_of_rates_are_told_apart_in_a_narrow_column(panel: EvaluatePanel) -> None:
    figures = {"tar@far=0.1": 0.8, "tar@far=0.001": 0.1, "fnmr@fmr=0.1": 0.2, "threshold_fnmr": 0.1}
    panel.desk.bridge.of(ProtocolResult).emit(replace(RESULT, found=Measured(figures, 50, 10)))
    names = column(panel, NAME)
    assert names == ["TAR@0.1", "TAR@0.001", "FNMR@0.1", "threshold FNMR"]
    room = panel.table.columnWidth(NAME)
    assert all(panel.table.fontMetrics().horizontalAdvance(f"▸ {name}") < room for name in names)
    whole = panel.table.rows.index(0, NAME).data(Qt.ItemDataRole.AccessibleTextRole)
    assert whole == "TAR at FAR=0.1"


def test_lists_of_pairs_that_came_with_the_data_are_offered(panel: EvaluatePanel, held: Held) -> None:
    assert held.dataset is not None
    same = np.array([True, False])
    pairs = PairList("pairs.txt", np.array([[150, 151], [152, 153]]), same, np.array([0, 0]), 2)
    held.dataset = replace(held.dataset, pairs=(pairs,))
    choose(panel, "verification")
    assert panel.caption.text() == "Pairs that came with the data: pairs.txt (2)"
    assert panel.form is not None
    field = panel.form.fields["protocol.pairs_file"]
    assert isinstance(field, TextField)
    assert field.edit.placeholderText() == "pairs.txt, …"
    model = field.edit.completer().model()
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == ["pairs.txt", "drawn"]
    choose(panel, "retrieval")
    assert panel.caption.text() == ""
    held.dataset = replace(held.dataset, pairs=())
    choose(panel, "verification")
    assert panel.caption.text() == ""
    field = panel.form.fields["protocol.pairs_file"]
    assert isinstance(field, TextField)
    assert field.edit.placeholderText() == "drawn at random"


def test_data_begin_with_their_own_protocol_unless_another_was_chosen(panel: EvaluatePanel, held: Held) -> None:
    def opened(data: Dataset) -> str:
        held.dataset = data
        panel.desk.bridge.of(DatasetOpened).emit(DatasetOpened(data, None))
        assert panel.form is not None
        return str(panel.form.fields["protocol"].value())

    pictures = dataset_of(LABELS, CLOTHES)
    captioned = replace(pictures, labels=np.full(len(LABELS), -1), class_names=(), modality=modality_named("captioned"))
    assert opened(captioned) == "cross_modal"
    assert panel.run_button.isEnabled()
    assert opened(pictures) == "retrieval"
    choose(panel, "verification")
    assert opened(captioned) == "verification"


def test_protocols_that_the_data_have_nothing_for_are_off_and_say_why(panel: EvaluatePanel) -> None:
    choose(panel, "verification")  # the form is made anew
    assert panel.form is not None
    combo = panel.form.fields["protocol"].combo  # type: ignore[attr-defined]
    for name, off in (("cross_modal", True), ("retrieval", False)):
        index = combo.model().index(combo.findData(name), 0)
        assert bool(index.flags() & Qt.ItemFlag.ItemIsEnabled) != off
        assert (index.data(Qt.ItemDataRole.ToolTipRole) == ONE_SIDE) == off


def test_the_table_of_figures_is_taken_away_with_its_caption(panel: EvaluatePanel) -> None:
    assert panel.export.figures() == []
    panel.desk.bridge.of(ProtocolResult).emit(RESULT)
    (figure,) = panel.export.figures()
    assert figure.caption.endswith(panel.caption.text())
    assert figure.columns.as_csv().splitlines()[:2] == [
        "figure,now,low,high,raw pixels cosine",
        "eer,0.05,0.04,0.06,0.2",
    ]
