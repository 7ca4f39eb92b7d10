"""Character classes: what is inside, and the look-alikes that are outside."""

from __future__ import annotations

import re

import pytest

from corpusprep.text import chars

CASES = [
    (chars.HAN, "一龥㐀鿿豈𠀀𪛖〇々", "─│⼈⺠あアㄅＡ·〡 "),
    (chars.KANA, "あんアン゛ゝー"[:4] + "ーㇰ", "・一゠"),
    (chars.HANGUL, "가힣ㄱ", "ㄅ一"),
    (chars.BOPOMOFO, "ㄅㄩㆠ", "あ一"),
    (chars.CJK_PUNCTUATION, "、。〈》「】〔〝・", "，,“.〇々"),
    (chars.FULL_WIDTH_PUNCTUATION, "！，：；？（）～｡", "!,Ａ０、"),
    (chars.SHARED_PUNCTUATION, "“”‘’…—·", "\"'-."),
    (chars.INVISIBLE, "\u200b\ufeff\u00ad\u2060\u202e", " \t\n\u3000字"),
    (chars.CONTROL, "\x00\x07\x9f\x0b", "\t\n\r\x85 a"),
    (chars.SPACE, " \t\u00a0\u2003\u3000", "\n\r\u200b"),
    (chars.LINE_BREAK, "\n\r\u2028\u0085", " \t"),
]


@pytest.mark.parametrize(("inside_of", "inside", "outside"), CASES)
def test_a_class_holds_its_members_and_not_their_look_alikes(inside_of, inside, outside):
    pattern = re.compile(f"[{inside_of}]")
    assert [c for c in inside if not pattern.match(c)] == []
    assert [c for c in outside if pattern.match(c)] == []


@pytest.mark.parametrize(
    ("text", "want"), [("", 0), ("abc，。", 0), ("汉字", 2), ("𠀀a〇", 2), ("\n年\n", 1)]
)
def test_han_are_counted(text, want):
    assert chars.count_han(text) == want
