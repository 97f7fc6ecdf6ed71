"""Which file names are pictures, which are litter of operating systems, and how names are spelt safely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from explorer.core.errors import printable
from explorer.core.words import several as several

READ: frozenset[str] = frozenset(
    """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .gif .bmp .dib .webp .tif .tiff .ppm .pgm .pbm .pnm .avif .jp2
    .j2k
    """.split()  # noqa: SIM905
)
"""Extensions of pictures that are opened; what is in the file is told from its content."""

NOT_READ: frozenset[str] = frozenset(
    """
    .heic .heif .jxl .psd .psb .xcf .svg .eps .ps .ai .pdf .ico .icns .cur .tga .dds .exr .hdr .pfm .pcx
    .dcx .qoi .sgi .rgb .bw .fits .fli .flc .blp .im .msp .xbm .xpm .wmf .emf .jpx .jpc .jxr .raw .cr2
    .cr3 .nef .arw .dng .orf .rw2 .raf .dcm .ff .fpx .mic .wal
    """.split()  # noqa: SIM905
)
"""Extensions of pictures in formats that are not opened: listed as skipped, with what to do."""

NOT_READ_REASON = "pictures in this format are not read; convert it to PNG or JPEG"

SAMPLE_PREFIX = "sample:"
"""How the names of samples begin where data are named by a path."""

SAMPLES = {"digits": "digits sample", "photos": "photo sample"}
"""What the samples that are shipped are called in words, by their names."""

PATH_COLUMNS = (
    *("path", "file", "filename", "file_name", "filepath", "file_path"),
    *("image", "image_path", "img", "picture"),
)
"""What the column of paths is called in a table of pictures, in small letters."""

DATA_ENDINGS = (
    *(
        ".zip",
        ".csv",
        ".tsv",
        ".npy",
        ".npz",
        ".parquet",
        ".tar",
        ".gz",
        ".fvecs",
        ".bvecs",
        ".ivecs",
        ".hdf5",
        ".h5",
        ".hdf",
        ".h5ad",
    ),
    *(".txt", ".vec", ".bin", ".json", ".pbtxt", ".xml", ".yaml", ".yml"),
)
"""Endings of the files that can be a data set, for the window to tell one from a folder by its name."""

PAIR_LIST = re.compile(r"(.*pairs?([^a-z].*|dev(train|test).*)?|veri_test.*|trials?.*)\.(txt|csv)", re.IGNORECASE)
"""What lists of pairs are called: pairs.txt, pairsDevTest.txt, cfp_fp_pair.txt, veri_test2.txt, trials.txt."""
DESCRIBING = frozenset({".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xml", ".yaml", ".yml"})
"""Endings of tables and lists that may say what the files beside them are."""

PACKED = frozenset({
    *(".gz", ".tgz", ".bz2", ".xz", ".txz", ".zst", ".lz4", ".lzma", ".z"),
    *(".7z", ".rar", ".cab", ".arj", ".ace", ".iso", ".dmg", ".lha", ".lzh"),
})  # fmt: skip
"""Endings of archives and packed files that are not opened as they are."""

ARCHIVES = PACKED | {".zip", ".tar"}
"""Endings of archives: in a folder or in another archive they are left out."""

_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin", "lost+found"})


def suffix(name: str) -> str:
    """Return the extension in small letters, with its dot, or nothing."""
    stem, dot, extension = name.rpartition(".")
    return f".{extension.lower()}" if dot and stem and "/" not in extension else ""


def called(spec: str) -> str:
    """Return what data are called in a sentence: as ``of_folder`` or ``of_file``, and a sample by its name."""
    if spec.startswith(SAMPLE_PREFIX):
        name = spec.removeprefix(SAMPLE_PREFIX)
        return SAMPLES.get(name, f"{name} sample")
    path = Path(spec)
    if path.suffix and path.stem.casefold() in PARTS:
        return f"{of_file(path)}{path.suffix}"
    return of_folder(spec)


def hidden(name: str) -> bool:
    """Whether one name (of a file or a folder) is hidden or the litter of an operating system."""
    return name.startswith(".") or name.lower() in _LITTER


def text(name: str) -> str:
    r"""Return a name as text that can be written anywhere; bytes that are not UTF-8 become ``\xNN``."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
