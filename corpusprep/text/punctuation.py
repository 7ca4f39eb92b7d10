r"""Full-width punctuation, given back to Chinese text whose marks were folded to ASCII.

Pipelines fold ``，：（“`` to ``,:("``, and authors type what their keyboard has:

    他说:"快来,8:30开会(二楼)..."    ->    他说：“快来，8:30开会（二楼）……”

Marks come back in Chinese context only: numbers, times, Latin phrases, URLs, code, list marks and
smileys keep theirs. The kinds are decided one after the other, each on a text in which the earlier
ones already stand as they will be; none looks at the width of what is decided later. So normalising
twice changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

from corpusprep.text.chars import (
    CONTROL,
    HAN,
    INVISIBLE,
    KANA,
    SHOUTED_NAMES,
    SPACE,
    count_han,
)
from corpusprep.text.edits import Edit
from corpusprep.text.lines import (
    ALNUM,
    IS_ALNUM,
    IS_BLANK,
    IS_CHINESE,
    IS_HAN,
    IS_SPACE,
    MASK,
    UNSEEN,
    Draft,
    Lines,
    context,
    line_at,
    skip_blanks,
    visible,
)
from corpusprep.text.quotes import find_quotes, find_titles, looks_turned

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["punctuation_edits"]

_FULL = dict(zip(",:;!?()", "，：；！？（）", strict=True))
# What may be restored. A class that leads makes `re` skip to its next member. Marks of times,
# addresses, thousands and elisions (12:30, http://, 1,000, it's) and single dots are none.
_FOLDED = re.compile(
    "[,:;!?()\"'<.-](?:(?<=[()\"<])|(?<=[:;!?'])(?!//|(?<=[0-9A-Za-z].)[0-9A-Za-z])"
    "|(?<=,)(?!(?<=[0-9].)[0-9])|(?<=[.-][.-]))"
)


def punctuation_edits(flat: str) -> list[Edit]:
    r"""Return the edits that give *flat* its full-width marks back, in order.

    *flat* has one kind of line break (`corpusprep.text.lines.flatten`). Rule ids:
    ``full-width-punctuation``, ``quotation-mark``, ``ellipsis``, ``dash``, ``full-stop``,
    ``title-mark``; ``mark-space`` for a space that an ASCII mark has and a full one has not.

    >>> [edit.new for edit in punctuation_edits('他说:"OK!" 见f(x)、1,000、12:30、C:\\x、(一)...')]
    ['：', '“', '！', '”', '（', '）', '……']
    >>> punctuation_edits("1) Hello, world (really): yes! 看 :) 好")
    []
    """
    if _FOLDED.search(flat) is None and not looks_turned(flat) and not _may_stop(flat):
        return []
    if IS_HAN.search(flat) is None:
        return []
    draft = Draft(flat)
    for find in (find_titles, _find_stops, _find_rows, find_quotes):
        draft.put(find(draft))
    folded = _find_folded(draft)
    if not draft.edits and not folded:
        return []
    edits = sorted([*draft.edits, *folded])
    spaces = _find_mark_spaces(draft.flat, edits)
    return sorted([*edits, *spaces]) if spaces else edits


# Kinds of files and sites: a dot before one of these belongs to a name.
_EXTENSIONS = (
    "(?:com|cn|net|org|gov|edu|io|html?|php|js|css|py|java|cpp|txt|md|docx?|xlsx?|pptx?|pdf|csv|json"
    "|xml|zip|rar|7z|gz|exe|apk|jpe?g|png|gif|bmp|webp|svg|mp[34]|avi|mkv|wav|flv|mov|torrent|log)"
    "(?![A-Za-z0-9])"
)

# --- commas, colons, parentheses --------------------------------------------------------------------

_B = f"{SPACE}{INVISIBLE}{CONTROL}"
_MARKS = re.compile(
    "[,:;!?](?!(?<=[0-9A-Za-z].)[0-9A-Za-z])(?:[,:;!? ]*[,:;!?])?"  # 12:30 is none
)
_HALF = re.compile("[()]")
_PARENTHESES = re.compile("[()（）]")
_PINYIN = re.compile(
    "[a-zɡ’' ]{0,40}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ][a-zɡāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜḿńňǹ’' ]{0,40}"
)
_YEAR = re.compile("(?:[1１][5-9５-９]|[2２][0０])[0-9０-９]{2}")
_NAME_END = re.compile("[A-ZＡ-Ｚ][a-zａ-ｚ]{2,20}$")
# What stands beside a closing one that nothing opens: Han, or a pause behind it at a line's start.
_FOLLOWS_HAN = re.compile(f"[)）](?<=[{HAN}]{{4}}.)")
_MAY_FOLLOW = re.compile(f"[{HAN}，。；、,;]")
_FORMULA = re.compile("(?![A-Z]+\\Z)(?:[A-Z][a-z]?[0-9]{0,2}){1,12}")  # (NH4)2SO4
_MULTIPLE = re.compile("[)）][0-9]{0,2}[A-Z(（]")
_BLANKS = frozenset(filter(IS_BLANK.match, map(chr, range(0x10000))))
_FILE_NEXT = frozenset(".．\\")
_IS_FILE = re.compile(f"[)）](?:\\\\|[.．](?:{_EXTENSIONS}))", re.IGNORECASE)
_MAX_INSIDE = 500  # characters between parentheses; what is farther apart is no pair
_ENTITY_END = re.compile("&#?[0-9A-Za-z]{1,10}$")
_QUOTED_END = frozenset(('"', "”", "」", "』"))  # of "How are you?", whose marks stay
_FACE = re.compile("[:;][-^][()DPp3oO/|\\\\]")


def _find_folded(draft: Draft) -> list[Edit]:
    """Return the edits of ``,:;!?()`` beside Chinese."""
    flat, lines = draft.flat, draft.lines
    pairs = _pair(flat, lines)
    places = [at for at, full in pairs.items() if full and flat[at] in "()"]
    for m in _MARKS.finditer(flat):
        start, end = m.span()
        follows_han = start and "\u4e00" <= flat[start - 1] <= "\u9fff"  # three in four
        if not follows_han and (
            not _is_chinese_context(flat, start, end, pairs)
            or (flat[end : end + 1] in _QUOTED_END and _ends_latin(flat, start))
        ):
            continue
        if not lines.is_chinese_at(start) and not (
            lines.is_mixed_at(start) and _is_chinese_clause(flat, start, end)
        ):
            continue
        if end - start == 1:  # nearly always
            is_plain = flat[start] in ",?" or (
                follows_han and "一" <= flat[end : end + 1] <= "\u9fff"
            )
            if is_plain or not _is_exempt(flat, start, pairs):
                places.append(start)
        else:
            marks = (at for at in range(start, end) if flat[at] != " ")
            places += (at for at in marks if not _is_exempt(flat, at, pairs))
    places += _find_listed(flat, lines)
    if not places or not draft.is_chinese:
        return []
    places.sort()
    return [Edit(at, at + 1, _FULL[flat[at]], "full-width-punctuation") for at in places]


_NO_LETTERS = re.compile("[^A-Za-zＡ-Ｚａ-ｚ\n]{0,60}")
_TO_LETTER = re.compile(".*[A-Za-zＡ-Ｚａ-ｚ\n]", re.DOTALL)
_MIN_CLAUSE_HAN = 4


def _is_chinese_clause(flat: str, start: int, end: int) -> bool:
    """Return whether marks in a Latin line stand in a Chinese clause: 图3:古桥 Fig. 3: A bridge."""
    if context(flat, start - 1, -1) not in {"han", "digit"}:
        return False
    if context(flat, end, 1) not in {"han", "end"}:
        return False
    left = _TO_LETTER.sub("", flat[max(0, start - 60) : start])
    right = _NO_LETTERS.match(flat, end)
    return count_han(left) + count_han(right[0] if right else "") >= _MIN_CLAUSE_HAN


_LISTED = re.compile(",(?<=[0-9A-Za-z],)(?=[0-9A-Za-z])")
_IS_LISTED = re.compile(f"[{ALNUM},，.．+＋#＃&＆-]")
_LISTED_END = re.compile(f"{_IS_LISTED.pattern}*")
_ITEM = re.compile(f"(?=[{ALNUM}]*[A-Za-zＡ-Ｚａ-ｚ])[{ALNUM}][{ALNUM}.．+＋#＃&＆-]+")
_MAX_LIST = 200


def _find_listed(flat: str, lines: Lines) -> Iterator[int]:
    """Yield where commas stand in a list of Latin words in a Chinese sentence: 放MP3,MTV等."""
    end = -1
    for m in _LISTED.finditer(flat):
        if m.start() < end:
            continue
        start = m.start()
        while start > max(0, m.start() - _MAX_LIST) and _IS_LISTED.match(flat, start - 1):
            start -= 1
        tail = _LISTED_END.match(flat, m.start())
        end = tail.end() if tail else m.end()
        items = flat[start:end].strip(",，").replace("，", ",").split(",")
        sides = context(flat, start - 1, -1), context(flat, end, 1)
        if (
            all(map(_ITEM.fullmatch, items))
            and "han" in sides
            and {"han", "end"}.issuperset(sides)
            and lines.is_chinese_at(start)
        ):
            yield from (at for at in range(start + 1, end - 1) if flat[at] == ",")


def _is_chinese_context(flat: str, start: int, end: int, pairs: dict[int, bool]) -> bool:
    """Return whether the marks from *start* to *end* have Chinese on one side or the other.

    A number at a line's end will do as well, for the line is Chinese and no number goes on, and so
    will a Latin word there with Chinese before it: 对,用Python!
    """
    left = context(flat, start - 1, -1, pairs)
    if left == "han":
        return True
    right = context(flat, end, 1, pairs)
    if right == "han" or (left == "digit" and right == "end"):
        return True
    if left == "letter" and right == "end":
        return IS_HAN.search(_clause_before(flat, start)) is not None
    return left == "end" and flat[start] in ",;" and right in {"digit", "letter"}


def _pair(flat: str, lines: Lines) -> dict[int, bool]:
    """Return, for each parenthesis that has a partner in its line, whether it is to be full width.

    Both of a pair or neither: a pair of which one is full width already becomes full.
    """
    final: dict[int, bool] = {}
    if "(" not in flat and ")" not in flat:
        return final
    line_end = -1
    for first in _HALF.finditer(flat):  # of other lines, all are full width
        if first.start() < line_end:
            continue
        line_start, line_end = line_at(flat, first.start())
        opened: list[int] = []
        for m in _PARENTHESES.finditer(flat, line_start, line_end):
            at = m.start()
            if flat[at] in "(（":
                opened.append(at)
            elif opened:
                start = opened.pop()
                final[start] = final[at] = _is_full_pair(flat, start, at, lines)
            elif _closes(flat, at, lines):
                final[at] = True
        final |= dict.fromkeys((left for left in opened if _opens(flat, left, lines)), True)
    return final


def _opens(flat: str, at: int, lines: Lines) -> bool:
    """Return whether an opening parenthesis that nothing closes is one of the text: 讲话(见三日."""
    before, after = _beside(flat, at - 1, -1), _beside(flat, at + 1, 1)
    follows_han = IS_HAN.match(before) is not None
    is_first = IS_HAN.match(after) is not None and before in {"", "，", ",", "。"}
    is_plain = is_first or (follows_han and (not after or IS_HAN.match(after) is not None))
    return is_plain and lines.is_chinese_at(at)


def _closes(flat: str, at: int, lines: Lines) -> bool:
    """Return whether a closing parenthesis that nothing opens is one of the text, no list mark."""
    if _FOLLOWS_HAN.match(flat, at) is None and (
        _beside(flat, at - 1, -1) or not _MAY_FOLLOW.match(_beside(flat, at + 1, 1))
    ):
        return False
    return context(flat, at + 1, 1) in {"han", "end", "digit"} and lines.is_chinese_at(at)


def _beside(flat: str, at: int, step: int) -> str:
    """Return the first character from *at* on that is no blank; empty past the line's end."""
    at = skip_blanks(flat, at, step)
    return flat[at].strip("\r\n") if 0 <= at < len(flat) else ""


def _is_full_pair(flat: str, start: int, end: int, lines: Lines) -> bool:
    if flat[start] == "（" or flat[end] == "）":
        return True
    if _PINYIN.fullmatch(flat, start + 1, end):  # 龙龘(dá) is set half-width as often as not
        return False
    if end - start > _MAX_INSIDE or not lines.is_chinese_at(start):
        return False
    inside = flat[start + 1 : end]
    before = flat[start - 1 : start]
    if before in _BLANKS:
        before = visible(flat, start - 1, -1)
    if before == "]" or (flat[end + 1 : end + 2] in _FILE_NEXT and _IS_FILE.match(flat, end)):
        return False  # a Markdown link, 合同(终稿).docx
    called = before == "_" or IS_ALNUM.match(before) is not None  # f(x), print("值"), GB(2023)
    if IS_HAN.search(inside):
        return not (called and ("=" in inside or visible(inside, 0, 1) in "\"'“”‘’"))
    if called:
        is_cited = _YEAR.fullmatch(inside) and _NAME_END.search(flat, max(0, start - 30), start)
        return is_cited is not None and context(flat, end + 1, 1) == "han"  # Smith(1998)认为
    if not inside.isdigit() and (
        not any(c.isalnum() or c == MASK for c in inside)
        or (_FORMULA.fullmatch(inside) and _MULTIPLE.match(flat, end))
    ):
        return False
    left = context(flat, start - 1, -1)
    if left == "han" and IS_SPACE.match(
        before
    ):  # 四川 (0) is set as in Latin text, 目标 (1)范围 not
        return IS_CHINESE.match(visible(flat, end + 1, 1)) is not None
    return left == "han" or (left in {"end", "other"} and context(flat, end + 1, 1) == "han")


def _is_exempt(flat: str, at: int, pairs: dict[int, bool]) -> bool:
    """Return whether the mark at *at* is a sign: of a smiley, an entity, a link, an operator."""
    char = flat[at]
    if char in ",?":
        return False
    after = at + 1
    while after < len(flat) and UNSEEN.match(flat[after]):
        after += 1
    following = flat[after : after + 1]
    if char in ":;" and following in "()（）" and following and after not in pairs:
        return True
    if char in ":;" and _FACE.match(flat, at):
        return True
    if char == ":":
        return flat.startswith("//", after) or visible(flat, at - 1, -1) in "\"'"
    if char == ";":
        return _ENTITY_END.search(flat, max(0, at - 12), at) is not None
    if char == "!" and flat.endswith(SHOUTED_NAMES, 0, at):
        return True
    return char == "!" and following in "[=" and bool(following)


_IS_LETTER = re.compile("[A-Za-zＡ-Ｚａ-ｚ]")

# --- full stops -------------------------------------------------------------------------------------

_STOPPED = f"{HAN}“”‘’\"'（(《「『【」』）)》】"
_DOT = re.compile(
    r"[.](?![.])(?<![.][.])(?![0-9A-Za-z](?<=[0-9A-Za-z].[0-9A-Za-z]))"
    f"(?:(?=[{SPACE}{INVISIBLE}{CONTROL}]*(?:[{_STOPPED}\\r\\n]|\\Z))|(?<=[{_STOPPED}%％℃][.]))"
)
_MIN_DOTS = 10  # full stops in ASCII for each 。 of the document: fewer are slips of its author
_CLAUSE, _MIN_CLAUSES = 8, 2  # characters between two dots that are no list, and how many such
_CLOSING = frozenset("”’\"')）》〉」』】〕]%％℃")
_MAX_HEAD, _MAX_LATIN_CLAUSE = 24, 200
_LATIN_WORD = re.compile("[A-Za-zＡ-Ｚａ-ｚ][A-Za-zＡ-Ｚａ-ｚ]*")
_EXTENSION = re.compile(_EXTENSIONS, re.IGNORECASE)
_AFTER_STOP = re.compile(f"[{_STOPPED}]")
_BEFORE_END = frozenset("“”‘’\"')）」』】")  # a quotation mark in any form, for it may change yet
_NUMERAL = re.compile("[一二三四五六七八九十百]{1,3}")
_ABBREVIATION = re.compile(
    r"(?<![A-Za-z])(?:[A-Za-z]|Inc|Ltd|Co|Corp|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Vol|pp?|vs|etc|al|Fig|Eq|Ph\.D"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)$",
    re.IGNORECASE,
)
# Characters that foreign names are written with: 约翰.史密斯 has a middle dot, not a full stop.
_SOUNDS = frozenset(
    "阿埃艾安奥澳巴班贝彼比宾波伯勃博布查茨达戴丹德登迪蒂杜多厄恩尔尔法菲费芬弗福夫戈格古哈海汉赫"
    "亨华惠霍基吉加贾杰金卡凯坎康柯科克肯库拉莱兰劳勒雷里利莉列林琳龙卢鲁路伦罗洛马玛迈麦曼梅门蒙"
    "米密莫姆纳娜南内尼涅宁诺努欧帕培佩皮珀普奇恰乔切萨塞瑟沙森莎尚舍施史斯丝朔思苏索塔泰坦汤唐特"
    "提廷图托瓦威韦维温沃乌伍西希夏肖谢辛休雅亚扬耶叶伊因尤约泽扎詹珍朱兹佐翰逊爱蕾茜露妮薇琼"
    "爾馬維萊蘭盧羅納內蓋賈傑萬倫勞費韋亞約"
)


