"""What a recipe needs of the data, and whether these have it: why Train is off, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.core.errors import UserError, printable
from explorer.core.formula import SUM, read
from explorer.core.given_tuples import against_fitted, against_given
from explorer.core.part_titles import part_title
from explorer.core.recipe import Part, Recipe
from explorer.core.registry import Entry, Scalar, find, loaded, validated
from explorer.data.modalities.base import Modality, modalities, modality_named
from explorer.engine.datasets.trained_counts import trained_counts

if TYPE_CHECKING:
    from explorer.engine.datasets.loading import Opened

FIRST_TAKE = {"triplet": ("triplets",), "contrastive": ("pairs", "triplets")}
"""From which given tuples they learn."""
FIRST_NEEDS = {
    "triplet": frozenset({"labels"}),
    "contrastive": frozenset({"labels"}),
    "rank_n_contrast": frozenset({"target"}),
}
"""What the losses need with which people begin, known before torch is loaded."""

OF_TARGET = Part(name="rank_n_contrast")
"""The loss of data of which a number is learned, where nobody chose another."""

SHARED = frozenset({"dimension"})
"""The parameters that the first encoder of every modality has."""


def suited(recipe: Recipe, modality: Modality, *, chosen_for: str = "") -> Recipe:
    """Return the recipe with the encoder of a modality, where its own is that of another one and cannot read this.

    So it is with loss and sampler, of a modality that has some to begin with: they take the place of the default ones,
    which nobody chose, and give way to those. ``chosen_for``: the modality for which these parts were chosen by
    themselves, if they were; they give way in any case.
    """
    recipe = _with_loss(recipe, modality, chosen_for)
    for other in modalities():
        gives_way = other.name == chosen_for or modality.name not in other.encoder_reads
        kept = _kept(recipe.encoder, other.encoder) if other.name != modality.name and gives_way else None
        if kept is not None:
            own = modality.encoder.params
            return recipe.model_copy(update={"encoder": Part(name=modality.encoder.name, params={**own, **kept})})
    return recipe


def _kept(chosen: Part, usual: Part) -> dict[str, Scalar] | None:
    """Return what another encoder takes over where one gives way that nobody named; None where it was chosen.

    A parameter that all of them have, such as the dimension, may have been set without a name.
    """
    if _same_encoder(chosen, usual):
        return {}
    if chosen.name != usual.name:
        return None
    kept = {key: value for key, value in chosen.params.items() if key in SHARED}
    others = {key: value for key, value in chosen.params.items() if key not in SHARED}
    return kept if _same_encoder(Part(name=chosen.name, params=others), usual) else None


def _with_loss(recipe: Recipe, modality: Modality, chosen_for: str) -> Recipe:
    """Return the recipe with the loss and the sampler that a modality begins with, where nobody chose others."""
    before = modality_named(chosen_for) if chosen_for else None
    default, changes = Recipe(), {}
    for kind in ("loss", "sampler"):
        own, usual, wanted = recipe.part(kind), default.part(kind), getattr(modality, kind)
        gone = before is not None and own == getattr(before, kind)
        if kind == "loss" and recipe.data.target_column:
            wanted = OF_TARGET
        elif kind == "loss":  # it has nothing to learn without a target
            gone = gone or own.name == OF_TARGET.name
        nobodys = own == usual and kind not in recipe.model_fields_set
        if gone or (wanted is not None and nobodys):
            changes[kind] = wanted or usual
    if "loss" in recipe.model_fields_set and "loss" not in changes:
        changes.pop("sampler", None)  # it goes with that loss
    return recipe.model_copy(update=changes) if changes else recipe


def _same_encoder(one: Part, other: Part) -> bool:
    """Return whether two encoders are one: that of a run that has trained names all its parameters, defaults too."""
    if one.name != other.name or one == other or not loaded("encoder"):
        return one == other
    return validated("encoder", one.name, dict(one.params)) == validated("encoder", other.name, dict(other.params))


def _reads(name: str, *, wait: bool) -> frozenset[str] | None:
    """Return the modalities that an encoder reads; None where that is not known yet."""
    for modality in modalities():
        if name == modality.encoder.name:
            return modality.encoder_reads
    entry = _entry("encoder", name, wait=wait)
    reads: frozenset[str] | None = None if entry is None else entry.part.reads  # type: ignore[attr-defined]
    return reads


def _entry(kind: str, name: str, *, wait: bool) -> Entry | None:
    """Return a part, or None where it is not imported yet and nobody may wait for that."""
    return find(kind, name) if wait or loaded(kind) else None


def needs_of(recipe: Recipe, *, wait: bool = True) -> frozenset[str] | None:
    """Return what the loss of a recipe, or the fitter in its place, needs of the data, such as ``labels``.

    None where that is not known yet. ``wait``: import the parts, and torch with them, if need be.

    Raises
    ------
    UserError: if there is no such part, or something that it needs is not installed.
    """
    if recipe.fitter.name != "none":
        entry = _entry("fitter", recipe.fitter.name, wait=wait)
        if entry is None:
            return None
        return frozenset({"labels"} if getattr(entry.part, "labels_needed", True) else ())
    if recipe.loss.name in FIRST_NEEDS:
        return FIRST_NEEDS[recipe.loss.name]
    entry = _entry("loss", recipe.loss.name, wait=wait)
    if entry is None:
        return None
    needs: frozenset[str] = entry.part.needs_of(recipe.params("loss"))  # type: ignore[attr-defined]
    return needs


def reason_against_given(opened: Opened, recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the recipe does not learn from the given pairs or triplets; empty when it does, or none are given."""
    given = opened.given
    if given is None or not given.tuples:
        return ""
    fitted = recipe.fitter.name != "none"
    part = recipe.fitter if fitted else recipe.loss
    if not fitted and given.kind in FIRST_TAKE.get(part.name, ()):
        return ""
    entry = _entry("fitter" if fitted else "loss", part.name, wait=wait)
    if entry is None:
        return "The parts of the recipe are still being loaded"
    if fitted:
        taken: frozenset[str] = getattr(entry.part, "given", frozenset())
        return "" if given.kind in taken else against_fitted(part.name, given.kind)
    takes: frozenset[str] = entry.part.takes(recipe.params("loss"))  # type: ignore[attr-defined]
    return "" if given.kind in takes else against_given(part.name, given.kind)


