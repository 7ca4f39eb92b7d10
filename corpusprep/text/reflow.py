"""Line breaks that stand in mid-sentence, and the edits that take them out.

A newspaper page read column by column cuts sentences and even words (``要加`` / ``强政治建设``,
with an empty line between); a PDF breaks every line at the same width; vertical text comes out as
one character a line. The breaks of verse, headings, bylines, lists, tables, dialogue and code look
much the same and must stay: a wrong join fuses a headline with its body, a missed one costs a
sentence. So a break goes only where something speaks for it: the characters on both sides of it,
the widths of the lines, or a page whose other paragraphs all end their sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import CLOSERS, HAN, TERMINATORS
from corpusprep.text.edits import Edit, apply, trace

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_LINE = 8  # a shorter line is a label, a menu item or a line of verse
MIN_CLAUSE = 12  # two lines of verse are shorter than this, or end with a mark
MIN_PROSE = 24  # a line of running text; most headlines with an inner comma are shorter
MAX_BRACKET = 40  # a title or bracket that a break cuts closes within so many characters
MAX_CAPTION = 60
REACH = 20_000  # how far off a cut word is looked for: keeps the work linear
MIN_FULL_LINES = 4
MIN_FULL_SHARE = 0.55
MAX_ROUNDS = 8  # of joining what earlier joins made plain; real pages need two

_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_HAN_OR_WORD = re.compile(f"[{HAN}A-Za-z0-9]")
_IS_HAN = re.compile(f"[{HAN}]")
# A line that ends with one of these is finished, whatever follows.
_FINAL = TERMINATORS | frozenset("；;：:.．⋯~～|>·*=_—")
_INNER_MARK = re.compile(r"[，、,]")
_STOP = re.compile(r"[。！？!?；;]")

# No Chinese line begins with these (GB/T 15834-2011, 5.1): the break before them is not the
# author's. A run of ! ? 。 is a whole post in a forum, ! [ opens a Markdown image, :) is a smile.
_FORBIDDEN_START = re.compile(
    r"[，、；」』”’》〉】](?![，、；])|[）)](?=[，、。；,;]|$)|[。：？！](?![。：？！!?.\[])|[,;](?=\S)"
)
_FORBIDDEN_END = frozenset("“‘「『《〈（【〔")
_PAIRS = (
    ("《", "》"),
    ("〈", "〉"),
    ("（(", "）)"),
    ("“", "”"),
    ("「", "」"),
    ("『", "』"),
    ("【", "】"),
    ("〔", "〕"),
)

# What begins an item or paragraph of its own, even on a page where all lines are broken.
_LIST_MARK = re.compile(
    r"""
    \d{1,3}(?:[、）)]|[.．](?!\d)) | [(（][一二三四五六七八九十\d]{1,3}[)）]
  | [一二三四五六七八九十]{1,3}[、.．] | 第[一二三四五六七八九十百千\d]{1,5}[章节節条條部编編]
  | [①-⓿❶-❿㈠-㈩] | [A-Za-z][.、．)）] | \#{1,6}\s
  | [-*+•·●■◆◇□▪►➢★☆※▲△→>|=_~—] | \[\d+\] | [图圖表]\s?\d | [问問答QA][：:]
  | (?:本报|本報|本刊|新华社|新華社|中新[网社]|央视网|人民网|中国网)\S{0,12}(?:[讯訊电電]|记者|記者)
    """,
    re.VERBOSE,
)
# What opens a report, a credit, a label or a note.
_OPENING = re.compile(
    r"""
    [【〔\[“"「『#\d] | [图圖]为 | [图圖]為 | [一二三四五六七八九十]是
  | [^\s，。,、“”「」《》（）()：:]{1,10}[：:](?!\d)
  | 记者 | 記者 | 通讯员 | 通訊員
  | [（(](?!一)
  | 作者|来源|來源|责任编辑|責任編輯|责编|编辑|編輯|校对|審核|审核|转自|轉自|原标题|上一篇|下一篇|相关阅读
  | 版权|版權|附件|摘\s*要|关键词|參考文獻|参考文献|https?:|www\.
  | [我你您他她它这這那] | 大家 | 楼主 | 樓主
  | (?:近日|近年|今年|去年|日前|目前|当前|截至|据|據|会上|會上|会议|會議|随后|另外|此外|同时|其中|为|為了?)
    """,
    re.VERBOSE,
)
# Characters and words that only carry on a sentence, but not the words that begin with them.
_CARRIES_ON = re.compile(
    r"""
    的(?![确確士哥话話卢]) | 了(?![解不了却卻然断斷结結]) | [们們]
  | 等(?=[，,。、；;\d一两兩三四五六七八九十多方各])
  | 及(?![时時格早]) | 和(?![平谐諧睦气氣解善尚服]) | [与與](?![会會此其]) | 或(?![许許者])
  | 以及 | 而且 | [并並]且
    """,
    re.VERBOSE,
)
# Words that no sentence and no heading ends with, but not the words that end like them.
_UNFINISHED = re.compile(
    r"(?:(?<![共总總温溫缓緩饱飽暖柔调調附中谐諧随隨])和|(?<![参參给給赋賦付])[与與]|[以涉]及"
    r"|(?<![大上中少名老小])将|[因成视]为|[关關对對由][于於]|[通][过過]|[为為]了|[并並][且]|[进進]一步)$"
)
_CUT_DATE = re.compile(r"\d[年月]$")
_DATE_GOES_ON = re.compile(r"\d{1,2}[月日号號]")
_BARE_DATE = re.compile(r"[\d\s年月.\-/]+$")
_CUT_NUMBER = re.compile(r"[^\s\d.,:/\-]\s?[\d.,]*\d$")
_MEASURE = re.compile(r"[年月日号號亿億万萬元％%个個余餘](?=\S{3})")
_ENGLISH = re.compile(r"(?:\S+ ){4,}\S*[A-Za-z0-9,]$")
_SPACED_END = re.compile(rf"[{HAN}，。、]\s[A-Za-z0-9.\-]+$")
_SPACED_START = re.compile(rf"[A-Za-z0-9.\-]+\s[{HAN}]")
_HYPHENATED = re.compile(r"(?<![A-Za-z\-])[A-Za-z]+[-\u2010\u00ad]$")
_LOWER = re.compile(r"[a-z]+")
_TABULAR = re.compile(r"\t| {2,}|\u3000|\s\||\|\s")
_FIRST_UNIT = re.compile(r"[“‘「『《〈（(]*(?:[A-Za-z0-9]+|.)[，。、；：！？）》」』”’,.;:!?)]*")
# Series that are written one a line and read downwards: weekdays, stems, seasons, the compass.
_SERIES = frozenset(
    "一二三四五六七八九十日月火水木金土年时時分秒甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    "春夏秋冬东南西北東上下中左右前后後男女是否有无無大小高低优良优優差号號顶頂赞讚好沙发發"
)
_LAST_WORDS = frozenset("吧啊呢吗嗎呀哦喔嘛啦咯哈呵嘿谢謝顶頂赞讚摄攝油持了的报報讯訊")
_NOTE_AFTER_STOP = re.compile(r"[。！？!?][（(][^（()）]*[）)]$")
_CAPTION = re.compile(r"[（(][左右中前后後][^）)]{0,6}[）)]|^[图圖][为為]|[摄攝][）)。]?$")


def join_wrapped_lines(text: str) -> str:
    """Join lines that a newspaper column or a PDF broke in mid-sentence.

    Lines of verse, headings and lists keep their breaks.

    >>> join_wrapped_lines("会议要求,要提高认识。要加\\n\\n强政治建设,推动各项决策落地见效。")
    '会议要求,要提高认识。要加强政治建设,推动各项决策落地见效。'
    >>> join_wrapped_lines("床前明月光，\\n疑是地上霜。")
    '床前明月光，\\n疑是地上霜。'
    """
    return apply(text, wrapped_line_edits(text))


def wrapped_line_edits(text: str) -> list[Edit]:
    """Return one edit for every line break in *text* that stands in mid-sentence.

    An edit covers the break with the blank lines and indent around it. Its rule is
    ``wrapped-line``, ``vertical-text`` (one character a line) or ``hyphenated-word``. Where a
    photo caption stands between the halves of a sentence it moves behind the sentence: one edit
    takes it out, the next puts it back. Offsets are code points. A text without such breaks
    costs little more than counting its lines.

    >>> wrapped_line_edits("从招商方式、工作机制、\\n\\n考核内容等方面进行了改进。")
    [Edit(start=11, end=13, new='', rule='wrapped-line')]
    """
    if "\n" not in text:
        return []
    edits = _find(text)
    for _ in range(MAX_ROUNDS if edits else 0):
        joined = apply(text, edits)
        more = _find(joined)
        if not more:
            break
        edits = _chain(text, edits, joined, more)
    return edits


def _chain(text: str, edits: list[Edit], joined: str, more: list[Edit]) -> list[Edit]:
    """Return the edits on *text* that do what *edits* and then *more* (on *joined*) do.

    Of *more* those stay out that touch what *edits* wrote.
    """
    places = trace(((e.start, e.end) for e in more), edits)
    late = [Edit(a, b, e.new, e.rule) for (a, b), e in zip(places, more, strict=True)
            if text[a:b] == joined[e.start : e.end]]
    return sorted([*edits, *late])


def _find(text: str) -> list[Edit]:
    lines = [match.span() for match in _LINE.finditer(text)]
    page = _Page(text, lines)
    edits: list[Edit] = []
    column_end = -1
    for k in range(len(lines) - 1):
        start, end = lines[k]
        if end - start == 1:
            if k >= column_end:
                column_end = _vertical_end(text, lines, k)
            if k < column_end - 1:
                edits.append(Edit(end, lines[k + 1][0], "", "vertical-text"))
        elif end - start >= MIN_LINE and text[end - 1] not in _FINAL:
            edits += page.edits_after(k)
    return edits


def _vertical_end(text: str, lines: list[tuple[int, int]], first: int) -> int:
    """Return the line after the last of a word written downwards from line *first*, or *first*.

    It is three single ideographs or more on lines that follow each other directly, and no series
    such as weekdays.
    """
    k = first
    while k < len(lines) and lines[k][1] - lines[k][0] == 1 and _IS_HAN.match(text, lines[k][0]):
        if k > first and text.count("\n", lines[k - 1][1], lines[k][0]) > 1:
            break
        k += 1
    chars = [text[start] for start, _ in lines[first:k]]
    in_series = sum(char in _SERIES for char in chars)
    return k if len(chars) >= 3 and in_series * 2 <= len(chars) and len(set(chars)) > 2 else first


class _Break(NamedTuple):
    """The two lines around a line break, without indents."""

    before: str
    after: str


class _Column(NamedTuple):
    """A width at which a page breaks its lines, in the unit of *measure*."""

    width: int
    measure: Callable[[str], int]

    def is_filled(self, here: _Break) -> bool:
        """Return whether nothing more of the line after would have fitted on the one before."""
        before, after = here
        han = self.measure("汉")
        if max(self.measure(before), self.measure(after)) > self.width + han:  # a mark may hang
            return False
        unit = _FIRST_UNIT.match(after)
        room = self.measure(unit[0]) if unit else han
        return self.measure(before) + max(room, 2 * han) >= self.width


def _halves(line: str) -> int:
    """Return the width of *line* as print has it: a Han character is two halves, a letter one."""
    return 2 * len(line) - len(line.encode("ascii", "ignore"))


def _column(lines: list[str], measure: Callable[[str], int]) -> _Column | None:
    """Return the width that most of *lines* have, if they are running text broken at it.

    Headlines that a list cuts off at one width have commas too, but no full stops.
    """
    if len(lines) < 2:
        return None
    slack = 2 * measure("汉")
    widths = [measure(line) for line in lines]
    counts = Counter(widths)
    width = max(counts, key=lambda w: (sum(counts[w - d] for d in range(slack + 1)), w))
    full = [line for line, w in zip(lines, widths, strict=True) if width - slack <= w <= width]
    marked = sum(_INNER_MARK.search(line) is not None for line in full)
    stopped = sum("。" in line for line in lines)
    if marked * 3 < len(full) or stopped * 12 < len(lines):
        return None
    if len(full) >= MIN_FULL_LINES and len(full) >= MIN_FULL_SHARE * len(lines):
        return _Column(width, measure)
    # A short piece: every line but the last is full and open, the last one ends the sentence.
    *body, last = lines
    if len(body) >= 2 and full[: len(body)] == body and not any(map(_is_finished, body)):
        return _Column(width, measure) if _is_finished(last) else None
    return None


class _Page:
    """The lines of a text, and what they say together about the breaks between them."""

    def __init__(self, text: str, lines: list[tuple[int, int]]) -> None:
        self.text = text
        self.lines = lines

    def line(self, k: int) -> str:
        start, end = self.lines[k]
        return self.text[start:end]

    def edits_after(self, k: int) -> list[Edit]:
        """Return the edits for the break after line *k*."""
        here = _Break(self.line(k), self.line(k + 1))
        start, end = self.lines[k][1], self.lines[k + 1][0]
        if _is_finished(here.before):
            return []
        if _is_hyphenated(here):
            return [self.hyphen_edit(k)]
        if self.joins(k, here):
            return [Edit(start, end, _glue(here), "wrapped-line")]
        return []

    def joins(self, k: int, here: _Break) -> bool:
        if _breaks_a_mark(here):
            return True
        if _is_tabular(here) or _LIST_MARK.match(here.after):
            return False
        if _breaks_a_pair(here):
            return True
        if self.fills_column(here) or _breaks_a_date(here) or self.lacks_indent(k, here):
            return True
        if _OPENING.match(here.after):
            return False
        return (
            _breaks_a_phrase(here)
            or _breaks_english(here)
            or self.is_cut(here, self.lines[k][1], self.lines[k + 1][0])
        )

    def hyphen_edit(self, k: int) -> Edit:
        """Return the edit that joins a Latin word; its hyphen goes if the page shows the word."""
        start, end = self.lines[k][1], self.lines[k + 1][0]
        first = _HYPHENATED.search(self.line(k))
        last = _LOWER.match(self.line(k + 1))
        word = first[0][:-1] + last[0]
        soft = self.text[start - 1] == "\u00ad"
        if soft or self.shows(word, start, end):
            start -= 1
        return Edit(start, end, "", "hyphenated-word")

    def shows(self, word: str, start: int, end: int) -> bool:
        """Return whether *word* stands in one line elsewhere, not too far from start-end."""
        return (
            self.text.find(word, max(0, start - REACH), start) >= 0
            or self.text.find(word, end, end + REACH) >= 0
        )

    @cached_property
    def columns(self) -> list[_Column]:
        """Return the widths at which this page breaks running text: none for most pages."""
        lines = [self.text[start:end] for start, end in self.lines if end - start >= MIN_CLAUSE]
        return [column for column in (_column(lines, len), _column(lines, _halves)) if column]

    def fills_column(self, here: _Break) -> bool:
        """Return whether the line before is as long as the page allows, and so broken for room."""
        return len(here.before) >= MIN_CLAUSE and any(c.is_filled(here) for c in self.columns)

    def lacks_indent(self, k: int, here: _Break) -> bool:
        """Return whether the line after has no indent on a page that indents its paragraphs."""
        if len(here.before) < MIN_PROSE or len(here.after) > len(here.before) + 2:
            return False
        return self.indent(k) > 0 == self.indent(k + 1) and self.breaks(k) == 1

    def indent(self, k: int) -> int:
        """Return how far line *k* is set in, in halves of a Han character."""
        start = self.lines[k][0]
        indent = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        return len(indent) + indent.count("\u3000")

    def breaks(self, k: int) -> int:
        """Return how many line breaks part line *k* from the next."""
        return self.text.count("\n", self.lines[k][1], self.lines[k + 1][0])

    @cached_property
    def prose(self) -> tuple[int, int]:
        """Return how many lines of running text the page has, and how many are left open."""
        lines = [
            self.text[start:end]
            for start, end in self.lines
            if end - start >= MIN_PROSE and _INNER_MARK.search(self.text, start, end)
        ]
        return len(lines), sum(not _is_finished(line) for line in lines)

    def is_cut(self, here: _Break, start: int, end: int) -> bool:
        """Return whether running text stops open where this page finishes its sentences.

        Authors of forum posts leave the last full stop out; the pages of those are told by the
        share of lines left open.
        """
        before, after = here
        if not (_is_prose(before) and _goes_on_as_prose(after)):
            return False
        if before[-1] in _LAST_WORDS:
            return False
        if self.shows(before[-2:] + after[0], start, end) or self.shows(before[-1]+after[:2], start, end):
            return True
        total, left_open = self.prose
        if total >= 6:
            return left_open * 4 <= total
        tail = re.split("[，。、,；！？!?;]", before)[-1]
        return left_open <= 1 and "。" in before and len(tail) <= 3


def _is_finished(line: str) -> bool:
    """Return whether *line* ends with a final mark, a note or a quotation behind it included."""
    if line[-1] in _FINAL:
        return True
    if line[-1] not in CLOSERS:
        return False
    return line[-2] in _FINAL or _NOTE_AFTER_STOP.search(line[-MAX_CAPTION:]) is not None


def _is_prose(line: str) -> bool:
    if "。" in line:
        return len(line) >= MIN_LINE
    return len(line) >= 32 and len(_INNER_MARK.findall(line)) >= 2


def _goes_on_as_prose(line: str) -> bool:
    return (
        len(line) >= MIN_CLAUSE
        and (_INNER_MARK.search(line) is not None or "。" in line)
        and (line[-1] in "。，、,；;！？!?" or _is_finished(line) or len(line) >= 40)
    )


def _breaks_a_mark(here: _Break) -> bool:
    """Return whether the line after begins, or the one before ends, with a mark that cannot."""
    if here.before[-1] in _FORBIDDEN_END:
        return True
    return (
        _FORBIDDEN_START.match(here.after) is not None
        and _HAN_OR_WORD.match(here.before[-1]) is not None
    )


def _is_tabular(here: _Break) -> bool:
    return any(_TABULAR.search(line) and "。" not in line for line in here)


def _breaks_a_pair(here: _Break) -> bool:
    """Return whether a title, quotation or bracket opens before the break and closes after it."""
    tail, head = here.before[-MAX_BRACKET:], here.after[:MAX_BRACKET]
    for openers, closers in _PAIRS:
        opened = max(map(tail.rfind, openers))
        if opened < 0 or opened < max(map(tail.rfind, closers)):
            continue
        closed = min((at for at in map(head.find, closers) if at >= 0), default=-1)
        if closed < 0 or any(0 <= head.find(opener) < closed for opener in openers):
            continue
        inside = tail[opened + 1 :] + head[:closed]
        if _IS_HAN.search(inside) and not _STOP.search(inside):
            return True
    return False


def _breaks_a_phrase(here: _Break) -> bool:
    """Return whether the words at the break cannot end, or cannot begin, a sentence."""
    before, after = here
    last = before[-1]
    if last == "、":
        return len(before) >= 10
    if last in "，,":
        return max(len(before), len(after)) >= MIN_PROSE and len(before) >= MIN_CLAUSE
    if len(before) < MIN_CLAUSE or not _HAN_OR_WORD.match(last):
        return False
    return bool(_CARRIES_ON.match(after) or _UNFINISHED.search(before[-4:]))


def _breaks_a_date(here: _Break) -> bool:
    """Return whether the break cuts a date or parts a number from its measure word."""
    before, after = here
    if len(before) < MIN_CLAUSE and not _INNER_MARK.search(before):
        if not _CUT_DATE.search(before):
            return False
    if _CUT_DATE.search(before):
        return bool(_DATE_GOES_ON.match(after)) and not _BARE_DATE.match(before)
    return bool(_CUT_NUMBER.search(before[-12:]) and _MEASURE.match(after))


def _breaks_english(here: _Break) -> bool:
    """Return whether a line of English goes on in lower case."""
    return bool(_ENGLISH.search(here.before[-200:]) and _LOWER.match(here.after))


def _is_hyphenated(here: _Break) -> bool:
    return bool(
        len(here.before) >= MIN_CLAUSE
        and _HYPHENATED.search(here.before[-40:])
        and _LOWER.match(here.after)
    )


def _glue(here: _Break) -> str:
    """Return what stands between the halves: a space where Latin words meet, else nothing."""
    last, first = here.before[-1], here.after[0]
    if last.isascii() and first.isascii():
        return "" if last.isdigit() and first.isdigit() else " "
    if _SPACED_END.search(here.before[-40:]) and _IS_HAN.match(first):
        return " "
    if _SPACED_START.match(here.after) and _IS_HAN.match(last):
        return " "
    return ""
