from __future__ import annotations

import random
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusprep.text.forms import differ_in_facts
from corpusprep.text.script import convert_script

CASES = tomllib.loads((Path(__file__).parent / "cases" / "forms.toml").read_text("utf-8"))["case"]
SURE = [case for case in CASES if "known_failure" not in case]
SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
FOLDS = str.maketrans("，。：；！？（）“”、", ',.:;!?()"",')
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
FORM = (
    "{}号泵站{}月运行情况：开机{}小时，排水{}万立方米，用电{}千瓦时，检修{}次，设备完好。"
    "值班人员按规定巡查，记录齐全，交接清楚，未发现渗漏和异响，下月继续加强维护。"
)
TEXTS = st.one_of(
    st.sampled_from([case["one"] for case in CASES]),
    st.text(
        st.sampled_from("一二三十百万年月日王李张0123456789.:，。\n ʼ0甲乙ab记者"), max_size=60
    ),
    st.text(st.characters(), max_size=40),
)


def _param(case):
    failure = case.get("known_failure")
    marks = [pytest.mark.xfail(reason=failure, strict=True)] if failure else []
    return pytest.param(case, marks=marks, id=f"{case['group']}: {case['note']}")


def told(one, other, *, cautious=False):
    return "form" if differ_in_facts(one, other, cautious=cautious) else "copy"


def told_case(case):
    return told(case["one"], case["other"], cautious=case.get("cautious", False))


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
def test_forms_with_other_facts_are_told_from_copies(case):
    assert told_case(case) == case["want"]


def test_there_are_enough_cases_of_both_kinds():
    wants = [case["want"] for case in SURE]
    assert min(wants.count("form"), wants.count("copy")) >= 35


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['group']}: {case['note']}")
def test_texts_may_change_places(case):
    swapped = case | {"one": case["other"], "other": case["one"]}
    assert told_case(case) == told_case(swapped)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['group']}: {case['note']}")
def test_a_form_stays_one_where_a_single_fact_suffices(case):
    if told(case["one"], case["other"]) == "form":
        assert told(case["one"], case["other"], cautious=True) == "form"


@pytest.mark.parametrize(
    "change",
    [
        lambda text: convert_script(text, "s2t"),
        lambda text: text.translate(FOLDS),
        lambda text: text.translate(WIDE),
        lambda text: text.replace("。", "。\u3000\u200b"),
    ],
    ids=["script", "punctuation", "width", "spaces"],
)
def test_script_width_and_marks_do_not_matter(change):
    wrong = [
        case["note"]
        for case in SURE
        if told_case(case | {"other": change(case["other"])}) != case["want"]
    ]
    assert wrong == []


@pytest.mark.parametrize("case", SURE, ids=lambda case: f"{case['group']}: {case['note']}")
def test_another_time_stamp_and_editor_do_not_matter(case):
    one = "来源：河畔早报 2020-02-02 20:20\n" + case["one"] + "\n（责任编辑：白露）"
    other = "发布时间：2021年11月11日 阅读量：40961\n" + case["other"] + "\n编辑：秦岭 评论（17）"
    assert told_case(case | {"one": one, "other": other}) == case["want"]


def slipped(text, chance, share):
    """Return *text* with a share of its characters replaced by any Han or digit."""
    chars = list(text)
    for at in chance.sample(range(len(chars)), round(share * len(chars))):
        chars[at] = chance.choice(
            "的一是了我不在人有他这中大来上国个到说们为子和你地出道也时年0123456789"
        )
    return "".join(chars)


@cache
def passages():
    """Passages of the seeds and of the cases, of 100 characters and more."""
    texts = [case["one"] for case in CASES]
    for path in SEEDS:
        text = path.read_text("utf-8")
        texts += [text[at : at + 365] for at in range(0, len(text) - 365, 365)]
    return [text for text in dict.fromkeys(texts) if len(text) >= 100]


@pytest.mark.parametrize("share", [0.01, 0.02, 0.03])
def test_hardly_a_text_with_slips_is_taken_for_another(share):
    chance = random.Random(7)
    found = [differ_in_facts(text, slipped(text, chance, share)) for text in passages() * 4]
    assert len(found) > 500
    assert sum(found) <= 0.003 * len(found) + 1


