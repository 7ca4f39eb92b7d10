"""Places where a sentence is cut without a mark that ends it: numbered headings and the limit.

A list that lost its line breaks runs on behind the prose: ``推动旅游高质量发展1.聚焦项目建设。2.推进
改革`` or ``工作要点一、提高认识``. A heading is set apart where its number is one of a sequence. And a
caller whose model reads no more than so many characters wants long sentences cut at their best
semicolon or comma.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from corpusprep.text.chars import HAN, SPACE, is_han

MIN_ITEM = 4  # characters of an item: 北京1、上海2、广州3例 is a count of cases
NEXT_ITEM = 400  # how far off the second item of a list may stand that begins glued to prose
LAST_ITEM = 2000  # how far back the item before may stand

_NUMERALS = "一二三四五六七八九十"
# Where a list number ends that Han follows; the pattern begins with one class, which `re` skips to,
# and looks back before it looks at the large class ahead.
_END = rf"[.．、）)①-⑳](?:(?<=[0-9０-９{_NUMERALS}].)|(?<=[①-⑳]))(?=[{HAN}“《])"
_ITEM = re.compile(_END)
# The number before that place; its kinds are the groups.
_NUMBER = re.compile(
    rf"""(?:
        (?<![0-9０-９.．,，~～－\-])([0-9０-９]{{1,2}})[.．]
      | (?<![0-9０-９.．、,，~～－\-])([0-9０-９]{{1,2}})、
      | (?<![{_NUMERALS}百千万零〇两第])([{_NUMERALS}]{{1,3}})、(?![{_NUMERALS}])
      | [（(]([{_NUMERALS}]{{1,3}})[）)](?![项項款目号號])
      | [（(]([0-9０-９]{{1,2}})[）)](?![项項款目号號])
      | ([①-⑳])
    )""",
    re.VERBOSE,
)
# A text without these has no glued heading.
_SECOND = re.compile(rf"2[.．、）)][{HAN}“《]")
_SECOND_RARER = re.compile(rf"[二２][.．、）)][{HAN}“《]|②")
_GLUED = re.compile(
    rf"""{_END}
    (?:(?<=[{HAN}][0-9０-９{_NUMERALS}].)|(?<=[{HAN}][0-9０-９{_NUMERALS}][0-9０-９{_NUMERALS}].)
      |(?<=[{HAN}][（(].[)）])|(?<=[{HAN}][（(]..[)）])|(?<=[{HAN}][①-⑳]))""",
    re.VERBOSE,
)
_BROKEN_ITEM = re.compile(
    rf"(?:[（(]?(?:[0-9０-９]{{1,2}}|[{_NUMERALS}]{{1,3}})[.．、）)]?|[（(①-⑳])\Z"
)
_CIRCLED = 6
_VALUES = {
    **{numeral: k for k, numeral in enumerate(_NUMERALS, 1)},
    **{f"十{numeral}": k for k, numeral in enumerate(_NUMERALS[:9], 11)},
    **{chr(0x2460 + k): k + 1 for k in range(20)},
}
# Words that a number belongs to: 参见图1.项目, 第八条（一）, 统一、周一、.
_LABELS = frozenset("图圖表第章节節条條款例题題篇集部卷期号號版楼层層室栋级級页頁课課")
_BEFORE_NUMERAL = frozenset("年月日周週初高统統同万萬单單唯惟专專合划归任逐星其再第之如")
_NO_LIST = {
    **dict.fromkeys((1, 2, 4, 5), _LABELS),
    3: _BEFORE_NUMERAL,
    6: frozenset[str](),
}
_NO_LABELS = ("问题", "問題")  # 存在问题1.资金不足
_ENDS = frozenset('。！？!?；;：:，,、…"”’」』》）)】]')


def has_glued_heading(text: str) -> bool:
    """Return whether *text* may have a glued heading: few have, and this look costs little."""
    # A pattern that begins with one letter is looked for three times as fast as one of several.
    if _SECOND.search(text) or (
        ("二" in text or "②" in text or "２" in text) and _SECOND_RARER.search(text)
    ):
        return _GLUED.search(text) is not None
    return False


class _Item(NamedTuple):
    """A list number: its value, the places where it begins and ends, and the Han it is glued to."""

    number: int
    at: int
    end: int
    glued: str


class Headings:
    """Finds the numbered headings that are glued to the prose before them.

    It reads a text in one go or in pieces; `sure` is the place up to which no text to come can
    change what it said.
    """

    def __init__(self) -> None:
        self.last: dict[int, _Item] = {}  # by kind
        self.at = 0  # where to read on
        self.sure = 0

    def find(self, text: str, *, final: bool = True) -> list[int]:
        """Return the places where a glued heading begins, in order, since the last call."""
        broken = None if final else _BROKEN_ITEM.search(text, max(self.at, len(text) - 6))
        size = broken.start() if broken else len(text)
        places: list[int] = []
        for place in _ITEM.finditer(text, self.at):
            end = place.end()
            if end > size:
                break
            number = _NUMBER.search(text, max(0, end - 5), end + 1)
            while number and number.end() != end:
                number = _NUMBER.search(text, number.start() + 1, end + 1)
            if number:
                places += self.places(text, number)
        self.at = size
        waiting = (
            []
            if final
            else [
                item.at
                for item in self.last.values()
                if item.number == 1 and item.glued and size - item.at <= NEXT_ITEM
            ]
        )
        self.sure = min([size, *waiting])
        return sorted(places)

    def places(self, text: str, match: re.Match[str]) -> list[int]:
        """Return where headings begin now that the list number *match* is known."""
        kind = match.lastindex or 0
        number = _VALUES.get(match[kind]) or (int(match[kind]) if match[kind].isdigit() else 0)
        at = match.start()
        before = text[at - 1 : at]
        glued = before if before and is_han(before) else ""
        is_label = glued in _NO_LIST[kind] and text[at - 2 : at] not in _NO_LABELS
        if is_label or not (glued or not before or before.isspace() or before in _ENDS):
            return []
        item = _Item(number, at, match.end(), glued)
        last = self.last.get(kind)
        if number == 1:
            self.last[kind] = item
        elif last and number == last.number + 1 and at - last.at <= LAST_ITEM:
            return self.follow(text, kind, last, item)
        return []

    def follow(self, text: str, kind: int, last: _Item, item: _Item) -> list[int]:
        """Return where headings begin now that *item* follows *last*."""
        if item.at - last.end < MIN_ITEM or (item.glued and item.glued == last.glued):
            return []  # 方案1.新建方案2.改造: the number belongs to the word before
        first_is_glued = last.number == 1 and bool(last.glued)
        if first_is_glued and (
            item.at - last.at > NEXT_ITEM or (kind == _CIRCLED and not _is_list(text, last, item))
        ):
            return []
        self.last[kind] = item
        return [last.at] * first_is_glued + [item.at] * bool(item.glued)

    def shift(self, drop: int) -> None:
        """Count places from *drop* characters later: the text before was let go."""
        self.at -= drop
        self.sure -= drop
        self.last = {
            kind: item._replace(at=item.at - drop, end=item.end - drop)
            for kind, item in self.last.items()
        }


def _is_list(text: str, first: _Item, second: _Item) -> bool:
    """Return whether ① and ② number the items of a list: as notes they stand inside clauses."""
    return not second.glued or not re.search(r"[，。；,]", text[first.end : second.at])


_BEST = (re.compile(r"[；;]"), re.compile(r"，|,(?!\d)"), re.compile(r"[、：:—…]"))
_WHITE = re.compile(rf"[{SPACE}\s]*")
_TOKEN = re.compile(r"[A-Za-z0-9\u00c0-\u024f０-９_.,:/?&=%#@+~'’\-％．]")
_NOT_FIRST = frozenset("，。、；：！？!?,;:）)】]》〉”’」』…—～%％℃°·")
_NOT_LAST = frozenset("（(【[《〈“‘「『#＃$￥")
MAX_FLAGS = 64  # letters of flags in a row that are counted to find a half one
_HALF_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]+\\Z")
_JOINERS = "\u200d\ufe0f\ufe0e\u20e3"


def cut_long(text: str, start: int, end: int, limit: int, *, final: bool = True) -> list[int]:
    """Return the ends of pieces of *text* between *start* and *end*, none longer than *limit*.

    White space behind a piece does not count. Pieces end behind the last ； of the limit, else
    behind a ，, else a 、, else where no word, number, address or compound character is cut. The last
    piece ends at *end*; with ``final=False`` it is left out, for it may go on.

    >>> cut_long("春天来了；桃花开，杏花也开了。", 0, 15, 8)
    [5, 9, 15]
    """
    ends: list[int] = []
    ink = len(text[start:end].rstrip()) + start
    while ink - start > limit:
        cut = _best_cut(text, start, start + limit)
        spaces = _WHITE.match(text, cut, end)
        start = spaces.end() if spaces else cut
        if not final and start >= end:
            break
        ends.append(start)
    return [*ends, end] if final else ends


def _best_cut(text: str, start: int, limit: int) -> int:
    """Return the best place behind *start* and not behind *limit* to cut a sentence."""
    near = start + (limit - start) // 4
    for lowest in (near, start):
        for marks in _BEST:
            for match in reversed(list(marks.finditer(text, lowest, limit))):
                if not _joins(text, match.end()):
                    return match.end()
    for cut in range(limit, start, -1):
        if not _joins(text, cut):
            return cut
    return next((cut for cut in range(limit, start, -1) if not _is_compound(text, cut)), limit)


def _joins(text: str, cut: int) -> bool:
    """Return whether the characters on both sides of *cut* belong together."""
    last, first = text[cut - 1], text[cut]
    if first in _NOT_FIRST or last in _NOT_LAST:
        return True
    if _TOKEN.match(last) and _TOKEN.match(first):
        return True
    return _is_compound(text, cut)


def _is_compound(text: str, cut: int) -> bool:
    """Return whether *cut* would part a character from its accent, joiner or other half."""
    last, first = text[cut - 1], text[cut]
    if first.isascii() and last.isascii():
        return last == "\r" and first == "\n"
    if last == "\u200d" or first in _JOINERS or unicodedata.combining(first):
        return True
    if "\U0001f1e6" <= first <= "\U0001f1ff" and (
        half := _HALF_FLAGS.search(text, max(0, cut - MAX_FLAGS), cut)
    ):
        return len(half[0]) % 2 == 1
    if "\U0001f3fb" <= first <= "\U0001f3ff" or unicodedata.category(first) in ("Mn", "Mc", "Me"):
        return True
    return "\ud800" <= last <= "\udbff" and "\udc00" <= first <= "\udfff"
