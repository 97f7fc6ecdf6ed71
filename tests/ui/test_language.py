"""The window in another language: nothing is left in English, and finished sentences are recognised."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from explorer.core.events import ParameterChanged
from explorer.core.recipe import Part, Recipe
from explorer.engine.disk_use import megabytes
from explorer.engine.session.branches import BranchOffered
from explorer.ui.metrics.change_marks import label_of
from explorer.ui.metrics.evaluate_panel import EvaluatePanel
from explorer.ui.recipe.changed_live import change_words
from explorer.ui.shell.duel.branch_dialog import BranchDialog
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.shell.saved_runs.run_columns import said_setting
from explorer.ui.widgets.fields.number import SliderField
from explorer.ui.widgets.language import LANGUAGE, said
from explorer.ui.widgets.recipe_words import summary
from explorer.ui.widgets.text import decimal
from tests.helpers.screens import dialogs, panels, trained
from tests.helpers.window_texts import english, texts_of
from tests.helpers.windows import LONG
from tests.packaging.test_scripts import ROOT
from tests.ui.widgets.fields.parameters import info

OTHER = "EMBEDDING_EXPLORER_TEST_LANGUAGE"
"""Environment variable: the language of the windows of a whole test run."""

in_german = pytest.mark.skipif(LANGUAGE != "de", reason="the language is chosen once for each process")


@in_german
def test_every_text_of_the_window_is_german(qtbot: QtBot, open_window: Callable[..., MainWindow]) -> None:
    window = open_window("sample:digits")
    trained(qtbot, window)
    evaluate = window.workspace.panels["evaluate"]
    assert isinstance(evaluate, EvaluatePanel)
    qtbot.waitUntil(lambda: not evaluate.table.isHidden(), timeout=LONG)
    found = {text: where for name, widget in panels(window, "") for text, where in texts_of(widget)}
    found |= {text: f"{name}: {where}" for name, widget in dialogs(qtbot, window)
              for text, where in texts_of(widget) if name not in ("tooltip", "help.about")}  # fmt: skip
    assert {text: where for text, where in found.items() if english(text)} == {}


@in_german
def test_german_numbers_have_a_comma_in_fields_and_a_point_in_recipes(qtbot: QtBot) -> None:
    field = SliderField(info())
    qtbot.addWidget(field)
    field.set_value(0.25)
    assert field.edit.text() == "0,25"
    for text in ("0,5", "0.5"):
        field.set_value(0.25)
        field.edit.setText(text)
        with qtbot.waitSignal(field.changed) as told:
            QTest.keyClick(field.edit, Qt.Key.Key_Return)
        assert told.args == [0.5]
        assert field.edit.text() == "0,50"
    recipe = Recipe(loss=Part(name="triplet", params={"margin": field.value()}))
    assert "margin = 0.5\n" in recipe.to_toml()


def test_a_sentence_of_two_parts_with_values_is_recognised_as_a_whole() -> None:
    last = "; {0}each recipe was trained once: whether another seed would say the same is not known."
    by = "recall@1 +0.0200 (+0.0100 to +0.0300, p = 0.010)"
    found = f"B is right more often on these items: 9 fixed and 1 broken of 359 queries, {by}"
    chance = (
        "It cannot be said which run is right more often: 1 fixed and 0 broken of 359 queries (p = 1.000), "
        "and anything from -0.0092 to +0.0167 of recall@1 agrees with that"
    )
    classes = "that it would be so on other classes cannot be said, and "
    sentences = [chance + last.format(""), found + last.format(""), found + last.format(classes)]
    code = f"from explorer.ui.widgets.language import said; print(*map(said, {sentences!r}), sep=chr(10))"
    own = os.environ | {"EMBEDDING_EXPLORER_LANGUAGE": "de", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, encoding="utf-8", check=True)
    told = done.stdout.splitlines()
    assert told[0].startswith("Welcher Lauf öfter recht hat, lässt sich nicht sagen: 1 nun richtig und 0 nun falsch")
    assert "(p = 1,000)" in told[0]
    assert all("recall@1 +0,0200 (+0,0100 bis +0,0300, p = 0,010)" in line for line in told[1:])
    assert "alles von -0,0092 bis +0,0167 bei recall@1" in told[0]
    assert all(line.startswith("B hat bei diesen Elementen öfter recht: 9 nun richtig") for line in told[1:])
    assert "; dass es bei anderen Klassen auch so wäre, lässt sich nicht sagen, und jedes Rezept" in told[2]
    assert all(
        line.endswith(
            "; jedes Rezept wurde einmal trainiert: ob ein anderer Startwert dasselbe sagen würde, ist nicht bekannt."
        )
        for line in told[:2]
    )


@in_german
def test_german_sizes_have_a_comma() -> None:
    assert said(megabytes(12_300_000)) == "12,3 MB"
    assert said("12.3 MB, 4.0 MB of it weights") == "12,3 MB, davon 4,0 MB Gewichte"
    assert decimal(0.25) == "0,250"


@in_german
def test_german_runs_are_called_by_the_miner_of_the_form_and_a_branch_has_values_with_commas(qtbot: QtBot) -> None:
    recipe = Recipe().with_settings(["miner=semi_hard"])
    assert summary(recipe, "digits", 0.4) == "digits · Triplett 0,40 · halbschwer"
    assert summary(Recipe(), "digits") == "digits · Triplett · alle"
    assert said_setting("miner", "all") == "Alle"
    change = ParameterChanged("r", 1210, "miner", "all", "semi_hard")
    assert (label_of(change), change_words(change)) == ("halbschwer", "Miner alle → halbschwer bei Schritt 1.210")
    offered = BranchOffered(Path("run"), (20,), ((("loss.margin", 0.2),),), (recipe,))
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = BranchDialog(offered, parent, title="", words="")
    field = dialog.values["loss.margin"]
    assert isinstance(field, QLineEdit)
    assert field.text() == "0,2"
    field.setText("0,4")
    with qtbot.waitSignal(dialog.chosen) as told:
        dialog.take.click()
    assert told.args == [20, ["loss.margin=0.4"]]


def test_every_text_has_a_translation_with_the_same_values() -> None:
    command = [sys.executable, str(ROOT / "packaging" / "languages.py"), "--check"]
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_sentences_from_below_are_recognised_with_their_values() -> None:
    code = (
        "from explorer.ui.widgets.language import said, tr, localised; import json; print(json.dumps(["
        "tr('Step') , said('It needs columns of numbers or words'), said('Losses: 1,234'),"
        "said('Open the data again. Save it as CSV.'), said('a sentence that nobody wrote'), localised('1,234.5'),"
        "said('/my data/a.csv cannot be read: it is cut off. Copy it again'), said('Beside them: 1,200 files · x'),"
        "said('Open data: grocery_store: reading'),"
        "said('up to 512 sampled negatives an item, margin 0.20'), said('All items as a table (*.csv)'),"
        "said('mine.csv: 19 pairs to be verified, 41 others of pictures that are not here'), said('x is damaged'),"
        "said('Beside them: 1 file that is not a picture'), said('Beside them: 3 files that are not pictures'),"
        "said('a folder of 100 pictures without class folders'), said('a folder of 1 picture without class folders'),"
        "said('a folder with at least 2,000 class folders'),"
        "said('12 texts beside the pictures left out: data.modality=text takes these instead'),"
        "said('Open data: a.zip: Decoding 500 of 3,246 pictures; what is there can be trained on'),"
        "said('None of the pictures has a class, and the loss Triplet needs classes: open a table'),"
        "said('The fitter LDA learns a number, and none is chosen: name its column as the target'),"
        "said('Recall@1 of only 27 held-out items fell from 100.0% to 88.9% since step 59.'),"
        "said('Go back, rate 0.0006'), said('Go back, rate 0.0006, semi-hard')]))"
    )
    own = os.environ | {"EMBEDDING_EXPLORER_LANGUAGE": "de", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[1:] == [
        "Nötig sind Spalten mit Zahlen oder Wörtern",
        "Verluste: 1.234",
        "Die Daten noch einmal öffnen. Als CSV speichern.",
        "a sentence that nobody wrote",
        "1.234,5",
        "/my data/a.csv kann nicht gelesen werden: it is cut off. Noch einmal kopieren",
        "Daneben: 1.200 Dateien · x",
        "Daten öffnen: grocery_store: reading",
        "bis zu 512 gezogene Negative je Element, Margin 0,20",
        "Alle Elemente als Tabelle (*.csv)",
        "mine.csv: 19 Paare zu verifizieren, 41 Andere zu Bildern, die nicht hier sind",
        "x ist beschädigt",
        "Daneben: 1 Datei, die nicht als Bild gelesen wird",
        "Daneben: 3 Dateien, die nicht als Bilder gelesen werden",
        "ein Ordner mit 100 Bildern ohne Klassenordner",
        "ein Ordner mit 1 Bild ohne Klassenordner",
        "ein Ordner mit mindestens 2.000 Klassenordnern",
        "12 Texte neben den Bildern weggelassen: data.modality=text nimmt stattdessen diese",
        "Daten öffnen: a.zip: 3.246 Bilder werden dekodiert, 500 sind fertig; damit kann trainiert werden",
        "Bilder ohne Klassen, und der Verlust Triplett braucht Klassen: open a table",
        "Der Fitter LDA lernt eine Zahl, und keine ist gewählt: ihre Spalte als Ziel nennen",
        "Recall@1 von nur 27 zurückgehaltenen Elementen fiel seit Schritt 59 von 100,0 % auf 88,9 %.",
        "Zurückgehen, Rate 0,0006",
        "Zurückgehen, Rate 0,0006, semi-hard",
    ]


@pytest.mark.full
def test_the_window_speaks_german() -> None:
    own = os.environ | {OTHER: "de", "PYTHONPATH": str(ROOT)}
    files = [
        __file__,
        *(str(ROOT / "tests" / "ui" / name) for name in ("test_room.py", "shell/commands/test_command_palette.py")),
    ]
    which = "german and not speaks or out_of_sight"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", which]
    done = subprocess.run(command, env=own, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "skipped" not in done.stdout.splitlines()[-1]
