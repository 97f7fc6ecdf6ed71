from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.core.events import RunFinished
from explorer.core.types import JobStatus, Snapshot
from explorer.engine.events import Notice
from explorer.engine.gallery import OfflineEmbeds, RunGallery
from explorer.engine.offline import OfflineRun
from explorer.engine.session.gallery import GalleryChanged, Identified, NotIdentified
from explorer.engine.session.session import Session
from explorer.runs.gallery import read_gallery
from tests.engine.conftest import SMALL, Desk
from tests.helpers.listening import Listener


def of_class(session: Session, name: str, count: int) -> list[int]:
    assert session.dataset is not None
    dataset = session.dataset
    return [int(item) for item in np.flatnonzero(dataset.labels == dataset.class_names.index(name))[:count]]


def refused(heard: Listener, place: int, job: int) -> str:
    heard.until(JobStatus, lambda status: status.id == job and status.state == "failed", after=place)
    return heard.until(Notice, lambda notice: notice.level == "error", after=place).text


def test_items_are_enrolled_identified_and_taken_back(trained: Desk) -> None:
    session, heard = trained
    threes, zeros = of_class(session, "3", 5), of_class(session, "0", 3)
    session.gallery.look()
    assert heard.until(GalleryChanged) == GalleryChanged(session.run, (), (), False)
    steps: tuple[tuple[Callable[[], int], tuple[tuple[str, ...], tuple[int, ...]]], ...] = (
        (lambda: session.gallery.enrol("three", threes[:4]), (("three",), (4,))),
        (lambda: session.gallery.enrol("zero", zeros), (("three", "zero"), (4, 3))),
        (lambda: session.gallery.rename("zero", "nought"), (("three", "nought"), (4, 3))),
        (lambda: session.gallery.remove("three"), (("nought",), (3,))),
        (session.gallery.undo, (("three", "nought"), (4, 3))),
        (session.gallery.undo, (("three", "zero"), (4, 3))),
    )
    for act, expected in steps:
        place = heard.now()
        act()
        told = heard.until(GalleryChanged, after=place)
        assert (told.names, told.images) == expected
        assert told.undoable
    session.gallery.identify(threes[0])
    found = heard.until(Identified)
    assert (found.item, found.found.name, found.found.candidates[0].distance) == (threes[0], "three", 0.0)
    assert found.found.threshold is not None
    place = heard.now()
    session.gallery.identify(threes[4])
    other = heard.until(Identified, after=place)
    assert other.found.candidates[0].name == "three"
    assert other.found.threshold == found.found.threshold


def test_why_nobody_can_be_named_is_told_of_the_item(trained: Desk) -> None:
    session, heard = trained
    assert session.run_folder is not None
    session.gallery.enrol("three", of_class(session, "3", 2))
    heard.until(GalleryChanged)
    (session.run_folder / "gallery.npz").write_bytes(b"torn")
    session.gallery.identify(4)
    told = heard.until(NotIdentified)
    assert (told.run, told.item) == (session.run, 4)
    assert "gallery" in told.problem
    assert not [notice for notice in heard.all(Notice) if notice.level == "error"]


def test_a_picture_that_was_enrolled_elsewhere_is_compared_where_the_network_is_at_hand(
    trained: Desk, tmp_path: Path
) -> None:
    session, heard = trained
    assert session.dataset is not None
    assert session.run_folder is not None
    three, zero = of_class(session, "3", 1)[0], of_class(session, "0", 1)[0]
    Image.fromarray(session.dataset.inputs[three][..., 0]).save(tmp_path / "three.png")
    elsewhere = RunGallery(session.run_folder, OfflineEmbeds(OfflineRun(session.run_folder)))
    elsewhere.enrol("three", [str(tmp_path / "three.png")])
    session.gallery.enrol("zero", [zero])
    assert heard.until(GalleryChanged).names == ("three", "zero")
    session.gallery.identify(three)
    found = heard.until(Identified).found.candidates
    assert [candidate.name for candidate in found] == ["three", "zero"]
    assert found[0].distance == pytest.approx(0, abs=0.01)
    elsewhere.remove("three")
    place = heard.now()
    job = session.gallery.undo()
    assert "was changed elsewhere" in refused(heard, place, job)


def test_identities_are_embedded_by_what_is_shown_while_a_run_trains(start: Callable[..., Desk]) -> None:
    session, heard = start(recipe=SMALL)
    place = heard.now()
    job = session.gallery.enrol("three", [0])
    assert "a gallery is kept with a run" in refused(heard, place, job)
    session.train()
    heard.until(Snapshot, lambda shown: shown.run == session.run and len(shown.indices) > 1700)
    threes = of_class(session, "3", 2)
    session.gallery.enrol("three", threes[:1])
    heard.until(GalleryChanged, lambda told: told.names == ("three",))
    session.gallery.identify(threes[1])
    first = heard.until(Identified)
    heard.until(Snapshot, lambda shown: shown.run == session.run and shown.step > first.step)
    place = heard.now()
    session.gallery.identify(threes[0])
    later = heard.until(Identified, after=place)
    assert later.step > first.step
    assert later.found.candidates[0].distance == 0
    assert session.run_folder is not None
    kept = read_gallery(session.run_folder)
    assert kept is not None
    assert kept.step == later.step
    session.stop()
    heard.until(RunFinished)
