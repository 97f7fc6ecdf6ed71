"""How far a report is as a whole, from how far each of its parts is: somebody waits for minutes, and sees one bar."""

from __future__ import annotations

from explorer.engine.offline import EMBED, ProgressCall

WHOLE = 1000
"""What a whole report is divided into."""
WRITE = "Write the report"
MEASURING, EMBEDDING, OTHERS, WRITING = (0.3, 0.95), (0.02, 0.16), (0.16, 0.3), (0.95, 1.0)
"""From which share on, up to which, each part goes: of a thousand photos measuring takes most of the time."""


class ReportShare:
    """Passes on what a report is told of its parts, with the share of the whole that is done; that never falls."""

    def __init__(self, progress: ProgressCall) -> None:
        self._progress, self._share, self._embedded = progress, 0.0, False

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is, ``total`` 0: not known, and tell how far the whole is."""
        low, high = self._part(stage)
        share = low + (high - low) * (done / total if total else 0.0)
        self._share = max(self._share, share)
        self._progress(stage, round(WHOLE * self._share), WHOLE)

    def writing(self) -> None:
        """Hear that all is measured."""
        self(WRITE, 0, 1)

    def _part(self, stage: str) -> tuple[float, float]:
        """Return the part that a stage is: before anything is embedded, the data are opened."""
        if stage.startswith("Measure "):
            return MEASURING
        if stage == WRITE:
            return WRITING
        self._embedded = self._embedded or stage == EMBED
        if stage == EMBED:
            return EMBEDDING
        return OTHERS if self._embedded else (0.0, EMBEDDING[0])
