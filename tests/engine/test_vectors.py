"""Vectors through a session: shown, trained on, saved and opened again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer.core.events import RunFailed, RunFinished
from explorer.core.recipe import DataOptions, Part, Recipe
from explorer.core.types import PIXELS_RUN, Evaluation, Neighbours, Projection, Snapshot
from explorer.engine.events import CatalogueReady, DatasetOpened, Notice, RunOpened, StateChanged
from explorer.engine.offline import OfflineRun
from tests.engine.conftest import SHORT, Desk
from tests.helpers.blobs import blobs

Start = Callable[..., Desk]
DEFAULT = Recipe(sampler=SHORT.sampler, epochs=2)
TWO_VIEWS = Part(name="nt_xent", params={"views": "two views"})


@pytest.fixture
def spec(tmp_path: Path) -> str:
    x, labels = blobs(300, 10)
    np.savez(tmp_path / "blobs.npz", vectors=x * 1e-4, labels=labels)
    return str(tmp_path / "blobs.npz")


@pytest.fixture
def unlabelled(tmp_path: Path) -> str:
    np.save(tmp_path / "plain.npy", blobs(200, 10)[0])
    return str(tmp_path / "plain.npy")


def test_vectors_are_shown_trained_on_saved_and_opened_again(start: Start, spec: str) -> None:
    session, heard = start(recipe=DEFAULT, spec=spec)
    assert session.recipe.encoder == Part(name="mlp")
    assert "the encoder is now MLP" in heard.until(Notice).text
    assert session.why_not() == ""
    session.analysis.pin([3], 4)
    assert heard.until(Projection).run == PIXELS_RUN
    assert heard.until(Neighbours).indices.shape == (1, 4)
    assert heard.until(Evaluation).metrics["recall@1"] > 0.5
    session.train()
    heard.at_rest()
    run, path = session.run, session.run_folder
    last = heard.until(Snapshot, lambda snapshot: snapshot.run == run and snapshot.exact)
    assert last.embeddings.shape[1] == 64
    assert path is not None
    assert session.close(60.0)

    again, told = start(recipe=Recipe(), spec="")
    again.open_run(path)
    told.until(RunOpened)
    assert again.why_not() == ""
    assert again.recipe.data == DataOptions()
    assert again.dataset is not None
    assert again.dataset.modality.name == "vectors"


def test_pictures_after_vectors_get_their_encoder_back(start: Start, spec: str) -> None:
    session, heard = start(recipe=Recipe(), spec=spec)
    place = heard.now()
    session.open("sample:digits")
    heard.until(DatasetOpened, after=place)
    assert session.recipe == Recipe()
    assert session.why_not() == ""


def test_train_follows_the_recipe(start: Start, spec: str, unlabelled: str) -> None:
    session, heard = start(recipe=Recipe(), spec=spec)
    session.load_catalogue()
    heard.until(CatalogueReady)
    place = heard.now()
    session.set("encoder", "cnn")
    heard.until(StateChanged, lambda change: "reads pictures" in change.why_not, after=place)
    place = heard.now()
    session.set("encoder", "linear")
    heard.until(StateChanged, lambda change: not change.why_not, after=place)
    place = heard.now()
    session.open(unlabelled)
    heard.until(DatasetOpened, after=place)
    assert "None of the vectors has a class" in session.why_not()
    session.configure(session.recipe.model_copy(update={"loss": TWO_VIEWS}))
    assert heard.until(StateChanged, lambda change: not change.why_not, after=place).state == "ready"


@pytest.mark.parametrize("chosen", [{"loss": TWO_VIEWS}, {"fitter": Part(name="pca")}], ids=["loss", "fitter"])
def test_vectors_without_classes_are_trained_on(start: Start, unlabelled: str, chosen: dict[str, Part]) -> None:
    session, heard = start(live=False, recipe=DEFAULT.model_copy(update=chosen), spec=unlabelled)
    assert session.why_not() == ""
    session.train()
    heard.until(RunFinished)
    assert not heard.all(RunFailed)
    snapshot = heard.until(Snapshot, lambda found: found.run == session.run and found.exact)
    assert len(snapshot.indices) == 200
    assert np.isfinite(snapshot.embeddings).all()


def test_sets_of_labels_reach_the_loss(start: Start, tmp_path: Path) -> None:
    x, labels = blobs(200, 4)
    texts = np.array(["a;b", "b;c", "c", "a"])[labels]
    np.savez(tmp_path / "sets.npz", x=x, label=texts)
    recipe = replace_part(DEFAULT, DataOptions(label_separator=";"))
    session, heard = start(live=False, recipe=recipe, spec=str(tmp_path / "sets.npz"))
    assert session.dataset is not None
    assert session.dataset.set_names == ("a", "b", "c")
    session.train()
    heard.until(RunFinished)
    assert not heard.all(RunFailed)


def replace_part(recipe: Recipe, data: DataOptions) -> Recipe:
    return recipe.model_copy(update={"data": data, "loss": Part(name="ml2")})


@pytest.mark.parametrize("width", [1, 2])
def test_vectors_of_few_numbers_and_all_alike_harm_nothing(start: Start, tmp_path: Path, width: int) -> None:
    x = np.ones((40, width), np.float32)
    x[0] = 0
    np.savez(tmp_path / "alike.npz", x=x, y=np.arange(40) % 2)
    session, heard = start(recipe=DEFAULT, spec=str(tmp_path / "alike.npz"))
    session.analysis.pin([0, 1], 3)
    heard.until(Neighbours)
    heard.until(Projection)
    session.train()
    heard.until(RunFinished)
    heard.until(Evaluation, lambda found: found.run == session.run)
    assert all(notice.level == "info" for notice in heard.all(Notice))


def test_a_run_on_vectors_answers_about_its_items(start: Start, spec: str, tmp_path: Path) -> None:
    from explorer.core.errors import UserError

    session, heard = start(live=False, recipe=DEFAULT, spec=spec)
    session.train(tmp_path / "run")
    heard.until(RunFinished)
    assert session.close(60.0)
    asked = OfflineRun(tmp_path / "run")
    near = asked.query(Path("blobs[7]"), 5)
    assert near == asked.query(Path("7"), 5)
    assert len(near) == 5
    assert "blobs[7]" not in {item.id for item in near}
    with pytest.raises(UserError, match="is none of its items"):
        asked.query(Path("picture.png"), 5)
    with pytest.raises(UserError, match=r"holds pictures of .* and this run was trained on vectors"):
        asked.embed(asked.data("sample:digits"))
    dataset = asked.data()
    assert asked.embed(dataset).shape == (300, 64)
    narrow = replace(dataset, inputs=dataset.inputs[..., :1])
    with pytest.raises(UserError, match="vectors of 1 number"):
        asked.embed(narrow)