"""What the folder of a part of a data set is called, in small letters, in many of them."""


HOLDERS = frozenset({"data", "dataset", "datasets", "image", "images", "img", "imgs"})
"""What folders between a data set and its parts are called, in small letters: they do not say which set it is."""


def of_folder(root: str) -> str:
    """Return what a folder is called; one with the name of a part after the folder that names the set as well."""
    path = Path(root)
    holder = _holder(path) if path.name.casefold() in PARTS else ""
    return text(f"{holder} {path.name}" if holder else path.name or root)


def of_file(path: Path) -> str:
    """Return what a file is called, without its ending; one with the name of a part after the set as well."""
    holder = _holder(path.absolute()) if path.stem.casefold() in PARTS else ""
    return text(f"{holder} {path.stem}" if holder else path.stem)


def _holder(path: Path) -> str:
    """Return the name of the folder around a part that says of which set it is; else of the one that it is in."""
    around = [folder for folder in path.parents if folder.name and folder != Path.home()]
    telling = (folder.name for folder in around if folder.name.casefold() not in PARTS | HOLDERS)
    return next(telling, path.parent.name)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """Return ``names`` in their order, with ~2, ~3, … behind those that came before."""
    result = list(names)
    if len(set(result)) == len(result):
        return tuple(result)
    seen: set[str] = set()
    for i, name in enumerate(result):
        count, candidate = 1, name
        while candidate in seen:
            count += 1
            candidate = f"{name}~{count}"
        seen.add(candidate)
        result[i] = candidate
    return tuple(result)


def told_again(names: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be said where several items came with one id, which ``unique`` tells apart."""
    again = len(names) - len(set(names))
    return (f"{several(again, 'item')} with the id of an earlier one: told apart by ~2, ~3, … behind it",) * bool(again)


def told_describing(paths: Sequence[str], how: str) -> tuple[str, ...]:
    """Return what is to be said of tables and lists that lie among the files of a set and may say their classes."""
    if not paths:
        return ()
    shown = printable(text(min(paths, key=lambda path: (path.count("/"), path))))
    count = several(len(paths), "table or list", "tables or lists")
    says = "where it says the classes" if len(paths) == 1 else "where one of them says the classes"
    return (f"{count} such as {shown} not read: {how}, {says}",)


def without_pair_lists(paths: Iterable[str]) -> list[str]:
    """Return the paths of what is not called as a list of pairs: where those are read, they are told apart."""
    return [path for path in paths if not PAIR_LIST.fullmatch(path.rpartition("/")[2])]


def told_archives(paths: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be said of archives that lie among the files of a set, or in the archive that it is."""
    if not paths:
        return ()
    shown = printable(text(min(paths, key=lambda path: (path.count("/"), path))))
    count = several(len(paths), "archive")
    return (f"{count} such as {shown} not read: unpack it, or open it instead, where items are in it",)


def resolved(name: str) -> str | None:
    """Return a path below a root without parts that are nothing, ``.``, or led back by ``..``: of ``a/../b`` that is b.

    None: it leads outside.
    """
    parts: list[str] = []
    for part in name.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return what sorts names as people do: 1, 2, 10 and class2, class10; whole numbers below zero come first."""
    if name[:1] == "-" and name[1:].isdecimal():
        return ("", int(name), ""), name
    parts = re.split(r"(\d+)", name)
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), name


def looks_like_picture(head: bytes) -> bool:
    """Whether the first 16 bytes are those of a common picture format (for files without an extension)."""
    starts = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
    return head.startswith(starts) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def listed(names: Sequence[str], limit: int = 12) -> str:
    """Return names with commas, cut after ``limit``."""
    shown = ", ".join(names[:limit])
    return f"{shown}, … ({len(names):,} in all)" if len(names) > limit else shown
