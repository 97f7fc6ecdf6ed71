"""A folder of class folders, however deep; see ``folder_structure`` for what the names of folders mean."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.bids import LAST, NAMED, SEEN, Bid
from explorer.data.file_kinds import PICTURES, chosen_kind, kind_of, left_out, only_beside
from explorer.data.kernel_folders import is_of_kernel
from explorer.data.labels.captions import are_captions, with_texts_beside
from explorer.data.labels.part_names import part_of
from explorer.data.listing import Listing, Watch, digest, laid_out, left_over
from explorer.data.modalities.base import Modality
from explorer.data.pictures import FilePictures
from explorer.data.sources.described_files import Described, HeldFiles, described_listing, is_readable_table

REPORT_EVERY = 2048
PEEKED = 4096
"""So many entries of a folder are looked at for a bid."""
INSTEAD = "open that instead"
"""What one can do with a table that is not read."""
LINK = "a link to what is not there"
DEEPEST_PEEK = 8
"""So many folders that hold nothing but one other are looked through for a bid."""


@dataclass(slots=True)
class _Found:
    """What a walk has found so far: files by modality, each its name below the root, its bytes and time of change.

    ``lists``: bytes of each table or list among the ``others``, which may say classes; ``archives`` among these.
    """

    files: defaultdict[str, list[tuple[str, int, int]]] = field(default_factory=lambda: defaultdict(list))
    skipped: list[Skipped] = field(default_factory=list)
    others: int = 0
    lists: dict[str, int] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)


def _below(prefix: str, name: str) -> str:
    return f"{prefix}/{name}" if prefix else name


def _shown(path: str) -> str:
    return names.text(path.replace(os.sep, "/"))


def _is_picture(entry: os.DirEntry[str]) -> bool:
    """Whether a file without an extension holds a picture."""
    try:
        with open(entry.path, "rb") as file:
            return names.looks_like_picture(file.read(16))
    except OSError:
        return False


def _take_file(entry: os.DirEntry[str], path: str, found: _Found) -> None:
    extension = names.suffix(entry.name)
    kind = kind_of(path) if extension else PICTURES
    if not kind:
        if extension in names.NOT_READ:
            found.skipped.append(Skipped(_shown(path), names.NOT_READ_REASON))
        else:
            found.others += 1
            if extension in names.ARCHIVES:
                found.archives.append(_shown(path))
            if extension in names.DESCRIBING:
                found.lists[path] = entry.stat().st_size
        return
    status = entry.stat()
    if not stat.S_ISREG(status.st_mode):
        found.skipped.append(Skipped(_shown(path), "not a regular file"))
    elif not extension and not _is_picture(entry):
        found.others += 1
    else:
        found.files[kind].append((path, status.st_size, status.st_mtime_ns))


def _walk(root: str, watch: Watch) -> _Found:
    """Find the files of all modalities below ``root``, links followed once each, in no particular order."""
    found = _Found()
    visited: set[tuple[int, int]] = set()
    waiting = [""]
    seen = 0
    while waiting:
        watch.check()
        prefix = waiting.pop()
        folder = os.path.join(root, prefix) if prefix else root
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in visited:
                continue  # a link back to a folder that was read
            visited.add((status.st_dev, status.st_ino))
            if is_of_kernel(status):
                found.skipped.append(Skipped(_shown(prefix), "shown by the kernel, without data"))
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    seen += 1
                    if seen % REPORT_EVERY == 0:
                        watch.check()
                        watch.progress("Looking for files", sum(map(len, found.files.values())), 0)
                    _take(entry, _below(prefix, entry.name), found, waiting)
        except OSError as error:
            if not prefix:
                raise UserError(f"{root} cannot be read: {error.strerror}", remedy="Check its permissions") from error
            found.skipped.append(Skipped(_shown(prefix), f"the folder cannot be read: {error.strerror}"))
    return found


def _take(entry: os.DirEntry[str], path: str, found: _Found, waiting: list[str]) -> None:
    if names.hidden(entry.name):
        return
    try:
        if entry.is_dir():
            waiting.append(path)
        else:
            _take_file(entry, path, found)
    except OSError as error:
        reason = LINK if _is_dangling(entry) else f"the file cannot be read: {error.strerror}"
        found.skipped.append(Skipped(_shown(path), reason))


def _is_dangling(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a link to what is not there, or to itself."""
    return entry.is_symlink() and not os.path.exists(entry.path)


