r"""What a text is made of where its marks are looked at: lines, URLs, code, and what stands beside.

A colon is a mark of the sentence in 时间:今天 and none in http://a.cn/ or ``return x;``. So what
restores marks asks here first which stretches are addresses, which lines are code or Chinese, and
what stands beside a mark. All answers rest on letters and Han and take both widths of a mark as one.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from corpusprep.text.chars import (
    BOPOMOFO,
    CJK_PUNCTUATION,
    CONTROL,
    HAN,
    INVISIBLE,
    IS_HAN,
    KANA,
    LINE_BREAK,
    SPACE,
    count_han,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from corpusprep.text.edits import Edit

__all__ = [
    "ALNUM",
    "FULL_WIDTH",
    "IS_ALNUM",
    "IS_BLANK",
    "IS_CHINESE",
    "IS_HAN",
    "IS_SPACE",
    "MASK",
    "UNSEEN",
    "Draft",
    "Lines",
    "context",
    "find_urls",
    "flatten",
    "hide",
    "is_code",
    "line_at",
    "skip_blanks",
    "visible",
]

MAX_LATIN = 3  # Latin letters for each Han, up to which a line or a document counts as Chinese
ALNUM = "0-9A-Za-z０-９Ａ-Ｚａ-ｚ"
IS_SPACE = re.compile(f"[{SPACE}]")
IS_ALNUM = re.compile(f"[{ALNUM}]")
IS_CHINESE = re.compile(f"[{HAN}{KANA}{BOPOMOFO}{CJK_PUNCTUATION}]")
IS_BLANK = re.compile(f"[{SPACE}{INVISIBLE}{CONTROL}]")

# A class that leads an expression makes `re` skip to its next member: [x][x]*, never [x]+ or a
# choice of classes (180 MB/s instead of 400 on Chinese text).
_MAYBE_ODD = re.compile(f"[{LINE_BREAK.replace(chr(10), '')}]")
_ODD_BREAK = re.compile(f"\r(?!\n)|[{LINE_BREAK.replace(chr(10), '').replace(chr(13), '')}]")


def flatten(text: str) -> str:
    r"""Return *text*, in equal length, with ``\n`` for every line break but the CR of a CRLF.

    >>> flatten("甲\r\n乙\r丙\u2028丁")
    '甲\r\n乙\n丙\n丁'
    """
    return _ODD_BREAK.sub("\n", text) if _MAYBE_ODD.search(text) else text


# A URL is ASCII; Han belong to it only where its own marks follow (/wiki/中文_(消歧义)), for
# Chinese writes on without a space: 见http://a.cn/了解(详情). Full-width letters and invisible
# characters count as part of it, for normalising makes them so. Lengths are bounded so that a
# hostile line costs no more than a long one.
_WIDE = f"０-９Ａ-Ｚａ-ｚ．＋－＝＠＃＆／＿％{INVISIBLE}{CONTROL}"
_URL_CHAR = f"[!#-;=?-~{_WIDE}]"
_URL = re.compile(
    f"(?:https?|ftps?|file)://{_URL_CHAR}{{1,2000}}"
    f"(?:(?:[{HAN}]{{1,50}}[_&=/%#]|(?<=_\\()[{HAN}]{{1,50}}\\)){_URL_CHAR}{{0,2000}}){{0,20}}"
    f"|www\\.{_URL_CHAR}{{1,2000}}",
    re.ASCII,
)
_HOST, _SLASHES = re.compile(r"www\."), re.compile("://")
_SCHEMES = ("https", "http", "ftps", "ftp", "file")
_MAIL = re.compile(f"@(?:[\\w{_WIDE}-]{{1,64}}\\.){{1,8}}[\\w{_WIDE}-]{{1,64}}", re.ASCII)
_MAIL_NAME = re.compile(f"[\\w.+{_WIDE}-]", re.ASCII)
_MAX_NAME = 64  # characters before the @
UNSEEN = re.compile(f"[{INVISIBLE}{CONTROL}]+")
_URL_REST = ".,:;!?'*("


def find_urls(text: str) -> list[tuple[int, int]]:
    """Return the spans of URLs and e-mail addresses in *text*, without marks that follow them.

    >>> find_urls("见http://a.cn/x_(y),或(www.b.cn),寄a.b@c.cn。")
    [(1, 18), (21, 29), (32, 40)]
    """
    if "://" not in text and "www." not in text and "@" not in text:
        return []
    found: list[tuple[int, int]] = []
    for start in sorted(_url_starts(text)):
        if (not found or start >= found[-1][1]) and (m := _URL.match(text, start)):
            found.append(m.span())
    if "@" in text:
        mails = [(_name_start(text, m.start()), m.end()) for m in _MAIL.finditer(text)]
        found = sorted([*found, *(mail for mail in mails if text[mail[0]] != "@")])
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if not spans or start >= spans[-1][1]:
            spans.append((start, start + len(_bare(text[start:end]))))
    return spans


def _url_starts(text: str) -> Iterator[int]:
    """Yield where URLs may start; looking for literals is ten times as fast as for a choice."""
    for m in _HOST.finditer(text):
        yield m.start()
    for m in _SLASHES.finditer(text):
        yield from (
            m.start() - len(scheme)
            for scheme in _SCHEMES
            if text.startswith(scheme, max(0, m.start() - len(scheme)))
        )


def _name_start(text: str, at: int) -> int:
    """Return where the name before the ``@`` at *at* starts."""
    first = max(0, at - _MAX_NAME)
    while at > first and _MAIL_NAME.match(text, at - 1):
        at -= 1
    return at


def _bare(url: str) -> str:
    """Return *url* without the marks of the sentence that end it."""
    bare = ""
    while bare != url:
        bare = url
        end = len(url)
        while end and (url[end - 1] in _URL_REST or UNSEEN.match(url[end - 1])):
            end -= 1
        url = url[:end]
        if url.endswith(")") and url.count(")") > url.count("("):
            url = url[:-1]
    return bare


MASK = "\ue000"  # stands in the place of an address, of code, of a tag: neither mark nor letter
_NO_BREAK = re.compile("[^\r\n]")


def hide(flat: str, spans: list[tuple[int, int]]) -> str:
    """Return *flat* with *spans* masked, line breaks apart.

    >>> hide("见http://a.cn/。", [(1, 13)]).count(MASK)
    12
    """
    if not spans:
        return flat
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        hidden = flat[start:end]
        masked = _NO_BREAK.sub(MASK, hidden) if "\n" in hidden else MASK * (end - start)
        pieces += flat[at:start], masked
        at = end
    return "".join((*pieces, flat[at:]))


def line_at(flat: str, at: int) -> tuple[int, int]:
    """Return the span of the line of *flat* that the character at *at* stands in."""
    end = flat.find("\n", at)
    return flat.rfind("\n", 0, at) + 1, len(flat) if end < 0 else end


_CODE_WORDS = (
    "def|class|import|from|return|if|elif|else|for|while|try|except|with|function|var|let|const|"
    "public|private|static|void|int|char|print|pass|break|continue|end|echo|sudo|pip"
)
_CODE = re.compile(
    r"[{};]$|^[#/*]|</?\w+[^<>]{0,200}>|\w\(\)|\w = |[+\-*!<>=]=|->|=>|&&|\|\||::|\w\[\w+\]|\\\w"
    rf"|^\$ |^>>> |^(?:{_CODE_WORDS})\b|^\"[\w.-]{{1,40}}\": ?|^(?:- )?[a-z_][a-z0-9_.-]{{0,40}}:(?: \S|$)"
)
# A line of JSON that has no code but its quotation marks: {"姓名": "张三"}, or "姓名": "张三", alone.
_JSON = re.compile(
    r'\s*(?:[\[{][\s\[{]*"[^"]{1,60}" *:|"[^"]{1,60}" *: *(?:"[^"]*"|[\w.-]+|[\[{])?,?$)'
)
# How lines of a program begin that may hold more Han than Latin letters: comments and strings.
_COMMENT = re.compile("[ \t]*(?:#|//|/[*]|[*]|--|[\"'])")
_WORD_FIRST = re.compile("[ \t]*[A-Za-zＡ-Ｚａ-ｚ_@$})(\\[\\]]")
_MIN_CODE = 2  # lines of a program without Chinese, at least, and half of all
FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_LETTERS = re.compile("[A-Za-z\uff21-\uff3a\uff41-\uff5a][A-Za-z\uff21-\uff3a\uff41-\uff5a]*")


def is_code(line: str) -> bool:
    """Return whether *line* looks like code or markup: it has its marks, and more Latin than Han.

    All marks are taken as ASCII, so that the answer is the same before and after normalising.

    >>> [is_code(t) for t in ("x = f(a);", "    return x", "    Rank 7", "时间:9:00;地点:A(3)")]
    [True, True, False, False]
    """
    return 2 * count_han(line) <= count_letters(line) and _has_code(line)


def _has_code(line: str) -> bool:
    if FULL_WIDTH.search(line):
        line = FULL_WIDTH.sub(lambda m: chr(ord(m[0]) - 0xFEE0), line)
    return _CODE.search(" ".join(UNSEEN.sub("", line).split())) is not None


def _may_be_code(line: str) -> bool:
    """Return whether *line* may stand in a program, though it has more Han than Latin letters."""
    if _COMMENT.match(line):
        return True
    return _WORD_FIRST.match(line) is not None and _has_code(line)


def _goes_with_code(line: str) -> bool:
    return IS_HAN.search(line) is None or is_code(line) or _may_be_code(line)


def count_letters(text: str) -> int:
    """Return how many Latin letters *text* has, in either width.

    >>> count_letters("GDPＧＤＰ增长")
    6
    """
    return len(text) - len(_LETTERS.sub("", text))


def visible(text: str, at: int, step: int) -> str:
    r"""Return the first visible character from *at* on in steps of 1 or -1; empty past the end.

    >>> visible("甲\u200b乙", 1, 1), visible("甲", -1, -1)
    ('乙', '')
    """
    while 0 <= at < len(text) and UNSEEN.match(text[at]):
        at += step
    return text[at] if 0 <= at < len(text) else ""


_HAN_HIGH = bytes((*range(0x34, 0xA0), 0xF9, 0xFA))  # high bytes of Han in UTF-16, astral apart
_KANA_RUN = re.compile(f"[{KANA}][{KANA}]*")
_MAX_KANA = 0.3  # kana for each Han: more is Japanese


class Lines:
    r"""Tells what the lines of a text are, asked in order; each is judged once.

    >>> lines = Lines("他说:好\nreturn x;")
    >>> lines.is_chinese_at(1), lines.is_code_at(8)
    (True, True)
    """

    def __init__(self, flat: str) -> None:
        self._flat = flat
        self._start, self._end = 0, -1
        self._code = self._chinese = self._mixed = False
        self._block, self._is_program = (0, -1), False

    def is_code_at(self, at: int) -> bool:
        """Return whether the line that holds *at* is code."""
        if not self._start <= at <= self._end:
            self._judge(at)
        return self._code

    def is_chinese_at(self, at: int) -> bool:
        """Return whether the line that holds *at* is Chinese and no code."""
        if not self._start <= at <= self._end:
            self._judge(at)
        return self._chinese

    def is_mixed_at(self, at: int) -> bool:
        """Return whether the line that holds *at* is Latin text with Han in it, and no code."""
        if not self._start <= at <= self._end:
            self._judge(at)
        return self._mixed

    @cached_property
    def _is_latin(self) -> bool:
        """Whether the text is mostly Latin; counted when a line is first in doubt."""
        high = self._flat.encode("utf-16-le", "surrogatepass")[1::2]  # thrice as fast as a regex
        han = len(high) - len(high.translate(None, _HAN_HIGH))
        return count_letters(self._flat) > MAX_LATIN * han

    def _judge(self, at: int) -> None:
        self._start, self._end = line_at(self._flat, at)
        line = self._flat[self._start : self._end]
        letters = count_letters(line)
        if letters:
            line = hide(line, find_urls(line))
            letters, han = count_letters(line), count_han(line)
        else:
            han = int(IS_HAN.search(line) is not None)
        self._code = (2 * han <= letters and _has_code(line)) or (
            han > 0 and _may_be_code(line) and self._is_in_program()
        )
        is_text = (
            han > 0 and not self._code and not ('"' in line and _JSON.match(UNSEEN.sub("", line)))
        )
        self._chinese = is_text and (
            letters <= han or (letters <= MAX_LATIN * han and not self._is_latin)
        )
        self._mixed = is_text and not self._chinese

    def _is_in_program(self) -> bool:
        """Return whether the lines around this one, up to the next of Chinese text, are code."""
        if not self._block[0] <= self._start <= self._block[1]:
            flat = self._flat
            first, last = self._start, self._end
            while first > 0 and _goes_with_code(flat[slice(*line_at(flat, first - 1))]):
                first = line_at(flat, first - 1)[0]
            while last < len(flat) and _goes_with_code(flat[slice(*line_at(flat, last + 1))]):
                last = line_at(flat, last + 1)[1]
            lines = [line for line in flat[first:last].split("\n") if line.strip()]
            others = [line for line in lines if not _COMMENT.match(line)]
            code = sum(is_code(line) or _may_be_code(line) for line in others)
            self._block = first, last
            self._is_program = sum(map(is_code, lines)) >= _MIN_CODE and 2 * code >= len(others)
        return self._is_program


class Draft:
    """A text whose marks are decided kind by kind, in equal length, with the edits so far."""

    def __init__(self, flat: str) -> None:
        self.raw = hide(flat, find_urls(flat))
        self.flat = hide(self.raw, _find_code(self.raw))
        self.lines = Lines(self.raw)
        self.edits: list[Edit] = []

    @cached_property
    def is_chinese(self) -> bool:
        """Whether the document is not Japanese, which has customs of its own: many kana to Han."""
        if _KANA_RUN.search(self.raw) is None:
            return True
        kana = len(self.raw) - len(_KANA_RUN.sub("", self.raw))
        return kana <= _MAX_KANA * count_han(self.raw)

    def put(self, found: Iterable[Edit]) -> None:
        """Make the edits that were *found*, each mark as long as what it replaces."""
        edits = sorted(found)
        pieces: list[str] = []
        at = 0
        for start, end, new, _ in edits:
            pieces += self.flat[at:start], new[0] * (end - start)
            at = end
        if edits:
            self.flat = "".join((*pieces, self.flat[at:]))
            self.edits += edits


# --- what is no text -----------------------------------------------------------------------------

_FENCE = re.compile("^```.*?^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(
    r"[`<=(](?:(?<=`)[^`\n]{1,200}`|(?<=<)[/!?A-Za-zＡ-Ｚａ-ｚ][^<>\n]{0,300}>"
    r"|(?<=[=(]) ?(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'))"
)
_VALUE = re.compile("[\"'](?<=[=( ].)")
_ARGUMENT_END = re.compile(" ?[,，)）]")


def _find_code(flat: str) -> list[tuple[int, int]]:
    """Return the spans of code in running text: fenced, between backticks, tags, strings."""
    spans = [m.span() for m in _FENCE.finditer(flat)] if "```" in flat else []
    if "`" not in flat and "<" not in flat and _VALUE.search(flat) is None:
        return spans
    fences = iter([*spans, (len(flat), len(flat))])
    fence = next(fences)
    for m in _INLINE.finditer(flat):
        while fence[1] <= m.start():
            fence = next(fences)
        if m.start() < fence[0] and _is_inline_code(flat, *m.span()):
            spans.append(m.span())
    return sorted(spans)


def _is_inline_code(flat: str, start: int, end: int) -> bool:
    """Return whether what stands from *start* on is code: of a string, whether it is a value."""
    if flat[start] == "=":  # a name stands before it
        at = skip_blanks(flat, start - 1, -1)
        return at >= 0 and (flat[at].isalnum() or flat[at] in "_-])")
    before = visible(flat, start - 1, -1)
    if flat[start] == "`":  # old e-texts quote with `...'
        return count_han(flat[start:end]) <= len(IS_ALNUM.findall(flat, start, end))
    if flat[start] == "(":
        return before == "_" or (
            IS_ALNUM.match(before) is not None and _ARGUMENT_END.match(flat, end) is not None
        )
    return True


# --- what stands beside a mark ---------------------------------------------------------------------

# What says nothing about the script beside it, so that one looks on to what stands behind it.
_THROUGH = frozenset(",:;!?，：；！？“”‘’—…·")
_THROUGH_ALL = _THROUGH | frozenset("\"'()（）「」『』")
_REACH = 20  # marks that one looks through; a longer row is decoration


def context(flat: str, at: int, step: int, pairs: dict[int, bool] | None = None) -> str:
    """Return what stands from *at* on, in steps of 1 or -1, behind spaces and marks.

    It is "han", "digit", "letter", "other", or "end" at the line's. Of *pairs*, those that are or
    become full width are Chinese themselves; without *pairs*, parentheses and quotation marks are
    looked through like the other marks.

    >>> context('他说:"好"', 3, -1), context("3:2", 2, 1), context("好,", 2, 1)
    ('han', 'digit', 'end')
    """
    if 0 <= at < len(flat) and "\u4e00" <= flat[at] <= "\u9fff":
        return "han"
    through = _THROUGH if pairs is not None else _THROUGH_ALL
    for _ in range(_REACH):
        while 0 <= at < len(flat) and flat[at] != "\r" and IS_BLANK.match(flat[at]):
            at += step
        if not 0 <= at < len(flat) or flat[at] in "\r\n":
            return "end"
        char = flat[at]
        at += step
        if char in ".-—…":  # a row counts as one, for its length may change
            row = 1
            while 0 <= at < len(flat) and flat[at] == char:
                at, row = at + step, row + 1
            if row == 1 and char in ".-":
                return "other"
            if pairs is not None and char in ".-":
                return "other"
        elif pairs is not None and char in "()（）":
            return "han" if pairs.get(at - step, char in "（）") else "other"
        elif char not in through:
            return _kind(char)
    return "other"


def _kind(char: str) -> str:
    if IS_CHINESE.match(char):
        return "han"
    if char.isdigit() or char in "%％‰℃":
        return "digit"
    return "letter" if char.isalpha() else "other"


def skip_blanks(flat: str, at: int, step: int = 1) -> int:
    """Return where the first character that is no blank stands in the line, from *at* on.

    >>> skip_blanks("好  ，", 1)
    3
    """
    while 0 <= at < len(flat) and flat[at] not in "\r\n" and IS_BLANK.match(flat[at]):
        at += step
    return at
