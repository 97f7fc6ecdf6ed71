"""The lines of the Curves panel that are hidden at first: what every step measures of its batch."""

from __future__ import annotations

from explorer.core.types import StepMetrics
from explorer.ui.widgets.language import later, tr

MORE = {
    later("gradient"): "accent",
    later("spread"): "semi_hard",
    later("rank"): "text",
    later("hardest positive"): "right",
    later("hardest negative"): "wrong",
}
"""Lines that are shown when asked for, dashed, each on a scale of its own; the two distances share one."""
TOLD = {
    "gradient": tr("Length of the gradient of a step, before clipping"),
    "spread": tr("Mean standard deviation of a dimension of the batch's embeddings"),
    "rank": tr("Effective rank: how many dimensions the batch's embeddings use"),
    "hardest positive": tr("Largest distance within a class of the batch"),
    "hardest negative": tr("Smallest distance between two classes of the batch"),
}


def measured(step: StepMetrics) -> dict[str, float | None]:
    """Return what the lines of ``MORE`` have of a step."""
    return {
        "gradient": step.grad_norm,
        "spread": step.spread,
        "rank": step.effective_rank,
        "hardest positive": step.hardest_positive,
        "hardest negative": step.hardest_negative,
    }
