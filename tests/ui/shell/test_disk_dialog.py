"""The dialog of what is kept on the disk."""

from __future__ import annotations

from typing import get_args

from explorer.engine.disk_use import PlaceName
from explorer.runs.disk_use import POLICIES
from explorer.ui.shell.disk_dialog import PARTS


def test_whatever_a_line_is_of_has_a_word_in_the_language_of_the_window() -> None:
    assert PARTS.keys() == {*POLICIES, *get_args(PlaceName)}
