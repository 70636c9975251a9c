"""The server's end of TLS: its certificate where it has one, made where it has none; version 1.3 and nothing older.

Before: commissioning, or a first start; `certificates` makes what is missing. After: `server` listens with the context.
"""

import ssl
from pathlib import Path

from bank.durable import write_atomically
from bank.seal import locks
from bank.seal.locks import Identity
from examd import clock
from examd.holders import Holder

FILES = ROOT, CERTIFICATE, KEY = "root.pem", "tls.pem", "tls.age"


def ensure(directory: Path, site: Holder) -> None:
    """Makes root and leaf where the folder has none, and seals the leaf's key to the site."""
    if not (directory / KEY).exists():
        from examd.delivery import certificates

        made = certificates.make(site.card.id, clock.utc_now())
        write_atomically(directory / ROOT, made.root, private=False)
        write_atomically(directory / CERTIFICATE, made.certificate)
        write_atomically(directory / KEY, locks.seal(made.key, [site.card.age]), private=True)


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
