"""What holds the record together: chain, tree, checkpoints, and commitments made before a choice."""

from . import merkle, notes
from .case import RECORD_LIMIT, Case
from .draw import commitment, seed_of, session_string
from .issued import CHECKPOINTS, MANIFEST
from .outcome import Outcome
from .record import FILE, chained, leaves_of
from .witness import CHIEF, CLOSING


def chain(case: Case, out: Outcome) -> None:
    """Chain and tree over the lines as they stand, against the heads that the result claims."""
    data = case.bytes_of(FILE, out, RECORD_LIMIT)
    if data is None:
        return
    leaves = leaves_of(data)
    case.tree = merkle.Tree(leaves)
    case.chain = chained(leaves).hex()
    claimed = case.result["hashes"]
    for name, found in (("closing_root", case.tree.root().hex()), ("closing_chain", case.chain)):
        out.compare("hash", f"result.json hashes.{name}", claimed[name], found)
    out.note("heads", root=case.tree.root().hex(), chain=case.chain)


def checkpoints(case: Case, out: Outcome) -> None:
    """Each checkpoint names a size and root that the record had, signed by the site."""
    data = case.bytes_of(CHECKPOINTS, out)
    if data is None:
        return
    session = case.manifest["session"]
    origin = f"examd/{session['site_id']}/{session['id']}"
    good: list[tuple[str, notes.Checkpoint]] = []
    size = 0
    for line, raw in notes.split(data):
        place = f"{CHECKPOINTS}:{line}"
        try:
            checkpoint = notes.read(raw)
        except notes.BadNote as error:
            out.fail(str(error), place)
            continue
        good.append((place, checkpoint))
        out.compare("differs", f"{place} origin", checkpoint.origin, origin)
        if checkpoint.size < size:
            out.fail("checkpoint_order", place, found=checkpoint.size, before=size)
        size = max(size, checkpoint.size)
        if checkpoint.size > case.tree.size:
            out.fail("checkpoint_size", place, found=checkpoint.size, entries=case.tree.size)
        elif checkpoint.root != case.tree.root(checkpoint.size):
            expected = case.tree.root(checkpoint.size).hex()
            out.fail("checkpoint_root", place, size=checkpoint.size, found=checkpoint.root.hex(), expected=expected)
    if not good:
        out.fail("no_checkpoint", CHECKPOINTS)
    case.checkpoints = good
    out.note("counted", n=len(good))


def checkpoint_signatures(case: Case, out: Outcome) -> None:
    name, key = f"site/{case.manifest['session']['site_id']}", bytes.fromhex(case.manifest["keys"]["site"])
    for place, checkpoint in case.checkpoints:
        if not checkpoint.signed_by(name, key):
            out.fail("signature", place, who=name, key=key.hex())


def cosignatures(case: Case, out: Outcome) -> None:
    """The chief examiner saw the opening before any form was drawn, and the closing with every entry in it."""
    key = bytes.fromhex(case.manifest["keys"]["chief"])
    signed = []
    for place, checkpoint in case.checkpoints:
        if checkpoint.cosigned_by(CHIEF, key):
            signed.append(checkpoint.size)
        for name in (CHIEF, CLOSING):
            if checkpoint.claims(name) and not checkpoint.cosigned_by(name, key):
                out.fail("signature", place, who=name, key=key.hex())
    opens, starts = case.record.of("OPEN"), case.record.of("START")
    if opens:
        first, before = opens[0].line, starts[0].line if starts else case.record.lines + 1
        if not any(first <= size < before for size in signed):
            out.fail("opening_unsigned", CHECKPOINTS, first=first, before=before)


def closing_checkpoint(case: Case, out: Outcome) -> None:
    """The last checkpoint covers the whole record and bears the signatures of site and chief examiner."""
    key = bytes.fromhex(case.manifest["keys"]["chief"])
    if not case.checkpoints:
        out.fail("no_checkpoint", CHECKPOINTS)
        return
    place, last = case.checkpoints[-1]
    if last.size != case.tree.size:
        out.fail("closing_short", place, found=last.size, entries=case.tree.size)
    # A record whose OPEN says how often it is co-signed has a name of its own for the one that closes.
    names = {CHIEF, CLOSING} if any("cosign_s" in entry.body for entry in case.record.of("OPEN")) else {CHIEF}
    for name in sorted(names):
        if not any(each.size == case.tree.size and each.cosigned_by(name, key) for _, each in case.checkpoints):
            out.fail("closing_unsigned", place, who=name)
    for where, each in case.checkpoints:
        if each.size != case.tree.size and each.claims(CLOSING):
            out.fail("closing_early", where, size=each.size, entries=case.tree.size)


def commitments(case: Case, out: Outcome) -> None:
    """Bureau and room were bound to their shares before either was shown; the seed is what the shares make."""
    prepares, opens = case.record.of("PREPARE"), case.record.of("OPEN")
    for type_, found in (("PREPARE", prepares), ("OPEN", opens)):
        if len(found) != 1:
            out.fail("not_once", FILE, type=type_, n=len(found))
    if not prepares or not opens:
        return
    prepare, opening, manifest = prepares[-1], opens[0], case.manifest
    case.opening = opening
    if prepare.line > opening.line:
        out.fail("prepare_late", prepare.place, open=opening.line)
    sha256 = case.sha256_of(MANIFEST, out)
    for name, value in (("manifest_sha256", sha256), ("package_id", manifest["package_id"])):
        out.compare("differs", f"{prepare.place} {name}", prepare.body[name], value)
    for name, value in (
        ("pool_root", manifest["pool"]["root"]),
        ("rule_sha256", manifest["rule"]["sha256"]),
        ("roster_sha256", manifest["roster"]["sha256"]),
    ):
        out.compare("differs", f"{opening.place} {name}", opening.body[name], value)
    session = session_string(manifest)
    root, rule = bytes.fromhex(manifest["pool"]["root"]), bytes.fromhex(manifest["rule"]["sha256"])
    shares = {"bureau": bytes.fromhex(opening.body["bureau_r"]), "room": bytes.fromhex(opening.body["room_r"])}
    made = {party: commitment(session, party, root, rule, share) for party, share in shares.items()}
    for party, claimed in (("bureau", manifest["seed_commit"]["bureau"]), ("room", prepare.body["room_commit"])):
        if made[party].hex() != claimed:
            out.fail("commitment", f"{opening.place} {party}_r", party=party, expected=claimed)
    case.seed = seed_of(session, root, rule, made, shares)
    out.compare("differs", f"{opening.place} seed", opening.body["seed"], case.seed.hex())
