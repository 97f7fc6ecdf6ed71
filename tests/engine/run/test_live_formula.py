"""A formula of losses in a session that trains."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged, RunFinished, RunStarted
from explorer.core.recipe import Part
from tests.engine.conftest import SMALL, Desk


def test_weights_change_while_it_trains_and_other_losses_are_refused_in_words(start: Callable[..., Desk]) -> None:
    session, heard = start()
    session.configure(SMALL.model_copy(update={"loss": Part(name="sum"), "epochs": 2_000}))
    session.train()
    heard.until(RunStarted)
    with pytest.raises(UserError, match="while a run trains"):
        session.set("loss.terms", "triplet + center")
    assert "terms" not in session.recipe.loss.params
    session.set("loss.terms", "2*triplet + softmax")
    assert heard.until(ParameterChanged).new == "2*triplet + softmax"
    session.stop()
    assert heard.until(RunFinished).reason == "stopped"
