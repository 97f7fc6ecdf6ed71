"""Signs of life of a run: who gives them, and when they end."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from explorer.runs.lock import WriterLock
from explorer.runs.sign_of_life import (
    ALIVE_NAME,
    SILENT_SECONDS,
    LifeWatch,
    SignOfLife,
    end_signs,
    give_sign,
    read_sign,
)

THERE = SignOfLife(pid=4711, host="node7", beat=1, step=12, state="training")


class Clock:
    """Seconds that a test moves on."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_sign_is_read_as_it_was_given(tmp_path: Path) -> None:
    sign = SignOfLife.here(3, 40, "paused", 61.5)
    assert (sign.pid, sign.host, sign.elsewhere) == (os.getpid(), socket.gethostname(), False)
    give_sign(tmp_path, sign)
    assert read_sign(tmp_path) == sign
    assert [path.name for path in tmp_path.iterdir()] == [ALIVE_NAME]
    end_signs(tmp_path)
    assert read_sign(tmp_path) is None


def test_an_older_version_does_not_say_how_long_it_has_trained(tmp_path: Path) -> None:
    said = asdict(THERE)
    del said["seconds"]
    (tmp_path / ALIVE_NAME).write_text(json.dumps(said), encoding="utf-8")
    assert read_sign(tmp_path) == THERE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"pid": 1}',
        "{" * 9000,
        *(json.dumps({**asdict(THERE), **wrong}) for wrong in ({"pid": -1}, {"seconds": float("nan")})),
    ],
)
def test_nonsense_is_no_sign(tmp_path: Path, text: str) -> None:
    (tmp_path / ALIVE_NAME).write_text(text, encoding="utf-8")
    assert read_sign(tmp_path) is None


def test_a_run_on_another_computer_is_silent_once_its_signs_end(tmp_path: Path) -> None:
    clock = Clock()
    watch = LifeWatch(tmp_path, clock)
    assert watch.writer() is None
    give_sign(tmp_path, THERE)
    assert watch.writer() == THERE
    assert str(THERE) == "process 4711 on node7"
    clock.now += SILENT_SECONDS - 1
    give_sign(tmp_path, replace(THERE, beat=2))
    assert watch.writer() is not None
    clock.now += SILENT_SECONDS - 1
    assert watch.writer() is not None
    assert watch.silent == 0.0
    clock.now += 1
    assert watch.silent == SILENT_SECONDS
    give_sign(tmp_path, replace(THERE, beat=3))
    assert watch.writer() is not None
    assert watch.silent == 0.0
    end_signs(tmp_path)
    assert watch.writer() is None


def test_on_this_computer_the_lock_decides(tmp_path: Path) -> None:
    watch = LifeWatch(tmp_path, Clock())
    give_sign(tmp_path, SignOfLife.here(1, 2, "training"))
    assert watch.writer() is None, "whoever gave it here is gone"
    lock = WriterLock(tmp_path)
    assert watch.writer() is not None
    lock.release()
