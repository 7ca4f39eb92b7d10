import random
import unicodedata
from collections import Counter
from functools import cache

import numpy as np
import pytest
from conftest import SEEDS, grows_linearly
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_hexdigest

from corpusprep.text import shingles
from corpusprep.text.script import simplify_chars
from corpusprep.text.shingles import (
    LETTERS_WIDTH,
    MIN_KEY,
    WIDTH,
    blocks,
    common,
    exact_hashes,
    hash_shingles,
    jaccard,
    key_texts,
    repetition,
    shingle_sets,
)

ENGLISH = (
    "The committee met on Tuesday to discuss the budget for the coming year, and agreed that the "
    "library should stay open on Sundays. Members asked for a report on heating before winter. "
)
ODD = ["\ud800", "\udfff" * 60, "\x00" * 60, "\U000e0041", "汉" * 60 + "\ud83d"]

KEYS = [
    ("臺灣新聞", "台湾新闻", "traditional characters are simplified"),
    ("ＧＤＰ增长５．２％", "gdp增长52", "full width and case are folded, signs go"),
    ("今 天\u3000下\u200b雨，了。", "今天下雨了", "white space and invisible characters go"),
    ("㈱①㎡⼀", "株1㎡一", "compatibility characters of one letter give it, of more they stay"),
    ("𠀀𝟚ㄅあ한é", "𠀀2ㄅあ한é", "beyond the basic plane, and other scripts"),
    ("😀—…《》│■", "", "symbols and punctuation are no letters"),
    ("e\u0301", "e", "an accent on its own goes"),
]

# Two short texts that say the same in other clothes, or that say two things.
SAME = [
    ("今天，下雨了。", "今天,下雨了."),
    ("“好”", '"好"'),
    ("發財", "发 财"),
    ("他说：“走吧”", "他说「走吧」"),
    ("太好了！！！", "太好了👍👍"),
    ("明天\u3000放\u200b假", "明天放假\n"),
    ("增长5％、6％", "增长5%,6%"),
    ("１．５倍", "1.5倍"),
    ("8：30开会", "8:30开会"),
    ("一共5.", "一共5"),
    ("我要“5”张", "我要5张"),
    ("约5人（含）", "约5人含"),
    ("-5度", "－5度"),
    ("！！", "!!"),
    ("～～～", "~~~"),
    ("❤", "❤\ufe0f"),
    ("", ""),
]
OTHER = [
    ("气温-5℃", "气温5℃"),
    ("气温+2", "气温-2"),
    ("涨1.5", "涨15"),
    ("3.5", "35"),
    ("8:30", "830"),
    ("5%", "5"),
    ("5％", "5‰"),
    ("≥18", "≤18"),
    ("±3毫米", "3毫米"),
    ("2-3人", "23人"),
    ("比分1:0", "比分10"),
    ("3、5号", "35号"),
    ("1,5", "1.5"),
    ("6+", "6"),
    ("！！！", "？？？"),
    ("！", "！！"),
    ("👍", "👎"),
    ("\ue001\ue002", "\ue003"),
    ("\u200b", "\ufeff"),
    ("\U0010fffd", "\U0010fffc"),
    ("", "。"),
]
# The first letter of what NFKC makes of a character is not all that it says.
IN_OTHER_CHARACTERS = [
    ("气温−5℃", "气温5℃", "U+2212, the minus sign of typeset text, is not among the signs"),
    ("第Ⅲ期", "第Ⅱ期", "Roman numerals: 'III' and 'II' give 'i'"),
    ("第⑩条", "第①条", "circled numbers from ten on: '10' gives '1'"),
    ("加½勺盐", "加1勺盐", "fractions: '1⁄2' gives '1'"),
    ("一件5㎏", "一件5㎞", "squared units: 'kg' and 'km' give 'k'"),
    ("≧18岁", "≦18岁", "the signs for at least and at most that Taiwan and Japan write"),
    ("定金$50", "定金€50", "the currency of a figure"),
]


def exact(*texts):
    return [tuple(pair) for pair in exact_hashes(key_texts(texts)).tolist()]


def keys_of(texts):
    keys = key_texts(texts)
    flat = keys.flat.astype("<u4").tobytes().decode("utf-32-le")
    return [flat[a:b] for a, b in zip(keys.offsets, keys.offsets[1:], strict=False)]


def is_newer_han(char):
    """Ideographs count also where this Python's Unicode does not know them yet."""
    return 0x20000 <= ord(char) < 0x323B0


@cache
def plain_key_char(char):
    folded = unicodedata.normalize("NFKC", char).lower()
    letters = [c for c in folded if c.isalnum() or is_newer_han(c)]
    return simplify_chars(char if len(letters) > 1 else "".join(letters))


