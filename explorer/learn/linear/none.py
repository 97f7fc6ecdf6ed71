"""No fitter: the encoder is trained."""

from __future__ import annotations

from typing import ClassVar

from explorer.core.registry import register
from explorer.learn.linear.base import Fitter


@register("fitter", "none", title="Gradient steps")
class GradientSteps(Fitter):
    """The encoder learns from the loss, batch by batch."""

    steps: ClassVar[bool] = True
