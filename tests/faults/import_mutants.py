"""A process that lets importers read damaged files, and says before each which it is, so that a crash has a name.

``python -m tests.faults.import_mutants FOLDER FIRST COUNT [NAME]``: seeds FIRST up to FIRST + COUNT for each importer,
or for NAME. Lines: ``at NAME SEED``, then ``kept``, ``refused``, ``slow …``, ``uncaught …`` or ``wrong …``.
"""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from pathlib import Path

from explorer.core.errors import UserError
from explorer.data.decoding.quiet import quiet_decoders
from explorer.data.pictures import PictureError
from tests.faults.importers import Importer, importers
from tests.faults.mutation import mutant

MEMORY = 3 << 30
SECONDS = 5.0
"""Of the processor, which one file may take."""


def main() -> None:
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    only = sys.argv[4] if len(sys.argv) > 4 else ""
    warnings.simplefilter("ignore")
    quiet_decoders()
    for name, importer in importers(folder):
        if only in ("", name):
            whole = importer.file.read_bytes()
            told = importer.read()
            _limit_memory()
            for seed in range(first, first + count):
                _say(f"at {name}\t{seed}")
                importer.file.write_bytes(mutant(whole, seed))
                _say(_tried(importer, told))
            importer.file.write_bytes(whole)
    _say("done")


def _tried(importer: Importer, told: object) -> str:
    began = time.process_time()
    try:
        said = importer.read()
        answer = "kept" if not importer.hashed or said == told else f"wrong {said!r:.300}"
    except (UserError, PictureError):
        answer = "refused"
    except Exception:  # noqa: BLE001
        answer = f"uncaught {traceback.format_exc()!r}"
    seconds = time.process_time() - began
    return f"slow {seconds:.1f} s" if seconds > SECONDS and answer in ("kept", "refused") else answer


def _limit_memory() -> None:
    import resource

    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
