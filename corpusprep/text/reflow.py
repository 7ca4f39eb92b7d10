"""Line breaks that stand in mid-sentence, and the edits that take them out.

A newspaper page read column by column cuts sentences and even words (``要加`` / ``强政治建设``,
with an empty line between); a PDF breaks every line at the same width; vertical text comes out as
one character a line. The breaks of verse, headings, bylines, lists, tables, dialogue and code look
much the same and must stay: a wrong join fuses a headline with its body, a missed one costs a
sentence. So a break goes only where something speaks for it: marks and words at the break
(`lineends`), or the widths of the lines (`layout`) and the character model together (`evidence`),
or the two halves of a sentence around a caption or a page number.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from corpusprep.text.chars import HAN, IS_HAN
from corpusprep.text.edits import Edit, apply, compose
from corpusprep.text.evidence import (
    Insert,
    breaks_to_take,
    find_insert,
    is_askable,
)
from corpusprep.text.layout import Page
from corpusprep.text.lineends import (
    CANNOT_END,
    CANNOT_START,
    FINAL,
    HYPHENATED,
    HYPHENS,
    LABEL,
    LIST_MARK,
    LOWER,
    MAX_BRACKET,
    MIN_CLAUSE,
    MIN_LINE,
    MIN_PROSE,
    begins_anew,
    breaks_a_number,
    breaks_a_pair,
    breaks_a_phrase,
    breaks_english,
    can_run_on,
    cannot_start,
    glue,
    is_finished,
    is_tabular,
    parts_address,
)
from corpusprep.text.spacing import run_ons, space_edits

# Nats that each character of a word gains by following the others: 图书馆 6.4, 查论编 -3.6.
MIN_WORD = 2.0
MAX_LABEL = 13  # 投稿邮箱：
MAX_YEAR, MAX_MARK = 5, 4  # 2024年, (12)
MAX_ROUNDS = 8  # of joining what earlier joins made plain; real pages need two

_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_DOWNWARD = re.compile(f"[{HAN}](?:[^\\S\n]*\n[^\\S\n]*[{HAN}](?=[^\\S\n]*(?:\n|\\Z)))+")
# A break between lines that have none of these is hardly ever in mid-sentence.
_MARKS = re.compile("[，,。、“”「」『』《》（）()]")
_GOES_ON = re.compile(
    r"[，,。、》」』”）)\d页頁摄攝]"
)  # digits are of a page number, 摄 of a caption
_NEVER_FIRST = frozenset("[【|•●■◆□▪►★☆※→>#*")
_CUT_NUMBERS, _NUMBERS_GO_ON = frozenset("0123456789,年月"), frozenset("0123456789月日号號")
_ENDS_CUT = CANNOT_END | HYPHENS
# Series that are written one a line and read downwards: weekdays, stems, seasons, the compass,
# the provinces; and the answers of forums.
_SERIES = frozenset(
    "一二三四五六七八九十日月火水木金土年时時分秒甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    "春夏秋冬东南西北東上下中左右前后後男女是否有无無大小高低优良優差号號顶頂赞讚好沙发發"
    "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川黔滇藏陕甘青宁新港澳台"
)


def join_wrapped_lines(text: str) -> str:
    r"""Join lines that a newspaper column or a PDF broke in mid-sentence.

    Lines of verse, headings and lists keep their breaks. A space that a line break left behind in
    a headline goes too.

    >>> join_wrapped_lines("会议要求,要提高认识。要加\n\n强政治建设,推动各项决策落地见效。")
    '会议要求,要提高认识。要加强政治建设,推动各项决策落地见效。'
    >>> join_wrapped_lines("床前明月光，\n疑是地上霜。")
    '床前明月光，\n疑是地上霜。'
    """
    joined = apply(text, wrapped_line_edits(text))
    spaces = [edit for edit in space_edits(joined) if edit.rule == "wrapped-space"]
    return join_wrapped_lines(apply(joined, spaces)) if spaces else joined


def wrapped_line_edits(text: str) -> list[Edit]:
    r"""Return one edit for every line break in *text* that stands in mid-sentence.

    An edit covers the break with the blank lines and indent around it. Its rule is
    ``wrapped-line``, ``vertical-text`` (one character a line) or ``hyphenated-word``. What stands
    between the halves of a sentence, a photo caption or a page number, moves behind the sentence:
    one edit takes it out, the next puts it back. Offsets are code points.

    >>> wrapped_line_edits("各县(市、区)从招商方式、\n\n考核内容等方面进行了改进。")
    [Edit(start=13, end=15, new='', rule='wrapped-line')]
    """
    if "\n" not in text:
        return []
    edits: list[Edit] = []
    joined = text
    for _ in range(MAX_ROUNDS):  # what one round joins may make the next join plain
        more = _find(joined)
        if not more:
            break
        edits = _merge(compose(joined, edits, more))
        joined = apply(text, edits)
    return edits


def _merge(edits: list[Edit]) -> list[Edit]:
    """Return *edits* with what is put in before a break, and the break that goes, in one edit."""
    merged: list[Edit] = []
    for edit in edits:
        if merged and merged[-1].start == edit.start:
            merged.append(edit._replace(new=merged.pop().new + edit.new))
        else:
            merged.append(edit)
    return merged


def takes_line_break(text: str, edit: Edit) -> bool:
    """Return whether *edit*, one of `wrapped_line_edits`, removes a line break and no text."""
    removed = text[edit.start : edit.end].strip().strip("".join(HYPHENS))
    return edit.start < edit.end and not removed


class _Finds(NamedTuple):
    """What one look at the lines gives: edits by break, and what the model must be asked."""

    edits: dict[int, Edit]
    open: list[int]
    inserts: list[Insert]


def _find(text: str) -> list[Edit]:
    """Return the edits that one look at the lines of *text* gives."""
    page = Page(text, [match.span() for match in _LINE.finditer(text)])
    finds = _Finds({}, [], [])
    _look(page, finds)
    return _decide(page, finds) if finds.edits or finds.open or finds.inserts else []


def _look(page: Page, finds: _Finds) -> None:
    """Sort the breaks of *page* by what marks and words say; most need no second look."""
    text, lines, edits = page.text, page.lines, finds.edits
    finals: list[int] = []
    wide = len(lines) > 2 and bool(page.columns)
    past = 0  # the first break behind a run of one-character lines
    for k, ((start, end), (after, _)) in enumerate(pairwise(lines)):
        if k < past:
            continue
        if end - start == 1:
            past = _look_down(page, k, edits)
            if past > k:
                continue
        if text[after] in CANNOT_START:
            if cannot_start(text, start, after):
                edits[k] = Edit(end, after, "", "wrapped-line")
        elif text[end - 1] in FINAL:
            if text[after].isascii() and _is_cut_behind_mark(page, k):
                edits[k] = _join(page, k)
            elif wide and end - start >= MIN_LINE:
                finals.append(k)
        elif (end - start >= MIN_LINE or text[end - 1] in _CUT_NUMBERS) and (
            wide or _may_join(page, k)
        ):
            _weigh(page, k, finds)
    if edits or finds.open:  # a full stop at the edge of a column that is none says nothing
        edits.update((k, _join(page, k)) for k in finals if page.goes_past_final(k))


def _look_down(page: Page, k: int, edits: dict[int, Edit]) -> int:
    """Find the word written downwards from line *k* on; return the break behind its last line.

    Words written downwards have three characters or more on lines that follow each other
    directly; a series such as the weekdays is none.
    """
    lines = page.lines
    run = _DOWNWARD.match(page.text, lines[k][0])
    if not run:
        return k
    chars = run[0].split()
    last = k + len(chars) - 1
    in_series = sum(char in _SERIES for char in chars)
    if len(chars) < 3 or in_series * 2 > len(chars) or len(set(chars)) <= 2:
        return last
    if len(chars) > 3 or _is_word(chars):
        for j in range(k, last):
            edits[j] = Edit(lines[j][1], lines[j + 1][0], "", "vertical-text")
    return last


def _is_word(chars: list[str]) -> bool:
    """Return whether *chars* run on: three links of one character each are no word."""
    runs = run_ons([("".join(chars[:k]), chars[k]) for k in range(1, len(chars))])
    return sum(run.first for run in runs) >= MIN_WORD * len(runs)


def _is_cut_behind_mark(page: Page, k: int) -> bool:
    """Return whether line *k* ends with the point of a number, or is the label of an address."""
    start, end = page.lines[k]
    if page.text[end - 1] == ".":
        return breaks_a_number(page.line(k), page.line(k + 1))
    return end - start <= MAX_LABEL and parts_address(page.line(k), page.line(k + 1))


def _may_join(page: Page, k: int) -> bool:
    """Return whether the break after line *k* deserves a look: few of a web page's do.

    Half a sentence has a mark on one side or the other; English may have none.
    """
    text = page.text
    (start, end), (after, after_end) = page.lines[k], page.lines[k + 1]
    last, first = text[end - 1], text[after]
    if last in _CUT_NUMBERS and first in _NUMBERS_GO_ON and end - start > MAX_YEAR:
        return True
    before, length = end - start, after_end - after
    if before < MIN_LINE or first in _NEVER_FIRST:
        return False
    if last in _ENDS_CUT or first == "的" or (last.isascii() and first.islower()):
        return True
    if _MARKS.search(text, start, end):
        goes_on = text.find("。", start, end) >= 0 or text[after_end - 1] in FINAL
        return goes_on or bool(_GOES_ON.search(text, after, after_end))
    if before < MIN_PROSE and text.find(" ", start + MAX_MARK, end) >= 0:
        return False
    if MIN_CLAUSE <= before >= length / 1.5 or last in _CUT_NUMBERS:
        return _GOES_ON.search(text, after, after_end) is not None
    return False


def _weigh(page: Page, k: int, finds: _Finds) -> None:
    """Decide on the break after line *k*, which has no final mark, or leave it to the model."""
    before, after = page.line(k), page.line(k + 1)
    if is_tabular(before) and before[-1] not in CANNOT_END:
        return
    if before[-1] in HYPHENS and (edit := _hyphen_edit(page, k)):
        finds.edits[k] = edit
    elif is_finished(before):
        if page.columns and page.goes_past_final(k):
            finds.edits[k] = _join(page, k)
    else:
        begins_item = LIST_MARK.match(after) or is_tabular(after)
        if not begins_item and _joins(page, k, before, after):
            finds.edits[k] = _join(page, k)
        elif len(before) >= MIN_LINE:
            _leave_open(page, k, finds, may_run_on=not begins_item)


def _leave_open(page: Page, k: int, finds: _Finds, *, may_run_on: bool) -> None:
    """Note what the model must be asked: whether line *k* runs on here or behind an insert."""
    insert = find_insert(page, k)
    if insert:
        finds.inserts.append(insert)
    if may_run_on and (not insert or insert.is_sentence) and is_askable(page, k):
        finds.open.append(k)


def _joins(page: Page, k: int, before: str, after: str) -> bool:
    """Return whether marks and words alone show that these two lines are one sentence."""
    if before[-1] in CANNOT_END and not page.columns:
        word = IS_HAN.match(before[-2:]) and IS_HAN.match(after)
        return word is not None and not LABEL.match(after)
    if breaks_a_pair(before, after) or breaks_a_number(before, after):
        return True
    if page.columns and not can_run_on(before, after) and page.is_filled(k):
        return True
    if not IS_HAN.search(before):
        return breaks_english(before, after)
    return not begins_anew(after) and breaks_a_phrase(before, after)


def _join(page: Page, k: int) -> Edit:
    before, after = page.line(k), page.line(k + 1)
    return Edit(page.lines[k][1], page.lines[k + 1][0], glue(before, after), "wrapped-line")


def _hyphen_edit(page: Page, k: int) -> Edit | None:
    """Return the edit that joins a Latin word; its hyphen goes if the page shows the word."""
    before, after = page.line(k), page.line(k + 1)
    start, end = page.lines[k][1], page.lines[k + 1][0]
    first, last = HYPHENATED.search(before[-MAX_BRACKET:]), LOWER.match(after)
    if not first or not last or len(before) < MIN_CLAUSE:
        return None
    word = first[0][:-1] + last[0]
    if before[-1] == "\u00ad" or page.shows(word, start, end):
        start -= 1
    return Edit(start, end, "", "hyphenated-word")


def _decide(page: Page, finds: _Finds) -> list[Edit]:
    """Ask the model, once, about the open breaks and inserts, and return all edits in order."""
    contexts = [page.context(k, k + 1) for k in finds.open]
    contexts += [page.context(insert.first, insert.after) for insert in finds.inserts]
    runs = run_ons(contexts)
    edits, asked = finds.edits, dict(zip(finds.open, runs, strict=False))
    for k in breaks_to_take(page, asked):
        edits[k] = _join(page, k)
    moved: list[Edit] = []
    past = 0
    for insert, run in zip(finds.inserts, runs[len(finds.open) :], strict=True):
        k = insert.first
        runs_on = k in edits or (k in asked and asked[k].weight > run.weight)
        if k >= past and not runs_on and insert.evidence + run.weight > 0:
            for at in range(k, insert.after):
                edits.pop(at, None)
            moved += _move(page, insert, edits)
            past = insert.after
    return sorted([*edits.values(), *moved])


def _move(page: Page, insert: Insert, edits: dict[int, Edit]) -> list[Edit]:
    """Return the edits that take *insert* out of its sentence and put it behind."""
    text, lines = page.text, page.lines
    start, end = lines[insert.first][1], lines[insert.after][0]
    last = insert.after
    while last in edits:
        last += 1
    back = lines[last][1]
    moved = text[start : lines[insert.after - 1][1]]
    glued = glue(page.line(insert.first), page.line(insert.after))
    return [Edit(start, end, glued, "wrapped-line"), Edit(back, back, moved, "wrapped-line")]
