"""Every pluggable part is registered where it is written; forms, flags, lists and contract tests derive from it."""

from __future__ import annotations

import dataclasses
import fnmatch
import importlib
import importlib.metadata
import importlib.util
import inspect
import pkgutil
import threading
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

import explorer
from explorer.core import extensions
from explorer.core.errors import UserError, shown, suggestion
from explorer.core.extras import installed, pip_line

Scalar = bool | int | float | str

PLUGINS = "plugins"
"""The module of a layer of the house that says, in its ``PLUGINS``, where it keeps parts of which kinds."""

QT_ADDONS = "PySide6-Addons"
NEED_TORCHVISION = frozenset({"timm", "torchvision"})

_ENTRIES: dict[tuple[str, str], Entry] = {}
_LOADED: set[str] = set()
_LOADING: dict[str, threading.RLock] = {}
_LOCK = threading.RLock()
_HOMES: dict[str, tuple[str, ...]] = {}

T = TypeVar("T", bound=type)


class Parameters(BaseModel):
    """Base of the parameter models of parts: frozen, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def described(cls) -> tuple[ParameterInfo, ...]:
        """Return the parameters in the order in which they are declared."""
        return _described(cls)

    def check(self) -> None:
        """Check what types and ranges cannot say, such as what a text lists; most have nothing of the sort.

        Raises
        ------
        UserError: which parameter is wrong, and why.
        """


def install_line(packages: str) -> str:
    """Return the command that installs packages, separated by commas.

    Where one of them needs torchvision, of which each version wants one version of torch, it holds the torch that is
    installed: pip would exchange both for the newest. The two halves of PySide6 are of one version for the same reason.
    """
    names = packages.split(", ")
    if QT_ADDONS in names:
        with suppress(importlib.metadata.PackageNotFoundError):
            names[names.index(QT_ADDONS)] += f"=={importlib.metadata.version('PySide6-Essentials')}"
    if not NEED_TORCHVISION.isdisjoint(names):
        with suppress(importlib.metadata.PackageNotFoundError):
            names.append(f"torch=={importlib.metadata.version('torch').partition('+')[0]}")
    return pip_line(" ".join(names))


def parameter(
    default: Any,
    help: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    step: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    live: bool = False,
    logarithmic: bool = False,
    advanced: bool = False,
    zero: str = "",
    syntax: Literal["", "loss", "losses"] = "",
) -> Any:
    """Declare one parameter: its default, range, and one line of help.

    ``live``: it may change while a run trains. ``zero``: the word for 0 where that means something of its own.
    ``syntax``: the text is a formula of one ``loss`` or of several ``losses`` (``explorer.core.formula``).
    """
    extra: dict[str, Any] = {
        "step": step,
        "unit": unit,
        "choices": list(choices),
        "live": live,
        "logarithmic": logarithmic,
        "advanced": advanced,
        "zero": zero,
        "syntax": syntax,
    }
    return Field(default=default, description=help, ge=minimum, le=maximum, json_schema_extra=extra)


@dataclass(frozen=True, slots=True)
class ParameterInfo:
    """One parameter of a part, as forms and ``list`` show it. ``type``: bool, int, float, str or choice."""

    name: str
    type: Literal["bool", "int", "float", "str", "choice"]
    default: Scalar
    minimum: float | None
    maximum: float | None
    step: float | None
    unit: str
    choices: tuple[str, ...]
    help: str
    live: bool
    logarithmic: bool
    advanced: bool
    zero: str = ""
    syntax: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A registered part. ``missing``: what has to be installed before it can be used, empty when it is available."""

    kind: str
    name: str
    title: str
    summary: str
    reference: str
    part: type
    params: type[Parameters]
    missing: str = ""

    @property
    def available(self) -> bool:
        """Whether everything the part needs is installed."""
        return not self.missing

    @property
    def parameters(self) -> tuple[ParameterInfo, ...]:
        """The parameters in the order in which they are declared."""
        return self.params.described()


@cache
def _described(params: type[Parameters]) -> tuple[ParameterInfo, ...]:
    return tuple(_describe(name, info) for name, info in params.model_fields.items())


def _describe(name: str, info: FieldInfo) -> ParameterInfo:
    extra: dict[str, Any] = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    bounds = {
        attribute: getattr(rule, attribute)
        for rule in info.metadata
        for attribute in ("ge", "le")
        if hasattr(rule, attribute)
    }
    choices = tuple(extra.get("choices", ()))
    types: dict[Any, Literal["bool", "int", "float", "str"]] = {bool: "bool", int: "int", float: "float"}
    return ParameterInfo(
        name=name,
        type="choice" if choices else types.get(info.annotation, "str"),
        default=info.default,
        minimum=bounds.get("ge"),
        maximum=bounds.get("le"),
        step=extra.get("step"),
        unit=extra.get("unit", ""),
        choices=choices,
        help=info.description or "",
        live=extra.get("live", False),
        logarithmic=extra.get("logarithmic", False),
        advanced=extra.get("advanced", False),
        zero=extra.get("zero", ""),
        syntax=extra.get("syntax", ""),
    )


