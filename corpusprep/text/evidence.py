"""What speaks for and against joining two lines, in nats, where no single mark tells.

    村里的老人说,这座桥是清朝
    末年修的,一百多年来从没有
    塌过。

Equal widths, the commas inside, the full stop at the end of the last, and 清朝 + 末年, which run on,
show together that these lines are one sentence. Each is worth some nats, and so is the character
model's view of the break (`corpusprep.text.spacing`); a break goes if the sum is positive. The two
halves may also stand around a photo caption, a page number or a running head. Then they join, and
what stood between them becomes a paragraph of its own behind the sentence: nothing is lost here, to
remove a page number is the work of the boilerplate step.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import HAN
from corpusprep.text.layout import halves
from corpusprep.text.lineends import (
    INNER_MARK,
    LIST_MARK,
    MIN_CLAUSE,
    MIN_LINE,
    MIN_LONG,
    MIN_PROSE,
    begins_anew,
    begins_paragraph,
    can_run_on,
    is_finished,
    is_tabular,
)

if TYPE_CHECKING:
    from corpusprep.text.layout import Page
    from corpusprep.text.spacing import RunOn

# Nats, set by hand on wrapped paragraphs against the lines of 106 web pages (eight distinct joins
# there, two of them wrong, both in one list of headlines), on cases written by someone who had not
# seen this code, and on 111 poems, lists and posts that look like wrapped prose.
PRIOR = -5.0  # that an unfinished line is followed by its own second half is rare to begin with
HAS_STOP = 3.75  # 。 inside the line before: headings never have one
HAS_COMMA, IS_LONG_CLAUSE, HAS_COMMAS = 1.5, 0.5, 2.5
IS_SHORT = -1.0  # a line of fewer characters than a clause
IS_HEADLINE = -2.0  # two halves with a space between them
ENDS_SENTENCE, GOES_ON_WITH_COMMA = 1.5, 0.75  # the line after
FIRST_WORD = -2.5  # 近日 begins paragraphs
EVEN, UNEVEN, EVEN_BLOCK = 0.5, -2.0, 1.0  # widths: of two lines, and of each line of a block
UNINDENTED = 2.5  # on a page that indents its paragraphs
LEAVES_OPEN = -2.0  # a page whose author leaves the last full stop out
CLEAR_CUT = 1.0  # for another break of the page that is a cut beyond doubt
# Weights of the model: of a cut beyond doubt; at the edge of a column, behind what may be a heading.
MIN_CLEAR, MIN_HEADING = 4.0, 0.5
WORTH_ASKING = -4.0  # evidence that the model could still outweigh
# What stands between two halves: a page number seldom follows an unfinished line by chance, a
# sentence of its own often does.
PAGE_NUMBER, RUNNING_HEAD, CAPTION, SENTENCE = 3.0, 2.0, 1.5, -2.5
MAX_CAPTION, MIN_HEAD, MAX_HEAD = 60, 6, 40
MAX_INSERTS = 3  # lines between the halves: a caption, a page number and a running head

_CREDIT = re.compile(
    rf"(?:(?:作者|编辑|編輯|责编|責編|记者|記者|来源|來源|通讯员)[：:]\s?[{HAN}]{{2,6}}|[图圖摄攝])$"
)
_TWO_HALVES = re.compile(f"[{HAN}”]{{4}} [{HAN}“]{{4}}")
_ENDS_SENTENCE = re.compile(r"[。！？!?；;…](?:[”’」』）)]|$)|[：:]$")
_PAGE_NUMBER = re.compile(
    r"""
    [-—–·•.\s\[(（〔]{0,4}\d{1,4}[-—–·•.\s\])）〕]{0,4}
  | 第\s?[\d一二三四五六七八九十百]{1,4}\s?[页頁](?:\s?[，,/]?\s?[共总總]\s?[\d一二三四五六七八九十百]{1,4}\s?[页頁])?
  | \d{1,4}\s?/\s?\d{1,4} | [Pp](?:age|AGE)?\.?\s?\d{1,4}
    """,
    re.VERBOSE,
)
_RUNNING_HEAD = re.compile(
    r"\d{4}[年.\-/]\d{1,2}[月.\-/]\d{1,2}|\d{4}年?第\d{1,3}[期卷]|第\d{1,5}期|星期[一二三四五六日]"
    r"|[·—–|\-]\s?\d{1,4}(?:\s?[·—–|\-])?$"
)
_HINT = re.compile("[\\d页頁（(图圖摄攝星]")  # an insert has one of these
_STOPS = frozenset("。！？；：")
_TIME = re.compile(r"\d[:：]\d")
_CAPTION = re.compile(r"[（(][左右中前後后][^）)]{0,6}[）)]|^[图圖][为為]|[摄攝][）)。]?$")


class Insert(NamedTuple):
    """What stands between line *first* and line *after* of a page, the halves of a sentence."""

    first: int
    after: int
    evidence: float  # in nats, without the characters at the cut
    is_sentence: bool  # and nothing else: it may also be what the sentence goes on with


# --- two lines ---------------------------------------------------------------------------------


def is_askable(page: Page, k: int) -> bool:
    """Return whether break *k* may stand in mid-sentence, and only the model can tell."""
    before, after = page.line(k), page.line(k + 1)
    if not can_run_on(before, after) or _CREDIT.search(before[-MIN_PROSE:]):
        return False
    if page.columns and page.is_filled(k):
        return True
    if after[-1] in "：:" and not INNER_MARK.search(before):  # a label of its own
        return False
    goes_on = ("。" in before and len(after) >= MIN_LINE) or INNER_MARK.search(after)
    if begins_anew(after) or not (goes_on or _ENDS_SENTENCE.search(after[-2:])):
        return False
    return before[-2:] != after[:2] and after[-1] != "…" and evidence(page, k) >= WORTH_ASKING


def evidence(page: Page, k: int) -> float:
    """Return the evidence for a cut at break *k*, without the characters at the cut."""
    before, after = page.line(k), page.line(k + 1)
    nats = _of_marks(before, after)
    if page.gap(k) == 1:
        nats += EVEN if halves(after) <= halves(before) + 2 else UNEVEN
        if page.indent(k) > 0 == page.indent(k + 1) and is_finished(after):
            nats += UNINDENTED
    if nats >= WORTH_ASKING and not page.finishes_sentences:
        nats += LEAVES_OPEN
    return nats


def _of_marks(before: str, after: str) -> float:
    """Return the evidence of marks and words that *before* and *after* are halves of a sentence."""
    nats = PRIOR + _of_prose(before)
    if INNER_MARK.search(after) or "。" in after[:-1]:
        nats += GOES_ON_WITH_COMMA
    if _ENDS_SENTENCE.search(after[-2:]):
        nats += ENDS_SENTENCE
    if begins_paragraph(after):
        nats += FIRST_WORD
    return nats


def _of_prose(before: str) -> float:
    """Return the evidence that *before* is running text and no heading."""
    if "。" in before:
        return HAS_STOP
    nats = IS_SHORT if len(before) < MIN_CLAUSE else 0.0
    if _TWO_HALVES.search(before) and not LIST_MARK.match(before):
        nats += IS_HEADLINE
    commas = len(INNER_MARK.findall(before[:-1]))
    if commas >= 2 and len(before) >= MIN_LONG:
        nats += HAS_COMMAS
    elif commas:
        nats += HAS_COMMA + (IS_LONG_CLAUSE if len(before) >= MIN_PROSE else 0)
    return nats


def breaks_to_take(page: Page, asked: dict[int, RunOn]) -> list[int]:
    """Return the breaks that go, when *asked* holds the model's view of the open ones."""
    cuts = sum(run.weight >= MIN_CLEAR for run in asked.values())
    taken: list[int] = []
    block, block_goes = range(0), False
    for k, run in asked.items():
        if page.columns and page.is_filled(k):
            goes = run.weight >= MIN_HEADING or not _is_heading(page.line(k))
        else:
            others = min(2, cuts - (run.weight >= MIN_CLEAR)) * CLEAR_CUT
            goes = run.weight + evidence(page, k) + others > 0
            if not goes and k not in block:
                block = page.block(k)
                block_goes = _is_sentence(page, block, asked)
            goes = goes or (block_goes and k in block)
        if goes:
            taken.append(k)
    return taken


