from __future__ import annotations

import json
import pickle
import tomllib
from itertools import pairwise
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusprep.core import Document, Label
from corpusprep.steps.text import Sentences
from corpusprep.text import sentence_reader
from corpusprep.text.sentences import SentenceStream, sentence_spans, split_sentences

CASES = tomllib.loads((Path(__file__).parent / "cases" / "sentences.toml").read_text("utf-8"))[
    "case"
]
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


def case_options(case):
    """Return the options that a case is about; without any it must hold in both modes."""
    options = {
        key: case[key] for key in ("semicolon", "max_chars", "preset", "line_breaks") if key in case
    }
    if "preset" in case and "quotes" not in case:
        return [options]
    modes = [case["quotes"]] if "quotes" in case else ["split", "keep"]
    return [{**options, "quotes": mode} for mode in modes]


def to_run(case):
    why_not = case.get("known_failure")
    marks = [pytest.mark.xfail(strict=True, reason=why_not)] if why_not else []
    return pytest.param(case, id=f"{case['group']}: {case['why']}", marks=marks)


@pytest.mark.parametrize("case", [to_run(case) for case in CASES])
def test_sentences_end_where_an_editor_ends_them(case):
    wants = [case["want"], *case.get("alts", [])]
    for options in case_options(case):
        assert split_sentences(case["text"], **options) in wants


def test_the_cases_say_a_thing_once():
    seen = [(case["text"], str(case_options(case))) for case in CASES]
    assert len(set(seen)) == len(seen)
    for case in CASES:
        for want in (case["want"], *case.get("alts", [])):
            assert "".join("".join(want).split()) == "".join(case["text"].split())
    assert {key for case in CASES for key in case} == {
        "group", "why", "text", "want", "alts", "quotes", "semicolon", "max_chars", "preset",
        "known_failure",
    }  # fmt: skip


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


OPTIONS = [
    {},
    {"quotes": "keep"},
    {"semicolon": True},
    {"max_chars": 7},
    {"max_chars": 1, "quotes": "keep"},
    {"preset": "ud"},
    {"preset": "ltp", "max_chars": 30},
    {"preset": "subtitle"},
]
# What a stream must not cut apart, and words long enough to lie between two looks.
LONG_PIECES = st.one_of(
    PIECES,
    st.sampled_from(["1.", "2.", "一、", "二、", "（一）", "（二）", "①", "②", "发展1.聚焦项目", "改革2.推进"]),
    st.sampled_from(["约翰.史密斯", "吉姆?阿科斯塔，", "(^_^)", "[微笑]", "[1,2,3]", "e\u0301", "🇨🇳", "&nbsp;"]),
    st.sampled_from(["中" * 30, "啊，" * 20, " " * 30, "。" * 5, "啊" * 100]),
)  # fmt: skip
LONG_TEXTS = st.lists(LONG_PIECES, max_size=60).map("".join) | st.text(max_size=60)


def streamed(text, cuts, options):
    stream = SentenceStream(**options)
    found = []
    for start, end in pairwise([0, *cuts, len(text)]):
        found += stream.feed(text[start:end])
    return found + stream.flush()


def whole(text, options):
    spans = sentence_spans(text, **{"line_breaks": "hard", **options})
    return [text[start:end] for start, end in spans]


