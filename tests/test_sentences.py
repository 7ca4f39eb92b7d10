from __future__ import annotations

import json
import pickle
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep.core import Document, Label
from corpusprep.steps.text import Sentences
from corpusprep.text.sentences import sentence_spans, split_sentences

CASES = tomllib.loads((Path(__file__).parent / "cases" / "sentences.toml").read_text("utf-8"))
SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "sentences"

PIECES = st.one_of(
    st.sampled_from("。！？!?…⋯.．｡⁉；：，、,:;~～—"),
    st.sampled_from("“”‘’「」『』《》〈〉（）()【】[]〔〕\"'"),
    st.sampled_from("他说的等中文一孙健雯ab1２３"),
    st.sampled_from(" \n\r\t\u3000\u2028\x85\u200b"),
    st.sampled_from(
        ["😀", "[1]", "他说。", "http://a.cn/?b=1", "Mr. ", "笑着问道：“", "吗?", "\n\n"]
    ),
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def sentences(text, quotes="split"):
    pieces = [text[start:end].strip() for start, end in sentence_spans(text, quotes=quotes)]
    return [piece for piece in pieces if piece]


def name(case):
    return f"{case['rule']}: {case['text'][:12]!r}"


@pytest.mark.parametrize("case", CASES["split"], ids=name)
def test_sentences_end_where_a_reader_ends_them(case):
    assert split_sentences(case["text"]) == case["want"]


@pytest.mark.parametrize("case", CASES["keep"], ids=name)
def test_quotations_stay_whole_on_request(case):
    assert sentences(case["text"], "keep") == case["want"]


@pytest.mark.parametrize("case", CASES["known_failure"], ids=lambda case: case["note"])
@pytest.mark.xfail(strict=True, reason="decided to leave; the case says why")
def test_what_we_decide_to_leave(case):
    assert split_sentences(case["text"]) == case["want"]


@given(TEXTS, st.sampled_from(["split", "keep"]))
@settings(max_examples=400)
def test_spans_are_contiguous_and_lossless(text, quotes):
    spans = sentence_spans(text, quotes=quotes)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(left[1] == right[0] for left, right in pairwise(spans))
    assert all(start < end for start, end in spans)


@given(TEXTS)
@settings(max_examples=200)
def test_no_span_is_white_space_alone_in_a_text_with_sentences(text):
    if text.strip():
        assert all(text[start:end].strip() for start, end in sentence_spans(text))


@given(TEXTS)
@settings(max_examples=200)
def test_keeping_quotations_only_takes_boundaries_away(text):
    split = {end for _, end in sentence_spans(text)}
    keep = {end for _, end in sentence_spans(text, quotes="keep")}
    assert keep <= split


def test_an_empty_text_has_no_sentences():
    assert sentence_spans("") == []
    assert split_sentences(" \n ") == []


def test_an_unknown_way_with_quotations_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="'split' or 'keep'"):
        sentence_spans("好。", quotes="drop")
    with pytest.raises(ValueError, match="'split' or 'keep'"):
        Sentences(quotes="drop")


@pytest.mark.parametrize(
    "unit",
    [
        "?",
        "？a",
        "（",
        "（啊。",
        "“啊。",
        "《啊！",
        '"啊。',
        "a. ",
        "…",
        "啊…”",
        "。)",
        "吗?啊",
        "啊。“",
        "[1]",
    ],
)
def test_marks_without_end_are_read_once(unit):
    text = unit * 5000
    spans = sentence_spans(text)
    assert spans[-1][1] == len(text)


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_no_sentence_of_a_seed_begins_with_a_closing_mark(path):
    found = split_sentences(path.read_text("utf-8"))
    assert [s for s in found if s[0] in "”’）)」』》，。、；：！？"] == []


def test_sentences_of_a_seed_run_on_across_its_columns():
    found = split_sentences(SEEDS[1].read_text("utf-8"))
    assert any(s.startswith("要加\n\n强政治建设") and s.endswith("“两个维护”。") for s in found)


def test_the_step_sets_the_spans_and_counts_them():
    doc = Document("1", "他说：“今天很好。明天更好。”掌声响起。")
    assert list(Sentences(quotes="keep")(doc)) == [Label("sentences", 2)]
    assert doc.sentences == [(0, 15), (15, 20)]


def test_the_step_travels_to_workers():
    step = pickle.loads(pickle.dumps(Sentences(quotes="keep")))
    assert step == Sentences(quotes="keep")


@pytest.mark.skipif(not DATA.exists(), reason="the development data lies beside the checkout")
@pytest.mark.parametrize("quotes", ["split", "keep"])
def test_the_golden_cases_hold(quotes):
    path = DATA / "golden_zh.dev.jsonl"
    cases = [json.loads(line) for line in path.read_text("utf-8").strip().split("\n")]
    missed = [
        case["id"]
        for case in cases
        if sentences(case["text"], quotes)
        not in [[s.strip() for s in want] for want in (case["sentences"], *case["alts"])]
    ]
    assert missed == []
