"""A zip of class folders, read in place: nothing is ever unpacked to disk."""

from __future__ import annotations

import itertools
import stat
import zipfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.bids import LAST, NAMED, SEEN, Bid
from explorer.data.file_kinds import chosen_kind, kind_of, left_out, only_beside
from explorer.data.formats.archive_names import OUTSIDE, TWICE, leads_outside, plain_name, with_slashes
from explorer.data.formats.zip_directory import Member, members_of, peek_members
from explorer.data.labels.captions import are_captions, with_texts_beside
from explorer.data.listing import Listing, Watch, digest, laid_out, left_over
from explorer.data.pictures import DEFLATED, LARGEST_FILE, STORED, ZipPictures
from explorer.data.sources.described_files import UNPACKED, HeldFiles, described_listing, is_readable_table

_ENCRYPTED = 0x1
_METHODS = {
    **{1: "shrinking", 6: "imploding", 9: "deflate64", 12: "bzip2", 14: "LZMA", 20: "Zstandard", 93: "Zstandard"},
    **{94: "MP3", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES"},
}
"""What methods of packing are called by which nothing is read, as of PKWARE's APPNOTE 6.3.10."""
_DESCRIBING = tuple(names.DESCRIBING)
CHECK_EVERY = 4096
_ByKind = defaultdict[str, dict[str, Member]]


def _unusable(member: Member) -> str:
    """Return why a member that is named like a picture is not used, or nothing."""
    name = member.filename
    if leads_outside(name):
        return OUTSIDE
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "refused: a link or a device in an archive"
    if member.flag_bits & _ENCRYPTED:
        return "encrypted; make the archive again without a password"
    if member.compress_type not in (STORED, DEFLATED):
        method = _METHODS.get(member.compress_type, f"method {member.compress_type}")
        return f"packed by {method}, which is not read; make the archive again with deflate"
    if member.file_size > LARGEST_FILE:
        return f"refused: claims to unpack to more than {LARGEST_FILE // 2**20} MB"
    return ""


def _members(path: Path) -> list[Member]:
    try:
        return _with_slashes(members_of(path))
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError) as error:
        raise UserError(f"{path} cannot be read as a zip: {error}", remedy="Copy or download it again") from error


def _with_slashes(members: list[Member]) -> list[Member]:
    """Call members as folders and files: none that is ``.`` or nothing or led back, as in ``./a//1.png``, ``a/../b``.

    What comes from Windows may have backslashes between them.
    """
    if any("\\" in member.filename for member in members):
        members = [member._replace(filename=with_slashes(member.filename)) for member in members]
    odd = any("./" in member.filename or "//" in member.filename for member in members)
    return [member._replace(filename=plain_name(member.filename)) for member in members] if odd else members


def _none(path: Path, plural: str, members: Sequence[Member], skipped: Sequence[Skipped]) -> UserError:
    """Return what is wrong with an archive of which nothing is read."""
    if not members:
        return UserError(f"{path} is an empty zip", remedy="Zip one folder a class")
    if skipped:
        first = f"the first, {printable(skipped[0].path)}: {skipped[0].reason}"
        return UserError(f"There are no {plural} that can be read in {path}; {first}")
    inside = next((m.filename for m in members if names.suffix(m.filename) in names.ARCHIVES), "")
    if inside:
        return UserError(
            f"There are no {plural} in {path} but other archives, as {printable(inside)}",
            remedy="Unpack it and open what is in it",
        )
    return UserError(f"There are no {plural} that can be read in {path}", remedy="Zip one folder a class")


def _overlapping(members: list[Member]) -> bool:
    """Whether members share bytes, as in a bomb that unpacks one block many times."""
    places = sorted((m.header_offset, m.compress_size) for m in members)
    return any(start + 30 + size > after for (start, size), (after, _) in itertools.pairwise(places))


