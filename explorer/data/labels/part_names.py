"""What the folders and columns of data sets call the parts of a split: train, test, query, gallery and their kin."""

from __future__ import annotations

import re

from explorer.core.types import DISTRACTORS

SPLIT_COLUMN = "split"
"""The column that says which part an item is in; a listing sees to it that it is called so."""
GIVEN = "given split"
"""The column that says the same of a known set where it is split otherwise than its authors did."""
_TRAIN = frozenset({"train", "training"})
_HELD_OUT = frozenset({"test", "testing", "val", "valid", "validation", "dev", "query", "gallery"})
DISTRACTOR, JUNK = "distractor", "junk"
"""What the column ``split`` says of items of the gallery that are nobody's, wrong for every query; and of items that
count for nothing, and are in no part."""
TRAIN_VALUES = _TRAIN | {"tr", "trn", "trainset", "trainval"}
HELD_OUT_VALUES = _HELD_OUT | DISTRACTORS | {
    *("probe", "te", "tst", "testset", "va", "valset", "eval", "evaluation", "holdout", "hold-out", "hold_out"),
}  # fmt: skip
"""What a column that splits calls its parts; folders are called so less often, and may be classes."""
ASKING = ("query", "gallery")
"""What the column ``split`` says of items that ask and of those that they ask."""

_SAME = {name: name for name in _TRAIN | _HELD_OUT}
_KNOWN = {
    **{"bounding_box_train": "train", "bounding_box_test": "gallery"},  # Market-1501, DukeMTMC, CUHK03
    **{"image_train": "train", "image_test": "gallery", "image_query": "query"},  # VeRi
    **{"images_background": "train", "images_evaluation": "test"},  # Omniglot
    "probe": "query",
}
_WORDS = {
    **_SAME,
    **dict.fromkeys(("trainset", "traindata", "trainval"), "train"),
    **dict.fromkeys(("testset", "testdata"), "test"),
    **dict.fromkeys(("valset", "evaluation", "eval"), "val"),
}


def part_of(folder: str) -> str:
    """Return which part a folder of this name holds, where the name says nothing else; empty where it does not."""
    lower = folder.lower()
    return _SAME.get(lower) or _KNOWN.get(lower, "")


def likely_part_of(folder: str) -> str:
    """Return the part that a word of the name says: ``training_set``, ``seg_test``, ``val2017``; empty without one."""
    found = {_WORDS[word] for word in re.findall("[a-z]+", folder.lower()) if word in _WORDS}
    return part_of(folder) or (found.pop() if len(found) == 1 else "")
