"""The pictures of the items of a run, as files that other programs open."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import Parameters, parameter
from explorer.core.types import ByteArray
from explorer.data.pictures import PictureError
from explorer.engine.export.base import SaveChoice
from explorer.engine.export.contents import Contents

if TYPE_CHECKING:
    from explorer.data.dataset import Dataset

_SIGNS = ((b"\x89PNG\r\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"), (b"BM", ".bmp"))
"""What files of pictures begin with that every program opens."""

WITH_PICTURES = tuple(
    SaveChoice(f"All items with {words}, in a new folder (*)", {"pictures": name})
    for name, words in (("original", "their pictures as they came"), ("small", "pictures as they were trained on"))
)


class PictureParams(Parameters):
    """Parameters of an export with pictures."""

    pictures: str = parameter(
        "original",
        "The files as they came, where other programs open them, or the pixels that were trained on",
        choices=("original", "small"),
    )


def png_of(pixels: ByteArray) -> bytes:
    """Return pixels (H, W, C), C 1 or 3, as a PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "PNG")
    return file.getvalue()


def small_pictures(contents: Contents) -> Iterator[ByteArray]:
    """Yield the small picture (H, W, C) of every item that is taken.

    Raises
    ------
    UserError: if the data are gone, or the items are not seen.
    """
    dataset, taken = contents.dataset, contents.embedded.indices
    previews = _previews(dataset)
    for done, item in enumerate(taken.tolist()):
        if done % 256 == 0:
            contents.progress("take the pictures", done, len(taken))
        yield np.asarray(previews[item])


def picture_files(contents: Contents, *, original: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the ending and the bytes of a picture of every item that is taken: the ``original``, or as it was trained.

    What is not in a format that every program opens comes as it was trained on.

    Raises
    ------
    UserError: if the data are gone, or the items are not seen.
    """
    dataset = contents.dataset
    small = small_pictures(contents)
    if not original or dataset.originals is None or dataset.modality.name != "pictures":
        yield from ((".png", png_of(pixels)) for pixels in small)
        return
    with dataset.originals.reading() as read:
        for item, pixels in zip(contents.embedded.indices.tolist(), small, strict=True):
            try:
                encoded = read(item)
            except PictureError as error:
                raise UserError(f"{dataset.path(item)}: {error.reason}", remedy="Take the small pictures") from error
            ending = next((ending for sign, ending in _SIGNS if encoded.startswith(sign)), "")
            yield (ending, encoded) if ending else (".png", png_of(pixels))


def _previews(dataset: Dataset) -> ByteArray:
    previews = dataset.previews
    if previews is None:
        raise UserError(
            f"{dataset.modality.plural.capitalize()} have no pictures to take along", remedy="Save the embeddings"
        )
    return previews
