"""Chinese sentences as spans of the text: contiguous, lossless, with their closing marks.

Splitting at ``。！？`` is right for four sentences of five. The others hold a terminator in a title
(《你好，李焕英！》), a bracket, a URL, a decimal or a list number, go on behind a closing quotation
mark (“走吧！”她说。), or have lost their full-width marks to ASCII. Which marks end a sentence, and
that closing marks stay with it, follows GB/T 15834-2011, 4.1-4.3 and 5.1; commas, colons,
semicolons, dashes and ellipses do not end one. Editors, treebanks and tools differ on a few points
only: whether a quotation of several sentences stays whole, whether a semicolon, an ellipsis or a
line ends a sentence. Those are the options, and the presets set them together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast, get_args

from corpusprep.text.chars import LINE_BREAK
from corpusprep.text.reflow import takes_line_break, wrapped_line_edits
from corpusprep.text.sentence_cuts import Headings, cut_long, has_glued_heading
from corpusprep.text.sentence_marks import REACH_BACK
from corpusprep.text.sentence_reader import Reader

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "LineBreaks",
    "Options",
    "Preset",
    "Quotes",
    "SentenceStream",
    "options_for",
    "sentence_spans",
    "split_sentences",
    "whole_spans",
]

_BREAK = re.compile(f"[{LINE_BREAK}]")
Quotes = Literal["split", "keep"]
LineBreaks = Literal["soft", "hard"]
Preset = Literal["ud", "ltp", "subtitle"]


@dataclass(frozen=True, slots=True)
class Options:
    """What ends a sentence, where editors differ."""

    quotes: Quotes = "split"
    semicolon: bool = False
    max_chars: int | None = None
    line_breaks: LineBreaks = "soft"
    ellipsis_ends: bool = False  # …… outside a quotation, with no other mark
    keeps_attribution: bool = True  # “走吧！”她说。 is one sentence


PRESETS: dict[Preset | None, Options] = {
    None: Options(),
    # Universal Dependencies: of GSD, PUD and CFL 2,445 。！？ end a sentence and 3 do not; 3 of 46
    # semicolons do; a terminator inside an open quotation does 113 times of 142. One sentence a
    # line: a line never goes on.
    "ud": Options(line_breaks="hard"),
    # LTP's StnSplit: a quotation is one thing, whatever is in it; any ellipsis outside one ends a
    # sentence; what stands behind “…！” is a sentence of its own.
    "ltp": Options(
        quotes="keep", line_breaks="hard", ellipsis_ends=True, keeps_attribution=False
    ),
    # Subtitles: the line is the unit, a speaker who breaks off has finished.
    "subtitle": Options(line_breaks="hard", ellipsis_ends=True),
}  # fmt: skip


def options_for(
    quotes: str | None = None,
    line_breaks: str | None = None,
    max_chars: int | None = None,
    preset: str | None = None,
    *,
    semicolon: bool | None = None,
) -> Options:
    """Return the conventions of *preset* with every option changed that is not None.

    Raises:
        ValueError: an option has a value that it does not know.

    >>> options_for(preset="ltp").quotes
    'keep'
    >>> options_for("split", preset="ltp").quotes
    'split'
    """
    try:
        return _options_for(quotes, line_breaks, max_chars, preset, semicolon)
    except TypeError:  # a list, say: what cannot be hashed is no choice either
        return _options_for.__wrapped__(quotes, line_breaks, max_chars, preset, semicolon)


@lru_cache(maxsize=256, typed=True)
def _options_for(
    quotes: str | None,
    line_breaks: str | None,
    max_chars: int | None,
    preset: str | None,
    semicolon: bool | None,  # noqa: FBT001 - private: the cache wants positions
) -> Options:
    _check("preset", preset, (None, *get_args(Preset)))
    _check("quotes", quotes, (None, *get_args(Quotes)))
    _check("line_breaks", line_breaks, (None, *get_args(LineBreaks)))
    _check("semicolon", semicolon, (None, True, False))
    if max_chars is not None and (
        isinstance(max_chars, bool) or not isinstance(max_chars, int) or max_chars < 1
    ):
        raise ValueError(f"max_chars={max_chars!r}: choose None or a number from 1 up")
    base = PRESETS[cast("Preset | None", preset)]
    return replace(
        base,
        quotes=base.quotes if quotes is None else cast("Quotes", quotes),
        semicolon=base.semicolon if semicolon is None else semicolon,
        max_chars=max_chars,
        line_breaks=base.line_breaks if line_breaks is None else cast("LineBreaks", line_breaks),
    )


def _check(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse a *value* that is not *allowed*, and say what is."""
    if not any(
        value is choice or (value == choice and type(value) is type(choice)) for choice in allowed
    ):
        choices = [repr(choice) for choice in allowed if choice is not None]
        listed = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise ValueError(f"{name}={value!r}: choose {listed}")


