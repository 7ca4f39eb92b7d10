from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from conftest import grows_linearly
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpusprep.text.edits import apply, inverse
from corpusprep.text.lines import flatten
from corpusprep.text.punctuation import punctuation_edits
from corpusprep.text.width import normalise, normalise_edits

CASES = tomllib.loads(
    (Path(__file__).parent / "cases" / "punctuation.toml").read_text(encoding="utf-8")
)["case"]
PARAMS = [
    pytest.param(
        case,
        id=f"{case['group']}: {case['why']}",
        marks=[pytest.mark.xfail(reason=case["known_failure"], strict=True)]
        if "known_failure" in case
        else [],
    )
    for case in CASES
]
SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))

FOLDS = {
    **dict(zip("，：；！？（）“”‘’。", ",:;!?()\"\"''.", strict=True)),
    "……": "...",
    "——": "--",
}
TO_ASCII = re.compile("|".join(sorted(FOLDS, key=len, reverse=True)))

# Every kind of mark in both widths, what they depend on, and what hides between them.
PIECES = st.one_of(
    st.sampled_from(',:;!?()，：；！？（）"""\'\'“”‘’'),
    st.sampled_from("中文字的。、《》“”…·「」『』"),
    st.sampled_from("aB1%Ｃ２％．＋－＠＝\"'[]=_-<>.`"),
    st.sampled_from(" \t\n\r\u3000\xa0\u200b\u200d\ufeff\x00\x0b\x85\u2028\xad"),
    st.sampled_from(["...", "--", "<<", ">>", "......", ' "', '" ', '."', '他说:"', "一.", "1."]),
    st.sampled_from(
        ["http://a.cn/", "a@b.cn", "x = ", ":)", "```", 'f("', '="', '{"', '":', "你好"]
    ),
)
TEXTS = st.lists(PIECES, max_size=24).map("".join)


@pytest.mark.parametrize("case", PARAMS)
def test_marks_come_back_where_the_text_is_chinese(case):
    assert normalise(case["text"]) in [case["want"], *case.get("alts", [])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_what_came_back_stays(case):
    once = normalise(case["text"])
    assert normalise(once) == once


@settings(max_examples=500, deadline=None)
@example('",... "中')
@example("--中--")
@example("“中“ ")
@example("中..\u200b.")
@example('”」a他说:"「”')
@example(' "他说:"",「')
@example(" http://a.cn/中--＝")
@example("中“ “")
@example("， \u200b“")
@example('f("\'中f(" ")')
@example('「一. ""')
@example('\',"中,"中"\'')
@example("中!--")
@example(' =""中')
@example(' (他说:"')
@example("中 \n )看到")
@example("看到( \n中")
@example("a ， 中")
@example("中, (1)")
@example("\r 中http://a.cn/；")
@given(TEXTS)
def test_restoring_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once


@settings(deadline=None)
@given(TEXTS)
def test_edits_are_in_order_and_can_be_undone(text):
    edits = normalise_edits(text)
    assert edits == sorted(edits)
    assert apply(apply(text, edits), inverse(text, edits)) == text


@settings(deadline=None)
@example('"「”中')  # a pair of two kinds becomes one of one kind
@given(TEXTS)
def test_only_marks_and_spaces_change(text):
    flat = flatten(text)
    for edit in punctuation_edits(flat):
        assert re.fullmatch(
            "[,:;!?()\"'“”‘’「」『』<>.-]+|\\s[^\\w,:;!?]*", flat[edit.start : edit.end]
        )


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name[:3])
@pytest.mark.parametrize("is_folded", ["。", ""], ids=["without stops", "with stops"])
def test_a_folded_seed_comes_back(path, is_folded):
    text = normalise(path.read_text("utf-8"))
    folded = TO_ASCII.sub(lambda m: m[0] if m[0] == is_folded else FOLDS[m[0]], text)
    then_and_now = zip("".join(text.split()), "".join(normalise(folded).split()), strict=True)
    marks = [(now, then) for then, now in then_and_now if then in "".join(FOLDS)]
    assert sum(now == then for now, then in marks) >= 0.99 * len(marks)


def test_an_edit_is_one_mark_or_row_and_says_its_rule():
    edits = normalise_edits('<<书>>说:"走... 快"--真的.')
    assert [(edit.new, edit.rule) for edit in edits] == [
        ("《", "title-mark"),
        ("》", "title-mark"),
        ("：", "full-width-punctuation"),
        ("“", "quotation-mark"),
        ("……", "ellipsis"),
        ("", "mark-space"),
        ("”", "quotation-mark"),
        ("——", "dash"),
        ("。", "full-stop"),
    ]


def test_clean_text_gives_no_edits():
    text = "他说：“好的，（8:30）见！”——然后……走了。《关于〈条例〉的决定》‘3,000元’"
    assert punctuation_edits(text) == []


@pytest.mark.parametrize(
    "piece",
    ['"', "'", '"中', "“", "”中", "中“，", '中"\n', ".", "中.", "...", "--", "中-", "<<", "<中", "`",
     '="', '("', "```\n", '{"a":', '“"', '「"', "http://a.cn/", "中, ", '"中,', "'中\"", "中(a", "--a",
     "# 中,\n", "a = 1;\n# 中,\n", "a@", "MP3,"],
)  # fmt: skip
def test_time_grows_with_the_length_of_a_hostile_text(piece):
    assert grows_linearly(lambda n: normalise("中" + piece * n + "文"), 5_000)


def test_most_cases_mix_chinese_with_something_else():
    mixed = [case for case in CASES if re.search("[0-9A-Za-z]", case["text"])]
    assert len(mixed) >= 60
