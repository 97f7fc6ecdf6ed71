from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.errors import UserError
from explorer.core.events import RunFinished, RunStarted, Weights
from explorer.core.types import Fidelity
from explorer.engine.run.saved_run import shown_first
from explorer.runs.folder import RunFolder
from explorer.runs.header import is_run
from explorer.runs.items import RunItems
from explorer.runs.retention import Retention
from tests.helpers.runs import (
    checkpoint,
    data_record,
    evaluation,
    metrics,
    new_run,
    projection,
    run_items,
    same_checkpoint,
    snapshot,
)


def test_everything_comes_back(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.append([metrics(step) for step in range(1, 30)])
        run.write_checkpoint(checkpoint(20))
        run.write_snapshot(snapshot(20))
        shown = replace(projection(20), fidelity=Fidelity(0.9, 0.8, 15, 500), graph_recall=0.97)
        run.write_projection(shown)
        run.finish({"steps": 29})
        name = run.run
    again = RunFolder.open(tmp_path / "run")
    assert is_run(tmp_path / "run")
    assert (again.run, again.data) == (name, data_record())
    assert again.items.ids == run_items().ids
    assert again.items.columns == run_items().columns
    assert again.items.labels.tolist() == run_items().labels.tolist()
    assert again.items.indices("held-out").tolist() == [3, 4]
    assert again.history().metrics == tuple(metrics(step) for step in range(1, 30))
    assert same_checkpoint(again.latest_checkpoint(), checkpoint(20))
    stored = again.snapshot(20)
    assert np.array_equal(stored.embeddings, snapshot(20).embeddings)
    assert np.array_equal(stored.indices, snapshot(20).indices)
    assert (stored.run, stored.exact, stored.distance) == (name, True, "euclidean")
    assert not stored.embeddings.flags.writeable
    back = again.last_projection()
    assert back is not None
    assert np.abs(back.xy - shown.xy).max() <= np.ptp(shown.xy, axis=0).max() / 2**12
    assert np.array_equal(back.indices, shown.indices)
    assert replace(back, run="r", xy=shown.xy, indices=shown.indices) == shown
    assert again.summary() == {"steps": 29}
    assert again.verify() == ()


def test_a_run_goes_on_elsewhere_from_its_checkpoints(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(5))
        with run.copied_to(tmp_path / "elsewhere") as copy:
            assert same_checkpoint(copy.latest_checkpoint(), checkpoint(5))


def test_items_can_leave_a_run_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    kept = np.array([0, 2, 3, 5])
    with new_run(tmp_path / "run") as run:
        run.append([metrics(1), metrics(2)])
        run.write_checkpoint(checkpoint(2))
        run.write_snapshot(snapshot(2))
        run.write_projection(projection(2))
        before = run.items
        fewer = RunItems(before.ids.take(kept), before.labels[kept], before.parts.take(kept))
        run.keep_items(data_record(items=4, fingerprint="g"), fewer)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    with RunFolder.open(tmp_path / "run", writable=True) as again:
        assert (again.run, again.header.created) == (run.run, run.header.created)
        assert (again.data.items, again.data.fingerprint) == (4, "g")
        assert again.items.ids == fewer.ids
        assert same_checkpoint(again.latest_checkpoint(), checkpoint(2))
        assert again.history().metrics == (metrics(1), metrics(2))
        assert again.snapshot_steps() == again.projection_steps() == ()


def test_a_copy_is_a_run(tmp_path: Path) -> None:
    import shutil

    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(5))
        shutil.copytree(run.path, tmp_path / "copy")  # while it is open for writing
        assert same_checkpoint(RunFolder.open(tmp_path / "copy").latest_checkpoint(), checkpoint(5))
        with RunFolder.open(tmp_path / "copy", writable=True) as copy:  # the lock does not travel
            copy.append([metrics(6)])


def test_two_writers_are_refused_and_a_reader_is_not(tmp_path: Path) -> None:
    run = new_run(tmp_path / "run")
    with pytest.raises(UserError, match="being written by this program since "):
        RunFolder.open(tmp_path / "run", writable=True)
    reader = RunFolder.open(tmp_path / "run" / "run.json")
    with pytest.raises(UserError, match="reading only"):
        reader.append([])
    run.close()
    run.close()
    RunFolder.open(tmp_path / "run", writable=True).close()
    assert "writer.lock" not in os.listdir(tmp_path / "run")


