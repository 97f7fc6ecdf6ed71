"""How a saved run was trained, as far as that can be done again: by what, on what, and what changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from explorer.core.events import ItemsReady, ParameterChanged, RunFinished, RunStarted
from explorer.core.live_change import in_one_go, last_epochs, recipe_after
from explorer.core.recipe import Recipe
from explorer.core.words import several
from explorer.engine.events import Role
from explorer.engine.run.run_files import trained_by_script
from explorer.runs.folder import RunFolder
from explorer.runs.given_file import read_record
from explorer.runs.journal import History
from explorer.runs.label_file import LABELS_NAME


@dataclass(frozen=True, slots=True)
class Longer:
    """To how many ``epochs`` in all a run was trained further; ``threads``: of torch meanwhile, see ``HowTrained``."""

    epochs: int
    threads: int = 0


@dataclass(frozen=True, slots=True)
class HowTrained:
    """What makes a run.

    ``recipe``: by which it began; ``sources``: specs and roles of its data, the main ones first; ``changes``: which
    live values changed before which steps; ``longer``: how it was trained further, one go after the other;
    ``threads``: of torch in the first go, 0 where it did not train on the CPU or never began; ``lacking``: what of it
    is not repeated, in sentences; ``given``: the option of the file that was given, ``pairs``, and where it is kept;
    ``epochs``: how many it was to have at last, 0 where these are those that it began with.
    """

    path: Path
    recipe: Recipe
    sources: tuple[tuple[str, Role], ...]
    modality: str
    changes: tuple[ParameterChanged, ...] = ()
    longer: tuple[Longer, ...] = ()
    threads: int = 0
    lacking: tuple[str, ...] = ()
    given: tuple[str, Path] | None = None
    epochs: int = 0

    @property
    def ended_by(self) -> Recipe:
        """The recipe as it ended, with what was changed while it trained."""
        return recipe_after(self.recipe, self.changes, self.epochs)


def how_trained(folder: RunFolder) -> HowTrained:
    """Return how a run was trained.

    Raises
    ------
    UserError: if its journal cannot be read.
    """
    history, record = folder.history(), folder.data
    began = [event for event in history.lifecycle if isinstance(event, RunStarted)]
    added: list[tuple[str, Role]] = [(data.uri, "test" if data.role == "test" else "gallery") for data in record.added]
    cpu = bool(began) and began[0].device == "cpu"
    recipe, kept = folder.recipe, read_record(folder.path)
    if cpu and recipe.precision == "auto":  # from before there was a choice
        recipe = recipe.with_value("precision", "float32")
    return HowTrained(
        folder.path,
        recipe,
        ((record.uri, "main"), *added),
        record.modality,
        tuple(change for change in _effective(history) if not _made_smaller(change)),
        tuple(Longer(later.epochs, _threads(later)) for later in _longer(began)),
        _threads(began[0]) if began else 0,
        tuple(_lacking(folder, history, began)),
        None if kept is None else (kept.kind, kept.of(folder.path)),
        last_epochs(began),
    )


def _longer(began: list[RunStarted]) -> Iterator[RunStarted]:
    """Yield the starts that trained it for more epochs than those before: a branch may have been given fewer."""
    most = began[0].epochs if began else 0
    for later in began[1:]:
        if later.epochs > most:
            most = later.epochs
            yield later


def _threads(start: RunStarted) -> int:
    return start.threads if start.device == "cpu" else 0


def _effective(history: History) -> list[ParameterChanged]:
    """Return the changes of which something came: of several of one value before one step what they make together."""
    found: dict[tuple[str, int], ParameterChanged] = {}
    for change in history.changes:
        first = found.get((change.path, change.step), change)
        found[change.path, change.step] = replace(change, old=first.old)
    return sorted((change for change in found.values() if change.old != change.new), key=lambda change: change.step)


def _made_smaller(change: ParameterChanged) -> bool:
    """Return whether a batch became smaller by itself, for want of memory; a sampler cannot be changed otherwise."""
    return change.path.startswith("sampler.")


def _lacking(folder: RunFolder, history: History, began: list[RunStarted]) -> Iterator[str]:
    ended = next((event for event in reversed(history.lifecycle) if isinstance(event, RunFinished)), None)
    if folder.header.script:
        yield f"{trained_by_script(folder.header.script)}: this trains the default recipe on the same data"
    elif began and (ended is None or ended.reason == "stopped"):
        last = ended.step if ended is not None else max(folder.checkpoint_steps(), default=0)
        if last < began[-1].steps:  # else its end is only not written yet
            yield f"It was stopped at step {last:,} of {began[-1].steps:,}, and this trains to the end"
    for before, later in pairwise(began):
        if later.epochs != before.epochs and later.step < before.steps:
            epochs = several(later.epochs, "epoch")
            if later in _longer(began):
                yield f"From step {later.step + 1:,} on it was to have {epochs} in all, and this is only later"
            else:
                yield f"From step {later.step + 1:,} on it was to have {epochs} in all, and this has more epochs"
        elif later.epochs == before.epochs and _threads(later) != _threads(before):
            cores = several(later.threads, "core") if _threads(later) else "a graphics card"
            yield f"From step {later.step + 1:,} on it was trained on {cores}, and this is not: the last digits differ"
    for change in in_one_go([change for change in history.changes if _made_smaller(change)]):
        yield f"From step {change.step:,} on its batches were smaller, because the graphics card had no room for more"
    if any(isinstance(event, ItemsReady) for event in history.lifecycle):
        yield "It began while its data were still being decoded, and which of them came first is not repeated"
    if (folder.path / LABELS_NAME).exists():
        yield "What was decided about labels while it trained is not repeated"
    if began and began[0].device != "cpu":
        yield "On a graphics card the last digits differ from one training to the next"
