from __future__ import annotations

import sys

import pytest

from explorer.core.extras import extra_line
from explorer.core.registry import install_line


def test_a_bundle_says_that_it_cannot_be_added_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert extra_line("sound") == "python -m pip install embedding-explorer[sound]"
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert extra_line("sound").startswith("python -m pip install embedding-explorer[sound] (this ready-made copy")
    assert "ready-made copy" in install_line("one, two")
