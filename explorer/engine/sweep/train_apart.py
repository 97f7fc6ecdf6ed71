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
from explorer.core.spawned import apart_from_main
from explorer.engine.headless import Teller
from explorer.engine.sweep.queue import Entry
from explorer.engine.sweep.train_one import Job, Task, TrainHere


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
        self._interrupted = False

    def interrupt(self) -> None:
        """Stop the run that trains and save it; the second time at once."""
        again, self._interrupted = self._interrupted, True
        pipe = self._pipe  # which is let go in another thread where its process ends by itself
        if again:
            self.close()
        elif pipe is not None:
            with suppress(OSError):
                pipe.send(None)

    def train(self, job: Job) -> Entry:
        """Return what became of a run, which is trained to its end."""
        try:
            pipe = self._begun()
            pipe.send(job)
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
        process, self._process, pipe, self._pipe = self._process, None, self._pipe, None
        if pipe is not None:
            pipe.close()  # which ends it
        if process is not None:
            process.join()


class _PipeTeller:
    """Tells the process of the sweep through the pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, text: str) -> None:
        """Hear of something in one sentence."""
        self._pipe.send(_Said(text))

    def progress(self, title: str, done: int, total: int, detail: str = "") -> None:
        """Hear how far something is."""
        self._pipe.send(_Went(title, done, total, detail))


def serve(pipe: Connection, task: Task, device: str) -> None:
    """Train the runs that come through a pipe, until it closes; the entry of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C reaches the whole group; who began it decides
    trainer = TrainHere(task, _PipeTeller(pipe), device)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, jobs, trainer), name="sweep-jobs", daemon=True).start()
    while True:
        job = jobs.get()
        try:
            told: Entry | _Stopped = trainer.train(job)
        except Cancelled:
            told = _Stopped()
        with suppress(OSError):
            pipe.send(told)


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
