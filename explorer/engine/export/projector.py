"""The embeddings of a run for the embedding projector of TensorBoard."""

from __future__ import annotations

import math
from itertools import chain
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError
from explorer.core.registry import register
from explorer.engine.export.compare_lines import compared_by, lift_lines, nearest_lines, with_lift
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme, digits_told, facts_of, item_rows
from explorer.engine.export.item_pictures import small_pictures

VECTORS, METADATA, SPRITE, CONFIG = "vectors.tsv", "metadata.tsv", "sprite.png", "projector_config.pbtxt"
LARGEST_SPRITE = 8192
"""Pixels of a side that the projector takes."""
SMALLEST_TILE = 8
NAMELESS = "–"
"""What stands where there is no text: an empty line is skipped by the projector, and moves all names after it."""
COLUMNS = ("id", "class", "part", "number")

_READ = """\
import csv

import numpy as np

vectors = np.loadtxt("vectors.tsv", np.float32, delimiter="\\t", ndmin=2)
with open("metadata.tsv", encoding="utf-8", newline="") as file:
    ids = [row["id"] for row in csv.DictReader(file, delimiter="\\t", quoting=csv.QUOTE_NONE)]
"""


@register("export", "projector", title="Embedding projector of TensorBoard")
class Projector(FolderExport):
    """Vectors and metadata as TSV and a sprite of the pictures, for TensorBoard and projector.tensorflow.org."""

    action = "Save for the embedding projector"
    tip = "Vectors, labels and pictures for TensorBoard"
    formats = ("TSV", "TensorBoard")

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write vectors, metadata, sprite and the one configuration of all three."""
        embedded = contents.embedded
        with open(folder / VECTORS, "w", encoding="ascii", newline="\n") as file:
            for start in range(0, len(embedded.embeddings), 4096):
                contents.progress("write the vectors", start, len(embedded.embeddings))
                np.savetxt(file, embedded.embeddings[start : start + 4096], "%.9g", delimiter="\t", newline="\n")
        with open(folder / METADATA, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write("\t".join(COLUMNS) + "\n")
            for row in item_rows(contents.subject.items, embedded.indices, contents):
                file.write("\t".join(cell(row[name]) for name in COLUMNS) + "\n")
        files = {
            VECTORS: "a vector a line",
            METADATA: "id, class, part and number in the run, below a line of these names",
            CONFIG: "what TensorBoard reads first",
        }
        config = [f'  tensor_name: "embeddings"\n  tensor_path: "{VECTORS}"\n  metadata_path: "{METADATA}"']
        tile, told = write_sprite(folder / SPRITE, contents)
        if tile:
            files[SPRITE] = f"the pictures in rows, {tile[1]} × {tile[0]} pixels each, in the order of the vectors"
            config.append(
                f'  sprite {{\n    image_path: "{SPRITE}"\n    single_image_dim: {tile[1]}\n'
                f"    single_image_dim: {tile[0]}\n  }}"
            )
        (folder / CONFIG).write_text("embeddings {\n" + "\n".join(config) + "\n}\n", encoding="utf-8")
        lift = lift_lines(embedded.distance)
        lines = f"{with_lift(_READ, lift)}row = 0\n{nearest_lines(embedded.distance)}\n"
        other = " The projector has neither of its two distances for that." if lift else ""
        return Readme(
            "Embedding projector",
            files,
            lines + 'print(*(ids[i] for i in nearest[:6]), sep="\\n")',
            "tensorboard numpy",
            (
                "`tensorboard --logdir .` in this folder shows it, under *Projector*; or load the two tables at "
                f"projector.tensorflow.org, which reads them in the browser. The run compares by "
                f"{compared_by(embedded.distance)}.{other} The projector shows up to 100,000 of the items.",
                *([told] if told else []),
                *digits_told(contents),
            ),
            facts_of(contents),
        )


def cell(text: str) -> str:
    """Return a text that is one cell of a table of tabs, and never empty."""
    return " ".join(text.split()) or NAMELESS


def write_sprite(path: Path, contents: Contents) -> tuple[tuple[int, int] | None, str]:
    """Write the pictures in rows; return height and width of one, and why there is none instead."""
    from PIL import Image

    count = len(contents.embedded.indices)
    side = math.ceil(math.sqrt(count))
    try:
        pictures = small_pictures(contents)
        first = next(pictures)
    except UserError as error:
        return None, f"There are no pictures: {error}."
    height, width = first.shape[:2]
    scale = min(1.0, LARGEST_SPRITE / (side * max(height, width)))
    tile = max(1, int(height * scale)), max(1, int(width * scale))
    if scale < 1 and min(tile) < SMALLEST_TILE:
        return None, f"There are no pictures: {count:,} do not fit in {LARGEST_SPRITE} × {LARGEST_SPRITE} pixels."
    sheet = Image.new("RGB", (side * tile[1], side * tile[0]))
    for number, pixels in enumerate(chain([first], pictures)):
        small = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        small = small if scale == 1 else small.resize((tile[1], tile[0]), Image.Resampling.BOX)
        sheet.paste(small, (number % side * tile[1], number // side * tile[0]))
    sheet.save(path, "PNG")
    return tile, ""
