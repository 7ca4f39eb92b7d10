r"""Width, punctuation, white space and invisible characters, brought to one form.

Pipelines fold ``，：（`` to ``,:(`` and leave ``ＧＤＰ`` full width, newspapers indent by U+3000,
forums pad with no-break spaces, copy protection strews U+200B:

    \u3000\u3000各位代表:现在,我代表(旗)政府\u200b作报告!\r\n\r\n\r\n    请审议

Each kind has a finder that gives edits; clean text meets one regular expression of each. Every
decision rests on what normalising leaves alone (letters, Han, line breaks) and sees both widths of
a mark as one, so that normalising twice changes nothing.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from corpusprep.text.chars import (
    BOPOMOFO,
    CJK_PUNCTUATION,
    CONTROL,
    HAN,
    INVISIBLE,
    KANA,
    LINE_BREAK,
    SPACE,
    count_han,
)
from corpusprep.text.edits import Edit, apply, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find_urls", "is_code", "line_at", "normalise", "normalise_edits"]


def normalise_edits(text: str, *, punctuation: bool = True) -> list[Edit]:
    """Return the edits that bring *text* to one form of width, punctuation and white space.

    *punctuation* switches the restoring of full-width marks. Rule ids: ``line-break``,
    ``blank-lines``, ``space``, ``invisible``, ``full-width-letter``, ``full-width-punctuation``.

    >>> [(e.new, e.rule) for e in normalise_edits("旗ＧＤＰ增长5%,")]
    [('GDP', 'full-width-letter'), ('，', 'full-width-punctuation')]
    """
    flat = _flatten(text)
    found = [_find_blanks(text, flat), _find_full_width(text)]
    if punctuation:
        found.append(_find_punctuation(flat))
    return settle(sorted(chain.from_iterable(found)))


def normalise(text: str) -> str:
    r"""Return *text* in one form of width, punctuation, white space, without invisible characters.

    Marks become full width in Chinese context only: numbers, times, Latin phrases, URLs and code
    keep theirs. `。`, curly quotes and spaces between Han stay as they are.

    >>> normalise("\u3000\u3000各位代表:现在,我代表旗政府(略)作报告,ＧＤＰ达1,234元!\r\n")
    '各位代表：现在，我代表旗政府（略）作报告，GDP达1,234元！\n'
    >>> normalise("比分3:2,时间9:00-18:00,见http://a.cn/?x=1,2")
    '比分3:2，时间9:00-18:00，见http://a.cn/?x=1,2'
    """
    return apply(text, normalise_edits(text))


# --- lines, URLs, code -------------------------------------------------------------------------

# A class that leads an expression makes `re` skip to its next member: [x][x]*, never [x]+ or a
# choice of classes (180 MB/s instead of 400 on Chinese text).
_MAYBE_ODD = re.compile(f"[{LINE_BREAK.replace(chr(10), '')}]")
_ODD_BREAK = re.compile(f"\r(?!\n)|[{LINE_BREAK.replace(chr(10), '').replace(chr(13), '')}]")


def _flatten(text: str) -> str:
    r"""Return *text*, in equal length, with ``\n`` for every line break but the CR of a CRLF."""
    return _ODD_BREAK.sub("\n", text) if _MAYBE_ODD.search(text) else text


# A URL is ASCII; Han belong to it only where its own marks follow (/wiki/中文_(消歧义)), for
# Chinese writes on without a space: 见http://a.cn/了解(详情). Full-width letters and invisible
# characters count as part of it, for normalising makes them so. Lengths are bounded so that a
# hostile line costs no more than a long one.
_WIDE = f"０-９Ａ-Ｚａ-ｚ．＋－＝＠＃＆／＿％{INVISIBLE}{CONTROL}"
_URL_CHAR = f"[!#-;=?-~{_WIDE}]"
_WEB = (
    f"(?:https?|ftps?|file)://{_URL_CHAR}{{1,2000}}"
    f"(?:(?:[{HAN}]{{1,50}}[_&=/%#]|(?<=_\\()[{HAN}]{{1,50}}\\)){_URL_CHAR}{{0,2000}}){{0,20}}"
    f"|www\\.{_URL_CHAR}{{1,2000}}"
)
_MAIL = f"(?<![\\w.+{_WIDE}-])[\\w.+{_WIDE}-]{{1,64}}@(?:[\\w{_WIDE}-]{{1,64}}\\.){{1,8}}[\\w{_WIDE}-]{{1,64}}"
_URL = re.compile(_WEB, re.ASCII)
_URL_OR_MAIL = re.compile(f"{_WEB}|{_MAIL}", re.ASCII)  # ten times slower: it tries every word
_UNSEEN = re.compile(f"[{INVISIBLE}{CONTROL}]+")
_URL_HINT = re.compile(r"://|www\.|@")
_URL_REST = ".,:;!?'*("


def find_urls(text: str) -> list[tuple[int, int]]:
    """Return the spans of URLs and e-mail addresses in *text*, without marks that follow them.

    >>> find_urls("见http://a.cn/x_(y),或(www.b.cn)。")
    [(1, 18), (21, 29)]
    """
    if _URL_HINT.search(text) is None:
        return []
    spans = []
    for m in (_URL_OR_MAIL if "@" in text else _URL).finditer(text):
        url, bare = "", m[0]
        while bare != url:
            url = bare
            end = len(url)
            while end and (url[end - 1] in _URL_REST or _UNSEEN.match(url[end - 1])):
                end -= 1
            bare = url[:end]
            if bare.endswith(")") and bare.count(")") > bare.count("("):
                bare = bare[:-1]
        spans.append((m.start(), m.start() + len(url)))
    return spans


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
_HAN_CHAR = re.compile(f"[{HAN}]")
_FULL_WIDTH = re.compile("[\uff01-\uff5e]")
_LETTERS = re.compile("[A-Za-z\uff21-\uff3a\uff41-\uff5a][A-Za-z\uff21-\uff3a\uff41-\uff5a]*")


def is_code(line: str) -> bool:
    """Return whether *line* looks like code or markup: it has its marks, and more Latin than Han.

    All marks are taken as ASCII, so that the answer is the same before and after normalising.

    >>> [is_code(t) for t in ("x = f(a);", "    return x", "    Rank 7", "时间:9:00;地点:A(3)")]
    [True, True, False, False]
    """
    return 2 * count_han(line) <= _count(_LETTERS, line) and _has_code(line)


def _has_code(line: str) -> bool:
    if _FULL_WIDTH.search(line):
        line = _FULL_WIDTH.sub(lambda m: chr(ord(m[0]) - 0xFEE0), line)
    return _CODE.search(" ".join(_UNSEEN.sub("", line).split())) is not None


def _count(runs: re.Pattern[str], text: str) -> int:
    return len(text) - len(runs.sub("", text))


class _Lines:
    """Tells what the lines of a text are, asked in order; each is judged once."""

    def __init__(self, flat: str) -> None:
        self._flat = flat
        self._start, self._end = 0, -1
        self._code = self._chinese = False

    def is_code_at(self, at: int) -> bool:
        if not self._start <= at <= self._end:
            self._judge(at)
        return self._code

    def is_chinese_at(self, at: int) -> bool:
        if not self._start <= at <= self._end:
            self._judge(at)
        return self._chinese

    def _judge(self, at: int) -> None:
        self._start, self._end = line_at(self._flat, at)
        line = self._flat[self._start : self._end]
        letters = _count(_LETTERS, line)
        han = count_han(line) if letters else int(_HAN_CHAR.search(line) is not None)
        self._code = 2 * han <= letters and _has_code(line)
        self._chinese = han > 0 and letters <= _MAX_LATIN * han and not self._code


# --- white space, line breaks, invisible characters ---------------------------------------------

_BLANK = f"{SPACE}{LINE_BREAK}{INVISIBLE}{CONTROL}"
# What has to be looked at: two blanks and more in a row, any that is not a plain space or newline,
# and a single one at either end of the text.
_BLANKS = re.compile(f"[{_BLANK}](?:[{_BLANK}]+|(?<=[^ \n])|(?<=\\A.)|\\Z)")
_BREAK = re.compile(f"\r+\n|[{LINE_BREAK}]")
_SPACES = re.compile(f"[{SPACE}]")
_MAX_BREAKS = 2

# Where joiners, marks of direction and tags do work: in emoji, beside Arabic, Hebrew or Indic.
_EMOJI = re.compile("[\xa9\xae\u203c-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]")
_SHAPED = re.compile("[\u0590-\u11ff\u1780-\u18af\ufb1d-\ufdff\ufe70-\ufefe]")
_BLACK_FLAG = "\U0001f3f4"


def _find_blanks(text: str, flat: str) -> Iterator[Edit]:
    """Find line breaks other than newline, surplus white space, and invisible characters."""
    lines = _Lines(flat)
    last = len(text)
    plain = flat is text  # no line break but newline
    for m in _BLANKS.finditer(text):
        blank = m[0]
        if blank == "\n\n":
            continue
        start, end = m.span()
        if plain and (head := blank.rstrip(SPACE)) in {"\n", "\n\n"}:  # an indent, the usual case
            tail = blank[len(head) :]
            indent = _plain(tail) if end < last and _is_code_at(lines, text, end) else ""
            if indent != tail:
                yield Edit(start + len(head), end, indent, "space")
            continue
        if "\n" in flat[start:end]:
            yield from _break_edits(blank, start, lines, at_end=end == last)
            continue
        if _SPACES.search(blank) is None:
            new = blank if _is_held(text, start, end) else ""
        elif end < last and _is_code_at(lines, text, end):
            new = _plain(blank)
        else:
            new = " " if start and end < last else ""
        if new != blank:
            yield Edit(start, end, new, _blank_rule(blank))


def _break_edits(blank: str, start: int, lines: _Lines, *, at_end: bool) -> Iterator[Edit]:
    """Yield the edits of a line's end: trailing space, the breaks, the next line's indent."""
    breaks = _BREAK.findall(blank)
    first = blank.index(breaks[0])
    last = blank.rindex(breaks[-1]) + len(breaks[-1])
    if first:
        yield Edit(start, start + first, "", _blank_rule(blank[:first]))
    new = "\n" * min(len(breaks), _MAX_BREAKS)
    if new != blank[first:last]:
        odd = breaks.count("\n") < len(breaks)
        rule = "blank-lines" if len(breaks) > _MAX_BREAKS else "line-break" if odd else "space"
        yield Edit(start + first, start + last, new, rule)
    if last < len(blank):
        tail, end = blank[last:], start + len(blank)
        indent = _plain(tail) if not at_end and lines.is_code_at(end) else ""
        if indent != tail:
            yield Edit(start + last, end, indent, _blank_rule(tail))


def _is_code_at(lines: _Lines, text: str, at: int) -> bool:
    """Return whether the line that begins at *at*, after its indent, is code: not one in Chinese."""
    return not "\u4e00" <= text[at] <= "\u9fff" and lines.is_code_at(at)


def _plain(blank: str) -> str:
    """Return *blank* with plain spaces, tabs and newlines only, as wide as before."""
    return "".join(c if c in " \t\n" else " " if _SPACES.match(c) else "" for c in blank)


def _blank_rule(blank: str) -> str:
    return "space" if _SPACES.search(blank) else "invisible"


def _is_held(text: str, start: int, end: int) -> bool:
    """Return whether the invisible characters at *start* to *end* shape what stands beside them."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if _SHAPED.match(before) or _SHAPED.match(after):
        return min(text[start:end]) > "\x9f"
    if text[start:end] == "\u200d":
        return bool(_EMOJI.match(before) and _EMOJI.match(after))
    return before == _BLACK_FLAG and min(text[start:end]) > "\U000e0000"


