"""What is trained on what: a recipe of parts, in and out of TOML, without importing any of the parts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from explorer.core.errors import UserError, printable, shown, suggestion, unreadable
from explorer.core.formula import SUM, is_formula, read, written
from explorer.core.registry import Parameters, Scalar, allowed, catalogue, mistyped, no_such_part, parameter, validated

GENERAL = ("epochs", "seed", "device", "precision")
"""The keys of a recipe that are no parts; each has a name of its own on the command line and in Python."""

PART_KINDS = ("split", "encoder", "fitter", "distance", "loss", "miner", "sampler", "augment", "optimiser", "schedule")

UNTRAINED = frozenset({"cnn", "mlp", "linear", "resnet", "pointnet", "multi_view", "frames"})
"""Encoders that begin with random weights and are nothing before they were trained."""


class Part(BaseModel):
    """One choice: which part of a kind, and the parameters that differ from its defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    params: dict[str, Scalar] = Field(default_factory=dict)

    def __str__(self) -> str:
        return self.name if not self.params else f"{self.name}({', '.join(f'{k}={v}' for k, v in self.params.items())})"


DEFAULT_DISTANCE = Part(name="euclidean")

AS_THEY_ARE = Part(name="pixels", params={"standardise": False})
"""The encoder of the fitter ``identity``, where nobody chose another."""
AS_FITTED = Part(name="euclidean", params={"normalise": False})
"""The distance that goes with a fitter where nobody chose one: that of the map, d² = (x − y)ᵀ LᵀL (x − y)."""


HOW_IT_LOOKS = 'A recipe looks like this: loss = { name = "triplet", margin = 0.3 }'

WANTED = {
    "epochs": "a whole number from 0 to 100000",
    "seed": f"a whole number from 0 to {2**31 - 1}",
    "device": "auto, cpu, cuda or cuda:N",
    "precision": "auto, float32 or bfloat16",
    "data": "a table",
}
"""What stands under the keys that are no parts."""

LARGEST_FILE = 1 << 20
"""Bytes of a recipe file, at most; one of every part with every parameter has a few thousand."""


class DataOptions(Parameters):
    """How the data are read; what is left as it is, is chosen from the data. Each modality names those it looks at."""

    modality: str = parameter("", "Kind of items, where a folder, a zip or a table can be of several (empty: guessed)")
    path_column: str = parameter("", "Column of a table that names its files (empty: the one that does)")
    text_column: str = parameter("", "Column of a table that holds texts (empty: the one called so, or of sentences)")
    label_column: str = parameter("", "Column that says the class (empty: the one called so)")
    target_column: str = parameter("", "Column of numbers to learn in place of classes: an age, a count, an angle")
    target_period: float = parameter(
        0.0,
        "After how much the target begins anew: 360 for an angle in degrees",
        minimum=0.0,
        maximum=1e12,
        zero="never",
    )
    label_separator: str = parameter("", "What stands between the labels of an item that has several, such as ;")
    id_column: str = parameter("", "Column of a table of measurements that names its rows (empty: the one called so)")
    numbers: str = parameter("", "Columns of measurements that are numbers, commas between them (empty: guessed)")
    categories: str = parameter("", "Columns of measurements that are categories, commas between them (empty: guessed)")
    left_out: str = parameter("", "Columns that are no measurements, commas between them; * is all that are not named")
    partition: Literal["", "classes", "given"] = parameter(
        "",
        "Of a known set: by class, or as it was given (empty: as its field measures)",
        choices=("", "classes", "given"),
    )
    crop: bool = parameter(False, "Cut pictures to the boxes that come with them")
    size: int = parameter(0, "Side of the pictures", minimum=0, maximum=512, unit="px", zero="auto")
    colour: Literal["auto", "grey", "rgb"] = parameter("auto", "Channels", choices=("auto", "grey", "rgb"))
    white: int = parameter(
        0, "Value of 16-bit pictures that is white: most cameras use a part", minimum=0, maximum=65535, zero="auto"
    )
    rate: int = parameter(0, "Samples a second of recordings", minimum=0, maximum=192_000, unit="Hz", zero="auto")
    seconds: float = parameter(0.0, "Length of a recording", minimum=0.0, maximum=3600.0, unit="s", zero="auto")
    frames: int = parameter(0, "Frames of a clip", minimum=0, maximum=256, zero="auto")
    points: int = parameter(0, "Points of a shape", minimum=0, maximum=65_536, zero="auto")
    length: int = parameter(0, "Bytes of a text that are kept", minimum=0, maximum=65_536, zero="auto")


