"""A local certificate authority, so that a phone on the same Wi-Fi can reach the server over TLS.

In the data folder's `tls/`:
  allpost-authority.crt  the root that a phone installs (again only when it is lost or after ten years)
  authority.key          its key, mode 0600; whoever has it can pose as any site to those phones
  server.crt, server.key what `allpost-server run --certificate --key` takes
A server certificate lives 398 days, the most that phones accept.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.private_file import write_private

AUTHORITY_DAYS = 3650
SERVER_DAYS = 398
# A phone whose clock is somewhat behind must not find the certificate "not yet valid".
BACKDATED = timedelta(days=1)


class CertificateError(Exception):
    """A host that cannot be named in a certificate, or a damaged authority."""


@dataclass(frozen=True)
class Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Written:
    """Where the files are; `authority_made` tells whether phones must install a new root."""

    authority: Path
    certificate: Path
    key: Path
    authority_made: bool


def write_certificates(folder: Path, hosts: Sequence[str], now: datetime) -> Written:
    """Write a new server certificate for `hosts` (IP addresses or names), making the authority when missing.

    Raises CertificateError.
    """
    names = [_general_name(host) for host in hosts]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root, root_key = folder / "allpost-authority.crt", folder / "authority.key"
    made = not (root.exists() and root_key.exists())
    authority = new_authority(now) if made else _read_authority(root, root_key)
    if made:
        write_private(root_key, _key_pem(authority.key))
        write_private(root, _pem(authority.certificate))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = new_certificate(authority, key, names, hosts[0], now)
    written = Written(root, folder / "server.crt", folder / "server.key", made)
    write_private(written.key, _key_pem(key))
    write_private(written.certificate, _pem(certificate) + _pem(authority.certificate))
    return written


def new_authority(now: datetime) -> Authority:
    """A root that signs server certificates and nothing below them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"全岗通 All-Post 本地根证书 {now:%Y-%m-%d}")])
    builder = (
        _builder(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def new_certificate(
    authority: Authority,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[x509.GeneralName],
    common_name: str,
    now: datetime,
) -> x509.Certificate:
    """A server's certificate for these names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    issuer_key = authority.key.public_key()
    builder = (
        _builder(subject, authority.certificate.subject, key.public_key(), now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
    return builder.sign(authority.key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    start = now - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host.encode("idna").decode("ascii"))
    except ValueError:
        raise CertificateError(
            f"{host!r} 不是 IP 地址或主机名 / is neither an IP address nor a host name"
        ) from None


def _read_authority(root: Path, key: Path) -> Authority:
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(root.read_bytes())
    except ValueError as error:
        raise CertificateError(
            f"本地根证书已损坏，请删除 {root.parent} 后重新生成，并在手机上重新安装 / the authority is damaged: {error}"
        ) from error
    if (
        not isinstance(private, ec.EllipticCurvePrivateKey)
        or private.public_key() != certificate.public_key()
    ):
        raise CertificateError(f"{key} 与 {root} 不匹配 / the authority's key and certificate do not match")
    return Authority(certificate, private)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
