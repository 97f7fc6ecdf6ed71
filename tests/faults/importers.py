"""What reads files of strangers, each with a whole file to damage, and how it is asked to read that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.importer import Importer
from tests.faults.importers_of_items import ITEMS
from tests.faults.importers_of_lists import LISTS
from tests.faults.importers_of_pictures import CONTAINERS, PICTURES
from tests.faults.importers_of_runs import KEPT, RUN
from tests.faults.importers_of_vectors import VECTORS

IMPORTERS: dict[str, Callable[[Path], Importer]] = {
    **PICTURES, **CONTAINERS, **LISTS, **VECTORS, **ITEMS, **KEPT, **RUN
}  # fmt: skip
"""What writes the whole file of each importer into a new folder, by a name."""