def plain_shingles(text, width=WIDTH):
    """The same shingles by the slow, plain way: a string for every place of the key."""
    key = "".join(map(plain_key_char, text))
    if len(key) < MIN_KEY:
        return []
    runs = [key[i : i + LETTERS_WIDTH] for i in range(len(key) - width + 1)]
    return [
        run if len(run) == LETTERS_WIDTH and all("a" <= c < "\u0530" for c in run) else run[:width]
        for run in runs
    ]


def plain_set(text, width=WIDTH):
    return set(plain_shingles(text, width))


def sentences():
    text = "".join(path.read_text("utf-8") for path in SEEDS).replace("\n", "")
    return [part + "。" for part in text.split("。") if 8 < len(part) < 120]


def documents(count, *, seed=1):
    rng, pool = random.Random(seed), sentences()
    return ["".join(rng.choices(pool, k=rng.randint(3, 12))) for _ in range(count)]


def with_changes(text, count, *, seed=1):
    rng, chars = random.Random(seed), list(text)
    for at in rng.sample(range(len(chars)), count):
        chars[at] = rng.choice("春夏秋冬山水风云花鸟")
    return "".join(chars)


ANY_TEXT = st.text(
    st.one_of(
        st.sampled_from("的一是了我不在人们有来他这上着个地到大里说就去子得也和那要下看天时过出"),
        st.sampled_from("abcxyzABC0123456789，。！? \n\u3000"),
        st.characters(),
    ),
    max_size=200,
)


@pytest.mark.parametrize(("text", "want", "_why"), KEYS)
def test_a_key_is_the_letters_and_digits_in_one_form(text, want, _why):
    assert keys_of([text]) == [want]


def test_every_text_of_a_batch_has_a_key_of_its_own():
    assert keys_of(["", "甲", "，", "乙丙", ""]) == ["", "甲", "", "乙丙", ""]


@given(st.characters())
def test_the_table_agrees_with_unicode_normalisation(char):
    assert keys_of([char]) == [plain_key_char(char)]


def test_the_table_is_built_once_and_cannot_be_changed():
    assert shingles._table() is shingles._table()
    with pytest.raises(ValueError, match="read-only"):
        shingles._table()[0x4E00] = 0


@settings(deadline=None)
@given(st.lists(ANY_TEXT, max_size=6), st.integers(3, 12))
def test_shingles_are_those_of_plain_python(texts, width):
    for text, found in zip(texts, shingle_sets(texts, width), strict=True):
        assert len(found) == len(plain_set(text, width))
        assert (np.diff(found.astype(object)) > 0).all()


@pytest.mark.parametrize("width", range(2, 13))
def test_sets_of_every_width_share_what_those_of_plain_python_share(width):
    chinese, other = documents(2, seed=width)
    texts = [chinese, chinese[:200] + other, ENGLISH + chinese, chinese + ENGLISH[:70]]
    sets, plain = shingle_sets(texts, width), [plain_set(text, width) for text in texts]
    for i, one in enumerate(plain):
        assert [common(sets[i], own) for own in sets] == [len(one & own) for own in plain]


def test_shingles_do_not_reach_into_the_next_text():
    texts = [ENGLISH, ENGLISH.upper(), "短", documents(1)[0], ENGLISH[:80]]
    together = shingle_sets(texts)
    assert [found.tolist() for found in together] == [
        shingle_sets([text])[0].tolist() for text in texts
    ]


def test_a_hash_stands_for_every_place_of_a_text_that_is_long_enough():
    texts = ["短", "字" * (MIN_KEY - 1), "字" * MIN_KEY, "", ENGLISH]
    found = hash_shingles(key_texts(texts), 7)
    assert found.rows.tolist() == [2, 4]
    assert found.counts.tolist() == [len(plain_shingles(texts[i], 7)) for i in (2, 4)]
    assert len(found.hashes) == found.counts.sum()
    assert len(set(found.hashes[: found.counts[0]].tolist())) == 1
    assert hash_shingles(key_texts(["短"])).hashes.dtype == np.uint64


