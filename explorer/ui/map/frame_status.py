"""What is said of a frame of the map."""

from __future__ import annotations

from dataclasses import replace

from explorer.core.registry import catalogue, loaded
from explorer.core.types import PIXELS_RUN, Projection
from explorer.ui.map.canvas.point_canvas import PointCanvas
from explorer.ui.map.canvas.scene import Picture
from explorer.ui.session.panel import Panel
from explorer.ui.widgets.language import said, tr
from explorer.ui.widgets.text import count

KIND = "projection"
TITLES = {"umap": tr("UMAP live"), "pca": "PCA"}
"""What the methods are called that a map begins with; the others bring their title with them."""


def title_of(method: str) -> str:
    """Return what a method is called on the map, also while the methods are not loaded."""
    if method in TITLES:
        return TITLES[method]
    entry = catalogue(KIND).get(method) if loaded(KIND) else None
    return said(entry.title) if entry else method


def status_of(frame: Projection, raw: str = tr("raw pixels"), *, kept: bool = False) -> str:
    """Return what the header says of a frame: its step, whether it is a kept one, and how far it can be trusted."""
    parts = [
        raw
        if frame.run == PIXELS_RUN
        else tr("{about}step {step}", about="" if frame.exact else "≈ ", step=count(frame.step))
    ]
    if kept:
        parts.append(tr("kept"))
    if frame.fidelity is not None:
        parts.append(tr("trust {trustworthiness:.3f}", trustworthiness=frame.fidelity.trustworthiness))
        parts.append(
            tr(
                "{neighbours}-NN kept {preserved:.2f}",
                neighbours=frame.fidelity.neighbours,
                preserved=frame.fidelity.preserved,
            )
        )
    if frame.graph_recall < 0.995:
        parts.append(tr("graph recall {graph_recall:.2f}", graph_recall=frame.graph_recall))
    return " · ".join(parts)


class FrameStatus:
    """Says in the header of the map of which step it is; how far it can be trusted only once its points are seen."""

    def __init__(self, panel: Panel, canvas: PointCanvas) -> None:
        self._panel, self._canvas = panel, canvas
        self._unseen: Projection | None = None
        canvas.drawn.connect(self._on_drawn)

    def show(self, frame: Projection | None) -> None:
        """Say what is known of the newest frame; None: there is none."""
        self._unseen = None if self._canvas.laid_out else frame
        self._say(frame if self._unseen is None else replace(self._unseen, fidelity=None))

    def _on_drawn(self, _picture: Picture) -> None:
        if self._unseen is not None and self._canvas.laid_out:
            self.show(self._unseen)

    def _say(self, frame: Projection | None) -> None:
        kept = frame is not None and self._panel.desk.state.displayed_step == frame.step
        self._panel.set_status("" if frame is None else status_of(frame, self._panel.raw, kept=kept))


def share_drawn(picture: Picture) -> str:
    """Return how many points stand for how many in sight, to two digits; nothing where all of them are drawn."""
    if picture.drawn >= picture.in_sight:
        return ""
    drawn, in_sight = (count(int(float(f"{number:.2g}"))) for number in (picture.drawn, picture.in_sight))
    return tr("{drawn} of {in_sight} points drawn; the closer, the more", drawn=drawn, in_sight=in_sight)


def placed_of(items: int, of: int, raw: bool) -> str:
    """Return how many items of how many the map has; the ``raw`` ones wait to be decoded, others for their network."""
    if raw:
        return tr("{items} of {of} so far", items=count(items), of=count(of))
    return tr("{items} of {of} embedded so far", items=count(items), of=count(of))
