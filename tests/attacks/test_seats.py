"""Whoever runs the site, with its key and the chief examiner's signature at closing, against keys that are on the terminals.

A real room: candidates at the terminals' own client and journal, one of them absent. Then the insider rewrites the record
before it is closed, as well as the site's key allows: chain, tree, checkpoint, marks and papers are all made anew.
"""

import asyncio
import copy
import hashlib
import json
import shutil
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bank import merkle
from bank.canonical import canonical
from examd.delivery import signing
from examd.documents.receipts import read as receipts
from examd.documents.report import Report
from examd.documents.write import write_all
from examd.grading import result as grading
from examd.package import layout
from examd.package import open as opening
from examd.protocol import acts as chain
from examd.record import notes
from examd.site.journals import collect
from tests.examd.served import in_this_process
from tests.examd.toy_session import HandClock, Staffed
from tests.faults.person import Person
from tests.faults.test_kill import started, until
from tools.verify import checks
from tools.verify.case import Asked
from tools.verify.outcome import Status

HERE, ABSENT = 3, 4
"""Candidates 1 to 3 sit; the fourth never came."""
OPENED = 1


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """An honest session: its people, and its graded result. Nothing in it is changed."""
    work = tmp_path_factory.mktemp("held")
    return asyncio.run(_hold(work))


async def _hold(work):
    toy = Staffed(work, candidates=ABSENT)
    async with in_this_process(toy, HandClock(wall_s=int(time.time()))) as site:
        people = [
            Person(
                line.c, site.address, site.trust, site.machine(work / "journals" / f"{line.c}", f"{line.c:02}"),
                line.admission_no, line.id_tail, pace_s=0.02,
            )
            for line in toy.roster[:HERE]
        ]  # fmt: skip
        tasks = [asyncio.create_task(person.sit()) for person in people]
        await started(site, people, HERE)
        await until(lambda: all(len(person.acknowledged) > 12 for person in people))
        for person in people:
            person.enough.set()
        await asyncio.gather(*tasks)
        async with site.desk("closer") as desk:
            result = await site.close_and_grade(desk, [])
        return toy, people, result, work / "journals"


