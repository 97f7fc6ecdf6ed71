from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from explorer.core.errors import UserError
from explorer.core.recipe import AS_FITTED, Part, Recipe
from explorer.runs.header import SCHEMA_VERSION, RunHeader, header_bytes, migrated, read_header
from tests.helpers.runs import data_record


def _header() -> RunHeader:
    recipe = Recipe(loss=Part(name="triplet", params={"margin": 0.25}), epochs=7)
    return RunHeader(run="abc", created="2026-01-01T00:00:00+00:00", recipe=recipe, data=data_record())


def _write(folder: Path, **changes: Any) -> None:
    document = {**json.loads(header_bytes(_header())), **changes}
    (folder / "run.json").write_text(json.dumps(document))


def test_the_header_comes_back(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_bytes(header_bytes(_header()))
    assert read_header(tmp_path) == _header()


def test_a_newer_schema_is_refused_with_the_version_that_is_needed(tmp_path: Path) -> None:
    _write(tmp_path, schema_version=SCHEMA_VERSION + 1, needs="9.1.0", brand_new={"a": 1})
    with pytest.raises(UserError, match=r"newer version, in schema 4, .*; opening it needs Embedding Explorer 9\.1\.0"):
        read_header(tmp_path)


def test_an_older_schema_is_migrated_on_a_copy() -> None:
    document = {"schema_version": 1, "trail": []}
    before = copy.deepcopy(document)

    def step(name: str) -> Any:
        def migrate(old: dict[str, Any]) -> dict[str, Any]:
            old["trail"].append(name)
            return old

        return migrate

    result = migrated(document, {1: step("1 to 2"), 2: step("2 to 3")}, current=3)
    assert result == {"schema_version": 3, "trail": ["1 to 2", "2 to 3"]}
    assert document == before
    with pytest.raises(ValueError, match="no longer known"):
        migrated({"schema_version": 1}, {2: step("2 to 3")}, current=3)


@pytest.mark.parametrize(
    ("shape", "size", "modality"),
    [((28, 28, 1), 0, "pictures"), ((1, 1, 64), 0, "vectors"), ((1, 1, 3), 1, "pictures"), ((1, 1, 1), 0, "vectors")],
)
def test_a_run_of_schema_1_did_not_say_what_its_items_are(
    tmp_path: Path, shape: tuple[int, int, int], size: int, modality: str
) -> None:
    document = json.loads(header_bytes(_header()))
    document["schema_version"] = 1
    document["data"] = {**document["data"], "shape": shape}
    del document["data"]["modality"]
    if size:
        document["recipe"]["data"] = {"size": size}
    (tmp_path / "run.json").write_text(json.dumps(document))
    assert read_header(tmp_path).data.modality == modality


@pytest.mark.parametrize(("fitter", "distance"), [("lmnn", AS_FITTED), ("none", Part(name="cosine"))])
def test_a_map_of_schema_2_was_euclidean_whatever_its_recipe_named(tmp_path: Path, fitter: str, distance: Part) -> None:
    document = json.loads(header_bytes(_header()))
    document["schema_version"] = 2
    document["recipe"] |= {"fitter": {"name": fitter}, "distance": {"name": "cosine"}}
    (tmp_path / "run.json").write_text(json.dumps(document))
    assert read_header(tmp_path).recipe.part("distance") == distance


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cannot be opened: it is damaged. Bring it back"),
        (b'{"run":', "cannot be opened: it is damaged. Bring it back"),
        (b"\xff\xfe", "cannot be opened: it is damaged. Bring it back"),
        (b"[1]", "not a JSON object"),
        (b"{}", "which schema"),
        (b'{"schema_version": true}', "which schema"),
        (b'{"schema_version": "1"}', "which schema"),
        (b'{"schema_version": 1}', "written_by|run|recipe"),
        (b"[" * 100_000, "cannot be opened"),
        (b'{"schema_version": 0}', "which schema it follows. Bring it back from a copy"),
        (b'{"schema_version": 3, "schema": 7}', "Bring it back from a copy"),
        (b'{"schema_version": 99}', "in schema 99, and this one knows schemas up to 3. Install a later version: this"),
        (b'{"schema_version": 99, "needs": "9.1"}', "needs Embedding Explorer 9.1. Install a later version: this"),
    ],
)
def test_a_damaged_header_is_one_sentence(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(UserError, match=reason) as caught:
        read_header(tmp_path)
    assert "\n" not in str(caught.value)
    assert "run.json" in str(caught.value)


def test_a_recipe_that_names_code_is_refused(tmp_path: Path) -> None:
    document = json.loads(header_bytes(_header()))
    document["recipe"]["loss"]["_class_path"] = "os.system"
    (tmp_path / "run.json").write_text(json.dumps(document))
    with pytest.raises(UserError, match="_class_path"):
        read_header(tmp_path)