def _is_heading(line: str) -> bool:
    return LIST_MARK.match(line) is not None and not INNER_MARK.search(line[3:])


def _is_sentence(page: Page, block: range, asked: dict[int, RunOn]) -> bool:
    """Return whether the lines of *block* are one sentence wrapped at one width."""
    if len(block) < 2 or not page.is_even(block):
        return False
    lines = [page.line(k) for k in range(block.start, block.stop + 1)]
    for k, before, after in zip(block, lines, lines[1:], strict=False):
        if k not in asked and (can_run_on(before, after) or begins_anew(after)):
            return False
    model = sum(asked[k].weight for k in block if k in asked)
    marks = _of_marks("".join(lines[:-1]), lines[-1])
    return model > 0 and marks + EVEN_BLOCK * len(block) + model > 0


# --- what stands between two halves ------------------------------------------------------------


def is_page_number(line: str) -> bool:
    """Return whether *line* is the number of a page.

    >>> [is_page_number(line) for line in ("- 3 -", "第3页", "12 / 20", "3月", "第3页的注释")]
    [True, True, True, False, False]
    """
    return len(line) <= MIN_CLAUSE and _PAGE_NUMBER.fullmatch(line) is not None


def find_insert(page: Page, k: int) -> Insert | None:
    """Return the insert behind line *k*, if the line that follows it can be the second half."""
    if not (_kind(page, k + 1) or _is_set_apart(page, k + 1)) or _kind(page, k):
        return None
    found = 0.0
    for at in range(k + 1, min(k + 1 + MAX_INSERTS, len(page.lines) - 1)):
        kind = _kind(page, at)
        if not kind and (found or not _is_set_apart(page, at)):
            return None
        found = max(found, kind) or SENTENCE
        if not _kind(page, at + 1):
            return _between(page, k, at + 1, found)
    return None


