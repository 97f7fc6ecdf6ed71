"""Training from a script or a notebook, as the window and the command line do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path

from explorer.api.given import Value, place, places
from explorer.api.run import Run
from explorer.api.settings import with_all
from explorer.api.trained import Change, Tell, trained
from explorer.core.given_tuples import KINDS
from explorer.core.recipe import Recipe
from explorer.engine.events import Role
from explorer.engine.recipes.found_recipe import found_recipe

Place = str | PathLike[str]


def train(
    data: Place,
    *,
    out: Place | None = None,
    recipe: Place | Recipe = "",
    settings: Mapping[str, Value] | None = None,
    test: Place | Sequence[Place] = (),
    gallery: Place | Sequence[Place] = (),
    pairs: Place = "",
    triplets: Place = "",
    must_link: Place = "",
    changes: Sequence[Change] = (),
    threads: int = 0,
    tell: Tell | None = None,
    **values: Value,
) -> Run:
    """Train an embedding and return the run, which is saved as it goes; Ctrl+C stops it, and what was learned is kept.

    For example ``explorer.train("photos/", recipe="retrieval", margin=0.2, epochs=5, out="runs/first", tell=print)``.

    Parameters
    ----------
    data: what the window opens: a folder of class folders, a zip of one, a table, vectors, or ``sample:digits``.
    out: the folder of the run, made new; None: one in the folder of saved runs, which the window lists.
    recipe: a recipe, the file of one, the name of an example or of one that was saved, or the folder of a run.
    settings: changes of the recipe by their keys, in order: ``{"loss.margin": 0.3, "split": "classes"}``; of the parts
        that are named by ``values``, if any are.
    test, gallery: further data: held out and measured on, or only to be found in.
    pairs, triplets, must_link: a file of what is learned from in place of classes, one of them: lines of item, item,
        same or different; of anchor, nearer item, farther item; or of two or more items that belong together.
    changes: live values that change on the way: ``(step, key, value)``, from that step on.
    threads: of torch on the CPU, 0: all cores; the same seed gives the same weights only with as many as before.
    tell: called with sentences about what goes on, for example ``print``.
    values: parts and parameters by their own names: ``loss="triplet"``, ``margin=0.2``, ``left_out=["id", "date"]``.

    Raises
    ------
    UserError: what is wrong with data, recipe or place, in one sentence. TrainingFault: a fault of ours.
    """
    chosen = recipe if isinstance(recipe, Recipe) else found_recipe(place(recipe, "a recipe")) if recipe else Recipe()
    chosen = with_all(chosen, settings, values)
    sources: list[tuple[str, Role]] = [(place(data, "data"), "main")]
    sources += [(spec, "test") for spec in places(test, "data")]
    sources += [(spec, "gallery") for spec in places(gallery, "data")]
    folder = None if out is None else Path(place(out, "a run"))
    files = {"pairs": pairs, "triplets": triplets, "must_link": must_link}
    given = [(kind, place(files[kind], "what is given")) for kind in KINDS if files[kind]]
    return Run(trained(folder, chosen, sources, given=given, changes=changes, threads=threads, tell=tell))
