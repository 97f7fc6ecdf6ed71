from __future__ import annotations

from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished, Weights
from explorer.runs.disk_use import PARTS, bytes_below, give_up, run_use
from explorer.runs.folder import RunFolder
from tests.helpers.runs import checkpoint, new_run, projection, snapshot


def _filled(path: Path) -> RunFolder:
    """Return a run that has ended after four steps, each with all that is kept of one."""
    run = new_run(path)
    for step in (10, 20, 30, 40):
        run.write_checkpoint(checkpoint(step))
        run.write_snapshot(snapshot(step, exact=step == 20))
        run.write_projection(projection(step))
        run.write_weights(Weights(run.run, step, checkpoint(step).tensors))
    run.append([RunFinished(run.run, 40, 4, "done", 1.0, 100.0)])
    run.finish({"ended": "RunFinished"})
    return run


def test_what_a_run_takes_is_what_lies_in_its_folder(tmp_path: Path) -> None:
    with _filled(tmp_path / "run") as run:
        use = run_use(run)
    files = sum(file.stat().st_size for file in (tmp_path / "run").rglob("*") if file.is_file())
    assert use.size - (tmp_path / "run" / "writer.lock").exists() == pytest.approx(files, abs=4096)
    assert [(part.part, part.steps, part.spare) for part in use.parts] == [
        ("checkpoints", 4, (10, 20, 30)),
        ("weights", 4, (10, 20, 30, 40)),
        ("snapshots", 4, (30,)),
    ]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_given_up_is_as_much_as_was_said_and_the_run_stays_whole(tmp_path: Path, part: str) -> None:
    with _filled(tmp_path / "run") as run:
        (chosen,) = (name for name in PARTS if name == part)
        before = bytes_below(run.path)
        manifest = (run.path / "manifest.json").stat().st_size
        said = give_up(run, chosen)
        now = bytes_below(run.path) - (run.path / "manifest.json").stat().st_size
        assert before - manifest - now == said > 0
        assert run.verify() == ()
        newest = run.latest_checkpoint()
        assert newest is not None
        assert newest.step == 40
        assert run.snapshot(40).step == 40
        assert run.snapshot(20).exact
        assert give_up(run, chosen) == 0
    with pytest.raises(UserError, match="open for reading only"):
        give_up(RunFolder.open(tmp_path / "run"), chosen)


def test_a_damaged_newest_checkpoint_does_not_cost_the_one_before(tmp_path: Path) -> None:
    with _filled(tmp_path / "run") as run:
        (run.path / "checkpoints" / "00000040" / "tensors.safetensors").write_bytes(b"torn")
        give_up(run, "checkpoints")
        assert run.checkpoint_steps() == (30, 40)
        newest = run.latest_checkpoint()
        assert newest is not None
        assert newest.step == 30
