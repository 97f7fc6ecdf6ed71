"""Training the runs of a sweep, one after the other or side by side on several devices.

What was done is told by the folders of the runs and by the queue beside them, so that the same call goes on after any
end, also one without warning: a run that was begun goes on from its last checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from explorer.core.errors import Cancelled
from explorer.core.words import several
from explorer.engine.headless import Teller
from explorer.engine.sweep.kept_plan import SweepPlan
from explorer.engine.sweep.plan import PlannedRun
from explorer.engine.sweep.queue import Entry, SweepQueue
from explorer.engine.sweep.rounds import Rounds
from explorer.engine.sweep.train_apart import TrainApart
from explorer.engine.sweep.train_one import Budget, Job, Task, Trainer, TrainHere, shared_threads
from explorer.runs.header import is_run

LOOK_SECONDS = 0.2


class Sweep:
    """The runs of a sweep in a folder. ``train`` once; ``interrupt`` from any thread or a signal.

    Parameters
    ----------
    plan: what is trained, on which data, and where. teller: is told what goes on.
    threads: of torch on the CPU, 0: all cores, in equal parts. retry: runs that failed are tried again.

    ``runs``: those that ``train`` speaks of.
    """

    def __init__(self, folder: Path, plan: SweepPlan, teller: Teller, *, threads: int = 0, retry: bool = False) -> None:
        self._folder, self._plan, self._teller = folder, plan, teller
        self._threads, self._retry = threads, retry
        self._trainers: list[Trainer] = []
        self._lock = threading.Lock()
        self._last: dict[str, Entry] = {}
        self._faults: list[BaseException] = []
        self._interrupted = False
        self.runs: tuple[PlannedRun, ...] = ()

    def interrupt(self, *_: object) -> None:
        """Stop the runs that train and save them, and begin no other; the second time at once."""
        again, self._interrupted = self._interrupted, True
        for trainer in self._trainers:
            trainer.interrupt()
        if again:
            raise Cancelled

    def train(self) -> tuple[Entry, ...]:
        """Train what was not trained yet, and return what became of every run, in the order of ``runs``.

        Raises
        ------
        UserError: if another sweep writes the folder, a device is not there, or what is drawn by was not measured.
        Cancelled: if it was interrupted; what was trained is kept.
        """
        queue = SweepQueue(self._folder)
        try:
            self._trainers = self._begun()
            rounds = self._plan.rounds(queue.entries(), len(self._trainers))
            self._last |= {run.name: entry for run in rounds.known if (entry := queue.of(run.name)) is not None}
            if not rounds.left:
                self._teller.say(f"All {several(rounds.runs, 'run')} were trained before: draw more to train others")
            while rounds.left:
                self._train_round(self._jobs(rounds, queue), queue)
                rounds.go_on(self._last)
            self.runs = rounds.known
            return tuple(self._last[run.name] for run in self.runs)
        finally:
            queue.close()
            for trainer in self._trainers:
                trainer.close()

    def _begun(self) -> list[Trainer]:
        """Return who trains on the devices of the plan: here where it is one, else a process for each."""
        plan = self._plan
        devices = plan.used_devices()
        threads = shared_threads(self._threads, len(devices))
        task = Task(plan.sources, Budget(plan.pictures, plan.minutes), plan.given, threads)
        if len(devices) == 1:
            return [TrainHere(task, self._teller, devices[0])]
        return [TrainApart(task, self._teller, device) for device in devices]

    def _jobs(self, rounds: Rounds, queue: SweepQueue) -> Iterator[Job]:
        """Yield the runs of a round that are not known to be trained, or to have failed."""
        for number, run in enumerate(rounds.left, start=rounds.before + 1):
            title = f"{number} of {several(rounds.runs, 'run')}{rounds.words}"
            known, path = queue.of(run.name, rounds.rung), self._folder / run.name
            if known is not None and known.state == "failed" and not self._retry:
                self._teller.say(f"{title}: {run.name} failed before: {known.message}")
                self._last[run.name] = known
            elif known is not None and known.state == "done" and is_run(path):
                self._last[run.name] = known
            else:
                yield Job(run, path, title, rounds.rung, rounds.halved)

    def _train_round(self, jobs: Iterator[Job], queue: SweepQueue) -> None:
        """Let every trainer take the next run as soon as it is free, until none is left."""
        if len(self._trainers) == 1:
            self._work(self._trainers[0], jobs, queue)
            return
        threads = [
            threading.Thread(target=self._guarded, args=(trainer, jobs, queue), name="sweep", daemon=True)
            for trainer in self._trainers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK_SECONDS)  # not for ever: a signal is heard between
        if self._faults:
            raise self._faults[0]

    def _guarded(self, trainer: Trainer, jobs: Iterator[Job], queue: SweepQueue) -> None:
        try:
            self._work(trainer, jobs, queue)
        except BaseException as error:  # noqa: BLE001  raised again by who waits for all of them
            self._faults.append(error)

    def _work(self, trainer: Trainer, jobs: Iterator[Job], queue: SweepQueue) -> None:
        """Train one run after the other, until none is left or another trainer has ended with a fault."""
        on = f" on {trainer.device}" if len(self._trainers) > 1 else ""
        while not self._faults:
            with self._lock:
                job = next(jobs, None)
                if job is None:
                    return
                if self._interrupted:
                    raise Cancelled
                queue.append(Entry(job.run.name, "started", job.rung, settings=job.run.settings))
            entry = replace(trainer.train(replace(job, title=f"{job.title}{on}")), settings=job.run.settings)
            with self._lock:
                queue.append(entry)
                self._last[entry.run] = entry
