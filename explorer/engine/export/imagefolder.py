"""The pictures of a run as a folder that Hugging Face datasets reads."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.engine.export.compare_lines import compared_by, lift_lines, nearest_lines, with_lift
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme, digits_told, facts_of, item_rows
from explorer.engine.export.item_pictures import WITH_PICTURES, PictureParams, picture_files

SPLITS = {"train": "train", "held-out": "test", "": "other"}
"""What the parts of a run are called there; items of no part are the third."""

_READ = """\
import datasets
import numpy as np

parts = datasets.load_dataset("imagefolder", data_files=DATA_FILES, drop_labels=True)
items = [item for part in parts.values() for item in part.remove_columns("image")]
items.sort(key=lambda item: item["number"])
ids, vectors = [item["id"] for item in items], np.array([item["embedding"] for item in items], np.float32)
"""


@register("export", "imagefolder", title="Image folder of Hugging Face")
class ImageFolder(FolderExport):
    """Pictures in train, test and other, each with ``metadata.jsonl``: id, class, number and embedding of a picture.

    Pictures are numbered: a name with "test" in it would become a split of its own.
    """

    action = "Save as an image folder of Hugging Face"
    tip = "Pictures with class, split and embedding, for the library datasets"
    formats = ("jsonl",)
    choices = WITH_PICTURES

    class Params(PictureParams):
        """Parameters of the export."""

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the pictures, and a row for each."""
        embedded = contents.embedded
        rows: dict[str, list[str]] = {}
        items = item_rows(contents.subject.items, embedded.indices, contents)
        files = picture_files(contents, original=self.params.pictures == "original")
        for item, (ending, encoded), vector in zip(items, files, embedded.embeddings.tolist(), strict=True):
            split = SPLITS.get(item["part"], "other")
            name = f"{int(item['number']):08d}{ending}"
            (folder / split).mkdir(exist_ok=True)
            (folder / split / name).write_bytes(encoded)
            told = {"file_name": name, "number": int(item["number"]), "id": printable(item["id"])}
            told |= {"class": printable(item["class"]) or None, "embedding": vector}
            rows.setdefault(split, []).append(json.dumps(told))
        for split, lines in rows.items():
            (folder / split / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        wanted = {split: f"{split}/**" for split in SPLITS.values() if split in rows}
        lift = lift_lines(embedded.distance)
        read = with_lift(_READ.replace("DATA_FILES", json.dumps(wanted)), lift)
        return Readme(
            "Image folder",
            {f"{split}/": "pictures, and `metadata.jsonl` with a row for each" for split in wanted},
            f'{read}row = 0\n{nearest_lines(embedded.distance)}\nprint(*(ids[i] for i in nearest[:6]), sep="\\n")',
            "datasets pillow",
            (
                f"`test` is what the run held out. Embeddings are compared by {compared_by(embedded.distance)}. "
                "Without `drop_labels=True` the folders' names may be taken for classes.",
                *digits_told(contents),
            ),
            facts_of(contents),
        )
