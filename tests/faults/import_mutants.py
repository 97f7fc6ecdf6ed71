"""A process that lets importers read damaged files, and says before each which it is, so that a crash has a name.

``python -m tests.faults.import_mutants FOLDER FIRST COUNT [NAME …]``: seeds FIRST up to FIRST + COUNT for each importer
or each NAME; NAME@SEED: that one alone. Lines: ``at NAME SEED``, then ``kept``, ``refused``, ``slow …``, ``uncaught …``
or ``wrong …``; for an importer that took too much memory ``memory …``.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from pathlib import Path

from explorer.core.errors import UserError
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.pictures import PictureError
from tests.faults.importer import Importer
from tests.faults.importers import IMPORTERS
from tests.faults.mutation import mutant

MEMORY = 3 << 30
"""Bytes that may be asked for beyond what the process begins with."""
BUDGET = 1 << 30
"""Bytes that may be in use beyond that: every file is of a few kilobytes."""
SECONDS = 5.0
"""Of the processor, by this process and those that it starts and ends, which one file may take."""


def main() -> None:
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    warnings.simplefilter("ignore")
    quiet_decoders()
    for number, word in enumerate(sys.argv[4:] or IMPORTERS):
        name, _, one = word.partition("@")
        importer = IMPORTERS[name](folder / f"i{number}")
        whole = importer.file.read_bytes()
        told = importer.read()
        _limit_memory()
        before = _most_memory()
        for seed in [int(one)] if one else range(first, first + count):
            _say(f"at {name}\t{seed}")
            importer.file.write_bytes(mutant(whole, seed))
            _say(_tried(importer, told))
        importer.file.write_bytes(whole)
        if _most_memory() - before > BUDGET:
            _say(f"memory {(_most_memory() - before) >> 20} MB")
    _say("done")


def _tried(importer: Importer, told: object) -> str:
    began = sum(os.times()[:4])
    answer = _answer(importer, told)
    used = sum(os.times()[:4]) - began
    return f"slow {used:.1f} s" if used > SECONDS and answer in ("kept", "refused") else answer


def _answer(importer: Importer, told: object) -> str:
    try:
        said = importer.read()
    except (UserError, PictureError):
        return "refused"
    except Exception:  # noqa: BLE001
        return f"uncaught {traceback.format_exc()!r}"
    return "kept" if not importer.hashed or said == told else f"wrong {said!r:.300}"


def _most_memory() -> int:
    """Return the most bytes that were in use by this process so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _limit_memory() -> None:
    import resource

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