@given(LONG_TEXTS, st.sampled_from(OPTIONS), st.data())
@settings(max_examples=500, deadline=None)
def test_a_stream_gives_what_the_whole_text_gives_however_it_is_cut(text, options, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    assert streamed(text, cuts, options) == whole(text, options)


@given(LONG_TEXTS, st.sampled_from(OPTIONS))
@settings(max_examples=100, deadline=None)
def test_a_stream_may_come_character_by_character(text, options):
    assert streamed(text, range(1, len(text)), options) == whole(text, options)


@pytest.mark.parametrize("options", [{}, {"quotes": "keep"}], ids=["split", "keep"])
def test_every_case_may_be_cut_at_every_place(options):
    for case in CASES:
        text = case["text"]
        wanted = whole(text, options)
        assert all(streamed(text, [cut], options) == wanted for cut in range(len(text) + 1)), text


@pytest.mark.parametrize(
    "text",
    [" 。" + " " * 40 + "“", "②！？！一", "？？？我没懂。", "好！T_T我", "好。”（《论语》）好", "好！”“好！”，好"],
)  # fmt: skip
def test_a_stream_waits_for_what_belongs_to_a_mark(text):
    assert streamed(text, range(1, len(text)), {}) == whole(text, {})


FAR = "啊" * 60
REPEATED = st.lists(LONG_PIECES, min_size=2, max_size=5).flatmap(
    lambda few: st.lists(st.sampled_from(few), min_size=20, max_size=80).map("".join)
)


@given(REPEATED, st.sampled_from(OPTIONS))
@example("“好。”走了。“好。”的回答。" + FAR, {})
@example(f"“好。“{FAR}。“好。“{FAR}”", {})
@settings(max_examples=200, deadline=None)
def test_a_sentence_that_was_read_before_is_read_as_if_it_were_new(text, options):
    found = whole(text, options)
    with mock.patch.object(sentence_reader, "DENSE", -1):  # nothing is remembered
        assert whole(text, options) == found


def test_a_stream_gives_a_sentence_as_soon_as_the_next_begins():
    stream = SentenceStream()
    assert stream.feed("雨停了。") == []
    assert stream.feed("天") == ["雨停了。"]


def test_a_stream_holds_back_a_bounded_part_of_the_text():
    stream = SentenceStream(quotes="keep")
    given = held = 0
    for _ in range(3000):
        chunk = "他说：“雨停了。走吧。”大家起身，"
        given += sum(map(len, stream.feed(chunk)))
        held += len(chunk)
        assert held - given < 1500
        assert len(stream._reader.text) < 3000


def test_a_sentence_without_end_is_held_in_bounded_memory_under_a_limit():
    stream = SentenceStream(max_chars=100)
    found = [piece for _ in range(500) for piece in stream.feed("一二三四五六七八九，" * 5)]
    assert len(stream._reader.text) < 2000
    assert len("".join(found)) > 24_000
    assert max(map(len, found)) <= 100


def test_a_stream_with_soft_line_breaks_waits_for_the_whole_text():
    text = "会议要求,要提高认识。要加\n\n强政治建设,推动各项决策落地见效。"
    stream = SentenceStream(line_breaks="soft")
    assert [piece for char in text for piece in stream.feed(char)] == []
    assert stream.flush() == whole(text, {"line_breaks": "soft"})


def test_a_flushed_stream_begins_anew():
    stream = SentenceStream()
    assert [stream.feed("“好"), stream.flush(), stream.feed("。走”"), stream.flush()] == [
        [],
        ["“好"],
        [],
        ["。走”"],
    ]
    assert stream.flush() == []


@given(LONG_TEXTS, st.sampled_from(OPTIONS))
@settings(max_examples=300, deadline=None)
def test_all_options_are_lossless(text, options):
    spans = sentence_spans(text, **options)
    assert "".join(text[start:end] for start, end in spans) == text
    assert all(start < end for start, end in spans)


@given(LONG_TEXTS, st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_no_sentence_is_longer_than_the_limit(text, limit):
    spans = sentence_spans(text, max_chars=limit)
    assert all(len(text[start:end].rstrip()) <= limit for start, end in spans)


@given(LONG_TEXTS, st.integers(1, 60))
@settings(max_examples=200, deadline=None)
def test_the_limit_only_adds_boundaries(text, limit):
    limited = {end for _, end in sentence_spans(text, max_chars=limit)}
    assert {end for _, end in sentence_spans(text)} <= limited


@pytest.mark.parametrize(
    ("text", "limit", "want"),
    [
        ("春天来了；桃花开了，杏花也开了。", 12, ["春天来了；", "桃花开了，杏花也开了。"]),
        ("他买了苹果，梨、桃，还有橘子。", 12, ["他买了苹果，梨、桃，", "还有橘子。"]),
        ("红橙黄绿、青蓝紫黑白灰金银", 9, ["红橙黄绿、", "青蓝紫黑白灰金银"]),
        ("共花了1234567.89元钱", 8, ["共花了", "1234567.", "89元钱"]),
        ("共花了12345.8元钱吧", 8, ["共花了", "12345.8元", "钱吧"]),
        ("我喜欢用Python写", 8, ["我喜欢用", "Python写"]),
        ("请看http://a.cn/b?c=d吧", 17, ["请看", "http://a.cn/b?c=d", "吧"]),
        ("一二三cafe\u0301好", 7, ["一二三", "cafe\u0301好"]),
        ("好的👍🏻👍🏻", 5, ["好的👍🏻", "👍🏻"]),
        ("去🇨🇳🇺🇸吧", 4, ["去🇨🇳", "🇺🇸吧"]),
        ("一二三四五六七，八九", 7, ["一二三四五六", "七，八九"]),
        ("说“好，”她点头了", 5, ["说“好，”", "她点头了"]),
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("一二三四五    六七八", 5, ["一二三四五", "六七八"]),
    ],
)
def test_long_sentences_are_cut_at_their_best_place(text, limit, want):
    assert split_sentences(text, max_chars=limit) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("推动旅游高质量发展1.聚焦项目建设。2.推进融合。", ["推动旅游高质量发展", "1.聚焦项目建设。", "2.推进融合。"]),
        ("今年工作要点一、提高认识。二、明确责任。", ["今年工作要点", "一、提高认识。", "二、明确责任。"]),
        ("1.项目:无2.计划:有3.结果:好", ["1.项目:无", "2.计划:有", "3.结果:好"]),
        ("工作要求（一）加强领导（二）抓好落实", ["工作要求", "（一）加强领导", "（二）抓好落实"]),
        ("注意事项①带好证件②提前到场", ["注意事项", "①带好证件", "②提前到场"]),
        ("流程：1、提交材料2、现场审核", ["流程：1、提交材料", "2、现场审核"]),
    ],
)  # fmt: skip
def test_headings_glued_to_prose_are_set_apart(text, want):
    assert split_sentences(text) == want


