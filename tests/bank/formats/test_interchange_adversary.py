"""Interchange files by chance with known truth: the key is the right text, or the row is refused or remarked."""

import pytest

from bank import formats
from bank.formats import archive, conservation, spelling
from bank.refused import BadFile
from tests.bank.formats import interchange_adversary as adversary

DOUBTS = frozenset({"number-before-stem", "own-letter-left", "option-may-hold-next"})
"""Remarks by which a value may be another: whoever reads them looks at it."""
SUFFIX = {"gift": ".gift", "aiken": ".aiken", "moodle": ".xml", "qti": ".zip"}


def read(folder, kind, seed):
    """(truths, what was read, the file's bytes)."""
    made = getattr(adversary, kind)(seed)
    found, data = made[0], made[1]
    if kind == "qti":
        data = archive.written(data)
    path = folder / f"t{SUFFIX[kind]}"
    path.write_bytes(data)
    return found, formats.read(path), data


def plain(text):
    for gap in ("（　）", "（  ）", "（ ）", "（）"):
        text = text.replace(gap, "")
    return "".join(spelling.half_width(text).split()).strip(".。;；,，、")


def wrong(found, result):
    """What was read as something else than it is, with nothing said; and what neither an item nor the report holds."""
    doubted = {(each.sheet, each.row) for each in result.remarks if each.reason in DOUBTS}
    told = {(each.sheet, each.row) for each in result.remarks}
    counted = any(each.reason == "number-before-stem" for each in result.remarks)
    seen = set()
    for place, item in zip(result.places, result.items, strict=True):
        texts = [option.text for option in item.content.options]
        held = [truth for truth in found if truth.name in item.content.stem]
        if len(held) != 1:
            yield place.row, "whose", item.content.stem
            continue
        (truth,) = held
        seen.add(truth.name)
        if (place.sheet, place.row) in doubted:
            continue
        right = {plain(texts[index]) for index in item.answer_key.correct}
        if right != set(map(plain, truth.right)):
            yield place.row, "key", texts, right, truth.right
        elif truth.kind != "truefalse" and sorted(map(plain, texts)) != sorted(map(plain, truth.options)):
            yield place.row, "options", texts, truth.options
        elif plain(item.content.stem) != plain(truth.stem) and not counted:
            yield place.row, "stem", item.content.stem, truth.stem
        elif conservation.bare(item.explanation) != conservation.bare(truth.explanation):
            yield place.row, "explanation", item.explanation, truth.explanation
        elif truth.lost and (place.sheet, place.row) not in told:
            yield place.row, "lost", truth.lost
        elif truth.kind != "truefalse" and truth.fixed and len(item.locked) != len(texts):
            yield place.row, "not locked", texts
    if len(seen) + len(result.refused) < len(found):
        yield 0, "gone", len(found), len(seen), len(result.refused)


@pytest.mark.parametrize("block", range(4))
@pytest.mark.parametrize("kind", sorted(SUFFIX))
def test_no_interchange_file_gives_a_wrong_value_without_a_word(tmp_path, kind, block):
    taken = 0
    for seed in range(block * 50, block * 50 + 50):
        try:
            found, result, _data = read(tmp_path, kind, seed)
        except BadFile:
            continue
        taken += len(result.items)
        assert list(wrong(found, result)) == [], seed
    assert taken > 40


def test_a_package_tells_of_items_that_its_manifest_does_not_name(tmp_path):
    found, parts = adversary.qti(3)
    manifest, *items = parts
    named = b'<resource identifier="r1" type="imsqti_item_xmlv2p2" href="items/i1.xml"/>'
    head = b'<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" identifier="m"><resources>'
    path = tmp_path / "t.zip"
    more = [*items, ("items/i7.xml", items[0][1]), ("notes.xml", b"<notes>assessmentItem</notes>")]
    path.write_bytes(archive.written([(manifest[0], head + named + b"</resources></manifest>"), *more]))
    result = formats.read(path)
    assert {each.sheet for each in (*result.places, *result.refused)} == {"items/i1.xml"}
    unnamed = [each.sheet for each in result.remarks if each.reason == "item-not-in-manifest"]
    assert unnamed == [name for name, _data in sorted(more[1:]) if name != "notes.xml"]
