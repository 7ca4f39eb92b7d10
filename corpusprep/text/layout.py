"""The lines of a page, and the widths at which it breaks them: a PDF has one, a web page has none.

    山脚下有一座很小的村庄，村里只有三十多户
    人家。村口立着一棵老槐树，据说已经有四百
    年的历史了。

A line is full if nothing more of the next would have fitted on it.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import CLOSERS
from corpusprep.text.lineends import (
    COMMAS,
    FINAL,
    INNER_MARK,
    MIN_LINE,
    MIN_PROSE,
    begins_anew,
    can_run_on,
    is_finished,
    is_tabular,
)
from corpusprep.text.spacing import run_ons

if TYPE_CHECKING:
    from collections.abc import Callable

MIN_FULL_LINES = 4
# Share of a page's lines that have one width: 213 wrapped articles lie above 0.43 (93 % of them
# above 0.73), 2,092 web pages below 0.36, a page of cut-off headlines at 0.46.
MIN_FULL_SHARE = 0.55
LINES_A_STOP = 14  # running text has a full stop at least every so many lines
# Running lines left open: 0.13 on a newspaper page cut by columns, 0.2 to 0.6 in forum threads.
MAX_OPEN_SHARE = 0.25
REACH = 5_000  # how far off a word is looked for: keeps the work linear
MAX_INDENT = 4  # characters; what is set in further is centred or code
# Mean weight of the model at the edge of a column: 0.03 is the least of 210 wrapped articles, 0.29
# the most of 22 lists and poems whose lines have one width, the next -0.2.
MIN_RUN_ON, MIN_RUN_ON_INDENTED = 0.0, -1.0
MAX_EDGES = 200  # that are looked at for it
MAX_BLOCK = 60  # lines of one block that are looked at together

_RUNNING = re.compile("[，、,。]")
_FIRST_UNIT = re.compile(
    r"[“‘「『《〈（(]*(?:[A-Za-z0-9]+(?:[.,]\d+)*%?|.)[，。、；：！？）》」』”’,.;:!?)]*"
)
_MARKS = FINAL | COMMAS | CLOSERS
_SELDOM_LAST = frozenset("：:；;·—…～~")


class Column(NamedTuple):
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


def halves(line: str) -> int:
    """Return the width of *line* as print has it: a Han character is two halves, a letter one."""
    return 2 * len(line) - len(line.encode("ascii", "ignore"))


def find_columns(lines: list[str]) -> list[Column]:
    r"""Return the widths at which *lines* break running text, by count and as print has them.

    >>> text = "山脚下有一座村庄，村里只有三十多户\n人家。村口立着一棵槐树，已有四百多年\n的历史了。"
    >>> [column.width for column in find_columns(text.split("\n"))]
    [18, 36]
    """
    return [column for column in (_column(lines, len), _column(lines, halves)) if column]


def _may_be_even(widths: list[int]) -> bool:
    """Return whether lines of these sorted *widths* may have been broken at one: a quick look."""
    # Latin words make lines of one printed width differ in length, but not by much.
    need = max(2, ceil(MIN_FULL_SHARE * len(widths)))
    return any(last - first <= 8 for first, last in zip(widths, widths[need - 1 :], strict=False))


def _column(lines: list[str], measure: Callable[[str], int]) -> Column | None:
    """Return the width that most of *lines* have, if they are running text broken at it.

    Headlines that a list cuts off at one width have commas too, but no full stops.
    """
    slack = 2 * measure("汉")
    widths = [measure(line) for line in lines]
    counts = Counter(widths)
    width = max(counts, key=lambda w: (sum(counts[w - d] for d in range(slack + 1)), w))
    full = [line for line, w in zip(lines, widths, strict=True) if width - slack <= w <= width]
    marked = sum(_RUNNING.search(line) is not None for line in full)
    stopped = sum("。" in line for line in lines)
    if marked * 3 < len(full) or stopped * LINES_A_STOP < len(lines):
        return None
    if len(full) >= max(MIN_FULL_LINES, MIN_FULL_SHARE * len(lines)):
        return Column(width, measure)
    # A short piece: every line but the last is full and open, the last one ends the sentence.
    *body, last = lines
    if len(body) >= 2 and full[: len(body)] == body and not any(map(is_finished, body)):
        return Column(width, measure) if is_finished(last) else None
    return None


class Page:
    """The lines of a text, as spans, and how they are set.

    Break *k* stands between the lines *k* and *k* + 1.
    """

    def __init__(self, text: str, lines: list[tuple[int, int]]) -> None:
        self.text = text
        self.lines = lines
        self._block = range(0)  # the last one asked for

    def line(self, k: int) -> str:
        """Return line *k*."""
        start, end = self.lines[k]
        return self.text[start:end]

    def gap(self, k: int) -> int:
        """Return how many line breaks stand between line *k* and the next."""
        return self.text.count("\n", self.lines[k][1], self.lines[k + 1][0])

    def indent(self, k: int) -> int:
        """Return how many characters line *k* is set in."""
        start = self.lines[k][0]
        return start - self.text.rfind("\n", 0, start) - 1

    def printed(self, k: int) -> str:
        """Return line *k* with the indent of a paragraph, which takes room on its line."""
        indent = self.indent(k)
        return "\u3000" * indent + self.line(k) if indent <= MAX_INDENT else self.line(k)

    def context(self, k: int, after: int) -> tuple[str, str]:
        """Return the characters at the end of line *k* and the start of line *after*."""
        (start, end), (first, last) = self.lines[k], self.lines[after]
        return self.text[max(start, end - 4) : end], self.text[first : min(last, first + 4)]

    def shows(self, word: str, start: int, end: int) -> bool:
        """Return whether *word* stands in one line elsewhere, not too far from start-end."""
        return (
            self.text.find(word, max(0, start - REACH), start) >= 0
            or self.text.find(word, end, end + REACH) >= 0
        )

    # --- widths ------------------------------------------------------------------------------

    @cached_property
    def columns(self) -> list[Column]:
        """Return the widths at which this page breaks running text: none for most pages."""
        long = [k for k, (start, end) in enumerate(self.lines) if end - start >= MIN_LINE]
        if self.text.count("。") * LINES_A_STOP < len(long):
            return []
        if not _may_be_even(sorted(self.lines[k][1] - self.lines[k][0] for k in long)):
            return []
        found = find_columns([self.printed(k) for k in long])
        return [column for column in found if self._runs_over(column)]

    def _runs_over(self, column: Column) -> bool:
        """Return whether words run over the edge of *column*: lists and verse have one width too."""
        edges = [
            k
            for k in range(len(self.lines) - 1)
            if self.text[self.lines[k][1] - 1] not in _MARKS
            and column.is_filled(self.printed(k), self.line(k + 1))
        ][:MAX_EDGES]
        pairs = [(k, k + 1) for k in edges if can_run_on(self.line(k), self.line(k + 1))]
        runs = run_ons([self.context(*pair) for pair in pairs])
        least = MIN_RUN_ON_INDENTED if self._has_flush_lines() else MIN_RUN_ON
        return bool(edges) and sum(run.weight for run in runs) >= least * len(runs)

    def is_filled(self, k: int) -> bool:
        """Return whether line *k* runs to the edge of a column."""
        before, after = self.printed(k), self.line(k + 1)
        return len(before) >= MIN_LINE and any(c.is_filled(before, after) for c in self.columns)

    def is_tight(self, k: int) -> bool:
        """Return whether line *k* has no room for one more character."""
        line = self.line(k)
        return any(c.measure(line) >= c.width - c.measure("汉") for c in self.columns)

    @cached_property
    def paragraph_sign(self) -> str:
        """Return how a page with columns marks its paragraphs: ``indent``, ``blank`` or nothing."""
        seen = Counter[tuple[bool, bool]]()
        singles = 0
        for k in range(len(self.lines) - 1):
            is_single = self.gap(k) == 1
            singles += is_single
            if is_finished(self.line(k)) and not self.is_filled(k):
                seen[self.indent(k + 1) > 0, is_single] += 1
        ends = seen.total()
        if ends and seen[True, True] + seen[True, False] == ends:
            return "indent" if self._has_flush_lines() else ""
        return "blank" if ends and not seen[False, True] and singles * 2 > len(self.lines) else ""

    def _has_flush_lines(self) -> bool:
        """Return whether some lines are set in and a third or more are not."""
        flush = sum(self.indent(k) == 0 for k in range(len(self.lines)))
        return len(self.lines) // 3 <= flush < len(self.lines)

    def goes_past_final(self, k: int) -> bool:
        """Return whether line *k*, which ends with a final mark, only met the edge of a column.

        Where paragraphs are set in or set apart, a full stop at the edge ends none. Elsewhere one in
        three does, so that only marks count which seldom end a paragraph.
        """
        after = self.line(k + 1)
        if begins_anew(after) or is_tabular(after) or not self.is_filled(k):
            return False
        if self.text[self.lines[k][1] - 1] in _SELDOM_LAST and self.is_tight(k):
            return True
        if self.gap(k) > 1 or not self.paragraph_sign:
            return False
        return self.paragraph_sign == "blank" or self.indent(k + 1) == 0

    # --- blocks ------------------------------------------------------------------------------

    def block(self, k: int) -> range:
        """Return the breaks around *k* between lines that end open and follow at one distance."""
        if k in self._block:
            return self._block
        gap = self.gap(k)
        first = last = k
        while first and k - first < MAX_BLOCK and self._is_open(first - 1, gap):
            first -= 1
        while last + 2 < len(self.lines) and last - k < MAX_BLOCK and self._is_open(last + 1, gap):
            last += 1
        self._block = range(first, last + 1)
        return self._block

    def _is_open(self, k: int, gap: int) -> bool:
        return (
            self.text[self.lines[k][1] - 1] not in FINAL
            and self.gap(k) == gap
            and not is_finished(self.line(k))
        )

    def is_even(self, block: range) -> bool:
        """Return whether no line of *block* but the last had room for what follows it."""
        lines = [self.printed(k) for k in range(block.start, block.stop + 1)]
        widest = max(map(halves, lines[:-1]))
        return halves(lines[-1]) <= widest + 2 and all(
            halves(line) + max(4, _first_unit(after)) >= widest for line, after in pairwise(lines)
        )

    @cached_property
    def finishes_sentences(self) -> bool:
        """Return whether nearly all running lines of this page end with a final mark.

        Authors of forum posts often leave the last full stop out.
        """
        lines = [
            self.text[start:end]
            for start, end in self.lines
            if end - start >= MIN_PROSE and INNER_MARK.search(self.text, start, end)
        ]
        left_open = sum(not is_finished(line) for line in lines)
        return left_open <= max(1, MAX_OPEN_SHARE * len(lines))


def _first_unit(line: str) -> int:
    """Return the width of what *line* begins with and no break may part, in halves."""
    unit = _FIRST_UNIT.match(line)
    return halves(unit[0]) if unit else 2
