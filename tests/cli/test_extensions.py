"""Packages of other people beside the program, as their users have them: installed, listed, trained, broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.extensions import bring

PACKAGE = Path(__file__).parent / "ratio_loss_package"


def _explorer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with ``folder`` on the path of Python."""
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", ""), str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": path, "EMBEDDING_EXPLORER_CACHE": str(folder / "cache")}
    command = [sys.executable, "-m", "explorer", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, cwd=folder, check=False)


def test_list_goes_on_without_what_is_broken_and_says_so(tmp_path: Path) -> None:
    bring(tmp_path, "broken_exports", "import nothing_like_that", ["embedding_format"])
    done = _explorer(tmp_path, "list", "embedding_format", "--json")
    assert done.returncode == 0
    assert {part["name"] for part in json.loads(done.stdout)} >= {"npy", "csv"}
    assert done.stderr == (
        "note: The extension broken_exports cannot be loaded (ModuleNotFoundError: No module named "
        "'nothing_like_that') and is left out. Update it, or remove it\n"
    )


@pytest.mark.full
def test_doctor_tells_which_extensions_there_are(tmp_path: Path) -> None:
    bring(tmp_path, "broken_exports", "import nothing_like_that", ["embedding_format"])
    bring(tmp_path, "whole_exports", "", ["embedding_format"])
    found = json.loads(_explorer(tmp_path, "doctor", "--json").stdout)["extensions"]
    assert [(each["name"], each["version"], bool(each["problem"])) for each in found] == [
        ("broken_exports", "1.0", True),
        ("whole_exports", "1.0", False),
    ]
    text = _explorer(tmp_path, "doctor").stdout
    assert "\nextensions\n  broken_exports       The extension broken_exports cannot be loaded (" in text
    assert "\n  whole_exports        1.0 (kind embedding_format)\n" in text


@pytest.mark.full
def test_the_example_package_is_installed_listed_and_trained(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), str(_copied(tmp_path))], check=True)
    listed = json.loads(_explorer(tmp_path / "site", "list", "loss", "--json").stdout)
    (part,) = (part for part in listed if part["name"] == "hard_ratio")
    assert [parameter["name"] for parameter in part["parameters"]] == ["scale", "census_margin"]
    train = ("train", "sample:digits", "--out", str(tmp_path / "run"), "--epochs", "2", "--json")
    done = _explorer(tmp_path / "site", *train, "--set", "loss=hard_ratio", "--set", "loss.scale=2")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["metrics"]["recall@1"] > 0.9
    again = _explorer(tmp_path, *train, "--resume")  # where the package is not
    assert again.returncode == 2
    assert "There is no loss 'hard_ratio'" in again.stderr
    assert _explorer(tmp_path, "evaluate", str(tmp_path / "run")).returncode == 0


def _copied(folder: Path) -> Path:
    """Return a copy of the package: a build leaves files beside it."""
    copy = folder / "package"
    copy.mkdir()
    for path in PACKAGE.iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    return copy
