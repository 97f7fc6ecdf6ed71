"""Captions of pictures: which column holds them, and pictures with captions as items of two sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.sides import CAPTION, KIND, PAIR, PICTURE
from explorer.core.types import IntArray
from explorer.data import names
from explorer.data.decoding.text_bytes import LATIN, decoded_text, marked_or_utf_8, plain_bytes
from explorer.data.formats.cells import is_number
from explorer.data.labels.label_column import LABEL_NAMES, plain_name
from explorer.data.listing import Listing, digest
from explorer.data.pictures import JoinedPictures, MemoryPictures, PictureError, Pictures

MODALITY = "captioned"
BETWEEN = "\x1e"
"""What stands between the captions of a picture that has several, in one cell: no text has it."""
CAPTION_NAMES = (
    *("caption", "captions", "raw", "sentence", "sentences", "text", "texts", "txt", "description", "descriptions"),
    *("comment", "title", "alt_text", "prompt", "blip_caption", "additional_feature"),
)
"""What columns of captions are called, in small letters; the first that is there counts."""
WORDS = 3.0
"""So many words a cell, on average, has a column of captions that is called so."""
MANY_WORDS = 5.0
"""So many one that is called otherwise, of which most cells differ: a class of long names has fewer."""
LOOKED_AT = 2000
LARGEST_CAPTION = 1 << 16


def caption_column(columns: Mapping[str, Iterable[str]], options: DataOptions) -> str:
    """Return the column of captions among those that stand beside pictures; empty where there is none.

    That is ``data.text_column``, else one that is called so and holds sentences, else the one with most words in a cell
    where most cells differ; never one of classes. With ``data.modality=pictures`` there is none at all.

    Raises
    ------
    UserError: if captions are asked for and no column holds any.
    """
    if options.modality not in ("", MODALITY):
        return ""
    if options.text_column and options.text_column in columns:
        return options.text_column
    asked = bool(options.text_column) or options.modality == MODALITY
    if not options.text_column:
        found = _guessed({name: cells for name, cells in columns.items() if name != options.label_column}, asked)
        if found or not asked:
            return found
    shown = names.listed([printable(name) for name in columns]) or "none"
    what = f"There is no column {printable(options.text_column)!r}" if options.text_column else "No column has captions"
    raise UserError(f"{what} beside the pictures; the columns are {shown}", remedy="Name it with data.text_column=…")


def words_a_cell(name: str, cells: Sequence[str]) -> float:
    """Return how many words a cell of a column has on average; 0 where it holds classes, numbers or nothing."""
    if not cells or plain_name(name) in LABEL_NAMES or all(is_number(cell) for cell in cells):
        return 0.0
    return sum(len(cell.split()) for cell in cells) / len(cells)


def _guessed(columns: Mapping[str, Iterable[str]], asked: bool) -> str:
    words: dict[str, float] = {}
    varied: dict[str, bool] = {}
    for name, values in columns.items():
        cells = [cell for cell in islice(values, LOOKED_AT) if cell]
        if found := words_a_cell(name, cells):
            words[name], varied[name] = found, 2 * len(set(cells)) > len(cells)
    named = {plain_name(name): name for name in reversed(words)}
    for name in CAPTION_NAMES:
        if name in named and (asked or words[named[name]] >= WORDS):
            return named[name]
    longest = max(words, key=lambda name: words[name], default="")
    return longest if longest and (asked or (words[longest] >= MANY_WORDS and varied[longest])) else ""


def with_captions(listing: Listing, options: DataOptions) -> Listing:
    """Return pictures whose columns hold captions as pictures and captions; any other listing as it is.

    The captions stand behind the pictures, with the class and the columns of theirs. A picture without a caption is
    left out, and why is said.

    Raises
    ------
    UserError: if captions are asked for, and there are none.
    """
    if listing.modality != "pictures":
        return listing
    column = caption_column(listing.columns, options)
    if not column:
        return listing
    texts = [_several(cell) for cell in listing.columns[column]]
    with_one = np.array([bool(found) for found in texts], np.bool_)
    if not with_one.any():
        raise UserError(f"No picture of {printable(listing.name)} has a caption in the column {printable(column)}")
    kept = np.flatnonzero(with_one)
    owner = np.repeat(np.arange(len(kept)), [len(texts[item]) for item in kept.tolist()])
    captions = [text for item in kept.tolist() for text in texts[item]]
    return _both(listing, column, kept, owner, captions)


def _both(listing: Listing, column: str, kept: IntArray, owner: IntArray, captions: Sequence[str]) -> Listing:
    """Return the pictures ``kept`` (P,) and the ``captions`` (C,) behind them, each of the picture ``owner`` (C,)."""
    ids = [listing.ids[item] for item in kept.tolist()]
    count: dict[int, int] = {}
    own = []
    for at in owner.tolist():
        count[at] = count.get(at, 0) + 1
        own.append(f"{ids[at]}#{count[at]}")
    of = kept[np.concatenate([np.arange(len(kept)), owner])]
    beside = {name: [values[item] for item in of.tolist()] for name, values in _others(listing, column).items()}
    pictures: Pictures = listing.items if len(kept) == len(listing) else listing.items.subset(kept)
    encoded = MemoryPictures(listing.uri, tuple(text.encode("utf-8", "replace") for text in captions))
    without = len(listing) - len(kept)
    told = (
        f"Pictures with the captions of the column {printable(column)}: {names.several(len(captions), 'caption')} of "
    )
    told += f"{names.several(len(kept), 'picture')}; data.modality=pictures takes the pictures alone"
    notes = [told, *[f"{names.several(without, 'picture')} without a caption left out"] * bool(without)]
    return replace(
        listing,
        ids=names.unique([*ids, *own]),
        labels=listing.labels[of],
        columns={
            **beside,
            PAIR: [ids[at] for at in (*range(len(kept)), *owner.tolist())],
            KIND: [PICTURE] * len(kept) + [CAPTION] * len(captions),
            CAPTION: [""] * len(kept) + list(captions),
        },
        modality=MODALITY,
        items=JoinedPictures(pictures, encoded),
        content=digest([listing.content, *captions]),
        notes=(*notes, *listing.notes),
        label_sets=None if listing.label_sets is None else listing.label_sets[of],
        pairs=(),
    )


def _others(listing: Listing, column: str) -> dict[str, Sequence[str]]:
    return {name: values for name, values in listing.columns.items() if name not in (column, PAIR, KIND, CAPTION)}


def _several(cell: str) -> list[str]:
    """Return the captions of a cell, each once, in one line each."""
    plain = (plain_bytes(part).decode("utf-8", "replace") for part in cell.split(BETWEEN))
    return list(dict.fromkeys(text for part in plain if (text := " ".join(part.split()))))


def are_captions(pictures: Sequence[str], texts: Sequence[str], options: DataOptions) -> bool:
    """Return whether files of texts are the captions of pictures: ``NAME.txt`` beside ``NAME.jpg``, by their paths.

    Where fewer than half of the pictures have one it describes something else, unless captions are asked for.
    """
    if options.modality not in ("", MODALITY) or not texts:
        return False
    stems = {path.rpartition(".")[0] for path in texts}
    known = sum(path.rpartition(".")[0] in stems for path in pictures)
    return known > 0 and (2 * known >= len(pictures) or options.modality == MODALITY)


def with_texts_beside(
    listing: Listing, pictures: Sequence[str], paths: Sequence[str], texts: Pictures, options: DataOptions
) -> Listing:
    """Return pictures with the texts of files of their names as a column, where these are captions.

    ``pictures``: the paths of the listing; ``paths``: of the ``texts``.

    Raises
    ------
    UserError: if one of them cannot be read any more.
    """
    if listing.modality != "pictures" or not are_captions(pictures, paths, options):
        return listing
    at = {path.rpartition(".")[0]: place for place, path in enumerate(paths)}
    places = [at.get(path.rpartition(".")[0], -1) for path in pictures]
    try:
        with texts.reading() as read:
            found = [_one_line(read(place)) if place >= 0 else ("", True) for place in places]
    except PictureError as error:
        raise UserError(f"A text beside the pictures of {printable(listing.name)}: {error.reason}") from error
    latin = [paths[place] for place, (_, sure) in zip(places, found, strict=True) if not sure]
    told = [f"{names.several(len(latin), 'text')} {LATIN}, such as {printable(latin[0])}"] if latin else []
    said = [text for text, _ in found]
    return replace(listing, columns={**listing.columns, CAPTION: said}, notes=(*listing.notes, *told))


def _one_line(encoded: bytes) -> tuple[str, bool]:
    """Return the beginning of a text in one line, and whether its bytes say how they are encoded."""
    return " ".join(decoded_text(encoded)[:LARGEST_CAPTION].split()), marked_or_utf_8(encoded)
