"""A run that was trained a little, which the exports of this folder take away."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers.command_line import run_command
from tests.helpers.data import picture_folder

CLASSES = {"=a": 12, "b\tc": 12, "<d>": 12}
"""Names that a spreadsheet would run, that fall apart in a table of tabs, and that a page would take for its own."""


class Trained(NamedTuple):
    """The folders of a run and of its pictures."""

    path: Path
    pictures: Path

    def near(self, item: str, count: int = 6) -> list[str]:
        """Return the ids of what is nearest to an item, itself first, as ``query`` says."""
        status, out, err = run_command("query", self.path, self.pictures / item, "-k", count, "--json")
        assert status == 0, err
        return [neighbour["id"] for neighbour in json.loads(out)["neighbours"]]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return a small run on pictures, by the cosine."""
    root = tmp_path_factory.mktemp("exported")
    pictures = picture_folder(root / "pictures", CLASSES, side=28)
    status, _, err = run_command(
        "train", pictures, "--out", root / "run", "--epochs", 3, "--device", "cpu", "--set", "sampler.classes=3",
        "--set", "sampler.images=4", "--set", "distance=cosine", "--set", "encoder.width=8",
    )  # fmt: skip
    assert status == 0, err
    return Trained(root / "run", pictures)
