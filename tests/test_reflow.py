from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
import tomllib
from operator import itemgetter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep.core import Document
from corpusprep.steps.text import Reflow
from corpusprep.text.edits import apply, inverse, settle
from corpusprep.text.reflow import join_wrapped_lines, takes_line_break, wrapped_line_edits
from corpusprep.text.width import normalise

CASES = tomllib.loads((Path(__file__).parent / "cases" / "reflow.toml").read_text("utf-8"))["case"]
SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "sentences"

LINES = st.one_of(
    st.sampled_from(
        [
            "会议要求，要提高认识，要加",
            "强政治建设，深刻领悟决定性意义。",
            "本报讯（记者 王某）昨天，会议召开。",
            "脚下有真情，心中有群众，工作有干劲。孙健",
            "孙健雯（右）走访群众。",
            "雯常到各村走访，拉近了和群众的距离。",
            "考核内容、工作机制、",
            "敬",
            "请",
            "注",
            "seg-",
            "We study sentence seg-",
            "mentation of Chinese text",
            "，并且",
            "”，",
            "上写着“",
            "1.提高认识",
            "- 3 -",
            "第3页",
            "城市晚报 2019年6月3日",
            "图为现场。",
            "总投资约1.",
            "6亿元，明年完工。",
            "　　第一段很长很长很长很长很长很长很长很长很长",
        ]
    ),
    st.text(alphabet="中文，。、“”《》（）(,.-a1 \t\u3000", max_size=30),
)
TEXTS = st.lists(
    st.tuples(LINES, st.sampled_from(["\n", "\n\n", "\r\n", " \n　　"])), max_size=9
).map(lambda lines: "".join(line + gap for line, gap in lines))


def _param(case):
    failure = case.get("known_failure")
    marks = [pytest.mark.xfail(reason=failure, strict=True)] if failure else []
    return pytest.param(case, marks=marks, id=f"{case['group']}: {case['why']}")


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
def test_lines_are_as_an_editor_would_set_them(case):
    assert join_wrapped_lines(case["text"]) in [case["want"], *case.get("alts", [])]


@pytest.mark.parametrize("case", [case for case in CASES if "rules" in case], ids=itemgetter("why"))
def test_each_kind_of_join_has_its_rule(case):
    assert sorted({edit.rule for edit in wrapped_line_edits(case["text"])}) == case["rules"]


def _breaks(text):
    """Return the line breaks of *text*, by the count of characters before them."""
    ink = [match[0] for match in re.finditer(r"\S|\n", text)]
    return {k - ink[:k].count("\n") for k, char in enumerate(ink) if char == "\n"}


def test_hardly_a_join_of_the_suite_is_wrong_and_few_are_missed():
    right = wrong = missed = 0
    for case in CASES:
        breaks, joined = _breaks(case["text"]), _breaks(join_wrapped_lines(case["text"]))
        wants = [_breaks(want) for want in (case["want"], *case.get("alts", []))]
        want = min(wants, key=lambda want: len(want ^ joined))
        right += len((breaks - joined) - want)
        wrong += len((breaks - joined) & want)
        missed += len((breaks & joined) - want)
    assert right >= 0.97 * (right + wrong)
    assert right >= 0.85 * (right + missed)


PARAGRAPHS = (
    (
        "清晨的菜市场总是热闹得早。卖豆腐的老周把担子放在石阶边，掀开白布，热气便一下子扑出来。"
        "买菜的人围过来，有的问价，有的只是闻一闻味道。老周不急，慢慢地切，慢慢地称。"
    ),
    (
        "外婆家的院子里有一口老井，井水冬暖夏凉。小时候每到暑假，我和表哥就把西瓜装进网兜沉到井底，"
        "等太阳落山再捞上来。切开的那一刻，凉气混着甜味飘满整个院子。"
    ),
)


def wrap(paragraph: str, width: int) -> str:
    lines = [paragraph[at : at + width] for at in range(0, len(paragraph), width)]
    return "\n".join(lines)


@pytest.mark.parametrize("width", range(14, 41, 2))
def test_indented_paragraphs_wrapped_at_any_width_are_whole_again(width):
    want = "\n".join("\u3000\u3000" + paragraph for paragraph in PARAGRAPHS)
    text = "\n".join(wrap(line, width) for line in want.split("\n"))
    assert join_wrapped_lines(text) == want


@pytest.mark.parametrize("width", range(14, 41, 2))
def test_paragraphs_set_apart_by_blank_lines_are_whole_again(width):
    text = "\n\n".join(wrap(paragraph, width) for paragraph in PARAGRAPHS)
    assert join_wrapped_lines(text) == "\n\n".join(PARAGRAPHS)


