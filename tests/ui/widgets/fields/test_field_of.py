from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from explorer.core.registry import find
from explorer.ui.widgets.fields.field_of import field_for
from tests.ui.widgets.fields.parameters import info


@pytest.mark.parametrize("kind", ["bool", "int", "str", "choice", "float"])
def test_there_is_a_field_for_every_type(qtbot: QtBot, kind: str) -> None:
    default = {"bool": True, "int": 3, "str": "split", "choice": "b", "float": 0.2}[kind]
    field = field_for(info(type=kind, default=default, maximum=9.0, choices=("a", "b") if kind == "choice" else ()))
    qtbot.addWidget(field)
    assert field.value() == default
    assert find("loss", "triplet").available