# --- full-width letters, digits and their signs --------------------------------------------------

_SIGNS = "．＋－＝＠＃＆／＿％"
_FULL_RUN = re.compile(f"[０-９Ａ-Ｚａ-ｚ{_SIGNS}][０-９Ａ-Ｚａ-ｚ{_SIGNS}]*")
_SIGN = re.compile(f"[{_SIGNS}]")
_ALNUM = re.compile("[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]")


def _find_full_width(text: str) -> Iterator[Edit]:
    """Find full-width letters and digits, and the signs that stand between two of them.

    >>> normalise("增长５．２％；Ａ＋Ｂ；１０／３；＋号、＝号")
    '增长5.2%；A+B；10/3；＋号、＝号'
    """
    for m in _FULL_RUN.finditer(text):
        start, end = m.span()
        if _SIGN.search(m[0]):
            cuts = [at for at in range(start, end) if text[at] in _SIGNS and not _joins(text, at)]
        else:
            cuts = []
        for cut in (*cuts, end):  # signs that stay cut the run
            if start < cut:
                half = "".join(chr(ord(char) - 0xFEE0) for char in text[start:cut])
                yield Edit(start, cut, half, "full-width-letter")
            start = cut + 1


def _joins(text: str, at: int) -> bool:
    """Return whether the sign at *at* belongs to a number, a formula or an address."""
    before = _visible(text, at - 1, -1)
    if text[at] == "％":
        return before.isdigit()
    return bool(_ALNUM.match(before) and _ALNUM.match(_visible(text, at + 1, 1)))


