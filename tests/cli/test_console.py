from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path

import pytest

from explorer.cli.console import Console
from explorer.core.errors import UserError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Gone(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_json_is_one_value_of_plain_ascii() -> None:
    out = io.StringIO()
    Console(out, io.StringIO()).json({"a": float("nan"), "b": [float("inf"), 1.5], "c": "é\udcff", "d": (True, None)})
    assert json.loads(out.getvalue()) == {"a": None, "b": [None, 1.5], "c": "é\udcff", "d": [True, None]}
    assert out.getvalue().isascii()


def test_elsewhere_progress_is_a_plain_line_every_five_seconds() -> None:
    err, now = io.StringIO(), [0.0]
    console = Console(io.StringIO(), err, clock=lambda: now[0])
    for second in range(11):
        now[0] = float(second)
        console.progress("reading", second * 10, 100, "0:10 left")
    console.progress("embedding", 0, 0)
    console.clear()
    assert err.getvalue().splitlines() == [
        "reading  0%  0 of 100  0:10 left",
        "reading  50%  50 of 100  0:10 left",
        "reading  100%  100 of 100  0:10 left",
        "embedding",
    ]


def test_on_a_terminal_it_is_a_bar_that_goes_away() -> None:
    err, now = Terminal(), [0.0]
    console = Console(io.StringIO(), err, clock=lambda: now[0])
    console.progress("reading", 50, 100)
    console.progress("reading", 51, 100)
    now[0] = 0.2
    console.progress("reading", 52, 100)
    console.say("done")
    assert "\n" not in err.getvalue().removesuffix("done\n")
    assert " 51 of" not in err.getvalue()
    assert err.getvalue().endswith("\r\x1b[2Kdone\n")


def test_text_cannot_disguise_itself_or_the_terminal() -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err)
    console.error("evil\x1b[2J\u202ename\nsecond line")
    console.result("a\x07\nb")
    assert err.getvalue() == "error: evil\\x1b[2J\\u202ename second line\n"
    assert out.getvalue() == "a\\x07\nb\n"


def test_nobody_reading_the_progress_is_no_reason_to_stop() -> None:
    console = Console(io.StringIO(), Gone())
    console.progress("reading", 1, 2)
    console.say("text")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full here")
def test_a_full_disk_under_stdout_is_said_in_words_and_under_stderr_is_no_reason_to_stop() -> None:
    # closing either would try to write what is left once more
    with suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        for put in (Console(full, io.StringIO()).result, Console(full, io.StringIO()).json):
            with pytest.raises(UserError, match="cannot be written to stdout: No space left on device"):
                put("a result")
    with suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        Console(io.StringIO(), full).say("step 1")
