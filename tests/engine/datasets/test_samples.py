from __future__ import annotations

from dataclasses import replace

import numpy as np

from explorer.core.text_column import TextColumn
from explorer.engine.analysis.raw_baseline import unit_rows
from explorer.engine.datasets.loading import raw_rows
from explorer.engine.datasets.samples import raw_sample_of, sample_of, trained_classes
from explorer.measure.lifts import lift
from tests.helpers.blobs import dataset_of


def test_everything_of_the_items_goes_along_in_their_order() -> None:
    labels = np.array([0, 1, 2, 1, 0, 2])
    sets = np.eye(6, 3, dtype=np.bool_)
    dataset = replace(dataset_of(labels), columns={"camera": TextColumn.of("abcdef")}, label_sets=sets)
    items = np.array([4, 1, 5])
    sample = sample_of(
        dataset, items, np.zeros((3, 2), np.float32), lift("euclidean"), trained_classes(dataset, items[:2])
    )
    assert np.asarray(sample.labels).tolist() == [0, 1, 2]
    assert list(sample.columns["camera"]) == ["e", "b", "f"]
    assert sample.label_sets is not None
    np.testing.assert_array_equal(sample.label_sets, sets[items])
    assert sample.seen is not None
    assert sample.seen.tolist() == [True, True, False]
    assert list(sample.ids) == [dataset.ids[i] for i in items]
    assert sample.class_names == dataset.class_names


def test_items_without_a_class_are_of_none_that_was_trained_on() -> None:
    dataset = replace(dataset_of(np.array([0, 0, 1, 1])), labels=np.array([0, -1, 1, -1]))
    assert trained_classes(dataset, np.array([0, 1])).tolist() == [True, False, False, False]


def test_raw_data_are_compared_by_the_cosine_of_what_they_are() -> None:
    dataset = dataset_of(np.array([0, 1, 1]))
    sample = raw_sample_of(dataset, np.array([2, 0]), None)
    assert sample.lift.name == "cosine"
    assert sample.seen is None
    np.testing.assert_allclose(np.linalg.norm(sample.x, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(sample.x, unit_rows(raw_rows(dataset)[[2, 0]]))
