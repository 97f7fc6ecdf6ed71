"""One life of the analysis process: two pipes and the process at their end."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import wait

from explorer.core.errors import UserError
from explorer.core.spawned import KILLED_SECONDS, apart_from_main
from explorer.engine.analysis.messages import Reply, Request
from explorer.engine.analysis.process import main
from explorer.engine.analysis.shared_memory import Packet, receive_message


class ProcessConnection:
    """Starts a process and talks with it. It ends when its pipe closes, so also when this process dies.

    Parameters
    ----------
    live: a map is shown, so the layout is computed as well.
    threads: how many threads its libraries may use.
    """

    def __init__(self, *, live: bool, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        theirs, self._requests = context.Pipe()
        self._replies, answers = context.Pipe()
        self._sending = threading.Lock()
        self._ending = threading.Lock()
        self._ended = False
        self._process = context.Process(
            target=main, args=(theirs, answers, live, threads), name="embedding-explorer analysis", daemon=True
        )
        try:
            with apart_from_main():
                self._process.start()
        finally:
            theirs.close()
            answers.close()
        self._pid = self._process.pid or 0

    @property
    def pid(self) -> int:
        """The process id."""
        return self._pid

    def send(self, request: Request) -> None:
        """Send a request; blocks while the process does not read.

        Raises
        ------
        OSError: if the process has ended; UserError: if there is no room for the arrays.
        """
        packet = _packed(request)
        try:
            with self._sending:
                packet.send(self._requests, self.pid)
        finally:
            packet.close()

    def receive(self) -> Reply:
        """Wait for the next reply.

        Raises
        ------
        EOFError or OSError: if the process has ended.
        """
        reply: Reply = receive_message(self._replies)
        return reply

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        with self._ending:
            if not self._ended:
                self._process.kill()

    def hang_up(self) -> None:
        """Close the pipe on which requests go out, which asks the process to end; only the sending thread may."""
        with self._sending:
            self._requests.close()

    def finish(self, timeout: float) -> int | None:
        """Wait for the process to end, kill it after ``timeout`` seconds, and return its exit code.

        None: somebody else has waited for it first, as ``multiprocessing`` does with all processes when Python exits.
        Called once, by the thread that receives.
        """
        ended = wait([self._process.sentinel], timeout)  # tells the truth whoever waits; ``exitcode`` does not then
        with self._ending:
            if not ended:
                self._process.kill()
            self._process.join(KILLED_SECONDS)
            code = self._process.exitcode
            self._replies.close()
            if code is not None:  # else it still runs as far as it knows, and refuses to be closed
                self._process.close()
            self._ended = True
        return code


def _packed(request: Request) -> Packet:
    try:
        return Packet(request)
    except OSError as error:
        raise UserError(
            f"There is no room for the embeddings that the map needs: {error.strerror or error}",
            remedy="Close other programs or free space in the folder for temporary files",
        ) from error
