"""Ledger rows: enough to rebuild every original, in the order in which things happened."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep import CorpusprepError, Document, Edit, Pipeline
from corpusprep.data.ledger import ROW_COLUMNS, ledger_rows, rebuild

SPANS = ("start", "end", "at", "old", "new", "i")


def fold(doc):
    for i, char in enumerate(doc.text):
        if char in ",;":
            yield Edit(i, i + 1, {",": "，", ";": "；"}[char], "wide")
        elif char in "\r\x00":
            yield Edit(i, i + 1, "", f"invisible-{ord(char)}")


def remove(doc):
    at = doc.text.find("登录")
    if at >= 0:
        yield Edit(at, at + 2, "", "login")


def repair(doc):
    yield from (Edit(i, i + 1, "你好", "mojibake") for i, c in enumerate(doc.text) if c == "ä")


def rows_of(doc, ledger):
    rows = ledger_rows(doc, folds=frozenset({"fold"}), ledger=ledger)
    dicts = [dict(zip(ROW_COLUMNS, row, strict=True)) for row in rows]
    for row in dicts:
        row["spans"] = [dict(zip(SPANS, span, strict=True)) for span in row["spans"]]
    return dicts


@given(st.text("ä,;\r\x00登录字\n", max_size=40))
def test_a_full_ledger_rebuilds_the_original(text):
    doc = Pipeline([repair, fold, remove])(text)
    rows = rows_of(doc, "full")
    assert rebuild(doc.text, rows) == text
    for row in rows:
        if row["step"] == "repair":
            assert text[row["start"] : row["end"]] == row["old"]


def test_folds_are_one_row_a_rule():
    doc = Pipeline([fold])("一,二,三;\r")
    rows = rows_of(doc, "full")
    assert [(r["rule"], r["n"], r["old"], r["new"]) for r in rows] == [
        ("wide", 3, ",,;", "，，；"),
        ("invisible-13", 1, "\r", ""),
    ]
    assert rows[0]["spans"][1]["start"] == 3


def test_by_default_folds_are_counted_and_removals_are_whole():
    doc = Pipeline([fold, remove])("一,二,登录")
    rows = rows_of(doc, "removals")
    assert [(r["rule"], r["n"], r["old"]) for r in rows] == [("wide", 2, ""), ("login", 1, "登录")]
    assert rows_of(doc, "counts") == []
    with pytest.raises(CorpusprepError, match="--ledger full"):
        rebuild(doc.text, rows)


def test_removals_lie_at_their_place_in_the_original():
    text = "ä,登录"
    doc = Pipeline([repair, fold, remove])(Document("1", text))
    (row,) = [r for r in rows_of(doc, "removals") if r["rule"] == "login"]
    assert text[row["start"] : row["end"]] == "登录"