@register("source", "zip", title="Zip of class folders")
class ZipSource:
    """A zip whose folders are classes, as in a folder of class folders."""

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for a file called .zip; see ``listing.Source``."""
        path = Path(spec)
        return _bid(path, options) if path.suffix.lower() == ".zip" and path.is_file() else None

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List a zip; see ``listing.Source``."""
        return self.files(spec, options, watch, tables=True)

    def files(self, spec: str, options: DataOptions, watch: Watch, *, tables: bool = False) -> Listing:
        """List a zip by its folders, and with ``tables`` by one among its files, where that describes them.

        Raises
        ------
        UserError: if it cannot be read or holds no items; Cancelled: if the user cancels.
        """
        path = Path(spec).absolute()
        watch.progress("Reading the archive", 0, 0)
        members = _members(path)
        watch.check()
        if _overlapping(members):
            raise UserError(
                f"{path} is refused: its entries share bytes, as in a zip bomb", remedy="Make the archive again"
            )
        found, skipped, others = _usable(members, watch)
        called = dict.fromkeys(member.filename for member in members)
        lists = [name for name in called if name.lower().endswith(_DESCRIBING) and not _is_hidden(name)]
        told = names.without_pair_lists(lists)
        counts = {name: len(files) for name, files in found.items()}
        modality = chosen_kind(counts, options)
        chosen = [found[modality.name][name] for name in sorted(found[modality.name])]
        if not chosen:
            raise _none(path, modality.plural, members, skipped)
        texts = [found["text"][name] for name in sorted(found["text"])]
        paths = [member.filename for member in texts]
        captions = modality.name == "pictures" and are_captions([m.filename for m in chosen], paths, options)
        watch.check()
        inside = [m.filename for m in members if names.suffix(m.filename) in names.ARCHIVES]
        archives = [name for name in inside if not _is_hidden(name)]
        notes = (*left_out(counts, modality), *names.told_archives(archives))
        among = [m for m in members if m.filename in lists and _is_table(m)] if tables and not captions else []
        described = among and described_listing(_files(path, chosen, among), modality, options, watch)
        if described:
            more = left_over(others + only_beside(counts, modality) - 1, modality)
            rest = names.told_describing([name for name in told if name != described.table], UNPACKED)
            return described.with_more(skipped, (*more, *notes, *rest))
        listed = laid_out(
            name=names.of_file(path),
            uri=str(path),
            ids=names.unique(names.text(m.filename) for m in chosen),
            items=_packed(path, chosen),
            content=digest(f"{m.filename}|{m.file_size}|{m.crc}" for m in chosen),
            skipped=skipped,
            others=others + (0 if captions else only_beside(counts, modality)),
            modality=modality,
            notes=(*notes, *names.told_describing(told, UNPACKED)),
            label_column=options.label_column,
        )
        return with_texts_beside(listed, listed.ids, paths, _packed(path, texts), options)


def _is_table(member: Member) -> bool:
    return is_readable_table(member.filename) and not _unusable(member)


def _files(path: Path, chosen: Sequence[Member], tables: Sequence[Member]) -> HeldFiles:
    """Return the files that become items, and the tables beside them."""
    by_name = {member.filename: member for member in (*tables, *chosen)}
    return HeldFiles(
        path=path,
        files={member.filename: (member.file_size, member.crc) for member in chosen},
        tables={member.filename: member.file_size for member in tables},
        packed=lambda called: _packed(path, [by_name[name] for name in called]),
    )


def _packed(path: Path, members: list[Member]) -> ZipPictures:
    """Return where members of a zip are read from."""
    rows = [(m.header_offset, m.compress_size, m.file_size, m.crc, m.compress_type) for m in members]
    table = np.array(rows, dtype=np.int64).reshape(-1, 5)
    return ZipPictures(str(path), tuple(member.filename for member in members), table)


def _bid(path: Path, options: DataOptions) -> Bid:
    peek = peek_members(path)
    if peek is None:
        return Bid(LAST, "a file called .zip that does not end as one")
    kinds = {name: kind for name in map(with_slashes, peek.names) if (kind := kind_of(name)) and not _is_hidden(name)}
    count = names.several(peek.count, "entry", "entries")
    if not kinds:
        return Bid(NAMED, f"a zip of {count} in which no picture is seen")
    modality = chosen_kind(Counter(kinds.values()), options)
    kind = "class folders" if any("/" in name for name in kinds) else f"{modality.plural} without folders"
    return Bid(SEEN, f"a zip of {kind}, {count}")


def _usable(members: list[Member], watch: Watch) -> tuple[_ByKind, list[Skipped], int]:
    """Return the files of each modality by name, what is skipped, and how many other files there are."""
    found: _ByKind = defaultdict(dict)
    skipped: list[Skipped] = []
    others = 0
    for count, member in enumerate(members):
        if count % CHECK_EVERY == 0:
            watch.check()
        name = member.filename
        if not name or name.endswith("/") or _is_hidden(name):
            continue
        kind = kind_of(name)
        if not kind:
            if names.suffix(name) in names.NOT_READ:
                skipped.append(Skipped(names.text(name), names.NOT_READ_REASON))
            else:
                others += 1
            continue
        reason = _unusable(member)
        if reason:
            skipped.append(Skipped(names.text(name), reason))
            continue
        if name in found[kind]:
            skipped.append(Skipped(names.text(name), TWICE))
        found[kind][name] = member
    return found, skipped, others


def _is_hidden(name: str) -> bool:
    if name[0] != "." and "/." not in name and "__MACOSX" not in name and not name.endswith((".db", ".ini")):
        return False  # the usual case, told without splitting
    return any(names.hidden(part) for part in name.split("/") if part not in ("", ".", ".."))
