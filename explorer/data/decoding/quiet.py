"""Keeping the decoders quiet: what is wrong with a file is said once, in its report, and not on the terminal."""

from __future__ import annotations

import ctypes
import functools
import logging
import warnings
from pathlib import Path


def quiet_decoders() -> None:
    """Silence Pillow's warnings and log, and what libtiff prints. Calling it again is cheap.

    The filter of warnings is set each time, because whoever resets them (a test runner) drops it.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)
    _quiet_libtiff()


@functools.cache
def _quiet_libtiff() -> None:
    """Take away libtiff's handlers, which write to the terminal from C, where it is the one inside Pillow's wheel."""
    import PIL

    home = Path(PIL.__file__).parent
    for folder in (home.parent / "pillow.libs", home / ".dylibs"):
        for library in folder.glob("libtiff*"):
            try:
                libtiff = ctypes.CDLL(str(library))
                libtiff.TIFFSetErrorHandler(None)
                libtiff.TIFFSetWarningHandler(None)
            except (OSError, AttributeError):
                continue  # another libtiff: it may print, and nothing else changes
