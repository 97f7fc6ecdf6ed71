from __future__ import annotations

import pytest

from explorer.core.part_titles import TITLES, in_line, part_title
from explorer.core.recipe import PART_KINDS
from explorer.core.registry import catalogue


def test_a_part_has_the_title_of_its_form_before_that_is_loaded() -> None:
    titles = {f"{kind}.{name}": entry.title for kind in PART_KINDS for name, entry in catalogue(kind).items()}
    assert titles == TITLES
    assert part_title("loss", "of_an_extension") == "of_an_extension"


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Triplet", "triplet"),
        ("Semi-hard", "semi-hard"),
        ("Hard classes (negative class mining)", "hard classes"),
        ("LMNN (large margin)", "LMNN"),
        ("InfoNCE / NT-Xent", "InfoNCE / NT-Xent"),
        ("N-pair", "N-pair"),
        ("Barlow Twins", "Barlow Twins"),
    ],
)
def test_within_a_line_words_have_small_letters_and_names_have_theirs(title: str, words: str) -> None:
    assert in_line(title) == words
