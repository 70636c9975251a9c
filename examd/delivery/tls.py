"""The server's certificate: a root that terminals are given once, and a leaf of today that it signs.

Terminals check the chain with dates off (their clocks may be years wrong), so the leaf's dates are generous and mean
nothing; a leaf is replaced by making a new one, a root by giving terminals another.
"""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bank.seal import locks
from bank.seal.locks import Identity
from examd.files import write_atomically
from examd.holders import Holder

ROOT, CERTIFICATE, KEY = "root.pem", "tls.pem", "tls.age"


def ensure(directory: Path, site: Holder) -> None:
    """Makes root and leaf where the folder has none. The root's private key is never stored: it signs once."""
    if (directory / KEY).exists():
        return
    root_key, leaf_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, leaf_name = _name(f"examd {site.card.id} root"), _name(f"examd {site.card.id}")
    root = (
        _builder(root_name, root_name, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _builder(leaf_name, root_name, leaf_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("examd.local")]),  # chain alone counts: sites know no DNS
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = leaf_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(directory / ROOT, root.public_bytes(Encoding.PEM))
    write_atomically(directory / CERTIFICATE, leaf.public_bytes(Encoding.PEM))
    write_atomically(directory / KEY, locks.seal(pem, [site.card.age]), private=True)


def server_context(directory: Path, identity: Identity) -> ssl.SSLContext:
    """TLS 1.3 only. The private key passes through a private temporary file: `ssl` loads from nowhere else."""
    import os
    import tempfile

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0  # no resumption: a session ticket would be one more secret to keep
    pem = locks.unseal((directory / KEY).read_bytes(), identity, what=KEY)
    memory = Path("/dev/shm")  # noqa: S108 - memory, so that the key never touches a disk
    descriptor, name = tempfile.mkstemp(dir=memory if memory.is_dir() else directory)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
        context.load_cert_chain(directory / CERTIFICATE, name)
    finally:
        Path(name).unlink()
    return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=3650))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
