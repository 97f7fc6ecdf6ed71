"""Which data or run is on its way into the window: what another takes the place of is said, and not lost in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.engine.events import DatasetFailed, DatasetOpened
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.local_paths import short_name

if TYPE_CHECKING:
    from explorer.ui.session.bridge import Bridge
    from explorer.ui.shell.messages.toasts import Toasts

SEVERAL = tr("Several things were dropped: only the first is used. Put classes into one folder.")


class OnTheWay:
    """Remembers what was asked for until it is open, was refused or given up."""

    def __init__(self, toasts: Toasts) -> None:
        self._toasts = toasts
        self._spec = ""

    def attach(self, bridge: Bridge) -> None:
        """Hear what is open and what was refused."""
        bridge.of(DatasetOpened).connect(self._on_opened)
        bridge.of(DatasetFailed).connect(self._on_failed)

    def begin(self, spec: str) -> None:
        """Take what is asked for now; what was asked for before it, and is not open yet, is told."""
        before, self._spec = self._spec, spec
        if before not in ("", spec):
            self._toasts.show(
                tr(
                    "“{before}” is not opened: “{after}” was asked for after it.",
                    before=short_name(before),
                    after=short_name(spec),
                ),
                "warning",
            )

    def end(self) -> None:
        """Forget it."""
        self._spec = ""

    def _on_opened(self, event: DatasetOpened) -> None:
        if event.role == "main":
            self.end()

    def _on_failed(self, event: DatasetFailed) -> None:
        if event.spec == self._spec:
            self.end()