_PLAIN_STOP = re.compile(
    f"[.](?<=[^{_B}\n]{{4}}[{HAN}].)(?=[{HAN}])(?![{''.join(sorted(_SOUNDS))}])"
)


def _may_stop(flat: str) -> bool:
    """Return whether *flat* has so few 。 that its dots may be full stops.

    >>> _may_stop("天亮了.走吧."), _may_stop("天亮了。走吧.")
    (True, False)
    """
    dots = flat.count(".")
    return dots > 0 and _MIN_DOTS * flat.count("。") <= dots


def _find_stops(draft: Draft) -> Iterator[Edit]:
    """Yield the edits of ASCII dots at the ends of sentences, if the document has no other stops.

    A dot between Han may stand in a name; it takes one at a line's or quotation's end to show that
    dots are this document's full stops.

    >>> [edit.start for edit in _find_stops(Draft("约翰.史密斯走了3.5公里.他累了."))]
    [13, 17]
    """
    flat = draft.flat
    if not _may_stop(flat):
        return
    found = [
        (at, end)
        for at in (m.start() for m in _DOT.finditer(flat))
        if (end := _stop_at(flat, at)) and draft.lines.is_chinese_at(at)
    ]
    if _MIN_DOTS * flat.count("。") > len(found) or not _are_stops(found):
        return
    if draft.is_chinese:
        yield from (Edit(at, at + 1, "。", "full-stop") for at, _ in found)