@register("source", "folder", title="Folder of class folders")
class FolderSource:
    """A folder whose sub-folders are classes, with or without train and test above them."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for every folder; see ``listing.Source``."""
        return _bid(spec, options) if os.path.isdir(spec) else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a folder; see ``listing.Source``."""
        return self.files(spec, options, watch, tables=True)

    def files(self, spec: str, options: DataOptions, watch: Watch, *, tables: bool = False) -> Listing:
        """List a folder by its folders, and with ``tables`` by one among its files, where that describes them.

        Raises
        ------
        UserError: if it cannot be read or holds no items; Cancelled: if the user cancels.
        """
        root = os.path.abspath(spec)
        found = _walk(root, watch)
        counts = {name: len(files) for name, files in found.files.items()}
        modality = chosen_kind(counts, options)
        files = sorted(found.files[modality.name])
        if not files:
            raise _empty(root, found, modality)
        texts = [path for path, _, _ in sorted(found.files["text"])]
        captions = modality.name == PICTURES and are_captions([path for path, _, _ in files], texts, options)
        others = found.others + (0 if captions else only_beside(counts, modality))
        notes = (*left_out(counts, modality), *names.told_archives(found.archives))
        described = None if captions or not tables else _described(root, found, files, modality, options, watch)
        if described is not None:
            told = names.told_describing(_shown_all(found.lists, described.table), INSTEAD)
            return described.with_more(found.skipped, (*left_over(others - 1, modality), *notes, *told))
        listed = laid_out(
            name=names.of_folder(root),
            uri=root,
            ids=names.unique(_shown(path) for path, _, _ in files),
            items=FilePictures(root, tuple(path for path, _, _ in files)),
            modality=modality,
            content=digest(f"{path}|{size}|{time}" for path, size, time in files),
            skipped=found.skipped,
            others=others,
            notes=(*notes, *names.told_describing(_shown_all(found.lists), INSTEAD)),
            label_column=options.label_column,
        )
        return with_texts_beside(listed, listed.ids, texts, FilePictures(root, tuple(texts)), options)


def _shown_all(paths: Iterable[str], but: str = "") -> list[str]:
    return [_shown(path) for path in names.without_pair_lists(paths) if path != but]


def _described(
    root: str,
    found: _Found,
    files: Sequence[tuple[str, int, int]],
    modality: Modality,
    options: DataOptions,
    watch: Watch,
) -> Described | None:
    """Return what a table among files says of them, where their folders say no classes apart."""
    tables = {path: size for path, size in found.lists.items() if is_readable_table(path)}
    if not tables:
        return None
    held = HeldFiles(
        path=Path(root),
        files={path: (size, time) for path, size, time in files},
        tables=tables,
        packed=lambda paths: FilePictures(root, tuple(paths)),
        what="folder",
    )
    return described_listing(held, modality, options, watch)


def _bid(root: str, options: DataOptions) -> Bid:
    try:
        return _bid_for_readable(root, options)
    except OSError:
        return Bid(LAST, "a folder that cannot be listed")


def _seen(found: str, more: bool) -> str:
    return f"at least {found}" if more else found


def _bid_for_readable(root: str, options: DataOptions) -> Bid:
    folder = root
    for _ in range(DEEPEST_PEEK):
        folders, counts, more = _peek(folder)
        if counts or len(folders) != 1 or more:
            break
        folder = os.path.join(folder, folders[0])
    parts = [name for name in folders if part_of(name)]
    if parts and len(parts) == len(folders):
        return Bid(SEEN, f"a folder with the parts {names.listed(sorted(parts))}")
    if len(parts) > 1 and not more:
        beside = names.several(len(folders) - len(parts), "other folder")
        return Bid(SEEN, f"a folder with the parts {names.listed(sorted(parts))} and {beside}")
    if folders and _holds_folders(os.path.join(folder, folders[0])):
        return Bid(SEEN, f"a folder with {_seen(names.several(len(folders), 'folder'), more)} of class folders")
    if folders:
        return Bid(SEEN, f"a folder with {_seen(names.several(len(folders), 'class folder'), more)}")
    if counts and folder != root:
        return Bid(SEEN, "a folder with 1 class folder")
    if counts:
        kind = chosen_kind(counts, options)
        found = names.several(counts.get(kind.name, 0), kind.noun, kind.plural)
        return Bid(SEEN, f"a folder of {_seen(found, more)} without class folders")
    return Bid(NAMED, "a folder in which neither pictures nor folders are seen")


def _holds_folders(folder: str) -> bool:
    """Whether nothing but further folders is seen in a folder."""
    try:
        folders, counts, _ = _peek(folder)
    except OSError:
        return False
    return bool(folders) and not counts


def _peek(folder: str) -> tuple[list[str], Counter[str], bool]:
    """Return the folders in a folder, its files by modality, by their names, and whether there is more in it."""
    folders: dict[tuple[int, int], str] = {}
    counts: Counter[str] = Counter()
    above = os.stat(folder)
    with os.scandir(folder) as entries:
        for entry in itertools.islice(entries, PEEKED):
            if names.hidden(entry.name) or _is_dangling(entry):
                continue
            if entry.is_dir():
                status = entry.stat()
                if (place := (status.st_dev, status.st_ino)) != (above.st_dev, above.st_ino):
                    folders.setdefault(place, entry.name)  # a folder and links to it are one
            elif kind := kind_of(entry.name):
                counts[kind] += 1
        return list(folders.values()), counts, next(entries, None) is not None


def _empty(root: str, found: _Found, modality: Modality) -> UserError:
    beside = f" ({names.several(found.others, 'other file')})" if found.others else ""
    if found.skipped:
        first = found.skipped[0]
        return UserError(f"No {modality.noun} in {root} can be read; the first, {first.path}: {first.reason}")
    if found.archives:
        first_of = min(found.archives, key=lambda path: (path.count("/"), path))
        remedy = "Unpack it and open what is in it" if names.suffix(first_of) in names.PACKED else "Open that instead"
        return UserError(
            f"There are no {modality.plural} in {root} but archives, as {printable(first_of)}", remedy=remedy
        )
    return UserError(
        f"There are no {modality.plural} in {root}{beside}", remedy="Choose a folder with one sub-folder a class"
    )
