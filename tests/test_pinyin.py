"""Pinyin that converters put in: what goes, what it cost, and the lessons and glosses that stay."""

from __future__ import annotations

import pytest
from conftest import grows_linearly

from corpusprep.text.edits import apply
from corpusprep.text.pinyin import PINYIN_GATE, find_pinyin


def cleaned(text: str) -> str:
    assert PINYIN_GATE.search(text)
    return apply(text, list(find_pinyin(text)))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("推進(jìn)旅游高質(zhì)量發(fā)展", "推进旅游高质量发展"),
        ("他說這句話(huà)，那句話(huà)也沒有錯(cuò)。", "他说这句话，那句话也没有错。"),
        ("把紙(zhǐ )收好，先別(bié )打開。", "把纸收好，先别打开。"),
        ("看著這(zhè)本書(shū)，他寫下名著的名字", "看着这本书，他写下名著的名字"),
    ],
)
def test_readings_go_and_the_text_is_simplified_again(text: str, want: str) -> None:
    assert cleaned(text) == want


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("快速溫變?cè)囼?yàn)箱", "快速温变试验箱"),
        ("再多几?jìng)€顏色可選就好了。", "再多几个颜色可选就好了。"),
        ("再多几?jìng)€(gè)顏色可選就好了。", "再多几个颜色可选就好了。"),
        ("要加強組織?yáng)I(lǐng)導，壓實責任。", "要加强组织领导，压实责任。"),
        ("退休教?chù)?shī)很喜歡這里。", "退休教师很喜欢这里。"),
    ],
)
def test_a_reading_says_which_byte_it_cost(text: str, want: str) -> None:
    assert cleaned(text) == want


def test_a_pair_that_a_cleaner_took_comes_back() -> None:
    assert cleaned("電力部門啟動?tǎo)鳖A(yù)案，確保用電。") == "电力部门启动应急预案，确保用电。"


@pytest.mark.parametrize(
    "text",
    [
        "他在讀《龍龘(dá)》，又讀了一遍。",  # a gloss
        "帳(zhàng)號(hào)詳(xiáng)細(xì)資(zī)訊(xùn)",  # a lesson: every character
        "國家(guójiā)很大，學(xué)校(xiàoxiào)很小，書(shū)很多。",  # words too
        "我(wǒ)們(men)去(qù)學(xué)校(xiào)",
        "「龜(guī)」和「鱉(biē)」不一樣。",
        "「長(zhǎng)大」的長和「長(cháng)短」的長不同。",
        "国家的发展(zhǎn)和进步(bù)",
        "你会来吗?(ma) 我们都在等你",
    ],
)
def test_lessons_and_glosses_stay(text: str) -> None:
    assert list(find_pinyin(text)) == []


def test_rules_name_the_evidence() -> None:
    rules = {edit.rule for edit in find_pinyin("推進(jìn)旅游，質(zhì)量發(fā)展")}
    assert rules == {"pinyin-annotation:3"}


@pytest.mark.parametrize("unit", ["?cè)", "變?cè)", "推進(jìn)旅游"])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    assert grows_linearly(lambda n: list(find_pinyin(unit * n)), 1000)