def _are_stops(found: list[tuple[int, str]]) -> bool:
    """Return whether dots end sentences: one at a line's end, or some with clauses between."""
    apart = sum(right - left > _CLAUSE for (left, _), (right, _) in pairwise(found))
    return apart >= _MIN_CLAUSES or any(end == "end" for _, end in found)


def _stop_at(flat: str, at: int) -> str:
    """Return "end" or "inside" for a dot that may be a full stop at a line's end or inside it."""
    if _PLAIN_STOP.match(flat, at):
        return "inside"
    before = visible(flat, at - 1, -1)
    if before.isdigit() and flat[at + 1 : at + 2].isdigit():  # in full-width digits
        return ""
    after = skip_blanks(flat, at + 1)
    char = flat[after : after + 1].strip("\r\n")
    if not before or (char and not _AFTER_STOP.match(char) and not IS_ALNUM.match(char)):
        return ""
    if not _may_precede(flat, at, before, char) or (
        _IS_LETTER.match(char) and _EXTENSION.match(flat, after)
    ):
        return ""
    if not IS_HAN.match(before) and _ends_latin(flat, at):
        return ""
    return "end" if not char or char in _BEFORE_END else "inside"


def _may_precede(flat: str, at: int, before: str, after: str) -> bool:
    """Return whether what stands before the dot at *at* can end a sentence there."""
    head = _head(flat, at)
    if IS_HAN.match(before):
        return not (after and _NUMERAL.fullmatch(head)) and not _is_name(flat, at)
    if before in _CLOSING:
        return not (after and len(head) < 5 and head[:1] in "(（")  # (1).
    if before.isdigit():
        return not head.isdigit() and (not after or head[-3:].isdigit())
    return (
        _IS_LETTER.match(before) is not None
        and _ABBREVIATION.search(head[-12:]) is None
        and not (after and IS_ALNUM.match(after))
    )


