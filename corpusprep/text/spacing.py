"""Spaces inside Chinese that no author set, and the edits that close them.

A headline of two printed lines comes out with a space where the line broke
(``让招商引资从上 到下都“热”起来``), a title is spread over its line (``通　知``), a tokenizer left
its spaces behind (``我们 在 北京 工作 。``). Chinese also sets real spaces: between the halves of
a headline or a couplet (``近者悦 远者来``), after ``记者``, in menus, addresses and tables. The
character model tells them apart: across a break that a printer made the characters run on.

A run of spaces, of any kind and length, counts as one, and both widths of a mark as the same, so
that the answer does not depend on what `corpusprep.text.width` does to them.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import HAN, IS_HAN, LINE_BREAK, SPACE
from corpusprep.text.edits import Edit, apply, compose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Span = tuple[int, int]

__all__ = ["RunOn", "run_ons", "space_edits"]

REACH = 4  # characters that the model is shown on either side of a gap
MAX_ASKED = 1 << 16  # gaps whose answers are remembered: some ten megabytes

# What a wrap must have, in nats: the evidence of `RunOn`, the part of the first character, and how
# unlikely a line's end is where the space stands.
MIN_WEIGHT, MIN_FIRST, MAX_LINE_END = 3.3, 3.0, -4.5
# Asked of a break between halves of equal length, which are a couplet, and of a line with more
# spaces, whose author sets them for commas.
MIN_WEIGHT_IN_DOUBT = 5.0
MANY_SPACES = 2
MIN_PART = 2  # characters on each side of a wrap; a name or an initial is as short
MIN_WRAPPED, MIN_SHORT = 9, 7  # on both sides together: menus and tables have shorter cells
# Mean gain of running on over the gaps of characters that are set apart. Words: 目录 3.8, 结语 4.5; names
# lie below 1. A title of four and more: 今天天气很好 1.8, 敬请关注 2.1, zodiac signs -0.9.
MIN_WORD, MIN_TITLE = 3.5, 1.5
MIN_APART = 4  # characters that stand apart inside a line
MIN_TOKENS, MAX_TOKEN = 4, 2.6  # of a line divided into words, and their mean length
MIN_TOKENIZED = (
    -0.5
)  # mean over the gaps between words: half the spaces of web pages are below -2.1
MAX_ROUNDS = 8

_H = f"[{HAN}]"
# Marks in either width. Those in the first class stand close to what is before them, those in the
# second to what is behind them.
_CLOSING = "，、；：！？。）》〉」』】〕”’…"
_OPENING = "“‘（《〈「『【〔"
_PAUSING = "，、；："
_INNER = "，、；：！？。（）《》〈〉「」『』【】“”‘’·—…,;:!?()"
# A class that leads an expression makes `re` skip to its next member.
_GATE = re.compile(
    f"[{SPACE}](?<=[{HAN}{_PAUSING}{_OPENING}][{SPACE}])[{SPACE}]*(?=[{HAN}{_CLOSING}])"
)
_BREAK = re.compile(f"[{LINE_BREAK}]")
_TOKEN = re.compile(f"[^{SPACE}][^{SPACE}]*")
_LONE = re.compile(f"[{_INNER}]*({_H})[{_INNER}]*")
_ONLY_MARKS = re.compile(f"[{_INNER}]+")
_LABEL_END = re.compile(f"({_H})[：:]")
_HAN_END, _HAN_START = re.compile(f"{_H}+$"), re.compile(f"{_H}+")
# Words of one character that no menu, table or list of names has as an entry.
_PARTICLES = frozenset(
    "的了在是和就都也不我你他她它这那与及或把被从对向为以而但着过很还有又的與從對為這還"
)
# Lists that are written with spaces: numerals, stems, seasons, compass, sexes, colours, elements.
_LISTED = frozenset(
    "一二三四五六七八九十百千万日月年时时分秒甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    "春夏秋冬东南西北東中左右上下前后後男女是否有无無对错大小高低长短優优良差红黄蓝绿青橙紫白黑紅黃藍綠"
    "金木水火土鼠牛虎兔龙龍蛇马羊猴鸡狗猪天地人你我他京津沪渝冀晋陕甘宁新"
)


class RunOn(NamedTuple):
    """What the characters behind a gap gain by following those before it, in nats."""

    both: float  # the first two of them, against their beginning a line
    first: float  # the first alone
    line_end: float  # log probability of a line's end in the place of the gap

    @property
    def weight(self) -> float:
        """The evidence for a gap that nobody meant, in nats; 0 says nothing.

        A logistic regression over 2,226 wraps of clean text and 1,947 line ends of web pages: half
        of the wraps lie above 2.5, one line end in a hundred above 2.0, one in a thousand above 4.8.
        """
        return 0.52 * self.both - 0.35 * self.line_end - 1.9


def run_ons(contexts: Sequence[tuple[str, str]]) -> list[RunOn]:
    """Return how each left of *contexts* and its right run on; none of them may be empty.

    >>> cut, meant = run_ons([("从上", "到下"), ("者悦", "远者")])
    >>> cut.weight > 5, meant.weight < 3
    (True, True)
    """
    contexts = [(left[-REACH:], right[:REACH]) for left, right in contexts]
    asked = list(dict.fromkeys(context for context in contexts if context not in _ASKED))
    if asked:
        if len(_ASKED) + len(asked) > MAX_ASKED:
            _ASKED.clear()
            asked = list(dict.fromkeys(contexts))
        _ASKED.update(zip(asked, _ask(asked), strict=True))
    return [_ASKED[context] for context in contexts]


# What the model said: the menus of a site stand on all its pages.
_ASKED: dict[tuple[str, str], RunOn] = {}


def _ask(contexts: Sequence[tuple[str, str]]) -> Iterator[RunOn]:
    from corpusprep.text import lm

    pieces = [f"{left}{right}\n\n{left}\n{right}\n\n" for left, right in contexts]
    values = lm.logprobs("".join(pieces)).tolist()
    start = 0
    for piece, (left, right) in zip(pieces, contexts, strict=True):
        on, off = start + len(left), start + 2 * len(left) + len(right) + 2
        first = values[on] - values[off + 1]
        second = values[on + 1] - values[off + 2] if len(right) > 1 else 0.0
        yield RunOn(first + second, first, values[off])
        start += len(piece)


def space_edits(text: str) -> list[Edit]:
    """Return one edit for every stretch of spaces in *text* that belongs to no author.

    Rules: ``wrapped-space`` (a line broke there), ``letter-spacing`` (characters or words set
    apart throughout a line), ``mark-space`` (before or after a full-width mark). Indents and line
    breaks are left alone, and so is every space that the character model is not sure of.

    >>> apply("让招商引资从上 到下都“热”起来", space_edits("让招商引资从上 到下都“热”起来"))
    '让招商引资从上到下都“热”起来'
    >>> space_edits("通　知"), space_edits("近者悦 远者来")
    ([Edit(start=1, end=2, new='', rule='letter-spacing')], [])
    """
    if _GATE.search(text) is None:
        return []
    edits: list[Edit] = []
    closed = text
    for _ in range(MAX_ROUNDS):  # a closed space may show that its neighbour is a wrap too
        more = _find(closed)
        if not more:
            break
        edits = compose(closed, edits, more)
        closed = apply(text, edits)
    return edits


class _Doubt(NamedTuple):
    """Spaces that go together if the model is sure: each between a left and a right context."""

    spaces: list[Span]
    contexts: list[tuple[str, str]]
    rule: str
    least: float  # mean of what the characters gain by running on; of a wrap, its weight
    is_wrap: bool = False

    def is_believed(self, runs: list[RunOn]) -> bool:
        """Return whether *runs*, the model's view of the contexts, close these spaces."""
        if self.is_wrap:
            run = runs[0]
            sure = run.first >= MIN_FIRST and run.line_end <= MAX_LINE_END
            return sure and run.weight >= self.least
        return bool(runs) and sum(run.both for run in runs) >= self.least * len(runs)


