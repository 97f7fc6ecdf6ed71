"""Watching a training that somebody's own script does: one line more in its loop, and the window shows it."""

from __future__ import annotations

import time
import warnings
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from explorer.api.given import count, place
from explorer.core.errors import UserError, printable, shown
from explorer.core.recipe import Part, Recipe
from explorer.engine.datasets.in_use import check_outside
from explorer.engine.datasets.watched_data import Prepare, WatchedData, put_in_place, watched_data
from explorer.engine.run.run_files import create_run
from explorer.engine.run.watched_run import Ending, Seen, WatchedRun
from explorer.runs.creation import check_free

if TYPE_CHECKING:
    import torch

MOST_ITEMS = 10_000


class Watch:
    """What ``watch`` returns: ``step`` in the loop, and the end of the ``with`` block, or ``close``, at its end."""

    def __init__(self, run: WatchedRun) -> None:
        self.path = run.folder.path
        """The folder of the run, which the window opens."""
        self._run: WatchedRun | None = run
        self._step = 0
        self._told = False

    def __repr__(self) -> str:
        return f"<watch {str(self.path)!r}: step {self._step:,}>"

    def step(self, loss: object, embeddings: torch.Tensor, labels: torch.Tensor) -> None:
        """Show a step that was taken: its loss, and the embeddings (B, D) and labels (B,) of its batch.

        It returns at once; what is measured of them is measured in another thread.

        Raises
        ------
        UserError: if what is measured is no batch. What cannot be recorded is warned of once, and nothing is raised.
        """
        run = self._run
        if run is None:
            return
        self._step += 1
        from explorer.learn.watched import batch_of, lasting

        now = time.perf_counter()
        if now < run.batch_due and self._step > 1:
            run.see(Seen(self._step, len(labels), lasting(loss)))
        else:
            run.batch_due = float("inf")
            run.see(Seen(self._step, len(labels), lasting(loss), batch_of(embeddings, labels), run.gradient()))
        if now >= run.due:
            run.take_weights(self._step)
        if run.problem and not self._told:
            self._tell(run.problem)

    def close(self) -> None:
        """End the run: all items are embedded once more, and all is on the disk when this returns."""
        self._end("done")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        stopped: Ending | BaseException = "stopped" if isinstance(error, KeyboardInterrupt) else error or "done"
        self._end(stopped)

    def _end(self, ending: Ending | BaseException) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        run.close(self._step, ending)
        if run.problem and not self._told:
            self._tell(run.problem)

    def _tell(self, problem: str) -> None:
        self._told = True
        warnings.warn(f"{self.path.name} is not recorded in full: {printable(problem)}", stacklevel=3)


def watch(
    out: str | PathLike[str],
    model: torch.nn.Module,
    data: object,
    *,
    test: object = None,
    distance: str = "euclidean",
    margin: float = 0.2,
    prepare: Prepare | None = None,
    every: float = 5.0,
    most: int = MOST_ITEMS,
) -> Watch:
    """Record a training that a script of its own does, as a run that the window opens and follows.

    For example::

        with explorer.watch("runs/mine", model, train_set, test=test_set) as watch:
            for images, labels in loader:
                embeddings = model(images)
                ...
                watch.step(loss, embeddings, labels)

    All items are embedded by a copy of the network in another thread, in evaluation mode, so often that it takes about
    one hundredth of the time; the script's own network is only read.

    Parameters
    ----------
    out: the folder of the run, made new.
    model: the network, or the part of it that makes embeddings (B, D).
    data: a map-style data set of torch or a pair of inputs and labels, as the loop trains on them, or what
        ``explorer.train`` takes: a folder, a table, ``sample:digits``.
    test: data that the loop does not train on, given in the same way: recall is measured on these.
    distance: how embeddings are compared, as they come from the network: ``euclidean``, ``cosine``, … .
    margin: at which triplets are counted.
    prepare: makes what the network reads of items: of those of a path, (M, H, W, C) uint8, or float32 for vectors. By
        default pictures become (M, C, H, W) in 0 to 1, and vectors (M, D).
    every: least seconds between two snapshots.
    most: so many items of a data set in memory are kept and embedded, evenly spread; as many of ``test``.

    Raises
    ------
    UserError: if the data cannot be read, the folder cannot be made, or the network cannot be copied.
    """
    folder = Path(place(out, "a run")).expanduser().absolute()
    check_free(folder)
    if not margin >= 0 or not every >= 0:
        raise UserError(f"Neither margin = {shown(margin)} nor every = {shown(every)} may be below 0")
    if isinstance(data, str | PathLike):
        check_outside(folder, [place(data, "data")])
    with watched_data(folder, data, test, prepare, count(most)) as opened:
        return Watch(_begun(folder, model, opened, Part(name=distance), margin, every))


def _begun(
    folder: Path, model: torch.nn.Module, data: WatchedData, distance: Part, margin: float, every: float
) -> WatchedRun:
    from explorer.learn.watched import WatchedNetwork, threads_in_use

    if distance == Part(name="euclidean"):
        distance = Part(name="euclidean", params={"normalise": False})
    dataset, split = data.opened.dataset, data.opened.split
    assert split is not None
    network = WatchedNetwork(model, data.batch, len(dataset), distance)
    loss = Part(name="triplet", params={"margin": float(margin)})
    recipe: Recipe = data.recipe.model_copy(update={"distance": distance, "loss": loss})
    run = create_run(folder, data.opened, recipe, precision="float32", script=network.name)
    try:
        put_in_place(data, folder)
    except UserError:
        run.close()
        raise
    watched = WatchedRun(run, network, split, dataset.labels, margin=float(margin), every=float(every))
    watched.start(threads_in_use())
    return watched
