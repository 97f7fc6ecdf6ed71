"""The gallery of a run: who is in a picture, of identities that were enrolled after the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.item_rows import rows_of
from explorer.core.types import FloatArray, IntArray
from explorer.data.modalities.base import Inputs
from explorer.engine.offline import OfflineRun
from explorer.retrieval.gallery import Gallery, Identification, plain_name
from explorer.runs.gallery import GALLERY_NAME, StoredGallery, changing, read_gallery, write_gallery
from explorer.runs.own_files import refuse_closed_folder

ITEM = "item:"
"""What the source of a picture begins with if it is an item of the run; others are absolute paths of files."""

READ_AT_ONCE = 256


class Embeds(Protocol):
    """What gives the pictures of a gallery their embeddings: one state of one network."""

    @property
    def step(self) -> int:
        """How long it was trained."""
        ...

    @property
    def weights(self) -> str:
        """What tells it from every other state."""
        ...

    @property
    def distance(self) -> str:
        """The name of the lift by which its embeddings are compared."""
        ...

    @property
    def dimension(self) -> int:
        """How many numbers an embedding has."""
        ...

    def embedded(self, sources: Sequence[str]) -> FloatArray:
        """Return the embeddings (M, D) of pictures.

        Raises
        ------
        UserError: if one of them cannot be embedded.
        """
        ...


def kept_gallery(folder: Path) -> Gallery:
    """Return the gallery of the run in a folder as it is kept; needs no network; UserError: it is damaged."""
    stored = read_gallery(folder)
    return Gallery("") if stored is None else _gallery(stored)


def places_of(ids: Sequence[str], sources: Sequence[str]) -> IntArray:
    """Return which items (M,) of those with some ids the ``sources`` (M,) are, all of which begin with ``ITEM``.

    Raises
    ------
    UserError: if one of them is not among the items.
    """
    names = [source.removeprefix(ITEM) for source in sources]
    wanted = frozenset(names)
    place = {name: item for item, name in enumerate(ids) if name in wanted}
    gone = next((name for name in names if name not in place), None)
    if gone is not None:
        raise UserError(
            f"{printable(gone)}, which was enrolled, is not among the items any more", remedy="Open the data of the run"
        )
    return np.array([place[name] for name in names], np.int64)


class RunGallery:
    """The gallery that the run in a folder keeps. Where the network is another one, its pictures are embedded again."""

    def __init__(self, folder: Path, embeds: Embeds) -> None:
        self._folder = folder
        self._embeds = embeds

    def enrol(self, name: str, sources: Sequence[str]) -> Gallery:
        """Add pictures to an identity, new or known.

        Raises
        ------
        UserError: if one cannot be read or the gallery cannot be written; nothing is enrolled then.
        """
        plain_name(name)
        refuse_closed_folder(self._folder / GALLERY_NAME, self._folder)  # before pictures are embedded
        embeddings = self._embeds.embedded(sources)
        with changing(self._folder):
            gallery = self._current(read_gallery(self._folder)).enrol(name, embeddings, sources)
            self._write(gallery)
        return gallery

    def remove(self, name: str) -> Gallery:
        """Forget an identity; UserError: there is none of that name, or the gallery cannot be written."""
        return self._change(lambda gallery: gallery.remove(name))

    def rename(self, old: str, new: str) -> Gallery:
        """Give an identity another name.

        Raises
        ------
        UserError: if there is none of the old name, another has the new one, or the gallery cannot be written.
        """
        return self._change(lambda gallery: gallery.rename(old, new))

    def identify(self, embedding: FloatArray, k: int, threshold: float | None) -> Identification:
        """Return the k identities nearest to a picture, by its embedding (D,); beyond the ``threshold`` it is nobody.

        Raises
        ------
        UserError: if nobody is enrolled, or an enrolled picture that has to be embedded again is gone.
        """
        stored = read_gallery(self._folder)
        if stored is None or not stored.names:
            raise UserError("Nobody is enrolled with this run yet", remedy="Enrol an identity by a few pictures first")
        gallery = self._current(stored)
        found = gallery.identify(embedding, k, threshold)
        if gallery.embeddings is not stored.embeddings:
            self._keep(stored, gallery)
        return found

    def put_back(self, gallery: Gallery, instead_of: Gallery) -> Gallery:
        """Return to an earlier gallery, unless what is kept is no longer what it was changed to.

        Raises
        ------
        UserError: if another process has changed it since, or it cannot be written.
        """
        with changing(self._folder):
            now = kept_gallery(self._folder)
            if (now.names, now.sources) != (instead_of.names, instead_of.sources):
                raise UserError("The gallery was changed elsewhere since", remedy="Look at it as it is now")
            again = gallery.embedded_as(self._embeds.embedded(gallery.sources), self._embeds.distance)
            self._write(again)
        return again

    def _change(self, change: Callable[[Gallery], Gallery]) -> Gallery:
        """Change what is there of the gallery and write it."""
        with changing(self._folder):
            stored = read_gallery(self._folder)
            changed = change(kept_gallery(self._folder))
            assert stored is not None  # nothing of an empty gallery can be changed
            write_gallery(self._folder, _stored(changed, stored.step, stored.weights))
        return changed

    def _current(self, stored: StoredGallery | None) -> Gallery:
        """Return a gallery as the network embeds its pictures."""
        embeds = self._embeds
        if stored is None:
            return Gallery(embeds.distance)
        gallery = _gallery(stored)
        made_by = (stored.weights, stored.distance, stored.embeddings.shape[1])
        if made_by == (embeds.weights, embeds.distance, embeds.dimension):
            return gallery
        for row, source in enumerate(gallery.sources):
            if not source.startswith(ITEM) and not Path(source).is_file():
                raise UserError(
                    f"The run is at step {embeds.step} and not where {gallery.owner(row)} was enrolled, and "
                    f"{printable(source)} is not there to be embedded again",
                    remedy="Put the picture back, or remove the identity and enrol it anew",
                )
        return gallery.embedded_as(embeds.embedded(gallery.sources), embeds.distance)

    def _keep(self, old: StoredGallery, gallery: Gallery) -> None:
        """Write a gallery that was embedded again, unless it was changed meanwhile or nothing can be written."""
        with suppress(UserError), changing(self._folder):
            now = read_gallery(self._folder)
            if now is not None and (now.weights, now.names, now.sources) == (old.weights, old.names, old.sources):
                self._write(gallery)

    def _write(self, gallery: Gallery) -> None:
        write_gallery(self._folder, _stored(gallery, self._embeds.step, self._embeds.weights))


class OfflineEmbeds:
    """Embeds files and items by the newest network of a saved run, which is loaded when it is first needed."""

    def __init__(self, asked: OfflineRun) -> None:
        self._asked = asked

    @property
    def step(self) -> int:
        """The step of the newest checkpoint."""
        return self._asked.step

    @property
    def weights(self) -> str:
        """A digest of the weights."""
        return self._asked.embedder().digest

    @property
    def distance(self) -> str:
        """The name of the lift by which its embeddings are compared."""
        return self._asked.embedder().lift

    @property
    def dimension(self) -> int:
        """How many numbers an embedding has."""
        return self._asked.embedder().encoder.dimension

    def source(self, image: str) -> str:
        """Return where a picture is from: a file, else an item of the run; UserError: it is neither."""
        path, run = Path(image).expanduser(), self._asked.saved
        if run.modality.from_files and path.is_file():
            return str(path.absolute())
        ids = run.folder.items.ids
        if run.modality.from_files and image not in ids:
            raise UserError(
                f"{printable(image)} is neither a file nor an item of the run",
                remedy="Give a picture, or the id of an item",
            )
        return ITEM + ids[self._asked.item(image)]

    def threshold(self) -> tuple[float | None, str]:
        """Return the threshold of the run and how it was chosen, or None and why it has none."""
        from explorer.engine.threshold import run_threshold

        try:
            kept = run_threshold(self._asked)
        except UserError as error:
            return None, str(error)
        return kept.distance, kept.split

    def embedded(self, sources: Sequence[str]) -> FloatArray:
        """Return the embeddings (M, D) of pictures; UserError: one of them is gone."""
        embeddings = np.empty((len(sources), self.dimension), np.float32)
        for rows, part in self._parts(sources):
            embeddings[rows] = part
        return embeddings

    def _parts(self, sources: Sequence[str]) -> Iterator[tuple[list[int], FloatArray]]:
        """Yield rows of pictures and their embeddings: all items of the run first, then some files at a time."""
        items = [row for row, source in enumerate(sources) if source.startswith(ITEM)]
        files = [row for row, source in enumerate(sources) if not source.startswith(ITEM)]
        if items:
            everything = self._asked.everything()
            wanted = places_of(self._asked.saved.folder.items.ids, [sources[row] for row in items])
            yield items, everything.embeddings[rows_of(everything.indices, wanted)]
        saved, shape = self._asked.saved, self._asked.saved.folder.data.shape
        for start in range(0, len(files), READ_AT_ONCE):
            rows = files[start : start + READ_AT_ONCE]
            inputs: Inputs = np.concatenate(
                [saved.modality.read(Path(sources[row]), shape, saved.white) for row in rows]
            )
            yield rows, self._asked.embedder().embed(inputs)


def _gallery(stored: StoredGallery) -> Gallery:
    return Gallery(stored.distance, stored.names, stored.starts, stored.embeddings, stored.sources)


def _stored(gallery: Gallery, step: int, weights: str) -> StoredGallery:
    return StoredGallery(
        step, weights, gallery.distance, gallery.names, gallery.starts, gallery.embeddings, gallery.sources
    )
