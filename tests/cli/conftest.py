"""Commands that share what they decode."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of the tests of a file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shared_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands in this process use it."""
    monkeypatch.setenv("EMBEDDING_EXPLORER_CACHE", str(cache))
