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
from itertools import islice, pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import CLOSERS, HAN, TERMINATORS
from corpusprep.text.edits import Edit, apply, trace

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_LINE = 8  # a shorter line is a label, a menu item or a line of verse
MIN_CLAUSE = 12  # two lines of verse are shorter than this, or end with a mark
MIN_PROSE = 24  # a line of running text; most headlines with an inner comma are shorter
MIN_LONG = 32  # hardly a headline is longer, even one with two commas
MAX_BRACKET = 40  # a title or bracket that a break cuts closes within so many characters
MAX_STUB = 6  # of a clause that a break has cut short
MAX_SNIPPET = 3  # lines of a text too short to show its author's habits
MAX_CAPTION = 60
MIN_FULL_LINES = 4
# Share of a page's lines that have one width: 213 wrapped articles lie above 0.43 (93 % of them
# above 0.73), 2,092 web pages below 0.36, a page of cut-off headlines at 0.46.
MIN_FULL_SHARE = 0.55
# Of a page's running lines: 0.13 on a newspaper page cut by columns, 0.2 to 0.6 in forum threads,
# so that `_Page.is_cut` asks for more than this.
MAX_OPEN_SHARE = 0.25
REACH = 20_000  # how far off a cut word is looked for: keeps the work linear
MAX_ROUNDS = 8  # of joining what earlier joins made plain; real pages need two

_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_IS_HAN = re.compile(f"[{HAN}]")
_HAN_OR_WORD = re.compile(f"[{HAN}A-Za-z0-9]")
_INNER_MARK = re.compile(r"[，、,]")
_STOP = re.compile(r"[。！？!?；;]")
_LAST_CLAUSE = re.compile(r"[^，。、,；！？!?;]*$")

# A line that ends with one of these is finished, whatever follows.
_FINAL = TERMINATORS | frozenset("；;：:.．⋯~～|>]】·*=_—")
_NOTE_AFTER_STOP = re.compile(r"[。！？!?][（(][^（()）]*[）)]$")
_COMMAS = frozenset("，、,")

# No Chinese line begins with these (GB/T 15834-2011, 5.1): the break before them is not the
# author's. A run of ! ? 。 is a whole post in a forum, ! [ opens a Markdown image, :) is a smile.
_FORBIDDEN_START = re.compile(
    r"[，、；](?![，、；])|[」』”’》〉】]|[）)](?=[，、。；,;]|$)|[。：？！](?![。：？！!?.\[\s])|[,;](?=\S)"
)
_CANNOT_START = frozenset("，、；」』”’》〉】）)。：？！,;")
_CANNOT_END = frozenset("“‘「『《〈（【〔")
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
_OPENS = re.compile(r"[《〈（(“「『【〔]")
_CLOSES = re.compile(r"[》〉）)”」』】〕]")