def test_text_that_rules_decide_never_loads_the_model():
    code = (
        "import sys; from corpusprep.text.reflow import join_wrapped_lines;"
        "join_wrapped_lines('春眠不觉晓，\\n处处闻啼鸟。\\n\\n首页\\n新闻\\n\\n他走了。\\n她还在。'); "
        "sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@given(TEXTS)
@settings(max_examples=400)
def test_joining_can_be_taken_back(text):
    edits = wrapped_line_edits(text)
    assert settle(edits) == edits
    joined = apply(text, edits)
    assert apply(joined, inverse(text, edits)) == text


@given(TEXTS)
@settings(max_examples=400)
def test_joining_loses_no_character_but_hyphens(text):
    ink = sorted(re.sub(r"[\s\-\u00ad]", "", text))
    assert sorted(re.sub(r"[\s\-\u00ad]", "", join_wrapped_lines(text))) == ink


@given(TEXTS)
@settings(max_examples=400)
def test_joining_twice_changes_nothing_more(text):
    joined = join_wrapped_lines(text)
    assert join_wrapped_lines(joined) == joined


@given(TEXTS)
@settings(max_examples=200)
def test_no_edit_of_a_line_break_takes_text(text):
    for edit in wrapped_line_edits(text):
        if takes_line_break(text, edit):
            assert re.fullmatch(r"[-\u2010\u00ad]?\s+", text[edit.start : edit.end])


COLUMNS = [
    "全力扩投资促消费",
    "坚持总体国家安全观",
    "要加强政治建设",
    "改革优化营商环境工作领导小组",
    "工作机制、考核内容",
    "驼鸟养殖、复种式流转",
    "孙健雯调研走访全镇各嘎查村",
]


@pytest.mark.parametrize("form", [str, normalise], ids=["folded", "full-width"])
def test_the_seven_sentences_that_columns_cut_are_whole_again(form):
    text = form(SEEDS[1].read_text("utf-8"))
    joined = join_wrapped_lines(text)
    assert [phrase for phrase in COLUMNS if phrase not in joined] == []
    assert joined.count("孙健雯调研") == 1
    paragraphs = [line for line in joined.split("\n") if line]
    assert form("孙健雯(右)到群众家中走访调研。") in paragraphs
    assert len(paragraphs) == len([line for line in text.split("\n") if line]) - len(COLUMNS)


@pytest.mark.parametrize("form", [str, normalise], ids=["folded", "full-width"])
@pytest.mark.parametrize("path", [SEEDS[k] for k in (2, 3, 4)], ids=lambda path: path.stem)
def test_seeds_without_cut_lines_stay(path, form):
    assert wrapped_line_edits(form(path.read_text("utf-8"))) == []


def test_only_the_downward_word_and_the_address_of_the_first_seed_join():
    text = SEEDS[0].read_text("utf-8")
    edits = wrapped_line_edits(text)
    assert [edit.rule for edit in edits] == ["wrapped-line"] + ["vertical-text"] * 3
    joined = apply(text, edits).split("\n")
    assert "敬請關注" in joined
    assert "投稿郵箱:kldst@126.com" in joined


@pytest.mark.parametrize(
    "unit",
    [
        "是\n",
        "啊\n，",
        "“《（啊啊啊啊啊啊啊啊\n",
        "今天很好。我们去了，公园啊啊啊啊要加\n",
        "a\t\n",
        "sentence seg-\nmentation ",
    ],
)
def test_lines_without_end_are_read_a_few_times(unit):
    text = unit * 3000
    assert len(join_wrapped_lines(text)) <= len(text)


def test_the_step_reports_the_edits_and_travels_to_workers():
    step = pickle.loads(pickle.dumps(Reflow()))
    text = "从招商方式、工作机制、\n\n考核内容等方面进行了改进。"
    assert list(step(Document("1", text))) == wrapped_line_edits(text) != []


@pytest.mark.skipif(not DATA.exists(), reason="the development data lies beside the checkout")
@pytest.mark.parametrize(
    ("file", "recall"), [("reflow_zh.dev.jsonl", 0.94), ("reflow_auto.jsonl", 0.94)]
)
def test_no_join_of_the_development_set_is_wrong_and_few_are_missed(file, recall):
    right = wrong = missed = 0
    for line in (DATA / file).read_text("utf-8").strip().split("\n"):
        case = json.loads(line)
        edits = wrapped_line_edits(case["text"])
        breaks = re.finditer(r"[ \t\u3000\r]*\n\s*", case["text"])
        for match, gold in zip(breaks, case["decisions"], strict=True):
            joined = any(e.start < match.end() and e.end > match.start() for e in edits)
            right += joined and gold == "J"
            wrong += joined and gold == "B"
            missed += not joined and gold == "J"
    assert wrong <= 0.001 * (right + wrong)
    assert right >= recall * (right + missed)
