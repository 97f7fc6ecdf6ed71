"""What stands between a torchvision that does not fit torch and whoever imports it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.path[:0] = {paths!r}
from explorer.learn.encoders.torchvision_guard import guard_torchvision
state = guard_torchvision()
assert guard_torchvision() == state
if state == "shimmed" and {real}:
    import torch, torchvision
    from torchvision.transforms import v2
    try:
        torch.ops.torchvision.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    except NotImplementedError:
        state = "shimmed and says so"
print(state)
"""


def state(*paths: Path, real: bool = True) -> str:
    program = PROGRAM.format(paths=[str(path) for path in paths], real=real)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="needs torchvision")
def test_the_installed_torchvision_can_be_imported() -> None:
    assert state() in ("native", "shimmed and says so")


def test_a_torchvision_without_its_compiled_half_is_mended(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_C.so").write_bytes(b"not a library")
    assert state(tmp_path, real=False) == "shimmed"