# What begins an item or report of its own, even on a page where all lines are broken.
_LIST_MARK = re.compile(
    r"""
    \d{1,3}(?:[、）)]|[.．](?!\d)) | [(（][一二三四五六七八九十\d]{1,3}[)）]
  | [一二三四五六七八九十]{1,3}[、.．] | 第[一二三四五六七八九十百千\d]{1,5}[章节節条條部编編]
  | [①-⓿❶-❿㈠-㈩] | [A-Za-z][.、．)）] | \#{1,6}\s
  | [-*+•·●■◆◇□◎▪►➢★☆※▲△→>|=_~—/] | \[\d+\] | [图圖表]\s?\d | [问問答QA][：:]
  | (?:本报|本報|本刊|新华社|新華社|中新[网社]|央视网|人民网|中国网)\S{0,12}(?:[讯訊电電]|记者|記者)
    """,
    re.VERBOSE,
)
# What begins a paragraph, a credit, a label or a note.
_OPENING = re.compile(
    r"""
    [【〔\[“"「『\#\d（(] | [图圖][为為] | [一二三四五六七八九十]是
  | 感谢 | 感謝 | 谢谢 | 謝謝 | 请问 | 請問
  | 记者 | 記者 | 通讯员 | 通訊員 | 作者 | 来源 | 來源 | 编辑 | 編輯 | 责任编辑 | 責任編輯 | 责编
  | 校对 | 审核 | 審核 | 转自 | 轉自 | 原标题 | 原创 | 上一篇 | 下一篇 | 相关阅读 | 版权 | 版權 | 附件
  | 摘\s*要 | 关键词 | 参考文献 | 參考文獻 | https?: | www\.
  | [我你您他她它这這那] | 大家 | 楼主 | 樓主
  | 近日 | 近年 | 今年 | 去年 | 日前 | 目前 | 当前 | 截至 | 据 | 據 | 会上 | 會上 | 会议 | 會議 | 随后
  | 另外 | 此外 | 同时 | 同時 | 其中 | 但 | 然而 | 因此 | 所以 | 于是
    """,
    re.VERBOSE,
)
_LABEL = re.compile(r"[^\s，。,、“”「」《》（）()：:]{1,10}[：:](?!\d)")
# Who took or gave the picture above, at the end of a line without a full stop.
_CREDIT = re.compile(r"(?:[图圖文摄攝][：:/／]\s*[^，。]{1,15}|[图圖摄攝绘繪])$")
_CAPTION = re.compile(r"[（(][左右中前后後][^）)]{0,6}[）)]|^[图圖][为為]|[摄攝][）)。]?$")
# Characters that only carry on a sentence, but not the words that begin with them.
_CARRIES_ON = re.compile(
    r"""
    的(?![确確士哥话話卢]) | 了(?![解不了却卻然断斷结結]) | [们們]
  | 等(?=[，,。、；;\d一两兩三四五六七八九十多方各])
  | 及(?![时時格早]) | 以及 | 而且 | [并並]且
    """,
    re.VERBOSE,
)
# Words that no sentence and no heading ends with, but not the words that end like them.
_UNFINISHED = re.compile(
    r"(?:(?<![共总總温溫缓緩饱飽暖柔调調附中谐諧随隨])和|(?<![参參蔘给給赋賦付])[与與]|[以涉]及"
    r"|[因成视視][为為]|[关關对對由][于於]|[为為]了|[并並]且|[进進]一步)$"
)
_UNFINISHED_LAST = frozenset("和与與及为為于於了且步")
_CUT_DATE = re.compile(r"\d[年月]$")
_DATE_GOES_ON = re.compile(r"\d{1,2}[月日号號]")
_BARE_DATE = re.compile(r"[\d\s年月.\-/]+$")
_CUT_NUMBER = re.compile(rf"[{HAN}][\d.,]*\d$")
_MEASURE = re.compile(
    r"(?:年(?![轻輕货貨])|月(?!球)|日(?![本报報常])|[号號亿億％%余餘]|万(?![科一达])|萬|元(?![旦宵])|个(?!人|别))"
    r"(?=\S{3})"
)
_HYPHENATED = re.compile(r"(?<![A-Za-z\-])[A-Za-z]+[-\u2010\u00ad]$")
_HYPHENS = frozenset("-\u2010\u00ad")
_LOWER = re.compile(r"[a-z]+(?=[\s,.;:)]|$)")
_TABULAR = re.compile(r"\t| {2,}|\u3000|\s\||\|\s|\s>\s")
_FIRST_UNIT = re.compile(r"[“‘「『《〈（(]*(?:[A-Za-z0-9]+|.)[，。、；：！？）》」』”’,.;:!?)]*")
_REMNANT = re.compile(rf"(?![好是对對嗯哦啊顶頂赞贊行有无無否会會能不])[{HAN}]。$")
_ADDRESS_LABEL = re.compile(r"[^\s：:]{2,12}[：:]$")
_ADDRESS = re.compile(
    r"(?:[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+|(?:https?://|www\.)\S*\w/?)$", re.ASCII
)
_SPACED_END = re.compile(rf"[{HAN}，。、]\s[A-Za-z0-9.\-]+$")
_SPACED_START = re.compile(rf"[A-Za-z0-9.\-]+\s[{HAN}]")
# What a line shorter than running text must end with, or the next one begin with, to be looked at.
_LOOK_BEFORE = _COMMAS | _CANNOT_END | _HYPHENS | _UNFINISHED_LAST | frozenset("年月0123456789")
_LOOK_AFTER = frozenset("的了们們等及以而并並")
# Series that are written one a line and read downwards: weekdays, stems, seasons, the compass,
# the provinces; and the answers of forums.
_SERIES = frozenset(
    "一二三四五六七八九十日月火水木金土年时時分秒甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    "春夏秋冬东南西北東上下中左右前后後男女是否有无無大小高低优良優差号號顶頂赞讚好沙发發"
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔滇藏陕甘青宁新港澳台"
)
_LAST_WORDS = frozenset("吧啊呢吗嗎呀哦喔嘛啦咯哈呵嘿谢謝顶頂赞讚摄攝油持了的报報讯訊图圖")


