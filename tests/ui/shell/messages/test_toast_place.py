from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from explorer.ui.shell.messages.toast_place import free_place

AREA, SIZE = QRect(0, 0, 1000, 600), QSize(380, 60)


@pytest.mark.parametrize(
    ("taken", "place"),
    [
        ([], QPoint(608, 528)),
        ([QRect(900, 560, 60, 24)], QPoint(12, 528)),  # on the left
        ([QRect(900, 560, 60, 24), QRect(20, 550, 60, 24)], QPoint(608, 488)),  # above the one on the right
        ([QRect(0, 500, 1000, 100), QRect(0, 0, 60, 500), QRect(900, 0, 100, 450)], QPoint(508, 428)),  # between both
        ([QRect(0, 0, 1000, 600)], QPoint(608, 528)),  # nowhere: where it is looked for
    ],
)
def test_the_lowest_free_place_is_taken(taken: list[QRect], place: QPoint) -> None:
    assert free_place(SIZE, AREA, taken) == place
