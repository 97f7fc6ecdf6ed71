"""Classes and items by name: the best few of any number, and given up when nobody wants them any more."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np
import pytest

from explorer.core.errors import Cancelled
from explorer.engine.name_search import MOST_CLASSES, MOST_ITEMS, find_names
from tests.helpers.blobs import dataset_of


@dataclass
class Asked:
    """What the work of a job gets."""

    given_up: threading.Event = field(default_factory=threading.Event)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Nobody looks."""

    def cancelled(self) -> bool:
        return self.given_up.is_set()


def test_classes_and_items_are_found_by_parts_of_their_names_and_numbers() -> None:
    dataset = dataset_of(np.arange(60) % 3)
    name, path = dataset.class_names[1], dataset.ids[41]
    found = find_names(dataset, 5, name.upper(), Asked())
    assert (found.number, found.classes[0]) == (5, (1, 20))
    assert 41 in find_names(dataset, 5, path, Asked()).items
    assert find_names(dataset, 5, "#41", Asked()).items == (41,)
    assert find_names(dataset, 5, "class: 2", Asked()).classes[0] == (2, 20)
    assert not find_names(dataset, 5, "class 2", Asked()).items
    assert not find_names(dataset, 5, "item 2", Asked()).classes
    assert find_names(dataset, 5, "item 2", Asked()).items[0] == 2
    assert find_names(dataset, 5, f"Item: #41 {path}", Asked()).items == (41,)
    for nothing in ("#60", "#", "#²", "#9999999999999999", "no such name at all"):
        assert not find_names(dataset, 5, nothing, Asked()).items


def test_a_kind_is_named_in_the_words_of_whoever_asks() -> None:
    dataset, kinds = dataset_of(np.arange(60) % 3), {"klasse": "class", "element": "item"}
    for words in ("Klasse 2", "Klasse: 2", "klasse 2"):
        found = find_names(dataset, 5, words, Asked(), kinds)
        assert (found.classes[0], found.items) == ((2, 20), ())
    for words in ("Element 17", "Element: #17"):
        assert find_names(dataset, 5, words, Asked(), kinds).items[0] == 17
    assert not find_names(dataset, 5, "Klasse 2", Asked()).classes


def test_as_many_are_found_as_a_person_reads() -> None:
    dataset = dataset_of(np.arange(5000) % 500)
    common = dataset.ids[0][:1]
    found = find_names(dataset, 0, common, Asked())
    assert len(found.items) == MOST_ITEMS
    assert len(found.classes) <= MOST_CLASSES


def test_a_search_that_was_cancelled_ends() -> None:
    job = Asked()
    job.given_up.set()
    with pytest.raises(Cancelled):
        find_names(dataset_of(np.arange(60) % 3), 0, "a", job)
