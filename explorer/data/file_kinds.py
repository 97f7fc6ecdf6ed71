"""What a file is by its ending, and what a folder or an archive that holds several kinds of files is a set of."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from explorer.core.errors import UserError, suggestion
from explorer.core.recipe import DataOptions
from explorer.data.modalities.base import Modality, modalities, modality_named
from explorer.data.names import several, suffix

PICTURES = "pictures"


@functools.cache
def kind_of_ending() -> Mapping[str, str]:
    """Return the modality of files by their endings, in small letters with the dot."""
    return {ending: one.name for one in _made_of_files() for ending in one.asked_by}


def _made_of_files() -> list[Modality]:
    """Return the modalities whose items are files that tell by their endings what they are."""
    return [one for one in modalities() if one.from_files and one.by_ending]


@functools.cache
def named_in_tables() -> frozenset[str]:
    """Return the endings of files that a table can name as its items: not of those that often only describe others."""
    kinds = {ending: modality_named(kind) for ending, kind in kind_of_ending().items()}
    return frozenset(
        ending for ending, kind in kinds.items() if not kind.beside_others and ending not in kind.in_folders
    )


def kind_of(path: str) -> str:
    """Return the modality of a file by its ending and its place below the root of a set, empty where it has none."""
    name = path.replace("\\", "/")
    ending = suffix(name)
    kind = kind_of_ending().get(ending, "")
    return "" if kind and "/" not in name and ending in modality_named(kind).in_folders else kind


def chosen_kind(counts: Mapping[str, int], options: DataOptions) -> Modality:
    """Return what a set is of which so many files of each modality were found; pictures where there are none.

    The kind with most files, pictures before others; one that lies ``beside_others`` only where it is alone.

    Raises
    ------
    UserError: if the options name a modality that does not come in files.
    """
    if options.modality and options.modality in {one.name for one in modalities() if not one.by_ending}:
        return modality_named(PICTURES)  # that become it by what stands beside them
    if options.modality:
        known = sorted({one.name for one in _made_of_files()})
        if options.modality not in known:
            remedy = suggestion(options.modality, known, f"Choose one of: {', '.join(known)}")
            raise UserError(f"{options.modality!r} is no kind of files", remedy=remedy)
        return modality_named(options.modality)
    found = [modality_named(name) for name, count in counts.items() if count]
    if not found:
        return modality_named(PICTURES)
    return max(found, key=lambda one: (not one.beside_others, counts[one.name], one.name == PICTURES, one.name))


def left_out(counts: Mapping[str, int], chosen: Modality) -> tuple[str, ...]:
    """Return what is to be said of the files of other kinds; those that only describe items are ``only_beside``."""
    found = [modality_named(name) for name, count in counts.items() if count and name != chosen.name]
    others = [one for one in found if not one.beside_others]
    return tuple(
        f"{several(counts[one.name], one.noun, one.plural)} beside the {chosen.plural} left out: "
        f"data.modality={one.name} takes these instead"
        for one in sorted(others, key=lambda one: one.name)
    )


def only_beside(counts: Mapping[str, int], chosen: Modality) -> int:
    """Return how many files lie beside the items and are none, such as a text that says whence the pictures are."""
    return sum(count for name, count in counts.items() if name != chosen.name and modality_named(name).beside_others)
