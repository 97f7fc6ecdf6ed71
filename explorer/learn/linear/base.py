"""What a fitter is to the trainer."""

from __future__ import annotations

from typing import Any, ClassVar

from explorer.core.registry import Parameters


class Fitter:
    """Fits a linear map to features: ``Fitter(params)``.

    ``steps``: the recipe is trained by gradient steps instead, and there is nothing to fit.
    ``labels_needed``: it learns from the classes of the items, and has nothing to fit without them.
    """

    steps: ClassVar[bool] = False
    labels_needed: ClassVar[bool] = True

    def __init__(self, params: Parameters) -> None:
        self.params: Any = params
