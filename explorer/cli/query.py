"""``query RUN IMAGE``: what of the items of a run is nearest to an item, and the class that they vote for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.console import Console
from explorer.core.errors import UserError, printable
from explorer.core.types import RECALL_OF, RECALL_SAMPLE

if TYPE_CHECKING:
    from explorer.engine.offline import OfflineRun


def main(options: argparse.Namespace, console: Console) -> int:
    """Write the neighbours, nearest first, and then their vote."""
    from explorer.engine.offline import OfflineRun

    if options.text is not None and not options.text.strip() and not options.image:
        raise UserError("The text to ask by is empty", remedy="Give some words: --text TEXT")
    if options.image and options.text:
        asked = f"both the text {printable(options.text)!r} and the file {printable(options.image)}"
        raise UserError(
            f"A query needs one thing to ask by, not {asked}", remedy="Leave one out, and quote a long text"
        )
    if not options.image and not options.text:
        raise UserError("A query needs one thing to ask by", remedy="Give a file, or --text TEXT for a run on texts")
    run = OfflineRun(
        Path(options.run), console.progress, moved=options.data, dimensions=options.dimensions, tell=console.say
    )
    found = run.query(Path(options.image), options.k, text=options.text or "", kind=options.kind, exact=options.exact)
    console.clear()
    name, confidence = _voted([neighbour.label for neighbour in found])
    if options.json:
        # only captions have words of their own: elsewhere the keys are those that were promised
        neighbours = [{key: value for key, value in asdict(item).items() if key != "words" or value} for item in found]
        console.json({"neighbours": neighbours, "class": name, "confidence": confidence, **_how_found(run)})
        return 0
    shown = [printable(item.words) or _place(item.id, item.path) for item in found]
    lines = [f"{item.distance:10.4f}  {item.label}  {place}" for item, place in zip(found, shown, strict=True)]
    lines.append(f"class {name}: {confidence:.0%} of the votes" if name is not None else "class unknown: none has one")
    if how := _how_found(run):
        lines.append("approximate: recall@{of} {recall:.3f} on a sample of {sample}".format(**how["approximate"]))
    console.result("\n".join(lines))
    return 0


def _how_found(run: OfflineRun) -> dict[str, Any]:
    """Return how good the search was where not every item was compared; nothing where each was."""
    index = run.found_by
    if index is None or index.exact:
        return {}
    return {"approximate": {"recall": index.recall, "of": RECALL_OF, "sample": RECALL_SAMPLE}}


def _place(name: str, path: str) -> str:
    """Return where an item is, with its id where the path is that of the whole file."""
    return path if path.replace("\\", "/").endswith(name) else f"{name}  {path}"


def _voted(labels: Sequence[str]) -> tuple[str | None, float]:
    """Return the class that neighbours vote for, None where none has a class, and its share of the votes."""
    import numpy as np

    from explorer.retrieval.vote import vote

    classes = sorted(set(labels) - {""})
    found = vote(np.array([classes.index(label) if label else -1 for label in labels], np.int64))
    return (classes[found.label] if found.voters else None), found.confidence
