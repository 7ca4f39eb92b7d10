"""Marks that come in pairs: which straight quotation marks open, which curly ones stand the wrong way.

    "你好,"他说,"我读过'桃花源'."    ->    “你好，”他说，“我读过‘桃花源’。”

A straight mark does not say what it is; its neighbours do, often only in part, and then those that
stand before it. So each mark gets a cost for opening, for closing and for being no quotation mark
at all (inches, apostrophes), and the cheapest way through all marks of the document is taken:
single marks inside double ones or alone, quotations over several paragraphs, a mark that was lost
without the rest turning over. Neighbours count in either width, and a mark once curly costs less in
its direction and more in the other, so the way through the result is the same again. Titles between
angles, ``<<书名>>``, are simpler: they have Han inside.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import CONTROL, HAN, INVISIBLE, SPACE
from corpusprep.text.edits import Edit
from corpusprep.text.lines import (
    IS_ALNUM,
    IS_BLANK,
    IS_HAN,
    IS_SPACE,
    UNSEEN,
    Lines,
    context,
    line_at,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from corpusprep.text.lines import Draft

__all__ = ["find_quotes", "find_titles", "looks_turned"]

_QUOTES = frozenset("\"'“”‘’「」『』")
OUT, DOUBLE, IN_DOUBLE, SINGLE, IN_SINGLE = range(5)  # outside, in “”, in “‘’, in ‘’, in ‘“”
# What a mark may be: none at all, one of a pair, one whose partner was lost.
NONE, OPEN, CLOSE, LONE_CLOSE = range(4)
# For each kind of mark: the state it is met in, the state behind it, and its role.
_Turn = tuple[int, int, int]
_DOUBLES: tuple[_Turn, ...] = (
    (OUT, OUT, NONE), (OUT, DOUBLE, OPEN), (OUT, OUT, LONE_CLOSE),
    (DOUBLE, DOUBLE, NONE), (DOUBLE, OUT, CLOSE),
)  # fmt: skip
_TURNS: dict[str, tuple[_Turn, ...]] = {
    '"': (
        *_DOUBLES,
        (IN_DOUBLE, IN_DOUBLE, NONE),
        (SINGLE, SINGLE, NONE), (SINGLE, IN_SINGLE, OPEN),
        (IN_SINGLE, IN_SINGLE, NONE), (IN_SINGLE, SINGLE, CLOSE),
    ),
    "'": (
        (OUT, OUT, NONE), (OUT, SINGLE, OPEN), (OUT, OUT, LONE_CLOSE),
        (DOUBLE, DOUBLE, NONE), (DOUBLE, IN_DOUBLE, OPEN),
        (IN_DOUBLE, IN_DOUBLE, NONE), (IN_DOUBLE, DOUBLE, CLOSE),
        (SINGLE, SINGLE, NONE), (SINGLE, OUT, CLOSE),
        (IN_SINGLE, IN_SINGLE, NONE),
    ),
}  # fmt: skip

# Costs; only their order and sums matter. A place that a rule forbids (an opening mark before a
# comma) costs more than losing a mark, a place that is merely less usual (a closing mark between
# Han) less than anything.
NEVER, UNLIKELY, ODD, UNUSUAL = 6.0, 3.0, 1.0, 0.5
NO_QUOTE, LONE, LEFT_OPEN, TURNED = 5.0, 4.0, 3.0, 2.0
CROSSING, MAX_CROSSING = 1.5, 4.0  # of a quotation that goes on in the next line, and in many
FAR, MAX_FAR = 400, 2.0  # characters that a quotation goes on for one unit more
PLAIN = 4.0  # a curly mark that costs as much where it stands is the wrong way round
MAX_ROW = 20  # quotation marks side by side that are looked through
REACH = 500  # how far inside a pair Han are looked for

_INFINITE = float("inf")
_NO_APOSTROPHE = re.compile("'(?:(?![0-9A-Za-z０-９Ａ-Ｚａ-ｚ])|(?<![0-9A-Za-z０-９Ａ-Ｚａ-ｚ]'))")
_ANY_OR_CORNER = re.compile("[\"'“”‘’「」『』]")
_ANY = re.compile("[\"'“”‘’]")
# Curly marks that plainly stand the wrong way: this is rare, so it is looked for at memory speed.
_BLANK = f"{SPACE}{INVISIBLE}{CONTROL}"
_WRONG = re.compile(
    f"[“”](?:(?<=“)(?=[{_BLANK}]*(?:[，。、；：！？）》,;:!?)\n\r]|\\Z))"
    f"|(?<=[：（《:(\n\r{_BLANK}]”)|(?<=\\A”))"
)
_LOOK_PAST = frozenset(
    ("", "\r", "\n", *_QUOTES, *filter(IS_BLANK.match, map(chr, range(0x10000))))
)
_CLOSING = frozenset("，。、；：！？）》〉】〕…,.;:!?)]}·")
_OPENING = frozenset("（《〈【〔([{")
_PAUSES = frozenset("，、；,;")
_COLONS = frozenset("：:")


class _Mark(NamedTuple):
    at: int
    kind: str  # the straight mark of its pair
    char: str
    prices: tuple[float, ...]  # what each of the roles costs it

    @property
    def leans(self) -> float:
        """How much more closing costs than opening."""
        return self.prices[CLOSE] - self.prices[OPEN]


_NOTHING = _Mark(0, '"', '"', ())


def find_quotes(draft: Draft) -> Iterator[Edit]:
    """Yield the edits of straight quotation marks, and of curly ones that stand the wrong way.

    >>> from corpusprep.text.lines import Draft
    >>> [edit.new for edit in find_quotes(Draft('他说:"好"'))]
    ['“', '”']
    """
    turned = turn_quotes(draft.flat, draft.lines)
    if turned and draft.is_chinese:
        for at, mark in turned.items():
            yield Edit(at, at + 1, mark, "quotation-mark")


def turn_quotes(flat: str, lines: Lines) -> dict[int, str]:
    r"""Return, by place, the quotation marks that are to stand in *flat* for other ones.

    *lines* says which lines of it are Chinese. A pair is Chinese when it has Han inside or beside.

    >>> flat = '他说:"5\'10"的人".'
    >>> turn_quotes(flat, Lines(flat))
    {3: '“', 11: '”'}
    """
    if '"' in flat or ("'" in flat and _NO_APOSTROPHE.search(flat)):
        stretches = [(0, len(flat))]
    elif looks_turned(flat):
        stretches = sorted({line_at(flat, m.start()) for m in _WRONG.finditer(flat)})
    else:
        return {}
    # Whatever is put in or turned, the scales do not tip the other way.
    corners = 2 * flat.count("「") >= max(1, sum(flat.count(mark) for mark in '“”"'))
    turned: dict[int, str] = {}
    for start, end in stretches:
        marks = [
            mark
            for m in (_ANY_OR_CORNER if corners else _ANY).finditer(flat, start, end)
            if lines.is_chinese_at(m.start()) and (mark := _weigh(flat, m.start()))
        ]
        for opener, closer in _pairs(marks, _cheapest(flat, marks)):
            if not _is_chinese_pair(flat, opener, closer):
                continue
            glyphs = _glyphs(opener, closer, corners=corners)
            if opener and opener.char != glyphs[0]:
                turned[opener.at] = glyphs[0]
            if closer and closer.char != glyphs[1]:
                turned[closer.at] = glyphs[1]
    return turned


def looks_turned(flat: str) -> bool:
    """Return whether curly marks of *flat* may stand the wrong way: a cheap look at all of it.

    >>> looks_turned("他说：”好“。"), looks_turned("他说：“好”。")
    (True, False)
    """
    left, right = flat.find("“"), flat.find("”")
    if left < 0 and right < 0:
        return False
    if flat.count("“") == flat.count("”") and left <= right and flat.rfind("“") <= flat.rfind("”"):
        return False
    return _WRONG.search(flat) is not None


def _glyphs(opener: _Mark | None, closer: _Mark | None, *, corners: bool) -> str:
    """Return the marks that are to stand in the places of a pair."""
    is_double = (opener or closer or _NOTHING).kind == '"'
    if corners and not any(mark and mark.char in "“”‘’" for mark in (opener, closer)):
        return "「」" if is_double else "『』"
    return "“”" if is_double else "‘’"


def _is_chinese_pair(flat: str, opener: _Mark | None, closer: _Mark | None) -> bool:
    """Return whether a pair has Han inside or on one side; of a lone mark, whether it is plain."""
    if opener and closer:
        return (
            IS_HAN.search(flat, opener.at + 1, min(closer.at, opener.at + REACH)) is not None
            or context(flat, opener.at - 1, -1) == "han"
            or context(flat, closer.at + 1, 1) == "han"
        )
    if opener:
        return opener.leans >= ODD and context(flat, opener.at + 1, 1) == "han"
    return bool(closer and closer.leans <= -ODD and context(flat, closer.at - 1, -1) == "han")


# --- what each mark costs as an opening and as a closing one ----------------------------------------


def _weigh(flat: str, at: int) -> _Mark | None:
    """Return what the mark at *at* costs as each of the roles; None for an apostrophe."""
    char = flat[at]
    kind = '"' if char in '"“”「」' else "'"
    before = near_before = flat[at - 1 : at]
    if before in _LOOK_PAST:
        before, near_before = _neighbour(flat, at - 1, -1)
    after = near_after = flat[at + 1 : at + 2]
    if after in _LOOK_PAST:
        after, near_after = _neighbour(flat, at + 1, 1)
    if kind == "'" and IS_ALNUM.match(near_before) and IS_ALNUM.match(near_after):
        return None
    prices = _prices(char, kind, before, after, near_before, near_after)
    return _Mark(at, kind, char, prices)


@lru_cache(maxsize=4096)  # most marks stand between the same few: a comma and 的
def _prices(
    char: str, kind: str, before: str, after: str, near_before: str, near_after: str
) -> tuple[float, ...]:
    """Return what each of the roles costs a mark between these neighbours."""
    is_straight = char in "\"'"  # beside a curly mark a space says nothing, for it may close
    opens = _cost_of_opening(before, after, near_after if is_straight else after)
    closes = _cost_of_closing(before, after, near_before if is_straight else before)
    none = _cost_of_none(kind, near_before, near_after)
    if not is_straight:
        own, other = (opens, closes) if char in "“‘「『" else (closes, opens)
        is_wrong = own >= PLAIN and other <= ODD and char in "“”‘’"
        turned = TURNED + other if is_wrong else _INFINITE
        opens, closes = (0.3 * own, turned) if char in "“‘「『" else (turned, 0.3 * own)
        none = NO_QUOTE + UNUSUAL  # a straight one rather, where two ways cost the same
    return none, opens, closes, LONE + closes


def _neighbour(flat: str, at: int, step: int) -> tuple[str, str]:
    """Return the first character from *at* on that is no quotation mark, and the very next one.

    The first is empty at the line's end, the second where nothing stands; spaces are skipped for
    the first and given as the second.
    """
    near, row = "", 0
    while 0 <= at < len(flat) and flat[at] not in "\r\n" and row < MAX_ROW:
        char = flat[at]
        at += step
        if UNSEEN.match(char):
            continue
        near = near or char
        if char in _QUOTES:
            row += 1
        elif not IS_SPACE.match(char):
            return char, near
    return "", near


def _cost_of_opening(before: str, after: str, near_after: str) -> float:
    if not after or after in _CLOSING - frozenset("….·"):
        return NEVER
    if IS_SPACE.match(near_after):
        return UNLIKELY
    if IS_ALNUM.match(before):
        return ODD
    return UNUSUAL if IS_HAN.match(before) or before in "）》)" else 0.0


def _cost_of_closing(before: str, after: str, near_before: str) -> float:
    if not before or before in _OPENING:
        return NEVER
    if before in _COLONS:
        return PLAIN
    if before in _PAUSES:
        return ODD
    if IS_SPACE.match(near_before):
        return TURNED
    return UNUSUAL if after and after not in _CLOSING else 0.0


def _cost_of_none(kind: str, before: str, after: str) -> float:
    """Return the cost of being feet, inches, minutes, an apostrophe, or a mark in Latin text."""
    if before.isdigit():
        return UNUSUAL if kind == "'" else 1.5
    if IS_ALNUM.match(before) and (kind == "'" or IS_ALNUM.match(after)):
        return ODD
    return ODD if kind == "'" and IS_ALNUM.match(after) and not before else NO_QUOTE


# --- the cheapest way through all marks ------------------------------------------------------------


def _cheapest(flat: str, marks: list[_Mark]) -> list[tuple[int, bool]]:
    """Return the role of each of *marks* on the cheapest way through all of them.

    With it comes whether the quotation that was open before the mark had ended with its line.
    """
    has_single = any(mark.kind == "'" for mark in marks)
    turns_of = _TURNS if has_single else {'"': _DOUBLES}
    count = 5 if has_single else 2
    costs = [0.0, *[_INFINITE] * (count - 1)]
    taken, left_in = bytearray(), bytearray()  # for each mark: the turns, what a line's end left
    end = marks[0].at if marks else 0
    for at, kind, _, prices in marks:
        breaks = flat.count("\n", end, at)
        price = min((at - end) / FAR, MAX_FAR)
        if breaks:
            price += min(CROSSING + 0.5 * breaks, MAX_CROSSING)
        left_in.append(_leave_open(costs) if breaks else OUT)
        best = [_INFINITE] * count
        turns = [0] * count
        for k, (state, target, role) in enumerate(turns_of[kind]):
            total = costs[state] + prices[role] + (price if state else 0.0)
            if total < best[target]:
                best[target], turns[target] = total, k
        costs, end = best, at
        taken.extend(turns)
    state = min(range(count), key=lambda s: costs[s] + (LEFT_OPEN if s else 0.0))
    way: list[tuple[int, bool]] = []
    for n in range(len(marks) - 1, -1, -1):
        state, _, role = turns_of[marks[n].kind][taken[count * n + state]]
        has_ended = state == OUT and left_in[n] != OUT
        if has_ended:
            state = left_in[n]
        way.append((role, has_ended))
    return way[::-1]


def _leave_open(costs: list[float]) -> int:
    """Make *costs* those behind a line's end, where a quotation may have been left open.

    Returns the state that being outside comes from.
    """
    cheapest = min(costs[1:])
    if cheapest + LEFT_OPEN >= costs[OUT]:
        return OUT
    costs[OUT] = cheapest + LEFT_OPEN
    return costs.index(cheapest, 1)


def _pairs(
    marks: list[_Mark], way: list[tuple[int, bool]]
) -> list[tuple[_Mark | None, _Mark | None]]:
    """Return the pairs on *way*; a mark without partner stands alone in its pair."""
    found: list[tuple[_Mark | None, _Mark | None]] = []
    opened: list[_Mark] = []
    for mark, (role, has_ended) in zip(marks, way, strict=True):
        if has_ended:
            found += ((left, None) for left in opened)
            opened.clear()
        if role == OPEN:
            opened.append(mark)
        elif role == LONE_CLOSE:
            found.append((None, mark))
        elif role != NONE:
            while opened and opened[-1].kind != mark.kind:
                found.append((opened.pop(), None))
            found.append((opened.pop() if opened else None, mark))
    return found + [(left, None) for left in opened]


# --- title marks ------------------------------------------------------------------------------------

_ANGLES = re.compile(
    f"<<[^<>\n]{{1,60}}(?:<[^<>\n]{{1,30}}>[^<>\n]{{0,60}})?>>|<[{HAN}0-9·]{{2,30}}>"
)
_BEFORE_TITLE = re.compile(f"[{HAN}，、：。；“《（,:;(]")
_PLACEHOLDER = re.compile("(?:输入|填写|填入|替换|輸入|填寫|替換|参数|選擇|选择)[为為成是:：]?$")


def find_titles(draft: Draft) -> Iterator[Edit]:
    """Yield the edits of ``<<书名>>``, and of ``<篇名>`` after Han and inside a title.

    >>> from corpusprep.text.lines import Draft
    >>> [edit.new for edit in find_titles(Draft("他读<<山海>>,若a<b则停"))]
    ['《', '》']
    """
    flat = draft.flat
    if "<" not in flat or _ANGLES.search(flat) is None or not draft.is_chinese:
        return
    for m in _ANGLES.finditer(flat):
        start, end = m.span()
        if IS_HAN.search(m[0]) is None or not draft.lines.is_chinese_at(start):
            continue
        if m[0].startswith("<<"):
            yield Edit(start, start + 2, "《", "title-mark")
            yield Edit(end - 2, end, "》", "title-mark")
            start, end = flat.find("<", start + 2, end - 2), flat.rfind(">", start, end - 2) + 1
        elif f"</{m[0][1:]}" in draft.raw or not _is_title_at(flat, start):
            continue
        if 0 <= start < end:
            yield Edit(start, start + 1, "〈", "title-mark")
            yield Edit(end - 1, end, "〉", "title-mark")


def _is_title_at(flat: str, start: int) -> bool:
    """Return whether ``<`` at *start* stands where a title does, and no placeholder."""
    return (
        _BEFORE_TITLE.match(visible(flat, start - 1, -1)) is not None
        and _PLACEHOLDER.search(flat, max(0, start - 4), start) is None
    )
