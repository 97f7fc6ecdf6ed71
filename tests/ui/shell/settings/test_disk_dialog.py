"""The dialog of what is kept on the disk."""

from __future__ import annotations

from typing import get_args

from explorer.engine.disk_use import PlaceName, Row
from explorer.runs.disk_use import POLICIES
from explorer.ui.shell.settings.disk_dialog import PARTS, free_words
from explorer.ui.widgets.language import tr


def test_whatever_a_line_is_of_has_a_word_in_the_language_of_the_window() -> None:
    assert PARTS.keys() == {*POLICIES, *get_args(PlaceName)}


def test_a_button_frees_no_more_of_its_line_than_that_has_and_names_the_weights_apart() -> None:
    words = tr("Free {megabytes}…"), tr("Free {megabytes} and {weights} of weights…")
    snapshots = Row("snapshots, 90 steps", 79_900_000, "", "snapshots", 182_400_000, "", 102_600_000)
    assert free_words(snapshots, *words) == "Free 79.8 MB and 102.6 MB of weights…"
    assert free_words(Row("weights, 90 steps", 110_000_000, "", "weights", 102_600_000), *words) == "Free 102.6 MB…"
