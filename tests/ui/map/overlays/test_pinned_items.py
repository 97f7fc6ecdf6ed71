from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np

from explorer.core.types import Neighbours, frozen
from explorer.ui.map.overlays.pinned_items import card_of, stars_of
from tests.helpers.blobs import dataset_of

LABELS = np.array([0, 0, 1, 1, -1], np.int64)
FOUND = Neighbours("r", 1, np.array([0]), np.array([[1, 2, 4, -1]]), np.zeros((1, 4), np.float32))


def test_a_card_counts_right_neighbours_and_shows_plain_text() -> None:
    dataset = replace(dataset_of(np.maximum(LABELS, 0), ("a\n\u202eb", "c")), labels=frozen(LABELS))
    card = card_of(dataset, FOUND, 0)
    assert card.title == "a\\n\\u202eb"
    assert card.tag == "#0"
    assert card.lines[0] == ("1 of 3 right", "text")
    assert card.face is not None
    assert card.face.image is not None
    assert len(card_of(dataset, FOUND, 2).lines) == 1
    assert card_of(dataset, None, 4).title == "unlabelled"


def test_stars_tell_right_from_wrong_and_from_unknown() -> None:
    dataset = replace(dataset_of(np.maximum(LABELS, 0)), labels=frozen(LABELS))
    known, unknown = stars_of(dataset, FOUND, {0: 2, 3: 1})
    assert known.neighbours.tolist() == [1, 2, 4]
    assert known.tokens == ("right", "wrong", "muted")
    assert not len(unknown.neighbours)
    assert (known.number, unknown.number) == (2, 1)


def test_the_panel_is_imported_without_numba_or_pyqtgraph() -> None:
    code = (
        "import sys, explorer.ui.map.map_panel; print([m for m in ('numba', 'pyqtgraph', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
