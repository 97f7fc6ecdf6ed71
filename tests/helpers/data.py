"""The real data sets beside the checkout, where there are any."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def real_data(name: str) -> Path:
    """Return the path of a real data set; skips the test, saying why, where it is missing."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"needs the real data {name} in ../shared/data")
    return path
