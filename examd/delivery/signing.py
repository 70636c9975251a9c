"""The site's signature under a result: given only where the result speaks of the record this server closed.

Before: grading, in its own process, left an unsigned result. After: `tools.verify` checks the signature with the key
that the manifest names. The server signs no bytes it has not read and compared.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.durable import write_atomically
from bank.refused import BadFile, Denied
from bank.seal import statements
from examd.package.layout import Manifest

UNSIGNED, RESULT, KIND = "result.unsigned.json", "result.json", "examd-result"


def sign(folder: Path, manifest: Manifest, closing: Mapping[str, str], key: Ed25519PrivateKey) -> None:
    """Signs `folder`/result.unsigned.json. Raises Denied where package, rule or closing hashes are not ours."""
    try:
        signed = json.loads((folder / UNSIGNED).read_bytes())
        theirs = {
            "package_id": signed["package_id"], "rule": signed["hashes"]["rule"], "type": signed["type"],
            **{name: signed["hashes"][name] for name in closing},
        }  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError):
        raise BadFile("result-malformed", field=UNSIGNED) from None
    ours = {"package_id": manifest.package_id, "rule": manifest.rule.sha256, "type": KIND, **closing}
    for name, value in ours.items():
        if theirs[name] != value:
            raise Denied("result-of-another-record", field=name)
    write_atomically(folder / RESULT, statements.sign(signed, key), private=True)
    (folder / UNSIGNED).unlink()
