"""``evaluate RUN``: how good the embedding of a run is, by one of the protocols."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.added_data import measured_elsewhere
from explorer.cli.console import Console
from explorer.cli.told_history import tell_lost
from explorer.core.errors import UserError, printable, suggestion
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Scalar, catalogue, find
from explorer.core.types import RETRIEVAL
from explorer.core.words import several
from explorer.evaluation.figures import NOTHING, Figure, interval, listed, number

if TYPE_CHECKING:
    from explorer.core.types import Split
    from explorer.engine.datasets.baselines import Baseline
    from explorer.evaluation.protocol import Figures, Measured

ALLOWED = ("split", "data", "seed")
PROTOCOL = "protocol"


def main(options: argparse.Namespace, console: Console) -> int:
    """Write protocol, split, number of items and classes, and the figures; beside them baselines where asked for."""
    from explorer.engine.baselines import baselines
    from explorer.engine.offline import OfflineRun

    chosen = options.protocol and protocol_named(options.protocol)
    own = [setting for setting in options.settings if setting.partition(".")[0].strip() == PROTOCOL]
    settings = [setting for setting in options.settings if setting not in own]
    if chosen:
        protocol_values(chosen, own)  # what is wrong is told before the data are read
    asked = OfflineRun(
        Path(options.run), console.progress, at=options.step, dimensions=options.dimensions, tell=console.say
    )
    recipe = _recipe(asked.saved.folder.recipe, settings)
    tell_lost([asked.saved.folder], console)
    splits = any(setting.partition("=")[0].partition(".")[0] in ("split", "seed") for setting in settings)
    with measured_elsewhere():
        dataset = asked.data(options.data, recipe.data)
    split = asked.split(dataset, recipe if splits else None)
    protocol = chosen or dataset.protocol
    values = protocol_values(protocol, own)
    found = asked.measure(protocol, values, dataset, split, recipe.seed)
    if not found.items:
        raise _nothing(protocol)
    beside: tuple[Baseline, ...] = ()
    if options.baselines:
        part = Part(name=protocol, params=values)
        beside = tuple(baselines(asked, part, dataset, split, recipe.seed, console.progress))
    further = None
    if not chosen and protocol != RETRIEVAL and dataset.labelled:
        further = asked.measure(RETRIEVAL, {}, dataset, split, recipe.seed)
    more = further if further is not None and further.items else None
    console.clear()
    if options.json:
        also = {} if more is None else {RETRIEVAL: _as_json(RETRIEVAL, split, more, ())}
        short = {"dimensions": options.dimensions} if options.dimensions else {}
        console.json(_as_json(protocol, split, found, beside) | short | also)
    else:
        also_told = () if more is None else ("", *_lines(RETRIEVAL, split, more))
        lines = (*_short(options.dimensions), *_lines(protocol, split, found), *_beside(found, beside), *also_told)
        console.result("\n".join(lines))
    return 0


def _short(dimensions: int) -> list[str]:
    """Return what is said where not whole embeddings are compared."""
    return [f"by the first {several(dimensions, 'number')} of every embedding"] * bool(dimensions)


def _nothing(protocol: str) -> UserError:
    """Return why a protocol has no figure to show."""
    return UserError(
        f"The protocol {_typed(protocol)} has nothing to measure: no held-out item has a class",
        remedy="Name the classes with --set data.label_column=…, hold out others with --set split=…, or choose another "
        'protocol: see "list protocols"',
    )


def _as_json(protocol: str, split: Split, found: Measured, beside: Sequence[Baseline]) -> dict[str, object]:
    """Return what is written with ``--json``; of a baseline that was not measured the ``problem`` stands there."""
    figures = {one.name: {"problem": one.problem} if one.found is None else dict(one.found.figures) for one in beside}
    return {
        "protocol": _typed(protocol),
        "split": split.kind,
        **({"notes": list(split.notes)} if split.notes else {}),
        "items": found.items,
        "classes": found.classes,
        "metrics": dict(found.figures),
        **({"curves": dict(found.curves)} if found.curves else {}),
        **({"baselines": figures} if beside else {}),
    }


def _typed(protocol: str) -> str:
    """Return the name of a protocol as it is typed."""
    return protocol.replace("_", "-")


def protocol_named(typed: str) -> str:
    """Return the name of the protocol that is typed, with dashes or underscores.

    Raises
    ------
    UserError: if there is none, or something that it needs is not installed.
    """
    known = {_typed(name): name for name in catalogue(PROTOCOL)}
    name = known.get(_typed(typed).lower().replace(" ", "-"))
    if name is None:
        hint = suggestion(_typed(typed), known, f"Choose one of: {', '.join(known)}")
        raise UserError(f"There is no protocol {printable(typed)!r}", remedy=hint)
    return find(PROTOCOL, name).name


def protocol_values(protocol: str, settings: list[str]) -> dict[str, Scalar]:
    """Return the parameters of a protocol that were given as ``protocol.KEY=VALUE``."""
    values: dict[str, Scalar] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UserError(f"{setting!r} is not KEY=VALUE", remedy="For example: --set protocol.ways=5")
        name = key.partition(".")[2].strip()
        if name not in _parameters(protocol):
            raise UserError(
                f"The protocol {_typed(protocol)} has no parameter {printable(name)!r}", remedy=_where(protocol, name)
            )
        values[name] = value.strip()
    return values


def _parameters(protocol: str) -> list[str]:
    return list(find(PROTOCOL, protocol).params.model_fields)


def _where(protocol: str, name: str) -> str:
    """Return where a parameter is to be found that a protocol has not: on others, or here or there by a near name."""
    own = _parameters(protocol)
    others = [other for other in catalogue(PROTOCOL) if other != protocol]
    if having := [_typed(other) for other in others if name in _parameters(other)]:
        instead = f", or one of the parameters of {_typed(protocol)}: {', '.join(own)}" if own else ""
        return f"Choose --protocol {' or '.join(having)}{instead}"
    if hint := suggestion(name, own, ""):
        return hint
    for other in others:
        if hint := suggestion(name, _parameters(other), ""):
            return f"{hint.removesuffix('?')}, of --protocol {_typed(other)}?"
    return f"Its parameters: {', '.join(own) or 'none'}"


def _lines(protocol: str, split: Split, found: Measured) -> Iterator[str]:
    kind = "item" if split.kind == "all" else "held-out item"
    never = " of classes never trained on" if split.unseen and split.kind != "all" else ""
    how = f", {found.how}" if found.how else ""
    items = f"{several(found.items, kind)}{never} of {several(found.classes, 'class', 'classes')}"
    yield f"{_typed(protocol)}: {items}{how}"
    if found.lone:
        yield f"{several(found.lone, 'item')} without another one of the class: not asked"
    yield from split.notes
    figures = listed(found.figures)
    width = max((len(figure.name) for figure in figures), default=0)
    for figure in figures:
        yield f"{figure.name:{width}}  {_shown(figure, found.figures)}"


def _beside(found: Measured, baselines: Sequence[Baseline]) -> Iterator[str]:
    """Return a table of the figures and, in a column each, those of the baselines; then which were not measured."""
    columns = {one.name: {f.name: f for f in listed(one.found.figures)} for one in baselines if one.found is not None}
    figures = listed(found.figures)
    width = max((len(figure.name) for figure in figures), default=0)
    if columns:
        yield f"\n{'':{width}}  {'this run':>10}{''.join(f'  {name:>10}' for name in columns)}"
    for figure in figures if columns else ():
        others = "".join(
            f"  {number(of[figure.name].value) if figure.name in of else NOTHING:>{max(10, len(name))}}"
            for name, of in columns.items()
        )
        yield f"{figure.name:{width}}  {number(figure.value):>10}{others}"
    yield from (f"{one.name}: not measured. {one.problem}" for one in baselines if one.found is None)


def _shown(figure: Figure, figures: Figures) -> str:
    """Return a figure as text, with its 95 % interval where it has one."""
    whole = figures[figure.name]
    if isinstance(whole, Mapping):
        return f"{figure.value:.4f} ± {whole['ci95']:.4f}  ({whole['episodes']:,} episodes)"
    between = interval(figure)
    return number(figure.value) if between == NOTHING else f"{number(figure.value)}  {between}"


def _recipe(recipe: Recipe, settings: list[str]) -> Recipe:
    """Return the run's recipe with another split or other columns; what was trained cannot be set any more."""
    for setting in settings:
        key = setting.partition("=")[0].strip()
        if not key:
            raise UserError(f"{printable(repr(setting))} is not KEY=VALUE", remedy="For example: --set split=classes")
        if key.partition(".")[0] not in ALLOWED:
            _check_not_of_protocol(key)
            raise UserError(f"{key} was decided when the run was trained", remedy="Here: split…, data…_column and seed")
    return recipe.with_settings(settings)


def _check_not_of_protocol(key: str) -> None:
    """Check that a key is not meant for a protocol: ``protocol``, ``few-shot.ways`` or ``ways``.

    Raises
    ------
    UserError: how that is said.
    """
    owner, _, name = key.replace("-", "_").rpartition(".")
    entries = catalogue(PROTOCOL)
    having = [_typed(entry) for entry in entries if name in _parameters(entry) and owner in ("", entry)]
    if key == PROTOCOL or (not having and owner in entries):
        chosen = f"--protocol {_typed(owner) if owner else ' or '.join(map(_typed, entries))}"
        raise UserError(f"{printable(key)} is no key of evaluate", remedy=f"A protocol is chosen by {chosen}")
    if having:
        raise UserError(
            f"{printable(key)} is no key of evaluate",
            remedy=f"Give --protocol {' or '.join(having)} and --set {PROTOCOL}.{name}=…",
        )
