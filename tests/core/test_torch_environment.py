from __future__ import annotations

import os
import subprocess
import sys

import pytest

from explorer.core.torch_environment import LARGE_PAGES, prepare_for_torch


@pytest.mark.parametrize("name", LARGE_PAGES)
def test_what_a_person_has_set_is_kept(name: str) -> None:
    environment = {name: "0"}
    prepare_for_torch(environment)
    assert environment == {name: "0"}


def test_it_is_set_before_torch_is_loaded_wherever_the_program_is_begun() -> None:
    own = {name: value for name, value in os.environ.items() if name not in LARGE_PAGES}
    script = f"import sys, os, explorer; print('torch' in sys.modules, *map(os.environ.get, {list(LARGE_PAGES)}))"
    found = subprocess.run([sys.executable, "-c", script], env=own, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", *LARGE_PAGES.values()]
