from __future__ import annotations

import gc

import numpy as np

from explorer.engine.cleaning import Suspect, Suspects


def test_suspects_are_made_when_they_are_asked_for() -> None:
    columns = np.array([7, 3, 5]), np.array([0.9, 0.5, 0.25]), np.array([1, 0, 2]), np.array([True, True, False])
    suspects = Suspects(*columns)
    alone = [Suspect(7, 0.9, 1, True), Suspect(3, 0.5, 0, True), Suspect(5, 0.25, 2, False)]
    assert list(suspects) == alone
    assert suspects[-1] == alone[-1]
    assert suspects[1:] == tuple(alone[1:])
    assert [type(value) for value in (suspects[0].item, suspects[0].score, suspects[0].likely)] == [int, float, bool]
    assert alone[1] in suspects
    alone.clear()
    assert not [one for one in gc.get_referents(suspects) if isinstance(one, Suspect)]
