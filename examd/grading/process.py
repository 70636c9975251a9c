"""The short-lived process that opens the answer keys: a request on standard input, a graded result folder, the end.

It alone at a site ever holds answer keys, after closing, for as long as marking takes. Secrets come through the pipe:
argv and environment are open to every process of the machine. Exit 1 with a JSON refusal on standard output.

Before: `examd.site.staff_client.grade_session`. After: `examd.delivery.signing`.
"""

import json
import sys
from pathlib import Path

from bank.refused import BadFile, BrokenStore, Refused
from bank.seal import codes
from bank.seal.locks import Identity
from bank.seal.statements import read
from examd.grading import result
from examd.package import layout
from examd.package import open as opening


def main() -> int:
    request = json.loads(sys.stdin.buffer.read())
    try:
        _grade(request)
    except Refused as refused:
        family = (
            "broken" if isinstance(refused, BrokenStore) else "bad-file" if isinstance(refused, BadFile) else "denied"
        )
        json.dump({"code": refused.code, "facts": refused.facts, "family": family}, sys.stdout, default=str)
        return 1
    return 0


def _grade(request: dict[str, str]) -> None:
    directory = Path(request["package"])
    manifest_file = (directory / layout.MANIFEST).read_bytes()
    manifest = layout.read_manifest(read(manifest_file, layout.KIND, name=layout.MANIFEST))
    package = opening.read(directory, manifest.keys.bureau)
    code = codes.code_identity(request["code"], manifest.package_id, 2)
    chief = Identity.from_text(request["chief"])
    answers = opening.unlock(opening.decode_lock(request["lock"]), layout.ANSWERS, chief, code)
    result.grade(Path(request["result"]), opening.answers_plaintext(package, answers))


if __name__ == "__main__":
    sys.exit(main())