class Recipe(BaseModel):
    """A frozen recipe. The defaults are the one default recipe that serves every picture set.

    ``epochs`` 0: chosen from the number of training items. ``split`` ``auto``: by column where the data has a
    column ``split``, else by items. ``device``: auto, cpu, cuda or cuda:N. ``precision``: that of the encoder while it
    trains, auto, float32 or bfloat16; all else is float32 (see ``learn/precision``). ``fitter``: ``none`` trains the
    encoder with the loss, step by step; any other leaves the encoder as it is and fits a linear map of its output, a
    Mahalanobis distance, for which loss, miner, sampler, augment, optimiser and schedule mean nothing. With it, a
    ``distance`` that is left as it is by default means ``AS_FITTED``; any other holds, between what the map makes of
    the items.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: DataOptions = DataOptions()
    split: Part = Part(name="auto")
    encoder: Part = Part(name="cnn")
    fitter: Part = Part(name="none")
    distance: Part = DEFAULT_DISTANCE
    loss: Part = Part(name="triplet")
    miner: Part = Part(name="all")
    sampler: Part = Part(name="pk")
    augment: Part = Part(name="auto")
    optimiser: Part = Part(name="adamw")
    schedule: Part = Part(name="one_cycle")
    epochs: int = Field(default=0, ge=0, le=100_000)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def part(self, kind: str) -> Part:
        """Return the part of a kind that holds, for example ``part("loss")``.

        That is the one of the recipe; of a ``distance`` that nobody chose, beside a fitter, it is ``AS_FITTED``.
        """
        if kind == "distance" and self.fitter.name != "none" and self.distance == DEFAULT_DISTANCE:
            return AS_FITTED
        part = getattr(self, kind)
        assert isinstance(part, Part)
        return part

    def params(self, kind: str) -> Any:
        """Return the validated parameter model of the part of ``kind``; imports that kind."""
        part = self.part(kind)
        return validated(kind, part.name, part.params, texts=False)

    def with_value(self, path: str, value: Scalar) -> Recipe:
        """Return a copy with one value changed, for example ``("loss", "contrastive")`` or ``("loss.margin", 0.3)``.

        A new name of a part drops the parameters of the old one. Text is read as a number or a truth value where the
        parameter is one. A ``loss`` may be a formula, ``triplet + 0.1*softmax``: it is the loss of that formula.

        Raises
        ------
        UserError: if there is no such key or the value is not allowed.
        """
        key, _, field = path.partition(".")
        if key in PART_KINDS:
            return self._with_part(key, field, value)
        if key == "data" and field in DataOptions.model_fields:
            return self._checked({"data": {**self.data.model_dump(), field: value}}, path)
        if not field and key in GENERAL:
            return self._checked({key: value}, path)
        keys = [*PART_KINDS, *GENERAL, *(f"data.{name}" for name in DataOptions.model_fields)]
        otherwise = f"Keys: {', '.join(keys)}, and KIND.PARAMETER"
        near = self._keys_ending_in(path.rpartition(".")[2])
        remedy = f"Did you mean {' or '.join(near)}?" if near else suggestion(path, keys, otherwise)
        raise UserError(f"The recipe has no key {path!r}", remedy=remedy)

    def _keys_ending_in(self, name: str) -> list[str]:
        """Return the keys of this recipe whose last part is a name: ``margin`` is ``loss.margin``."""
        own = [f"{kind}.{name}" for kind in PART_KINDS if name in type(self.params(kind)).model_fields]
        return [f"data.{name}", *own] if name in DataOptions.model_fields else own

    def _with_part(self, kind: str, field: str, value: Scalar) -> Recipe:
        part = self.part(kind)
        if not field:
            if kind == "loss" and is_formula(str(value)):
                return self.model_copy(update={kind: Part(name=SUM, params={"terms": written(read(str(value)))})})
            if str(value) not in catalogue(kind):
                raise no_such_part(kind, str(value))
            kept = part.params if part.name == value else {}
            chosen = self.model_copy(update={kind: Part(name=str(value), params=kept)})
            return chosen._suited_to_fitter(before=self.fitter.name) if kind == "fitter" else chosen
        model = validated(kind, part.name, {**part.params, field: value})
        return self.model_copy(
            update={kind: Part(name=part.name, params={**part.params, field: getattr(model, field)})}
        )

    def _suited_to_fitter(self, before: str) -> Recipe:
        """Return a copy whose encoder and distance go with its fitter, which was another one ``before``.

        A fitter leaves the encoder as it is, and a network nobody has trained is no better than the pixels. Without it,
        what went with it by default gives way to what goes with gradient steps. The one that fits nothing leaves the
        numbers as they are, too: no scaling that nobody asked for.
        """
        pixels = Part(name="pixels")
        encoder = pixels if self.encoder == AS_THEY_ARE and before == "identity" else self.encoder
        changes = {"encoder": encoder} if encoder is not self.encoder else {}
        if self.fitter.name == "none":
            changes = {"encoder": Part(name="cnn")} if encoder == pixels else {}
            if before != "none" and self.distance == AS_FITTED:
                changes["distance"] = DEFAULT_DISTANCE
        elif encoder.name in UNTRAINED or encoder == pixels:
            changes = {"encoder": AS_THEY_ARE if self.fitter.name == "identity" else pixels}
        return self.model_copy(update=changes)

    def _checked(self, changes: dict[str, Any], path: str) -> Recipe:
        try:  # what nobody chose stays so
            return Recipe.model_validate({**self.model_dump(exclude_unset=True), **changes})
        except ValidationError as error:
            first = error.errors()[0]
            known = WANTED | {f"data.{info.name}": allowed(info) for info in DataOptions.described()}
            raise UserError(f"{path} = {first.get('input')} is not {known.get(path, 'allowed')}") from error

    def with_settings(self, settings: Iterable[str]) -> Recipe:
        """Apply ``KEY=VALUE`` settings of the command line, in order."""
        recipe = self
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals:
                raise UserError(f"{setting!r} is not KEY=VALUE", remedy="For example: --set loss.margin=0.3")
            recipe = recipe.with_value(key.strip(), value.strip())
        return recipe

    def resolved(self) -> Recipe:
        """Return a copy in which every part lists all of its parameters, defaults included; imports every kind.

        Raises
        ------
        UserError: if a part or a kind of items does not exist, or a value is not allowed.
        """
        if self.data.modality and self.data.modality not in catalogue("modality"):
            raise no_such_items(self.data.modality, catalogue("modality"))
        parts = {kind: self.part(kind) for kind in PART_KINDS}
        full = {kind: Part(name=part.name, params=self.params(kind).model_dump()) for kind, part in parts.items()}
        return self.model_copy(update=full)

    def to_toml(self) -> str:
        """Return the recipe as TOML: one table a part, with its ``name`` and parameters."""
        table: dict[str, Any] = {key: getattr(self, key) for key in GENERAL}
        table["data"] = self.data.model_dump()
        for kind in PART_KINDS:
            part: Part = getattr(self, kind)
            table[kind] = {"name": part.name, **part.params}
        return tomli_w.dumps(table)

    @classmethod
    def from_toml(cls, text: str, *, source: str = "the recipe") -> Recipe:
        """Read what ``to_toml`` writes; what is left out keeps its default.

        Raises
        ------
        UserError: if it is not TOML, or has a key or a value that no recipe has.
        """
        try:
            return cls.model_validate({key: _read(key, value) for key, value in _table(text).items()})
        except ValidationError as error:
            reason = _told(error)
        except ValueError as error:
            reason = str(error)
        except RecursionError:
            reason = f"it is nested deeper than any recipe. {HOW_IT_LOOKS}"
        raise UserError(f"{source} cannot be read as a recipe: {printable(reason)}")

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read a recipe file.

        Raises
        ------
        UserError: if it cannot be read or is no recipe; a device or a pipe is not waited for, nor a huge file read.
        """
        try:
            if path.exists() and not path.is_file():
                raise OSError("it is no file")
            if path.stat().st_size > LARGEST_FILE:
                raise OSError("it is larger than any recipe")
            return cls.from_toml(path.read_text(encoding="utf-8-sig"), source=printable(str(path)))
        except (OSError, ValueError) as error:  # not UTF-8, or a path with a zero byte
            raise UserError(
                f"{printable(str(path))} cannot be read: {unreadable(error)}",
                remedy="Give the path of a recipe in TOML",
            ) from error


