"""The import hook of PySide6, which would read and keep the source of every module that is imported after it.

It looks for its own name in them, for ``from __feature__ import …``, which nothing here does. Python keeps what it has
read so in ``linecache``: with torch 17 million characters, 40 MB of a process, and a tenth of a second of the start:
``findings/pyside6_keeps_the_source_of_what_is_imported.sh``.
"""

from __future__ import annotations

import sys


def read_no_sources() -> None:
    """Let the hook take every module for one that does not switch features of PySide6; without the hook do nothing."""
    hook = sys.modules.get("shibokensupport.feature")
    if hook is not None and hasattr(hook, "_mod_uses_pyside"):
        vars(hook)["_mod_uses_pyside"] = lambda _module: False
