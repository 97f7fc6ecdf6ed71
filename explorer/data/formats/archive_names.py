"""What the members of a zip or a tar are called as folders and files: which names are one, and which are refused."""

from __future__ import annotations

import re

from explorer.data import names

OUTSIDE = "refused: its name leads outside the archive"
TWICE = "named twice in the archive; the last one is used"
"""What is said of a member behind which another of its name comes: tools that unpack one write over it. Names that
differ in capitals are two."""

_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


def plain_name(name: str) -> str:
    """Return a name without folders called ``.``, ``..`` or nothing; one that leads outside stays, to be refused."""
    found = None if _ABSOLUTE.match(name) else names.resolved(name)
    if found is None:
        return name
    return f"{found}/" if found and name.endswith(("/", "/.", "/..")) else found


def with_slashes(name: str) -> str:
    """Return a name with slashes between its folders: one that has none may be of Windows, with backslashes."""
    return name if "/" in name else name.replace("\\", "/")


def leads_outside(name: str) -> bool:
    """Return whether a name is absolute or leads above the archive: no file in it is meant."""
    return (".." in name or ":" in name or name[:1] in "/\\") and _OUTSIDE.search(name) is not None
