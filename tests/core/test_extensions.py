"""An extension that cannot be loaded is left out with one sentence; what else there is goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.core import extensions, registry
from explorer.core.errors import UserError
from explorer.core.recipe import Recipe
from tests.helpers.extensions import bring, forget

WORKS = """
from explorer.core.registry import register
@register("schedule", "of_others")
class OfOthers:
    '''A schedule.'''
"""
SHADOWS = WORKS.replace('"of_others"', '"constant"').replace("class OfOthers", "class Constant")
HALF = WORKS.replace('"of_others"', '"half"') + "\nimport nothing_like_that\n"
NO_FORM = WORKS.replace('"of_others"', '"no_form"') + "    class Params:\n        rate = 3\n"


@pytest.fixture
def _fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    registry.catalogue("schedule")
    monkeypatch.setattr(extensions, "_PACKAGES", set())
    monkeypatch.setattr(extensions, "_FOUND", {})
    monkeypatch.setattr(registry, "_LOADED", registry._LOADED - {"schedule"})
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for package in ("others_broken", "others_work"):
        forget(package)


@pytest.mark.usefixtures("_fresh")
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_like_that", "ModuleNotFoundError: No module named 'nothing_like_that'"),
        ("def x(:", "SyntaxError: "),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError", "ValueError"),
        ("raise BaseException('panicked')", "BaseException: panicked"),
        (SHADOWS, "ValueError: schedule 'constant' is already taken by explorer.learn.schedules."),
        (HALF, "ModuleNotFoundError: "),
        (NO_FORM, "AttributeError: "),
    ],
)
def test_what_cannot_be_loaded_is_left_out_and_the_rest_is_there(code: str, said: str, tmp_path: Path) -> None:
    bring(tmp_path, "others_broken", code, ["schedule"])
    bring(tmp_path, "others_work", WORKS, ["schedule"])
    found = registry.catalogue("schedule")
    assert {"constant", "one_cycle", "of_others"} <= set(found)
    assert not {"half", "no_form"} & set(found)
    assert found["constant"].part.__module__.startswith("explorer.")
    (problem,) = extensions.problems()
    assert problem.startswith(f"The extension others_broken cannot be loaded ({said}")
    assert problem.endswith(" and is left out. Update it, or remove it")
    assert {(each.name, bool(each.problem)) for each in extensions.known()} == {
        ("others_broken", True),
        ("others_work", False),
    }
    with pytest.raises(UserError, match=r"There is no schedule 'of_theirs'\. .* The extension others_broken cannot be"):
        Recipe().with_value("schedule", "of_theirs")


@pytest.mark.usefixtures("_fresh")
def test_an_entry_point_that_names_no_module_is_left_out(tmp_path: Path) -> None:
    bring(tmp_path, "others_broken", "", ["schedule"])
    (tmp_path / "others_broken-1.0.dist-info" / "entry_points.txt").write_text("[embedding_explorer.schedule]\nx = a b")
    assert "constant" in registry.catalogue("schedule")
    assert len(extensions.problems()) == 1
    assert extensions.kinds_of_others() == ("schedule",)


@pytest.mark.usefixtures("_fresh")
def test_what_one_prints_does_not_come_between_what_a_command_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(tmp_path, "others_work", "print('hello')\n" + WORKS, ["schedule"])
    assert "of_others" in registry.catalogue("schedule")
    assert capsys.readouterr() == ("", "hello\n")
