"""``embed RUN DATA OUT``: any pictures to vectors in a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from explorer.cli.console import Console
from explorer.cli.destination import keep_data_of
from explorer.cli.recipes import recipe_of
from explorer.core.words import several


def main(options: argparse.Namespace, console: Console) -> int:
    """Embed every picture of DATA and write OUT, by its ending."""
    from explorer.engine.embedding_formats.base import EmbeddedItems, format_of, write_embeddings
    from explorer.engine.offline import OfflineRun
    from explorer.engine.paths import check_folder_of

    out = Path(options.out)
    format_of(out)  # before anything takes long
    keep_data_of(options.run, console, options.data)
    check_folder_of(out)
    asked = OfflineRun(Path(options.run), console.progress, tell=console.say)
    dataset = asked.data(options.data, recipe_of(options).data, alone=True)
    embeddings = asked.embed(dataset)
    labels = [dataset.class_name(i) for i in range(len(dataset))]
    write_embeddings(out, EmbeddedItems(dataset.ids, labels, embeddings))
    console.clear()
    for item in dataset.report.skipped:
        console.say(f"skipped {item.path}: {item.reason}")
    if options.json:
        count, dimension = embeddings.shape
        console.json({"out": str(out), "items": count, "dimension": dimension, "distance": asked.embedder().lift})
    else:
        console.say(f"{several(len(embeddings), 'vector')} of {embeddings.shape[1]} written to {out}")
    return 0