def split_sentences(
    text: str,
    *,
    quotes: Quotes | None = None,
    semicolon: bool | None = None,
    max_chars: int | None = None,
    line_breaks: LineBreaks | None = None,
    preset: Preset | None = None,
) -> list[str]:
    r"""Return the sentences of *text*, without the white space around them.

    A line ends its sentence, unless the line break stands in mid-sentence
    (`corpusprep.text.reflow`). The options are those of `sentence_spans`.

    >>> split_sentences("“走吧！”她说。我们看了《你好，李焕英！》，同比增长159.4%。")
    ['“走吧！”她说。', '我们看了《你好，李焕英！》，同比增长159.4%。']
    >>> split_sentences("推动旅游高质量发展1.聚焦项目建设。2.推进产业融合。")
    ['推动旅游高质量发展', '1.聚焦项目建设。', '2.推进产业融合。']
    """
    options = options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
    pieces = (text[start:end].strip() for start, end in whole_spans(text, options))
    return [piece for piece in pieces if piece]


def sentence_spans(
    text: str,
    *,
    quotes: Quotes | None = None,
    semicolon: bool | None = None,
    max_chars: int | None = None,
    line_breaks: LineBreaks | None = None,
    preset: Preset | None = None,
) -> list[tuple[int, int]]:
    """Return where the sentences of *text* begin and end, in code points.

    The spans are contiguous and lossless: the first begins at 0, each begins where the one before
    ended, and the last ends with the text. White space belongs to the sentence before it.

    Args:
        text: Chinese, or Chinese mixed with other scripts.
        quotes: with "split" (the default) terminators inside a quotation end sentences, as two
            editors of three have it; with "keep" a quotation stays whole.
        semicolon: whether ； and ; end a sentence too (default False).
        max_chars: the most characters that a sentence may have; a longer one is cut at its best
            ；, else ，, else 、, else where no word, number or address is cut (default None: any).
        line_breaks: with "soft" (the default) a line ends its sentence unless the break stands in
            mid-sentence; with "hard" every line does, which saves that look.
        preset: the conventions that hold for options left out: "ud" (Universal Dependencies: hard
            line breaks), "ltp" (quotations whole, every ellipsis outside one ends a sentence, what
            follows a quotation is a new sentence), "subtitle" (lines and ellipses end sentences).

    Raises:
        ValueError: an option has a value that it does not know.

    >>> sentence_spans("今天很好。明天呢？")
    [(0, 5), (5, 9)]
    >>> text = "他说：“今天很好。明天更好。”掌声响起。"
    >>> [text[start:end] for start, end in sentence_spans(text, quotes="keep")]
    ['他说：“今天很好。明天更好。”', '掌声响起。']
    """
    return whole_spans(
        text, options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
    )


def whole_spans(text: str, options: Options) -> list[tuple[int, int]]:
    """Return the spans of the sentences of *text*."""
    if not text:
        return []
    joined = _joined_breaks(text) if options.line_breaks == "soft" else frozenset()
    headings = Headings().find(text) if has_glued_heading(text) else ()
    ends = Reader(options, text).read_on(headings, joined)
    if (limit := options.max_chars) is not None:
        whole = zip([0, *ends[:-1]], ends, strict=True)
        ends = [cut for start, end in whole for cut in cut_long(text, start, end, limit)]
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _joined_breaks(text: str) -> Collection[int]:
    """Return the places of the line breaks that stand in mid-sentence."""
    found: set[int] = set()
    for edit in wrapped_line_edits(text):
        if takes_line_break(text, edit):
            line_break = _BREAK.search(text, edit.start, edit.end)
            found.add(line_break.start() if line_break else edit.start)
    return found


