"""What exports of the network of a run have in common: what is said of it, and an example to check it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explorer.core.errors import UserError
from explorer.core.events import ParameterChanged
from explorer.core.live_change import in_one_go
from explorer.core.registry import Scalar
from explorer.data.modalities.base import Inputs
from explorer.engine.export.base import SaveChoice
from explorer.engine.export.compare_lines import compared_by
from explorer.engine.export.contents import Contents
from explorer.engine.export.item_pictures import png_of
from explorer.engine.recipes.as_trained import as_trained, changes_told, with_dimension

EXAMPLE = "example.npz"
EXAMPLE_HOLDS = "a few inputs, and the embeddings that the run gives them"
PICTURE = "example.png"
NETWORK = (SaveChoice("The network, in a new folder (*)"),)
OF_BYTES = frozenset({"pictures", "captioned", "text", "video"})
"""The modalities whose inputs are bytes."""
SHOWN = 8

READ_PICTURE = """\
from PIL import Image, ImageOps


def read(path):  # a picture of any size, as the run reads it
    picture = ImageOps.exif_transpose(Image.open(path)).convert("MODE")
    longer = max(picture.size)
    if longer != SIDE:
        method = Image.Resampling.HAMMING if longer > SIDE else Image.Resampling.BICUBIC
        size = [max(1, round(side * SIDE / longer)) for side in picture.size]
        picture = picture.resize(size, method, reducing_gap=2.0)
    pixels = np.asarray(picture).reshape(picture.height, picture.width, CHANNELS)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    square = np.empty((SIDE, SIDE, CHANNELS), np.uint8)
    square[:] = np.median(border, axis=0)
    top, left = (SIDE - picture.height) // 2, (SIDE - picture.width) // 2
    square[top : top + picture.height, left : left + picture.width] = pixels
    return square[None]


one = read("example.png")  # a picture of your own in its place
EMBEDDED
"""


def network_facts(contents: Contents) -> dict[str, Scalar]:
    """Return what is told of a network."""
    embedder, saved = contents.embedder, contents.offline.saved
    return {
        "encoder": saved.recipe.encoder.name,
        "step": contents.offline.step,
        "dimension": embedder.encoder.dimension,
        "distance": embedder.lift,
    }


def described_network(contents: Contents) -> dict[str, Any]:
    """Return what a network is and reads, as JSON: by which recipe it had come to its step, and what was moved."""
    saved, embedder = contents.offline.saved, contents.embedder
    recipe = with_dimension(as_trained(saved, contents.offline.step), embedder.encoder.dimension)
    return {
        "format": "embedding-explorer network, version 1",
        "run": saved.run,
        "step": contents.offline.step,
        "modality": saved.folder.data.modality,
        "shape": list(saved.folder.data.shape),
        "bytes": reads_bytes(contents),
        "dimension": embedder.encoder.dimension,
        "compared_by": embedder.lift,
        "class_names": list(saved.folder.data.class_names),
        "recipe": recipe.model_dump(mode="json"),
        "changed_live": [
            {"step": change.step, "key": change.path, "before": change.old, "after": change.new}
            for change in in_one_go(_changes(contents))
        ],
    }


def _changes(contents: Contents) -> list[ParameterChanged]:
    """Return what was changed while the run trained, up to the step of the network."""
    return [c for c in contents.offline.saved.folder.history().changes if c.step <= contents.offline.step]


def reads_bytes(contents: Contents) -> bool:
    """Return whether the inputs of the network are bytes, which are taken as 0 to 1."""
    return contents.offline.saved.modality.name in OF_BYTES


def example_inputs(contents: Contents) -> Inputs:
    """Return a few inputs: of the data, or noise where these are gone."""
    try:
        inputs: Inputs = contents.dataset.inputs[:SHOWN].copy()
        return inputs
    except UserError:
        noise, shape = np.random.default_rng(0), (SHOWN, *contents.offline.saved.folder.data.shape)
        if reads_bytes(contents):
            return noise.integers(0, 256, shape, dtype=np.uint8)
        return noise.normal(size=shape).astype(np.float32)


def write_example(folder: Path, contents: Contents) -> None:
    """Write a few inputs and their embeddings."""
    inputs = example_inputs(contents)
    np.savez(folder / EXAMPLE, inputs=inputs, embeddings=contents.embedder.embed(inputs))
    if _of_pictures(contents):
        (folder / PICTURE).write_bytes(png_of(np.asarray(inputs[0], np.uint8)))


def example_files(contents: Contents) -> dict[str, str]:
    """Return what a README says of the files of the example."""
    picture = {PICTURE: "the first of these inputs as a picture"} if _of_pictures(contents) else {}
    return {EXAMPLE: EXAMPLE_HOLDS, **picture}


def _of_pictures(contents: Contents) -> bool:
    return contents.offline.saved.modality.name == "pictures"


def read_lines(contents: Contents, embed: str) -> str:
    """Return lines that read a picture of any size as the run does, and embed one; empty where items are no pictures.

    ``embed``: what turns inputs ``one`` (1, H, W, C) into embeddings (1, D); empty: the lines cannot.
    """
    height, _, channels = contents.offline.saved.folder.data.shape
    if not _of_pictures(contents):
        return ""
    done = f"(embedding,) = {embed}\nprint(embedding[:4])" if embed else "print(one.shape)"
    lines = READ_PICTURE.replace("EMBEDDED", done).replace("MODE", "L" if channels == 1 else "RGB")
    return lines.replace("SIDE", str(height)).replace("CHANNELS", str(channels))


def about_network(contents: Contents) -> tuple[str, ...]:
    """Return the paragraphs on what a network reads and how its embeddings are compared."""
    height, width, channels = contents.offline.saved.folder.data.shape
    kind = "bytes" if reads_bytes(contents) else "float32, as they are"
    told = [
        f"It reads inputs (N, {height}, {width}, {channels}), {kind}; N is free. The embeddings are compared by "
        f"{compared_by(contents.embedder.lift)}."
    ]
    if _of_pictures(contents):
        told.append(
            "A picture of another size is scaled by `read` below as the run scales it: the longer side with Pillow, "
            "HAMMING where it shrinks and BICUBIC where it grows, then centred on a square of the median colour of its "
            "border. Large JPEGs differ a little, because the run decodes them at a fraction of their size; 16-bit and "
            "transparent pictures are read otherwise by the run."
        )
    if changed := changes_told(_changes(contents)):
        told.append(f"Changed while it trained: {'; '.join(_small(words) for words in changed)}.")
    return tuple(told)


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]
