from __future__ import annotations

from typing import cast

import numpy as np

from explorer.core.types import Neighbours
from explorer.engine.events import DatasetOpened
from explorer.engine.session.session import Session
from explorer.ui.queries.neighbours_panel import NeighboursPanel
from explorer.ui.session.bridge import Bridge
from explorer.ui.session.heard_data import HeardData
from explorer.ui.session.settings import Settings
from tests.helpers.blobs import dataset_of
from tests.ui.panel_desk import Held, desk_of

MANY = dataset_of(np.arange(60) % 6)
FEW = dataset_of(np.arange(48) % 6)


def test_other_data_are_there_when_they_were_told_of(qapp: object) -> None:
    held, bridge = Held(MANY), Bridge()
    data = HeardData(cast(Session, held), bridge)
    assert data.dataset is MANY
    held.dataset, held.number = FEW, 1
    assert data.dataset is MANY
    bridge.of(DatasetOpened).emit(DatasetOpened(FEW, None, number=1))
    assert data.dataset is FEW
    held.dataset, held.number = MANY, 3
    bridge.of(DatasetOpened).emit(DatasetOpened(FEW, None, number=2))
    assert data.dataset is FEW


def test_other_labels_of_the_same_data_are_seen_at_once(qapp: object) -> None:
    held = Held(MANY)
    data = HeardData(cast(Session, held), Bridge())
    relabelled = dataset_of(np.arange(60) % 5)
    held.dataset = relabelled
    assert data.dataset is relabelled


def test_an_answer_that_was_on_its_way_is_drawn_of_its_own_data(qtbot: object, settings: Settings) -> None:
    held = Held(MANY)
    desk = desk_of(held, settings)
    panel = NeighboursPanel(desk)
    desk.state.pins.set([56])
    held.dataset, held.number = FEW, 1
    found = np.array([[50, 2]])
    desk.bridge.of(Neighbours).emit(Neighbours("r1", 1, np.array([56]), found, np.array([[0.1, 0.2]], np.float32)))
    assert panel.body_shown
    panel.shut()
    panel.deleteLater()
