"""The character model: what it must be able to tell apart, and that its sums are sums."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusprep.text import lm
from corpusprep.text.script import convert_script

SENTENCES = [
    "村里的老槐树又开花了，大家都说这是个好年景。",
    "文件不存在，请检查路径是否正确，然后重新启动程序。",
    "明天早上八点在学校门口集合，请不要迟到！",
    "电脑坏了，拿去修了三天才修好。",
    "他们昨天在图书馆看书，后来去操场打球。",
]
ANY = st.text(st.characters(codec=None) | st.sampled_from("我们在北京工作，。\n 0a。𠮷\U0010ffff"))


def rate(text: str) -> float:
    return lm.score(text) / len(text)


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_far_likelier_than_any_wrong_reading_of_it(text):
    for written, read in (("utf-8", "gbk"), ("utf-8", "big5"), ("gbk", "big5"), ("gbk", "latin-1")):
        wrong = text.encode(written).decode(read, "replace")
        assert rate(text) > -7
        assert rate(wrong) < -9
        assert lm.score(text) > lm.score(wrong) + 40


def test_the_right_character_wins_in_its_context():
    for text, others in {
        "请重新启_程序": ("动", "东洞冬董懂"),
        "我们在北_工作": ("京", "景经斤精净"),
        "这个文件不_在": ("存", "村寸春吋蹲"),
    }.items():
        right, wrong = others
        values = lm.scores([text.replace("_", char) for char in (right, *wrong)])
        assert values.argmax() == 0


@pytest.mark.parametrize("text", SENTENCES)
def test_both_scripts_widths_digits_and_letters_count_alike(text):
    assert lm.score(convert_script(text, "s2t")) == lm.score(text)
    assert lm.score(text.replace("，", ",").replace("！", "!")) == lm.score(text)
    assert (
        lm.score("在2026年买了iPad")
        == lm.score("在1997年买了mIXq")
        == lm.score("在２０２６年买了ｉＰａｄ")
    )


@given(ANY)
def test_the_score_is_the_sum_over_the_characters(text):
    values = lm.logprobs(text)
    assert values.dtype == np.float32
    assert values.shape == (len(text),)
    assert np.isfinite(values).all()
    assert (values <= 0).all()
    assert lm.score(text) == pytest.approx(float(values.sum(dtype=np.float64)))


@given(ANY, ANY)
def test_a_character_depends_on_the_two_before_it_and_on_nothing_else(left, text):
    assert (lm.logprobs(left + text)[len(left) + 2 :] == lm.logprobs(text)[2:]).all()
    assert (lm.logprobs(text + left)[: len(text)] == lm.logprobs(text)).all()


@given(st.lists(ANY, max_size=6))
def test_many_texts_at_once_have_the_scores_of_each_alone(texts):
    together = lm.scores(texts)
    assert together.dtype == np.float64
    assert together.shape == (len(texts),)
    assert together == pytest.approx([lm.score(text) for text in texts])


def test_the_keys_of_the_table_are_sorted_so_that_a_search_finds_them():
    table = lm._table()
    for keys in (table.pairs, table.triples):
        assert (keys[1:] > keys[:-1]).all()
    assert len(table.pairs) == len(table.pair_values) == len(table.pair_rests)
    assert len(table.triples) == len(table.triple_values)
    assert int(table.ids.max()) < len(table.ones) == len(table.rests) <= 1 << lm.ID_BITS


def test_the_table_is_read_when_the_first_text_is_scored():
    code = (
        "from corpusprep.text import lm; assert not lm._table.cache_info().currsize; "
        "lm.score('中'); assert lm._table.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
