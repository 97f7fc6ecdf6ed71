"""Where what can be made again is kept: decoded pictures, indexes, what was measured of this machine."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

FOLDER_VARIABLE = "EMBEDDING_EXPLORER_CACHE"


def default_folder() -> Path:
    """Return the cache folder: of the environment variable, else of the user's cache directory."""
    asked = os.environ.get(FOLDER_VARIABLE)
    return Path(asked) if asked else Path(platformdirs.user_cache_dir("embedding-explorer", appauthor=False))
