"""Opening a store by its PIN: making a new one, trying, locking out at the fifth wrong PIN, choosing another PIN.

Invariants
- A try is counted on the disk before it is made, so ending the program in the middle does not make it free.
- At the fifth wrong PIN the PIN's box is destroyed. The data key stays sealed to the server, and in the box of the
  recovery code.
"""

from __future__ import annotations

from pathlib import Path

from field_client.connection import SQLCIPHER
from field_client.errors import KeyFileMissing, LockedOut, WrongPin
from field_client.head import SEALED, TRIES_MAX, WHOLE, Head, Header
from field_client.key_box import (
    KeyBox,
    WrongSecret,
    boxed,
    check_pin,
    machine_key,
    measured_iterations,
    new_code,
    read_code,
    unboxed,
)
from field_client.vault import Vault, new_vault
from sync.protocol import AES_256_GCM

RECOVERY_PLACE = "recovery-code"


def make(head: Head, path: Path, pin: str, whole: bool | None, iterations: int | None, making: str) -> Vault:
    """A new vault under a PIN. `whole`: by SQLCipher; None where it is installed. Refused for a PIN easy to guess."""
    check_pin(pin)
    whole = SQLCIPHER is not None if whole is None else whole
    vault = new_vault(AES_256_GCM)
    machine_key(path, make=True)
    with head.connection.transaction():
        head.put("header", Header(variant=WHOLE if whole else SEALED, cipher=vault.cipher, making=making))
        box_anew(head, path, vault, pin, iterations)
    return vault


def box_anew(head: Head, path: Path, vault: Vault, pin: str, iterations: int | None) -> None:
    """Keep the data key under a PIN from now on, and under a new recovery code; tries start again."""
    check_pin(pin)
    key, cost = machine_key(path, make=True), iterations or measured_iterations()
    with head.connection.transaction():
        head.put("box", boxed(pin, vault.data_key, cost, key, vault.cipher))
        head.put("tries", None)
        head.change(phase="ready")
        new_recovery(head, vault, key, cost)


def new_recovery(head: Head, vault: Vault, key: bytes, iterations: int) -> None:
    """A new recovery code: its box, and the code itself, sealed, until the server was told it."""
    code = new_code()
    with head.connection.transaction():
        head.put("recovery_box", boxed(code, vault.data_key, iterations, key, vault.cipher))
        head.put("recovery_code", vault.seal(RECOVERY_PLACE, code.encode()))


def change_pin(head: Head, path: Path, vault: Vault, pin: str, iterations: int | None) -> None:
    """Another PIN for an open store; the recovery code stays."""
    check_pin(pin)
    key, cost = machine_key(path), iterations or measured_iterations()
    head.put("box", boxed(pin, vault.data_key, cost, key, vault.cipher))
    head.connection.settle()


def enter(head: Head, path: Path, header: Header, pin: str) -> Vault:
    """The vault, by its PIN. WrongPin, LockedOut, KeyFileMissing."""
    box, tries = head.get("box", KeyBox), head.get("tries", int) or 0
    if header.phase == "locked-out" or box is None or tries >= TRIES_MAX:
        lock_out(head)
        raise LockedOut()
    key = machine_key(path)
    head.put("tries", tries + 1)
    try:
        data_key = unboxed(box, pin, key, header.cipher)
    except KeyFileMissing:
        # no PIN was tried
        head.put("tries", tries or None)
        raise
    except WrongSecret as error:
        if tries + 1 >= TRIES_MAX:
            lock_out(head)
            raise LockedOut() from error
        raise WrongPin(TRIES_MAX - tries - 1) from error
    head.put("tries", None)
    return Vault(header.cipher, data_key)


def lock_out(head: Head) -> None:
    """Destroy the PIN's box, in the file and in its log."""
    if (
        head.get("box", KeyBox) is None
        and (header := head.header) is not None
        and header.phase == "locked-out"
    ):
        return
    with head.connection.transaction():
        head.put("box", None)
        head.change(phase="locked-out")
    head.connection.settle()


def vault_by_code(head: Head, path: Path, header: Header, typed: str) -> Vault | None:
    """The vault by the window's code; None where it is not the code. KeyFileMissing."""
    box = head.get("recovery_box", KeyBox)
    if box is None:
        return None
    try:
        return Vault(header.cipher, unboxed(box, read_code(typed), machine_key(path), header.cipher))
    except WrongSecret:
        return None
