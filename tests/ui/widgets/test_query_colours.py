from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from explorer.ui.session.pinned_queries import MOST_PINNED
from explorer.ui.widgets.query_colours import QueryNumber, ink_on, query_token
from explorer.ui.widgets.theme import DARK, LIGHT, QUERY_COLOURS, Theme, ThemeManager
from tests.helpers.contrast import contrast

SEEN: dict[str, npt.ArrayLike] = {
    "by everybody": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""How linear red, green and blue are seen: Machado, Oliveira and Fernandes (2009), severity 1."""
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
"""Ottosson (2020)."""


def oklab(colours: list[QColor], seen: npt.ArrayLike) -> npt.NDArray[np.float64]:
    parts = np.array([(colour.redF(), colour.greenF(), colour.blueF()) for colour in colours], np.float64)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    cones = np.clip(linear @ np.transpose(seen), 0.0, 1.0) @ np.transpose(TO_CONES)
    return np.asarray(np.cbrt(cones) @ np.transpose(TO_OKLAB))


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("seen", SEEN)
def test_queries_are_told_apart_by_colour_blind_readers_too(theme: Theme, seen: str) -> None:
    places = oklab([theme.colour(query_token(number)) for number in range(1, QUERY_COLOURS + 1)], SEEN[seen])
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)[np.triu_indices(QUERY_COLOURS, 1)]
    assert apart.min() > 0.11


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_signs_are_seen_on_every_surface_and_their_numbers_can_be_read(theme: Theme) -> None:
    for number in range(1, MOST_PINNED + 1):
        colour = theme.colour(query_token(number))
        assert contrast(ink_on(colour), colour) >= 4.5
        for surface in ("background", "panel", "raised"):
            assert contrast(colour, theme.colour(surface)) >= 3.0


def test_a_sign_is_there_for_a_query_alone(qtbot: QtBot, themes: ThemeManager) -> None:
    sign = QueryNumber(themes)
    qtbot.addWidget(sign)
    assert sign.isHidden()
    sign.show_number(3)
    dark = sign.grab().toImage()
    assert sign.accessibleName().startswith("Query 3")
    sign.show_number(4)
    assert sign.grab().toImage() != dark
    sign.show_number(0)
    assert sign.isHidden()