def _visible(text: str, at: int, step: int) -> str:
    """Return the first visible character from *at* on in steps of 1 or -1; empty past the end."""
    while 0 <= at < len(text) and _UNSEEN.match(text[at]):
        at += step
    return text[at] if 0 <= at < len(text) else ""


# --- punctuation -------------------------------------------------------------------------------

_FULL = dict(zip(",:;!?()", "，：；！？（）", strict=True))
_MARKS = re.compile("[,:;!?](?:[,:;!? ]*[,:;!?])?")
_PARENTHESES = re.compile("[()（）]")
# What says nothing about the script beside it, so that one looks on to what stands behind it.
_THROUGH = frozenset(",:;!?，：；！？“”‘’—…·")
_BLANK_CHAR = re.compile(f"[{SPACE}{INVISIBLE}{CONTROL}]")
_REACH = 20  # marks that one looks through; a longer row is decoration
_CHINESE = re.compile(f"[{HAN}{KANA}{BOPOMOFO}{CJK_PUNCTUATION}]")
_KANA_RUN = re.compile(f"[{KANA}][{KANA}]*")
_PINYIN = re.compile(
    "[a-zɡ’' ]{0,40}[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜḿńňǹ][a-zɡāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜḿńňǹ’' ]{0,40}"
)
_MAX_INSIDE = 500  # characters between parentheses; what is farther apart is no pair
_MAX_LATIN = 3  # Latin letters for each Han, up to which a line or a document counts as Chinese
_MAX_KANA = 0.3  # kana for each Han: more is Japanese, with customs of its own
_ENTITY_END = re.compile("&#?[0-9A-Za-z]{1,10}$")
_TRADE_MARKS = frozenset(("c", "r", "tm"))
_MASK = "\ue000"  # stands in a URL's place: neither a mark nor a letter


