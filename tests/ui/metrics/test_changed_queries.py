"""The queries that one of two runs alone answers rightly."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from explorer.ui.metrics.changed_queries import ChangedQueries
from explorer.ui.session.view_state import ViewState
from explorer.ui.widgets.theme import ThemeManager
from tests.helpers.blobs import CLOTHES, blobs, dataset_of


def test_where_there_is_none_it_says_so(qtbot: QtBot) -> None:
    dataset, none, some = dataset_of(blobs(50, 10)[1], CLOTHES), np.empty(0, np.int64), np.array([3, 7])
    lists = ChangedQueries(ThemeManager(), ViewState(), dataset, some, none)
    qtbot.addWidget(lists)
    shown = [not widget.isHidden() for widget in (lists.fixed, lists.broken, *lists.nothing)]
    assert shown == [True, False, False, True]
    lists.show_queries(dataset, none, some)
    shown = [not widget.isHidden() for widget in (lists.fixed, lists.broken, *lists.nothing)]
    assert shown == [False, True, True, False]
