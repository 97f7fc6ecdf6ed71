from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.examples import Example, examples, load_recipe
from explorer.core.recipe import Recipe


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_can_be_trained_with_and_says_what_it_is_for(example: Example) -> None:
    recipe = load_recipe(example.name)
    assert recipe != Recipe()
    assert recipe.resolved().resolved() == recipe.resolved()
    assert example.title.startswith("Recipe ")
    assert example.summary.endswith((".", "verification", "few-shot"))


def test_a_name_that_is_neither_file_nor_example_is_told_the_examples(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"neither a recipe file nor an example.*few-shot"):
        load_recipe("fewshot")
    (tmp_path / "mine.toml").write_text("epochs = 3\n", encoding="utf-8")
    assert load_recipe(str(tmp_path / "mine.toml")).epochs == 3