@pytest.mark.parametrize(
    "text",
    [
        "参见图1.项目进展和图2.资金使用",
        "5.1黄金周和10.1黄金周来了",
        "增长1.2个百分点，下降2.3个百分点",
        "根据第八条第（一）项和第（二）项处理",
        "根据第1.2节和第2.1节",
        "方案1.新建道路方案2.改造道路",
        "周一、周二上课",
        "统一、协调，二、高效",
        "北京1、上海2、广州3例",
        "孔子①是春秋末期人，孟子②是战国时人",
        "发展1.聚焦项目建设",
        "发展2.聚焦项目建设3.推进",
        "设一、二、三等奖",
        "（发展1.聚焦项目2.推进改革）",
    ],
)
def test_numbers_that_are_no_headings_stay_in_their_sentence(text):
    assert split_sentences(text) == [text]


@pytest.mark.parametrize(
    ("options", "text", "want"),
    [
        ({"semicolon": True}, "甲方付款；乙方交货;丙收。", ["甲方付款；", "乙方交货;", "丙收。"]),
        ({"semicolon": True}, "（一；二）AT&amp;T结束；", ["（一；二）AT&amp;T结束；"]),
        ({"semicolon": True}, "他说：“好；走。”", ["他说：“好；", "走。”"]),
        ({"preset": "ltp"}, "他说：“好。走。”我……走了。", ["他说：“好。走。”", "我……", "走了。"]),
        ({"preset": "ltp"}, "“走吧！”我说。", ["“走吧！”", "我说。"]),
        ({"preset": "ltp", "quotes": "split"}, "他说：“好。走。”", ["他说：“好。", "走。”"]),
        ({"preset": "subtitle"}, "我……\n算了…走吧", ["我……", "算了…", "走吧"]),
        ({"preset": "ud"}, "我……算了；走吧\n好", ["我……算了；走吧", "好"]),
        ({"preset": "ud", "semicolon": True}, "算了；走吧", ["算了；", "走吧"]),
        ({"quotes": "keep"}, "「一。二。」三。", ["「一。二。」", "三。"]),
    ],
)  # fmt: skip
def test_options_and_presets_set_the_conventions(options, text, want):
    assert split_sentences(text, **options) == want


