from __future__ import annotations

import os
import subprocess
import sys

from tests.packaging.test_scripts import ROOT


def test_the_pages_about_parts_say_what_the_parts_say() -> None:
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "packaging" / "help" / "pages.py"), "--check"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