def test_a_reprint_in_another_frame_is_a_copy_where_a_single_fact_suffices():
    chance, wrong = random.Random(11), 0
    head = "河畔早报数字版\n首页 > 本地新闻 > 正文\n2021-11-11 08:20 来源：河畔早报"
    foot = "上一篇：桥下的修车铺\n下一篇：图书馆延长开放\n版权所有 未经许可不得转载"
    texts = passages() * 4
    for text in texts:
        other = f"{head}\n{slipped(text, chance, 0.01)}\n{foot}"
        wrong += differ_in_facts(text, other, cautious=True)
    assert wrong <= 0.003 * len(texts) + 1


def test_a_passage_that_was_replaced_is_no_fact():
    chance, texts = random.Random(8), passages()
    wrong = 0
    for text in texts * 4:
        size = len(text) // 12
        start, other = chance.randrange(len(text) - size), chance.choice(texts)
        wrong += differ_in_facts(text, text[:start] + other[:size] + text[start + size :])
    assert wrong <= 0.005 * 4 * len(texts)


def test_a_form_filled_at_random_is_another_text():
    chance = random.Random(9)
    filled = [FORM.format(*(chance.randint(1, 99) for _ in range(6))) for _ in range(200)]
    missed = sum(not differ_in_facts(*pair) for pair in pairwise(filled))
    assert missed <= 2


def test_two_fields_that_differ_make_another_text():
    chance, missed = random.Random(10), 0
    for _ in range(200):
        values = [chance.randint(10, 99) for _ in range(6)]
        others = values.copy()
        for at in chance.sample(range(6), 2):
            others[at] = (values[at] - 10 + chance.randint(1, 89)) % 90 + 10
        missed += not differ_in_facts(FORM.format(*values), FORM.format(*others))
    assert missed <= 30


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("二〇二四年", "2024年"),
        ("三十五万人", "35万人"),
        ("百分之十二", "百分之12"),
        ("一百零八名", "108名"),
        ("1,234元", "1234元"),
        ("１２．５度", "12.5度"),
        ("8：30开始", "8:30开始"),
    ],
)
def test_a_figure_may_be_written_in_another_way(left, right):
    text = "镇里新修的水渠通水，{}，沿线的村民敲锣打鼓前来观看，技术员当场讲解了分水闸的用法。"
    assert not differ_in_facts(text.format(left), text.format(right))
    assert differ_in_facts(
        text.format(left + "，共3处，长16里"), text.format(right + "，共7处，长25里")
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [("-18℃", "18℃"), ("+2.31%", "-2.31%"), ("3.5米", "35米"), ("零下6度", "6度"), ("(-5)", "(5)")],
)
def test_a_sign_or_a_point_makes_another_figure(left, right):
    text = "镇里的观测站今早传来读数，{}，值班员把它记在本子上，又打电话告诉了沿河的几个村子。"
    assert differ_in_facts(text.format(left), text.format(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("+2.31%", "2.31%"),
        ("−18℃", "-18℃"),
        ("零下18度", "-18度"),
        ("２．５米", "2.5米"),
        ("2023.5.12", "2023-5-12"),
        ("12,345.6元", "12345.6元"),
        ("5℃-18℃", "5℃至18℃"),
        ("A-3区", "A3区"),
    ],
)
def test_a_sign_or_a_point_may_be_written_in_another_way(left, right):
    text = "镇里的观测站今早传来读数，{}，值班员把它记在本子上，又打电话告诉了沿河的几个村子。"
    assert not differ_in_facts(text.format(left), text.format(right))
    assert not differ_in_facts(text.format(left), text.format(right), cautious=True)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.booleans())
def test_any_two_texts_are_compared_alike_both_ways(one, other, cautious):
    assert told(one, other, cautious=cautious) == told(other, one, cautious=cautious)
    assert not differ_in_facts(one, one, cautious=cautious)


@pytest.mark.parametrize(
    "unit",
    [
        "第{}组领取材料{}份，",
        "5\n",
        "啊",
        "张伟和李娜，",
        "{}",
        "三十五",
        "来源：甲\n",
        "（",
        "{}年{}月 ",
        "零下{}度-{}度，",
        "-",
    ],
)
def test_the_cost_grows_with_the_length(unit):
    def compare(size):
        one = "".join(unit.replace("{}", str(at)) for at in range(size))
        other = "".join(unit.replace("{}", str(at * 7 % 1000)) for at in range(size))
        return differ_in_facts(one, other, cautious=True)

    assert grows_linearly(compare, 2000)
