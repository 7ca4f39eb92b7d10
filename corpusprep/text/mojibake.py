r"""Encoding damage, undone run by run: what a text was before its bytes were read wrongly.

    ä½\xa0å¥½ï¼Œä¸–ç•Œ                UTF-8, GB18030 or Big5 read as Latin-1 or cp1252   (latin.py)
    浣犲ソ锛屼笘鐣�                UTF-8, GBK or Big5 read as one of the others   (doublebyte.py)
    三?！敝С龅拙€                  GBK that lost a byte, wrongly paired from there on
    推進(jìn)旅游高質(zhì)量發(fā)展        pinyin put in after some characters               (pinyin.py)
    &#20320; \u4f60 %E4%BD%A0       escapes that nobody resolved                  (lookalikes.py)
    ⼈⼯智能 不斷髮展               radicals, private use, wrong conversions

Structure speaks first, a small language model second (lm.py). A finder takes the text and gives
edits, one for each damaged run; its gate is a class of characters that clean text has not, so that
clean text meets only the gates. What has lost its bytes, such as 锟斤拷, is never guessed:
`find_unrecoverable` says where it is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.errors import CorpusprepError, nearest
from corpusprep.text import doublebyte, latin, lookalikes, pinyin
from corpusprep.text.edits import Edit, apply, compose, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

__all__ = ["CLASSES", "find_unrecoverable", "repair", "repair_edits"]

CLASSES = {
    "html-entity": "HTML entities in running text",
    "unicode-escape": r"\uXXXX in running text",
    "percent-escape": "%XX of UTF-8 or GB18030 in running text",
    "mojibake-utf8-as-latin": "UTF-8 read as Latin-1 or cp1252, up to three times over",
    "mojibake-gbk-as-latin": "GB18030 read as Latin-1 or cp1252",
    "mojibake-big5-as-latin": "Big5 read as Latin-1 or cp1252",
    "mojibake-utf8-as-gbk": "UTF-8 read as GBK or GB18030",
    "mojibake-utf8-as-big5": "UTF-8 read as Big5",
    "mojibake-gbk-as-big5": "GBK read as Big5",
    "mojibake-big5-as-gbk": "Big5 read as GBK or GB18030",
    "gb18030-as-gbk": "four bytes of GB18030 read one by one",
    "gbk-lost-byte": "GBK that lost a byte and was paired wrongly after it",
    "pinyin-annotation": "pinyin put in by a converter, and its conversion to traditional script",
    "masked-character": "D for 党 in text that is disguised in other ways too",
    "radical": "radicals in the place of the characters that look like them",
    "compatibility-ideograph": "compatibility ideographs",
    "private-use": "private-use characters that are assigned by now",
    "glyph-debris": "signs of a PDF's font in Chinese text",
    "wrong-conversion": "wrong traditional characters: 籤約, 不斷髮展",
}
"""The classes of damage: each is the rule id of its edits, before the colon."""


class _Finder(NamedTuple):
    classes: tuple[str, ...]
    gate: Callable[[str], object]
    find: Callable[[str], Iterable[Edit]]
    odd: bool = True  # only in text with a character that clean Chinese text has not


_DOUBLE_BYTE = tuple(name for name in CLASSES if name.endswith(("-as-gbk", "-as-big5")))

# In this order: each finder sees what those before it made of the text.
_PASSES: tuple[tuple[_Finder, ...], ...] = (
    (
        _Finder(
            ("html-entity", "unicode-escape", "percent-escape"),
            lookalikes.may_have_escapes,
            lookalikes.find_escapes,
            odd=False,
        ),
    ),
    (
        _Finder(
            tuple(name for name in CLASSES if name.endswith("-as-latin")),
            latin.LATIN_GATE.search,
            latin.find_latin,
        ),
    ),
    (
        _Finder(
            ("pinyin-annotation", "masked-character", "gbk-lost-byte"),
            pinyin.PINYIN_GATE.search,
            pinyin.find_pinyin,
            odd=False,
        ),
    ),
    (
        _Finder(_DOUBLE_BYTE, doublebyte.has_rare, doublebyte.find_double_byte, odd=False),
        _Finder(_DOUBLE_BYTE, doublebyte.has_odd, doublebyte.find_double_byte),
    ),
    (
        _Finder(
            ("gbk-lost-byte",), doublebyte.may_have_lost, doublebyte.find_lost_bytes, odd=False
        ),
        _Finder(("gb18030-as-gbk",), doublebyte.FOUR_BYTES.search, doublebyte.find_four_bytes),
        _Finder(
            ("radical", "compatibility-ideograph"),
            lookalikes.RADICALS_GATE.search,
            lookalikes.find_radicals,
        ),
        _Finder(("private-use",), lookalikes.PRIVATE_USE_GATE.search, lookalikes.find_private_use),
        _Finder(
            ("glyph-debris",), lookalikes.GLYPH_DEBRIS_GATE.search, lookalikes.find_glyph_debris
        ),
    ),
    (
        _Finder(
            ("wrong-conversion",),
            lookalikes.CONVERSIONS_GATE.search,
            lookalikes.find_wrong_conversions,
            odd=False,
        ),
    ),
)


def repair_edits(text: str, *, disable: Collection[str] = ()) -> list[Edit]:
    """Return the edits that undo encoding damage in *text*, one for each damaged run.

    The rule of an edit is its class, a colon and the evidence: what the new run is likelier by in
    nats (``+41.2``) where the language model decided, otherwise the structure that proves it.
    *disable* names `CLASSES` that are to stay.

    Raises:
        CorpusprepError: *disable* names something else.

    >>> repair_edits("文件名：ÎÄ¼þÃû³Æ")
    [Edit(start=4, end=12, new='文件名称', rule='mojibake-gbk-as-latin:+96.4')]
    """
    for name in disable:
        if not isinstance(name, str) or name not in CLASSES:
            raise CorpusprepError(f"no class of damage {name!r}; {nearest(str(name), CLASSES)}")
    done: list[Edit] = []
    now, odd = text, _ODD.search(text) is not None
    for finders in _PASSES:
        found: list[Edit] = []
        for finder in finders:
            if finder.odd and not odd:
                continue
            if disable and all(name in disable for name in finder.classes):
                continue
            if finder.gate(now):
                found += finder.find(now)
        found = [
            edit
            for edit in found
            if edit.rule.partition(":")[0] not in disable and not _is_quoted(now, edit)
        ]
        if found:
            found = settle(found)
            done = compose(now, done, found)
            now = apply(now, found)
            odd = _ODD.search(now) is not None
    return done


# What clean Chinese text has not: Latin letters with marks and the other signs that bytes 80-FF
# become (without § © « ® ° ± ² ³ · » × ÷ and quotes), radicals, the signs of PDF fonts, private use,
# compatibility ideographs, U+FFFD; kana, Greek and Cyrillic, for in wrongly paired bytes they are.
_ODD = re.compile(
    "[\x80-\x9f\xa1-\xa6\xa8\xaa\xac\xaf\xb4-\xb6\xb8-\xba\xbc-\xd6\xd8-\xf6\xf8-\u024f\u0391-\u0451"
    "\u20ac\u2e80-\u2fd5\u3041-\u30f6\ua000-\uabff\ue000-\ufaff\ufffd\U0002f800-\U0002fa1f]"
)

_QUOTES = dict(zip("“‘「『《（(【[\"'`", "”’」』》）)】]\"'`", strict=True))
_ABOUT = re.compile(
    "乱码|亂碼|误读|誤讀|火星文|显示成|顯示成|显示为|顯示為|(?i:mojibake|garbled|gibberish)"
)
_NEAR, _MOST_QUOTED = 80, 60  # characters


def _is_quoted(text: str, edit: Edit) -> bool:
    """Return whether *edit* would repair a specimen: damage in quotation marks, or spoken about."""
    start, end, _, rule = edit
    if not rule.startswith(("mojibake-", "gbk-")) or end - start > _MOST_QUOTED:
        return False
    left, right = text[max(0, start - 3) : start], text[end : end + 3]
    if any(mark in left and close in right + text[end - 1] for mark, close in _QUOTES.items()):
        line = (
            text[max(0, start - 1000) : start].rpartition("\n")[2]
            + text[end : end + 1000].partition("\n")[0]
        )
        if len(_HAN.findall(line)) >= 4:
            return True
    before = text[max(0, start - _NEAR) : start].rpartition("\n")[2]
    return _ABOUT.search(before + "\n" + text[end : end + _NEAR].partition("\n")[0]) is not None


_HAN = re.compile("[\u4e00-\u9fff]")


def repair(text: str) -> str:
    r"""Return *text* with encoding damage undone, where its bytes can still be known.

    Accented words, glosses of rare characters and entities in code or URLs stay.

    >>> repair("創(chuàng)建國(guó)家文旅融合示范區(qū),分(三期)推進(jìn)")
    '创建国家文旅融合示范区,分(三期)推进'
    >>> repair("天安门上空的ï¼šâ€œä½\xa0å¥½â€\x9d")
    '天安门上空的：“你好”'
    >>> repair("浣犲ソ锛屼笘鐣岋紒")
    '你好，世界！'
    >>> repair("他在café里读《龙龘(dá)》，锟斤拷")
    '他在café里读《龙龘(dá)》，锟斤拷'
    """
    return apply(text, repair_edits(text))


# U+FFFD read as GBK or as Latin-1; U+FFFD itself, and the signs that some fonts and decoders put.
_LOST = re.compile(
    "(?:锟斤拷|锟[\u4e00-\u9fff]|[\u4e00-\u9fff\uff4f]拷){2,}[锟斤]{0,2}|锟斤拷|(?:ï¿½)+|\ufffd+|[◆□■]{3,}"
)


def find_unrecoverable(text: str, edits: Sequence[Edit] = ()) -> list[tuple[int, int]]:
    """Return where the bytes of *text* are lost for good: spans of 锟斤拷, of U+FFFD, of ◆◆◆.

    What *edits* repair is left out.

    >>> find_unrecoverable("会议锟斤拷锟斤拷召开")
    [(2, 8)]
    """
    if _LOST.search(text) is None:
        return []
    starts = [edit.start for edit in edits]
    spans = []
    for m in _LOST.finditer(text):
        k = bisect_left(starts, m.end())
        if not k or edits[k - 1].end <= m.start():
            spans.append(m.span())
    return spans
