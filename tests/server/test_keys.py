"""The key file: private, never overwritten by accident, rotated without losing what older keys wrote."""

import secrets
import stat
from pathlib import Path

import pytest

from server.keys import KeyFileError, load_keys, new_keys, rotated, save_keys
from sync.sealing import SEAL_RANDOM_BYTES, SealError, seal, verify


def test_keys_survive_their_file(tmp_path: Path) -> None:
    keys, path = new_keys(), tmp_path / "keys.json"
    save_keys(keys, path)
    again = load_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert again.decrypt_blob(keys.encrypt_blob(b"batch", b"a"), b"a") == b"batch"
    assert again.lookup_hash("330499198001010011") == keys.lookup_hash("330499198001010011")
    assert [pair.public for pair in again.sealing] == [pair.public for pair in keys.sealing]
    assert not (tmp_path / "keys.json.new").exists()


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    save_keys(new_keys(), path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_keys(path)


def test_existing_keys_are_not_overwritten_by_accident(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    save_keys(new_keys(), path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="已存在"):
        save_keys(new_keys(), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"not json", b'{"data":[],"signing":[],"sealing":[],"lookup":""}', b'{"data":["AA=="]}'],
)
def test_a_damaged_file_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="已损坏"):
        load_keys(path)
    with pytest.raises(KeyFileError, match="init"):
        load_keys(tmp_path / "missing.json")


def test_after_a_rotation_new_work_uses_new_keys_and_old_work_stays_readable() -> None:
    old = new_keys()
    new = rotated(old)
    blob = old.encrypt_blob(b"old", b"a")
    sealed = seal(old.sealing[-1].point, b"data key", secrets.token_bytes(SEAL_RANDOM_BYTES))
    old_id, signature = old.sign(b"receipt")
    assert new.decrypt_blob(blob, b"a") == b"old"
    assert new.unseal(sealed) == b"data key"
    assert verify({pair.id: pair.point for pair in new.signing}[old_id], signature, b"receipt")
    assert new.sign(b"receipt")[0] != old_id
    assert new.lookup_hash("x") == old.lookup_hash("x")
    with pytest.raises(SealError, match="not in the key file"):
        old.decrypt_blob(new.encrypt_blob(b"new", b"a"), b"a")


def test_what_another_server_sealed_or_encrypted_is_refused() -> None:
    mine, theirs = new_keys(), new_keys()
    with pytest.raises(SealError):
        mine.unseal(seal(theirs.sealing[-1].point, b"x", secrets.token_bytes(SEAL_RANDOM_BYTES)))
    with pytest.raises(SealError):
        mine.decrypt_blob(theirs.encrypt_blob(b"x", b"a"), b"a")
    with pytest.raises(SealError):
        mine.decrypt_blob(b"", b"a")


def test_a_lookup_hash_depends_on_the_key() -> None:
    assert new_keys().lookup_hash("x") != new_keys().lookup_hash("x")


def test_equal_plain_texts_do_not_look_equal() -> None:
    keys = new_keys()
    assert keys.encrypt_blob(b"x", b"a") != keys.encrypt_blob(b"x", b"a")