def no_such_items(name: str, known: Iterable[str]) -> UserError:
    """Return what is said of a kind of items that does not exist."""
    choices = f"Choose one of: {', '.join(known)}"
    return UserError(f"data.modality={printable(name)} is no kind of items", remedy=choices)


def _table(text: str) -> dict[str, Any]:
    """Return what stands in TOML, by its keys.

    Raises
    ------
    ValueError: why it is none, in words; RecursionError: if it is nested too deep.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        raise ValueError(f"it is no TOML: {said[:1].lower()}{said[1:]}. {HOW_IT_LOOKS}") from error
    except ValueError as error:  # what Python says of it is for programmers
        raise ValueError("a number in it has thousands of digits") from error


def _check_types(key: str, value: Any) -> None:
    """Check that what stands under a key that is no part is of its type: neither ``true`` nor ``"3"`` is a number.

    Raises
    ------
    ValueError: if it is not; the key is named.
    """
    if isinstance(value, date | time):  # TOML has them, and no recipe has
        raise ValueError(f"{key} = {value.isoformat()} is not {WANTED.get(key, 'a number or a text')}")
    if key in ("epochs", "seed") and isinstance(value, bool | str):
        raise ValueError(f"{key} = {shown(value)} is not {WANTED[key]}")
    for info in DataOptions.described() if key == "data" and isinstance(value, dict) else ():
        if info.name in value and mistyped(info, value[info.name]):
            raise ValueError(f"data.{info.name} = {shown(value[info.name])} is not {allowed(info)}")


def _read(key: str, value: Any) -> Any:
    """Return what stands under a key of a file as the model has it.

    Raises
    ------
    ValueError: if there is no such key, or a part is no table with a name.
    """
    if key not in Recipe.model_fields:
        raise ValueError(_no_key(key, Recipe.model_fields))
    if key not in PART_KINDS:
        _check_types(key, value)
        return value
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise ValueError(f'{key} has no name, such as {key} = {{ name = "{Recipe().part(key).name}" }}')
    for name, set_to in value.items():
        if isinstance(set_to, dict):
            like = 'loss = { name = "triplet", margin = 0.3 }'
            raise ValueError(f"{key}.{name} is a table: parameters stand beside the name of their part, such as {like}")
    return {"name": value["name"], "params": {name: set_to for name, set_to in value.items() if name != "name"}}


def _no_key(key: str, known: Iterable[str]) -> str:
    otherwise = f"Its keys: {', '.join(known)}"
    return f"it has a key {key!r}, which no recipe has. {suggestion(key.rpartition('.')[2], known, otherwise)}"


def _told(error: ValidationError) -> str:
    """Return what is wrong first, by its key as it stands in the file."""
    first = error.errors()[0]
    *before, name = [str(place) for place in first["loc"] if place != "params" and place not in ("bool", "int", "str")]
    key = ".".join([*before, name])
    if first["type"] == "extra_forbidden":
        known = DataOptions.model_fields if before == ["data"] else Recipe.model_fields
        return _no_key(key, known)
    options = {f"data.{info.name}": allowed(info) for info in DataOptions.described()}
    return (
        f"{key} = {shown(first.get('input'))} is not {(options | WANTED).get(key, 'a number, a text, true or false')}"
    )
