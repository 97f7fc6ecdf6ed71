"""A session with a listener, closed at the end of the test; nothing of it may be left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from explorer.core.recipe import Part, Recipe
from explorer.engine.events import DatasetOpened
from explorer.engine.session.session import Session
from tests.helpers.listening import Listener

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded: the cores of a test are shared

SMALL = Recipe(
    encoder=Part(name="mlp"),
    sampler=Part(name="pk", params={"classes": 8, "images": 4}),
    augment=Part(name="none"),
    epochs=400,
)
"""Learns the digits in a moment, and lasts until it is stopped."""

SHORT = Recipe(
    encoder=Part(name="linear"),
    sampler=Part(name="pk", params={"classes": 10, "images": 16}),
    augment=Part(name="none"),
    epochs=2,
)
"""Over in a few steps."""

Desk = tuple[Session, Listener]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Return a function that starts a session on the digits; all are closed in the end."""
    sessions: list[Session] = []

    def begin(*, live: bool = True, recipe: Recipe = SMALL, spec: str = "sample:digits") -> Desk:
        listener = Listener()
        session = Session(listener.ring, live=live, cache_folder=tmp_path / "cache", runs_folder=tmp_path / "runs")
        sessions.append(session)
        listener.listen(session.lanes)
        session.configure(recipe)
        if spec:
            session.open(spec)
            listener.until(DatasetOpened)
        return session, listener

    yield begin
    for session in sessions:
        assert session.close(60.0)  # beside other work ten seconds were too few


@pytest.fixture
def trained(start: Callable[..., Desk]) -> Desk:
    """A session whose run has ended and is written."""
    session, heard = start(recipe=SHORT)
    session.train()
    heard.at_rest()
    return session, heard
