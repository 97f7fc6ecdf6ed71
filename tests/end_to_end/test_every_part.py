"""Every part is picked in its form and trains five steps on the digits sample, in the real window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.core.events import RunFailed, RunFinished, RunStarted
from explorer.core.recipe import Recipe
from explorer.core.registry import Scalar, catalogue
from explorer.core.types import StepMetrics
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.shell.main_window import MainWindow
from explorer.ui.widgets.fields.choice import ChoiceField
from tests.helpers.windows import LONG, close_window, shown_window
from tests.learn.encoders.models import SETTINGS

STEPS = 5
KINDS = ("encoder", "fitter", "distance", "loss", "miner", "sampler", "augment", "optimiser", "schedule")
LONG_LISTS = ("encoder", "loss", "miner", "augment", "fitter")
"""The kinds with so many parts that it takes minutes to train each; what each computes is tested apart."""
BASE = ("encoder.width=8", "sampler.classes=5", "sampler.images=4", "augment=none")
UNFIT = {
    "loss": {
        "ml2": "sets of labels",
        "clip": "these data have one side",
        **dict.fromkeys(("log_ratio", "ordinal_triplet", "rank_n_contrast"), "learns a number, and none is chosen"),
    },
    "sampler": {"hierarchical": "column", "pairs": "these data have none", "given": "none are given"},
    "encoder": {
        "pixels": "no weights",
        "kernel": "no weights",
        "pointnet": "reads shapes",
        "multi_view": "reads shapes",
        "frames": "reads clips",
        "mel_cnn": "reads recordings",
        "table": "reads rows",
        "ngrams": "reads texts",
        "text_transformer": "reads texts",
        "sentence": "reads texts",
        "two_towers": "reads pictures and captions",
    },
}
"""Parts that cannot be trained on the digits, and what the window then says they lack."""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    made = shown_window(qtbot, None, tmp_path)
    assert made.session is not None
    made.session.open("sample:digits")
    qtbot.waitUntil(lambda: str(made.session.state) == "ready", timeout=LONG)  # type: ignore[union-attr]
    yield made
    close_window(qtbot, made)


class Bench:
    """The window with what it hears of runs."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        assert window.session is not None
        assert window.bridge is not None
        self.qtbot, self.window, self.session = qtbot, window, window.session
        self.metrics: list[StepMetrics] = []
        self.events: list[object] = []
        window.bridge.metrics.connect(self.metrics.extend)
        window.bridge.run_event.connect(self.events.append)
        panel = window.workspace.panels["recipe"]
        assert isinstance(panel, RecipePanel)
        self.panel = panel
        qtbot.waitUntil(lambda: bool(panel.forms), timeout=LONG)

    def pick(self, kind: str, name: str) -> None:
        """Choose a part as a person does, in its box."""
        field = self.panel.forms[kind].fields[kind]
        assert isinstance(field, ChoiceField)
        place = field.combo.findData(name)
        assert place >= 0, f"{kind} {name} is not in its form"
        field.combo.setCurrentIndex(place)
        assert self.session.recipe.part(kind).name == name, self.panel.error.text()

    def fill(self, kind: str, values: Mapping[str, Scalar]) -> None:
        """Give parameters of the part their values, as their fields do."""
        for key, value in values.items():
            self.panel.forms[kind].fields[f"{kind}.{key}"].changed.emit(value)
        assert values.items() <= self.session.recipe.part(kind).params.items(), self.panel.error.text()

    def train(self) -> str:
        """Press Train, see some steps, and stop; return what went wrong, empty if nothing did."""
        self.metrics.clear()
        self.events.clear()
        train = self.window.commands["run.train"]
        self.qtbot.waitUntil(lambda: train.isEnabled() or bool(self.session.why_not()), timeout=LONG)
        if reason := self.session.why_not():
            return reason
        train.trigger()
        self.qtbot.waitUntil(lambda: len(self.metrics) >= STEPS or bool(self.failed()) or self.over(), timeout=LONG)
        if not self.over() and not self.failed():
            self.session.stop()
            self.session.stop()
            self.qtbot.waitUntil(lambda: self.over() or bool(self.failed()), timeout=LONG)
        self.qtbot.waitUntil(lambda: str(self.session.state) in ("finished", "failed"), timeout=LONG)
        if failure := self.failed():
            return failure
        return "" if any(isinstance(event, RunStarted) for event in self.events) else "it never began"

    def failed(self) -> str:
        return next((event.message for event in self.events if isinstance(event, RunFailed)), "")

    def over(self) -> bool:
        return any(isinstance(event, RunFinished) for event in self.events)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.full] if kind in LONG_LISTS else []) for kind in KINDS]
)
def test_every_part_trains_from_its_form(qtbot: QtBot, window: MainWindow, kind: str) -> None:
    bench = Bench(qtbot, window)
    base = Recipe(epochs=50).with_settings(BASE)
    wrong: dict[str, str] = {}
    for name, entry in catalogue(kind).items():
        if not entry.available:
            continue
        bench.panel.adopt(base)
        bench.pick(kind, name)
        if kind == "encoder":  # a pretrained network has to be told which one: a tiny one on disk
            bench.fill(kind, SETTINGS.get(name, {}))
        problem = bench.train()
        lacking = UNFIT.get(kind, {}).get(name)
        if lacking is not None:
            assert lacking in problem, f"{name}: {problem}"
        elif problem:
            wrong[name] = problem
    assert not wrong
