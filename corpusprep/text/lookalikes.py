r"""What stands in a character's place and is not it: escapes, radicals, private use, wrong forms.

    &#20320;&#22909;  \u4f60\u597d  %E4%BD%A0%E5%A5%BD      你好, escaped and never resolved
    ⼈⼯智能的⽬标                                            radicals that a PDF has for characters
    自治區D委                                               a letter that hides a word
    籤約、不斷髮展                                           the wrong one of two traditional forms

Each finder gives edits in order and has a gate: a text that the gate does not match has none of
them. Nothing is folded that has a meaning of its own (㎡ ① ：), and what a text quotes, lists or
explains stays: an entity in a lesson on entities, a radical in a list of radicals.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache
from html.entities import html5
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

from corpusprep.text.chars import (
    BOPOMOFO,
    CJK_PUNCTUATION,
    FULL_WIDTH_PUNCTUATION,
    HAN,
    HANGUL,
    KANA,
    SHARED_PUNCTUATION,
)
from corpusprep.text.edits import Edit, settle
from corpusprep.text.width import find_urls, is_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "CONVERSIONS_GATE",
    "ESCAPES_GATE",
    "GLYPH_DEBRIS_GATE",
    "MASKS_GATE",
    "PRIVATE_USE_GATE",
    "RADICALS_GATE",
    "find_escapes",
    "find_glyph_debris",
    "find_masks",
    "find_private_use",
    "find_radicals",
    "find_wrong_conversions",
    "may_have_escapes",
]

_HAN = re.compile(f"[{HAN}]")
_CJK_CLASS = f"{HAN}{KANA}{BOPOMOFO}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}\u3000\uac00-\ud7a3"
_CJK = re.compile(f"[{_CJK_CLASS}]")
_NEAR = 200  # characters each side that make up the context


def _read_table(name: str) -> Iterator[list[str]]:
    """Yield the fields of each row of a table of the package."""
    lines = files("corpusprep").joinpath("models", name).read_text("utf-8").split("\n")
    return (line.split("\t") for line in lines if line and not line.startswith("#"))


def _line_near(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the line around *start* to *end* begins and ends, at most `_NEAR` away."""
    first = max(0, start - _NEAR)
    last = min(len(text), end + _NEAR)
    stop = text.find("\n", end, last)
    return max(first, text.rfind("\n", first, start) + 1), last if stop < 0 else stop


# --- escapes -----------------------------------------------------------------------------------

_ENTITY = re.compile(
    "&(?:amp;){0,3}(?:#(?:[0-9]{2,7}|[xX][0-9a-fA-F]{2,6});?|[A-Za-z][A-Za-z0-9]{1,31};"
    "|(?:nbsp|lt|gt|quot)(?![A-Za-z0-9=;]))"
)
_HEX = "[0-9a-fA-F]"
_CODE_POINT = f"\\\\(?:u{_HEX}{{4}}|U000[01]{_HEX}{{4}})"
_PERCENT = f"%(?:(?:25){{0,2}}{_HEX}{{2}}|u{_HEX}{{4}})"  # %25E4: escaped twice
ESCAPES_GATE = re.compile(
    f"[&\\\\%](?:(?<=&)[#A-Za-z]|(?<=\\\\)[uU]{_HEX}{{4}}|(?<=%)(?:u{_HEX}{{4}}|{_HEX}{{2}}))"
)

_ABOUT_ENTITIES = re.compile(
    "转义|轉義|源代?[码碼]|[小大][于於][号號]|字符引用|(?i:entit|escap|html)"
    f"|(?<![{HAN}])(?:实体|實體)(?![经經店企产產书書业業法化])|字符实体|字元實體"
    "|(?:实体|實體)(?:引用|编码|編碼|字符|字元)"
)
_ABOUT_ESCAPES = re.compile(
    "转义|轉義|编码|編碼|解码|解碼|字符|字元|码点|碼點|码位|碼位|正则|正則|百分号|百分號"
    "|(?i:unicode|escap|encod|decod|utf|gbk|gb2312|gb18030|big5|json|ascii|url)"
)
_MARKUP = re.compile(r"<([a-z][a-z0-9]{0,9})\b[^<>]{0,200}>.*</\1>")
_ANY_ESCAPE = re.compile(f"{_ENTITY.pattern}|{_CODE_POINT}|{_PERCENT}")
_CODE_QUOTES = frozenset("\"'`")
_QUOTES = _CODE_QUOTES | frozenset("“”‘’「」『』")
_ENDS_URL = re.compile("&(?:amp;)*(?:nbsp|lt|gt|quot|[lr][ds]quo|#)")
_GAP = 40  # characters between two escapes of one damaged sentence, Han not among them
_PLAIN_GAP = re.compile(f"[^{HAN}\n<>]{{0,{_GAP}}}")


def may_have_escapes(text: str) -> bool:
    """Return whether `find_escapes` may find anything: three looks for a character cost nothing."""
    any_sign = "&" in text or "%" in text or "\\" in text
    return any_sign and ESCAPES_GATE.search(text) is not None


