from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.creation import check_free
from explorer.runs.own_files import OWN, refuse_own_file, run_of
from tests.helpers.runs import new_run

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("schema", ["schema_1", "schema_2", "schema_3"])
def test_everything_that_a_run_ever_held_is_its_own(schema: str) -> None:
    runs = [path.parent for path in (GOLDEN / schema).rglob("run.json")]
    assert runs
    for run in runs:
        for path in run.rglob("*"):
            assert path.relative_to(run).parts[0] in OWN
            assert run_of(path) == run.absolute()


def test_other_files_in_a_run_folder_and_equal_names_elsewhere_are_free(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoints").mkdir(parents=True)
    (run / "run.json").write_text("{}")
    for name in ("picture.png", "embeddings.csv"):
        refuse_own_file(run / name)
    for name in OWN:
        refuse_own_file(tmp_path / name)
    for name in ("run.json", "items.csv", "items.arrow", "checkpoints/000001/mine.npy", "../run/items.csv"):
        with pytest.raises(UserError, match="belongs to a run"):
            refuse_own_file(run / name)


def test_nothing_is_put_into_the_folder_of_a_run(tmp_path: Path) -> None:
    """It would be copied, counted and deleted with the run; a run.json alone makes no run."""
    new_run(tmp_path / "run").close()
    (tmp_path / "link").symlink_to(tmp_path / "run", target_is_directory=True)
    for place in ("run/report.html", "run/mine/x.csv", "link/x.csv", "run/../run/x.csv"):
        for check in (refuse_own_file, check_free):
            with pytest.raises(UserError, match="lies in the folder of a run"):
                check(tmp_path / place)
    for place in ("report.html", "run/../report.html", "run-report"):
        refuse_own_file(tmp_path / place)
        check_free(tmp_path / place)
    assert {path.name for path in (tmp_path / "run").iterdir()} <= OWN
    with pytest.raises(UserError, match="belongs to a run"):
        refuse_own_file(tmp_path / "run" / "projections" / "x.csv")


def test_a_link_into_a_run_is_its_own(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    (tmp_path / "out.csv").symlink_to(run / "items.csv")
    with pytest.raises(UserError, match="belongs to a run"):
        refuse_own_file(tmp_path / "out.csv")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other limits")
def test_a_name_that_is_too_long_is_told_in_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / ("n" * 300), tmp_path / ("n" * 300) / "list.csv"):
        for check in (refuse_own_file, check_free):
            with pytest.raises(UserError, match=r"… cannot be written: File name too long") as told:
                check(path)
            assert len(str(told.value)) < 260


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_device_or_a_pipe_is_not_written_over(tmp_path: Path) -> None:
    pipe = tmp_path / "list.csv"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null")):
        with pytest.raises(UserError, match="is a device or a pipe"):
            refuse_own_file(path)
