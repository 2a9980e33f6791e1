"""A phone that trusts the root reaches the server by the names given, and by no other."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from server.certificate import CertificateError, Written, write_certificates

HOSTS = ["127.0.0.1", "allpost.local"]


def handshake(written: Written, name: str) -> str | None:
    """A real TLS handshake over a socket pair; None, or what the client objects to."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(written.certificate, written.key)
    client = ssl.create_default_context(cafile=str(written.authority))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    left, right = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(left, server_side=True).close()
        except (ssl.SSLError, OSError):
            left.close()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        with client.wrap_socket(right, server_hostname=name):
            return None
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        right.close()
        thread.join()


def test_a_client_that_trusts_the_root_accepts_the_names_given_only(tmp_path: Path) -> None:
    written = write_certificates(tmp_path / "tls", HOSTS, datetime.now(UTC))
    assert handshake(written, "127.0.0.1") is None
    assert handshake(written, "allpost.local") is None
    assert "mismatch" in (handshake(written, "127.0.0.2") or "")
    assert "mismatch" in (handshake(written, "example.org") or "")


def test_a_client_that_trusts_another_root_refuses(tmp_path: Path) -> None:
    mine = write_certificates(tmp_path / "mine", HOSTS, datetime.now(UTC))
    other = write_certificates(tmp_path / "other", HOSTS, datetime.now(UTC))
    mixed = Written(other.authority, mine.certificate, mine.key, True)
    assert handshake(mixed, "127.0.0.1")


def test_the_root_stays_when_the_server_gets_a_new_address(tmp_path: Path) -> None:
    first = write_certificates(tmp_path, HOSTS, datetime.now(UTC))
    root = first.authority.read_bytes()
    second = write_certificates(tmp_path, ["127.0.0.9"], datetime.now(UTC))
    assert first.authority_made and not second.authority_made
    assert second.authority.read_bytes() == root
    assert handshake(second, "127.0.0.9") is None


def test_what_phones_ask_of_certificates(tmp_path: Path) -> None:
    written = write_certificates(tmp_path, HOSTS, datetime(2026, 11, 23, tzinfo=UTC))
    root = x509.load_pem_x509_certificate(written.authority.read_bytes())
    leaf = x509.load_pem_x509_certificate(written.certificate.read_bytes())
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=398)
    assert leaf.not_valid_before_utc < datetime(2026, 11, 23, tzinfo=UTC)
    for path in tmp_path.glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_host_that_is_none_and_a_damaged_authority_are_told(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="主机名"):
        write_certificates(tmp_path, ["a..b"], datetime.now(UTC))
    write_certificates(tmp_path, HOSTS, datetime.now(UTC))
    (tmp_path / "authority.key").write_bytes(b"damaged")
    with pytest.raises(CertificateError, match="已损坏"):
        write_certificates(tmp_path, HOSTS, datetime.now(UTC))
