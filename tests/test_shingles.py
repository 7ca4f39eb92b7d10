import random
import unicodedata
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xxhash import xxh3_64_hexdigest

from corpusprep.text import shingles
from corpusprep.text.script import simplify_chars
from corpusprep.text.shingles import (
    BINS,
    MIN_KEY,
    blocks,
    exact_hashes,
    jaccard,
    key_texts,
    shingle_sets,
    signatures,
)

SEEDS = sorted((Path(__file__).resolve().parents[1] / "seeds").glob("*.txt"))
ENGLISH = (
    "The committee met on Tuesday to discuss the budget for the coming year, and agreed that the "
    "library should stay open on Sundays. Members asked for a report on heating before winter. "
)

KEYS = [
    ("臺灣新聞", "台湾新闻", "traditional characters are simplified"),
    ("ＧＤＰ增长５．２％", "gdp增长52", "full width and case are folded, signs go"),
    ("今 天\u3000下\u200b雨，了。", "今天下雨了", "white space and invisible characters go"),
    ("㈱①㎡⼀", "株1m一", "compatibility characters give their first letter or digit"),
    ("𠀀𝟚ㄅあ한é", "𠀀2ㄅあ한é", "beyond the basic plane, and other scripts"),
    ("😀—…《》│■", "", "symbols and punctuation are no letters"),
    ("e\u0301", "e", "an accent on its own goes"),
]


def keys_of(texts):
    keys = key_texts(texts)
    flat = keys.flat.astype("<u4").tobytes().decode("utf-32-le")
    return [flat[a:b] for a, b in zip(keys.offsets, keys.offsets[1:], strict=False)]


def sketch(texts):
    keys = key_texts(texts)
    exact = exact_hashes(keys)
    return exact, signatures(keys, exact)


def is_newer_han(char):
    """Ideographs count also where this Python's Unicode does not know them yet."""
    return 0x20000 <= ord(char) < 0x323B0


@cache
def plain_key_char(char):
    folded = unicodedata.normalize("NFKC", char).lower()
    first = next((c for c in folded if c.isalnum() or is_newer_han(c)), "")
    return simplify_chars(first)


def plain_set(text):
    """The same set by the slow, plain way: strings in a Python set."""
    key = "".join(map(plain_key_char, text))
    if len(key) < MIN_KEY:
        return set()
    runs = [key[i : i + 12] for i in range(len(key) - 4)]
    return {
        run if len(run) == 12 and all("a" <= c < "\u0530" for c in run) else run[:5] for run in runs
    }


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
@given(st.lists(ANY_TEXT, max_size=6))
def test_shingles_are_those_of_plain_python(texts):
    for text, found in zip(texts, shingle_sets(texts), strict=True):
        assert len(found) == len(plain_set(text))
        assert (np.diff(found.astype(object)) > 0).all()


@pytest.mark.parametrize("changes", [0, 3, 10, 40])
def test_similarity_is_that_of_plain_python(changes):
    for text in documents(10):
        other = with_changes(text, min(changes, len(text) // 2))
        one, two = plain_set(text), plain_set(other)
        want = len(one & two) / len(one | two)
        assert jaccard(*shingle_sets([text, other])) == pytest.approx(want, abs=1e-12)


def test_latin_text_is_compared_by_longer_runs():
    words = ENGLISH.split()
    shuffled = " ".join(random.Random(3).sample(words, len(words)))
    assert jaccard(*shingle_sets([ENGLISH, shuffled])) < 0.3
    assert jaccard(*shingle_sets([ENGLISH, ENGLISH.upper() + " Amen"])) > 0.9


@pytest.mark.parametrize("letters", [150, 300, 600, 900])
def test_a_few_letters_more_do_not_change_how_the_rest_is_compared(letters):
    text = documents(1)[0][:300] + (ENGLISH * 6)[:letters]
    assert jaccard(*shingle_sets([text, text + " Share by mail"])) > 0.9


@settings(deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_a_sketch_does_not_depend_on_the_batch(texts):
    exact, signature = sketch(texts)
    for i, text in enumerate(texts):
        alone = sketch([text])
        assert (exact[i] == alone[0][0]).all()
        assert (signature[i] == alone[1][0]).all()


def test_a_sketch_is_the_same_on_every_machine_and_in_every_release():
    # Stored sketches are compared with new ones: if this fails, they must be made again.
    text = (
        "各区、各单位：为做好今年防汛工作，请于六月十日前完成河道、水库和地下车库的隐患排查。" * 2
    )
    exact, signature = sketch([text, ENGLISH, "今天下雨了。"])
    digests = [xxh3_64_hexdigest(array.tobytes()) for array in (exact, signature)]
    assert digests == ["12f65b2bc224212b", "d2f409a97adb3a50"]


def test_the_estimate_from_signatures_is_close_and_leans_to_no_side():
    errors = []
    for seed, text in enumerate(documents(150)):
        other = with_changes(text, len(text) * (seed % 8) // 100, seed=seed)
        one, two = sketch([text, other])[1]
        errors.append(np.mean(one == two) - jaccard(*shingle_sets([text, other])))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.045  # of 128 independent bins: 0.04


def test_short_documents_that_leave_bins_empty_are_estimated_too():
    errors = []
    for seed, text in enumerate(documents(150)):
        short = next(text[:end] for end in range(40, 200) if len(keys_of([text[:end]])[0]) >= 60)
        one, two = sketch([short, with_changes(short, seed % 4, seed=seed)])[1]
        both = shingle_sets([short, with_changes(short, seed % 4, seed=seed)])
        errors.append(np.mean(one == two) - jaccard(*both))
    assert abs(np.mean(errors)) < 0.02


def test_unrelated_short_texts_have_nothing_in_common():
    texts = [
        f"{a}{b}{c}"
        for a in "天地玄黄宇宙洪荒日月"
        for b in "春夏秋冬东南西北中上"
        for c in range(10)
    ]
    exact, signature = sketch(texts)
    assert len(set(map(tuple, exact.tolist()))) == len(texts)
    for i in range(1, len(texts), 37):
        assert np.count_nonzero(signature[i] == signature[i - 1]) <= 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("今天，下雨了。", "今天,下雨了.", True),
        ("“好”", '"好"', True),
        ("發財", "发 财", True),
        ("气温-5℃", "气温5℃", False),
        ("涨1.5", "涨15", False),
        ("！！！", "？？？", False),
        ("👍", "👎", False),
        ("\ue001\ue002", "\ue003", False),
        ("\u200b", "\ufeff", False),
        ("\U0010fffd", "\U0010fffc", False),
        ("", "", True),
    ],
)
def test_a_short_text_equals_only_what_reads_the_same(one, other, same):
    first, second = exact_hashes(key_texts([one, other])).tolist()
    assert (first == second) is same


def test_broken_and_odd_characters_are_hashed_not_refused():
    texts = ["\ud800", "\udfff" * 60, "\x00" * 60, "\U000e0041", "汉" * 60 + "\ud83d"]
    exact, signature = sketch(texts)
    assert len(set(map(tuple, exact.tolist()))) == len(texts)
    assert signature.shape == (5, BINS)


@given(st.lists(st.integers(0, 70_000), max_size=8))
def test_blocks_put_together_are_the_texts(sizes):
    texts = ["字" * size for size in sizes]
    assert [text for run in blocks(texts) for text in run] == texts


def test_no_texts_have_no_sketches():
    exact, signature = sketch([])
    assert exact.shape == (0, 2)
    assert signature.shape == (0, BINS)
    assert shingle_sets([]) == []
