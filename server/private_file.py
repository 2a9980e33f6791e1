"""Files that hold secrets: readable by their owner only, and either the old or the new whenever the power fails."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Write or replace `path` with mode 0600, durably."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def others_can_read(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o077)