def _head(flat: str, at: int) -> str:
    """Return what stands before *at* in its line, from a mask on if that is long."""
    head = flat[max(0, at - _MAX_HEAD) : at]
    line = head.rfind("\n") + 1
    return head[line:].lstrip() if line or at <= _MAX_HEAD else MASK + head


def _ends_latin(flat: str, at: int) -> bool:
    """Return whether the clause that the dot at *at* ends is Latin: "Sorry, we are closed."."""
    clause = _clause_before(flat, at)
    return IS_HAN.search(clause) is None and len(_LATIN_WORD.findall(clause)) > 1


def _clause_before(flat: str, at: int) -> str:
    """Return what stands before *at* in its line, from the last quotation mark on."""
    clause = flat[max(0, at - _MAX_LATIN_CLAUSE) : at]
    return clause[max(map(clause.rfind, '"“”「」『』\n')) + 1 :]


def _is_name(flat: str, at: int) -> bool:
    """Return whether the dot at *at* stands between two parts of a foreign name."""
    left, right = flat[max(0, at - 2) : at], flat[at + 1 : at + 3]
    return len(left) == len(right) == 2 and _SOUNDS.issuperset(left + right)


# --- ellipses and dashes ----------------------------------------------------------------------------

_LEADERS = 7  # so many dots lead the eye to a page number; …… is folded to three or to six
_SPREAD = re.compile("[a-zａ-ｚ]")
_SPREAD_NAME = re.compile(
    "(?:args|kwargs|rest|props|params?|arr(?:ay)?|obj|opts|options|others?|state|data|items?|values?"
    "|list|nums|spread)(?![A-Za-z])"
)
_OPTION = re.compile("[a-zａ-ｚ][a-z0-9ａ-ｚ０-９]+(?:-[a-z0-9ａ-ｚ０-９]+)*(?![A-Za-zＡ-Ｚａ-ｚ])")
_MAX_DASHES = 4  # —— is folded to two or to four; a longer row is a rule