def find_escapes(text: str) -> Iterator[Edit]:
    r"""Find HTML entities, ``\uXXXX`` and ``%XX`` in running text, and what they stand for.

    Not in URLs, in code, between the quotation marks of code, or in a text about escapes.

    >>> list(find_escapes(r"\u4f60\u597d,GDP"))
    [Edit(start=0, end=12, new='你好', rule='unicode-escape:2 units')]
    >>> [e.new for e in find_escapes("&#20320;&#22909;，书名%E7%BA%A2%E6%A5%BC。")]
    ['你好', '红楼']
    >>> list(find_escapes('"title": "\\u4f60\\u597d"'))
    []
    """
    if ESCAPES_GATE.search(text) is None:
        return
    urls = find_urls(text) if "/" in text or "www." in text else []
    found: list[Edit] = []
    if "&" in text:
        found += _merge(text, _find_entities(text, urls))
    if "\\u" in text or "\\U" in text:
        found += _find_code_points(text, urls)
    if "%" in text:
        found += _find_percents(text, urls)
    yield from settle(sorted(found))


def _find_entities(text: str, urls: list[tuple[int, int]]) -> Iterator[tuple[Edit, int]]:
    """Yield the runs of HTML entities, and how many entities each has."""
    start = end = -1
    new: list[str] = []
    for m in _ENTITY.finditer(text):
        value = _unescape(m[0])
        if value is None:
            continue
        follows = m.start() == end or (new and _is_joined(text, end, m.start(), new[-1], value))
        if not follows and _is_meant_entity(text, m, urls):
            continue
        if m.start() != end:
            if new and not _is_specimen(new):
                yield Edit(start, end, "".join(new), "html-entity"), len(new)
            start, new = m.start(), []
        new.append(value)
        end = m.end()
    if new and not _is_specimen(new):
        yield Edit(start, end, "".join(new), "html-entity"), len(new)


def _is_specimen(values: list[str]) -> bool:
    """Return whether *values* are one lone letter, as in: replaced by &#1234; where it is missing."""
    return (
        len(values) == 1
        and values[0] > "\u024f"
        and values[0].isalpha()
        and not _CJK.match(values[0])
    )


def _merge(text: str, runs: Iterable[tuple[Edit, int]]) -> Iterator[Edit]:
    """Yield the edits of *runs*, those as one that only ASCII and marks keep apart in a sentence."""
    parts: list[str] = []
    start = end = units = 0
    for edit, count in runs:
        if parts and _is_joined(text, end, edit.start, parts[-1][-1], edit.new):
            parts += text[end : edit.start], edit.new
            units += count
        else:
            if parts:
                yield _escape_edit(start, end, "".join(parts), "html-entity", units)
            start, parts, units = edit.start, [edit.new], count
        end = edit.end
    if parts:
        yield _escape_edit(start, end, "".join(parts), "html-entity", units)


def _is_joined(text: str, end: int, start: int, before: str, after: str) -> bool:
    """Return whether two escapes, of *before* and *after*, belong to one damaged sentence."""
    return (
        start - end <= _GAP
        and _PLAIN_GAP.fullmatch(text, end, start) is not None
        and _CJK.match(before) is not None
        and _CJK.match(after) is not None
    )


def _escape_edit(start: int, end: int, new: str, name: str, units: int) -> Edit:
    return Edit(start, end, new, f"{name}:{units} unit{'s' * (units > 1)}")


def _unescape(entity: str) -> str | None:
    """Return the character that *entity* stands for; None if there is no such entity."""
    name = entity
    while name.startswith("&amp;") and name != "&amp;":
        name = "&" + name[5:]
    if name[1] != "#" and name[1:].rstrip(";") + ";" not in html5:
        return None
    value = html.unescape(name)
    if value in {"", "\ufffd", name}:
        return None
    # Without its semicolon a number may be anything: &#38 in a price list, &#3 in a programme.
    return value if name.endswith(";") or name[1] != "#" or _CJK.match(value) else None


def _is_meant_entity(text: str, m: re.Match[str], urls: list[tuple[int, int]]) -> bool:
    """Return whether the author wrote the entity as such: in a URL, in code, in a lesson."""
    start, end = m.span()
    k = bisect_right(urls, (start, len(text))) - 1
    if k >= 0 and start < urls[k][1] and not m[0].endswith(";"):
        return True
    if k >= 0 and end <= urls[k][1] and not _ENDS_URL.match(text, start):
        return True
    if start and end < len(text) and {text[start - 1], text[end]} <= _QUOTES:
        return True
    line_start, line_end = _line_near(text, start, end)
    line = _CUT_ENTITY.sub("", text[line_start:line_end])
    if _ABOUT_ENTITIES.search(line) or _MARKUP.search(line):
        return True
    value = _unescape(m[0]) or ""
    if value in _SIGNS and value in _ENTITY.sub("", line):  # “&” is written &amp; here
        sides = text[start - 1 : start] if start else "", text[end : end + 1]
        if not any(side.isalnum() or (side and side in "&;") for side in sides):
            return True
    if '"' in line and not _CJK.search(line):  # a string of a program
        head, tail = text[line_start:start], text[end:line_end]
        if head.count('"') % 2 and '"' in tail:
            return True
    return is_code(_ENTITY.sub(" ", line))


_SIGNS = frozenset("&<>\"'{}")
_CUT_ENTITY = re.compile("^[#A-Za-z0-9]{0,9};|&[#A-Za-z0-9]{0,9}$")


