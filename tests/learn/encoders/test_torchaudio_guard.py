"""What stands between a torchaudio that does not load and transformers, which imports it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.path[:0] = {paths!r}
from explorer.learn.encoders.torchaudio_guard import guard_torchaudio
state = guard_torchaudio()
assert guard_torchaudio() == state
if {build}:
    from tests.learn.encoders.models import SETTINGS, encoder
    state += " " + str(encoder("transformers", **SETTINGS["transformers"]).dimension)
    import transformers.audio_utils
    assert not transformers.utils.is_torchaudio_available()
print(state)
"""


def told(path: Path, init: str, *, build: bool = False) -> str:
    (path / "torchaudio").mkdir()
    (path / "torchaudio" / "__init__.py").write_text(init)
    program = PROGRAM.format(paths=[str(path)], build=build)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("error", ["OSError('libcudart.so.13: cannot open shared object file')", "ImportError('half')"])
def test_one_that_does_not_load_is_as_if_it_were_not_installed(tmp_path: Path, error: str) -> None:
    assert told(tmp_path, f"raise {error}") == "hidden"


@pytest.mark.full
def test_models_of_pictures_are_built_beside_it(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    assert told(tmp_path, "raise OSError('libcudart.so.13: cannot open shared object file')", build=True) == "hidden 16"


def test_one_that_loads_is_left_alone(tmp_path: Path) -> None:
    assert told(tmp_path, "") == "native"