class SentenceStream:
    """Splits a text that arrives in pieces as `sentence_spans` splits the whole of it.

    Cutting a text into pieces and splitting each gives other sentences than the whole text has: a
    closing quotation mark, an attribution or the rest of a number may be in the next piece. A
    stream holds back what text to come can still change, and no more.

    Each call gives the sentences that are complete, as they stand in the text: white space belongs
    to the sentence before it, and all strings joined are the text. Their offsets are the running
    sum of their lengths. The result does not depend on where the pieces were cut.

    The options are those of `sentence_spans`, but for ``line_breaks``, which is "hard" here. Whether
    a break stands in mid-sentence can depend on the whole page, so that with "soft" nothing is
    given before `flush`. Memory is bounded by the longest sentence, with ``max_chars`` by that.

    Raises:
        ValueError: an option has a value that it does not know.

    >>> stream = SentenceStream()
    >>> stream.feed("雨停了，"), stream.feed("天晴了。我们出"), stream.feed("发吧。")
    ([], ['雨停了，天晴了。'], [])
    >>> stream.flush()
    ['我们出发吧。']
    """

    def __init__(
        self,
        *,
        quotes: Quotes | None = None,
        semicolon: bool | None = None,
        max_chars: int | None = None,
        line_breaks: LineBreaks | None = None,
        preset: Preset | None = None,
    ) -> None:
        if line_breaks is None:
            line_breaks = "hard"
        self.options = options_for(quotes, line_breaks, max_chars, preset, semicolon=semicolon)
        self._clear()

    def _clear(self) -> None:
        self._pieces: list[str] = []  # that came since the last look
        self._waiting = 0  # their length
        self._reader = Reader(self.options, final=False)
        self._headings = Headings()
        self._given = 0  # the text before this place has been returned

    def feed(self, chunk: str) -> list[str]:
        """Take the next piece of the text; return the sentences that are now complete."""
        self._pieces.append(chunk)
        self._waiting += len(chunk)
        # A look costs as much as the text that is held back: a sentence without end is looked at
        # again when it has grown by a 256th.
        if not chunk or self._waiting << 8 < len(self._reader.text):
            return []
        if self.options.line_breaks == "soft":
            return []
        self._take_in()
        reader = self._reader
        places = self._headings.find(reader.text, final=False)
        ends = reader.read_on(places, sure=self._headings.sure)
        # White space to come would belong to the last sentence.
        kept = len(ends)
        while kept and (
            ends[kept - 1] >= len(reader.text) or reader.text[ends[kept - 1]].isspace()
        ):
            kept -= 1
        found = self._give(ends[:kept])
        del ends[:kept]
        if self.options.max_chars is not None and not ends:
            limit = self.options.max_chars
            sure = min(reader.sure_to(), self._headings.sure)
            found += self._give_cuts(cut_long(reader.text, self._given, sure, limit, final=False))
        self._let_go()
        return found

    def flush(self) -> list[str]:
        """Return the sentences that are left; the stream is then ready for another text."""
        self._take_in()
        reader, text = self._reader, self._reader.text
        if self.options.line_breaks == "soft":
            found = [text[start:end] for start, end in whole_spans(text, self.options)]
        else:
            reader.final = True
            found = self._give(reader.read_on(self._headings.find(text))) if text else []
        self._clear()
        return found

    def _take_in(self) -> None:
        """Put what came behind the text that is held back."""
        self._reader.grow("".join(self._pieces))
        self._pieces, self._waiting = [], 0

    def _give(self, ends: list[int]) -> list[str]:
        """Return the text up to each of *ends*, cut where it is longer than the limit."""
        text, limit = self._reader.text, self.options.max_chars
        found = []
        for end in ends:
            cuts = [end] if limit is None else cut_long(text, self._given, end, limit)
            found += self._give_cuts(cuts)
        return found

    def _give_cuts(self, cuts: list[int]) -> list[str]:
        starts = [self._given, *cuts[:-1]]
        if cuts:
            self._given = cuts[-1]
        return [self._reader.text[start:end] for start, end in zip(starts, cuts, strict=False)]

    def _let_go(self) -> None:
        """Forget the text that was returned, but for what the reading may look back at."""
        drop = self._given - REACH_BACK
        if drop > REACH_BACK:
            self._reader.shift(drop)
            self._headings.shift(drop)
            self._given -= drop
