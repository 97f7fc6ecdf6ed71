"""What the embedding projector keeps beside vectors: its config, the table of metadata, and the sprite of pictures."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np

from explorer.core.errors import printable
from explorer.core.plain_json import parse_json
from explorer.core.types import ByteArray
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.names import several
from explorer.data.pictures import PictureError

CONFIGS = ("projector_config.pbtxt", "projector_config.json")
LARGEST_CONFIG = 1 << 24
LARGEST_SPRITE = 256 << 20
SMALLEST_TILE, LARGEST_TILE = 4, 512
_FIELD = re.compile(
    r"""\s*(?:\#[^\n]*\s*)*(?:(?P<name>\w+)\s*(?P<opens>:?\s*\{)|(?P<closes>\})|
    (?P<key>\w+)\s*:\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<word>[\w.+-]+)))\s*[,;]?""",
    re.X,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One set of vectors of a config: its files, where they are there, and (width, height) of a picture of the sprite.

    ``shape``: of the tensor, where the config says it; ``name``: what it calls the set.
    """

    tensor: Path | None
    metadata: Path | None
    sprite: Path | None
    tile: tuple[int, int] | None
    shape: tuple[int, ...]
    name: str


def config_in(folder: Path) -> Path | None:
    """Return the config in a folder, if there is one."""
    return next((path for name in CONFIGS if (path := folder / name).is_file()), None)


def entries(config: Path) -> tuple[Entry, ...]:
    """Return the sets of vectors that a config names; none where it cannot be read. Never raises."""
    try:
        if config.stat().st_size > LARGEST_CONFIG:
            return ()
        text = config.read_text("utf-8-sig")
        said = parse_json(text) if config.suffix.lower() == ".json" else _of_pbtxt(text)
        found = said.get("embeddings", ())
        return tuple(_entry(config.parent, one) for one in (found if isinstance(found, list) else [found]))
    except (OSError, ValueError, AttributeError, TypeError, LookupError, ArithmeticError):
        return ()


def entry_of(path: Path) -> Entry | None:
    """Return what the config beside a file of vectors says of it, if it names it."""
    config = config_in(path.parent)
    return next((one for one in entries(config) if one.tensor == path), None) if config else None


def _of_pbtxt(text: str) -> dict[str, Any]:
    """Return a text of protocol buffers as JSON: a message as a dict, and what comes more than once as a list."""
    root: dict[str, Any] = {}
    stack, at = [root], 0
    while at < len(text.rstrip()):
        found = _FIELD.match(text, at)
        if found is None:
            raise ValueError("no text of protocol buffers")
        at = found.end()
        if found["closes"]:
            stack.pop()
        elif found["opens"]:
            message: dict[str, Any] = {}
            _add(stack[-1], found["name"], message)
            stack.append(message)
        else:
            text_value = next((found[key] for key in ("text", "quoted") if found[key] is not None), None)
            _add(stack[-1], found["key"], found["word"] if text_value is None else _unescaped(text_value))
    return root


def _add(message: dict[str, Any], key: str, value: Any) -> None:
    before = message.get(key)
    message[key] = value if before is None else [*before, value] if isinstance(before, list) else [before, value]


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _entry(folder: Path, said: dict[str, Any]) -> Entry:
    sprite = _of(said, "sprite") or {}
    sizes = _of(sprite, "singleImageDim") or []
    sizes = [int(size) for size in (sizes if isinstance(sizes, list) else [sizes])]
    shape = _of(said, "tensorShape") or []
    return Entry(
        tensor=_below(folder, _of(said, "tensorPath")),
        metadata=_below(folder, _of(said, "metadataPath")),
        sprite=_below(folder, _of(sprite, "imagePath")),
        tile=(sizes[0], sizes[-1]) if sizes else None,
        shape=tuple(int(size) for size in shape) if isinstance(shape, list) else (),
        name=str(_of(said, "tensorName") or ""),
    )


def _of(message: dict[str, Any], key: str) -> Any:
    """Return a field, spelt as in JSON or as in a text of protocol buffers."""
    return message.get(key, message.get(re.sub("([A-Z])", lambda found: f"_{found[0].lower()}", key)))


def _below(folder: Path, name: Any) -> Path | None:
    """Return a file that a config names, in its own folder or below; of a path elsewhere, the file of that name."""
    if not isinstance(name, str) or not name or "://" in name:
        return None
    parts = PureWindowsPath(name).parts
    inside = [part for part in parts if part not in ("..", "/", "\\") and not part.endswith((":\\", ":", ":/"))]
    for path in (folder.joinpath(*inside), folder / (inside[-1] if inside else "")):
        if path.is_file():
            return path
    return None


def sprite_beside(path: Path) -> Path | None:
    """Return the sprite beside a file of vectors, by its name."""
    names = [f"{path.stem}_sprite", f"{path.stem}_sprites", "sprite", "sprites", "sprite_image"]
    files = (path.with_name(f"{name}{ending}") for name in names for ending in (".png", ".jpg", ".jpeg"))
    return next((file for file in files if file.is_file()), None)


def tiles(sprite: Path, count: int, tile: tuple[int, int] | None) -> tuple[ByteArray | None, str]:
    """Return the ``count`` first pictures (N, h, w, C) of a sprite, row by row, C 1 or 3, and what is to be said.

    ``tile``: width and height of one; without it the sprite is taken for as many columns as rows, as it is made.
    """
    from explorer.data.decoding.decode_picture import full  # Pillow is loaded when there is a sprite

    shown = printable(sprite.name)
    quiet_decoders()
    try:
        if sprite.stat().st_size > LARGEST_SPRITE:
            return None, f"The sprite {shown} is too large, and is not used"
        pixels = full(sprite.read_bytes(), longest=1 << 16)
    except PictureError as error:
        return None, f"The sprite {shown} is not used: {error.reason}"
    except OSError as error:
        return None, f"The sprite {shown} is not used: {error.strerror}"
    height, width, _ = pixels.shape
    wide, high = tile or next(_guessed(width, height, count), (0, 0))
    if not (SMALLEST_TILE <= wide <= LARGEST_TILE and SMALLEST_TILE <= high <= LARGEST_TILE):
        return None, f"The sprite {shown} is not used: the size of its pictures is not known"
    columns, rows = width // wide, height // high
    if columns * rows < count:
        room = several(columns * rows, "picture")
        return None, f"The sprite {shown} is not used: it has room for {room} of {wide} × {high}, not for {count:,}"
    grid = pixels[: rows * high, : columns * wide].reshape(rows, high, columns, wide, 3).swapaxes(1, 2)
    found = grid.reshape(rows * columns, high, wide, 3)[:count]
    grey = bool((found[..., :1] == found).all())
    return np.ascontiguousarray(found[..., :1] if grey else found), f"Pictures of the items from the sprite {shown}"


def _guessed(width: int, height: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield the size of the pictures of a sprite of as many columns as it needs to be square."""
    columns = math.ceil(math.sqrt(count))
    for rows in (columns, -(-count // columns)):
        if width % columns == 0 and height % rows == 0:
            yield width // columns, height // rows
