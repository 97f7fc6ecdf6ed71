"""The panel *Neighbours* over two hundred small pictures of a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.session.panel import Desk
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import CLOTHES, blobs, dataset_of
from tests.ui.panel_desk import Held, desk_of, on_screen

LABELS = blobs(200, 10)[1]


@pytest.fixture
def held() -> Held:
    return Held(dataset=dataset_of(LABELS, CLOTHES), run="r1")


@pytest.fixture
def desk(held: Held, tmp_path: Path) -> Desk:
    return desk_of(held, Settings(tmp_path / "settings.json"))


@pytest.fixture
def panel(qtbot: QtBot, desk: Desk) -> Iterator[NeighboursPanel]:
    with on_screen(qtbot, NeighboursPanel, desk, 310, 600) as panel:
        yield panel
