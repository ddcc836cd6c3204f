"""Where this user's things lie on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def data_home(environ: Mapping[str, str], platform: str, user: Path) -> Path:
    """Give where an application keeps its data on this platform.

    Source:
        XDG Base Directory Specification 0.8; Apple's File System Programming Guide; Windows Known Folders.
    """
    if platform == "darwin":
        return user / "Library" / "Application Support" / "sightline"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or user / "AppData" / "Local") / "sightline"
    given = Path(environ.get("XDG_DATA_HOME", ""))
    return (given if given.is_absolute() else user / ".local" / "share") / "sightline"


def home_folder() -> Path:
    """Give the home folder: `SIGHTLINE_HOME`, else the platform's data folder."""
    given = os.environ.get("SIGHTLINE_HOME")
    return Path(given) if given else data_home(os.environ, sys.platform, Path.home())
