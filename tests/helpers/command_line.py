"""Commands as they are typed, without a process of their own."""

from __future__ import annotations

import io
import json
from typing import Any

from explorer.cli.console import Console
from explorer.cli.main import run


def run_command(*arguments: object) -> tuple[int, str, str]:
    """Return the exit status of a command, and what it wrote to stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    status = run([str(argument) for argument in arguments], Console(out, err))
    return status, out.getvalue(), err.getvalue()


def json_of(*arguments: object) -> Any:
    """Return the JSON value that a command writes; it has to succeed."""
    status, out, err = run_command(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)