class _Run(NamedTuple):
    """Escapes of one sentence, with what stands between them."""

    start: int
    end: int
    new: str
    units: int


_CODE_POINT_UNIT = re.compile(f"{_CODE_POINT}|\\\\x[89a-fA-F]{_HEX}|\\\\[\"'/nrt\\\\]")
_CODE_POINT_RUN = re.compile(
    f"\\\\[\"']?{_CODE_POINT[2:]}"
    f"(?:[^{HAN}\n\\\\]{{0,{_GAP}}}(?:{_CODE_POINT_UNIT.pattern})){{0,100000}}"
)
_CODE_POINT_HEAD = re.compile(_CODE_POINT)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}
# [\u4e00-\u9fa5] and the like: a range, not a text
_RANGE = re.compile(f"{_CODE_POINT}-{_CODE_POINT}[\\]+*]|[\\[^]{_CODE_POINT}-{_CODE_POINT}")


def _find_code_points(text: str, urls: list[tuple[int, int]]) -> Iterator[Edit]:
    r"""Yield edits for runs of ``\uXXXX``, of which two and more stand for Han and the like."""
    for left, right in _outside(urls, len(text)):
        for m in _CODE_POINT_RUN.finditer(text, left, right):
            heads = len(_CODE_POINT_HEAD.findall(m[0]))
            new = _decode_code_points(m[0])
            if new is None or not _is_cjk_run(text, m.start(), m.end(), new, heads):
                continue
            if _RANGE.search(text, max(0, m.start() - 1), min(len(text), m.end() + 1)):
                continue
            if not _is_meant_run(text, m.start(), m.end(), heads):
                yield _escape_edit(m.start(), m.end(), new, "unicode-escape", heads)


