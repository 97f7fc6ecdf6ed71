from __future__ import annotations

from explorer.core.registry import catalogue
from explorer.ui.widgets.recipe_words import ADJECTIVES, MINERS


def test_a_miner_has_the_title_of_its_form_before_that_is_loaded() -> None:
    titles = {name: entry.title for name, entry in catalogue("miner").items() if name != "pml"}
    assert titles == MINERS
    assert set(MINERS) >= ADJECTIVES
