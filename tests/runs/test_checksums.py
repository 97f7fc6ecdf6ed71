"""What is written once, and every record, is believed only under its checksum: no wrong bit has another meaning."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from explorer.core.errors import UserError
from explorer.runs.checksums import CHECKSUMS_NAME
from explorer.runs.folder import RunFolder
from explorer.runs.sealed import sealed, unsealed
from explorer.runs.threshold import Threshold, read_threshold, write_threshold
from tests.helpers.runs import checkpoint, new_run, projection, same_checkpoint, snapshot


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    with new_run(tmp_path / "run") as run:
        for step in (1, 2):
            run.write_checkpoint(checkpoint(step))
            run.write_snapshot(snapshot(step))
            run.write_projection(projection(step))
        run.finish({"ended": "well", "step": 2})
    chosen = Threshold(
        distance=0.5, fmr=0.1, fnmr=0.1, step=2, target=0.1, same_pairs=3, different_pairs=4, split="items"
    )
    write_threshold(tmp_path / "run", chosen)
    return tmp_path / "run"


def meaning(path: Path) -> object:
    """Return all that a run says; UserError where a part of it is refused."""
    run = RunFolder.open(path)
    items, last = run.items, run.latest_checkpoint()
    shown = [(s.step, s.exact, s.distance, s.embeddings.tobytes()) for s in map(run.snapshot, run.snapshot_steps())]
    maps = [(p.step, p.epoch, p.method, p.xy.tobytes()) for p in map(run.projection, run.projection_steps())]
    newest = last is not None and same_checkpoint(last, checkpoint(2))
    texts = (tuple(items.ids), items.labels.tolist(), tuple(items.parts), *map(tuple, items.columns.values()))
    return run.header, texts, newest, shown, maps, run.summary(), read_threshold(path)


@pytest.mark.parametrize("flips", [10, pytest.param(300, marks=[pytest.mark.full, pytest.mark.timeout(1200)])])
def test_no_wrong_bit_has_another_meaning(whole: Path, flips: int) -> None:
    told = meaning(whole)
    generator = random.Random(3)
    files = [path for path in sorted(whole.rglob("*")) if path.is_file() and path.suffix in (".json", ".csv", ".npy")]
    assert {"run.json", "items.csv", CHECKSUMS_NAME, "summary.json", "threshold.json"} <= {path.name for path in files}
    wrong = []
    for path in files:
        content = path.read_bytes()
        for _ in range(flips):
            changed = bytearray(content)
            changed[generator.randrange(len(changed))] ^= 1 << generator.randrange(8)
            path.write_bytes(changed)
            try:
                said = meaning(whole)
            except UserError:
                continue
            finally:
                path.write_bytes(content)
            if said != told and not _refused_in_part(said, told):
                wrong.append((path.name, said))
    assert wrong == []


def _refused_in_part(said: object, told: object) -> bool:
    """Whether what differs is only that a checkpoint or the summary was refused."""
    assert isinstance(said, tuple)
    assert isinstance(told, tuple)
    (*first, newest, shown, maps, summary, threshold), (*right, _, shown_right, maps_right, ended, chosen) = said, told
    kept = (first, shown, maps, threshold) == (right, shown_right, maps_right, chosen)
    return kept and newest in (True, False) and summary in (ended, None)


def test_a_changed_file_is_named_with_what_to_do(whole: Path) -> None:
    text = (whole / "items.csv").read_bytes()
    (whole / "items.csv").write_bytes(text.replace(b"held-out", b"train"))
    run = RunFolder.open(whole)
    with pytest.raises(UserError, match=r"items.csv is not what was written when the run began"):
        _ = run.items
    (whole / CHECKSUMS_NAME).unlink()  # on purpose, as it says
    assert len(RunFolder.open(whole).items) == 6


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', "\x00" * 40, "[" * 100_000])
def test_damaged_checksums_are_told(whole: Path, text: str) -> None:
    (whole / CHECKSUMS_NAME).write_text(text)
    with pytest.raises(UserError, match=r"checksums.json is damaged"):
        RunFolder.open(whole)


def test_a_seal_is_of_values_and_what_has_none_is_taken_as_it_is() -> None:
    document = {"b": [1, 2.5, None, "é"], "a": {"x": (1, 2)}}
    assert unsealed(sealed(document)) == {"b": [1, 2.5, None, "é"], "a": {"x": [1, 2]}}
    assert unsealed(json.dumps(json.loads(sealed(document))).encode()) == unsealed(sealed(document))
    assert unsealed(b'{"a": 1}') == {"a": 1}
    for found in (b'{"ended": "wele454f70fb0b4"}', b'{"ended": "well", "step": 2, "Sha256": "e454f7170b4"}'):
        with pytest.raises(ValueError, match="not what was written"):
            unsealed(found)
    for wrong in (sealed(document).replace(b"2.5", b"2.6"), sealed(document).replace(b"sha256", b"sha257"), b"[]"):
        with pytest.raises(ValueError, match="not"):
            unsealed(wrong)
