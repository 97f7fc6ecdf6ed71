from __future__ import annotations

import pytest

from explorer.core.examples import TASKS, Example, examples
from explorer.core.recipe import Recipe


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_every_example_can_be_trained_with_and_says_what_it_is_for(example: Example) -> None:
    recipe = Recipe.load(example.path)
    assert recipe != Recipe()
    assert recipe.resolved().resolved() == recipe.resolved()
    assert example.title.startswith("Recipe ")
    assert example.summary.endswith(".")
    assert "--" not in example.summary + example.when  # it is read in the window
    assert example.when.startswith("When ")


def test_every_task_has_a_recipe_and_they_come_in_order() -> None:
    tasks = [example.task for example in examples()]
    assert list(dict.fromkeys(tasks)) == list(TASKS)
    assert tasks == sorted(tasks, key=TASKS.index)
