from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.core import resources
from explorer.core.licences import FONTS, PACKAGES, SAMPLES, licence_texts, licences
from explorer.core.resources import resource_path, resource_text


def test_everything_that_is_needed_or_shipped_has_a_named_licence() -> None:
    found = {one.name.lower(): one for one in licences()}
    assert {name.lower() for name in PACKAGES} <= set(found)
    assert {name.lower() for name, _ in FONTS} <= set(found)
    assert all(one.licence and "\n" not in one.licence for one in found.values())
    assert found["scipy"].licence == "BSD License"  # its own field holds the text
    assert "LGPL-3.0" in found["pyside6-essentials"].licence
    assert found["safetensors"].licence == "Apache Software License"


def test_the_licence_of_each_sample_is_shipped_with_it() -> None:
    shown = {one.name: one.licence for one in licences()}
    for name, _, licence in SAMPLES:
        assert shown[name] == licence
        assert "CC0 1.0 Universal" in resource_text(licence.rpartition(" ")[2])
    assert resource_path("samples/photos.zip").stat().st_size < 3 << 20


def test_the_licence_of_each_font_is_shipped_with_it() -> None:
    for name, _ in FONTS:
        assert "SIL Open Font License" in resource_text(f"fonts/{name.replace(' ', '')}-OFL.txt")


def test_a_bundle_names_what_is_no_package_and_has_the_texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert licence_texts() is None
    monkeypatch.setattr(resources, "_INSTALLED", tmp_path)
    (tmp_path / "licences").mkdir()
    parts = [{"name": name, "version": "1", "licence": "MIT"} for name in ("libxcb1", "NumPy")]
    (tmp_path / "third_party.json").write_text(json.dumps(parts))
    assert licence_texts() == tmp_path / "licences"
    names = [one.name for one in licences()]
    assert names[-1] == "libxcb1"
    assert names.count("numpy") == 1, "what is installed says it itself"