def _find_rows(draft: Draft) -> Iterator[Edit]:
    """Yield the edits of ``...`` and ``--`` beside Chinese.

    >>> [edit.new for edit in _find_rows(Draft("等等...他--走了,共2010--2012年"))]
    ['……', '——']
    """
    flat = draft.flat
    for mark, pattern, row, rule, is_mark in _ROWS:
        if mark not in flat:
            continue
        for m in pattern.finditer(flat):
            if draft.lines.is_chinese_at(m.start()) and is_mark(flat, *m.span()):
                if not draft.is_chinese:
                    return
                yield Edit(*m.span(), row, rule)


def _is_ellipsis(flat: str, start: int, end: int) -> bool:
    after = context(flat, end, 1)
    if _is_spread(flat, start, end):
        return False
    if end - start >= _LEADERS and after in {"digit", "end"}:
        return False
    return "han" in (context(flat, start - 1, -1), after)


def _is_spread(flat: str, start: int, end: int) -> bool:
    """Return whether three dots belong to a path or to what follows: .../a, f(...rest)."""
    before, behind = visible(flat, start - 1, -1), visible(flat, end, 1)
    if before == "/" or (behind and behind in "/\\"):
        return True
    if end - start > 3 or _SPREAD.match(flat, end) is None:
        return False
    return not IS_HAN.match(before) or _SPREAD_NAME.match(flat, end) is not None


