"""The gallery of a saved run: who is in a picture, of identities that were enrolled after the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.types import FloatArray
from explorer.data.modalities.base import Inputs
from explorer.engine.offline import OfflineRun
from explorer.engine.threshold import run_threshold
from explorer.retrieval.gallery import Gallery, Identification, plain_name
from explorer.runs.gallery import StoredGallery, changing, read_gallery, write_gallery

ITEM = "item:"
"""What the source of a picture begins with if it is an item of the run; others are absolute paths of files."""

READ_AT_ONCE = 256


class RunGallery:
    """The gallery that a run keeps. A picture is given as a file or as the id of an item of the run.

    Its embeddings are those of the newest network: where the run has gone on since, all pictures are embedded again.
    """

    def __init__(self, asked: OfflineRun) -> None:
        self._asked = asked
        self._folder = asked.saved.folder.path

    def images(self) -> dict[str, int]:
        """Return how many pictures each identity has, in the order in which they were enrolled; needs no network.

        Raises
        ------
        UserError: if the gallery is damaged.
        """
        stored = read_gallery(self._folder)
        return {} if stored is None else dict(zip(stored.names, np.diff(stored.starts).tolist(), strict=True))

    def enrol(self, name: str, images: Sequence[str]) -> int:
        """Add pictures to an identity, new or known, and return how many it has now.

        Raises
        ------
        UserError: if one cannot be read or the gallery cannot be written; nothing is enrolled then.
        """
        plain = plain_name(name)
        sources = [self._source(image) for image in images]
        embeddings = self._embedded(sources)
        with changing(self._folder):
            gallery = self._current(read_gallery(self._folder)).enrol(plain, embeddings, sources)
            self._write(gallery)
        return len(gallery.sources_of(plain))

    def remove(self, name: str) -> None:
        """Forget an identity; UserError: there is none of that name, or the gallery cannot be written."""
        self._change(lambda gallery: gallery.remove(name))

    def rename(self, old: str, new: str) -> None:
        """Give an identity another name.

        Raises
        ------
        UserError: if there is none of the old name, another has the new one, or the gallery cannot be written.
        """
        self._change(lambda gallery: gallery.rename(old, new))

    def identify(self, image: str, k: int, threshold: float | None) -> Identification:
        """Return the k identities nearest to a picture; beyond the ``threshold`` it is nobody.

        Raises
        ------
        UserError: if the picture cannot be read, nobody is enrolled, or an enrolled picture that has to be embedded
            again is gone.
        """
        stored = read_gallery(self._folder)
        if stored is None or not stored.names:
            raise UserError("nobody is enrolled with this run yet", remedy="Enrol an identity by a few pictures first")
        gallery = self._current(stored)
        found = gallery.identify(self._embedded([self._source(image)]), k, threshold)
        if gallery.embeddings is not stored.embeddings:
            self._keep(stored, gallery)
        return found

    def threshold(self) -> tuple[float | None, str]:
        """Return the threshold of the run and how it was chosen, or None and why it has none."""
        try:
            kept = run_threshold(self._asked)
        except UserError as error:
            return None, str(error)
        return kept.distance, kept.split

    def _change(self, change: Callable[[Gallery], Gallery]) -> None:
        """Change what is there of the gallery and write it."""
        with changing(self._folder):
            stored = read_gallery(self._folder)
            changed = change(Gallery("") if stored is None else _gallery(stored))
            assert stored is not None  # nothing of an empty gallery can be changed
            write_gallery(self._folder, _stored(changed, stored.step, stored.weights))

    def _current(self, stored: StoredGallery | None) -> Gallery:
        """Return a gallery as the newest network embeds its pictures."""
        embedder = self._asked.embedder()
        if stored is None:
            return Gallery(embedder.lift)
        gallery = _gallery(stored)
        made_by = (stored.weights, stored.distance, stored.embeddings.shape[1])
        if made_by == (embedder.digest, embedder.lift, embedder.encoder.dimension):
            return gallery
        for row, source in enumerate(gallery.sources):
            if not source.startswith(ITEM) and not Path(source).is_file():
                raise UserError(
                    f"the run has gone on to step {self._asked.step} since {gallery.owner(row)} was enrolled, and "
                    f"{printable(source)} is not there to be embedded again",
                    remedy="Put the picture back, or remove the identity and enrol it anew",
                )
        return gallery.embedded_as(self._embedded(gallery.sources), embedder.lift)

    def _keep(self, old: StoredGallery, gallery: Gallery) -> None:
        """Write a gallery that was embedded again, unless it was changed meanwhile or nothing can be written."""
        with suppress(UserError), changing(self._folder):
            stored = read_gallery(self._folder)
            if stored is not None and (stored.weights, stored.names, stored.sources) == (
                old.weights,
                old.names,
                old.sources,
            ):
                self._write(gallery)

    def _write(self, gallery: Gallery) -> None:
        write_gallery(self._folder, _stored(gallery, self._asked.step, self._asked.embedder().digest))

    def _source(self, image: str) -> str:
        """Return where a picture is from: a file, else an item of the run."""
        path = Path(image).expanduser()
        if self._asked.saved.modality.from_files and path.is_file():
            return str(path.absolute())
        if self._asked.saved.modality.from_files and image not in self._asked.saved.folder.items.ids:
            shown = printable(image)
            raise UserError(
                f"{shown} is neither a file nor an item of the run", remedy="Give a picture, or the id of an item"
            )
        return ITEM + self._asked.saved.folder.items.ids[self._asked.item(image)]

    def _embedded(self, sources: Sequence[str]) -> FloatArray:
        """Return the embeddings (M, D) of pictures by the newest network.

        Raises
        ------
        UserError: if one of them is gone.
        """
        embeddings = np.empty((len(sources), self._asked.embedder().encoder.dimension), np.float32)
        for rows, part in self._parts(sources):
            embeddings[rows] = part
        return embeddings

    def _parts(self, sources: Sequence[str]) -> Iterator[tuple[list[int], FloatArray]]:
        """Yield rows of pictures and their embeddings: all items of the run first, then some files at a time."""
        items = [row for row, source in enumerate(sources) if source.startswith(ITEM)]
        files = [row for row, source in enumerate(sources) if not source.startswith(ITEM)]
        if items:
            everything = self._asked.everything()
            place = np.argsort(everything.indices)
            wanted = [self._asked.item(sources[row].removeprefix(ITEM)) for row in items]
            yield items, everything.embeddings[place[wanted]]
        modality, shape = self._asked.saved.modality, self._asked.saved.folder.data.shape
        for start in range(0, len(files), READ_AT_ONCE):
            rows = files[start : start + READ_AT_ONCE]
            inputs: Inputs = np.concatenate([modality.read(Path(sources[row]), shape) for row in rows])
            yield rows, self._asked.embedder().embed(inputs)


def _gallery(stored: StoredGallery) -> Gallery:
    return Gallery(stored.distance, stored.names, stored.starts, stored.embeddings, stored.sources)


def _stored(gallery: Gallery, step: int, weights: str) -> StoredGallery:
    return StoredGallery(
        step, weights, gallery.distance, gallery.names, gallery.starts, gallery.embeddings, gallery.sources
    )
