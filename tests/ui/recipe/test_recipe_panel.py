"""The recipe panel shows what means something, and says why the rest does not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from explorer.core.recipe import Part, Recipe
from explorer.ui.recipe.recipe_panel import RecipePanel
from explorer.ui.recipe.relevant_parts import STEPS_ONLY, UNMINED
from explorer.ui.shell.main_window import MainWindow
from tests.ui.conftest import LONG


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
    for kind, form in panel.forms.items():
        assert form.isHidden() == (kind in STEPS_ONLY), kind
        assert form.more.isHidden() == (kind in STEPS_ONLY or not form.has_more), kind
    assert panel.passes.isHidden()
    panel.forms["fitter"].fields["fitter"].changed.emit("none")
    assert window.session.recipe == Recipe()
    assert not any(form.isHidden() for form in panel.forms.values())
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