def _is_dash(flat: str, start: int, end: int) -> bool:
    """Return whether hyphens are a dash: not a rule, a comment, an arrow or an option."""
    if end - start > _MAX_DASHES or flat[end : end + 1] == ">":
        return False
    if end - start == 2 and _OPTION.match(flat, end):
        return False
    first, last = line_at(flat, start)
    if flat.startswith("--", skip_blanks(flat, first)) and flat.endswith(
        "--", first, skip_blanks(flat, last - 1, -1) + 1
    ):
        return False  # a heading between two rules
    before, after = context(flat, start - 1, -1), context(flat, end, 1)
    if before == "end":
        return after == "han"
    is_option = IS_BLANK.match(flat[start - 1]) and not IS_BLANK.match(flat[end : end + 1] or " ")
    if after in {"letter", "digit", "other"} and is_option:
        return False
    return before == "han" or after == "han"


_ROWS = (
    ("...", re.compile("[.][.][.][.]*"), "……", "ellipsis", _is_ellipsis),
    ("--", re.compile("--[-]*"), "——", "dash", _is_dash),
)


# --- spaces that go with ASCII marks ----------------------------------------------------------------

_OPEN_BEHIND = frozenset("（“‘「『《〈，：；！？。…—")  # what follows stands close to them
_CLOSE_BEFORE = frozenset("，：；！？。）”’」』》〉…—")  # these stand close to what goes before
_GOES_ON = re.compile(f"[{HAN}{KANA}{ALNUM}“‘「『《〈【（]")
_GOES_BEFORE = re.compile(f"[{HAN}{KANA}{ALNUM}%％，。、；：！？）”’」』》〉】…—]")


