from __future__ import annotations

import pickle
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusprep.core import Document
from corpusprep.steps.text import Normalise
from corpusprep.text.edits import apply, inverse
from corpusprep.text.width import find_urls, normalise, normalise_edits

CASES = tomllib.loads((Path(__file__).parent / "cases" / "normalise.toml").read_text("utf-8"))
SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))

PIECES = st.one_of(
    st.sampled_from(",:;!?()，：；！？（）"),
    st.sampled_from("中文字。、《》“”…·"),
    st.sampled_from("aB1%Ｃ２％．＋－＠＝\"'[]=_-"),
    st.sampled_from(" \t\n\r\u3000\xa0\u200b\u200d\ufeff\x00\x0b\x85\u2028\xad"),
    st.sampled_from(["👨", "あ", "é", "️", "\ue000", "ی", "﹏"]),
    st.sampled_from(
        ["http://a.cn/", "www.a.cn", "a@b.cn", "return ", "x = ", "&nbsp;", ":)", "//", "if ", "{}"]
    ),
)
TEXTS = st.lists(PIECES, max_size=24).map("".join)


@pytest.mark.parametrize("case", CASES["becomes"], ids=lambda case: case["note"])
def test_text_takes_one_form(case):
    assert normalise(case["text"]) == case["want"]


@pytest.mark.parametrize("case", CASES["stays"], ids=lambda case: case["why"])
def test_text_without_chinese_context_stays(case):
    assert normalise_edits(case["text"]) == []


@settings(max_examples=400)
@example("中!,3")
@example("5\u200b％,中")
@example("中文(a)(b),(,)1")
@given(TEXTS)
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@given(TEXTS)
def test_edits_change_something_each_and_can_be_undone(text):
    edits = normalise_edits(text)
    assert all(text[e.start : e.end] != e.new for e in edits)
    assert apply(apply(text, edits), inverse(text, edits)) == text


QUOTES_AND_ROWS = [
    ("[“”]", '"'),
    ("[‘’]", "'"),
    ("[.。…]+", "."),
    ("[-—]+", "-"),
    ("[<>《》〈〉]+", "<"),
]


@given(TEXTS)
def test_every_visible_character_stays_in_one_width_or_the_other(text):
    def bones(text: str) -> str:
        shown = (c for c in text if c.isprintable() and not c.isspace() and c != "\u200d")
        narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in shown)
        for marks, one in QUOTES_AND_ROWS:
            narrow = re.sub(marks, one, narrow)
        return narrow

    assert bones(normalise(text)) == bones(text)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
def test_a_seed_gets_its_full_width_commas_back(path):
    text = path.read_text("utf-8")
    assert "，" not in text
    out = normalise(text)
    assert out.count("，") > 0.98 * text.count(",")
    assert normalise(out) == out


def test_rules_are_named_by_what_they_do():
    text = "甲,乙\u200b丙  丁\r\nＡ\n\n\n戊"
    assert {edit.rule for edit in normalise_edits(text)} == {
        "full-width-punctuation",
        "invisible",
        "space",
        "line-break",
        "full-width-letter",
        "blank-lines",
    }


def test_punctuation_can_be_left_alone():
    doc = Document("1", "甲,乙　丙")
    assert [edit.rule for edit in Normalise(punctuation=False)(doc)] == ["space"]


def test_the_step_goes_to_other_processes():
    assert pickle.loads(pickle.dumps(Normalise(punctuation=False))) == Normalise(punctuation=False)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("见http://a.cn/b,c。", "http://a.cn/b,c"),
        ("(http://a.cn/x)", "http://a.cn/x"),
        ("http://a.cn/x_(y)!", "http://a.cn/x_(y)"),
        ("www.a.cn：好", "www.a.cn"),
        ("寄a.b+c@d-e.com.cn，", "a.b+c@d-e.com.cn"),
        ("http://a.cn/了解(详情)", "http://a.cn/"),
    ],
)
def test_a_url_ends_where_the_sentence_goes_on(text, url):
    assert [text[start:end] for start, end in find_urls(text)] == [url]


@pytest.mark.parametrize(
    "piece",
    [
        ",",
        "(",
        "()",
        "(a",
        "a)",
        " ",
        "\r\n",
        "中, ",
        "\u200b",
        "，(",
        "http://(",
        "a@",
        "　\n",
        "“(a)",
    ],
)
def test_a_hostile_line_ends_in_bounded_time(piece):
    normalise("中" + piece * 30_000 + "文")