class Insider:
    """A copy of the result, in which the record is changed and everything made anew that the site's key can make."""

    def __init__(self, held, folder):
        self.toy, self.people, honest, self.journals = held
        self.result = folder / "result"
        shutil.copytree(honest, self.result)
        self.lines = (honest / "entries.jsonl").read_bytes().splitlines()
        self.entries = [json.loads(line) for line in self.lines]

    def of(self, type_, c=None):
        return [e for e in self.entries if e["type"] == type_ and c in (None, e["body"].get("c"))]

    def after(self, entry, type_, actor, **body):
        """Puts an entry behind this one, at its time."""
        new = {**copy.deepcopy(entry), "type": type_, "actor": actor, "body": body}
        self.entries.insert(self.entries.index(entry) + 1, new)
        return new

    def heads_anew(self, c):
        """Whatever is said of this candidate's chain follows from the acts as they are now; signatures stay."""
        (start,) = self.of("START", c)
        heads = [chain.first(self.toy.issued.package_id, c, start["body"]["form"])]
        for entry in self.entries:
            body = entry["body"]
            if body.get("c") != c:
                continue
            if entry["type"] == "ANSWER":
                heads.append(
                    chain.answered(heads[-1], body["seq"], body["slot"], tuple(body["choice"]), body["used_ms"])
                )
            elif entry["type"] == "FLAG":
                heads.append(chain.flagged(heads[-1], body["seq"], body["slot"], body["on"]))
            elif entry["type"] == "HAND_IN" and body["seq"]:
                heads.append(chain.handed_in(heads[-1], body["seq"]))
            if entry["type"] in ("SIGNED", "HAND_IN"):
                body["acts"] = heads[body["seq"] if body["seq"] else -1].hex()
        return heads

    def close(self):
        """Signed, graded and printed anew; the opening that the chief examiner signed stays where it can."""
        for idx, entry in enumerate(self.entries):
            entry["idx"] = idx
        lines = [canonical(entry) for entry in self.entries]
        (self.result / "entries.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        manifest, _ = layout.manifest_in(self.result / "package")
        kept = (self.result / "checkpoints.txt").read_text().split(notes.SEPARATOR)
        root = _root(lines)
        body = notes.body(notes.origin(manifest.session.site_id, manifest.session.id), len(lines), root)
        site, chief = self.toy.site, self.toy.chief
        made = notes.note(
            body, notes.sign(body, f"site/{site.card.id}", site.signing_key),
            *(notes.cosign(body, name, chief.signing_key, int(time.time())) for name in (notes.CHIEF, notes.CLOSING)),
        )  # fmt: skip
        (self.result / "checkpoints.txt").write_text(notes.SEPARATOR.join([kept[0], made]))
        head = bytes(32)
        for line in lines:
            head = hashlib.sha256(b"examd/chain/v1" + head + merkle.leaf_hash(line)).digest()
        package = self.toy.read()
        grading.grade(self.result, opening.answers_plaintext(package, self.toy.unlock(package, layout.ANSWERS)))
        hashes = {"closing_chain": head.hex(), "closing_root": root.hex()}
        signing.sign(self.result, manifest, hashes, self.toy.site.signing_key)
        write_all(Report.read(self.result), self.result, "zh")
        return self

    def judged(self, **asked):
        _, outcomes = checks.run(self.result, bytes.fromhex(self.toy.bureau.card.sign), asked=Asked(**asked))
        return {out.name: out for out in outcomes}

    def failed(self, **asked):
        return {name for name, out in self.judged(**asked).items() if out.status is Status.FAILED}


def _root(lines):
    tree = merkle.Tree()
    for line in lines:
        tree.append(merkle.leaf_hash(line))
    return tree.root()


@pytest.fixture
def insider(held, tmp_path):
    return Insider(held, tmp_path)


def test_an_honest_record_passes_with_its_journals_and_receipts(insider):
    out = insider.judged(journals=[insider.journals])
    assert {name for name, each in out.items() if each.status is Status.FAILED} == set()
    for name in ("seat-keys", "seat-chains", "journals", "receipts"):
        assert out[name].status is Status.OK, (name, out[name].failures, out[name].attentions)
    assert insider.close().failed(journals=[insider.journals]) == set()  # it is not the making anew that is noticed
    codes = receipts(insider.result)
    for person in insider.people:
        assert codes[person.c] == person.receipt.code
        assert insider.failed(receipt=person.receipt.code.lower(), candidate=person.number) == set()
    one, two = insider.people[:2]
    assert insider.failed(receipt=one.receipt.code, candidate=two.number) == {"receipts"}
    assert insider.failed(receipt=one.receipt.code[:-1] + "*", candidate=one.number) == {"receipts"}


@pytest.mark.parametrize("well_told", [False, True])
def test_answers_rewritten_to_the_majoritys(insider, well_told):
    majority = {e["body"]["slot"]: e["body"]["choice"] for e in insider.of("ANSWER", 2)}
    changed = []
    for entry in insider.of("ANSWER", 1):
        choice = majority.get(entry["body"]["slot"])
        if choice is not None and choice != entry["body"]["choice"]:
            entry["body"]["choice"] = choice
            changed.append(entry["body"])
    if well_told:
        insider.heads_anew(1)
    person = insider.people[0]
    out = insider.close().judged(journals=[insider.journals], receipt=person.receipt.code, candidate=person.number)
    assert {name for name, each in out.items() if each.status is Status.FAILED} == {
        "seat-chains", "journals", "receipts",
    }  # fmt: skip
    told = [f.facts for f in out["journals"].failures if f.code == "journal_differs"]
    assert {(f["seat"], f["item"]) for f in told} == {("01", body["slot"] + 1) for body in changed}


def test_an_absent_candidate_made_present(insider):
    (absent,) = insider.of("ABSENT", ABSENT)
    insider.entries.remove(absent)
    (sign_in,) = insider.of("SIGN_IN", 2)
    (start,) = insider.of("START", 2)
    package = insider.toy.read()
    form = _form(insider, package)
    free = {
        **sign_in["body"],
        "c": ABSENT,
        "terminal": "04",
        "machine": _machine(insider, "04"),
        "token_sha256": "ab" * 32,
    }
    insider.after(sign_in, "SIGN_IN", "server", **free)
    begun = {"attempt": form.attempt, "c": ABSENT, "form": form.digest, "limit_ms": start["body"]["limit_ms"]}
    insider.after(start, "START", "server", **begun)
    last = insider.of("HAND_IN")[-1]
    for seq in range(1, 8):
        insider.after(
            last, "ANSWER", f"seat:{ABSENT}", c=ABSENT, choice=[0], late=False, seq=8 - seq, slot=8 - seq, used_ms=9
        )
    (close,) = insider.of("CLOSE")
    insider.after(
        insider.of("ANSWER", ABSENT)[-1], "HAND_IN", "server", c=ABSENT, by="server", seq=0, acts="00" * 32,
        form=form.digest,
    )  # fmt: skip
    insider.heads_anew(ABSENT)
    close["body"] |= {"absent": close["body"]["absent"] - 1, "present": close["body"]["present"] + 1}
    close["body"]["handed_in"] += 1
    # The two entries in the middle move what terminals signed after them; the acts of the absent nobody signed.
    out = insider.close().judged()
    sworn = {f.facts["c"] for f in out["seat-chains"].failures if f.code == "act_unsworn"}
    assert sworn == {ABSENT}
    (unsigned,) = [f for f in out["seat-chains"].attentions if f.code == "unsigned" and f.facts["c"] == ABSENT]
    assert unsigned.facts["n"] == 7


def _form(insider, package):
    from bank.composing.assembly import Assembler
    from examd.grading.export import Export

    export = Export.read(insider.result)
    seed = bytes.fromhex(export.state.opened["seed"])
    return Assembler(export.facts, export.rule, seed, package.manifest.draw_session).form(ABSENT)


def _machine(insider, name):
    every = [each for entry in insider.of("TERMINALS") for each in entry["body"]["terminals"]]
    return next(each["machine"] for each in every if each["name"] == name)


def test_a_present_candidate_made_absent(insider):
    (close,) = insider.of("CLOSE")
    insider.entries = [e for e in insider.entries if e["body"].get("c") != 3]
    insider.after(insider.entries[-2], "ABSENT", "server", c=3)
    close["body"] |= {"absent": close["body"]["absent"] + 1, "present": close["body"]["present"] - 1}
    close["body"]["handed_in"] -= 1
    out = insider.close().judged(journals=[insider.journals])
    assert [(f.code, f.facts["seat"], f.facts["c"]) for f in out["journals"].failures if f.facts["c"] == 3] == [
        ("journal_absent", "03", 3)
    ]
    assert out["seat-chains"].status is Status.FAILED  # others signed beside a record with these entries in it


def _acts(insider, c):
    return [e for e in insider.entries if e["type"] in ("ANSWER", "FLAG", "HAND_IN") and e["body"]["c"] == c]


def test_an_answer_dropped_and_the_rest_closed_up(insider):
    acts = _acts(insider, 1)
    insider.entries.remove(acts[5])
    for entry in acts[6:]:
        entry["body"]["seq"] -= 1
    insider.heads_anew(1)
    assert insider.close().failed() == {"seat-chains"}
    assert "journals" in insider.failed(journals=[insider.journals])


def test_two_answers_that_changed_places(insider):
    one, two = _acts(insider, 1)[3:5]
    kept = one["type"], {k: v for k, v in one["body"].items() if k != "seq"}
    one["type"], one["body"] = two["type"], two["body"] | {"seq": one["body"]["seq"]}
    two["type"], two["body"] = kept[0], kept[1] | {"seq": two["body"]["seq"]}
    insider.heads_anew(1)
    assert insider.close().failed() == {"seat-chains"}


@pytest.mark.parametrize("kind", ["HAND_IN", "SIGNED"])
def test_one_seats_signature_at_another_seat(insider, kind):
    theirs, ours = insider.of(kind, 2)[-1]["body"], insider.of(kind, 1)[-1]["body"]
    ours |= {name: theirs[name] for name in ("acts", "root", "sig", "since", "size")}
    out = insider.close().judged()
    assert {name for name, each in out.items() if each.status is Status.FAILED} == {"seat-chains"}
    assert {f.facts["c"] for f in out["seat-chains"].failures} == {1}


def test_a_hand_in_without_a_signature(insider):
    for name in ("acts", "root", "sig", "since", "size"):
        del insider.of("HAND_IN", 1)[-1]["body"][name]
    assert "seat-chains" in insider.close().failed()


def test_a_server_that_hands_in_what_it_likes_says_what_nobody_signed(insider):
    """The newest acts exchanged, and the hand-in the server's own: named, with the items."""
    hand_in = insider.of("HAND_IN", 1)[-1]
    hand_in["actor"] = "server"
    hand_in["body"] = {"acts": "", "by": "server", "c": 1, "form": hand_in["body"]["form"], "seq": 0}
    insider.heads_anew(1)
    out = insider.close().judged(journals=[insider.journals])
    assert "journals" in {name for name, each in out.items() if each.status is Status.FAILED}
    signed = insider.of("SIGNED", 1)[-1]["body"]["seq"]
    (unsigned,) = [f for f in out["seat-chains"].attentions if f.code == "unsigned"]
    assert (unsigned.facts["c"], unsigned.facts["n"]) == (1, len(_acts(insider, 1)) - 1 - signed)


def test_a_terminal_of_ones_own_enrolled_after_the_opening_is_named_with_whoever_sat_there(insider):
    key = Ed25519PrivateKey.generate()
    hand_in = insider.of("HAND_IN", 1)[-1]
    place = insider.entries.index(hand_in)
    signed = insider.of("SIGNED", 1)[-1]["body"]["seq"]
    insider.entries.pop(place)
    before = insider.entries[place - 1]
    named = {"key": key.public_key().public_bytes_raw().hex(), "machine": "fe" * 16, "name": "99"}
    own = insider.after(before, "TERMINALS", "server", terminals=[named])
    admitted = insider.after(own, "ADMIT", "staff:admin", c=1, reason="换机", terminal="99")
    moved = insider.after(
        admitted, "SIGN_IN", "server", again=True, c=1, machine="fe" * 16, terminal="99", token_sha256="cd" * 32
    )
    (start,) = insider.of("START", 1)
    form, seq = start["body"]["form"], hand_in["body"]["seq"]
    lines = [canonical({**entry, "idx": idx}) for idx, entry in enumerate(insider.entries)]
    size = insider.entries.index(moved)
    root, since = _root(lines[:size]).hex(), seq - 1
    sworn = insider.after(moved, "SIGNED", "seat:1", acts="", c=1, root=root, seq=since, sig="", since=since, size=size)
    insider.after(
        sworn, "HAND_IN", "seat:1", acts="", by="candidate", c=1, form=form, root=root, seq=seq, sig="", since=since,
        size=size,
    )  # fmt: skip
    insider.heads_anew(1)
    for body in (insider.of("SIGNED", 1)[-1]["body"], insider.of("HAND_IN", 1)[-1]["body"]):
        said = chain.Vouched(
            insider.toy.issued.package_id, 1, form, body["since"], body["seq"], body["acts"], size, root
        )
        body["sig"] = key.sign(said.message).hex()
    insider.people[1:] = []
    out = insider.close().judged(journals=[insider.journals])
    (late,) = out["seat-keys"].attentions
    assert (late.code, late.facts["name"], late.facts["candidates"]) == ("key_late", "99", [1])
    assert signed < seq
    assert "journals" in {
        name for name, each in out.items() if each.status is Status.FAILED
    }  # its own hand-in is not there


def test_a_record_that_names_no_keys_although_its_package_asks_for_them(insider):
    insider.entries = [e for e in insider.entries if e["type"] not in ("TERMINALS", "SIGNED")]
    for entry in insider.of("HAND_IN"):
        for name in ("acts", "root", "sig", "since", "size", "form"):
            entry["body"].pop(name, None)
    assert "seat-keys" in insider.close().failed()


def test_journals_in_the_result_are_held_against_it_and_none_may_be_altered(insider):
    numbers = [person.number for person in insider.people]
    done = collect(insider.result, insider.toy.issued.package_id, [insider.journals], numbers)
    assert (len(done.names), done.missing) == (HERE, ())
    assert insider.failed() == set()
    again = collect(insider.result, insider.toy.issued.package_id, [insider.journals], [*numbers, "9"])
    assert (again.names, again.missing) == (done.names, ("9",))
    path = done.folder / done.names[0]
    path.write_bytes(path.read_bytes()[:-40])
    assert insider.failed() == {"journals"}
    path.unlink()
    assert insider.failed() == {"journals"}