def test_the_lock_of_a_dead_process_is_recovered(tmp_path: Path) -> None:
    new_run(tmp_path / "run").close()
    script = (
        "import os, sys; from pathlib import Path; from explorer.runs.folder import RunFolder\n"
        "run = RunFolder.open(Path(sys.argv[1]), writable=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "run")], check=False)
    assert done.returncode == -9
    assert (tmp_path / "run" / "writer.lock").exists()
    RunFolder.open(tmp_path / "run", writable=True).close()


def test_what_is_in_the_way_is_never_overwritten(tmp_path: Path) -> None:
    new_run(tmp_path / "run").close()
    with pytest.raises(UserError, match="already holds a run"):
        new_run(tmp_path / "run")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="not empty"):
        new_run(tmp_path / "full")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="not empty"):
        new_run(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    new_run(tmp_path / "empty" / "deep" / "run").close()
    (tmp_path / "empty2").mkdir()
    new_run(tmp_path / "empty2").close()


def test_a_folder_without_a_run_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a run"):
        RunFolder.open(tmp_path)
    with pytest.raises(UserError, match="missing is not there"):
        RunFolder.open(tmp_path / "missing")


def test_a_step_of_a_run_that_was_opened_and_is_gone_says_that(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_snapshot(snapshot(1))
    opened = RunFolder.open(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")
    with pytest.raises(UserError, match="run is gone: it was deleted, moved or unmounted"):
        opened.snapshot(1)


def test_continuing_drops_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.append([RunStarted("r", 0, 40, 4, "cpu", 1, 10), *(metrics(step) for step in range(1, 31))])
        run.append([evaluation(20), evaluation(30)])
        for step in (10, 20, 30):
            run.write_checkpoint(checkpoint(step))
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))
        run.finish({})
    (tmp_path / "run" / "checkpoints" / "00000030" / "state.json").write_bytes(b"{}")
    with RunFolder.open(tmp_path / "run", writable=True) as run:
        last = run.latest_checkpoint()
        assert last is not None
        assert last.step == 20
        run.rewind(last.step)
        run.append([RunStarted("r", 20, 40, 4, "cpu", 1, 10), *(metrics(step) for step in range(21, 26))])
        run.append([evaluation(20), evaluation(25), RunFinished("r", 25, 2, "stopped", 1.0, 900.0)])
        assert run.checkpoint_steps() == (10, 20)
        assert run.snapshot_steps() == run.projection_steps() == (10, 20)
        history = run.history()
        assert [m.step for m in history.metrics] == list(range(1, 26))
        assert [found.step for found in history.evaluations] == [20, 25]
        assert history.finished is not None
        assert run.verify() is None  # the old manifest no longer speaks for the run


def test_the_best_checkpoint_stays_as_far_as_it_was_measured_and_not_taken_back(tmp_path: Path) -> None:
    def train(run: RunFolder, steps: range, best: int) -> None:
        for step in steps:
            run.write_checkpoint(checkpoint(step))
            run.append([replace(evaluation(step), metrics={"recall@1": 0.9 if step == best else step / 1000})])

    with new_run(tmp_path / "run") as run:
        run.append([RunStarted("r", 0, 200, 4, "cpu", 1, 10)])
        train(run, range(1, 61), 33)
        assert 33 in run.checkpoint_steps()
    with RunFolder.open(tmp_path / "run", writable=True) as run:
        train(run, range(61, 101), 0)
        assert 33 in run.checkpoint_steps()
        back = max(step for step in run.checkpoint_steps() if step < 33)
        run.rewind(back)
        run.append([RunStarted("r", back, 200, 4, "cpu", 1, 10)])
        train(run, range(back + 1, 101), 71)
        assert 71 in run.checkpoint_steps()


def test_snapshots_are_thinned_and_the_room_they_take_is_known(tmp_path: Path) -> None:
    with new_run(tmp_path / "run", Retention(count=8)) as run:
        for step in range(1, 41):
            run.write_snapshot(snapshot(step, exact=step % 10 == 0), key=step == 17)
            run.write_projection(projection(step))
        steps = run.snapshot_steps()
        assert len(steps) == 8
        assert {1, 10, 17, 20, 30, 40} <= set(steps)
        assert set(run.projection_steps()) - {40} <= set(steps)
        assert run.snapshot_bytes() == sum(p.stat().st_size for p in (run.path / "snapshots").glob("*.npy"))


def test_weights_stay_with_their_snapshots_within_their_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = checkpoint(1).tensors
    with new_run(tmp_path / "run", Retention(count=8)) as run:
        run.write_checkpoint(checkpoint(50))
        for step in range(1, 41):
            run.write_snapshot(snapshot(step))
            run.write_weights(Weights("r", step, tensors))
        assert run.network_steps() == (*run.snapshot_steps(), 50)
        found = run.network(40)
        assert found is not None
        assert found.tensors.keys() == tensors.keys()
        assert all(np.array_equal(found.tensors[name], tensors[name]) for name in tensors)
        assert same_checkpoint(run.network(50), checkpoint(50))
        assert run.network(39 if 39 not in run.snapshot_steps() else 2) is None
        size = sum(path.stat().st_size for path in (run.path / "weights" / "00000040").iterdir())
        monkeypatch.setattr("explorer.runs.folder.WEIGHTS", Retention(budget=3 * size))
        run.write_snapshot(snapshot(41))
        run.write_weights(Weights("r", 41, tensors))
        kept = [step for step in run.network_steps() if step != 50]
        assert 1 <= len(kept) <= 3
        assert kept[-1] == 41
        for path in (run.path / "weights" / "00000041").glob("*.safetensors"):
            path.write_bytes(path.read_bytes()[:-1])
        assert run.network(41) is None
        run.rewind(kept[0])
        assert run.network_steps() == (kept[0],)


def test_an_exact_snapshot_is_not_replaced_by_an_approximate_one(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_snapshot(snapshot(5, exact=False))
        run.write_snapshot(snapshot(5, exact=True))
        run.write_snapshot(snapshot(5, exact=False, items=3))
        assert run.snapshot(5).exact
        assert len(run.snapshot(5).indices) == 6
        assert len(list((run.path / "snapshots").iterdir())) == 3


def test_a_later_frame_of_a_step_replaces_the_earlier_one(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_projection(projection(5))
        later = replace(projection(5, epoch=9), xy=projection(6).xy)
        run.write_projection(later)
        assert np.abs(run.projection(5).xy - later.xy).max() <= np.ptp(later.xy, axis=0).max() / 2**12
        assert run.projection(5).epoch == 9
        assert len(list((run.path / "projections").iterdir())) == 3


def test_values_beyond_half_precision_are_scaled(tmp_path: Path) -> None:
    large = replace(snapshot(1), embeddings=snapshot(1).embeddings * np.float32(1e7))
    with new_run(tmp_path / "run") as run:
        run.write_snapshot(large)
        assert np.allclose(run.snapshot(1).embeddings, large.embeddings, rtol=2e-3, atol=1e3)


@pytest.mark.parametrize("folder", ["snapshots", "projections"])
def test_a_flipped_bit_in_an_array_is_found_and_the_step_before_is_used(tmp_path: Path, folder: str) -> None:
    with new_run(tmp_path / "run") as run:
        for step in (1, 2):
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))
    for path in (tmp_path / "run" / folder).glob("00000002-*.npy"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    again = RunFolder.open(tmp_path / "run")
    with pytest.raises(UserError, match="checksum"):
        again.snapshot(2) if folder == "snapshots" else again.projection(2)
    found = shown_first(again)[-1] if folder == "snapshots" else again.last_projection()
    assert found is not None
    assert found.step == 1


def test_leftovers_of_a_dead_writer_are_swept(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(1))
        run.write_snapshot(snapshot(1))
    root = tmp_path / "run"
    (root / ".summary.json.tmp-abc").write_bytes(b"half")
    (root / "checkpoints" / ".00000002.tmp-abc").mkdir()
    (root / "checkpoints" / ".00000002.tmp-abc" / "tensors.safetensors").write_bytes(b"half")
    (root / "snapshots" / ".embeddings.tmp-abc").write_bytes(b"half")
    (root / "snapshots" / "00000002-embeddings-12345678.npy").write_bytes(b"no record names it")
    (root / "snapshots" / "notes.txt").write_text("somebody's own file")
    RunFolder.open(root)  # a reader touches nothing
    assert (root / ".summary.json.tmp-abc").exists()
    RunFolder.open(root, writable=True).close()
    left = sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if "tmp-" in p.name or "12345678" in p.name)
    assert left == []
    assert (root / "snapshots" / "notes.txt").exists()


def test_the_manifest_finds_what_changed(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(1))
        run.finish({"reason": "done"})
    again = RunFolder.open(tmp_path / "run")
    assert again.verify() == ()
    (tmp_path / "run" / "items.csv").write_text("index\n")
    (tmp_path / "run" / "summary.json").unlink()
    assert again.verify() == ("items.csv", "summary.json")
    assert again.summary() is None
    with pytest.raises(UserError, match=r"items\.csv"):
        _ = again.items
    (tmp_path / "run" / "manifest.json").write_text("[]")
    with pytest.raises(UserError, match="damaged"):
        again.verify()


def test_no_file_of_a_run_names_code_or_needs_unpickling(tmp_path: Path) -> None:
    with new_run(tmp_path / "run") as run:
        run.write_checkpoint(checkpoint(1))
        run.write_snapshot(snapshot(1))
        run.finish({})
    for path in (tmp_path / "run").rglob("*"):
        if path.suffix == ".json":
            text = path.read_text("ascii")
            json.loads(text)
            assert "explorer." not in text
            assert "__" not in text
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)


def test_a_damaged_record_does_not_stop_the_run(tmp_path: Path) -> None:
    with new_run(tmp_path / "run", Retention(count=3)) as run:
        run.write_snapshot(snapshot(1))
        (run.path / "snapshots" / "00000001.json").write_bytes(b"{")
        for step in range(2, 8):
            run.write_snapshot(snapshot(step))
        assert run.snapshot_bytes() > 0
        assert run.snapshot_steps() == (1, 2, *run.snapshot_steps()[2:])
        run.write_snapshot(snapshot(1))
        assert run.snapshot(1).step == 1