@pytest.mark.parametrize("changes", [0, 3, 10, 40])
def test_similarity_is_that_of_plain_python(changes):
    for text in documents(10):
        other = with_changes(text, min(changes, len(text) // 2))
        one, two = plain_set(text), plain_set(other)
        want = len(one & two) / len(one | two)
        assert jaccard(*shingle_sets([text, other])) == pytest.approx(want, abs=1e-12)


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_what_two_sets_share_is_counted(one, other):
    arrays = [np.array(sorted(part), np.uint64) for part in (one, other)]
    assert common(*arrays) == len(one & other)
    want = len(one & other) / len(one | other) if one and other else 0
    assert jaccard(*arrays) == want


def test_latin_text_is_compared_by_longer_runs():
    words = ENGLISH.split()
    shuffled = " ".join(random.Random(3).sample(words, len(words)))
    assert jaccard(*shingle_sets([ENGLISH, shuffled])) < 0.3
    assert jaccard(*shingle_sets([ENGLISH, ENGLISH.upper() + " Amen"])) > 0.9


@pytest.mark.parametrize("letters", [150, 300, 600, 900])
def test_a_few_letters_more_do_not_change_how_the_rest_is_compared(letters):
    text = documents(1)[0][:300] + (ENGLISH * 6)[:letters]
    assert jaccard(*shingle_sets([text, text + " Share by mail"])) > 0.9


@pytest.mark.parametrize(("one", "other"), SAME)
def test_a_short_text_equals_one_that_reads_the_same(one, other):
    assert len(set(exact(one, other))) == 1


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_a_short_text_with_another_figure_or_without_letters_equals_no_other(one, other):
    assert len(set(exact(one, other))) == 2


@pytest.mark.parametrize(("one", "other", "_why"), IN_OTHER_CHARACTERS)
def test_a_short_text_with_a_figure_in_another_character_equals_no_other(one, other, _why):
    assert len(set(exact(one, other))) == 2


def test_degrees_in_one_character_and_in_two_are_the_same():
    assert len(set(exact("最高5℃", "最高5°C"))) == 1


@pytest.mark.parametrize("length", [1, MIN_KEY - 3, MIN_KEY, 500])
def test_marks_of_figures_count_in_texts_of_every_length(length):
    assert len(set(exact("字" * length + "3.5", "字" * length + "35"))) == 2
    assert len(set(exact("字" * length + "，35。", "字" * length + " 35"))) == 1


def test_a_mark_between_the_figures_of_two_texts_belongs_to_neither():
    alone = exact("%5")[0], exact("涨5")[0]
    assert exact("涨5", "%5") == [alone[1], alone[0]]


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_an_exact_hash_does_not_depend_on_the_batch(texts):
    assert exact(*texts) == [exact(text)[0] for text in texts]


@settings(deadline=None)
@given(ANY_TEXT)
def test_equal_exact_hashes_mean_equal_keys(text):
    other = text.swapcase().replace("，", ",").replace(" ", "")
    key, folded = keys_of([text, other])
    if exact(text)[0] == exact(other)[0]:
        assert key == folded
    elif len(key) >= MIN_KEY:
        assert key != folded


def test_exact_hashes_are_the_same_on_every_machine_and_in_every_release():
    # Stored sketches are compared with new ones: if this fails, they must be made again.
    text = (
        "各区、各单位：为做好今年防汛工作，请于六月十日前完成河道、水库和地下车库的隐患排查。" * 2
    )
    hashes = exact_hashes(key_texts([text, ENGLISH, "今天下雨了。", "-5", "！"]))
    assert xxh3_64_hexdigest(hashes.astype("<u8").tobytes()) == "35a814a4e6fffe72"


def test_broken_and_odd_characters_are_hashed_not_refused():
    assert len(set(exact(*ODD))) == len(ODD)
    assert [len(found) for found in shingle_sets(ODD)] == [0, 0, 0, 0, 1]
    assert repetition(ODD)[:4] == [0, 0, 0, 0]


@settings(deadline=None)
@given(st.lists(ANY_TEXT | st.just("加微信领取内部资料，名额有限先到先得。" * 9), max_size=6))
def test_repetition_is_that_of_plain_python(texts):
    want = []
    for text in texts:
        counts = Counter(plain_shingles(text))
        want.append(1 - len(counts) / counts.total() if counts else 0)
    assert repetition(texts) == pytest.approx(want)


def test_prose_repeats_little_and_a_line_down_the_page_nearly_all():
    once = "".join(random.Random(2).sample(sentences(), 12))
    spam, short = "扫码进群，领取优惠券一张。" * 30, "哈" * (MIN_KEY - 1)
    prose, page, laughter, more = repetition([once, spam, short, short + "哈"])
    assert prose < 0.1
    assert page > 0.95
    assert laughter == 0
    assert more == pytest.approx(45 / 46)
    assert repetition([]) == []


@given(st.lists(st.integers(0, 70_000), max_size=8))
def test_blocks_put_together_are_the_texts(sizes):
    texts = ["字" * size for size in sizes]
    runs = list(blocks(texts))
    assert [text for run in runs for text in run] == texts
    assert all(len(run) == 1 or sum(map(len, run)) <= shingles._BLOCK for run in runs)


def test_sets_take_time_by_the_length_of_the_text():
    line = documents(1)[0]
    assert grows_linearly(lambda n: shingle_sets([line * n]), 100)
    assert grows_linearly(lambda n: shingle_sets(["短讯。"] * n), 1000)


def test_no_texts_have_no_hashes():
    assert exact_hashes(key_texts([])).shape == (0, 2)
    assert shingle_sets([]) == []
