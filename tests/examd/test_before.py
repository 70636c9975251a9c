"""Files that an earlier version wrote, in `before/`, are read, and written again byte for byte as they were."""

import json
from pathlib import Path

import msgspec
import pytest

from bank.canonical import canonical
from bank.seal import locks, statements
from examd import result
from examd.holders import Card, Holder
from examd.site.folder import SiteFolder
from examd.site.rules_seen import RulesSeen
from tests.examd.toy_session import holder

BEFORE = Path(__file__).with_name("before")


def test_a_result_reads_and_writes_the_bytes_that_a_site_signed():
    file = (BEFORE / "result.json").read_bytes()
    read = result.read(statements.read(file, result.KIND, name="result.json"))
    assert (len(read.candidates), read.total.institution, read.session.mock) == (8, "", True)
    signatures = json.loads(file)["signatures"]
    assert canonical({"signed": read.to_json(), "signatures": signatures}) == file


def test_what_the_supervisor_hands_over_is_the_same():
    file = (BEFORE / "holder.json").read_bytes()
    assert Holder.from_secret_bytes(file).secret_bytes() == file


def test_a_card_is_the_same(tmp_path):
    file = (BEFORE / "bureau.card.json").read_bytes()
    Card.read(BEFORE / "bureau.card.json", "site").write(tmp_path)
    assert (tmp_path / "site.card.json").read_bytes() == file


@pytest.mark.parametrize(("name", "opened"), [("prepared", False), ("opened", True)])
def test_the_secrets_of_a_session_are_the_same(tmp_path, name, opened):
    plain, site, folder = (BEFORE / f"secrets.{name}.json").read_bytes(), holder("site"), SiteFolder(tmp_path)
    (tmp_path / "secrets.age").write_bytes(locks.seal(plain, [site.card.age]))
    read = folder.read_secrets(tmp_path, site)
    assert (read.items is not None, read.roster is not None) == (opened, opened)
    assert read.record_key == bytes(range(32))
    folder.write_secrets(tmp_path, read, site)
    assert locks.unseal((tmp_path / "secrets.age").read_bytes(), site.identity, what="secrets.age") == plain


def test_what_a_site_has_seen_of_the_rules_is_the_same():
    file = (BEFORE / "rules.seen.json").read_bytes()
    seen = msgspec.json.decode(file, type=RulesSeen)
    assert len(seen.officers) == 2 and seen.rules["TOY"].keys() == {"1", "2"}
    assert canonical(msgspec.to_builtins(seen)) == file
