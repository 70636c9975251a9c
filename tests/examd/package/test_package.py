"""The sealed package: opened by the right people in turn, and by nobody else; nothing in it can be changed unseen."""

import hashlib
import json
import os
import secrets
import shutil
from datetime import UTC, datetime

import pytest

from bank.canonical import canonical
from bank.refused import BadFile, Denied
from bank.seal import codes, locks, statements
from examd.package import layout
from examd.package import open as opening
from examd.package import seed as seeding
from examd.package.issue import issue
from examd.site.folder import SiteFolder
from tests.examd.toy_session import N_ITEMS, Toy, bank_items, holder, toy_roster, toy_rule

PARTS = ("answers.age", "answers.lock", "items.age", "items.lock", "roster.age", "roster.lock", "rule.json")


def refusal(function, *args, **kwargs):
    with pytest.raises((BadFile, Denied)) as caught:
        function(*args, **kwargs)
    return caught.value


@pytest.fixture
def copied(issued, tmp_path):
    """(toy, a copy of its package that a test may spoil)."""
    directory = tmp_path / "PKG"
    shutil.copytree(issued.directory, directory)
    return issued, directory


def signed_again(directory, toy, change):
    """The manifest with `change` made to it, honestly signed by the bureau: what only an insider could do."""
    manifest = json.loads((directory / layout.MANIFEST).read_bytes())["signed"]
    change(manifest)
    (directory / layout.MANIFEST).write_bytes(statements.sign(manifest, toy.bureau.signing_key))


# ---- the way through ------------------------------------------------------------------------------------------


def test_what_was_issued_is_what_is_opened(issued):
    package = issued.read()
    assert opening.roster(package, issued.unlock(package, layout.ROSTER)) == issued.roster
    items = opening.items(package, issued.unlock(package, layout.ITEMS))
    assert {f.id for f in items.facts} == {item.id for item in issued.items if item.id in items.content}
    assert len(items.facts) == issued.issued.pool_size >= N_ITEMS
    for item in issued.items:
        if item.id in items.content:
            assert items.content[item.id] == item.content
    answers = opening.answers_plaintext(package, issued.unlock(package, layout.ANSWERS))
    for record in map(json.loads, answers.splitlines()):
        assert tuple(record["correct"]) == issued.answer_keys[record["id"]].correct
    assert package.rule == issued.rule


def test_each_plaintext_is_what_the_manifest_committed_to(issued):
    package = issued.read()
    manifest = package.manifest
    for part, reference in (
        (layout.ROSTER, manifest.roster), (layout.ITEMS, manifest.items), (layout.ANSWERS, manifest.answers)
    ):  # fmt: skip
        sealed = layout.part_path(package.directory, part).read_bytes()
        plaintext = locks.unseal(sealed, issued.unlock(package, part), what=part)
        assert hashlib.sha256(plaintext).hexdigest() == reference.sha256
        assert locks.unseal(sealed, issued.archive, what=part) == plaintext  # the archive opens it years later
        for line in plaintext.splitlines():
            assert canonical(json.loads(line)) == line


def test_the_items_part_holds_nothing_of_the_answer_keys(tmp_path):
    toy = Toy(tmp_path, mark="CANARY")
    package = toy.read()
    items = locks.unseal((toy.directory / "items.age").read_bytes(), toy.unlock(package, layout.ITEMS), what="items")
    answers = opening.answers_plaintext(package, toy.unlock(package, layout.ANSWERS))
    assert b"CANARY" not in items
    assert b"correct" not in items
    assert "解析".encode() not in items
    for record in map(json.loads, answers.splitlines()):
        assert record["salt"].encode() not in items
        assert record["id"].encode() in items  # they speak of the same items all the same


def test_the_release_codes_stand_nowhere_in_the_package(issued):
    everything = b"".join(path.read_bytes() for path in sorted(issued.directory.iterdir()))
    for code in (issued.issued.code_1, issued.issued.code_2):
        assert code.encode() not in everything
        assert codes.digits_of(code).encode() not in everything
        assert code not in repr(issued.issued)


def test_two_issues_of_one_session_share_no_secret(tmp_path):
    first, second = Toy(tmp_path), None
    second = first.issue("T-2")
    assert first.issued.package_id != second.package_id
    assert first.issued.code_1 != second.code_1 != second.code_2
    assert (first.directory / "items.age").read_bytes() != (second.directory / "items.age").read_bytes()


# ---- who may open ---------------------------------------------------------------------------------------------


