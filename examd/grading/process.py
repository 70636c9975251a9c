"""The short-lived process that opens the answer keys: a request on standard input, a graded result folder, the end.

It alone at a site ever holds answer keys, after closing, for as long as marking takes. Exit 1 with a JSON refusal on
standard output.

Before: `examd.grading.request.run`. After: `examd.delivery.signing`.
"""

import sys
from pathlib import Path

import msgspec

from bank.refused import Refused
from bank.seal import codes
from bank.seal.locks import Identity
from examd.grading import result
from examd.grading.request import Request, Told
from examd.package import layout
from examd.package import open as opening


def main() -> int:
    """Exit code of the process."""
    try:
        _grade(msgspec.json.decode(sys.stdin.buffer.read(), type=Request))
    except Refused as refused:
        sys.stdout.buffer.write(msgspec.json.encode(Told.of(refused), enc_hook=str))
        return 1
    return 0


def _grade(request: Request) -> None:
    manifest, _ = layout.manifest_in(Path(request.package))
    package = opening.read(Path(request.package), manifest.keys.bureau)
    code = codes.code_identity(request.code, manifest.package_id, 2)
    chief = Identity.from_text(request.chief) if request.chief else None
    answers = opening.unlock(opening.decode_lock(request.lock), layout.ANSWERS, chief, code)
    result.grade(Path(request.result), opening.answers_plaintext(package, answers))


if __name__ == "__main__":
    sys.exit(main())
