"""``gallery RUN …``: identities that are enrolled with a run by a few pictures, and who of them is in a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.console import Console

if TYPE_CHECKING:
    from explorer.engine.gallery import OfflineEmbeds, RunGallery
    from explorer.retrieval.gallery import Gallery


def main(options: argparse.Namespace, console: Console) -> int:
    """Do what is asked of the gallery: enrol, identify, list, remove or rename."""
    from explorer.engine.gallery import OfflineEmbeds, RunGallery, kept_gallery
    from explorer.engine.offline import OfflineRun

    asked = OfflineRun(Path(options.run), console.progress, moved=options.data, tell=console.say)
    embeds = OfflineEmbeds(asked)
    gallery = RunGallery(asked.saved.folder.path, embeds)
    if options.action == "identify":
        return _identify(gallery, embeds, options, console)
    if options.action == "enrol":
        now = gallery.enrol(options.name, [embeds.source(image) for image in options.images])
    elif options.action == "remove":
        now = gallery.remove(options.name)
    elif options.action == "rename":
        now = gallery.rename(options.name, options.new)
    else:
        now = kept_gallery(asked.saved.folder.path)
    return _list(now, options, console)


def _list(gallery: Gallery, options: argparse.Namespace, console: Console) -> int:
    """Write who is enrolled."""
    console.clear()
    images = list(zip(gallery.names, gallery.counts, strict=True))
    if options.json:
        console.json([{"name": name, "images": count} for name, count in images])
    elif images:
        console.result("\n".join(f"{count:6,}  {name}" for name, count in images))
    else:
        console.say("Nobody is enrolled")
    return 0


def _identify(gallery: RunGallery, embeds: OfflineEmbeds, options: argparse.Namespace, console: Console) -> int:
    """Write who it is, the threshold, and the nearest identities."""
    embedding = embeds.embedded([embeds.source(options.image)])
    threshold, how = (options.threshold, "as given") if options.threshold is not None else embeds.threshold()
    found = gallery.identify(embedding, options.k, threshold)
    console.clear()
    nearest = found.candidates[0].distance
    if options.json:
        candidates = [{"name": each.name, "distance": each.distance} for each in found.candidates]
        console.json({"name": found.name, "distance": nearest, "threshold": threshold, "candidates": candidates})
        return 0
    if threshold is None:
        lines = [f"undecided: there is no threshold, since {how}"]
    else:
        who = " or ".join(found.nearest) if found.name is not None else "unknown"
        lines = [f"{who}  (nearest {nearest:.4f}, threshold {threshold:.4f}: {how})"]
    lines += [f"{each.distance:10.4f}  {each.name}" for each in found.candidates]
    console.result("\n".join(lines))
    return 0
