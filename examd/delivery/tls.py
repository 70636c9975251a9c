"""The server's end of TLS: its certificate where it has one, made where it has none; version 1.3 and nothing older.

Before: `examd.delivery.certificates`. After: `examd.delivery.server` listens with the context.
"""

import ssl
from pathlib import Path

from bank.seal import locks
from bank.seal.locks import Identity
from examd.holders import Holder

ROOT, CERTIFICATE, KEY = "root.pem", "tls.pem", "tls.age"


def ensure(directory: Path, site: Holder) -> None:
    """Makes root and leaf where the folder has none."""
    if not (directory / KEY).exists():
        from examd.delivery import certificates

        certificates.make(directory, site)


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