def _kind(page: Page, k: int) -> float:
    """Return how much line *k* looks like an insert, in nats; 0 if it does not."""
    start, end = page.lines[k]
    if end - start > MAX_CAPTION or not _HINT.search(page.text, start, end):
        return 0.0
    line = page.line(k)
    if is_page_number(line):
        return PAGE_NUMBER
    if page.columns and k + 1 < len(page.lines) and page.is_filled(k):  # a line of the text itself
        return 0.0
    if (
        MIN_HEAD <= len(line) <= MAX_HEAD
        and line[-1] not in _STOPS
        and not INNER_MARK.search(line)
        and _RUNNING_HEAD.search(line)
        and not _TIME.search(line)
    ):
        return RUNNING_HEAD
    return CAPTION if _CAPTION.search(line) else 0.0


def _is_set_apart(page: Page, k: int) -> bool:
    """Return whether line *k* is a short sentence with blank lines around it, such as a caption."""
    start, end = page.lines[k]
    if end - start > MAX_HEAD or page.text[end - 1] != "。" or k + 1 >= len(page.lines):
        return False
    return page.gap(k - 1) == page.gap(k) > 1 and not page.columns


def _between(page: Page, k: int, after: int, found: float) -> Insert | None:
    before, second = page.line(k), page.line(after)
    if not can_run_on(before, second) or begins_anew(second):
        return None
    if is_tabular(before) or is_tabular(second):
        return None
    if not (is_finished(second) or INNER_MARK.search(second) or "。" in second or page.columns):
        return None
    nats = found + _of_marks(before, second)
    if not page.finishes_sentences:
        nats += LEAVES_OPEN
    return Insert(k, after, nats, found < 0)
