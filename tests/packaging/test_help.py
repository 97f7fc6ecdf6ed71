from __future__ import annotations

import importlib
import os
import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import pytest
from PIL import Image

from explorer.core.registry import catalogue
from tests.packaging.test_scripts import ROOT


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """What the pages say of parts, in both languages."""
    monkeypatch.syspath_prepend(ROOT / "packaging" / "help")
    return importlib.import_module("words")


def test_the_pages_about_parts_say_what_the_parts_say() -> None:
    own = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "packaging" / "help" / "pages.py"), "--check"]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_pictures_are_the_same_but_for_what_processors_round_differently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "packaging" / "help")
    pictures = importlib.import_module("pictures")
    ring = '<ellipse rx="{}" ry="24.8" transform="rotate({} 120.0 120.0)"/>'
    assert pictures.same(ring.format(117.6, 158), ring.format(121.8, 159))
    assert not pictures.same(ring.format(117.6, 158), ring.format(125.0, 159))
    assert not pictures.same(ring.format(117.6, 158), ring.format(117.6, 158).replace("ellipse", "circle"))


def test_a_part_without_a_german_text_or_with_one_of_an_older_english_text_is_refused(words: ModuleType) -> None:
    triplet = catalogue("loss")["triplet"]
    german = words.German()
    assert german.when("loss", triplet).startswith("Der Verlust")
    with pytest.raises(KeyError, match="says nothing of the loss newest"):
        german.when("loss", replace(triplet, name="newest"))
    with pytest.raises(KeyError, match="of an older English text"):
        german.when("loss", replace(triplet, part=catalogue("loss")["circle"].part))


def test_german_texts_have_the_formulas_and_settings_of_the_english_ones(words: ModuleType) -> None:
    assert words.other_formulas("√x of `margin` + 1", "√x von `margin` + 1") == []
    assert words.other_formulas("√x of `margin` + 1", "x von 1") == ["+", "margin", "√"]
    for kind in words.PARTS:
        for entry in catalogue(kind).values():
            told = words.German().words(kind, entry)
            assert bool(told) == bool(words.raw(entry)), entry.name


def test_names_in_code_have_no_backslash(words: ModuleType) -> None:
    assert words.escaped("a_b of `c_d*e`") == r"a\_b of `c_d*e`"


def test_the_readme_begins_with_a_training_that_loads_soon() -> None:
    path = ROOT / "packaging" / "training.gif"
    assert "](packaging/training.gif)" in (ROOT / "README.md").read_text("utf-8")[:1000]
    assert path.stat().st_size < 3_000_000
    with Image.open(path) as animation:
        assert getattr(animation, "n_frames", 1) > 20
