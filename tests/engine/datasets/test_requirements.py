from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from explorer.core.recipe import Part, Recipe
from explorer.core.text_column import TextColumn
from explorer.core.types import Report, Split
from explorer.data.dataset import Dataset
from explorer.data.modalities.base import modalities, modality_named
from explorer.engine.analysis.raw_baseline import embed_pixels, unit_rows
from explorer.engine.datasets.loading import Opened, raw_rows
from explorer.engine.datasets.requirements import needs_of, reason_against_training, suited
from explorer.engine.datasets.without_labels import without_labels

PIXELS = Recipe(encoder=Part(name="pixels"))
UNSUPERVISED = Recipe(encoder=Part(name="mlp"), loss=Part(name="nt_xent", params={"views": "two views"}))


def opened(labels: list[int], **columns: tuple[str, ...]) -> Opened:
    count = len(labels)
    dataset = Dataset(
        name="made",
        uri="made",
        ids=TextColumn.of(f"made[{i}]" for i in range(count)),
        labels=np.array(labels, np.int64),
        class_names=tuple("abcdef"[: max(labels, default=-1) + 1]),
        columns={name: TextColumn.of(texts) for name, texts in columns.items()},
        fingerprint="",
        report=Report(count, 0),
        modality=modality_named("vectors"),
        inputs=np.random.default_rng(0).standard_normal((count, 1, 1, 5), dtype=np.float32),
    )
    return Opened(dataset, Split("items", np.arange(count), np.arange(0), False), "", (("made", "main"),))


def test_the_default_encoder_gives_way_to_one_that_reads_vectors() -> None:
    pictures, vectors = modality_named("pictures"), modality_named("vectors")
    assert suited(Recipe(), vectors).encoder == Part(name="mlp")
    assert suited(Recipe(), pictures) == Recipe()
    chosen = Recipe(encoder=Part(name="linear", params={"dimension": 8}))
    assert suited(chosen, vectors) == chosen
    multi = Recipe(encoder=Part(name="mlp"))
    assert suited(multi, pictures) == multi
    assert suited(multi, pictures, chosen_for="vectors") == Recipe()
    trained = Recipe().resolved()  # as a run that has trained leaves it: every parameter is named
    assert suited(trained, vectors).encoder == Part(name="mlp")
    narrow = Recipe().with_settings(["encoder.width=8"]).resolved()
    assert suited(narrow, vectors) == narrow


def test_a_dimension_that_is_set_without_a_name_goes_to_the_encoder_of_the_data() -> None:
    asked = Recipe().with_settings(["encoder.dimension=8"])
    for modality in modalities():
        chosen = suited(asked, modality)
        assert (chosen.encoder.name, chosen.encoder.params["dimension"]) == (modality.encoder.name, 8)
        assert chosen.params("encoder").model_dump()["dimension"] == 8
        assert suited(chosen, modality_named("pictures"), chosen_for=modality.name).encoder == asked.encoder
    deep = Recipe().with_settings(["encoder.dimension=8", "encoder.width=8"])
    assert suited(deep, modality_named("vectors")) == deep


def test_the_loss_that_nobody_chose_gives_way_to_that_of_pictures_with_captions() -> None:
    pictures, captioned = modality_named("pictures"), modality_named("captioned")
    chosen = suited(Recipe().with_settings(["epochs=3", "seed=2"]), captioned)
    assert (chosen.encoder.name, chosen.loss.name, chosen.epochs) == ("two_towers", "clip", 3)
    assert chosen.sampler.name == "pairs"
    assert suited(chosen, pictures, chosen_for="captioned") == Recipe(epochs=3, seed=2)
    by_hand = suited(Recipe().with_settings(["loss=triplet"]), captioned)
    assert [by_hand.part(kind).name for kind in ("encoder", "loss", "sampler")] == ["two_towers", "triplet", "pk"]
    assert suited(Recipe.from_toml(chosen.to_toml()), captioned) == chosen


WEIGHTLESS = Recipe(encoder=Part(name="mlp"), loss=Part(name="sum", params={"terms": "0*triplet + 0*softmax"}))


