"""Lists of captions beside their pictures: COCO's, Flickr30k's and Flickr8k's, and tables called captions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from explorer.core.errors import UserError, printable
from explorer.core.recipe import DataOptions
from explorer.core.registry import Parameters, register
from explorer.core.types import Skipped
from explorer.data import names
from explorer.data.bids import SEEN, Bid
from explorer.data.box_lists.marked import peek, read_json
from explorer.data.formats.csvfile import Table, peek_table, picture_column, read_table
from explorer.data.formats.tablefile import LINES, peek_any, read_any
from explorer.data.labels.captions import MODALITY, caption_column
from explorer.data.labels.part_names import SPLIT_COLUMN, likely_part_of
from explorer.data.labels.picture_place import FolderPlace
from explorer.data.listing import Listing, Watch
from explorer.data.sources.table import listing_of_table

RECOGNISED = SEEN + 0.14
"""The bid for a list of captions: above that for boxes or for the pictures in the same folder."""
IMAGE, TEXT = "image", "caption"
TOKEN = re.compile(r"([^\t#]+)#\w+\t(.*)")
"""A line of Flickr's own lists: ``1000092795.jpg#0``, a tab, and the caption."""
_TOKEN_BYTES = re.compile(rb"^[^\t#\n]+\.jpe?g#\w+\t", re.IGNORECASE)
_COCO = re.compile(rb'"caption"\s*:\s*"')
_COCO_KEYS = re.compile(rb'"(images|annotations)"\s*:\s*\[')
MOST_FILES = 4096
FOLDERS = ("", "annotations", "text")
LARGEST_LIST = 1 << 30


@register("source", "caption_lists", title="Pictures with a list of captions")
class CaptionListSource:
    """A list of captions, or a folder with one: each row or annotation names a picture and says what is on it.

    ``captions_train2017.json`` of COCO; ``results.csv``, ``captions.txt`` and the token files of Flickr; any table
    called captions. The pictures are looked for below the folder by their names.
    """

    def __init__(self, params: Parameters) -> None:
        self.params = params

    @classmethod
    def bid(cls, spec: str, options: DataOptions) -> Bid | None:
        """Bid for such a list, or a folder with one; see ``listing.Source``."""
        if options.modality not in ("", MODALITY):
            return None
        path = Path(spec)
        try:
            found = _lists(path, options)
        except OSError:
            return None
        if not found:
            return None
        file, kind = next(iter(found.items()))
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return Bid(RECOGNISED, f"captions in {printable(file.name)}{more}", kind)

    def listing(self, spec: str, options: DataOptions, watch: Watch) -> Listing:
        """List the pictures of such lists with their captions; see ``listing.Source``."""
        path = Path(spec).absolute()
        watch.progress("Reading captions", 0, 0)
        found = _lists(path, options)
        if not found:
            raise UserError(f"{printable(spec)} has changed while it was read", remedy="Open it again")
        root = path if path.is_dir() else path.parent
        if path.is_file() and root.name in FOLDERS[1:]:
            root = root.parent
        tables = [
            (likely_part_of(file.stem) if len(found) > 1 else "", _read(file, kind)) for file, kind in found.items()
        ]
        named = options.model_copy(update={"path_column": ""})
        return listing_of_table(path, FolderPlace(str(root)), _joined(tables), named, watch)


def _lists(path: Path, options: DataOptions) -> dict[Path, str]:
    """Return the lists of captions that a path is, or that lie in a folder, each with what kind of list it is."""
    if path.is_file():
        kind = _kind(path, options, asked=True)
        return {path: kind} if kind else {}
    if not path.is_dir():
        return {}
    for folder in FOLDERS:
        inside = path / folder
        files = (
            sorted(file for file in islice(inside.iterdir(), MOST_FILES) if file.is_file()) if inside.is_dir() else []
        )
        found = {file: kind for file in files if (kind := _kind(file, options, asked=False))}
        first = next(iter(found.values()), "")
        if first:
            chosen = {file: kind for file, kind in found.items() if kind == first}
            return chosen if first == "COCO" else dict(islice(chosen.items(), 1))
    return {}


def _kind(file: Path, options: DataOptions, *, asked: bool) -> str:
    """Return what kind of list of captions a file is, empty where it is none; ``asked``: it was opened itself."""
    ending, stem = file.suffix.lower(), file.stem.lower()
    if ending == ".json":
        seen = peek(file) if "caption" in stem or asked else b""
        return "COCO" if _COCO.search(seen) and _COCO_KEYS.search(seen) else ""
    if ending in (".txt", ".token"):
        with file.open("rb") as opened:
            if _TOKEN_BYTES.match(opened.readline(4096)):
                return "Flickr"
    called = stem in ("captions", "results") or (asked and ending == ".txt")
    if not called or ending not in (".txt", ".csv", ".tsv", *LINES):
        return ""
    table = peek_any(file) if ending in LINES else peek_table(file)
    pictures = None if table is None else picture_column(table.header, table.rows)
    if table is None or pictures is None:
        return ""
    columns = {name: [row[i] for row in table.rows] for i, name in enumerate(table.header) if i != pictures}
    held = caption_column(columns, options.model_copy(update={"modality": "", "text_column": ""}))
    return "captions" if held and (not asked or ending == ".txt") else ""


def _read(file: Path, kind: str) -> Table:
    if kind == "COCO":
        return _coco(file)
    if kind == "Flickr":
        return _tokens(file)
    return read_any(file, captions=True) if file.suffix.lower() in LINES else read_table(file)


def _tokens(file: Path) -> Table:
    """Read a list of Flickr's own form."""
    if file.stat().st_size > LARGEST_LIST:
        raise UserError(f"{printable(str(file))} is too large for a list of captions", remedy="Give a part of it")
    rows, skipped = [], []
    for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
        found = TOKEN.fullmatch(line)
        if found:
            rows.append((number, (found[1].strip(), found[2].strip())))
        elif line.strip():
            skipped.append(
                Skipped(f"{file.name}, line {number}", "is no name with # and a number, a tab and a caption")
            )
    return Table((IMAGE, TEXT), tuple(rows), tuple(skipped), ())


def _coco(file: Path) -> Table:
    """Read the captions of COCO: annotations that name a picture by its number."""
    found = read_json(file)
    images = {one.get("id"): one.get("file_name") for one in _records(found, "images")}
    rows, lost = [], 0
    for number, one in enumerate(_records(found, "annotations"), 1):
        name, said = images.get(one.get("image_id")), one.get("caption")
        if isinstance(name, str) and isinstance(said, str):
            rows.append((number, (name, said)))
        else:
            lost += 1
    skipped = (Skipped(file.name, f"{names.several(lost, 'annotation')} without a picture or a caption"),) * bool(lost)
    if not rows:
        raise UserError(f"{printable(str(file))} holds no captions of pictures", remedy="Check the file")
    return Table((IMAGE, TEXT), tuple(rows), skipped, ())


def _records(found: object, key: str) -> Iterator[Mapping[str, object]]:
    records = found.get(key) if isinstance(found, Mapping) else None
    yield from (one for one in (records if isinstance(records, list) else ()) if isinstance(one, Mapping))


def _joined(tables: list[tuple[str, Table]]) -> Table:
    """Return the tables of several parts as one, with a column of the part where they are told apart."""
    if len(tables) == 1:
        return tables[0][1]
    header = tables[0][1].header
    rows = tuple((line, (*cells, part)) for part, table in tables for line, cells in table.rows)
    skipped = tuple(one for _, table in tables for one in table.skipped)
    return Table((*header, SPLIT_COLUMN), rows, skipped, ())