def register(
    kind: str, name: str, *, title: str = "", reference: str = "", requires: tuple[str, ...] = ()
) -> Callable[[T], T]:
    """Register a class as the part ``name`` of ``kind``; its ``Params`` (if any) declares its parameters.

    Parameters
    ----------
    title: what the window calls it; made from ``name`` when empty.
    reference: paper and year of the method.
    requires: importable names of optional packages that it needs.

    Raises
    ------
    ValueError: if the name is taken by another class.
    """

    def remember(part: T) -> T:
        summary = (inspect.getdoc(part) or "").partition("\n")[0].strip().replace("``", "")
        missing = ", ".join(package for package in requires if importlib.util.find_spec(package) is None)
        params = getattr(part, "Params", Parameters)
        shown = title or name.replace("_", " ").capitalize()
        entry = Entry(kind, name, shown, summary, reference, part, params, missing)
        with _LOCK:
            other = _ENTRIES.get((kind, name))
            if other is not None and _place(other.part) != _place(part):
                raise ValueError(
                    f"{kind} {name!r} is already taken by {other.part.__module__}.{other.part.__qualname__}"
                )
            _ENTRIES[kind, name] = entry
        return part

    return remember


def _place(part: type) -> tuple[str, str]:
    """Return where a class is written: the same one may be imported anew."""
    return part.__module__, part.__qualname__


def kinds() -> tuple[str, ...]:
    """Return the kinds of parts that there are."""
    return tuple(_homes())


def modules(kind: str) -> tuple[str, ...]:
    """Return the names of our modules that register parts of ``kind``; none of them is imported for that."""
    return tuple(name for pattern in _homes().get(kind, ()) for name in _matching(pattern))


def _homes() -> dict[str, tuple[str, ...]]:
    """Return the patterns of modules by kind, as the layers of the house tell them; one left out tells none."""
    with _LOCK:
        if not _HOMES:
            for layer in pkgutil.iter_modules(explorer.__path__):
                name = f"{explorer.__name__}.{layer.name}.{PLUGINS}"
                if layer.ispkg and importlib.util.find_spec(name) is not None:
                    for kind, patterns in importlib.import_module(name).PLUGINS.items():
                        _HOMES[kind] = (*_HOMES.get(kind, ()), *patterns)
        return _HOMES


def _matching(pattern: str) -> list[str]:
    """Return the modules that a pattern such as ``explorer.learn.losses.*`` names; packages on the way are imported."""
    found = [""]
    for part in pattern.split("."):
        if "*" not in part:
            found = [f"{parent}.{part}".lstrip(".") for parent in found]
            continue
        packages = [importlib.import_module(parent) for parent in found]
        found = [
            f"{package.__name__}.{module.name}"
            for package in packages
            for module in pkgutil.iter_modules(getattr(package, "__path__", ()))
            if fnmatch.fnmatchcase(module.name, part)
        ]
    return found


def _load(kind: str) -> None:
    with _LOCK:  # one lock a kind: nobody who wants the panels waits for torch
        loading = _LOADING.setdefault(kind, threading.RLock())
    with loading:
        if kind in _LOADED:
            return
        for name in modules(kind):
            importlib.import_module(name)
        for point in extensions.points(kind):
            before = set(_ENTRIES)
            found = extensions.loaded(kind, point, partial(_check_brought, before))
            if found.problem:
                _withdraw(_brought(before, extensions.package_of(point)))
        _LOADED.add(kind)


def _brought(before: Container[tuple[str, str]], package: str) -> list[Entry]:
    """Return what a package has registered that was not there ``before``."""
    with _LOCK:
        new = [entry for key, entry in _ENTRIES.items() if key not in before]
    return [entry for entry in new if entry.part.__module__.partition(".")[0] == package]


def _check_brought(before: Container[tuple[str, str]], package: str) -> None:
    """Read what a form would show of the new parts of a package; raises whatever that raises."""
    for entry in _brought(before, package):
        entry.params()
        entry.params.described()


def _withdraw(entries: Iterable[Entry]) -> None:
    with _LOCK:
        for entry in entries:
            _ENTRIES.pop((entry.kind, entry.name), None)


def _look_again(kind: str) -> None:
    """See whether what parts of a kind need was installed since."""
    with _LOCK:
        for key, entry in list(_ENTRIES.items()):
            if key[0] == kind and entry.missing:
                missing = ", ".join(package for package in entry.missing.split(", ") if not installed(package))
                _ENTRIES[key] = dataclasses.replace(entry, missing=missing)


def loaded(kind: str) -> bool:
    """Whether the parts of ``kind`` are imported, so that asking for them does not wait."""
    return kind in _LOADED


