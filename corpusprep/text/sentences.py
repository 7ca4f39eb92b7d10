"""Chinese sentences as spans of the text: contiguous, lossless, with their closing marks.

Splitting at ``。！？`` is right for four sentences of five. The others hold a terminator in a title
(《你好，李焕英！》), a bracket, a URL, a decimal or a list number, go on behind a closing quotation
mark (“走吧！”她说。), or have lost their full-width marks to ASCII. Which marks end a sentence, and
that closing marks stay with it, follows GB/T 15834-2011, 4.1-4.3 and 5.1; commas, colons,
semicolons, dashes and ellipses do not end one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from corpusprep.text.chars import HAN, LINE_BREAK, SPACE, is_han
from corpusprep.text.reflow import takes_line_break, wrapped_line_edits

if TYPE_CHECKING:
    from collections.abc import Collection

Quotes = Literal["split", "keep"]
LineBreaks = Literal["soft", "hard"]

MAX_NOTE = 90  # a title or bracket that closes later than this does not hold its sentence open
MAX_KEPT_QUOTE = 400
MAX_SLOGAN = 9  # so short a quotation inside a clause is a name: 墙上写着“安全第一！”几个大字
MAX_OPEN = 7  # openers remembered at one time: those never closed drop out
CUE_REACH = 40  # how far before a ? the word stands that makes a question of the clause

_STRONG = "。！？!?｡︒︕︖⁇⁈⁉‼"
_WEAK = "…⋯"
# Places where a sentence may end: a run of marks, or line breaks with the indent that follows. The
# pattern begins with one class, so that `re` skips to the next place at memory speed.
_STOP = re.compile(
    rf"[{_STRONG}{_WEAK}.．{LINE_BREAK}](?:(?<=[{LINE_BREAK}])[{LINE_BREAK}{SPACE}]*+"
    rf"|(?<![{LINE_BREAK}])[{_STRONG}{_WEAK}.．~～]*+)"
)
_WEAK_MARKS = "…⋯.．"
_WEAK_END = frozenset(_WEAK_MARKS)
_ASCII_MARKS = frozenset("!?.．")  # which need a look around them: the others are what they are
_IS_STRONG = frozenset(_STRONG)
_BREAKS = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_IS_BREAK = re.compile(f"[{LINE_BREAK}]")
_MORE_MARKS = re.compile(rf"[ \u3000]?[{_STRONG}{_WEAK}．~～]+")
_BRACKET = re.compile(r"[“”‘’「」『』《》〈〉（）()【】\[\]〔〕﹁﹂\"]")
# Text whose brackets all close, none within another: most of it.
_NO_BRACKET = r"[^“”‘’「」『』《》〈〉（）()【】\[\]〔〕﹁﹂\"]*+"
_FLAT = re.compile(
    rf"{_NO_BRACKET}(?:(?:“{_NO_BRACKET}”|《{_NO_BRACKET}》|[（(]{_NO_BRACKET}[）)]|「{_NO_BRACKET}」)"
    rf"{_NO_BRACKET})*+"
)

# The closer that each opener waits for; half and full width close each other.
_CLOSES = {
    **dict(zip("“‘「『﹁《〈〔", "”’」』﹂》〉〕", strict=True)),
    **dict.fromkeys("（(", "）"),
    **dict.fromkeys("【[", "】"),
}
_AS_FULL = {")": "）", "]": "】"}
_CLOSER = re.compile(r"[”’」』》〉）)】\]〕﹂\"]")
_CLOSERS = frozenset([*_CLOSES.values(), *_AS_FULL])
_EITHER_WIDTH = {"）": "）)", "】": "】]"}
_QUOTE_CLOSERS = frozenset("”’」』﹂")
_IS_QUOTE = _QUOTE_CLOSERS | {'"'}
_TITLE_CLOSERS = frozenset("》〉")

# A mark behind which, with nothing open, only a new sentence can begin.
_PLAIN = re.compile(rf"[。！？][{HAN}A-Za-z0-9“「『《（【]")
_REFERENCE = re.compile(r"(?:\[\d{1,3}(?:[-,–]\d{1,3})*\])+|[⁰¹²³⁴-⁹]+")
# What can belong to the mark before it.
_ATTACHED = re.compile(
    r"[”’」』﹂》〉）)】\]〕\"'“\[⁰¹²³⁴-⁹]| [”’」』﹂]"
    "|[\u200b\u200d\ufe0f\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]"
)
_EMOJI = re.compile("[\u200b\u200d\ufe0f\u2600-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]+")
_INK = re.compile(r"\S")
_SPACES = re.compile(f"[{SPACE}]*")
_NEXT_QUOTE = re.compile(f"[“”{LINE_BREAK}]")
# What only goes on with a sentence whose quotation has closed.
_GOES_ON = frozenset("，、；：,;:。.%％—")
_GOES_ON_WORD = re.compile(
    r"的(?![确確士])|等(?![等到我你他一])|[几幾两兩][个個][^人]|と|って|という|の|を|に"
)
_ATTRIBUTION = re.compile(
    r"(?![没沒无無不])[^，。！？：；“”「」『』\"\s,.!?:;]{0,8}?"
    r"(?:[说說道问問答喊叫嚷笑哭骂罵叹嘆写寫]|补充|補充|回忆|回憶|反问|反問)(?:道|着|著|了)?"
    r"(?:[。！]|[，,]?\s?[“「\"])"
)
_SPEECH = frozenset("说說道问問喊叫答称稱曰写寫：:，,")
_BEFORE_QUOTE = _SPEECH | _IS_STRONG | _CLOSERS

_QUESTION = re.compile(
    r"[吗嗎呢么麼谁誰哪几幾吧啊呀何什怎]|多少|是否|能否|可否|难道|難道|有[没沒]有|是不是|[会會]不[会會]|好不好|行不行"
)
_FULL_DIGITS = frozenset("０１２３４５６７８９")
_BRAND = ("Yahoo", "Jeopardy", "Yum")
_LATIN_TOKEN = re.compile(r"[A-Za-z0-9.]+$")
_LATIN_CLAUSE = re.compile(r"[A-Za-z']+ [a-z']+ [a-z]{2,}$")
_GOES_ON_LATIN = re.compile(r"[ \u3000]?[a-z0-9]")
_HAN_NUMERAL = re.compile(r"\s*[一二三四五六七八九十]{1,3}$")
# Abbreviations in Chinese news and papers that keep their dot before a space.
_ABBREVIATION = re.compile(
    r"(?:mr|mrs|ms|dr|prof|st|vs|etc|inc|ltd|co|corp|jr|sr|no|fig|eq|vol|pp|eds?|al|e\.g|i\.e|cf"
    r"|approx|dept|est|[ap]\.?m|u\.s(?:\.a)?|u\.k|b\.c|a\.d|ph\.d|jan|feb|mar|apr|jun|jul|aug|sept?|oct"
    r"|nov|dec|max|min)",
    re.IGNORECASE,
)


def split_sentences(text: str) -> list[str]:
    r"""Return the sentences of *text*, without the white space around them.

    A line ends its sentence, unless the line break stands in mid-sentence
    (`corpusprep.text.reflow`).

    >>> split_sentences("“走吧！”她说。我们看了《你好，李焕英！》，同比增长159.4%。")
    ['“走吧！”她说。', '我们看了《你好，李焕英！》，同比增长159.4%。']
    """
    pieces = (text[start:end].strip() for start, end in sentence_spans(text))
    return [piece for piece in pieces if piece]


def sentence_spans(
    text: str, *, quotes: Quotes = "split", line_breaks: LineBreaks = "soft"
) -> list[tuple[int, int]]:
    """Return where the sentences of *text* begin and end, in code points.

    The spans are contiguous and lossless: the first begins at 0, each begins where the one before
    ended, and the last ends with the text. White space belongs to the sentence before it.
    Terminators inside a quotation end sentences (two editors of three cut there); with
    ``quotes="keep"`` a quotation stays whole, as LTP has it. With ``line_breaks="hard"`` every line
    ends its sentence, which saves the look at lines that were joined already.

    Raises:
        ValueError: *quotes* is neither "split" nor "keep", or *line_breaks* "soft" nor "hard".

    >>> sentence_spans("今天很好。明天呢？")
    [(0, 5), (5, 9)]
    >>> text = "他说：“今天很好。明天更好。”掌声响起。"
    >>> [text[start:end] for start, end in sentence_spans(text, quotes="keep")]
    ['他说：“今天很好。明天更好。”', '掌声响起。']
    """
    if quotes not in ("split", "keep"):
        raise ValueError(f"quotes={quotes!r}: choose 'split' or 'keep'")
    if line_breaks not in ("soft", "hard"):
        raise ValueError(f"line_breaks={line_breaks!r}: choose 'soft' or 'hard'")
    if not text:
        return []
    joined = _joined_breaks(text) if line_breaks == "soft" else frozenset()
    ends = _Reader(text, keep_quotes=quotes == "keep").ends(joined)
    return list(zip([0, *ends[:-1]], ends, strict=True))


class _Opener(NamedTuple):
    """A bracket or quotation mark that is open: the closer it waits for, and its place."""

    closer: str
    at: int


class _Tail(NamedTuple):
    """What belongs to a terminator: where it ends, the bracket that closed last, its strength."""

    end: int
    closed: _Opener | None
    strong: bool


class _Reader:
    """Reads a text once from left to right and says where its sentences end."""

    def __init__(self, text: str, *, keep_quotes: bool) -> None:
        self.text = text
        self.keep_quotes = keep_quotes
        self.start = 0  # of the sentence being read
        self.read = 0  # brackets before this place are in `open` or closed
        self.open: list[_Opener] = []
        self.uses_full_stop = "。" in text
        self.uses_full_comma = "，" in text

    def ends(self, joined: Collection[int]) -> list[int]:
        """Return the end of every sentence; breaks at *joined* end none, the text's end one."""
        text, size = self.text, len(self.text)
        ends: list[int] = []
        for match in _STOP.finditer(text):
            at, end = match.span()
            char = text[at]
            if char in _BREAKS:
                if at not in joined:
                    self.open.clear()
                    self.read = end
                    self.cut(end, ends)
                continue
            if at < self.read or text[end : end + 1] == "\n":  # the line break will end it
                continue
            if not _FLAT.fullmatch(text, self.read, at):
                self.read_brackets(at)
            self.read = at
            if not self.open and char in "。！？" and _PLAIN.match(text, end - 1):
                if at > self.start:
                    ends.append(end)
                    self.start = end
            elif (cut := self.end_of_sentence(at, end)) is not None:
                self.cut(cut, ends)
        self.cut(size, ends)
        return ends

    def cut(self, end: int, ends: list[int]) -> None:
        """Let a sentence end at *end*; white space alone goes to the sentence before."""
        if _INK.search(self.text, self.start, end):
            ends.append(end)
        elif ends:
            ends[-1] = end
        elif end == len(self.text):
            ends.append(end)
        else:
            return
        self.start = end

    def read_brackets(self, end: int) -> None:
        """Bring `open` up to date with the brackets and quotation marks before *end*."""
        for match in _BRACKET.finditer(self.text, self.read, end):
            char = match[0]
            if char == '"':
                if not self.close('"'):
                    self.open.append(_Opener('"', match.start()))
            elif char in _CLOSES:
                self.open.append(_Opener(_CLOSES[char], match.start()))
            else:
                self.close(_AS_FULL.get(char, char))
            if len(self.open) > MAX_OPEN:
                del self.open[0]

    def close(self, closer: str) -> _Opener | None:
        """Return the innermost opener that waits for *closer*, after closing it; None without."""
        for k in range(len(self.open) - 1, -1, -1):
            if self.open[k].closer == closer:
                opener = self.open[k]
                del self.open[k:]
                return opener
        return None

    def end_of_sentence(self, at: int, end: int) -> int | None:
        """Return where the sentence with the mark at *at*-*end* ends; None if it goes on."""
        text = self.text
        mark = text[at:end]
        strong = True
        if mark in _ASCII_MARKS:
            if not (self.dot_ends(at) if mark in ".．" else self.is_terminator(at)):
                return None
        elif mark[-1] in _WEAK_END:
            after = text[end : end + 1]
            strong = not _IS_STRONG.isdisjoint(mark)
            if not strong and after not in _IS_QUOTE:
                return None
            if strong and after and not after.isspace() and after not in _CLOSERS:
                end = at + len(mark.rstrip(_WEAK_MARKS))  # the ellipsis opens the next sentence
        if not _INK.search(text, self.start, at):
            return None  # marks before any text belong to what follows
        tail = _Tail(end, None, strong)
        if _ATTACHED.match(text, end):
            tail = self.tail(end, strong=strong)
            self.read = tail.end
        if not tail.strong and not self.closes_speech(tail):
            return None
        if (self.open and self.is_held(tail.end)) or self.goes_on(tail):
            return None
        spaces = _SPACES.match(text, tail.end)
        return spaces.end() if spaces else tail.end

    def is_terminator(self, at: int) -> bool:
        """Return whether the ! or ? at *at* ends a sentence: not in a URL, a name, or as damage."""
        text = self.text
        char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
        if not before or not after:
            return True
        if before.isascii() and after.isascii():
            return not (is_word(before) or before == "/") or not (is_word(after) or after == "=")
        if char == "?" and self.uses_full_comma and is_han(before) and is_han(after):
            # ? between Han, in a text with full-width commas, may be a lost middle dot:
            # 吉姆?阿科斯塔. A question has a word that asks.
            return _QUESTION.search(text, max(self.start, at - CUE_REACH), at) is not None
        return char != "!" or not text[max(0, at - 8) : at].endswith(_BRAND)

    def dot_ends(self, at: int) -> bool:
        """Return whether the dot at *at* ends a sentence: not in 3.14, a.com, 约翰.史密斯, Dr. Li."""
        text = self.text
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        if is_word(after) or after in _FULL_DIGITS:
            return False
        if at <= self.start or before.isspace() or (after and after in _GOES_ON):
            return False
        if is_word(before):
            return text[at] == "." and self.latin_dot_ends(at, after)
        if before in _FULL_DIGITS:
            return False
        if is_han(after):  # 约翰.史密斯, unless dots are all the full stops there are
            return not self.uses_full_stop and not _HAN_NUMERAL.fullmatch(
                text[max(self.start, at - 5) : at]
            )
        return not _HAN_NUMERAL.fullmatch(text[max(self.start, at - 5) : at])

    def latin_dot_ends(self, at: int, after: str) -> bool:
        """Return whether a dot behind a Latin letter or a digit ends a sentence."""
        text = self.text
        if _GOES_ON_LATIN.match(text, at + 1):
            return False
        near = text[max(self.start, at - CUE_REACH) : at]
        token = _LATIN_TOKEN.search(near)
        word = token[0] if token else ""
        if _ABBREVIATION.fullmatch(word) or (len(word) == 1 and word.isupper()):
            return False
        if is_han(after):  # Inc.工作 goes on, a whole English sentence has ended
            return _LATIN_CLAUSE.search(near) is not None
        if after and not after.isspace() and after not in _CLOSERS and after != '"':
            return False
        is_list_number = word.isdigit() and len(word) <= 3 and not near[: -len(word)].strip()
        return not is_list_number

    def tail(self, end: int, *, strong: bool) -> _Tail:
        """Return what belongs to the mark that ends at *end*: closers, more marks, notes, emoji."""
        text, size = self.text, len(self.text)
        closed: _Opener | None = None
        at = end
        while at < size:
            char = text[at]
            if char == " " and text[at + 1 : at + 2] in _QUOTE_CLOSERS:
                at += 1
            elif char in _CLOSERS or char == '"':
                found = self.close(_AS_FULL.get(char, char))
                if not found and char not in _QUOTE_CLOSERS:
                    break
                closed = found or closed
                at += 1
            elif char == "'" and text[at + 1 : at + 2] in _QUOTE_CLOSERS:
                at += 1
            elif char == "“" and at == end and self.is_reversed(at):
                closed = self.close("”")
                at += 1
            elif at > end and (more := _MORE_MARKS.match(text, at)):
                at, strong, closed = more.end(), True, None
            elif note := (_REFERENCE.match(text, at) or _EMOJI.match(text, at)):
                at = note.end()
            else:
                break
        return _Tail(at, closed, strong)

    def is_reversed(self, at: int) -> bool:
        """Return whether “ at *at* stands for ”: one is open, and the next to come is “ again."""
        if not self.open or self.open[-1].closer != "”":
            return False
        following = _NEXT_QUOTE.search(self.text, at + 1)
        return following is None or following[0] != "”"

    def closes_speech(self, tail: _Tail) -> bool:
        """Return whether an ellipsis ends what was said: “我……” before another quotation."""
        closed = tail.closed
        if closed is None or closed.closer not in _IS_QUOTE:
            return False
        after = self.text[tail.end : tail.end + 1]
        if after and after in '“「"':
            return True
        introduced = self.text[closed.at - 1 : closed.at] in ("：", ":")
        return introduced and after not in _GOES_ON

    def is_held(self, end: int) -> bool:
        """Return whether a bracket, a title or a kept quotation is open at *end* and will close."""
        text = self.text
        reach = MAX_KEPT_QUOTE if self.keep_quotes else MAX_NOTE
        if not _CLOSER.search(text, end, end + reach):
            return False
        for closer, at in reversed(self.open):
            if closer not in _IS_QUOTE:
                limit = at + MAX_NOTE
            elif self.keep_quotes:
                limit = end + MAX_KEPT_QUOTE
            elif end - at <= MAX_SLOGAN and self.is_embedded(closer, at):
                limit = at + MAX_SLOGAN
            else:
                continue
            rest = text[end : limit + 1]
            closes = [at for at in map(rest.find, _EITHER_WIDTH.get(closer, closer)) if at >= 0]
            if closes and not _IS_BREAK.search(rest, 0, min(closes)):
                return True
        return False

    def is_embedded(self, closer: str, at: int) -> bool:
        """Return whether the quotation opened at *at* is part of a clause, not something said."""
        before = self.text[at - 1] if at > self.start else " "
        return closer != '"' and before not in _BEFORE_QUOTE and not before.isspace()

    def goes_on(self, tail: _Tail) -> bool:
        """Return whether what follows the mark and its closers is of the same sentence."""
        text, (end, closed, _) = self.text, tail
        after = text[end : end + 1]
        if closed is None:
            return bool(after) and after in "，、；：,;:%％の"
        if after and after in _GOES_ON:
            return True
        if closed.closer in _TITLE_CLOSERS:
            return True
        if closed.closer not in _IS_QUOTE:
            return _INK.search(text, self.start, closed.at) is not None
        if _GOES_ON_WORD.match(text, end):
            return True
        introduced = text[closed.at - 1 : closed.at] in ("：", ":")
        if not introduced and _ATTRIBUTION.match(text, end):
            return True
        short = end - closed.at <= (MAX_NOTE if self.open else MAX_SLOGAN)
        return short and self.is_embedded(closed.closer, closed.at)


def is_word(char: str) -> bool:
    """Return whether *char* is an ASCII letter or digit."""
    return char.isascii() and char.isalnum()


def _joined_breaks(text: str) -> Collection[int]:
    """Return the places of the line breaks that stand in mid-sentence."""
    found: set[int] = set()
    for edit in wrapped_line_edits(text):
        if takes_line_break(text, edit):
            line_break = _IS_BREAK.search(text, edit.start, edit.end)
            found.add(line_break.start() if line_break else edit.start)
    return found
