"""For every test: no screen, no trace in the user's folders, and nothing left behind."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator

import pytest
import pytestqt.qtbot
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["EMBEDDING_EXPLORER_PRECISION"] = "float32"  # a busy machine shall measure none, and all learn the same
os.environ["EMBEDDING_EXPLORER_LANGUAGE"] = os.environ.get("EMBEDDING_EXPLORER_TEST_LANGUAGE", "en")

from explorer.data.decoding.decode_apart import end_resting
from tests.helpers.guards import Exceptions, children, leftovers, threads

# a law holds on a busy machine too: how fast its examples come is nobody's concern
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
# new examples at each run belong to the long forms: what they find is a fault, but not of the change that is tested
settings.register_profile("search", settings.get_profile("house"), derandomize=False, max_examples=500)
settings.load_profile("house")

# as in the window: what is left of a widget must not be taken apart by whichever thread happens to make an object
gc.disable()

PATIENCE_MS = 60_000
"""How long a test waits for a signal where it says nothing else: beside other work five seconds were too few."""
for _waiting in (pytestqt.qtbot.QtBot.waitSignal, pytestqt.qtbot.QtBot.waitSignals, pytestqt.qtbot.QtBot.waitUntil):
    assert "timeout" in (_waiting.__kwdefaults__ or {})
    _waiting.__kwdefaults__ = {**(_waiting.__kwdefaults__ or {}), "timeout": PATIENCE_MS}

FOLDERS = (
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "EMBEDDING_EXPLORER_CACHE",
    "EMBEDDING_EXPLORER_RUNS",
    "EMBEDDING_EXPLORER_REPORTS",
)


@pytest.fixture(scope="session", autouse=True)
def _end_of_session() -> Iterator[None]:
    threads_before, children_before = threads(), children()
    yield
    stayed = leftovers(threads_before, children_before)
    assert not stayed, f"left over at the end: {', '.join(stayed)}"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings, data, caches and logs go to an empty folder of the test's own."""
    before = {name: os.environ.get(name) for name in FOLDERS}
    home = tmp_path_factory.mktemp("home")
    os.environ.update({name: str(home / name.lower()) for name in FOLDERS})
    yield
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


EVERYTHING_SECONDS = 30.0
"""Least time between two looks of the collector at everything, which takes half a second."""


@pytest.fixture(scope="session")
def _looked_at_everything() -> list[float]:
    return [time.monotonic()]


@pytest.fixture(autouse=True)
def _garbage(_looked_at_everything: list[float]) -> Iterator[None]:
    """Collect on this thread, between the tests."""
    yield
    young, middle, _ = gc.get_count()
    if time.monotonic() - _looked_at_everything[0] > EVERYTHING_SECONDS:
        gc.collect()
        _looked_at_everything[0] = time.monotonic()
    elif young > 2000:
        gc.collect(1 if middle > 10 else 0)


@pytest.fixture(autouse=True)
def _nothing_left_behind(_own_folders: None) -> Iterator[None]:
    threads_before, children_before = threads(), children()
    with Exceptions() as exceptions:
        yield
        end_resting()
        stayed = leftovers(threads_before, children_before)
    assert not exceptions.seen, f"an exception reached nobody:\n{exceptions.seen[0]}"
    assert not stayed, f"left over: {', '.join(stayed)}"
