"""Passages that recur in many documents: company profiles, legal notices, introductions of a series.

A hundred press releases end with one paragraph about the company, every manual of a project with
one licence. The documents are no copies of each other, so they all stay, and the paragraph with
them, a hundred times. Here such passages are found, to be taken out of all documents but the first
that has one, or to be marked with a count.

But recurring is no proof that nobody wants a passage. Poems share lines, laws share formulas, news
quotes one speech, manuals describe one option in the same words. So only long passages that many
documents have are touched, never one that is quoted, and in the document that keeps a passage it
stays as often as it stands there: a refrain is no second copy.

Passages are compared by their keys (`corpusprep.text.shingles`): letters and digits only, one width,
lower case, simplified; below 50 letters and digits, together with their punctuation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from corpusprep.core import Edit, apply, shift
from corpusprep.errors import CorpusprepError
from corpusprep.text.chars import LINE_BREAK
from corpusprep.text.shingles import exact_hashes, key_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["RULE", "PassageSketches", "Passages", "Repeated", "cuts", "repeated", "take_out"]

RULE = "repeated-passage"

# Measured on 697 Chinese manual pages without near copies (2.5 M characters), 367 laws (3.2 M),
# 36,726 poems (3.2 M) and 91 web pages before cleaning (0.4 M). Of laws and poems all that goes is
# lost text; of the others a list of words made after reading tells boilerplate from text. Characters
# of boilerplate taken / of text lost, over all four, at 50 letters, by documents:
#   2: 56,092 / 24,359   3: 52,847 / 9,782   4: 51,035 / 7,950   5: 50,173 / 5,910   8: 44,081 / 4,574
# and for 5 documents by letters: 20: 151,247 / 9,477   30: 129,395 / 6,720   40: 107,682 / 6,416
# 70: 24,349 / 4,681. With 5 and 50, of laws and poems nothing goes; with 40, a formula of many laws
# does. What is lost is four passages that related manuals share.
MIN_DOCUMENTS = 5
MIN_CHARACTERS = 50

# Characters of passages to hash at a time: the temporary arrays stay in a core's cache.
_BLOCK = 1 << 15

_BREAKS = frozenset(LINE_BREAK)
# A line with what separates it from the next one that is not blank, whose indent is its own.
_PARAGRAPH = re.compile(
    rf"[^{LINE_BREAK}]+(?:[{LINE_BREAK}]+(?:[^\S{LINE_BREAK}]+[{LINE_BREAK}]+)*)?"
)
_GAP = re.compile(rf"(?:[^\S{LINE_BREAK}]*[{LINE_BREAK}])+")
_END = re.compile(r"\s*\Z")
# What a writer quotes: a paragraph that is in quotation marks as a whole (an opening mark alone is
# not enough: a site's notice may have one), or that names an article of a law (第一千一百六十五条).
# Of the laws, 4,230 characters stay by this where 2 documents are enough.
_QUOTATION = re.compile(r"\s*[“‘「『\"﹁﹃].*[”’」』\"﹂﹄][。.]?\s*\Z", re.DOTALL)
_ARTICLE_OF_LAW = re.compile(r"第\s*[〇零一二三四五六七八九十百千两\d]{1,9}\s*[条條]")

Span = tuple[int, int]


class PassageSketches(NamedTuple):
    """The passages of a batch of texts that are long enough to matter, in text order.

    `row` (int32) is an index into the texts; `start` and `end` (int32) are code points, with the
    line break and the blank lines that follow a paragraph; `key` (uint64) is equal for passages of
    the same wording.
    """

    row: NDArray[np.int32]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    key: NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """The passages that go, as ascending indices; arrays of equal length.

    `count` (int64) is the number of documents that have a passage, the one that keeps it included;
    `first` (int64) the number of that one.
    """

    passage: NDArray[np.int64]
    count: NDArray[np.int64]
    first: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Passages:
    """Find the paragraphs, or sentences, that many documents have in common.

    `action` says what becomes of them: ``remove`` takes them out of all documents but the first,
    ``mark`` leaves them. A passage shorter than `min_characters` letters and digits is never
    touched (headings, 谢谢大家, lines of verse), nor is one that fewer than `min_documents` have.
    """

    name: ClassVar[str] = "passages"
    on_by_default: ClassVar[bool] = False

    action: str = "remove"
    unit: str = "paragraph"
    min_documents: int = MIN_DOCUMENTS
    min_characters: int = MIN_CHARACTERS

    def __post_init__(self) -> None:
        """Refuse options that mean nothing."""
        for key, choices in (("action", ("remove", "mark")), ("unit", ("paragraph", "sentence"))):
            if getattr(self, key) not in choices:
                raise CorpusprepError(
                    f"passages: {key} is {getattr(self, key)!r}, but must be {choices[0]!r} or "
                    f"{choices[1]!r}"
                )
        for key, least in (("min_documents", 2), ("min_characters", 1)):
            if getattr(self, key) < least:
                raise CorpusprepError(
                    f"passages: {key} is {getattr(self, key)}, but must be at least {least}"
                )

    def sketch(
        self, texts: Sequence[str], sentences: Sequence[Sequence[Span]] = ()
    ) -> PassageSketches:
        r"""Return the passages of *texts*; *sentences* has the sentence spans of each text.

        *sentences* matters only where `unit` is ``sentence``. What a sentence leaves behind must
        read on: a line break that ends a paragraph is no part of its last sentence, unless that
        is the only one. Memory holds the keys of 32,768 characters, and 20 bytes a passage.

        >>> texts = ["雨停了。\n\n本公司成立于1998年，总部设在杭州。\n联系我们", "本公司成立於１９９８年,總部設在杭州."]
        >>> found = Passages(min_characters=15).sketch(texts)
        >>> found.row.tolist(), found.start.tolist(), found.end.tolist()
        ([0, 1], [6, 0], [26, 19])
        >>> bool(found.key[0] == found.key[1])
        True
        """
        spans: Iterable[Iterator[Span]] = map(_paragraphs, texts)
        if self.unit == "sentence":
            spans = starmap(_sentences, zip(texts, sentences, strict=True))
        none = np.empty(0, np.int32)
        parts = [PassageSketches(none, none, none, np.empty(0, np.uint64))]
        for batch in _batches(texts, spans, self.min_characters):
            rows, starts, ends, passages = zip(*batch, strict=True)
            keys = key_texts(passages)
            long = np.diff(keys.offsets) >= self.min_characters
            row, start, end = (np.array(v, np.int32)[long] for v in (rows, starts, ends))
            parts.append(PassageSketches(row, start, end, exact_hashes(keys)[long, 0]))
        return PassageSketches(*map(np.concatenate, zip(*parts, strict=True)))


def repeated(documents: NDArray[np.int64], key: NDArray[np.uint64], min_documents: int) -> Repeated:
    """Return which passages recur in *min_documents* documents or more, and not in the first.

    *documents* has for each passage the number of its document; the lowest number is the first.
    That one keeps a passage as often as it has it; every other one loses it as often. Passages may
    come in any order, and in parts: a part needs all passages of its keys.

    >>> key = np.array([7, 8, 7, 7, 9, 7, 8], np.uint64)
    >>> repeated(np.array([4, 4, 4, 2, 2, 5, 5]), key, 3)
    Repeated(passage=array([0, 2, 5]), count=array([3, 3, 3]), first=array([2, 2, 2]))
    """
    order = np.lexsort((documents, key))
    document, own = documents[order], key[order]
    starts = np.concatenate(([True], own[1:] != own[:-1]))[: len(own)]
    another = starts.copy()
    another[1:] |= document[1:] != document[:-1]
    group = np.cumsum(starts) - 1
    count = np.bincount(group[another])[group]
    first = document[starts][group]
    goes = np.flatnonzero((count >= min_documents) & (document != first))
    goes = goes[np.argsort(order[goes])]
    return Repeated(order[goes], count[goes], first[goes].astype(np.int64))


def cuts(text: str, spans: Iterable[Span]) -> list[Span]:
    r"""Return what to take out of *text* so that *spans* go and leave no blank hole.

    Where whole lines go, the break behind them goes with them; behind the last line that stays,
    the text ends as it ended. Only white space is added to or left out of *spans*, which must be
    sorted and disjoint; those that touch become one.

    >>> text = "雨停了。\n\n本公司成立于1998年。\n联系我们"
    >>> cuts(text, [(6, 19)]), cuts(text, [(6, 19), (19, 23)])
    ([(6, 19)], [(4, 23)])
    """
    runs: list[Span] = []
    for start, end in spans:
        runs.append((runs.pop()[0] if runs and runs[-1][1] == start else start, end))
    found: list[Span] = []
    for cut in (_cut(text, *run) for run in runs):
        one, other = found.pop() if found and found[-1][1] >= cut[0] else cut
        found.append((one, max(other, cut[1])))
    return [(start, end) for start, end in found if start < end]


def _cut(text: str, start: int, end: int) -> Span:
    """Return where to cut so that ``text[start:end]`` goes and no blank hole is left."""
    content = start + len(text[start:end].rstrip())
    gap, last = _GAP.match(text, content), _END.match(text, content)
    stop = _line_end(text, content) if gap or last else end
    line = _line_start(text, start)
    if line is None:  # other sentences stand before it on its line
        return start, stop
    if last:
        before = len(text[:line].rstrip())
        return (_line_end(text, before), stop) if before else (0, len(text))
    if gap:
        return line, gap.end()
    return end - len(text[start:end].lstrip()), end  # the indent is for the sentence behind it


def take_out(text: str, sentences: list[Span], spans: Sequence[Span]) -> tuple[str, list[Span]]:
    r"""Return *text* without *spans*, sorted and disjoint, and where its *sentences* lie then.

    A line break that is left of a sentence becomes part of the one before it, so the sentences
    remain contiguous and lossless. `cuts` gives spans that leave no hole.

    >>> take_out("雨停了。\n天晴了。\n日出了。", [(0, 5), (5, 10), (10, 14)], [(5, 10)])
    ('雨停了。\n日出了。', [(0, 5), (5, 9)])
    """
    edits = [Edit(start, end, "", RULE) for start, end in spans]
    left = apply(text, edits)
    moved: list[Span] = []
    pending = False  # what was left of the first sentence waits for the next
    for (first, last), span in zip(sentences, shift(sentences, edits), strict=True):
        if span is None:
            continue
        start, end = span
        remnant = not left[start:end].strip() and bool(text[first:last].strip())
        joined = moved and (remnant or pending)
        pending = remnant and (pending or not moved)
        moved.append((moved.pop()[0] if joined else start, end))
    return left, moved


def _line_start(text: str, at: int) -> int | None:
    """Return where the line of *at* starts; None if not only white space stands before *at*."""
    while at and text[at - 1] not in _BREAKS:
        at -= 1
        if not text[at].isspace():
            return None
    return at


def _line_end(text: str, at: int) -> int:
    """Return where the white space behind *at* ends, at the latest with its line."""
    while at < len(text) and text[at] not in _BREAKS and text[at].isspace():
        at += 1
    return at


def _paragraphs(text: str) -> Iterator[Span]:
    """Yield the lines of *text*, each with what separates it from the next one."""
    return (found.span() for found in _PARAGRAPH.finditer(text))


def _sentences(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Yield *spans*, without the line break that other sentences of the paragraph need, too."""
    for start, end in spans:
        content = start + len(text[start:end].rstrip())
        breaks = content < end and _GAP.match(text, content, end)
        yield start, content if breaks and _line_start(text, start) is None else end


def _batches(
    texts: Sequence[str], spans: Iterable[Iterator[Span]], least: int
) -> Iterator[list[tuple[int, int, int, str]]]:
    """Yield the passages that may count and are not quoted, some `_BLOCK` characters at a time.

    Each comes as the number of its text, its start and end there, and what it says.
    """
    batch: list[tuple[int, int, int, str]] = []
    held = 0
    for row, (text, own) in enumerate(zip(texts, spans, strict=True)):
        for start, end in own:
            if end - start < least:  # a key is never longer than its text
                continue
            passage = text[start:end]
            if _QUOTATION.match(passage) or _ARTICLE_OF_LAW.search(passage):
                continue
            batch.append((row, start, end, passage))
            held += len(passage)
            if held > _BLOCK:
                yield batch
                batch, held = [], 0
    if batch:
        yield batch
