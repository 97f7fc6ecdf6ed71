"""A run whose data lie elsewhere by now: told where they were, opened where they are, and only if they are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from explorer.core.recipe import Recipe
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import DatasetFailed, Notice, Role, RunOpened
from explorer.engine.run.run_files import create_run
from explorer.runs.folder import RunFolder
from explorer.runs.header import HEADER_NAME
from tests.engine.conftest import Desk
from tests.helpers.data import picture_folder

Start = Callable[..., Desk]


def test_a_run_is_opened_where_its_data_are_now(start: Start, tmp_path: Path) -> None:
    data, run = picture_folder(tmp_path / "fruit", {"apple": 4, "pear": 4}), tmp_path / "run"
    session, heard = start(spec=str(data))
    assert session.dataset is not None
    assert session.split is not None
    opened = Opened(session.dataset, session.split, "", ((str(data), "main"),), session.recipe.data)
    create_run(run, opened, Recipe().resolved()).close()
    data.rename(tmp_path / "moved")
    session.open_run(run)
    assert heard.until(DatasetFailed).moved == str(data)
    place, other = heard.now(), picture_folder(tmp_path / "other", {"apple": 4, "plum": 4})
    session.open_run(run, data=str(other))
    failed = heard.until(DatasetFailed, after=place)
    assert not failed.moved
    assert "is not what run was trained on" in failed.message
    session.open_run(run, data=str(tmp_path / "moved"))
    heard.until(RunOpened)
    assert heard.until(Notice).text == f"run looks for its data where they are now: {tmp_path / 'moved'}"
    assert RunFolder.open(run).data.uri == str(tmp_path / "moved"), "and so does every command"
    assert str(tmp_path / "fruit") in (run / HEADER_NAME).read_text(), "where they were is still told"
    another, also = start(spec="")
    another.open_run(run)
    also.until(RunOpened)
    assert len(heard.all(Notice) + also.all(Notice)) == 1
    sources: tuple[tuple[str, Role], ...] = ((str(tmp_path / "moved"), "main"), (str(tmp_path / "gone"), "test"))
    create_run(tmp_path / "beside", replace(opened, sources=sources), Recipe().resolved()).close()
    place = heard.now()
    session.open_run(tmp_path / "beside")
    failed = heard.until(DatasetFailed, after=place)
    assert f"{tmp_path / 'gone'}, the test data of beside, cannot be read: it is not there" in failed.message


def test_labels_that_changed_are_told_when_the_run_is_opened(start: Start, tmp_path: Path) -> None:
    picture_folder(tmp_path / "pictures", {"a": 6})
    names = sorted(path.name for path in (tmp_path / "pictures" / "a").iterdir())
    table, run = tmp_path / "pictures" / "list.csv", tmp_path / "run"
    rows = [f"a/{name},{'x' if at % 2 else 'y'}" for at, name in enumerate(names)]
    table.write_text("\n".join(["path,label", *rows]))
    session, _ = start(spec=str(table))
    assert session.dataset is not None
    assert session.split is not None
    opened = Opened(session.dataset, session.split, "", ((str(table), "main"),), session.recipe.data)
    create_run(run, opened, Recipe().resolved()).close()
    table.write_text("\n".join(["path,label", rows[0].replace(",y", ",x"), *rows[1:]]))
    another, also = start(spec="")  # the first one has the data in memory, as they were
    another.open_run(run)
    also.until(RunOpened)
    (said,) = (notice.text for notice in also.all(Notice))
    assert said.startswith("1 label of ")
    assert "was y and is x now" in said