@pytest.mark.parametrize(
    ("options", "choices"),
    [
        ({"quotes": "drop"}, "'split' or 'keep'"),
        ({"quotes": ["split"]}, "'split' or 'keep'"),
        ({"semicolon": "yes"}, "True or False"),
        ({"max_chars": 0}, "None or a number from 1 up"),
        ({"max_chars": True}, "None or a number from 1 up"),
        ({"line_breaks": "auto"}, "'soft' or 'hard'"),
        ({"preset": "ctb"}, "'ud', 'ltp' or 'subtitle'"),
    ],
)
@pytest.mark.parametrize("function", [split_sentences, sentence_spans, SentenceStream])
def test_unknown_values_are_refused_with_the_choices(function, options, choices):
    args = () if function is SentenceStream else ("好。",)
    with pytest.raises(ValueError, match=choices):
        function(*args, **options)


class CountedText(str):
    """A text that counts how many of its characters are cut out of it."""

    __slots__ = ("copied",)

    def __getitem__(self, key):
        piece = super().__getitem__(key)
        self.copied = getattr(self, "copied", 0) + len(piece)
        return piece


@pytest.mark.parametrize(
    "options", [{"line_breaks": "hard"}, {"preset": "ltp"}], ids=["hard", "ltp"]
)
@pytest.mark.parametrize(
    "unit",
    ["？a", "(啊。", "《啊！", '"啊。', "a. ", "吗?啊", "约翰?约翰，", "。)", "啊.啊", "“啊。", "啊1.啊啊啊啊2."],
)  # fmt: skip
def test_a_text_four_times_as_long_is_copied_four_times_as_much(unit, options):
    copied = []
    for repeats in (500, 2000):
        text = CountedText(unit * repeats)
        sentence_spans(text, **options)
        copied.append(getattr(text, "copied", 0))
    assert copied[1] <= 5 * copied[0] + 2000


@pytest.mark.parametrize(
    "want",
    [
        ["这就是所谓的“谁出钱？谁受益？”问题。", "值得研究。"],
        ["“团结！奋进！”的口号响彻云霄。", "人群散了。"],
        ["“砰！”地一声，门关了。", "没有人说话。"],
        ["他大叫一声：“救命啊！”便晕了过去。", "大家围上来。"],
        ['他说:"你好!"', "我没有听见."],
        ['"你好!"她说.', "我点点头."],
        ["他说:'好的。'", "我走了。"],
        ["“Let's go!” he said.", "我们走了。"],
        ["太好了！ ！ ！", "走吧"],
        ["太好了！(^_^)", "明天见。"],
        ["太好了！[微笑]", "明天见。"],
        ["好耶！:)", "明天见。"],
        ["我走了。)", "你呢？"],
        ["他是J.K. Rowling的读者。", "我也是。"],
        ["收入达到300.", "比去年增长20."],
        ["网址：www.example.com.", "欢迎访问."],
        ["见 https://a.cn/?q=%E4%BD%A0。", "好。"],
        ["差异有意义(P<0.05).", "结果见表1。"],
        ["[1] 张三. 论文题目[J]. 期刊, 2020, 1(2): 3-4."],
        ["列夫?托尔斯泰写了这本书，很有名。"],
        ["你去?", "我不去，他也不去。"],
        ["马丁.路德是德国人"],
        ["他走了.", "我们也走了。"],
    ],
    ids=lambda want: want[0],
)
def test_what_belongs_to_a_sentence_stays_with_it(want):
    joint = " " if want[0].endswith(" he said.") else ""
    assert split_sentences(joint.join(want)) == want
    assert sentences(joint.join(want), "keep") == want
