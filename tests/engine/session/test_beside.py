"""Two runs of one dataset at a time: two sessions in one process, over the same data in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from explorer.core.events import RunFinished
from explorer.core.map_values import KeptStep
from explorer.core.recipe import Part, Recipe
from explorer.core.types import PIXELS_RUN, Neighbours, Projection, Snapshot, StepMetrics
from explorer.engine.events import DatasetOpened, RunOpened
from explorer.engine.session.session import Session
from tests.engine.conftest import SHORT, Desk
from tests.helpers.listening import Listener

CONTRASTIVE = SHORT.model_copy(update={"loss": Part(name="contrastive"), "seed": 3, "epochs": 4})


@pytest.fixture
def beside() -> Iterator[Callable[[Session], Desk]]:
    """Return a function that opens a session beside another; all are closed in the end."""
    made: list[Session] = []

    def begin(first: Session) -> Desk:
        listener = Listener()
        session = first.beside(listener.ring)
        made.append(session)
        listener.listen(session.lanes)
        listener.until(DatasetOpened)
        return session, listener

    yield begin
    for session in made:
        assert session.close(60.0)


def losses(heard: Listener, run: str) -> list[float]:
    return [value.loss for value in heard.all(StepMetrics) if value.run == run]


def trained(session: Session, heard: Listener, recipe: Recipe) -> list[float]:
    """Train one run to its end and return the loss of every step."""
    session.configure(recipe)
    at = heard.now()
    session.train()
    heard.at_rest(after=at, timeout=120)
    return losses(heard, session.run)


def test_two_runs_that_train_at_once_learn_what_each_learns_alone(
    start: Callable[..., Desk], beside: Callable[[Session], Desk]
) -> None:
    first, heard = start(recipe=SHORT)
    second, heard_beside = beside(first)
    assert second.dataset is first.dataset
    alone = trained(first, heard, SHORT), trained(second, heard_beside, CONTRASTIVE)
    at, at_beside = heard.now(), heard_beside.now()
    first.train()
    second.train()
    heard.until(RunFinished, after=at, timeout=120)
    heard_beside.until(RunFinished, after=at_beside, timeout=120)
    assert first.run != second.run
    assert (losses(heard, first.run), losses(heard_beside, second.run)) == alone


def test_each_shows_its_own_run_and_hears_nothing_of_the_other(
    start: Callable[..., Desk], beside: Callable[[Session], Desk]
) -> None:
    first, heard = start(recipe=SHORT)
    second, heard_beside = beside(first)
    trained(first, heard, SHORT)
    assert second.run == PIXELS_RUN
    trained(second, heard_beside, CONTRASTIVE)
    first.analysis.pin([7], 5)
    second.analysis.pin([7, 8], 3)
    assert heard.until(Neighbours, lambda found: found.run == first.run).indices.shape == (1, 5)
    assert heard_beside.until(Neighbours, lambda found: found.run == second.run).indices.shape == (2, 3)
    step = heard_beside.until(KeptStep, lambda kept: kept.run == second.run).step
    second.replay.show(step)
    assert heard_beside.until(Projection, lambda shown: shown.run == second.run and shown.step == step)
    for listener, session in ((heard, first), (heard_beside, second)):
        of = {value.run for value in listener.heard if isinstance(value, Snapshot | Projection | Neighbours)}
        assert of <= {session.run, PIXELS_RUN}


def test_a_saved_run_is_opened_beside_another_without_reading_the_data_again(
    start: Callable[..., Desk], beside: Callable[[Session], Desk]
) -> None:
    first, heard = start(recipe=SHORT)
    trained(first, heard, SHORT)
    second, heard_beside = beside(first)
    assert first.run_folder is not None
    at = heard_beside.now()
    second.open_run(first.run_folder)
    assert heard_beside.until(RunOpened, after=at).run == first.run
    assert second.dataset is first.dataset
    assert second.split is not None
    assert first.split is not None
    assert second.split.held_out.tolist() == first.split.held_out.tolist()
