from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.core import Document
from corpusprep.steps.text import Repair
from corpusprep.text.edits import apply
from corpusprep.text.mojibake import repair, repair_edits

CASES = tomllib.loads((Path(__file__).parent / "cases" / "repair.toml").read_text("utf-8"))
SEEDS = Path(__file__).resolve().parents[1] / "seeds"
PINYIN = re.compile("[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]+[)）]")
CHINESE = "各位代表，我们今天在这里开会，讨论政府工作报告和明年的计划。请大家认真发表意见！"


def seed(number: str) -> str:
    return next(SEEDS.glob(f"{number}_*")).read_text("utf-8")


@pytest.mark.parametrize("case", CASES["repairs"], ids=lambda case: case["note"])
def test_damage_is_repaired(case):
    assert repair(case["text"]) == case["want"]


@pytest.mark.parametrize("case", CASES["leaves"], ids=lambda case: case["why"])
def test_what_is_no_damage_or_cannot_be_undone_stays(case):
    assert repair_edits(case["text"]) == []


def test_seed_004_loses_its_1281_annotations_and_nothing_else():
    text = seed("004")
    edits = repair_edits(text)
    assert len(edits) == 1281
    assert {edit.rule for edit in edits} == {"pinyin-annotation"}
    assert apply(text, edits) == PINYIN.sub("", text)


@pytest.mark.parametrize("number", ["000", "001", "002", "003"])
def test_the_other_seeds_have_nothing_to_repair(number):
    assert repair_edits(seed(number)) == []


def read_sloppily(data: bytes) -> str:
    """Read as cp1252, with control characters for the five bytes that it leaves open."""
    return "".join(
        chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes([byte]).decode("cp1252")
        for byte in data
    )


@pytest.mark.parametrize("number", ["000", "001", "002", "003"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("read", [lambda b: b.decode("latin-1"), read_sloppily], ids=["l1", "1252"])
def test_a_whole_document_read_in_the_wrong_encoding_comes_back(number, encoding, read):
    text = seed(number)
    assert repair(read(text.encode(encoding))) == text


def test_a_traditional_document_in_big5_comes_back():
    text = "".join(c for c in seed("000") if c.encode("big5hkscs", "ignore"))
    assert repair(text.encode("big5hkscs").decode("latin-1")) == text


@given(st.integers(1, 2), st.text(alphabet=CHINESE + "a1 \n", min_size=12))
def test_layers_of_utf8_as_latin_come_off(layers, text):
    text = CHINESE + text
    damaged = text
    for _ in range(layers):
        damaged = damaged.encode().decode("latin-1")
    assert repair(damaged) == text


@given(st.text(alphabet=CHINESE + "“”‘’—…·°×±©é aB1,()<>;&\n"))
def test_clean_text_stays(text):
    assert repair(text) == text


@given(st.text(alphabet="äå½ \xa0\ufffd\x81é—“”ÃÂ&#;12amp國(guó)學(xué)[中\n0æ–‡"))
def test_edits_apply_whatever_the_text(text):
    edits = repair_edits(text)
    assert len(apply(text, edits)) == len(text) + sum(len(e.new) - e.end + e.start for e in edits)


def test_each_kind_can_be_switched_off():
    text = "國(guó)家發(fā)展&nbsp;文件名：ÎÄ¼þÃû³Æ"
    rules = {"pinyin-annotation", "html-entity", "mojibake-gbk-as-latin"}
    assert {edit.rule for edit in repair_edits(text)} == rules
    for off, rule in [("pinyin", "pinyin-annotation"), ("entities", "html-entity")]:
        assert {edit.rule for edit in repair_edits(text, **{off: False})} == rules - {rule}
    step = Repair(latin=False)
    assert {edit.rule for edit in step(Document("1", text))} == rules - {"mojibake-gbk-as-latin"}


def test_a_hostile_line_ends_in_bounded_time():
    for piece in ("é", "ä½", "&amp;", "國(", "&#2", "A\xa7", "“"):
        repair(piece * 50_000)
