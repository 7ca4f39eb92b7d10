"""The five seeds through the whole job: what must go is gone, what must stay is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT, SEEDS

from corpusprep import clean, decode, explain

GOLD = ROOT.parent / "shared" / "data" / "lines"
JUNK_LINES = {"000": 15, "001": 13, "002": 32, "003": 66, "004": 0}
SEED = {path.name[:3]: path.read_text(encoding="utf-8") for path in SEEDS}


def cleaned(number):
    return clean(SEED[number], script="simplified")


def removed_by_rules(text):
    """Return, for each character of *text*, whether the boilerplate step removed it."""
    gone = bytearray(len(text))
    for edit in explain(text, script="simplified").edits:
        if edit.step == "boilerplate":
            gone[edit.start : edit.end] = b"\x01" * (edit.end - edit.start)
    return gone


def spans_of(text):
    at = 0
    for line in text.split("\n"):
        if line.strip():
            yield line.strip(), at, at + len(line)
        at += len(line) + 1


@pytest.mark.skipif(not GOLD.exists(), reason="the development data is not beside the checkout")
def test_junk_lines_go_and_good_characters_stay():
    junk = junk_gone = good = good_kept = 0
    for number, text in SEED.items():
        rows = (GOLD / f"seed_{number}.tsv").read_text(encoding="utf-8").splitlines()
        labelled = [row.split("\t", 1) for row in rows if not row.startswith("#") and "\t" in row]
        gone = removed_by_rules(text)
        lines = list(spans_of(text))
        assert [line for line, *_ in lines] == [line.strip() for _, line in labelled]
        for (label, _), (_, start, end) in zip(labelled, lines, strict=True):
            inside = [gone[i] for i in range(start, end) if not text[i].isspace()]
            if label == "D":
                junk += 1
                junk_gone += all(inside)
            elif label == "K":
                good += len(inside)
                good_kept += len(inside) - sum(inside)
    assert junk == 126
    assert junk_gone >= 124
    assert good_kept >= 0.995 * good


@pytest.mark.parametrize("number", JUNK_LINES)
def test_each_seed_loses_about_as_many_lines_as_are_junk(number):
    text = SEED[number]
    gone = removed_by_rules(text)
    lost = sum(
        all(gone[i] for i in range(a, b) if not text[i].isspace()) for _, a, b in spans_of(text)
    )
    assert abs(lost - JUNK_LINES[number]) <= 2


def test_the_glossary_and_a_legitimate_gloss_stay():
    text = cleaned("002")
    assert "名词解释" in text
    assert "龙龘(dá)" in text
    assert "16.“一规划两纲要”" in text
    assert "登录" not in text
    assert "Powered by" not in text


def test_pinyin_annotations_go_and_real_parentheses_stay():
    text = cleaned("004")
    assert len(re.findall(r"[(（][a-zɡāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6}[)）]", text)) == 0
    for kept in ("一", "三期", "XX段"):
        assert f"（{kept}）" in text.replace("(", "（").replace(")", "）")
    assert len(re.findall("[（(]", text)) == 30
    assert "创建国家文旅融合示范区" in text


def test_traditional_text_comes_out_simplified_when_asked():
    text = cleaned("000")
    assert "一周要闻回顾" in text
    assert "編輯" not in text
    assert "编辑:" not in text
    assert "敬\n" not in text


def test_full_width_marks_are_back_and_numbers_are_left_alone():
    text = cleaned("001")
    assert "全力扩投资促消费，着力强化创新驱动" in text
    assert "159.4%" in text
    assert "邮发代号" not in text


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_what_a_seed_comes_to_is_what_is_committed(path):
    golden = Path(__file__).parent / "golden" / path.name
    assert clean(decode(path.read_bytes()).text, script="simplified") == golden.read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("number", SEED)
def test_cleaning_twice_changes_nothing(number):
    once = cleaned(number)
    assert clean(once, script="simplified") == once
