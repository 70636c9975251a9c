"""Once for a run: an office that can issue, a site that can hold a session."""

from pathlib import Path

import pytest

from bank.content import Content, ItemType, Option
from bank.item import AnswerKey, Item
from bank.store import Bank
from examd import holders
from examd.bureau.office import Office
from tests.examd.toy_session import Staffed
from tests.faults.steps import WORD


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    """An office with a bank, and the holders that issuing needs."""
    model = tmp_path_factory.mktemp("office")
    made, issuer = Office.create(model / "office", "B-1", "局", WORD)
    options = tuple(map(Option, "甲乙丙丁"))
    items = [Item(Content(ItemType.SINGLE, f"第 {n} 题", options), AnswerKey((0,)), "1", p4=7_000) for n in range(20)]
    with Bank.create(model / "bank", WORD, sample=True) as made_bank:
        made_bank.drafts.add(items, approve_as_sample=True)
    cards = [
        holders.create(tmp_path_factory.mktemp(role), role, "X-1", "某某", WORD).card for role in ("site", "chief")
    ]
    return model, issuer, *cards


@pytest.fixture(scope="session")
def commissioned(tmp_path_factory) -> tuple[Staffed, Path]:
    model = tmp_path_factory.mktemp("commissioned")
    toy = Staffed(model, candidates=3)
    return toy, model
