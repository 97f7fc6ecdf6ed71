"""Where the settings of the window are kept."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

FOLDER_VARIABLE = "EMBEDDING_EXPLORER_CONFIG"
"""Environment variable that names another folder for the settings."""
FILE_NAME = "settings.json"


def settings_folder() -> Path:
    """Return the folder of the settings, which need not exist."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_config_dir("embedding-explorer", appauthor=False))