def _find_mark_spaces(flat: str, edits: list[Edit]) -> list[Edit]:
    """Return the edits of the spaces beside marks that *edits* make full width.

    Outside of quotation marks, parentheses and titles a space may be the author's, as between the
    halves of a headline.
    """
    found: dict[int, Edit] = {}
    for edit in edits:
        start, end, new, _ = edit
        if flat[end : end + 1] not in _BLANKS and flat[start - 1 : start] not in _BLANKS:
            continue
        mark = new[0]
        before, after = skip_blanks(flat, start - 1, -1) + 1, skip_blanks(flat, end)
        last, first = _char_at(flat, edits, before - 1), _char_at(flat, edits, after)
        if mark == "—" and (before < start) != (after > end) and last.strip():
            continue
        if after > end and mark in _OPEN_BEHIND and _GOES_ON.match(first):
            found[end] = Edit(end, after, "", "mark-space")
        if 0 < before < start and mark in _CLOSE_BEFORE and _GOES_BEFORE.match(last):
            found[before] = Edit(before, start, "", "mark-space")
    return [edit for edit in found.values() if IS_SPACE.search(flat, edit.start, edit.end)]


def _char_at(flat: str, edits: list[Edit], at: int) -> str:
    """Return what is to stand at *at* of *flat* when *edits* are made."""
    k = bisect_right(edits, at, key=_start) - 1
    if k >= 0 and edits[k].start <= at < edits[k].end:
        return edits[k].new[0]
    return flat[at : at + 1] if at >= 0 else ""


def _start(edit: Edit) -> int:
    return edit.start