def _outside(spans: Iterable[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Yield what *spans* leave of a text that ends at *end*."""
    at = 0
    for start, stop in spans:
        if at < start:
            yield at, start
        at = stop
    if at < end:
        yield at, end


def _decode_code_points(run: str) -> str | None:
    """Return *run* with its escapes resolved; None if it has half a surrogate pair or a control."""

    def value(m: re.Match[str]) -> str:
        unit = m[0]
        if unit[1] in "uUx":
            return chr(int(f"0{unit[2:]}", 16))
        return _LETTERS.get(unit[1], unit[1])

    new = _CODE_POINT_UNIT.sub(value, run)
    try:
        new = new.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(new) else new


_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def _is_cjk_run(text: str, start: int, end: int, new: str, units: int) -> bool:
    """Return whether *new*, out of *units* escapes, is text of Han or kana; one alone in such text."""
    cjk = len(_CJK.findall(new))
    if cjk < 2 and not (
        cjk and start and _HAN.match(text, start - 1) is not None and _HAN.match(text, end)
    ):
        return False
    return 2 * cjk >= units


_KEY = re.compile(r"\s*[a-z_$][\w.$-]*\s*[:=]\s*$|.*\w\s*=\s*[\"']?$")
_SENTENCE = 8  # escapes that are more than a sample of them
_BETWEEN_STRINGS = re.compile(r"""["']\s*[:,+=]\s*[urb]?["']""")


def _is_meant_run(text: str, start: int, end: int, units: int) -> bool:
    """Return whether the author wrote the escapes from *start* to *end* as such."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before and before in _CODE_QUOTES and after and after in _CODE_QUOTES:
        return True
    if units <= 4 and {before, after} <= _QUOTES and before and after:
        return True
    line_start, line_end = _line_near(text, start, end)
    head, run, tail = text[line_start:start], text[start:end], text[end:line_end]
    if _KEY.match(head) or _BETWEEN_STRINGS.search(run):
        return True
    if not _HAN.search(head) and any(head.count(q) % 2 and q in tail for q in "\"'`"):
        return True
    context = _ANY_ESCAPE.sub(" ", f"{head} {run} {tail}")
    # A whole sentence is about what it says, not about escapes: 把JSON文件拖进浏览器.
    about = context if units < _SENTENCE else _ANY_ESCAPE.sub(" ", f"{head} {tail}")
    return _ABOUT_ESCAPES.search(about) is not None or is_code(context)


_PERCENT_UNIT = re.compile(_PERCENT)
_PERCENT_RUN = re.compile(f"{_PERCENT}(?:[^{HAN}\n%]{{0,{_GAP}}}{_PERCENT}){{0,100000}}")
_HIGH_PERCENT = re.compile("%[89a-fA-F]|%u|%25")
_HEAD_OF_URL = re.compile(r"[/=&?#@<>\\{}$]|[A-Za-z]\.\w|\w\.[A-Za-z]|^\.")
_PART_OF_URL = re.compile(r"\w=|&\w|://|\?\w")
_TAIL_OF_URL = re.compile(r"(?:[!-~]{0,40}[=&/])|\.\w{2,4}(?!\w)|/")
_TOKEN_END = re.compile("[!-~]{0,80}$")
_SENTENCE_MARK = re.compile("[，。！？；：、,!?;:“”（）()《》]")
_MAX_LAYERS = 3


def _find_percents(text: str, urls: list[tuple[int, int]]) -> Iterator[Edit]:
    """Yield edits for runs of ``%XX``: UTF-8, else GB18030 or Big5 if that reads as Chinese."""
    for left, right in _outside(urls, len(text)):
        for m in _PERCENT_RUN.finditer(text, left, right):
            if _HIGH_PERCENT.search(m[0]) is None:
                continue
            found = _decode_percents(text, m.start(), m.end(), right)
            if found is None or _is_in_url(text, found):
                continue
            if not _is_cjk_run(text, found.start, found.end, found.new, 0):
                continue
            if not _is_meant_run(text, found.start, found.end, found.units):
                yield _escape_edit(*found[:3], "percent-escape", found.units)


def _is_in_url(text: str, run: _Run) -> bool:
    """Return whether *run* is a piece of a URL or a path: ``wiki/%E4%BD%A0``, ``?q=%E4%BD%A0``."""
    old = text[run.start : run.end]
    token = _TOKEN_END.search(text, max(0, run.start - 80), run.start)
    if token and _HEAD_OF_URL.search(token[0]):
        return True
    if _PART_OF_URL.search(old) or _TAIL_OF_URL.match(text, run.end):
        return True
    return "/" in old and _SENTENCE_MARK.search(run.new) is None


def _decode_percents(text: str, start: int, end: int, limit: int) -> _Run | None:
    """Return the run with what it stands for; None if that is no text."""
    run = text[start:end]
    for _ in range(_MAX_LAYERS - 1):  # %25E4 is %E4, escaped twice
        if "%25" not in run or _HIGH_PERCENT.search(run.replace("%25", "")):
            break
        run = run.replace("%25", "%")
    units = len(_PERCENT_UNIT.findall(run))
    if "%u" in run:  # JavaScript's escape(): %uXXXX, and %XX below U+0100
        new = re.sub("%u(....)|%(..)", lambda m: chr(int(m[1] or m[2], 16)), run)
        new = new.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return None if "\ufffd" in new or _CONTROL.search(new) else _Run(start, end, new, units)
    if "+" in run and " " not in run and "%20" not in run and "++" not in run:
        run = run.replace("+", " ")
    data = unquote_to_bytes(run)
    try:
        new = data.decode()
    except UnicodeDecodeError as error:
        cut = len(data) - error.start
        if error.end != len(data) or cut > 3 or not text[start:end].endswith(run[-3 * cut :]):
            return _decode_double_bytes(text, start, end, limit, run)
        # The text ends inside a character: what is whole comes back.
        new = data[: error.start].decode()
        end -= 3 * cut
    return None if _CONTROL.search(new) else _Run(start, end, new, units)


_MIN_LIKELY = -9.3  # nats a character: 700 clean sentences lie above -9, wrong decodings below -10
_MIN_USUAL = 0.7  # of the Han are in the first plane of the standard: Cyrillic reads as rare ones
_ENOUGH = 200  # characters that the model is asked about
_USUAL_LEADS = {"gb18030": ("gb2312", 0xB0, 0xD7), "big5hkscs": ("big5", 0xA4, 0xC6)}


def _decode_double_bytes(text: str, start: int, end: int, limit: int, run: str) -> _Run | None:
    """Return the run as GB18030 or as Big5, whichever the language model takes for Chinese."""
    from corpusprep.text import lm  # loads numpy

    best: tuple[float, _Run | None] = (_MIN_LIKELY, None)
    for encoding in _USUAL_LEADS:
        for more in (0, 1):  # the second byte of the last pair may be a letter
            if more and (end >= limit or not "@" <= text[end] <= "~"):
                continue
            new = _decode_ascii(run + text[end : end + more], encoding)
            if new is None:
                continue
            sample = "".join(_CJK.findall(new)[:_ENOUGH])
            if _CONTROL.search(new) is None and _is_usual(sample, encoding):
                likely = lm.score(sample) / len(sample)
                if likely > best[0]:
                    units = len(_PERCENT_UNIT.findall(run))
                    best = likely, _Run(start, end + more, new, units)
            break
    return best[1]


def _is_usual(sample: str, encoding: str, least: float = _MIN_USUAL) -> bool:
    """Return whether *sample* has two Han and more, most of them in the standard's first plane."""
    name, first, last = _USUAL_LEADS[encoding]
    if name == "gb2312":
        from corpusprep.text.script import simplify_chars  # loads numpy

        sample = simplify_chars(sample)
    han = _HAN.findall(sample)
    usual = sum(first <= (char.encode(name, "replace"))[0] <= last for char in han)
    return len(han) > 1 and usual >= least * len(han)


def _decode_ascii(run: str, encoding: str) -> str | None:
    """Return *run* with its escapes read in *encoding*; characters beyond ASCII stay."""
    try:
        return "".join(
            part if part[:1] > "\x7f" else unquote_to_bytes(part).decode(encoding)
            for part in re.split("([^\0-\x7f]+)", run)
        )
    except UnicodeDecodeError:
        return None


# --- radicals and compatibility ideographs ------------------------------------------------------

_RADICAL_CLASS = "\u2e80-\u2ef3\u2f00-\u2fd5"
# Without the twelve that stand here and are unified ideographs: U+FA0E, U+FA0F, U+FA11 and so on.
_COMPATIBLE_CLASS = (
    "\uf900-\ufa0d\ufa10\ufa12\ufa15-\ufa1e\ufa20\ufa22\ufa25\ufa26\ufa2a-\ufad9"
    "\U0002f800-\U0002fa1d"
)
RADICALS_GATE = re.compile(
    f"[{_RADICAL_CLASS}{_COMPATIBLE_CLASS.replace(chr(0x2F800), chr(0x20000))}]"
)
_RADICAL_RUNS = re.compile(f"[{_RADICAL_CLASS}][{_RADICAL_CLASS}]*")
_COMPATIBLE_RUNS = re.compile(f"[{_COMPATIBLE_CLASS}]+")
_ABOUT_RADICALS = re.compile(
    "(?<![干幹司令总總学學])部首(?![先次个個都脑腦轮輪届屆席批战戰都府])|偏旁|康熙字|康熙部"
    "|字[头頭底旁框](?![边邊发發的部])|[耳人水心手刀月]旁(?![边邊人])|(?i:radical|kangxi)"
    f"|[{_RADICAL_CLASS}] ?[0-9]{{1,2}} ?[画畫劃]"
    f"|(?<![{HAN}{_RADICAL_CLASS}])[{_RADICAL_CLASS}]字?[部旁底头頭](?![{HAN}{_RADICAL_CLASS}])"
)
_FOREIGN = re.compile(f"[{KANA}{HANGUL}]")


def find_radicals(text: str) -> Iterator[Edit]:
    """Find radicals and compatibility ideographs in running text, and the ideographs they are.

    A list of radicals, a radical between quotation marks and the explanation of one stay; so do
    compatibility ideographs in Japanese and Korean, which keep them apart on purpose.

    >>> list(find_radicals("部首“⼈”和⼝部"))
    []
    >>> [(e.new, e.rule) for e in find_radicals("⼈⼯智能的⽬标，成⻓")]
    [('人工', 'radical:certain'), ('目', 'radical:certain'), ('长', 'radical:certain')]
    """
    if RADICALS_GATE.search(text) is None:
        return
    radicals = list(_find_alike(text, _RADICAL_RUNS, "radical"))
    others = list(_find_alike(text, _COMPATIBLE_RUNS, "compatibility-ideograph"))
    yield from sorted(radicals + others) if radicals and others else radicals or others


def _find_alike(text: str, runs: re.Pattern[str], name: str) -> Iterator[Edit]:
    """Yield the edits of *runs*, if most of what they match stands in running text."""
    found = [m.span() for m in runs.finditer(text)]
    proven = sum(_is_beside_han(text, *span) for span in found)
    # Elsewhere (in the heading ⼀、) they follow from the rest of the document.
    alone = sum(_stands_alone(text, *span) for span in found)
    if not proven or alone > proven:
        return
    table = _alike()
    for start, end in found:
        if _is_shown(text, start, end, name):
            continue
        new = "".join(table.get(char, char) for char in text[start:end])
        if new != text[start:end]:
            yield Edit(start, end, new, f"{name}:certain")


def _is_beside_han(text: str, start: int, end: int) -> bool:
    """Return whether Han stand beside it, or digits on both sides: 5⽉2日."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if _HAN.match(before) or _HAN.match(after):
        return True
    return before.isdigit() and after.isdigit()


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Return whether neither a letter nor a digit stands beside it: in a list, between marks."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return not before.isalnum() and not after.isalnum()


def _is_shown(text: str, start: int, end: int, name: str) -> bool:
    """Return whether the text shows the characters as such: quotes one, or is about radicals."""
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before and after and {before, after} <= _QUOTES and end - start == 1:
        return True
    line = text[slice(*_line_near(text, start, end))]
    if name == "radical":
        return _ABOUT_RADICALS.search(line) is not None
    return _FOREIGN.search(line) is not None


@cache
def _alike() -> Mapping[str, str]:
    """Return the ideograph that each radical and each compatibility ideograph stands for."""
    table = {chr(int(row[0], 16)): chr(int(row[1], 16)) for row in _read_table("radicals.tsv")}
    for code in (*range(0x2F00, 0x2FD6), *range(0xF900, 0xFADA), *range(0x2F800, 0x2FA1E)):
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code) and _HAN.fullmatch(plain):
            table[chr(code)] = plain
    return table


# --- private use and glyph debris ---------------------------------------------------------------

PRIVATE_USE_GATE = re.compile("[\ue000-\uf8ff]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_PRIVATE_RUNS = re.compile("[\ue000-\uf8ff]+")
_RUNNING = re.compile(
    f"[{HAN}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}{SHARED_PUNCTUATION},;:!?()]"
)
_FULL_SPACE, _EURO = "\ue5e5", "\ue76c"
_IN_PINYIN = re.compile("[A-Za-z\u00e0-\u01dc(（]")
# Characters of HKSCS that Hong Kong's texts use daily. The other five thousand are left: their
# places are those of icon fonts, which stand beside Han as well.
_HONG_KONG = "啲咗嗰嘢喺嚟哋嘅冇咁攞揾嘥噏噃啩嚿冧瞓痾埗邨恒峯粧衞堃喆着啓説脱鋭閲綫牀栢凉裇邨鰂涌埔氹𨋢𡃁𠺘𥄫𠝹𨳒"


def find_private_use(text: str) -> Iterator[Edit]:
    r"""Find private-use code points of GBK, GB 18030 and HKSCS whose character Unicode has now.

    They stand inside running text; an icon stands at its start or its end. One that is in neither
    table shows that the text uses another font, and then all stay.

    >>> [e.new for e in find_private_use("南汉高祖刘\ue863即位")]
    ['䶮']
    >>> list(find_private_use("\ue863首页 联系我们\ue626"))
    []
    """
    if PRIVATE_USE_GATE.search(text) is None:
        return
    table = _private_use()
    chars = set(_PRIVATE.findall(text))
    if not chars <= table.keys():
        table = _with_hong_kong()
        if not chars <= table.keys():
            return
    if not chars.isdisjoint(_with_hong_kong().keys() - _private_use().keys()):
        from corpusprep.text.script import recognise_script  # loads numpy

        if recognise_script(text) != "traditional":
            return
        table = _with_hong_kong()
    for m in _PRIVATE_RUNS.finditer(text):
        if _is_in_place(text, m):
            new = "".join(map(table.__getitem__, m[0]))
            yield Edit(*m.span(), new, "private-use:certain")


def _is_in_place(text: str, m: re.Match[str]) -> bool:
    """Return whether the private-use characters stand where a character of the text would."""
    before, after = (
        text[m.start() - 1 : m.start()] if m.start() else "",
        text[m.end() : m.end() + 1],
    )
    if set(m[0]) == {_FULL_SPACE}:
        indent = len(m[0]) > 1 and before in {"", "\n"}
        return bool((indent or _RUNNING.match(before)) and _HAN.match(after))
    if m[0] == _EURO:
        return after.isdigit() and before != "" and not before.isspace()
    if not (before and after):
        return False
    if len(m[0]) > 2:
        return False
    if m[0] in "\ue7c7\ue7c8" and _IN_PINYIN.match(before):
        return True
    sides = [side for side in (before, after) if _RUNNING.match(side)]
    return len(sides) == 2 and any(map(_HAN.match, sides))


@cache
def _private_use() -> Mapping[str, str]:
    rows = _read_table("private_use.tsv")
    return {chr(int(old, 16)): chr(int(new, 16)) for old, new, *_ in rows}


@cache
def _with_hong_kong() -> Mapping[str, str]:
    """Return the table of GBK, and over it the private use of HKSCS for `_HONG_KONG`.

    HKSCS-1999 put its characters where Big5 had room and gave them the code points that Windows
    counts off for these rows: FA40 is U+E000, 8E40 U+E311, 8140 U+EEB8, C6A1 U+F6B1.
    """
    table = dict(_private_use())
    for char in _HONG_KONG:
        pair = char.encode("big5hkscs", "replace")
        if len(pair) != 2:
            continue
        lead, low = pair
        place = low - (0x40 if low < 0x7F else 0x62)
        for first, last, code in ((0xFA, 0xFE, 0xE000), (0x8E, 0xA0, 0xE311), (0x81, 0x8D, 0xEEB8)):
            if first <= lead <= last:
                table[chr(code + (lead - first) * 157 + place)] = char
        if 0xC6 <= lead <= 0xC8 and pair >= b"\xc6\xa1":
            table[chr(0xF6B1 - 0x3F + (lead - 0xC6) * 157 + place)] = char
    return table


# Blocks that no Chinese text has, and that fonts of PDFs fill with glyphs of their own: Saurashtra
# and its neighbours. Yi is apart: there ꎬ is U+A3AC, and A3 AC the comma of GBK.
_DEBRIS_CLASS = "\ua800-\ua827\ua840-\ua877\ua880-\ua8d9\ua900-\ua95f"
_YI_CLASS = "\ua1a1-\ua1fe\ua3a1-\ua3fe"
GLYPH_DEBRIS_GATE = re.compile(
    "[\ua000-\ua48c\ua800-\ua827\ua840-\ua877\ua880-\ua8d9\ua900-\ua95f]"
)
_DEBRIS_RUNS = re.compile(f"[{_DEBRIS_CLASS}]+")
_YI = re.compile("[\ua000-\ua48c]")
_YI_RUNS = re.compile(f"[{_YI_CLASS}]+")
_MAX_KINDS, _MAX_RUN = 2, 4  # a word of Saurashtra has more letters, a text more kinds of them
_YI_MARKS = "，。、；：？！（）“”《》．—…"


def find_glyph_debris(text: str) -> Iterator[Edit]:
    """Find what a PDF's font left among Han: letters of Saurashtra and Yi for its own glyphs.

    Those of Yi spell the bytes of a full-width mark in GBK, and become it; the others go.

    >>> list(find_glyph_debris("ꢃꢃ摘要:研究"))
    [Edit(start=0, end=2, new='', rule='glyph-debris:2 glyphs')]
    >>> [e.new for e in find_glyph_debris("结果表明ꎬ该方法有效ꎻ")]
    ['，', '；']
    >>> list(find_glyph_debris("彝文ꆈꌠꉙ"))
    []
    """
    if GLYPH_DEBRIS_GATE.search(text) is None:
        return
    found = [m for m in _DEBRIS_RUNS.finditer(text) if _is_beside_han(text, *m.span())]
    kinds = Counter(char for m in _DEBRIS_RUNS.finditer(text) for char in m[0])
    edits = []
    if len(kinds) <= _MAX_KINDS and all(len(m[0]) <= _MAX_RUN for m in found):
        for m in found:
            count = len(m[0])
            rule = f"glyph-debris:{count} glyph{'s' * (count > 1)}"
            edits.append(Edit(*m.span(), "", rule))
    edits += _find_yi_marks(text)
    yield from sorted(edits)


def _find_yi_marks(text: str) -> Iterator[Edit]:
    """Yield edits for single letters of Yi between Han that are full-width marks of GBK."""
    letters = set(_YI.findall(text))
    table = {}
    for char in letters:
        try:
            new = bytes(divmod(ord(char), 256)).decode("gbk")
        except UnicodeDecodeError:
            return
        if len(new) != 1 or not (
            new in _YI_MARKS or "０" <= new <= "ｚ" or new in "％－～·＝＋＜＞"
        ):
            return
        table[char] = new
    if table.keys().isdisjoint("ꎬꆣꎮꎻ\ua1a2"):
        return
    for m in _YI_RUNS.finditer(text):
        if _is_beside_han(text, *m.span()):
            yield Edit(*m.span(), "".join(map(table.__getitem__, m[0])), "glyph-debris:mark")


# --- masks ---------------------------------------------------------------------------------------

MASKS_GATE = re.compile(f"[DＤ](?=[{HAN}])")
_MASK = re.compile(
    f"(?<=[{HAN}，。、；：“《（(,:;])[DＤ](?=(?:委(?!内|內)|员|員|组织|組織|中央|章|支部|总支|總支|内|內|建(?!模)|"
    "风|風|性|外|政|校|代会|代會|课|課|史|派|群|务|務|纪|紀|费|費|籍|龄|齡|小组|小組|的(?:十|二十|领导|領導|建设|建設|全会|路线|路線)))"
)


def find_masks(text: str, script: str) -> Iterator[Edit]:
    """Find the letter that hides 党 in 自治区D委 and D员; for a text that is known to be obfuscated.

    XX and X stay, for nobody knows what they hide. *script* is that of the text, as
    `recognise_script` names it: traditional text gets 黨.

    >>> [e.new for e in find_masks("自治區D委、引導D員，D級危房，3D建模", "traditional")]
    ['黨', '黨']
    """
    new = "黨" if script == "traditional" else "党"
    for m in _MASK.finditer(text):
        yield Edit(*m.span(), new, "masked-character:D")


# --- conversions to the wrong traditional form ---------------------------------------------------

# Traditional characters that a converter puts where another one belongs: column one of the table.
# The gate is to know them without reading it; a test holds both together.
_INTRUDERS = (
    "乾佈佔併侷係倖傢傭僕儘剋劃噁噹嚮囌壹姦孃嶽幹彆彙後復徵懞捨捲採曆曏朮樸檯歷殭沖準濛瀋瀰甦癥發睏瞭矇硃禦穀穫"
    "範籤籲糰紮緻縴繫罈臟蓆蔔薑藉衊衕衝裏裡製複覆註誌賙迴遊醜錶鍾鐘閤闆闢隻雲鞦韆颱髒髮鬆鬍鬚鬥鬱鹹麪麴麵鼕齣"
)
CONVERSIONS_GATE = re.compile(f"[{_INTRUDERS}]")


_DAMAGED = re.compile(f"{RADICALS_GATE.pattern}|[\ue000-\uf8ff\ufffd]")


class _Conversions(NamedTuple):
    wrong: Mapping[str, str]  # word with the wrong character -> the word
    right: frozenset[str]  # words to which the character belongs
    joined: frozenset[str]  # words whose last character begins none of these
    pairs: frozenset[str]  # neighbours in the wrong words, of which one is a wrong character
    anywhere: Mapping[str, str]  # characters that stand in those words only -> what the others are


_SHORTEST, _LONGEST = 3, 4  # of the dictionary's words; shorter ones may arise by chance


def find_wrong_conversions(text: str) -> Iterator[Edit]:
    """Find words of traditional text with the wrong one of several traditional characters.

    Only what is wrong in Taiwan and in Hong Kong, and only where no right word has the character:
    抽籤約定 is 抽籤 and 約定.

    >>> [(e.new, e.rule) for e in find_wrong_conversions("籤約儀式後,經濟不斷髮展;抽籤約定")]
    [('簽', 'wrong-conversion:簽約'), ('發', 'wrong-conversion:發展')]
    """
    if CONVERSIONS_GATE.search(text) is None:
        return
    table = _conversions()
    edits = []
    for m in CONVERSIONS_GATE.finditer(text):
        if _DAMAGED.search(text, max(0, m.start() - _LONGEST), m.end() + _LONGEST):
            continue  # other damage comes first
        word = _find_wrong_word(text, m.start(), table)
        if word is not None:
            edits.append(word)
    if not edits:
        return
    from corpusprep.text.script import recognise_script  # loads numpy

    if recognise_script(text) != "traditional" or 20 * len(_FOREIGN.findall(text)) > len(text):
        return
    for edit in settle(edits):
        line = text[slice(*_line_near(text, edit.start, edit.end))]
        if not _is_quoted(text, edit) and _ABOUT_CONVERSIONS.search(line) is None:
            yield edit


_ABOUT_CONVERSIONS = re.compile(
    "簡繁|繁簡|正簡|簡轉|簡體|异体|異體|錯別?字|別字|誤[成作為寫]|寫[成作]|一對多|通假"
)


def _is_quoted(text: str, edit: Edit) -> bool:
    """Return whether the word of *edit* stands alone between quotation marks: it is shown."""
    word = edit.rule.partition(":")[2]
    before = text[max(0, edit.start - _LONGEST) : edit.start]
    after = text[edit.end : edit.end + _LONGEST]
    for at, char in enumerate(word):
        if char == edit.new:
            left, right = before[len(before) - at - 1 :][:1], after[len(word) - at - 1 :][:1]
            if left and right and {left, right} <= _QUOTES:
                return True
    return False


def _find_wrong_word(text: str, at: int, table: _Conversions) -> Edit | None:
    """Return the edit of the character at *at*, if it makes a word wrong and belongs to none."""
    pair_before, pair_after = text[at - 1 : at + 1] if at else "", text[at : at + 2]
    if (
        pair_before not in table.pairs
        and pair_after not in table.pairs
        and text[at] not in table.anywhere
    ):
        return None
    best: tuple[int, str, int] | None = None
    for size in range(_LONGEST, 1, -1):
        for start in range(max(0, at - size + 1), min(at, len(text) - size) + 1):
            word = text[start : start + size]
            if best is None and word in table.wrong:
                best = size, word, start
            elif word in table.right and (
                best is None or not best[2] <= start <= start + size <= best[2] + best[0]
            ):
                if at == start + 1 and text[start - 1 : at] in table.joined:
                    continue
                return None
    if best is None:
        new = table.anywhere.get(text[at])
        if new is None or not _is_running(text, at):
            return None
        return Edit(at, at + 1, new, f"wrong-conversion:{new}")
    _, word, start = best
    right = table.wrong[word]
    new = right[at - start]
    return None if new == text[at] else Edit(at, at + 1, new, f"wrong-conversion:{right}")


_MIN_RUNNING = -9.5  # nats a character, below which it is a list of characters
_MIN_COMMON = 0.8  # of the Han around it are in the first plane of GB 2312
_BESIDE = 8  # characters each side that the language model is shown


def _is_running(text: str, at: int) -> bool:
    """Return whether the character at *at* stands in running text, by the language model."""
    if not _is_beside_han(text, at, at + 1):
        return False
    from corpusprep.text import lm  # loads numpy

    near = "".join(_CJK.findall(text, max(0, at - _BESIDE), at + 1 + _BESIDE))
    return _is_usual(near, "gb18030", _MIN_COMMON) and lm.score(near) > _MIN_RUNNING * len(near)


@cache
def _conversions() -> _Conversions:
    """Return the table, filled up with the words of OpenCC's dictionary."""
    from corpusprep.text.script import _entries  # loads numpy

    wrong: dict[str, str] = {}
    right: set[str] = set()
    joined: set[str] = set()
    anywhere: dict[str, str] = {}
    pairs: dict[str, list[str]] = {}
    for bad, good, words in _read_conversions():
        if bad == "keep":
            right.update(words)
        elif bad == "join":
            joined.update(words)
        else:
            mode = words.pop(0)
            wrong.update((word.replace(good, bad), word) for word in words)
            if mode == "!":
                anywhere[bad] = good
            if mode != "-":
                pairs.setdefault(good, []).append(bad)
    forms = {plain: "".join(news) for plain, news in _entries("STCharacters.txt")}
    phrases = [(key, new) for key, news in _entries("STPhrases.txt") for new in news]
    for _, new in phrases:
        if len(new) <= _LONGEST and new not in wrong and CONVERSIONS_GATE.search(new):
            right.add(new)
    for key, new in phrases:
        if not _SHORTEST <= len(new) == len(key) <= _LONGEST:
            continue
        for i, (plain, good) in enumerate(zip(key, new, strict=True)):
            for bad in pairs.get(good, ()):
                word = new[:i] + bad + new[i + 1 :]
                if bad in forms.get(plain, "") and not _has_right_word(word, i, right):
                    wrong.setdefault(word, new)
    wrong = {word: new for word, new in wrong.items() if word not in right}
    return _Conversions(
        wrong,
        frozenset(right),
        frozenset(joined),
        frozenset(
            word[i : i + 2]
            for word in wrong
            for i in range(len(word) - 1)
            if CONVERSIONS_GATE.search(word, i, i + 2)
        ),
        anywhere,
    )


def _has_right_word(word: str, at: int, right: set[str]) -> bool:
    """Return whether the character at *at* belongs to a right word inside *word*."""
    return any(
        word[start:end] in right
        for start in range(at + 1)
        for end in range(max(at + 1, start + 2), len(word) + 1)
    )


def _read_conversions() -> Iterator[tuple[str, str, list[str]]]:
    for row in _read_table("conversions.tsv"):
        if row[0] in {"keep", "join"}:
            yield row[0], "", row[2].split(" ")
        else:
            yield row[0], row[1], row[2].split(" ")
