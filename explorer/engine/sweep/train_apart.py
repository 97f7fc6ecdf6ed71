"""Training runs of a sweep in a process of its own: each of several devices has one, so that they go side by side."""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from explorer.core.errors import Cancelled
from explorer.core.spawned import apart_from_main, end
from explorer.engine.headless import Teller
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.train_one import Job, Task, TrainHere

ENDING_SECONDS = 10.0
"""How long a process may take to end once nothing is asked of it any more."""


@dataclass(frozen=True, slots=True)
class _Said:
    text: str


@dataclass(frozen=True, slots=True)
class _Went:
    title: str
    done: int
    total: int
    detail: str


@dataclass(frozen=True, slots=True)
class _Stopped:
    """The run was interrupted, and is saved."""


class TrainApart:
    """Trains runs in another process, which is begun with the first of them, and again where it has ended."""

    def __init__(self, task: Task, teller: Teller, device: str) -> None:
        self.device, self._task, self._teller = device, task, teller
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._lock = threading.RLock()  # a signal may come while its thread holds it
        self._trains = self._interrupted = False

    def interrupt(self) -> None:
        """Stop the run that trains and save it; the second time at once."""
        with self._lock, suppress(OSError):
            again, self._interrupted = self._interrupted, True
            if again and self._process is not None:
                self._process.kill()  # who waits for an answer hears that there is none, and lets go of the pipe
            elif self._trains and self._pipe is not None:
                self._pipe.send(None)

    def train(self, job: Job) -> Entry:
        """Return what became of a run, which is trained to its end."""
        try:
            pipe = self._begun()
            with self._lock:
                pipe.send(job)
                self._trains = True
                if self._interrupted:
                    pipe.send(None)
            while True:
                told = pipe.recv()
                if isinstance(told, Entry):
                    return told
                if isinstance(told, _Stopped):
                    raise Cancelled
                if isinstance(told, _Said):
                    self._teller.say(told.text)
                elif isinstance(told, _Went):
                    self._teller.progress(told.title, told.done, told.total, told.detail)
        except (EOFError, OSError) as error:
            self.close()
            if self._interrupted:
                raise Cancelled from error
            entry = Entry(job.run.name, "failed", job.rung, message="The process that trained it has ended by itself")
            self._teller.say(f"{job.title}: {job.run.name} failed: {entry.message}")
            return entry
        finally:
            self._trains = False

    def _begun(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            name = f"embedding-explorer sweep {self.device}"
            self._process = context.Process(target=serve, args=(theirs, self._task, self.device), name=name)
            try:
                with apart_from_main():
                    self._process.start()
            finally:
                theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process, pipe, self._pipe = self._process, None, self._pipe, None
            if pipe is not None:
                pipe.close()  # which ends it
        if process is not None:
            end(process, ENDING_SECONDS)


class _PipeTeller:
    """Tells the process of the sweep through the pipe; from any thread."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def send(self, told: Entry | _Said | _Went | _Stopped) -> None:
        """Tell something."""
        with self._lock:
            self._pipe.send(told)

    def say(self, text: str) -> None:
        """Hear of something in one sentence."""
        self.send(_Said(text))

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Hear how far something is."""
        self.send(_Went(title, done, total, detail))


def serve(pipe: Connection, task: Task, device: str) -> None:
    """Train the runs that come through a pipe, until it closes; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; who began it decides
    teller = _PipeTeller(pipe)
    trainer = TrainHere(task, teller, device)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, jobs, trainer), name="sweep-jobs", daemon=True).start()
    while True:
        job = jobs.get()
        try:
            told: Entry | _Stopped = trainer.train(job)
        except Cancelled:
            told = _Stopped()
        with suppress(OSError):
            teller.send(told)


def _listen(pipe: Connection, jobs: queue.SimpleQueue[Job], trainer: TrainHere) -> None:
    """Hand runs over; stop the one that trains when nothing is said, and end at once where nothing can be said."""
    with suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            if job is None:
                trainer.interrupt()
            else:
                jobs.put(job)
    os._exit(0)  # as if it was killed: a run goes on from what it has saved, and is in nobody's way
