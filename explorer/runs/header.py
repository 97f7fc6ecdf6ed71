"""``run.json``: what a run is. Written once, before the run's folder appears under its name."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import explorer
from explorer.core.errors import LONGEST_SHOWN, UserError, printable
from explorer.core.plain_json import parse_json
from explorer.core.recipe import AS_FITTED, Recipe
from explorer.runs.places import PLACES_NAME, read_places

SCHEMA_VERSION = 3
"""Of everything in the folder. Raised, with an entry in ``MIGRATIONS``, when an older program could not read it."""

HEADER_NAME = "run.json"
BESIDE = ("metrics.jsonl", "checksums.json")
"""What lies beside it in every run from its beginning."""
HEADER_LIMIT = 64 << 20

DATA_NAME = "data.npz"
"""The items of a run that a script of its own trained on what it had in memory, beside the header."""

Document = dict[str, Any]
Migration = Callable[[Document], Document]


def _with_modality(document: Document) -> Document:
    """Say what the items are, which schema 1 did not: of vectors an item was one pixel that nobody had asked for."""
    data, recipe = document.get("data"), document.get("recipe")
    if isinstance(data, dict) and isinstance(recipe, dict):
        options = recipe.get("data")
        asked = options.get("size") if isinstance(options, dict) else 0
        shape = data.get("shape")
        vectors = isinstance(shape, list) and shape[:2] == [1, 1] and asked != 1
        data["modality"] = "vectors" if vectors else "pictures"
    return document


def _with_distance_of_fitter(document: Document) -> Document:
    """Write down the distance of what was fitted: up to schema 2 it was this one, whatever the recipe named."""
    recipe = document.get("recipe")
    fitter = recipe.get("fitter") if isinstance(recipe, dict) else None
    if isinstance(recipe, dict) and isinstance(fitter, dict) and fitter.get("name") != "none":
        recipe["distance"] = AS_FITTED.model_dump()
    return document


MIGRATIONS: Mapping[int, Migration] = {1: _with_modality, 2: _with_distance_of_fitter}
"""From schema n to n + 1: pure functions of the document, applied to a copy."""


RESTORE = "Bring it back from a copy, or train the run again"


class NewerSchemaError(ValueError):
    """A run of a schema that this version does not know yet; the text says so."""


Length = Annotated[int, Field(ge=1, le=1 << 24)]


class AddedData(BaseModel):
    """A second dataset that was added to the first, as ``test`` or ``gallery``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uri: str
    role: str


class DataRecord(BaseModel):
    """Which dataset a run was trained on, and how to find it again.

    ``modality``: what its items are, such as ``pictures``; ``shape``: (height, width, channels) of what the encoder
    gets of one; ``split``: the kind that was resolved.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    uri: str
    fingerprint: str
    items: int = Field(ge=0)
    modality: str
    shape: tuple[Length, Length, Length]
    class_names: tuple[str, ...]
    split: str
    unseen: bool
    added: tuple[AddedData, ...] = ()


class RunHeader(BaseModel):
    """The content of ``run.json``. ``needs``: the oldest version of the program that can read the run.

    ``script``: what the network was called that a script of its own trained, empty where the recipe was: then the
    recipe only says how embeddings are compared. Written down where there is one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
    needs: str = "0.1.0"
    written_by: str = explorer.__version__
    run: str
    created: str
    recipe: Recipe
    data: DataRecord
    script: str = ""


def is_run(path: Path) -> bool:
    """Whether a path is a run's folder, or the ``run.json`` in it."""
    try:
        return path.is_file() if path.name == HEADER_NAME else (path / HEADER_NAME).is_file()
    except OSError:  # such as a name that is too long
        return False


def lacks_header(path: Path) -> bool:
    """Whether a folder is that of a run without its ``run.json``: copied in part. One that is being made is not."""
    try:
        return not path.name.startswith(".") and not is_run(path) and any((path / name).is_file() for name in BESIDE)
    except OSError:
        return False


