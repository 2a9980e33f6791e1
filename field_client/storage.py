"""How much room is left where the store is."""

from __future__ import annotations

import shutil
from pathlib import Path


def storage_left_bytes(path: Path) -> int:
    """Bytes left on the disk that holds a file."""
    return shutil.disk_usage(path.parent).free
