"""Going to a step of the run that was kept, from a plot over steps."""

from __future__ import annotations

from explorer.ui.session.panel import Desk


def go_near(desk: Desk, x: float) -> None:
    """Show the kept step that is nearest to ``x``, or follow the newest one again where that is nearer."""
    steps = [kept.step for kept in desk.session.replay.steps]
    if not steps:
        return
    nearest = min(steps, key=lambda step: abs(step - x))
    desk.session.replay.show(-1 if nearest == steps[-1] else nearest)
    desk.bridge.hurry()
