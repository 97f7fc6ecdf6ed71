from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([0-9][A-Za-z0-9.]*)$")


def _pins() -> dict[str, str]:
    lines = (ROOT / "packaging" / "constraints.txt").read_text().splitlines()
    found = [PIN.match(line) for line in lines if line and not line.startswith("#")]
    assert all(found), "every line is NAME==VERSION, without addresses or paths"
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def test_everything_that_is_asked_for_is_pinned_within_its_range() -> None:
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = _pins()
    groups = project["dependency-groups"]
    for line in (*project["project"]["dependencies"], *groups["dev"], *groups["bundle"]):
        requirement = Requirement(line)
        assert requirement.specifier.contains(pins[requirement.name.lower()]), line


def test_torch_is_pinned_so_that_a_small_build_is_taken() -> None:
    assert _pins()["torch"] == "2.13.0"


@pytest.mark.skipif(sys.platform == "win32", reason="shell scripts")
@pytest.mark.parametrize("script", ["packaging/run", "packaging/test", ".ci/run"])
def test_the_scripts_can_be_started_and_are_whole(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
    subprocess.run(["bash", "-n", str(ROOT / "packaging" / "environment.sh")], check=True)