def join_wrapped_lines(text: str) -> str:
    r"""Join lines that a newspaper column or a PDF broke in mid-sentence.

    Lines of verse, headings and lists keep their breaks.

    >>> join_wrapped_lines("会议要求,要提高认识。要加\n\n强政治建设,推动各项决策落地见效。")
    '会议要求,要提高认识。要加强政治建设,推动各项决策落地见效。'
    >>> join_wrapped_lines("床前明月光，\n疑是地上霜。")
    '床前明月光，\n疑是地上霜。'
    """
    return apply(text, wrapped_line_edits(text))


def wrapped_line_edits(text: str) -> list[Edit]:
    r"""Return one edit for every line break in *text* that stands in mid-sentence.

    An edit covers the break with the blank lines and indent around it. Its rule is
    ``wrapped-line``, ``vertical-text`` (one character a line) or ``hyphenated-word``. Where a
    photo caption stands between the halves of a sentence it moves behind the sentence: one edit
    takes it out, the next puts it back. Offsets are code points.

    >>> wrapped_line_edits("各县(市、区)从招商方式、\n\n考核内容等方面进行了改进。")
    [Edit(start=13, end=15, new='', rule='wrapped-line')]
    """
    if "\n" not in text:
        return []
    edits = _find(text)
    for _ in range(MAX_ROUNDS if edits else 0):
        joined = apply(text, edits)
        more = _chain(text, edits, joined, _find(joined))
        if not more:
            break
        edits = sorted(edits + more)
    return edits


def takes_line_break(text: str, edit: Edit) -> bool:
    """Return whether *edit*, one of `wrapped_line_edits`, removes a line break and no text."""
    removed = text[edit.start : edit.end].strip().strip("".join(_HYPHENS))
    return edit.start < edit.end and not removed


def _chain(text: str, edits: list[Edit], joined: str, more: list[Edit]) -> list[Edit]:
    """Return those of *more*, edits on *joined*, as edits on *text*, that touch none of *edits*.

    Captions move in the first round only: half a move would lose one.
    """
    more = [edit for edit in more if takes_line_break(joined, edit)]
    places = trace([(edit.start, edit.end) for edit in more], edits)
    return [
        Edit(start, end, edit.new, edit.rule)
        for (start, end), edit in zip(places, more, strict=True)
        if text[start:end] == joined[edit.start : edit.end]
    ]


def _find(text: str) -> list[Edit]:
    """Return the edits that one look at the lines of *text* gives."""
    lines = [match.span() for match in _LINE.finditer(text)]
    page = _Page(text, lines)
    edits: list[Edit] = []
    run_end, is_word = 0, False
    for k, ((start, end), (after, _)) in enumerate(pairwise(lines)):
        if end - start == 1 and k >= run_end:
            run_end, is_word = _vertical_run(text, lines, k)
        if is_word and k < run_end - 1:
            edits.append(Edit(end, after, "", "vertical-text"))
        elif text[after] in _CANNOT_START:
            word = _IS_HAN if end - start < MIN_LINE else _HAN_OR_WORD
            cut = _FORBIDDEN_START.match(text, after) and word.match(text, end - 1)
            if cut and not _is_tabular(text[start:end]):
                edits.append(Edit(end, after, "", "wrapped-line"))
        elif text[end - 1] in _FINAL:
            if end - start <= MIN_CLAUSE + 1 and text[after].isascii() and page.parts_address(k):
                edits.append(Edit(end, after, "", "wrapped-line"))
        elif end - start >= MIN_LINE and page.may_join(k):
            edits += page.edits_after(k)
    return edits


def _vertical_run(text: str, lines: list[tuple[int, int]], first: int) -> tuple[int, bool]:
    """Return where the run of one-ideograph lines from *first* ends, and if they make a word.

    Words written downwards have three characters or more on lines that follow each other
    directly; a series such as the weekdays is none.
    """
    k = first
    while k < len(lines) and lines[k][1] - lines[k][0] == 1 and _IS_HAN.match(text, lines[k][0]):
        if k > first and text.count("\n", lines[k - 1][1], lines[k][0]) > 1:
            break
        k += 1
    chars = [text[start] for start, _ in lines[first:k]]
    in_series = sum(char in _SERIES for char in chars)
    is_word = len(chars) >= 3 and in_series * 2 <= len(chars) and len(set(chars)) > 2
    return max(k, first + 1), is_word