def catalogue(kind: str) -> dict[str, Entry]:
    """Return the parts of ``kind`` by name, importing only what that kind needs.

    Raises
    ------
    UserError: if there is no such kind.
    """
    if kind not in _homes():
        raise UserError(f"There is no kind {kind!r}", remedy=f"Choose one of: {', '.join(_homes())}")
    _load(kind)
    _look_again(kind)
    with _LOCK:
        return {name: entry for (k, name), entry in sorted(_ENTRIES.items()) if k == kind}


def no_such_part(kind: str, name: str) -> UserError:
    """Return what is said of a part that there is none of; one of an extension may be missing with it."""
    entries = catalogue(kind)
    remedy = suggestion(name, entries, f"Choose one of: {', '.join(entries)}")
    lost = [extension.problem for extension in extensions.known() if extension.kind == kind and extension.problem]
    if lost:
        remedy = f"{remedy}{'' if remedy.endswith('?') else '.'} {'. '.join(lost)}"
    return UserError(f"There is no {kind} {name!r}", remedy=remedy)


def find(kind: str, name: str) -> Entry:
    """Return one part.

    Raises
    ------
    UserError: if there is none of that name, or something that it needs is not installed.
    """
    known = _ENTRIES.get((kind, name)) if kind in _LOADED else None
    if known is not None and not known.missing:
        return known  # asked for again and again, by whatever looks at a recipe
    entries = catalogue(kind)
    if name not in entries:
        raise no_such_part(kind, name)
    entry = entries[name]
    if entry.missing:
        raise UserError(
            f"{kind} {name!r} needs {entry.missing}", remedy=f"Install it with: {install_line(entry.missing)}"
        )
    return entry


def allowed(info: ParameterInfo) -> str:
    """Return in words what values a parameter may have: ``a number from 0 to 2``."""
    if info.type == "choice":
        return f"one of {', '.join(choice or 'nothing' for choice in info.choices)}"
    if info.type not in ("int", "float"):
        return "true or false" if info.type == "bool" else "a text"
    what = "a whole number" if info.type == "int" else "a number"
    low, high = info.minimum, info.maximum
    if low is not None and high is not None:
        return f"{what} from {low:g} to {high:g}"
    if low is not None or high is not None:
        return f"{what} of at least {low:g}" if low is not None else f"{what} of at most {high:g}"
    return what


def choice_words(choice: str) -> str:
    """Return a choice as the window says it: ``as_it_is`` is *As it is*, but ``CircleLoss``, a name, stays."""
    words = choice.replace("_", " ")
    return words if words[1:] != words[1:].lower() else words.capitalize()


def mistyped(info: ParameterInfo, value: object, *, texts: bool = False) -> bool:
    """Whether a value is of another type than a parameter; ``texts``: a text may stand for a number or a truth value.

    What has a type of its own, as in a file, says what is meant: ``true`` is not the number 1, and ``"3"`` is not 3.
    """
    if isinstance(value, str) and texts:
        return False
    if info.type in ("int", "float"):
        return isinstance(value, bool | str)
    return info.type == "bool" and not isinstance(value, bool)


def validated(kind: str, name: str, params: dict[str, Scalar], *, texts: bool = True) -> Parameters:
    """Return the parameter model of a part, defaults filled in and ranges checked; ``texts``: see ``mistyped``.

    Raises
    ------
    UserError: one line that names the parameter, what was given and what is allowed.
    """
    entry = find(kind, name)
    for info in entry.parameters:
        if info.name in params and mistyped(info, params[info.name], texts=texts):
            raise UserError(f"{kind}.{info.name} = {shown(params[info.name])} is not {allowed(info)}")
    try:
        model = entry.params.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(entry.params.model_fields) or "none"
            raise UserError(
                f"The {kind} {name} has no parameter {where!r}", remedy=f"Parameters of {name}: {known}"
            ) from error
        wanted = next((allowed(info) for info in entry.parameters if info.name == where), "another value")
        raise UserError(f"{kind}.{where} = {first.get('input')} is not {wanted}") from error
    for info in entry.parameters:
        if info.choices and getattr(model, info.name) not in info.choices:
            given = getattr(model, info.name)
            raise UserError(
                f"{kind}.{info.name} = {given!r} is not a choice",
                remedy=f"Choose one of: {', '.join(info.choices)}",
            )
    model.check()
    return model


def create(kind: str, name: str, params: dict[str, Scalar], *arguments: Any, **context: Any) -> Any:
    """Make a part: ``Part(params, *arguments, **context)``; what context a kind gets is said in its package.

    Raises
    ------
    UserError: if a value is not allowed, or the part is of an extension and cannot be made so.
    """
    entry, values = find(kind, name), validated(kind, name, params)
    try:
        return entry.part(values, *arguments, **context)
    except TypeError as error:
        if extensions.extension_of(entry.part.__module__) and extensions.failed_in(error) is None:
            raise extensions.faulty(kind, entry.part, f"cannot be made ({error})") from error
        raise