def _find_punctuation(flat: str) -> Iterator[Edit]:
    r"""Find ASCII marks in Chinese context.

    >>> normalise("他说:OK!好的,iPhone(苹果)降价了?函数f(x)、1,000、12:30、C:\\x、(一)")
    '他说：OK！好的，iPhone（苹果）降价了？函数f(x)、1,000、12:30、C:\\x、（一）'
    >>> normalise("1) Hello, world (really): yes! 看 :) 好")
    '1) Hello, world (really): yes! 看 :) 好'
    """
    if _MARKS.search(flat) is None and "(" not in flat and ")" not in flat:
        return
    flat = _mask_urls(flat)
    lines = _Lines(flat)
    pairs = _pair(flat, lines)
    places = [at for at, full in pairs.items() if full and flat[at] in "()"]
    for m in _MARKS.finditer(flat):
        start, end = m.span()
        known = start and "\u4e00" <= flat[start - 1] <= "\u9fff"  # three in four
        if not known and not _is_chinese_context(flat, start, end, pairs):
            continue
        if not lines.is_chinese_at(start):
            continue
        if end - start == 1:  # nearly always
            if flat[start] in ",?" or not _is_exempt(flat, start, pairs):
                places.append(start)
        else:
            marks = (at for at in range(start, end) if flat[at] != " ")
            places += (at for at in marks if not _is_exempt(flat, at, pairs))
    if places and _is_chinese(flat):
        for at in sorted(places):
            yield Edit(at, at + 1, _FULL[flat[at]], "full-width-punctuation")


def _is_chinese_context(flat: str, start: int, end: int, pairs: dict[int, bool]) -> bool:
    """Return whether the marks from *start* to *end* have Chinese on one side or the other.

    A number at a line's end will do as well, for the line is Chinese and no number goes on.
    """
    left = _context(flat, start - 1, -1, pairs)
    if left == "han":
        return True
    right = _context(flat, end, 1, pairs)
    return right == "han" or (left == "digit" and right == "end")


def _mask_urls(flat: str) -> str:
    urls = find_urls(flat)
    if not urls:
        return flat
    pieces: list[str] = []
    at = 0
    for start, end in urls:
        pieces += flat[at:start], _MASK * (end - start)
        at = end
    pieces.append(flat[at:])
    return "".join(pieces)


_HAN_HIGH = bytes((*range(0x34, 0xA0), 0xF9, 0xFA))  # high bytes of Han in UTF-16, astral apart