def migrated(
    document: Document, migrations: Mapping[int, Migration] = MIGRATIONS, current: int = SCHEMA_VERSION
) -> Document:
    """Return the document in the current schema; the one that was given is not changed.

    Raises
    ------
    ValueError: if it is older than the oldest migration, or says of no schema. NewerSchemaError: if it is newer than
    ``current``.
    """
    version = document.get("schema_version")
    result = dict(document) if version == current else copy.deepcopy(document)  # of ten thousand runs most are of now
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("it does not say which schema it follows")
    if version > current:
        by = f"it was written by a newer version, in schema {version}, and this one knows schemas up to {current}"
        needs = str(result.get("needs", ""))[:LONGEST_SHOWN]
        raise NewerSchemaError(f"{by}; opening it needs Embedding Explorer {printable(needs)}" if needs else by)
    while version < current:
        if version not in migrations:
            raise ValueError(f"its schema {version} is no longer known")
        result = migrations[version](result)
        version += 1
        result["schema_version"] = version
    return result


def read_header(folder: Path) -> RunHeader:
    """Read ``run.json`` of a run; an older schema is migrated in memory, the file stays as it is.

    Raises
    ------
    UserError: one sentence that names the file and what is wrong with it.
    """
    path = folder / HEADER_NAME
    shown = printable(str(path))
    try:
        if path.stat().st_size > HEADER_LIMIT:
            raise ValueError("it is too large")
        document = parse_json(path.read_bytes())
        if not isinstance(document, dict):
            raise ValueError("it is not a JSON object")
        return _moved(_with_own_data(RunHeader.model_validate(migrated(document)), folder), folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        if not folder.exists():
            raise UserError(
                f"{printable(str(folder))} is not there", remedy="It may have been deleted, moved or unmounted"
            ) from error
        if lacks_header(folder):
            raise UserError(
                f"{printable(str(folder))} is a run without its {HEADER_NAME}: it was copied in part, or is damaged",
                remedy="Copy the whole folder again",
            ) from error
        raise UserError(
            f"{printable(str(folder))} is not a run: it has no {HEADER_NAME}",
            remedy="Give the folder that a training wrote",
        ) from error
    except OSError as error:
        raise UserError(
            f"{shown} cannot be read: {error.strerror or error}", remedy="Look at its permissions and at the disk"
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{shown} cannot be read: {printable(where)}: {first['msg']}", remedy=RESTORE) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{shown} cannot be opened: it is damaged", remedy=RESTORE) from error
    except NewerSchemaError as error:
        remedy = f"Install a later version: this is {explorer.__version__}"
        raise UserError(f"{shown} cannot be opened: {error}", remedy=remedy) from error
    except ValueError as error:
        raise UserError(f"{shown} cannot be opened: {error}", remedy=RESTORE) from error


def _with_own_data(header: RunHeader, folder: Path) -> RunHeader:
    """Return the header with data that lie in the folder itself where they are, wherever that was moved."""
    kept, own = Path(header.data.uri), folder.absolute() / DATA_NAME
    if kept.name != DATA_NAME or kept == own or not own.is_file():
        return header
    return header.model_copy(update={"data": header.data.model_copy(update={"uri": str(own)})})


def _moved(header: RunHeader, folder: Path) -> RunHeader:
    """Return the header with data where they were found to lie since the run began."""
    if not (folder / PLACES_NAME).exists():
        return header
    try:
        now = read_places(folder).now
    except UserError:  # where they are is asked again
        return header
    added = tuple(one.model_copy(update={"uri": now(one.uri)}) for one in header.data.added)
    return header.model_copy(
        update={"data": header.data.model_copy(update={"uri": now(header.data.uri), "added": added})}
    )


def header_bytes(header: RunHeader) -> bytes:
    """Return the text of ``run.json``: indented, ASCII, no NaN."""
    left_out = set() if header.script else {"script"}
    return json.dumps(header.model_dump(mode="python", exclude=left_out), indent=1, allow_nan=False).encode("ascii")