@pytest.mark.parametrize(
    ("recipe", "labels", "words"),
    [
        (Recipe(), [0, 0, 1, 1], "The encoder CNN reads pictures, and these data are vectors"),
        (Recipe(encoder=Part(name="mlp")), [0, 0, 1, 1], ""),
        (Recipe(encoder=Part(name="mlp")), [-1] * 4, "None of the vectors has a class, and the loss Triplet needs"),
        (Recipe(encoder=Part(name="mlp")), [0, 1, 2], "No class has two vectors"),
        (UNSUPERVISED, [-1] * 4, ""),
        (UNSUPERVISED, [0, 0, 0], ""),
        (UNSUPERVISED, [-1], "fewer than two vectors"),
        (
            Recipe(encoder=Part(name="mlp"), loss=Part(name="ml2")),
            [0, 0, 1, 1],
            "The loss Multi-label (ML²) compares sets of labels",
        ),
        (PIXELS.with_value("fitter", "lda"), [0, 0, 1, 1], ""),
        (PIXELS.with_settings(["fitter=lda", "distance=cosine"]), [0, 0, 1, 1], ""),
        (
            PIXELS.with_settings(["fitter=lda", "distance=mahalanobis"]),
            [0, 0, 1, 1],
            "This distance learns its weights by gradient steps, and the fitter lda takes none: choose another",
        ),
        (WEIGHTLESS, [0, 0, 1, 1], "Every weight of '0*triplet + 0*softmax' is 0: nothing would be learned. Give one"),
        (WEIGHTLESS.with_value("loss.terms", "0*triplet + 0.1*softmax"), [0, 0, 1, 1], ""),
        (Recipe(encoder=Part(name="mlp"), loss=Part(name="nothing")), [0, 0, 1, 1], "There is no loss 'nothing'"),
    ],
)
def test_why_vectors_cannot_be_trained_on(recipe: Recipe, labels: list[int], words: str) -> None:
    reason = reason_against_training(opened(labels), recipe)
    assert words in reason
    assert bool(words) == bool(reason)


def test_a_recipe_of_other_items_than_the_data_trains_nothing() -> None:
    options = Recipe().data.model_copy(update={"modality": "sound"})
    why_not = reason_against_training(opened([0, 0, 1, 1]), PIXELS.model_copy(update={"data": options}))
    assert why_not == "The recipe reads data as sound, and these are vectors: leave out data.modality"


def test_folders_in_folders_are_sets_of_labels() -> None:
    recipe = Recipe(encoder=Part(name="mlp"), loss=Part(name="ml2"))
    assert reason_against_training(opened([0, 0, 1, 1], level1=("x",) * 4), recipe) == ""


def test_what_the_parts_need_is_known_in_the_first_moment_without_torch() -> None:
    code = (
        "import sys\n"
        "from explorer.core.recipe import Part, Recipe\n"
        "from explorer.engine.datasets.requirements import needs_of\n"
        "assert needs_of(Recipe(), wait=False) == {'labels'}\n"
        "assert needs_of(Recipe(loss=Part(name='nt_xent')), wait=False) is None\n"
        "assert needs_of(Recipe(fitter=Part(name='pca')), wait=False) is None\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert needs_of(UNSUPERVISED) == frozenset({"views"})


def test_raw_vectors_are_compared_as_they_are_whatever_their_scale() -> None:
    dataset = opened([0] * 6).dataset
    rows = raw_rows(dataset)
    assert np.shares_memory(rows, dataset.inputs)
    for scale in (1e-30, 1.0, 1e30):
        scaled = (rows * np.float32(scale)).astype(np.float32)
        np.testing.assert_allclose(np.linalg.norm(unit_rows(scaled), axis=1), 1, rtol=1e-5)
        np.testing.assert_allclose(unit_rows(scaled), unit_rows(rows), atol=1e-5)
        np.testing.assert_allclose(embed_pixels(scaled, dimension=3), embed_pixels(rows, dimension=3), atol=1e-4)
    assert not unit_rows(np.zeros((2, 3), np.float32)).any()


def test_very_large_vectors_are_compared_by_their_strongest_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.engine.datasets.loading.LARGEST_ROWS", 0)
    monkeypatch.setattr("explorer.engine.datasets.loading.REDUCED", 4)
    assert raw_rows(opened([0] * 6).dataset).shape == (6, 4)


def test_where_classes_lack_a_recipe_of_two_views_is_offered_that_trains_without() -> None:
    flat, fitted = opened([-1] * 20), Recipe(encoder=Part(name="mlp"), fitter=Part(name="lmnn"))
    for recipe in (Recipe(encoder=Part(name="mlp"), epochs=7), fitted):
        assert reason_against_training(flat, recipe)
        taken = without_labels(flat.dataset, recipe)
        assert taken is not None
        assert (taken.loss.name, taken.augment.name, taken.epochs) == ("nt_xent", "auto", recipe.epochs)
        assert reason_against_training(flat, taken) == ""
        assert without_labels(flat.dataset, taken) is None, "nothing lacks any more"
    assert without_labels(opened([0, 1] * 10).dataset, Recipe()) is None
