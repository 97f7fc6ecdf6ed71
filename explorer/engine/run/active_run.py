"""One run: the trainer's thread, the recorder, and the way of every event to lanes, analysis and disk."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from explorer.core.census_margin import census_margin
from explorer.core.current_snapshot import CurrentSnapshot
from explorer.core.errors import printable
from explorer.core.events import (
    Checkpoint,
    Command,
    Event,
    ItemsReady,
    OutsideEmbeddings,
    ParameterChanged,
    Pause,
    Resume,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Stop,
    Weights,
)
from explorer.core.live_change import changes_at
from explorer.core.map_values import BatchTriplets
from explorer.core.recipe import Recipe
from explorer.core.types import (
    PIXELS_RUN,
    Evaluation,
    LearnedMetric,
    Progress,
    Projection,
    Snapshot,
    Split,
    StepMetrics,
)
from explorer.data import growth
from explorer.engine.datasets.loading import Opened
from explorer.engine.events import Notice
from explorer.engine.run.alarms import Alarm, AlarmWatch, Remedy, unsaved
from explorer.engine.run.far_control import FarControl
from explorer.engine.run.given_run import given_in, with_given
from explorer.engine.run.label_watch import LabelWatch, carry_decisions
from explorer.engine.run.moved_data import check_and_remember
from explorer.engine.run.new_run import check_new_run, epochs_of, planned_for, task_data, trained_before
from explorer.engine.run.recorder import Recorder
from explorer.engine.run.run_files import create_run, leave_out, resume_run, split_of
from explorer.engine.run.run_session import RunSession
from explorer.engine.run.saved_run import goes_on, known_at
from explorer.engine.run.snapshot_policy import SnapshotPolicy
from explorer.engine.run.trainer_thread import TrainerThread
from explorer.runs.creation import new_id, remove_new
from explorer.runs.folder import RunFolder
from explorer.runs.lost_history import lost_of

if TYPE_CHECKING:
    from explorer.learn.trainer import Task

EVALUATION_SECONDS = 600.0
"""How long a headless run waits for the evaluation of a snapshot before it trains on."""
ENDING_SECONDS = 10.0
SAVING_SECONDS = 60.0
"""How long the end of a run waits for a slow disk."""
STILL_SAVING = "Not all of the run is saved yet: it takes longer than usual"

Beginning: TypeAlias = tuple[Recipe, Split, Checkpoint | None]
"""What is trained on which items, and where it goes on from."""

RunEvent = RunStarted | ItemsReady | RunPaused | RunResumed | ParameterChanged | RunFinished | RunFailed


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. ``started``: None where it did not come to that."""

    started: RunStarted | None
    ended: RunFinished | RunFailed


