"""What a panel that shows training says before the first step: press Train, wait for it, or why nothing is trained."""

from __future__ import annotations

from explorer.engine.events import StateChanged
from explorer.ui.session.panel import Panel
from explorer.ui.widgets.language import tr
from explorer.ui.widgets.setting_names import in_window

PRESS = tr("Press Train.")
COMING = tr("The first step is coming.")


class FirstStep:
    """Keeps the words of an empty panel in step with the session; ``words`` say what will appear there.

    ``instead``: why nothing ever will, where that is so; empty where it may.
    """

    def __init__(self, panel: Panel, words: str) -> None:
        self._panel, self._words, self.instead = panel, words, ""
        self._told = StateChanged(panel.desk.session.state, "")
        panel.desk.bridge.of(StateChanged).connect(self._on_state)
        self.say()

    def _on_state(self, told: StateChanged) -> None:
        self._told = told
        self.say()

    def say(self) -> None:
        """Say it as the session is now."""
        if self._told.state in ("training", "paused"):
            then = COMING
        else:
            then = in_window(self._told.why_not).rstrip(".") + "." if self._told.why_not else PRESS
        self._panel.set_empty_text(self.instead or f"{self._words}\n\n{then}")