def _find(text: str) -> list[Edit]:
    """Return the edits that one look at the lines of *text* gives; the model is asked once."""
    doubts: list[_Doubt] = []
    sure: list[Edit] = []
    for start, end in _lines(text):
        tokens = [(m.start(), m.end()) for m in _TOKEN.finditer(text, start, end)]
        sure += _mark_spaces(text, tokens)
        doubts += _doubts(text, tokens)
    found = {edit.start: edit for edit in sure}
    for doubt in _believed(doubts):
        for start, end in doubt.spaces:
            found.setdefault(start, Edit(start, end, "", doubt.rule))
    return [found[start] for start in sorted(found)]


def _lines(text: str) -> Iterator[Span]:
    """Yield the lines of *text* that have a space beside Han or a mark."""
    end = -1
    for gap in _GATE.finditer(text):
        if gap.start() < end:
            continue
        start = end + 1
        for line_break in _BREAK.finditer(text, max(0, start), gap.start()):
            start = line_break.end()
        after = _BREAK.search(text, gap.end())
        end = after.start() if after else len(text)
        yield max(0, start), end


def _mark_spaces(text: str, tokens: list[Span]) -> Iterator[Edit]:
    """Yield the edits of spaces before a closing mark, and after a pause or an opening mark."""
    for (start, end), (after, _) in pairwise(tokens):
        last, first = text[end - 1], text[after]
        opens_han = IS_HAN.match(first) is not None
        if first in _CLOSING:  # not at the start of a cell, nor as the mouth of a smile
            goes = IS_HAN.match(last) is not None or last in _CLOSING
        elif last in _PAUSING:
            goes = opens_han and end - start > 1
        else:
            goes = opens_han and last in _OPENING
        if goes:
            yield Edit(end, after, "", "mark-space")


