"""The damage that the benchmark does: the same each time, and exact where bytes say so."""

from __future__ import annotations

import random
import re

import pytest

from benchmarks.mojibake.damage import (
    FOUR_BYTES,
    KINDS,
    READINGS,
    annotate_bytes,
    damage,
    damage_span,
    plant,
    private_pairs,
    readings,
)
from benchmarks.mojibake.recovery import distance, loosely
from corpusprep.text.script import recognise_script

SIMPLIFIED = (
    "会议要求各级干部加强理论学习，积极参加保护环境的活动，为实现新的目标作出贡献。“党委要带头”，书记说。",
    "这台机器测试之后又变试了两次，长期使用的风险见说明书，页面上有龙的图案；他说：“可以。”可是没人信！",
    "用这些测量仪器的人当中，获奖者都是借助于先进的办法，试验目的仅是比较，东西部的差距却在缩小？谁也说不准。",
)
TRADITIONAL = (
    "簽約儀式於昨日舉行，雙方代表發言後，記者問了幾個問題；會議還討論了環境保護的經費。",
    "他每天步行五公里上班，頭髮已經白了，皇后大道的鐘聲響起時，正好走到公司樓下，買一碗麵吃。",
)


def samples(kind: str) -> list[tuple[str, str]]:
    """Return pairs of a clean text and that text after damage."""
    texts = TRADITIONAL if KINDS[kind].script == "traditional" else SIMPLIFIED
    found = []
    for seed in range(30):
        rng = random.Random(seed)
        text = plant(texts[seed % len(texts)], kind, rng)
        out = damage(text, kind, rng)
        if out is not None:
            found.append((text, out))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_damages_and_gives_the_same_for_the_same_seed(kind):
    found = samples(kind)
    assert found
    assert found == samples(kind)
    assert all(text != out for text, out in found)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].spans])
def test_a_damaged_span_leaves_half_of_the_text_as_it_was(kind):
    texts = TRADITIONAL if KINDS[kind].script == "traditional" else SIMPLIFIED
    planted = [plant(text, kind, random.Random(3)) for text in texts]
    spans = [(t, out) for t in planted if (out := damage_span(t, kind, random.Random(3)))]
    assert spans
    for text, out in spans:
        head = next(i for i, (a, b) in enumerate(zip(text, out, strict=False)) if a != b)
        tail = next(
            i for i, (a, b) in enumerate(zip(text[::-1], out[::-1], strict=False)) if a != b
        )
        assert head + tail >= len(text) // 3


def undo(text: str, *steps: tuple[str, str]) -> str:
    for written, read in steps:
        text = text.encode(written).decode(read)
    return text


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("utf8-as-latin1", [("latin-1", "utf-8")]),
        ("gbk-as-latin1", [("latin-1", "gb18030")]),
        ("big5-as-latin1", [("latin-1", "big5hkscs")]),
        ("utf8-latin1-twice", [("latin-1", "utf-8")] * 2),
        ("gbk-latin1-utf8-latin1", [("latin-1", "utf-8"), ("latin-1", "gb18030")]),
    ],
)
def test_what_keeps_all_bytes_can_be_undone_by_bytes(kind, steps):
    for text, out in samples(kind):
        assert undo(out, *steps) == text


def test_decoders_differ_in_what_they_mark():
    rng = random.Random(1)
    text = "名'同"  # E5 90 8D 27 E5 90 8C: the pair 8D 27 is none, 8C is alone at the end
    assert damage(text, "utf8-as-gbk", rng) == "鍚�'鍚�"
    assert damage(text, "utf8-as-cp936", rng) == "鍚�'鍚�"
    assert damage(text, "utf8-as-gbk-question", rng) == "鍚?鍚?"
    assert damage("一个", "utf8-as-gbk", rng) == "涓�涓�"
    assert damage("一个", "utf8-as-cp936", rng) == "涓€涓�"


@pytest.mark.parametrize("kind", ["utf8-as-cp1252-dropped", "utf8-as-cp1252-replaced"])
def test_a_text_that_loses_nothing_is_not_of_the_kind(kind):
    assert damage("中文", kind, random.Random(1)) is None
    assert damage("人", "utf8-as-cp1252-dropped", random.Random(1)) is None


def test_only_what_an_encoding_can_say_is_damaged_by_it():
    assert damage("简体", "big5-as-latin1", random.Random(1)) is None
    assert damage("𠮷野家", "gbk-as-big5", random.Random(1)) is None
    assert damage("吉野家", "gb18030-as-gbk", random.Random(1)) is None
    assert all(len(char.encode("gb18030")) == 4 for char in FOUR_BYTES)


def test_a_lost_byte_leaves_what_stands_before_it():
    for text, out in samples("gbk-lost-byte-cp936"):
        at = out.index("?")
        assert out[:at] == text[:at]
        assert len(out) <= len(text) + 1


def test_annotations_taken_out_leave_traditional_text():
    for text, out in samples("pinyin-annotation"):
        bare = re.sub(r"\([a-zà-ǜ]+ ?\)", "", out)
        assert len(bare) == len(text)
        assert recognise_script(bare) == "traditional"


def test_bytes_of_two_characters_are_hit_by_an_annotation():
    """變 D783, 試 D487: 冊 is 83D4. The lead byte of 試 and the parenthesis become a question mark."""
    texts = {"变试验": "變?cè)囼", "测量仪器": "量?jī)x器", "获奖者都是": "獎?wù)叨际"}
    for text, want in texts.items():
        hits = (annotate_bytes(text, random.Random(seed)) for seed in range(300))
        assert any(want in hit for hit in hits if hit)


def test_each_listed_character_has_one_reading():
    listed = re.findall("[\u4e00-\u9fff]", READINGS)
    assert len(listed) == len(set(listed)) == len(readings())
    assert readings()["進"] == "jìn"


def test_private_use_pairs_are_what_python_reads():
    pairs = private_pairs()
    assert pairs["龴"] == b"\xfe\x59".decode("gb18030")
    assert pairs["ḿ"] == b"\xa8\xbc".decode("gb18030")
    assert pairs["㑳"] == "\ue81a"
    assert pairs["䶮"] == "\ue863"


@pytest.mark.parametrize(
    ("one", "two", "want"),
    [
        ("", "", 0),
        ("", "中文", 2),
        ("锟斤拷", "锟拷斤", 2),
        ("会议开始", "会开始了", 2),
        ("甲" * 90, "乙", 90),
    ],
)
def test_distance_counts_edits(one, two, want):
    assert distance(one, two) == distance(two, one) == want


def test_loose_comparison_ignores_width_and_white_space():
    assert loosely("他说：“好！” \n") == loosely("他说:“好!”")
    assert loosely("他说。") != loosely("他说")
