"""``python -m explorer``: the window and the commands."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return its exit status; everything is imported when it is needed."""
    from explorer.cli.main import run

    return run(sys.argv[1:])


def gui() -> int:
    """Open the window from a menu or a file manager and return the exit status."""
    from explorer.cli.gui import run

    return run(sys.argv[1:])


if __name__ == "__main__":  # false in the processes that are spawned, which import this file again
    sys.exit(main())