def _doubts(text: str, tokens: list[Span]) -> Iterator[_Doubt]:
    """Yield what the model has to say about the spaces of one line."""
    runs = list(_lone_runs(text, tokens))
    whole = len(runs) == 1 and runs[0] == (0, len(tokens))
    for first, last in runs:
        if doubt := _spread(text, tokens[first:last], whole=whole):
            yield doubt
    if label := _spread_label(text, tokens):
        yield label
    if _is_tokenized(text, tokens):
        yield _between(text, tokens, "letter-spacing", MIN_TOKENIZED)
        return
    wraps = [doubt for k in range(len(tokens) - 1) if (doubt := _wrap(text, tokens, k))]
    if len(wraps) > MANY_SPACES:
        wraps = [doubt._replace(least=MIN_WEIGHT_IN_DOUBT) for doubt in wraps]
    yield from wraps


def _lone_runs(text: str, tokens: list[Span]) -> Iterator[Span]:
    """Yield where tokens of one ideograph, with marks or without, follow each other."""
    first = None
    for k, (start, end) in enumerate(tokens):
        if _LONE.fullmatch(text, start, end) or (
            first is not None and _ONLY_MARKS.fullmatch(text, start, end)
        ):
            first = k if first is None else first
        elif first is not None:
            yield first, k
            first = None
    if first is not None:
        yield first, len(tokens)


def _spread(text: str, tokens: list[Span], *, whole: bool) -> _Doubt | None:
    """Return the gaps of *tokens*, single characters, if they can be a title set wide."""
    chars = [m[1] for m in (_LONE.fullmatch(text, *token) for token in tokens) if m]
    if len(chars) < (2 if whole else MIN_APART) or len(set(chars)) < 2:
        return None
    if 2 * sum(char in _LISTED for char in chars) > len(chars):
        return None
    least = MIN_WORD if len(chars) < MIN_APART else MIN_TITLE
    spaces = [(end, after) for (_, end), (after, _) in pairwise(tokens)]
    joined = "".join(chars)
    contexts = [(joined[:k], joined[k]) for k in range(1, len(joined))]
    return _Doubt(spaces, contexts, "letter-spacing", least)