def test_another_sites_key_does_not_take_off_the_first_layer(issued):
    other = holder("site")
    for part in layout.SEALED_PARTS:
        refused = refusal(opening.middle_lock, issued.read(), part, other.identity)
        assert (refused.code, refused.facts["what"]) == ("lock", f"{part}/site")


def test_another_chief_examiner_does_not_take_off_the_second(issued):
    package, other = issued.read(), holder("chief")
    middle = opening.middle_lock(package, layout.ITEMS, issued.site.identity)
    code = codes.code_identity(issued.issued.code_1, package.manifest.package_id, 1)
    for wrong in (other.identity, issued.site.identity, code):
        assert refusal(opening.unlock, middle, layout.ITEMS, wrong, code).facts["what"] == "items/chief"


def test_a_wrong_code_does_not_take_off_the_third_and_code_1_never_opens_the_answers(issued):
    package = issued.read()
    package_id = package.manifest.package_id
    one, two = issued.issued.code_1, issued.issued.code_2
    for part, wrong in (
        (layout.ITEMS, codes.code_identity(codes.new_code(), package_id, 1)),
        (layout.ITEMS, codes.code_identity(two, package_id, 2)),
        (layout.ITEMS, codes.code_identity(one, "0" * 32, 1)),
        (layout.ITEMS, codes.code_identity(one, package_id, 2)),
        (layout.ANSWERS, codes.code_identity(one, package_id, 1)),
        (layout.ANSWERS, codes.code_identity(one, package_id, 2)),
        (layout.ANSWERS, codes.code_identity(two, package_id, 1)),
    ):
        middle = opening.middle_lock(package, part, issued.site.identity)
        assert refusal(opening.unlock, middle, part, issued.chief.identity, wrong).facts["what"] == f"{part}/code"


def test_without_its_code_the_items_lock_stays_shut(issued):
    middle = opening.middle_lock(issued.read(), layout.ITEMS, issued.site.identity)
    assert refusal(opening.unlock, middle, layout.ITEMS, issued.chief.identity, None).code in (
        "lock-content",
        "identity-malformed",
    )


def test_what_opens_one_part_opens_no_other(issued):
    package = issued.read()
    opened = {part: issued.unlock(package, part) for part in layout.SEALED_PARTS}
    readers = {layout.ROSTER: opening.roster, layout.ITEMS: opening.items, layout.ANSWERS: opening.answers_plaintext}
    for part, read in readers.items():
        for other in set(layout.SEALED_PARTS) - {part}:
            assert refusal(read, package, opened[other]).code == "lock"


# ---- a package in hostile hands -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_was_altered_shortened_or_lengthened_is_named(copied, name):
    toy, directory = copied
    data = (directory / name).read_bytes()
    for spoiled in (data[:-1] + bytes([data[-1] ^ 1]), b"X" + data[1:], data[:-1], data + b"\n", b""):
        (directory / name).write_bytes(spoiled)
        refused = refusal(opening.read, directory, toy.bureau.card.sign)
        assert (refused.code, refused.facts["file"]) == ("part-altered", name)


@pytest.mark.parametrize("name", [*PARTS, "manifest.json"])
def test_a_missing_part_is_named(copied, name):
    toy, directory = copied
    (directory / name).unlink()
    refused = refusal(opening.read, directory, toy.bureau.card.sign)
    assert refused.code == ("file-unreadable" if name == "manifest.json" else "part-missing")
    assert name in refused.facts["file"]


@pytest.mark.parametrize("name", ["x", ".hidden", "answers.json", "items.age.part", "folder/"])
def test_anything_beside_the_listed_parts_is_named(copied, name):
    toy, directory = copied
    (directory / name).mkdir() if name.endswith("/") else (directory / name).write_bytes(b"")
    refused = refusal(opening.read, directory, toy.bureau.card.sign)
    assert (refused.code, refused.facts["file"]) == ("part-extra", name.rstrip("/"))


def test_parts_swapped_among_themselves_are_named(copied):
    toy, directory = copied
    for suffix in ("age", "lock"):
        a, b = directory / f"items.{suffix}", directory / f"answers.{suffix}"
        a_data, b_data = a.read_bytes(), b.read_bytes()
        a.write_bytes(b_data)
        b.write_bytes(a_data)
        assert refusal(opening.read, directory, toy.bureau.card.sign).code == "part-altered"


