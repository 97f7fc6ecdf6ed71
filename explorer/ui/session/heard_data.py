"""The open data as the window has heard of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.engine.events import DatasetOpened
from explorer.ui.widgets.language import tr

if TYPE_CHECKING:
    from explorer.core.types import Split
    from explorer.data.dataset import Dataset
    from explorer.engine.session.session import Session
    from explorer.ui.session.bridge import Bridge


class HeardData:
    """The dataset and the split of which everything on screen is.

    A session opens other data in the background, and for a moment answers of those before are still on their way or
    on screen: what is drawn of them is looked up here. Other labels or another split of the same data are seen at once.
    """

    def __init__(self, session: Session, bridge: Bridge) -> None:
        self._session = session
        self._number, self._dataset, self._split = session.open_data
        bridge.of(DatasetOpened).connect(self._on_opened)

    @property
    def dataset(self) -> Dataset | None:
        """The open dataset, of which the window was told by ``DatasetOpened``."""
        self._look()
        return self._dataset

    @property
    def split(self) -> Split | None:
        """Its split, None where that is not possible."""
        self._look()
        return self._split

    @property
    def raw(self) -> str:
        """What they are before any training: ``raw pixels`` or ``raw vectors``."""
        return tr("raw pixels") if self.dataset is None else tr(self.dataset.modality.raw)

    def _look(self) -> None:
        number, dataset, split = self._session.open_data
        if number == self._number:
            self._dataset, self._split = dataset, split

    def _on_opened(self, event: DatasetOpened) -> None:
        self._number, self._dataset, self._split = event.number, event.dataset, event.split
