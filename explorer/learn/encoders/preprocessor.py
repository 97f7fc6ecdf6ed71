"""How a model of transformers wants its pixels: what the file of its preprocessor says, and what that leaves out."""

from __future__ import annotations

import math
from contextlib import suppress
from pathlib import Path
from typing import Any

from explorer.core.errors import UserError, printable
from explorer.learn.encoders.pretrained import FAULTS, IMAGENET_MEAN, IMAGENET_STD

DEFAULTS: dict[str, Any] = {
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "rescale_offset": False,
    "do_normalize": True,
    "image_mean": IMAGENET_MEAN,
    "image_std": IMAGENET_STD,
    "include_top": False,
    "do_flip_channel_order": False,
}
"""What is read of it, and what counts where neither the file nor the class that it names says anything."""


def said_by_class(package: Any, folder: Path) -> dict[str, Any]:
    """Return what the preprocessor in a folder does by default, by the class that ``transformers`` has for it.

    Empty where it has none: programs that come with a model are not run.
    """
    with suppress(OSError, *FAULTS):
        made = package.AutoImageProcessor.from_pretrained(str(folder), trust_remote_code=False)
        return {key: getattr(made, key) for key in DEFAULTS if hasattr(made, key)}
    return {}


def pixels_of(facts: dict[str, Any], channels: int, model: str) -> dict[str, Any]:
    """Return the ``mean`` and ``std`` of each channel, for pixels in 0 to 1, and whether blue comes first (``flip``).

    A preprocessor takes pixels in 0 to 255, multiplies them by a factor unless ``do_rescale`` is off, less one where it
    has an offset, and takes away a mean and divides by a deviation unless ``do_normalize`` is off, and divides by it
    once more for EfficientNet's ``include_top``: all of it is (x − mean) / std of pixels in 0 to 1.

    Raises
    ------
    UserError: if the factor or a deviation is no number above zero.
    """
    told = DEFAULTS | facts
    scale, offset = 255.0, 0.0
    try:
        if told["do_rescale"]:
            scale, offset = 255.0 * float(told["rescale_factor"]), 1.0 if told["rescale_offset"] else 0.0
        mean, std = [0.0] * channels, [1.0] * channels
        if told["do_normalize"]:
            mean, std = (_of_channels(told[key], channels) for key in ("image_mean", "image_std"))
        if told["include_top"]:
            std = [a * b for a, b in zip(std, _of_channels(told["image_std"], channels), strict=True)]
        mean, std = [(value + offset) / scale for value in mean], [value / scale for value in std]
        if not all(map(math.isfinite, [*mean, *std])) or min(std) <= 0:
            raise ValueError("it is not above zero")
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise UserError(
            f"The preprocessor of the model {printable(model)} has a factor, mean or deviation that cannot be",
            remedy="Mend rescale_factor, image_mean and image_std in its preprocessor_config.json",
        ) from error
    flips = bool(told["do_flip_channel_order"]) and channels == len(IMAGENET_MEAN)
    return {"mean": mean, "std": std, **({"flip": True} if flips else {})}


def _of_channels(values: Any, channels: int) -> list[float]:
    """Return a value a channel; one half each where there are not as many, which is for other pictures."""
    found = [float(value) for value in (values if isinstance(values, list | tuple) else [values] * channels)]
    return found if len(found) == channels else [0.5] * channels