class _Column(NamedTuple):
    """A width at which a page breaks its lines, in the unit of *measure*."""

    width: int
    measure: Callable[[str], int]

    def is_filled(self, before: str, after: str) -> bool:
        """Return whether nothing more of the line after would have fitted on the one before."""
        han = self.measure("汉")
        if max(self.measure(before), self.measure(after)) > self.width + han:  # a mark may hang
            return False
        unit = _FIRST_UNIT.match(after)
        room = self.measure(unit[0]) if unit else han
        return self.measure(before) + max(room, 2 * han) >= self.width


def _halves(line: str) -> int:
    """Return the width of *line* as print has it: a Han character is two halves, a letter one."""
    return 2 * len(line) - len(line.encode("ascii", "ignore"))


def _are_close(widths: list[int], slack: int, share: float) -> bool:
    """Return whether a *share* of the sorted *widths* lie within *slack* of each other."""
    need = max(2, ceil(share * len(widths)))
    return any(
        last - first <= slack for first, last in zip(widths, widths[need - 1 :], strict=False)
    )


def _column(lines: list[str], measure: Callable[[str], int]) -> _Column | None:
    """Return the width that most of *lines* have, if they are running text broken at it.

    Headlines that a list cuts off at one width have commas too, but no full stops.
    """
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
        """Return line *k*."""
        start, end = self.lines[k]
        return self.text[start:end]

    def may_join(self, k: int) -> bool:
        """Return whether the break after line *k* deserves a look: few of a web page's do.

        What no rule below could take for a cut is sorted out here, at a tenth of the cost.
        """
        text = self.text
        (start, end), (after, after_end) = self.lines[k], self.lines[k + 1]
        return (
            text[end - 1] in _LOOK_BEFORE
            or text[after] in _LOOK_AFTER
            or after_end - after <= 2
            or (
                after_end - after >= MIN_LINE
                and (end - start >= MIN_LONG or text.find("。", start, end) >= 0)
            )
            or (end - start >= MIN_PROSE and start > 0 and text[start - 1] != "\n")
            or _CLOSES.search(text, after, min(after_end, after + MAX_BRACKET)) is not None
            or bool(self.columns)
        )

    def edits_after(self, k: int) -> list[Edit]:
        """Return the edits for the break after line *k*, which does not end with a final mark."""
        before, after = self.line(k), self.line(k + 1)
        start, end = self.lines[k][1], self.lines[k + 1][0]
        if before[-1] in _HYPHENS:
            return self.hyphen_edit(start, end, before, after)
        if _is_finished(before):
            return []
        if self.joins(k, before, after):
            return [Edit(start, end, _glue(before, after), "wrapped-line")]
        return self.caption_edits(k, before)

    def joins(self, k: int, before: str, after: str) -> bool:
        """Return whether the break between these two lines stands in mid-sentence."""
        if before[-1] in _CANNOT_END:
            word = _IS_HAN.match(before[-2]) and _IS_HAN.match(after)
            return word is not None and not _LABEL.match(after)
        if _LIST_MARK.match(after) or _is_tabular(before) or _is_tabular(after):
            return False
        if _breaks_a_pair(before, after) or _breaks_a_date(before, after):
            return True
        if not _IS_HAN.search(before):
            return _breaks_english(before, after)
        if self.columns and any(column.is_filled(before, after) for column in self.columns):
            return len(before) >= MIN_CLAUSE
        if _OPENING.match(after) or _LABEL.match(after):
            return False
        return (
            _breaks_a_phrase(before, after)
            or self.lacks_indent(k, before, after)
            or self.is_cut(k, before, after)
        )

    def hyphen_edit(self, start: int, end: int, before: str, after: str) -> list[Edit]:
        """Return the edit that joins a Latin word; its hyphen goes if the page shows the word."""
        first, last = _HYPHENATED.search(before[-MAX_BRACKET:]), _LOWER.match(after)
        if not first or not last or len(before) < MIN_CLAUSE:
            return []
        if before[-1] == "\u00ad" or self.shows(first[0][:-1] + last[0], start, end):
            start -= 1
        return [Edit(start, end, "", "hyphenated-word")]

    def caption_edits(self, k: int, before: str) -> list[Edit]:
        """Return the edits that move a photo caption out of the sentence that it cuts in two.

        The text itself must show the word that is cut: 孙健 / caption / 雯调研 where it has 孙健雯.
        """
        if k + 2 >= len(self.lines) or not _is_prose(before) or not _IS_HAN.match(before[-1]):
            return []
        caption, after = self.line(k + 1), self.line(k + 2)
        if not _is_caption(caption) or not _goes_on_as_prose(after):
            return []
        start, end = self.lines[k][1], self.lines[k + 2][0]
        if not _is_finished(after) or not self.shows(before[-2:] + after[0], start, end):
            return []
        back = self.lines[k + 2][1]
        gap = self.text[self.lines[k + 1][1] : end]
        return [
            Edit(start, end, "", "wrapped-line"),
            Edit(back, back, gap + caption, "wrapped-line"),
        ]

    def shows(self, word: str, start: int, end: int) -> bool:
        """Return whether *word* stands in one line elsewhere, not too far from start-end."""
        return (
            self.text.find(word, max(0, start - REACH), start) >= 0
            or self.text.find(word, end, end + REACH) >= 0
        )

    @cached_property
    def columns(self) -> list[_Column]:
        """Return the widths at which this page breaks running text: none for most pages."""
        spans = [span for span in self.lines if span[1] - span[0] >= MIN_CLAUSE]
        widths = sorted(end - start for start, end in spans)
        # Latin words make lines of one printed width differ in length, but not by much.
        if len(widths) < 2 or not _are_close(widths, 8, MIN_FULL_SHARE):
            return []
        lines = [self.text[start:end] for start, end in spans]
        return [column for column in (_column(lines, len), _column(lines, _halves)) if column]

    def lacks_indent(self, k: int, before: str, after: str) -> bool:
        """Return whether the line after has no indent on a page that indents its paragraphs."""
        return (
            len(before) >= MIN_PROSE
            and _HAN_OR_WORD.match(before[-1]) is not None
            and len(after) <= len(before) + 2
            and self.indent(k) > 0 == self.indent(k + 1)
            and _is_finished(after)
            and self.text.count("\n", self.lines[k][1], self.lines[k + 1][0]) == 1
        )

    def indent(self, k: int) -> int:
        """Return how many characters line *k* is set in."""
        start = self.lines[k][0]
        return start - self.text.rfind("\n", 0, start) - 1

    def parts_address(self, k: int) -> bool:
        """Return whether line *k* is a label and the next one wholly its address."""
        return bool(
            self.lines[k + 1][0] == self.lines[k][1] + 1
            and _ADDRESS_LABEL.match(self.line(k))
            and _ADDRESS.match(self.line(k + 1))
        )

    @cached_property
    def finishes_sentences(self) -> bool:
        """Return whether nearly all running lines of this page end with a final mark.

        Authors of forum posts often leave the last full stop out.
        """
        lines = [
            self.text[start:end]
            for start, end in self.lines
            if end - start >= MIN_PROSE and _INNER_MARK.search(self.text, start, end)
        ]
        left_open = sum(not _is_finished(line) for line in lines)
        return left_open <= max(1, MAX_OPEN_SHARE * len(lines))

    @cached_property
    def has_columns_cut(self) -> bool:
        """Return whether two sentences of this page at least are plainly cut in mid-phrase."""
        cuts = (self.is_plainly_cut(k) for k in range(len(self.lines) - 1))
        return sum(islice(filter(None, cuts), 2)) == 2

    def is_plainly_cut(self, k: int) -> bool:
        """Return whether running text stops after 、 or inside a word that the page shows."""
        start, end = self.lines[k][1], self.lines[k + 1][0]
        if self.text[start - 1] in _FINAL or start - self.lines[k][0] < MIN_LINE:
            return False
        before, after = self.line(k), self.line(k + 1)
        if not (_is_prose(before) and _goes_on_as_prose(after)) or _OPENING.match(after):
            return False
        return before[-1] == "、" or self.shows(before[-1] + after[0], start, end)

    def is_cut(self, k: int, before: str, after: str) -> bool:
        """Return whether running text stops open on a page that finishes its sentences.

        One such line may be a slip of its author. It is a cut if the characters on both sides
        make a word elsewhere on the page, if two other lines are plainly cut, or if what stands
        behind the last full stop is too short for a sentence.
        """
        if not (_is_prose(before) and _goes_on_as_prose(after)):
            return False
        if not _HAN_OR_WORD.match(before[-1]) or before[-1] in _LAST_WORDS:
            return False
        if _is_caption(after) or _CREDIT.search(before[-MAX_BRACKET:]):
            return False
        if not self.finishes_sentences:
            return False
        return (
            self.is_plainly_cut(k)
            or self.has_columns_cut
            or _stops_in_stub(before)
            or (
                len(self.lines) <= MAX_SNIPPET
                and len(before) >= MIN_LONG
                and _begins_with_stub(after)
            )
        )