def _is_chinese(text: str) -> bool:
    """Return whether *text* is mostly Chinese: more Han than kana, and than Latin words."""
    high = text.encode("utf-16-le", "surrogatepass")[1::2]  # three times as fast as a regex
    han = len(high) - len(high.translate(None, _HAN_HIGH))
    if _count(_LETTERS, text) > _MAX_LATIN * han:
        return False
    return _KANA_RUN.search(text) is None or _count(_KANA_RUN, text) <= _MAX_KANA * han


def _pair(flat: str, lines: _Lines) -> dict[int, bool]:
    """Return, for each parenthesis that has a partner in its line, whether it is to be full width.

    Both of a pair or neither: a pair of which one is full width already becomes full.
    """
    final: dict[int, bool] = {}
    if "(" not in flat and ")" not in flat:
        return final
    opened: list[int] = []
    line_end = 0
    for m in _PARENTHESES.finditer(flat):
        at = m.start()
        if at >= line_end:
            opened.clear()
            line_end = line_at(flat, at)[1]
        if m[0] in "(（":
            opened.append(at)
        elif opened:
            start = opened.pop()
            final[start] = final[at] = _is_full_pair(flat, start, at, lines)
    return final


def _is_full_pair(flat: str, start: int, end: int, lines: _Lines) -> bool:
    if flat[start] == "（" or flat[end] == "）":
        return True
    inside = flat[start + 1 : end]
    if len(inside) > _MAX_INSIDE or not lines.is_chinese_at(start):
        return False
    before = _visible(flat, start - 1, -1)
    called = before == "_" or _ALNUM.match(before) is not None  # f(x), print("值"), GB(2023)
    if before == "]":  # a Markdown link
        return False
    if _PINYIN.fullmatch(inside):  # 龙龘(dá): a gloss is set half-width as often as not
        return False
    if _HAN_CHAR.search(inside):
        return not (called and ("=" in inside or _visible(inside, 0, 1) in "\"'"))
    if (
        called
        or not any(c.isalnum() or c == _MASK for c in inside)
        or _fold(inside) in _TRADE_MARKS
    ):
        return False
    left = _context(flat, start - 1, -1)
    if left == "han" and _SPACES.match(
        before
    ):  # 四川 (0) is set as in Latin text, 目标 (1)范围 not
        return _CHINESE.match(_visible(flat, end + 1, 1)) is not None
    return left == "han" or (left in {"end", "other"} and _context(flat, end + 1, 1) == "han")


def _fold(inside: str) -> str:
    if len(inside) > 20:
        return inside
    folded = _FULL_WIDTH.sub(lambda m: chr(ord(m[0]) - 0xFEE0), _UNSEEN.sub("", inside))
    return folded.strip().lower()


def _context(flat: str, at: int, step: int, pairs: dict[int, bool] | None = None) -> str:
    """Return what stands from *at* on, in steps of 1 or -1, behind spaces and marks.

    Of *pairs*, those that are or become full width are Chinese themselves; without *pairs*,
    parentheses are looked through like the other marks.
    """
    if 0 <= at < len(flat) and "\u4e00" <= flat[at] <= "\u9fff":
        return "han"
    for _ in range(_REACH):
        while 0 <= at < len(flat) and flat[at] != "\r" and _BLANK_CHAR.match(flat[at]):
            at += step
        if not 0 <= at < len(flat) or flat[at] in "\r\n":
            return "end"
        char = flat[at]
        if char in "()（）":
            if pairs is not None:
                return "han" if pairs.get(at, char in "（）") else "other"
        elif char not in _THROUGH:
            return _kind(char)
        at += step
    return "other"


def _kind(char: str) -> str:
    if _CHINESE.match(char):
        return "han"
    if char.isdigit() or char in "%％‰℃":
        return "digit"
    return "letter" if char.isalpha() else "other"


def _is_exempt(flat: str, at: int, pairs: dict[int, bool]) -> bool:
    """Return whether the mark at *at* is a sign: of a smiley, an entity, a link, an operator."""
    char = flat[at]
    if char in ",?":
        return False
    after = at + 1
    while after < len(flat) and _UNSEEN.match(flat[after]):
        after += 1
    following = flat[after : after + 1]
    if char in ":;" and following in "()（）" and following and after not in pairs:
        return True
    if char == ":":
        return flat.startswith(("//", "-)", "-("), after) or _visible(flat, at - 1, -1) in "\"'"
    if char == ";":
        return _ENTITY_END.search(flat, max(0, at - 12), at) is not None
    return char == "!" and following in "[=" and bool(following)
