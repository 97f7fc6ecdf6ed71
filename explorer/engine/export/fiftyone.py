"""The pictures of a run as a dataset of FiftyOne."""

from __future__ import annotations

import json
from pathlib import Path

from explorer.core.errors import printable
from explorer.core.registry import register
from explorer.engine.export.contents import Contents
from explorer.engine.export.folder_export import FolderExport, Readme, digits_told, facts_of, item_rows
from explorer.engine.export.item_pictures import WITH_PICTURES, PictureParams, picture_files
from explorer.engine.export.neighbours import neighbours_of

SAMPLES, DATA = "samples.json", "data"

_LINES = """\
import fiftyone as fo

dataset = fo.Dataset.from_dir(dataset_dir=".", dataset_type=fo.types.LegacyFiftyOneDataset)
ids = {sample["number"]: sample["item"] for sample in dataset}
first = dataset.first()
print(first["item"], *(ids[number] for number in first["neighbours"][:5]), sep="\\n")
"""


@register("export", "fiftyone", title="Dataset of FiftyOne")
class FiftyOne(FolderExport):
    """Pictures and ``samples.json`` with class, part, embedding, place on the map and neighbours of each."""

    action = "Save as a dataset of FiftyOne"
    tip = "Pictures with class, embedding and neighbours, for FiftyOne"
    formats = ("JSON",)
    choices = WITH_PICTURES

    class Params(PictureParams):
        """Parameters of the export."""

    def fill(self, folder: Path, contents: Contents) -> Readme:
        """Write the pictures, and a sample for each, one at a time."""
        embedded, places = contents.embedded, contents.places()
        near, far = neighbours_of(contents)
        items = item_rows(contents.subject.items, embedded.indices, contents)
        files = picture_files(contents, original=self.params.pictures == "original")
        (folder / DATA).mkdir()
        with open(folder / SAMPLES, "w", encoding="ascii", newline="\n") as file:
            file.write('{"samples": [')
            for row, (item, (ending, encoded)) in enumerate(zip(items, files, strict=True)):
                name = f"{DATA}/{int(item['number']):08d}{ending}"
                (folder / name).write_bytes(encoded)
                told = {
                    "filepath": name,
                    "tags": [item["part"]] if item["part"] else [],
                    "number": int(item["number"]),
                    "item": printable(item["id"]),
                    "embedding": embedded.embeddings[row].tolist(),
                    "place": None if (places[row] != places[row]).any() else places[row].tolist(),
                    "neighbours": embedded.indices[near[row]].tolist(),
                    "neighbour_distances": far[row].tolist(),
                }
                if item["class"]:  # one without a class has no field, rather than a class of its own
                    told["ground_truth"] = {"_cls": "Classification", "label": printable(item["class"])}
                file.write((",\n" if row else "\n") + json.dumps(told))
            file.write("\n]}\n")
        return Readme(
            "Dataset of FiftyOne",
            {
                f"{DATA}/": "the pictures, by their number in the run",
                SAMPLES: "of each its class (`ground_truth`), part (tag), embedding, place on the map, and numbers and "
                "distances of its neighbours",
            },
            _LINES,
            "fiftyone",
            (
                "FiftyOne keeps its datasets in a MongoDB, which it brings for most systems. "
                '`fiftyone.brain.compute_similarity(dataset, embeddings="embedding", brain_key="similar")` makes it '
                "sort by similarity.",
                *digits_told(contents),
            ),
            facts_of(contents),
        )