def _spread_label(text: str, tokens: list[Span]) -> _Doubt | None:
    """Return the gaps of a label set wide at the line's start: 地　址：市中心路."""
    for k, (start, end) in enumerate(tokens[:MIN_APART]):
        if k and (label := _LABEL_END.match(text, start, end)):
            return _spread(text, [*tokens[:k], (start, label.end())], whole=True)
        if end - start > 1 or not IS_HAN.match(text, start):
            return None
    return None


def _is_tokenized(text: str, tokens: list[Span]) -> bool:
    """Return whether a tokenizer put the spaces of this line: particles and marks stand alone."""
    if len(tokens) < MIN_TOKENS or tokens[-1][1] - tokens[0][0] > MAX_TOKEN * 2 * len(tokens):
        return False
    words = [text[start:end] for start, end in tokens]
    han = [word for word in words if _HAN_START.fullmatch(word)]
    if 2 * len(han) < len(words) or sum(map(len, han)) > MAX_TOKEN * len(han):
        return False
    if any(len(word) > 6 and IS_HAN.search(word) for word in words):
        return False
    marks = sum(len(word) == 1 and word in _INNER for word in words)
    particles = sum(word in _PARTICLES for word in words)
    return particles + marks > 0 and 8 * (particles + marks) >= len(words)


def _between(text: str, tokens: list[Span], rule: str, least: float) -> _Doubt:
    """Return all gaps beside Han of *tokens*; Latin words keep the space between them."""
    spaces: list[Span] = []
    contexts: list[tuple[str, str]] = []
    for (start, end), (after, after_end) in pairwise(tokens):
        left, right = _sides(text, (start, end), (after, after_end))
        if left and right:
            contexts.append((left, right))
        elif not _stands_close(text, end, after):
            continue
        spaces.append((end, after))
    return _Doubt(spaces, contexts, rule, least)


def _sides(text: str, before: Span, after: Span) -> tuple[str, str]:
    """Return the Han that *before* ends with and those that *after* begins with, up to `REACH`."""
    left = _HAN_END.search(text[max(before[0], before[1] - REACH) : before[1]])
    right = _HAN_START.match(text, after[0], min(after[1], after[0] + REACH))
    return left[0] if left else "", right[0] if right else ""


def _stands_close(text: str, end: int, after: int) -> bool:
    """Return whether a number or a mark stands beside Han here."""
    last, first = text[end - 1], text[after]
    if IS_HAN.match(last):
        return first.isdigit() or first in _INNER
    return IS_HAN.match(first) is not None and (last.isdigit() or last in _INNER or last in "%％")


def _wrap(text: str, tokens: list[Span], k: int) -> _Doubt | None:
    """Return the gap behind token *k* if both sides are long enough for lines of a headline."""
    (start, end), (after, after_end) = tokens[k], tokens[k + 1]
    before, behind = end - start, after_end - after
    if before < MIN_PART or before + behind < MIN_SHORT:  # nearly all cells of menus
        return None
    if not (IS_HAN.match(text, end - 1) and IS_HAN.match(text, after)):
        return None
    left, right = _sides(text, (start, end), (after, after_end))
    if len(left) < MIN_PART or not right:
        return None
    if behind == 1 and not (
        before >= MIN_APART and k + 2 < len(tokens) and _starts_word(text, tokens[k + 2])
    ):
        return None
    is_sure = before + behind >= MIN_WRAPPED and before != behind and behind > 1
    least = MIN_WEIGHT if is_sure else MIN_WEIGHT_IN_DOUBT
    return _Doubt([(end, after)], [(left, right)], "wrapped-space", least, is_wrap=True)


def _starts_word(text: str, token: Span) -> bool:
    """Return whether *token* is a part of a headline, and no single character set apart."""
    return token[1] - token[0] >= MIN_PART and IS_HAN.match(text, token[0]) is not None


def _believed(doubts: Sequence[_Doubt]) -> Iterator[_Doubt]:
    """Yield those of *doubts* that the character model is sure of."""
    contexts = [context for doubt in doubts for context in doubt.contexts]
    if not contexts:
        return
    runs = run_ons(contexts)
    at = 0
    for doubt in doubts:
        if doubt.is_believed(runs[at : at + len(doubt.contexts)]):
            yield doubt
        at += len(doubt.contexts)