def reason_against_encoder(opened: Opened, recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the encoder cannot read the data; empty when it can, or where that is not known yet."""
    name, modality = recipe.encoder.name, opened.dataset.modality
    reads = _reads(name, wait=wait)
    if reads is None or modality.name in reads:
        return ""
    read = " and ".join(modality_named(other).plural for other in sorted(reads))
    choices = " or ".join((modality.encoder.name, *modality.other_encoders))
    called = part_title("encoder", name)
    return f"The encoder {called} reads {read}, and these data are {modality.plural}: choose the encoder {choices}"


def reason_against_distance(recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the distance cannot be used with the fitter; empty when it can, or where that is not known yet."""
    entry = None if recipe.fitter.name == "none" else _entry("distance", recipe.part("distance").name, wait=wait)
    if entry is None:
        return ""
    reason: str = entry.part.against_fitter(recipe.fitter.name)  # type: ignore[attr-defined]
    return reason[:1].upper() + reason[1:]


def reason_against_training(opened: Opened, recipe: Recipe, *, wait: bool = True) -> str:
    """Return why the data cannot be trained on by a recipe, in words for the user; empty when they can.

    ``wait``: see ``needs_of``.
    """
    try:
        needs = needs_of(recipe, wait=wait)
        unread = reason_against_encoder(opened, recipe, wait=wait) or reason_against_distance(recipe, wait=wait)
        idle = _against_loss(recipe) or reason_against_given(opened, recipe, wait=wait)
    except UserError as error:
        return str(error)
    unlabelled = not opened.dataset.labelled and opened.given is None
    if needs is None and unlabelled:
        return "The parts of the recipe are still being loaded"
    if opened.given is not None and opened.given.tuples:
        needs = (needs or frozenset()) - {"labels"}
    return (
        _against_kind(opened, recipe)
        or idle
        or _against_part(opened, recipe)
        or unread
        or _against_labels(opened, recipe, needs if needs is not None else frozenset({"labels"}), unlabelled)
        or ("" if opened.split is not None else opened.problem)
        or _against_items(opened, needs is None or "labels" in needs, needs is not None and "target" in needs)
    )


def _against_kind(opened: Opened, recipe: Recipe) -> str:
    """Return why a recipe is of other items than the data: the run could not be opened again by it."""
    wanted, found = recipe.data.modality, opened.dataset.modality
    if wanted in ("", found.name):
        return ""
    return f"The recipe reads data as {printable(wanted)}, and these are {found.plural}: leave out data.modality"


def _against_loss(recipe: Recipe) -> str:
    """Return why a formula teaches nothing; while a run trains its weights may all become 0."""
    formula = recipe.loss.params.get("terms") if recipe.loss.name == SUM else None
    if not isinstance(formula, str) or recipe.fitter.name != "none" or not loaded("loss"):
        return ""
    if any(term.weight for term in read(formula)):
        return ""
    return f"Every weight of {formula!r} is 0: nothing would be learned. Give one more than 0"


def _against_part(opened: Opened, recipe: Recipe) -> str:
    """Return why data that are not all decoded cannot be trained on."""
    growth, plural = opened.dataset.growth, opened.dataset.modality.plural
    if growth is None or opened.dataset.whole:
        return ""
    there = f"{len(growth):,} of {len(opened.dataset):,} {plural}"
    if growth.cancelled:
        return f"Decoding was cancelled at {there}: open the data again"
    return "" if recipe.fitter.name == "none" else f"The fitter waits until all {plural} are decoded: {there}"


def _against_labels(opened: Opened, recipe: Recipe, needs: frozenset[str], unlabelled: bool) -> str:
    from explorer.data.labels.labelling import has_label_sets

    kind = "loss" if recipe.fitter.name == "none" else "fitter"
    title = part_title(kind, recipe.part(kind).name)
    part = f"the loss {title}" if kind == "loss" else f"the fitter {title}"  # whole phrases: both are translated
    begun = f"The loss {title}" if kind == "loss" else f"The fitter {title}"
    if "labels" in needs and unlabelled:
        modality = opened.dataset.modality
        return f"None of the {modality.plural} has a class, and {part} needs classes: {modality.when_unlabelled}"
    if "target" in needs and opened.dataset.target is None:
        return f"{begun} learns a number, and none is chosen: name its column as the target"
    if "label_sets" in needs and not has_label_sets(opened.dataset):
        remedy = "open a table whose label column lists several (data.label_separator), or folders in folders"
        return f"{begun} compares sets of labels, and these data have one label an item: {remedy}"
    return ""


def _against_items(opened: Opened, by_class: bool, by_number: bool) -> str:
    items, split = opened.dataset.modality.plural, opened.split
    assert split is not None
    target = opened.dataset.target
    if by_number and target is not None and int(target.known[split.train].sum()) < 2:
        return f"There are fewer than two {items} with a number to train on"
    given, count = opened.given, len(opened.dataset)
    if given is not None and given.tuples and not given.within(split.train, count).any():
        return f"Every line of {printable(given.name)} names an item that is held out: hold fewer items out"
    if not by_class:
        return "" if len(split.train) > 1 else f"There are fewer than two {items} to train on"
    counts = trained_counts(opened.dataset.labels if given is None else given.groups(count), split.train)
    if given is not None and (int((counts > 0).sum()) < 2 or int(counts.max()) < 2):
        return f"{printable(given.name)} has no two groups to train on: hold fewer items out, or give more of them"
    if int((counts > 0).sum()) < 2:
        return f"There are fewer than two classes to train on: a loss needs {items} that differ in class"
    if int(counts.max()) < 2:
        return f"No class has two {items} to train on: a loss needs {items} that share a class"
    return ""
