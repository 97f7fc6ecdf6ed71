from __future__ import annotations

import os
import subprocess
import sys

import pytest

from explorer.core.torch_environment import LARGE_PAGES, POLICY, WAITS, prepare_for_torch

ALL = LARGE_PAGES | WAITS


@pytest.mark.parametrize("name", ALL)
def test_what_a_person_has_set_is_kept(name: str) -> None:
    environment = {name: "0"}
    prepare_for_torch(environment)
    assert environment == ALL | {name: "0"}


def test_a_policy_that_a_person_has_set_is_the_one_that_threads_wait_by() -> None:
    environment = {POLICY: "ACTIVE"}
    prepare_for_torch(environment)
    assert environment == {POLICY: "ACTIVE", **LARGE_PAGES}


def test_it_is_set_before_torch_is_loaded_wherever_the_program_is_begun() -> None:
    own = {name: value for name, value in os.environ.items() if name not in (*ALL, POLICY)}
    script = f"import sys, os, explorer; print('torch' in sys.modules, *map(os.environ.get, {list(ALL)}))"
    found = subprocess.run([sys.executable, "-c", script], env=own, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", *ALL.values()]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there the libraries are loaded beforehand")
def test_the_largest_library_is_loaded_before_torch_is_imported() -> None:
    script = (
        "import sys; from pathlib import Path; from explorer.core.torch_environment import load_beside; load_beside()\n"
        "print('torch' in sys.modules, 'libtorch_cpu.so' in Path('/proc/self/maps').read_text())"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "True"]