def _is_finished(line: str) -> bool:
    """Return whether *line* ends with a final mark, before quotation marks or a note in brackets."""
    if line[-1] in _FINAL:
        return True
    if line[-1] not in CLOSERS:
        return False
    return line[-2:-1] in _FINAL or _NOTE_AFTER_STOP.search(line[-MAX_CAPTION:]) is not None


def _is_prose(line: str) -> bool:
    """Return whether *line* is running text: headings have no full stop and few commas."""
    if "。" in line:
        return len(line) >= MIN_LINE
    return len(line) >= MIN_LONG and len(_INNER_MARK.findall(line)) >= 2


def _goes_on_as_prose(line: str) -> bool:
    """Return whether *line* can be the rest of a sentence: running text that ends, or is cut too."""
    if line.endswith(("...", "…")):
        return False
    return (
        len(line) >= MIN_CLAUSE
        and (_INNER_MARK.search(line) is not None or "。" in line)
        and (line[-1] in _COMMAS or len(line) >= MAX_BRACKET or _is_finished(line))
    )


def _stops_in_stub(line: str) -> bool:
    """Return whether what stands behind the last full stop is too short for a sentence."""
    clause = _LAST_CLAUSE.search(line[-MIN_PROSE:])
    return "。" in line and clause is not None and len(clause[0]) <= MAX_STUB // 2