class ActiveRun:
    """A run on ``opened`` by ``recipe``, written to ``path``; ``left`` once ``end`` was called: nobody waits for it.

    Parameters
    ----------
    resume: go on from the last checkpoint there, or the last one up to ``back.step``, with the live values of ``back``.
    epochs: of the whole run, where it goes on beyond those of its recipe; 0: those, or as many again after them.
    before: the run that was shown before, whose folder is let go first: it may be the same one.
    """

    def __init__(
        self,
        opened: Opened,
        recipe: Recipe,
        path: Path,
        *,
        resume: bool,
        before: ActiveRun | None,
        session: RunSession,
        back: Remedy | None = None,
        epochs: int = 0,
    ) -> None:
        self.run = ""
        self.path = path
        self.outcome: Outcome | None = None
        self.checkpoint: Checkpoint | None = None
        self.triplets: BatchTriplets | None = None
        self._opened = opened
        self._recipe = recipe
        self._resume = resume
        self._back = back
        self._mended: tuple[ParameterChanged, ...] = ()
        self._epochs, self._precision = epochs, ""
        self._alarms: AlarmWatch | None = None
        self._before = before
        self.seconds: float = before.seconds if before is not None and before.path == path else 0.0
        self._session = session
        self._dataset = session.generation
        self._recorder: Recorder | None = None
        self._unsaved: RunFinished | None = None
        self._held, self._gave_up = False, ""
        self._keeper: SnapshotPolicy | None = None
        self._control: FarControl | None = None
        self._started: RunStarted | None = None
        self._snapshots: CurrentSnapshot[Snapshot] = CurrentSnapshot()
        self._margin: float | None = None
        self._ending = self._learned = self.left = self._handed_over = False
        self._trainer = TrainerThread(
            self._prepare, self._deliver, self._ended, live=session.live, threads=session.threads
        )

    @property
    def ending(self) -> bool:
        """Whether it was told to stop."""
        return self._ending

    @property
    def snapshot(self) -> Snapshot | None:
        """The embeddings of this run that are shown; None before it has any."""
        return self._snapshots.current

    @property
    def exact_snapshot(self) -> Snapshot | None:
        """The newest exact embeddings, of all items or of the held-out ones alone."""
        return self._snapshots.exact

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._trainer.start()

    def command(self, command: Command) -> None:
        """Hand a command to the trainer; a second Stop does not wait for the last evaluation."""
        if isinstance(command, Stop) and not command.epochs:
            command = Stop(quick=command.quick or self._ending)
            self._ending = True
        self._trainer.command(command)

    def over(self, timeout: float) -> bool:
        """Wait for the end of the training, at most ``timeout`` seconds; return whether it came."""
        return self._trainer.join(timeout)

    def join(self, timeout: float) -> bool:
        """Wait for the thread and for the disk; return whether both were done in ``timeout`` seconds."""
        end = time.monotonic() + timeout
        done = self._trainer.join(timeout * 0.7)
        self._keep_last()
        return (self._recorder is None or self._recorder.close(end - time.monotonic())) and done

    @property
    def folder(self) -> RunFolder | None:
        """The folder of the run, open for writing until another run begins; None before there is one."""
        return self._recorder.folder if self._recorder is not None else None

    @property
    def problem(self) -> str:
        """Why the newest of this run is not on the disk, empty where it is."""
        return self._recorder.problem if self._recorder is not None else ""

    def save_again(self, elsewhere: Path | None = None) -> None:
        """Try now to save what the disk refused; ``elsewhere``: in a new folder, where the run goes on from then."""
        if self._recorder is not None:
            self._recorder.retry() if elsewhere is None else self._recorder.move(elsewhere)

    def settle(self, timeout: float) -> str:
        """Stop at once and wait until it is on the disk; return why it is not. Not from the trainer's own thread.

        What the disk refuses, or has not taken yet, is not lost: ``save_again`` may still save it.
        """
        end = time.monotonic() + timeout
        self.command(Stop(quick=True))
        ended = self._trainer.join(timeout)
        saved = self._recorder is None or self._recorder.wait(max(0.0, end - time.monotonic()))
        return self.problem or ("" if ended and saved else STILL_SAVING)

    def end(self) -> bool:
        """Stop at once, save, and wait; not from the trainer's own thread."""
        self.command(Stop(quick=True))
        done = self.join(ENDING_SECONDS)
        self.left = True
        return done

    def hand_over(self) -> bool:
        """End at once and without a word, to go on from there on changed data; return whether it can.

        It cannot where it has failed, or the disk refuses what it has learned. Not from the trainer's own thread.
        """
        self._handed_over = True
        return self.end() and bool(self.run) and self.outcome is None and not self.problem

    def close_record(self) -> None:
        """Write what waits and let the folder go."""
        self._keep_last()
        if self._recorder is not None:
            self._recorder.close(SAVING_SECONDS)

    def record(self, value: Evaluation | Projection) -> None:
        """Keep an answer of the analysis process with the run; of the map the frames that belong to kept snapshots."""
        recorder, keeper = self._recorder, self._keeper
        if isinstance(value, Evaluation) and self._alarms:
            self._post(*self._alarms.evaluated(value, self._session.raw_evaluation))
        if recorder is None or keeper is None:
            return
        if isinstance(value, Evaluation):
            recorder.put(value)
            self._finish()
        elif keeper.frame(value):
            self._finish()

    def _keep_last(self) -> None:
        """Keep the map as it was shown last."""
        if self._keeper is not None and self._keeper.close():
            self._finish()

    # --- in the trainer's thread ----------------------------------------------------------------------------------

    def _prepare(self, threads: int) -> Task:
        from explorer.learn.trainer import Task

        opened = self._opened
        if self._before is not None:
            self._before.close_record()
        if self._resume:  # before anything that takes long
            self._session.await_left(SAVING_SECONDS, self.path, lambda: self._ending)
            leave_out(self.path, opened.dataset)
            if moved := check_and_remember(RunFolder.open(self.path), opened.dataset, opened.sources):
                self._session.lanes.post(Notice(moved))
        if not self._session.live and len(opened.dataset) < growth.GROWS_UNWATCHED:
            # all cores train: the raw pixels are evaluated before, not at the same time, which of many takes minutes
            self._session.analysis.settle(EVALUATION_SECONDS, lambda: self._ending)
        recipe, split, checkpoint = self._resumed() if self._resume else self._checked()
        epochs = epochs_of(self.path, recipe, split, checkpoint, self._epochs, back=self._back)
        self._trainer.run = self.run
        task = Task(
            run=self.run,
            recipe=planned_for(recipe, epochs, len(split.train)),
            **task_data(opened.dataset, recipe),
            split=split,
            threads=threads,
            precision=self._precision,
            live=self._session.live,
            autosave_seconds=self._session.autosave_seconds,
            resume=checkpoint,
            known=known_at(self.folder, self._session.stored, checkpoint) if self._session.live else None,
            seconds=max(self.seconds, trained_before(self.path)),
            decided=LabelWatch(lambda: self._session.run_path or self.path, opened.dataset, self._session.lanes),
            ready=growth.ready_of(opened.dataset.growth),
            triplets_wanted=self._session.triplets_wanted.is_set,
            outside=lambda: self._session.outside,
            ranks=self._session.join(opened.dataset.fingerprint),
        )
        return with_given(task, given_in(self.path, opened.dataset.ids) if self._resume else opened.given)

    def _checked(self) -> Beginning:
        """Check that a new run can begin: see ``check_new_run``. It has no folder before it has begun."""
        from explorer.learn.precision import chosen_precision

        self._opened = self._session.hold_out_tests(self._opened, self._recipe)
        split, resolved = self._opened.split, self._recipe.resolved()
        assert split is not None
        check_new_run(self.path, self._opened, resolved, self._session.run_path)
        self._precision = chosen_precision(resolved, self._opened.dataset.inputs)
        self.run = new_id()
        return self._recipe, split, None

    def _create(self) -> None:
        """Make the folder of a new run; what was decided about labels in the run before goes on holding."""
        folder = create_run(self.path, self._opened, self._recipe.resolved(), self.run, self._precision)
        if self._session.run_path is not None:
            carry_decisions(self._session.run_path, folder.path, self._opened.dataset)
        self._record_in(folder)

    def _leave_nothing(self) -> None:
        """Of a new run that failed before its first step leave no folder, and show what was shown before."""
        recorder = self._recorder
        if recorder is None and self._before is not None:
            self._session.go_back_to(self._before)
        elif recorder is not None and not (self._resume or self._learned or recorder.problem):
            recorder.close(ENDING_SECONDS)
            remove_new(recorder.folder.path)
            self._session.show(PIXELS_RUN, None)

    def _resumed(self) -> Beginning:
        """Open the folder of a run that goes on, by its own recipe; how its data are read is as they are open now.

        Raises
        ------
        UserError: if it cannot be read, has no checkpoint, or is of other data.
        """
        back = self._back
        folder, checkpoint, passed = resume_run(self.path, self._opened, back.step if back else None, lambda: self.left)
        for told in filter(None, (passed, "" if self._session.live else lost_of(folder))):  # a window has told of it
            self._session.lanes.post(Notice(told, "warning"))
        if back and checkpoint:
            self._mended = changes_at(
                checkpoint.step, folder.run, folder.recipe, folder.history().changes, back.changes
            )
            checkpoint = checkpoint.with_live(dict(back.changes))
        self.run = folder.run
        self._record_in(folder)
        if self._session.live and checkpoint is not None:
            self._session.lanes.post(goes_on(folder, checkpoint.step))
            self._session.begin_map(folder.last_projection())  # of a branch the one with which it begins
        recipe = folder.recipe.model_copy(update={"data": self._recipe.data})
        return recipe, split_of(folder), checkpoint

    def _record_in(self, folder: RunFolder) -> None:
        session, self._before = self._session, None
        session.show(self.run, folder.path)
        self._recorder = Recorder(folder, self._on_trouble, partial(session.keeps, folder.run), self._on_saved)
        self._keeper = SnapshotPolicy(self._recorder, first=not folder.snapshot_steps())
        self._control = FarControl(
            lambda: self.path, lambda: self._trainer.at(session.state), self.command, self._on_asked
        )
        session.keeps(folder.run, folder.kept_steps(), folder.kept_bytes())

    def _deliver(self, event: Event) -> None:
        if self.left:
            return
        if isinstance(event, RunStarted) and self._recorder is None:
            self._create()
        self._learned = self._learned or isinstance(event, StepMetrics | Snapshot | Checkpoint)
        recorder = self._recorder
        match event:
            case StepMetrics():
                self._post(event, *(self._alarms.look(event) if self._alarms else ()))
            case Progress() | LearnedMetric():  # the metric follows from the checkpoint, and is not written down
                self._post(event)
                return
            case BatchTriplets():
                self.triplets = event
                self._post(event)
                return
            case Weights():
                if recorder is not None:
                    recorder.put(event)
                return
            case OutsideEmbeddings():
                self._session.take_outside(event)
                return
            case Snapshot():
                self._show(event)
                if self._keeper is not None:
                    self._keeper.snapshot(event)
                return
            case Checkpoint():
                self.checkpoint = event
            case RunFinished() if self._handed_over:
                self.seconds = event.seconds
                return
            case RunFinished() if problem := self._unsaved_because():
                self._unsaved = event
                self._announce(RunFailed(self.run, event.step, problem))
                return
            case _:
                if isinstance(event, RunFinished) and self._alarms:
                    self._post(*self._alarms.end())
                self._announce(event)
        if recorder is not None:
            recorder.put(event)
        if isinstance(event, RunStarted):
            for change in self._mended:  # the alarm's: as those that a person makes, to be read in the history
                self._deliver(replace(change, recipe=event.recipe))

    def _post(self, *values: Event | Alarm) -> None:
        for value in values:
            self._session.results.post(value, self._dataset)

    def _show(self, snapshot: Snapshot) -> None:
        if self._snapshots.take(snapshot):
            self._post(snapshot)
        self._session.analysis.publish(snapshot)
        self._session.changed()
        if snapshot.exact and not self._session.live:  # all cores train: let the evaluation have them instead
            self._session.analysis.settle(EVALUATION_SECONDS, lambda: self._ending)

    def _announce(self, event: RunEvent) -> None:
        if isinstance(event, RunStarted | ParameterChanged) and event.recipe is not None:
            self._train_by(event.recipe)  # first: who hears of it may ask the session at once
        self._session.lanes.post(event)
        match event:
            case RunStarted():
                self._started = event
            case ParameterChanged() if event.path.startswith("sampler."):
                less = f"{event.path} is {event.new} from now on, and was {event.old}"
                text = f"The GPU ran out of memory at step {event.step:,}: batches are half as large, {less}"
                self._session.lanes.post(Notice(text, "warning"))
            case RunPaused():
                if self._keeper is not None:
                    self._keeper.rest(self.snapshot)
                self._session.enter("paused")
            case RunResumed():
                if self._keeper is not None:
                    self._keeper.resume()
                self._session.enter("training")
            case RunFinished() | RunFailed():
                self.outcome = Outcome(self._started, event)

    def _train_by(self, recipe: Recipe) -> None:
        """Let alarms, counts and the session go by what is trained with now."""
        self._session.trains_by(self.run, recipe)
        resolved = recipe.resolved()
        self._alarms = self._alarms or AlarmWatch(resolved)
        self._alarms.recipe = resolved
        margin = census_margin(recipe.params("loss"))
        if margin != self._margin:  # one that the user tries stays when something else changes
            self._margin = margin
            self._session.analysis.margin(margin)

    def _unsaved_because(self) -> str:
        """Wait until all of the run is on the disk; return why it has not ended well where the disk refused."""
        if (recorder := self._recorder) is None:
            return ""
        if recorder.problem:
            recorder.retry()
        recorder.wait(SAVING_SECONDS)
        return recorder.problem or self._gave_up

    def _on_saved(self, step: int, path: Path) -> None:
        """Tell of a checkpoint that was asked for; in the thread of the recorder."""
        where = printable(f"{path.parent.name}/{path.name} of {path.parent.parent.name}")
        self._session.lanes.post(Notice(f"Checkpoint of step {step:,} written: {where}", folder=path))

    def _on_trouble(self, problem: str) -> None:
        """Hold the run while the disk refuses it, and go on when it does no more; in the thread of the recorder."""
        session, recorder = self._session, self._recorder
        assert recorder is not None
        if recorder.folder.path != self.path:
            self.path = recorder.folder.path
            session.moved(self.run, self.path)
        step = self.checkpoint.step if self.checkpoint is not None else 0
        self._post(unsaved(self.run, step, problem))
        if not session.live:  # nobody is there to mend it: what was saved stays, and --resume goes on from it
            if problem:
                self._gave_up = problem
                self.command(Stop(quick=True))
        elif problem and self.outcome is None:
            self._held = True
            self.command(Pause())
        elif self._held and not problem:
            self._held = False
            self.command(Resume())
        if not problem and self._unsaved is not None and not self._gave_up:
            self._finish_late(self._unsaved)

    def _finish_late(self, event: RunFinished) -> None:
        """Say that a run has ended well after all: what the disk refused was saved later."""
        self._unsaved = None
        if self._recorder is not None:
            self._recorder.put(event)
        self._announce(event)
        self._finish()
        self._session.enter("finished")

    def _on_asked(self, text: str) -> None:
        self._session.lanes.post(Notice(text))

    def _ended(self) -> None:
        if self._control is not None:
            self._control.close()
        if self.left or (self._handed_over and self.outcome is None):
            return
        failed = self.outcome is None or isinstance(self.outcome.ended, RunFailed)
        if self._keeper is not None:
            self._keeper.rest(self.snapshot)
        self._finish()
        if failed:
            self._leave_nothing()
        self._session.enter("failed" if failed else "finished")

    def _finish(self) -> None:
        """Write how the run ended; again whenever something came after that."""
        recorder, outcome = self._recorder, self.outcome
        if recorder is not None and outcome is not None:
            recorder.finish({"ended": type(outcome.ended).__name__, **asdict(outcome.ended)})
