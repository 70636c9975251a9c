"""The site's signature under a result: given only where the result speaks of the record this server closed.

Before: grading, in its own process, left an unsigned result. After: `tools.verify` checks the signature with the key
that the manifest names. The server signs no bytes it has not read and compared.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank.durable import remove, write_atomically
from bank.refused import BadFile, Denied
from bank.seal import statements
from examd import result
from examd.package.layout import Manifest
from examd.result import RESULT, UNSIGNED


def sign(folder: Path, manifest: Manifest, closing: Mapping[str, str], key: Ed25519PrivateKey) -> None:
    """Signs `folder`/result.unsigned.json. `closing`: hashes of the record, by their names in the result.

    Raises BadFile: when there is no result.
    Raises Denied: when package, rule or closing hashes are not ours.
    """
    try:
        found = result.read(json.loads((folder / UNSIGNED).read_bytes()))
    except (OSError, ValueError, BadFile):
        raise BadFile("result-malformed", field=UNSIGNED) from None
    theirs = {
        "package_id": found.package_id, "rule": found.hashes.rule, "type": found.type,
        **{name: getattr(found.hashes, name) for name in closing},
    }  # fmt: skip
    ours = {"package_id": manifest.package_id, "rule": manifest.rule.sha256, "type": result.KIND, **closing}
    for name, value in ours.items():
        if theirs[name] != value:
            raise Denied("result-of-another-record", field=name)
    write_atomically(folder / RESULT, statements.sign(found.to_json(), key))
    remove(folder / UNSIGNED)