def test_a_part_of_another_package_of_the_same_bureau_is_named(copied, tmp_path):
    toy, directory = copied
    other = Toy(tmp_path / "other", bureau=toy.bureau, site=toy.site, chief=toy.chief)
    shutil.copy(other.directory / "items.age", directory / "items.age")
    assert refusal(opening.read, directory, toy.bureau.card.sign).facts["file"] == "items.age"


def test_a_package_of_another_bureau_is_refused_whoever_it_names(copied):
    toy, directory = copied
    other = holder("bureau")
    assert refusal(opening.read, directory, other.card.sign).code == "signature"
    manifest = json.loads((directory / layout.MANIFEST).read_bytes())["signed"]
    (directory / layout.MANIFEST).write_bytes(statements.sign(manifest, other.signing_key))  # still names the first
    assert refusal(opening.read, directory, toy.bureau.card.sign).code == "signature"
    assert refusal(opening.read, directory, other.card.sign).code == "signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["session"].update(mock=False),
        lambda m: m["session"].update(site_id="S-2"),
        lambda m: m["keys"].update(chief="00" * 32),
        lambda m: m["seed_commit"].update(bureau="00" * 32),
        lambda m: m["parts"].pop(),
        lambda m: m.update(package_id="0" * 32),
        lambda m: m.update(extra=1),
    ],
)
def test_a_manifest_with_one_thing_changed_is_refused_by_its_signature(copied, change):
    toy, directory = copied
    document = json.loads((directory / layout.MANIFEST).read_bytes())
    change(document["signed"])
    (directory / layout.MANIFEST).write_bytes(canonical(document))
    assert refusal(opening.read, directory, toy.bureau.card.sign).code == "signature"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda m: m.update(v=2), "manifest-version"),
        (lambda m: m.update(type="examd-result"), "statement-type"),
        (lambda m: m.update(extra=1), "manifest-malformed"),
        (lambda m: m["session"].pop("mock"), "manifest-malformed"),
        (lambda m: m["parts"].__setitem__(0, "x"), "manifest-malformed"),
        (lambda m: m["parts"].pop(0), "part-unlisted"),
        (lambda m: m["parts"].append({"bytes": 0, "name": "../../etc/passwd", "sha256": "00" * 32}), "part-name"),
        (lambda m: m["session"].update(id="../../victim"), "session-name"),
        (lambda m: m["session"].update(id=""), "session-name"),
        (lambda m: m["session"].update(site_id="a/b"), "session-name"),
        (lambda m: m.update(package_id="../" * 10 + "xy"), "package-id-malformed"),
        (lambda m: m["rule"].update(sha256="00" * 32), "rule-hash"),
        (lambda m: m["keys"].update(bureau="00" * 32), "signature"),
    ],
)
def test_a_manifest_that_is_signed_and_makes_no_sense_is_refused_by_what_is_wrong(copied, change, code):
    toy, directory = copied
    signed_again(directory, toy, change)
    assert refusal(opening.read, directory, toy.bureau.card.sign).code == code


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\x00" * 100, b"{" * 100_000, b'{"signed":' + b"[" * 100_000])
def test_a_manifest_that_is_garbage_is_refused_in_words(copied, data):
    toy, directory = copied
    (directory / layout.MANIFEST).write_bytes(data)
    assert refusal(opening.read, directory, toy.bureau.card.sign).code == "statement-malformed"


def test_a_manifest_of_a_gigabyte_is_not_read_into_memory(copied):
    toy, directory = copied
    with (directory / layout.MANIFEST).open("wb") as stream:
        stream.truncate(1 << 30)
    assert refusal(opening.read, directory, toy.bureau.card.sign).code == "file-too-large"


@pytest.mark.parametrize("name", [layout.MANIFEST, layout.RULE, "items.age"])
@pytest.mark.parametrize("trap", ["pipe", "endless", "elsewhere", "folder"])
@pytest.mark.timeout(60)
def test_what_is_no_ordinary_file_is_neither_waited_for_nor_read(copied, tmp_path, name, trap):
    toy, directory = copied
    target = (directory / name).rename(tmp_path / "moved")
    match trap:
        case "pipe":
            os.mkfifo(directory / name)
        case "endless":
            (directory / name).symlink_to("/dev/zero")
        case "elsewhere":  # even to the very bytes that were issued
            (directory / name).symlink_to(target)
        case "folder":
            (directory / name).mkdir()
    refused = refusal(opening.read, directory, toy.bureau.card.sign)
    assert (refused.code, refused.facts["file"]) == ("file-irregular", name)


def test_a_site_takes_over_the_listed_files_and_no_other(copied, tmp_path):
    toy, directory = copied
    package = opening.read(directory, toy.bureau.card.sign)
    (directory / "autorun.inf").write_bytes(b"x")  # what came after the check
    site = SiteFolder(tmp_path / "site")
    folder = site.adopt(package, "T-1")
    assert {path.name for path in (folder / "package").iterdir()} == {*PARTS, layout.MANIFEST}
    assert opening.read(folder / "package", toy.bureau.card.sign).manifest_sha256 == package.manifest_sha256
    (directory / "items.age").unlink()
    os.mkfifo(directory / "items.age")
    assert refusal(site.adopt, package, "T-1").code == "file-irregular"


@pytest.mark.parametrize("name", ["PKG-nowhere", "PKG/items.age"])
def test_a_path_that_is_no_package_is_refused_in_words(copied, tmp_path, name):
    toy, _ = copied
    assert refusal(opening.read, tmp_path / name, toy.bureau.card.sign).code == "file-unreadable"


def test_a_part_rolled_back_under_a_manifest_of_today_is_refused_by_its_commitment(copied):
    """The bureau signs a list of older parts: digests agree, what is inside does not."""
    toy, directory = copied
    signed_again(directory, toy, lambda m: m["items"].update(sha256="00" * 32))
    package = opening.read(directory, toy.bureau.card.sign)
    refused = refusal(opening.items, package, toy.unlock(package, layout.ITEMS))
    assert (refused.code, refused.facts["what"]) == ("part-commitment", layout.ITEMS)
    signed_again(directory, toy, lambda m: m["answers"].update(sha256="11" * 32))
    package = opening.read(directory, toy.bureau.card.sign)
    assert refusal(opening.answers_plaintext, package, toy.unlock(package, layout.ANSWERS)).code == "part-commitment"


def test_a_pool_that_is_not_the_one_named_is_refused(copied):
    toy, directory = copied
    signed_again(directory, toy, lambda m: m["pool"].update(root="00" * 32))
    package = opening.read(directory, toy.bureau.card.sign)
    assert refusal(opening.items, package, toy.unlock(package, layout.ITEMS)).code == "pool-root"


# ---- the seed -------------------------------------------------------------------------------------------------


def test_the_seed_needs_both_shares_and_each_must_open_its_commitment(issued):
    package = issued.read()
    bureau_r = opening.items(package, issued.unlock(package, layout.ITEMS)).bureau_r
    room_r = bytes(32)
    committed = seeding.room_commit(package.manifest, room_r)
    seed = seeding.session_seed(package.manifest, bureau_r, room_r, committed)
    assert len(seed) == 32
    for bureau, room, party in ((bytes(32), room_r, "bureau"), (bureau_r, b"\1" * 32, "room")):
        refused = refusal(seeding.session_seed, package.manifest, bureau, room, committed)
        assert (refused.code, refused.facts) == ("seed-commitment", {"party": party})
    other = seeding.session_seed(
        package.manifest, bureau_r, b"\1" * 32, seeding.room_commit(package.manifest, b"\1" * 32)
    )
    assert other != seed


# ---- issuing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"date": "21.11.2026"}, "session-date"),
        ({"date": "2025-12-31"}, "rule-not-yet-in-force"),
        ({"id": "../../etc"}, "session-name"),
        ({"id": ""}, "session-name"),
        ({"id": "x" * 65}, "session-name"),
        ({"roster": []}, "roster-empty"),
        ({"roster": [*toy_roster(2), toy_roster(2)[1]]}, "roster-twice"),
    ],
)
def test_what_does_not_fit_together_is_not_issued(issued, tmp_path, change, code):
    session = {"id": "T-9", "name": "场", "date": "2026-11-21", "site_id": "S-1", "site_name": "点", "mock": True}
    session |= {name: value for name, value in change.items() if name in session}
    refused = refusal(
        issue, tmp_path / "out", session=layout.Session(**session), rule=toy_rule(), items=bank_items(issued.items),
        contents=lambda ids: {i.id: i.content for i in issued.items if i.id in set(ids)},
        answer_keys=lambda ids: {i: issued.answer_keys[i] for i in ids}, roster=change.get("roster", issued.roster),
        bureau=issued.bureau, site=issued.site.card, chief=issued.chief.card, archive_age=issued.archive.recipient,
        issued_at=datetime.now(UTC), random_bytes=secrets.token_bytes,
    )  # fmt: skip
    assert refused.code == code
    assert not (tmp_path / "out").exists()
