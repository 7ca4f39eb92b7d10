"""Counts: they add up over stages, shards and rules, or the run stops."""

from __future__ import annotations

import pytest

from corpusprep import Document, Drop, Edit
from corpusprep.core import Change
from corpusprep.report import LedgerError, Tally, characters


def tally_of(*docs):
    tally = Tally(["repair", "boilerplate", "quality"])
    for doc, length in docs:
        tally.add(doc, length)
    return tally


def repaired():
    change = Change("repair", [Edit(0, 5, "你好", "mojibake")], ["ä½ å¥"])
    return Document("1", "你好，世界", history=[change]), 8


def rejected():
    doc = Document(
        "2", "短", history=[Change("boilerplate", [Edit(1, 4, "", "login")], ["登录\n"])]
    )
    doc.dropped = ("quality", Drop("too-short"))
    return doc, 4


def unread():
    doc = Document("3", "{broken")
    doc.dropped = ("read", Drop("broken-json"))
    return doc, 7


def test_totals_hold_over_kept_and_rejected_documents():
    tally = tally_of(repaired(), rejected(), unread())
    assert characters(tally.as_dict()) == {
        "in": 19,
        "out": 5,
        "removed": 6,
        "inserted": 0,
        "replaced": 2,
        "rejected": 8,
    }


def test_counts_of_two_shards_are_those_of_one():
    together = tally_of(repaired(), rejected(), unread(), repaired())
    apart = tally_of()
    apart.merge(tally_of(repaired(), rejected()).as_dict())
    apart.merge(tally_of(unread(), repaired()).as_dict())
    assert apart.as_dict() == together.as_dict()


def test_the_evidence_in_a_rule_is_not_counted_apart():
    edits = [Edit(0, 2, "", "template:23/25 pages"), Edit(4, 7, "", "template:9/25 pages")]
    change = Change("boilerplate", edits, ["青石", "新闻网"])
    tally = tally_of((Document("1", "正文", history=[change]), 7))
    assert tally.stages["boilerplate"].rules == {"template": [2, 1, 5, 0, 0]}


def test_characters_lost_between_stages_stop_the_run():
    stages = tally_of(repaired()).as_dict()
    stages["quality"]["characters_in"] -= 1
    with pytest.raises(LedgerError, match="do not add up"):
        characters(stages)


def test_a_rule_that_lies_about_a_removal_stops_the_run():
    stages = tally_of(repaired()).as_dict()
    stages["repair"]["rules"]["mojibake"]["removed"] -= 1
    with pytest.raises(LedgerError, match="do not add up"):
        characters(stages)
