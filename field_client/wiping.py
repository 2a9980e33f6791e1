"""A wipe by order: everything but the sealed unsent rows and what hands them over goes at once, and survives a kill.

The header says `wiped` first, in the transaction that destroys the boxes of the data key: from then on nobody but the
server can open anything here. What follows only removes files that are unreadable already, and is done again at the
next start where it was cut off.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from field_client.head import Head, head_path
from field_client.takeover import new_path, remove


def begin_wipe(head: Head) -> None:
    """Destroy the boxes and what the server has; nobody but the server can open what remains."""
    with head.connection.transaction() as connection:
        connection.execute("DELETE FROM clear WHERE key NOT IN ('header', 'standing')")
        connection.execute("DELETE FROM kept WHERE unsent = 0")
        head.change(phase="wiped", making="")


def finish_wipe(head: Head, path: Path) -> None:
    """Remove the main file, whatever of it is left."""
    head.connection.settle()
    remove(path)
    remove(new_path(path))
    shutil.rmtree(carried_folder(path), ignore_errors=True)


def forget_all(path: Path) -> None:
    """The last of a wiped device, after the server has what it held."""
    remove(head_path(path))
    key = path.with_name(path.name + ".key")
    if key.exists():
        remove(key)


def carried_folder(path: Path) -> Path:
    """Where colleagues' rescue files are kept, each under its own SHA-256; they are encrypted already."""
    return path.with_name(path.name + ".carried")