def _begins_with_stub(line: str) -> bool:
    """Return whether the first clause of *line* is too short to begin a paragraph."""
    mark = _INNER_MARK.search(line)
    return mark is not None and mark.start() <= MAX_STUB


def _is_caption(line: str) -> bool:
    return len(line) <= MAX_CAPTION and _CAPTION.search(line) is not None


def _is_tabular(line: str) -> bool:
    return _TABULAR.search(line) is not None and "。" not in line


def _breaks_a_pair(before: str, after: str) -> bool:
    """Return whether a title, quotation or bracket opens before the break and closes after it."""
    head = after[:MAX_BRACKET]
    if not _CLOSES.search(head):
        return False
    tail = before[-MAX_BRACKET:]
    if not _OPENS.search(tail):
        return False
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


def _breaks_a_phrase(before: str, after: str) -> bool:
    """Return whether the words at the break cannot end, or cannot begin, a sentence."""
    last = before[-1]
    if last in _COMMAS:
        long = len(before) >= MIN_CLAUSE and max(len(before), len(after)) >= MIN_PROSE
        return (long or last == "、") and (after[-1] in _COMMAS or _is_finished(after))
    if len(before) < MIN_CLAUSE or not _HAN_OR_WORD.match(last):
        return False
    if _CARRIES_ON.match(after) or (_REMNANT.match(after) and _INNER_MARK.search(before)):
        return True
    if last not in _UNFINISHED_LAST or not _UNFINISHED.search(before[-4:]):
        return False
    return _INNER_MARK.search(after) is not None or _STOP.search(after) is not None


def _breaks_a_date(before: str, after: str) -> bool:
    """Return whether the break cuts a date or parts a number from its measure word."""
    last = before[-1]
    if last in "年月":
        cut = _CUT_DATE.search(before) and _DATE_GOES_ON.match(after)
        return bool(cut) and not _BARE_DATE.match(before)
    if not last.isdigit() or not _INNER_MARK.search(before):
        return False
    return bool(_CUT_NUMBER.search(before[-MIN_CLAUSE:]) and _MEASURE.match(after))


def _breaks_english(before: str, after: str) -> bool:
    """Return whether a line of English goes on in lower case."""
    return (
        len(before) >= MIN_LONG
        and before.count(" ") >= 4
        and (before[-1].isalnum() or before[-1] == ",")
        and _LOWER.match(after) is not None
    )


def _glue(before: str, after: str) -> str:
    """Return what stands between the halves: a space where Latin words meet, else nothing."""
    last, first = before[-1], after[0]
    if last.isascii() and first.isascii():
        return "" if last.isdigit() and first.isdigit() else " "
    if _SPACED_END.search(before[-MAX_BRACKET:]) and _IS_HAN.match(first):
        return " "
    if _SPACED_START.match(after) and _IS_HAN.match(last):
        return " "
    return ""
