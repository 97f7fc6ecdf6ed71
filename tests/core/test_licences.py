from __future__ import annotations

from explorer.core.licences import FONTS, PACKAGES, licences
from explorer.core.resources import resource_text


def test_everything_that_is_needed_or_shipped_has_a_named_licence() -> None:
    found = {one.name.lower(): one for one in licences()}
    assert {name.lower() for name in PACKAGES} <= set(found)
    assert {name.lower() for name, _ in FONTS} <= set(found)
    assert all(one.licence and "\n" not in one.licence for one in found.values())
    assert found["scipy"].licence == "BSD License"  # its own field holds the text
    assert "LGPL-3.0" in found["pyside6-essentials"].licence
    assert found["safetensors"].licence == "Apache Software License"


def test_the_licence_of_each_font_is_shipped_with_it() -> None:
    for name, _ in FONTS:
        assert "SIL Open Font License" in resource_text(f"fonts/{name.replace(' ', '')}-OFL.txt")
