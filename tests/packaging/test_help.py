from __future__ import annotations

import os
import subprocess
import sys

from PIL import Image

from tests.packaging.test_scripts import ROOT


def test_the_pages_about_parts_say_what_the_parts_say() -> None:
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "packaging" / "help" / "pages.py"), "--check"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_the_readme_begins_with_a_training_that_loads_soon() -> None:
    path = ROOT / "packaging" / "training.gif"
    assert "](packaging/training.gif)" in (ROOT / "README.md").read_text("utf-8")[:1000]
    assert path.stat().st_size < 3_000_000
    with Image.open(path) as animation:
        assert getattr(animation, "n_frames", 1) > 20
