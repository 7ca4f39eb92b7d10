r"""Chinese that was read as Latin letters: UTF-8, GB18030 or Big5 taken for Latin-1 or cp1252.

    ä½\xa0å¥½ï¼Œä¸–ç•Œ             UTF-8, also two or three times over
    å—èŠ‚å¯¹é½                     UTF-8 whose bytes 81 8D 8F 90 9D, open in cp1252, were dropped
    ÎÄ¼þ²»´æÔÚ                    GB18030
    §A¦n¡A¥@¬É                    Big5

Structure comes first: nothing but damage has six such letters in a row that are well-formed UTF-8.
Whole runs are decoded by tables; the language model speaks where bytes are lost, where two
encodings fit, and where a run is too short to prove itself.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import BOPOMOFO, CJK_PUNCTUATION, FULL_WIDTH_PUNCTUATION, HAN, KANA
from corpusprep.text.decode import COMMON, is_ordinary
from corpusprep.text.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["LATIN_GATE", "find_latin"]

# cp1252 gives 27 of the bytes 80-9F a sign; Latin-1 leaves all 32 as control characters, and so do
# decoders that follow the WHATWG standard for the five (81 8D 8F 90 9D) that cp1252 leaves open.
_SIGNS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_OPEN = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    char: char.encode("cp1252")[0] for char in _SIGNS
}
_AS_LATIN = {ord(char): byte for char, byte in _BYTE.items()}
_HIGH = f"\x80-\xff{_SIGNS}"
_TAIL = f"\x80-\xbf{_SIGNS}"
# Letters and signs that clean Chinese text does not have; every damaged run has one of them.
_MARKED = (
    "\x80-\x9f\xa1\xa4\xa6\xa8\xaa\xac\xaf\xb4-\xb6\xb8-\xba\xbc-\xd6\xd8-\xf6\xf8-\xff"
    "‚ƒ„†‡ˆ‰Š‹ŒŽ˜š›œžŸ"
)

LATIN_GATE = re.compile(
    f"[{_MARKED}](?:[{_HIGH}\ufffd]|[@-~][\xa1-\xf9]|(?<=[{_HIGH}\ufffd].)|(?<=[\xa1-\xf9][@-~].))",
    re.DOTALL,
)

_HAN = re.compile(f"[{HAN}]")
_CJK = re.compile(
    f"[{HAN}{KANA}{BOPOMOFO}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}\u3000\uac00-\ud7a3]"
)
_MARK = re.compile(f"[{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}]")
_WIDE = re.compile("[\u1100-\uffff]")
_STRETCH = re.compile(f"[{_HIGH}\ufffd]+")
_UTF8 = "mojibake-utf8-as-latin"
_GBK = "mojibake-gbk-as-latin"
_BIG5 = "mojibake-big5-as-latin"
_MAX_LAYERS = 3
_LAYERED = 8  # units of an outer layer, from which on the rest of the document has it too
_REACH = 32  # letters each side of a run that may belong to the same damage
_EVIDENT = 6  # characters in proven runs, from which on the rest of the document needs no proof


class _Run(NamedTuple):
    """A run of suspicious letters, what it was before the damage, and why we think so."""

    start: int
    end: int
    old: str
    new: str
    rule: str
    evidence: str = ""


def find_latin(text: str) -> Iterator[Edit]:
    r"""Find UTF-8 (up to three times over), GB18030 and Big5 that were read as Latin-1 or cp1252.

    Clean runs of Latin letters stay: Western, Vietnamese and Cyrillic words, lists of letters, and
    mojibake that a text about encodings quotes.

    >>> list(find_latin("天安门上空的ï¼šâ€œä½\xa0å¥½â€\x9d"))
    [Edit(start=6, end=21, new='：“你好”', rule='mojibake-utf8-as-latin:5 units')]
    >>> list(find_latin("café, naïve, « idée »"))
    []
    """
    if LATIN_GATE.search(text) is None:
        return
    inner, origin, peeled = _peel(text)
    runs = _find_runs(inner)
    if origin is not None:
        runs = [_outward(text, run, origin) for run in runs]
        taken = set(runs)
        runs = [run for run in _merge(runs, peeled) if run in taken or _is_bad(run)]
    about = _ABOUT.search(text) or _ABOUT_QUOTED.search(text)
    for run in runs:
        if not (about and _is_quoted(text, run)) and not _is_example(text, run):
            yield Edit(run.start, run.end, run.new, f"{run.rule}:{run.evidence}")


def _find_runs(text: str) -> list[_Run]:
    """Return the damaged runs of *text*, from which outer layers are off, in order."""
    strong = [m.span() for m in _UTF8_STRONG.finditer(text)]
    high = _count_high(text)
    if 5 * sum(end - start for start, end in strong) < high:  # most of it is no UTF-8
        pairs = _find_double_byte(text, [])
        explained = sum(_count_high(run.old) for run in pairs)
        starts = [run.start for run in pairs]
        before = (bisect_right(starts, start) - 1 for start, _ in strong)
        inside = (
            k >= 0 and pairs[k].end > start for k, (start, _) in zip(before, strong, strict=True)
        )
        if pairs and 10 * explained >= 9 * high and all(inside):
            return pairs
    found, rest = _find_utf8(text)
    found = _merge(found, _find_double_byte(text, found))
    # Where long stretches stay unexplained, the text is in some other encoding, and so is the rest.
    long = sum(len(stretch) for stretch in _STRETCH.findall(text) if len(stretch) > 3)
    long -= sum(len(run.old) for run in (*found, *rest) if len(run.old) > 3)
    if long > sum(len(run.old) for run in rest):
        return found
    return _merge(found, [run._replace(evidence="ftfy") for run in rest if _is_bad(run)])


def _count_high(text: str) -> int:
    return sum(map(len, _STRETCH.findall(text)))


def _merge(first: list[_Run], second: Iterable[_Run]) -> list[_Run]:
    """Return both lists in order, without those of *second* that overlap one of *first*."""
    starts = [run.start for run in first]
    kept = []
    for run in second:
        k = bisect_right(starts, run.start) - 1
        if k >= 0 and first[k].end > run.start:
            continue
        if k + 1 < len(first) and first[k + 1].start < run.end:
            continue
        kept.append(run)
    return sorted((*first, *kept)) if kept else first


# --- text about mojibake ------------------------------------------------------------------------

_ABOUT = re.compile("乱码|亂碼|锟斤拷|烫烫烫|文字化け|(?i:mojibake|garbled|gibberish)")
_ABOUT_QUOTED = re.compile(
    "编码|編碼|解码|解碼|转码|轉碼|字符集|字元集|(?i:utf-?8|gbk|gb2312|gb18030|big5|latin-?1|8859|1252)"
)
_OPEN_QUOTES = frozenset("\"'`“‘「『《（(")
_CLOSE_QUOTES = frozenset("\"'`”’」』》）)")
_STRAIGHT = frozenset("\"'`")
_NEAR = 120  # characters each side that may speak about the damage


def _is_quoted(text: str, run: _Run) -> bool:
    """Return whether the clean text around *run* shows it as an example of mojibake."""
    around = text[max(0, run.start - _NEAR) : run.start], text[run.end : run.end + _NEAR]
    if not (_HAN.search(around[0]) or _HAN.search(around[1]) or _ABOUT.search("".join(around))):
        return False
    if any(map(_ABOUT.search, around)):
        return True
    quoted = around[0][-1:] in _OPEN_QUOTES or around[1][:1] in _CLOSE_QUOTES
    return quoted and any(map(_ABOUT_QUOTED.search, around))


def _is_example(text: str, run: _Run) -> bool:
    """Return whether *run* is one character alone in straight quotes, as in code: "Ã©"."""
    return (
        len(run.new) == 1
        and text[max(0, run.start - 1) : run.start] in _STRAIGHT
        and text[run.end : run.end + 1] in _STRAIGHT
    )


# --- outer layers -------------------------------------------------------------------------------


@cache
def _layers() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return how each Latin letter or sign looks after one more round of UTF-8 read as Latin.

    Each byte may show as Latin-1 or cp1252; where one is lost, U+FFFD stands for the letter. ” is
    the only sign of cp1252 that loses a byte, and so is certain.
    """
    looks = {byte: [chr(byte)] for byte in range(0x80, 0x100)}
    for sign in _SIGNS:
        looks[_BYTE[sign]].append(sign)
    table = {
        "".join(unit): char
        for char in sorted(_BYTE)
        for unit in product(*(looks[byte] for byte in char.encode()))
    }
    lone = {"\xc2\ufffd": "\ufffd", "â€\ufffd": "”"}
    leads = "\xc2\xc3âÅÆË"
    units = "|".join(
        [
            f"[\xc2\xc3][{_TAIL}]",
            "Å[\x92\x93“’\xa0\xa1\xb8\xbd\xbe]|Æ[\x92’]|Ë[\x86†\x9cœ˜]",
            f"â(?:[\x80€][{_TAIL}\ufffd]|[\x82‚][\xac]|[\x84„][\xa2])",
            "\xc2\ufffd",
        ]
    )
    lost = f"\xc2 (?=[{leads}])|\xc2(?=[{leads}])|â€(?=[{leads}\\s]|$)"
    table |= lone | {"\xc2 ": "\xa0", "\xc2": "\ufffd", "â€": "”"}
    run = f"(?:{units}|{lost})+"
    return re.compile(f"{run}(?:[!-~]{{1,2}}{run})*"), table


_LAYER_UNIT = re.compile(
    f"[!-~]+|[\xc2\xc3ÅÆË][{_TAIL}\ufffd]|\xc2 ?|â(?:[\x80€][{_TAIL}\ufffd]|[\x82‚]\xac|[\x84„]\xa2|€)"
)
_LETTER_UNIT = re.compile(f"\xc3[{_TAIL}]")
_TWO_UNITS = re.compile(f"(?:\xc2[{_TAIL}][!-~]?){{4}}")


def _is_layer(chain: str) -> bool:
    """Return whether *chain* may be a layer: it has a letter, or signs with ASCII between."""
    return _LETTER_UNIT.search(chain) is not None or (
        _TWO_UNITS.search(chain) is not None and _ASCII.search(chain) is not None
    )


def _peel(text: str) -> tuple[str, list[int] | None, list[_Run]]:
    """Take outer layers of UTF-8 off *text*: return what is under them, and where it came from.

    The list holds for each character of the result, and for its end, the offset in *text*; None
    where there was no layer. The runs are those of the outermost layer.
    """
    origin: list[int] | None = None
    outermost: list[_Run] = []
    for layer in range(_MAX_LAYERS - 1):
        if "\xc2" not in text and "\xc3" not in text:
            break
        pattern, table = _layers()
        pieces: list[str] = []
        where: list[int] = []
        at = 0
        chains = [(m, _LAYER_UNIT.findall(m[0])) for m in pattern.finditer(text)]
        proven = [len(units) for m, units in chains if len(units) >= 3 and _is_layer(m[0])]
        for m, units in chains:
            if sum(proven) < _LAYERED and (len(units) < 3 or not _is_layer(m[0])):
                continue
            inner = [table.get(unit, unit) for unit in units]
            pieces += text[at : m.start()], *inner
            where.extend(range(at, m.start()))
            at = m.start()
            begin, new = at, ""
            for unit, char in zip(units, inner, strict=True):
                changed = unit != char
                if not layer and not changed and new:
                    outermost.append(_Run(begin, at, text[begin:at], new, _UTF8, "ftfy"))
                    new = ""
                where.extend((at,) if changed else range(at, at + len(unit)))
                at += len(unit)
                begin, new = (begin if new else at - len(unit), new + char) if changed else (at, "")
            if not layer and new:
                outermost.append(_Run(begin, at, text[begin:at], new, _UTF8, "ftfy"))
        if not pieces:
            break
        pieces.append(text[at:])
        where.extend(range(at, len(text) + 1))
        text = "".join(pieces)
        origin = where if origin is None else [origin[k] for k in where]
    return text, origin, outermost


def _outward(text: str, run: _Run, origin: list[int]) -> _Run:
    """Return *run*, found under outer layers, as it lies in *text*."""
    start, end = origin[run.start], origin[run.end]
    return run._replace(start=start, end=end, old=text[start:end])


# --- UTF-8 --------------------------------------------------------------------------------------

_UTF8_FULL = re.compile(f"[\xc2-\xdf][{_TAIL}]|[\xe0-\xef][{_TAIL}]{{2}}|[\xf0-\xf4][{_TAIL}]{{3}}")
# A unit that lost bytes: U+FFFD, a blank or ? in the place of one, or nothing at all.
_LOST = f"[{_TAIL}\ufffd]"
_BLANK = "[ ?](?=[^\0-\x7f]|$)"
_UTF8_UNIT = (
    f"[\xc2-\xdf]{_LOST}|[\xe0-\xef](?:{_LOST}{{2}}|{_LOST}(?:{_BLANK})?|[ ?][{_TAIL}]|[ ?]{_BLANK})?"
    f"|[\xf0-\xf4][{_TAIL}]{{3}}"
)
_UTF8_UNITS = re.compile(_UTF8_UNIT)
_UTF8_THREE = re.compile(f"[\xe1-\xef][{_TAIL}]{{2}}")
_UTF8_STRONG = re.compile(f"(?:[\xe1-\xef][{_TAIL}]{{2}}){{2}}")
_UTF8_LEAD = re.compile("[\xe0-\xef]")
_UTF8_SHORT = re.compile(f"[\xe0-\xef][{_TAIL}]?(?=[\xe0-\xef])")
_UTF8_RUN = re.compile(f"(?=[\xc2-\xf4][ ?]{{0,2}}[{_TAIL}\ufffd\xe0-\xef])(?:{_UTF8_UNIT})+")
# What follows é or è in clean French: « café\xa0» and the like spell 頻, 項, 頓.
_FRENCH = frozenset("\xa0«»“”‘’…–—™©®°·€¹²³")
_MIXED = re.compile(
    "[\u0180-\u024f\u0250-\u02af\u02b0-\u036f](?![\0-\x7f])|[\u0180-\u1fff][\u2e80-\ud7ff]"
)
_NOT_LATIN = re.compile("[^\0-\u024f\u2000-\u2bff\U0001f000-\U0001faff]")
_TEXT = re.compile(
    f"[{HAN}{KANA}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}\u3000"
    "\u2010-\u2027\u2030-\u203b\u2103\u2116\u2160-\u217f\u2190-\u2193\u2460-\u249b\u25a0-\u25cf\u2605\u2606]"
)


def _find_utf8(text: str) -> tuple[list[_Run], list[_Run]]:
    """Return the runs that were UTF-8 for sure, and others that may have been."""
    found: list[_Run] = []
    lossy = False
    for m in _UTF8_RUN.finditer(text):
        new = _decode_strictly(m[0])
        if new is None:
            lossy = True
            new = "\ufffd" * max(1, len(_UTF8_LEAD.findall(m[0])))
        found.append(_Run(*m.span(), m[0], new, _UTF8))
    if lossy:
        found = _fill(text, found) if _UTF8_THREE.search(text) else _strict(found)
    sure: list[_Run] = []
    rest: list[_Run] = []
    for k, run in enumerate(found):
        if _stands_apart(text, found, k):
            (sure if _is_surely_utf8(run) else rest).append(run)
    if sum(len(_CJK.findall(run.new)) for run in sure) >= _EVIDENT:
        sure, rest = _accept_rest(text, sure, rest)
    return [_with_evidence(run) for run in sure], rest


def _decode_strictly(run: str) -> str | None:
    """Return the text of *run* if it is well-formed UTF-8 without a lost byte."""
    try:
        return bytes(map(_BYTE.__getitem__, run)).decode()
    except (KeyError, UnicodeDecodeError):
        return None


def _stands_apart(text: str, runs: list[_Run], k: int) -> bool:
    """Return whether the letters that touch the run at *k* belong to such runs as well.

    GB18030 and Big5 that were read as Latin letters have a few runs that look like UTF-8.
    """
    run = runs[k]
    if text[run.start - 1 : run.start] not in _BYTE and text[run.end : run.end + 1] not in _BYTE:
        return True
    last = runs[k - 1].end if k and _WIDE.search(runs[k - 1].new) else 0
    wide = k + 1 < len(runs) and _WIDE.search(runs[k + 1].new)
    then = runs[k + 1].start if wide else len(text)
    left = _STRETCH.match(text[max(last, run.start - _REACH) : run.start][::-1])
    right = _STRETCH.match(text, run.end, min(then, run.end + _REACH))
    others = (left[0] if left else "") + (right[0] if right else "")
    return not others or 3 * (len(others) - sum(map(others.count, "“”‘’…—–·"))) <= len(run.old)


def _is_surely_utf8(run: _Run) -> bool:
    """Return whether *run* alone proves that it was UTF-8: its result is likely, its form is not."""
    cjk = _CJK.findall(run.new)
    if "\ufffd" in run.new:
        return False
    if len(cjk) >= 2:
        whole = len(_UTF8_THREE.findall(run.old)) if run.evidence else len(cjk)
        return whole >= 4 or (whole > 0 and _is_likely(run.new))
    if run.evidence:  # bytes were lost
        return False
    if not cjk:
        return len(run.old) == 3 and run.old.startswith("â€")  # quotes, dashes, dots
    return not _FRENCH.issuperset(run.old[-2:]) and (
        cjk[0] in COMMON or _MARK.match(cjk[0]) is not None
    )


def _accept_rest(text: str, sure: list[_Run], rest: list[_Run]) -> tuple[list[_Run], list[_Run]]:
    """Return *sure* and *rest* after what is likely in a damaged document went over."""
    left = []
    for run in rest:
        touches = (
            text[run.start - 1 : run.start].isascii() and text[run.start - 1 : run.start].isalpha()
        )
        fits = run.new != "" and _is_likely(run.new) and "\ufffd" not in run.new
        if fits and not (touches and run.evidence):
            sure.append(run)
        else:
            left.append(run)
    return sorted(sure), left


def _is_likely(new: str) -> bool:
    """Return whether at least half of the Han in *new* are in daily use."""
    han = _HAN.findall(new)
    return sum(map(is_ordinary, han)) * 2 >= len(han)


def _with_evidence(run: _Run) -> _Run:
    if run.evidence:
        return run
    units = len(run.new)
    return run._replace(evidence=f"{units} units" if units > 1 else "1 unit")


def _is_bad(run: _Run) -> bool:
    """Return whether ftfy sees mojibake here too, and would make of it what we make."""
    if "\ufffd" in run.new or " " in run.old or _MIXED.search(run.new):
        return False
    if len(run.new) == 1 and _NOT_LATIN.match(run.new):  # ×‘ is a sign and a quote, not ב
        return False
    return _ftfy_agrees(run.old, run.new)


@cache
def _ftfy_agrees(old: str, new: str) -> bool:
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    return bool(is_bad(old)) and fix_encoding(old) == new


# --- lost bytes ---------------------------------------------------------------------------------

_Odds = tuple[tuple[int, float], ...]
_Options = tuple[tuple[str, float], ...]
_Known = dict[str, _Options]  # what each unit may have been

# Marks and signs that a lost byte hardly ever was: neither Han nor kana nor a usual mark.
_UNUSUAL = re.compile(f"[^{HAN}{KANA}，。、；：？！“”‘’（）《》〈〉【】〔〕「」『』—…·％～\u3000]")


class _Holes(NamedTuple):
    """Which bytes a lost one may have been, each with its log odds: as U+FFFD, blank, nothing."""

    marked: _Odds
    blank: _Odds
    dropped: _Odds
    apart: float  # log odds that a byte is lost and the blank after it is a real one
    foreign: str  # the script that the text is not in, as `_script` says it
    unlikely: frozenset[str]  # brackets that nothing in the text opens


class _Cluster(NamedTuple):
    """Neighbouring lost characters: the two characters before, and for each what it may be.

    A step has its options and the known text up to the next step, or two characters after it.
    """

    before: str
    steps: list[tuple[_Options, str]]
    places: list[tuple[int, int]]  # run and unit of each step


# A character that the model counts as rare; that many are one to it makes each the less likely.
_RARE, _RARE_COST = "偍", 6.0
_MISFIT, _CORNER = -8.0, 5.0
_MAX_OPTIONS, _REMOTE = 8, 9.0  # and nats that one alone may lie below the likeliest
_BEAM, _WIDTH = 6, 10.0  # hypotheses kept, and the nats that the last may lie below the first
_SAMPLE = 20_000  # characters that show which script the text is in
_BATCH = 4096  # clusters that the model judges together
_MIN_MEAN = -11.0  # nats a character; wrong readings lie below -12, right ones about -5


def _holes(text: str, clean: str) -> _Holes:
    """Return which bytes the decoder or a cleaner may have lost in *text*, of which *clean* is sure.

    The five that cp1252 leaves open first. A cleaner that removes invisible characters takes the
    soft hyphen AD with it: likely where the text is long and has none.
    """
    tails = sum(map(text.count, map(chr, range(0xA1, 0xC0))))
    kept = "\ufffd" in text or any(chr(byte) in text for byte in _OPEN)
    five = tuple((byte, -4.0 if kept else 0.0) for byte in _OPEN)
    soft = (0xAD, -7.0 if "\xad" in text else min(0.0, tails / 40 - 4.0))
    hard = (0xA0, -7.0 if "\xa0" in text else -5.0)
    marked = tuple((byte, 0.0) for byte in _OPEN)
    blank = ((0xA0, 0.0), *((byte, -8.0 if kept else -1.0) for byte in _OPEN))
    apart = -1.0 if _UTF8_SHORT.search(text) else -8.0
    scripts = [_script(char) for char in clean[:_SAMPLE]]
    simplified, traditional = scripts.count("s"), scripts.count("t")
    foreign = ""
    if simplified + traditional > 1:
        foreign = (
            "t" if simplified > 4 * traditional else "s" if traditional > 4 * simplified else ""
        )
    corners = "" if "「" in clean else "」" + ("「" if foreign == "t" else "")
    if "】" not in clean:
        corners += "【"
    unopened = "".join(c for o, c in ("『』", "【】", "〔〕", "〈〉", "《》") if o not in clean)
    return _Holes(marked, blank, (*five, soft, hard), apart, foreign, frozenset(corners + unopened))


@lru_cache(maxsize=1 << 14)
def _script(char: str) -> str:
    """Return "s" for a character of simplified script alone, "t" of traditional, "" of both."""
    in_gb, in_big5 = bool(char.encode("gb2312", "ignore")), bool(char.encode("big5", "ignore"))
    return "" if in_gb == in_big5 else "s" if in_gb else "t"


def _strict(found: list[_Run]) -> list[_Run]:
    return [run for run in found if not run.new.startswith("\ufffd")]


def _fill(text: str, found: list[_Run]) -> list[_Run]:
    """Return *found* with lost bytes chosen by the language model.

    Those that miss bytes and are part of something else are left out.
    """
    strict = _strict(found)
    lossy = [
        run
        for k, run in enumerate(found)
        if run.new.startswith("\ufffd") and _stands_apart(text, found, k)
    ]
    wholes = "".join(unit for run in lossy for unit in _UTF8_THREE.findall(run.old))
    clean = bytes(map(_BYTE.__getitem__, wholes)).decode("utf-8", "ignore")
    clean += "".join(run.new for run in strict)
    if len(_CJK.findall(clean)) < 2:
        return strict
    from corpusprep.text import lm

    holes = _holes(text, clean + "".join(_HAN.findall(text)))
    known: _Known = {}
    spans: list[tuple[int, list[str]]] = []
    for run in lossy:
        at = run.start
        units: list[str] = []
        for unit in _UTF8_UNITS.findall(run.old):
            if unit not in known:
                known[unit] = _options(unit, holes)
            if known[unit]:
                units.append(unit)
            else:  # not UTF-8 after all: the run is in two
                spans.append((at, units))
                at, units = at + sum(map(len, units)) + len(unit), []
        spans.append((at, units))
    spans = [(start, units) for start, units in spans if units]
    runs = []
    for (start, units), chars in zip(spans, _choose(text, spans, known), strict=True):
        end = start + sum(map(len, units))
        runs.append(_Run(start, end, text[start:end], "".join(chars), _UTF8))
    news = lm.scores([run.new for run in runs])
    olds = _score([run.old for run in runs])
    filled = [
        run if _decode_strictly(run.old) else run._replace(evidence=f"{new - old:+.1f}")
        for run, new, old in zip(runs, news, olds, strict=True)
        if new >= _MIN_MEAN * len(run.new) or _decode_strictly(run.old)
    ]
    return sorted((*strict, *filled))


def _options(unit: str, holes: _Holes) -> _Options:
    """Return what *unit* may have been, likeliest first, each with its log odds."""
    whole = _decode_strictly(unit)
    if whole is not None:
        return ((whole, 0.0),)
    if not "\xe0" <= unit[0] <= "\xef":
        return ()
    from corpusprep.text import lm

    known = [
        holes.marked if c == "\ufffd" else holes.blank if c in " ?" else ((_BYTE[c], 0.0),)
        for c in unit[1:]
    ]
    lost = holes.dropped
    forms = [(known, "", 0.0)] if len(known) == 2 else []
    if len(known) == 2 and unit[2] in " ?":
        if unit[1] in " ?":
            forms.append(([lost, lost], unit[1:], holes.apart))
        else:
            forms += [(pair, unit[2], holes.apart) for pair in ([known[0], lost], [lost, known[0]])]
    if len(known) == 1:
        forms += [([known[0], lost], "", 0.0), ([lost, known[0]], "", 0.0)]
    if not known:
        forms += [([lost, lost], "", 0.0)]
    lead = _BYTE[unit[0]]
    found: dict[str, float] = {}
    for (second, third), after, apart in forms:
        for (b, p), (c, q) in product(second, third):
            char = bytes((lead, b, c)).decode("utf-8", "ignore")
            if char and _TEXT.match(char):
                found[char + after] = max(p + q + apart, found.get(char + after, -99.0))
    rare = _rare()
    for string, odds in found.items():
        misfit = (
            _script(string[0]) == holes.foreign != ""
            or string[0] in holes.unlikely
            or _UNUSUAL.match(string[0]) is not None
        )
        cost = _RARE_COST * (rare.match(string) is not None) - _MISFIT * misfit
        found[string] = odds - cost
    ones = lm.scores([string[0] for string in found])
    ranked = sorted(
        (
            (float(nats) + odds, string, odds)
            for nats, (string, odds) in zip(ones, found.items(), strict=True)
        ),
        reverse=True,
    )
    return tuple(
        (string, odds)
        for nats, string, odds in ranked[:_MAX_OPTIONS]
        if nats > ranked[0][0] - _REMOTE
    )


def _choose(text: str, spans: list[tuple[int, list[str]]], known: _Known) -> list[list[str]]:
    """Return the characters of each span: of those with several *known* options the likeliest."""
    chosen = [[known[unit][0][0] for unit in units] for _, units in spans]
    clusters = []
    closing = any(option in "」』" for options in known.values() for option, _ in options)
    for k, (start, units) in enumerate(spans):
        open_units = [i for i, unit in enumerate(units) if len(known[unit]) > 1]
        if not open_units:
            continue
        chars = [*text[max(0, start - 2) : start].rjust(2, "\n"), *chosen[k]]
        end = start + sum(map(len, units))
        chars += text[end : end + 2]
        corners = (
            {}
            if not closing
            else _corners(units, known, opened="「" in text[max(0, start - _REACH) : start])
        )
        for group in _groups(open_units):
            steps = []
            for i, then in zip(group, [*group[1:], None], strict=True):
                after = "".join(chars[i + 3 : i + 5 if then is None else then + 2])
                options = known[units[i]]
                if i in corners:
                    options = tuple((o, p + corners[i] * (o in "」』")) for o, p in options)
                steps.append((options, after))
            before = "".join(chars[group[0] : group[0] + 2])[-2:]
            clusters.append(_Cluster(before, steps, [(k, i) for i in group]))
    for at in range(0, len(clusters), _BATCH):
        for cluster, picks in _search(clusters[at : at + _BATCH]):
            for (k, i), pick in zip(cluster.places, picks, strict=True):
                chosen[k][i] = pick
    return chosen


def _corners(units: list[str], known: _Known, *, opened: bool) -> dict[int, float]:
    """Return the log odds that the lost characters of a span that may be 」 are.

    Where nothing is open they are not; the only candidate after an opening one is.
    """
    odds: dict[int, float] = {}
    since: list[int] = []
    for i, unit in enumerate(units):
        options = known[unit]
        if options[0][0] in "「『" and len(options) == 1:
            if opened and len(since) == 1:
                odds[since[0]] = _CORNER
            opened, since = True, []
        elif len(options) > 1 and any(option in "」』" for option, _ in options):
            since.append(i)
            if not opened:
                odds[i] = -_CORNER
    if opened and len(since) == 1:
        odds[since[0]] = _CORNER
    return odds


def _groups(places: list[int]) -> Iterator[list[int]]:
    """Yield *places* in groups that a triple of characters holds together."""
    group = places[:1]
    for place in places[1:]:
        if place - group[-1] > 2:
            yield group
            group = []
        group.append(place)
    yield group


_Hypothesis = tuple[float, str, "_Chain"]
_Chain = tuple["_Chain", str] | None  # the picks so far, last first


def _search(clusters: list[_Cluster]) -> Iterator[tuple[_Cluster, list[str]]]:
    """Yield each of *clusters* with its likeliest picks: a beam through all of them in step."""
    from corpusprep.text import lm

    clusters = sorted(clusters, key=lambda cluster: -len(cluster.steps))
    beams: list[list[_Hypothesis]] = [[(0.0, cluster.before, None)] for cluster in clusters]
    nats: dict[str, float] = {}
    active = len(clusters)
    for k in range(len(clusters[0].steps) if clusters else 0):
        while len(clusters[active - 1].steps) <= k:
            active -= 1
        new: dict[str, None] = {}
        tried: list[list[tuple[_Hypothesis, str, float, str]]] = []
        for cluster, beam in zip(clusters[:active], beams, strict=False):
            options, after = cluster.steps[k]
            tries = [(h, o, odds, h[1] + o + after) for h in beam for o, odds in options]
            tried.append(tries)
            for hypothesis, _, _, string in tries:
                if string not in nats:
                    new[string] = None
                if hypothesis[1] not in nats:
                    new[hypothesis[1]] = None
        nats.update(zip(new, lm.scores(list(new)).tolist(), strict=True))
        for j, tries in enumerate(tried):
            grown: list[_Hypothesis] = [
                (total - nats[last] + odds + nats[string], string[-2:], (chain, option))
                for (total, last, chain), option, odds, string in tries
            ]
            least = max(map(_total, grown)) - _WIDTH
            kept = [hypothesis for hypothesis in grown if hypothesis[0] > least]
            beams[j] = kept if len(kept) == 1 else sorted(kept, key=_total, reverse=True)[:_BEAM]
    for cluster, beam in zip(clusters, beams, strict=True):
        picks: list[str] = []
        chain = beam[0][2]
        while chain is not None:
            chain, pick = chain
            picks.append(pick)
        yield cluster, picks[::-1]


def _total(hypothesis: _Hypothesis) -> float:
    return hypothesis[0]


# --- GB18030 and Big5 ---------------------------------------------------------------------------

_LEAD = f"\x81-\xfe{_SIGNS.replace('€', '')}"
_PAIR = f"[{_LEAD}](?:[\x80-\xfe{_SIGNS}]|[0-9][{_LEAD}][0-9]|[@-~])"
_PAIRS = re.compile(_PAIR)
_PAIR_RUN = re.compile(f"(?:{_PAIR})+")
_TWO_PAIRS = re.compile(f"(?:{_PAIR}){{2,}}")
_SIGN_CLASS = re.compile(f"[{_SIGNS}]")
_EDGE = re.compile("[“”‘’…—–·«»°™•]+")
_CJK_START = re.compile(f"[{HAN}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}]+")
_ASCII = re.compile("[\0-\x7f]+")
_ASCII_COST = 5.0
_ODD_COST = 14.0
_CJK_CLASS = f"{HAN}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}\u3000"
_LETTER = re.compile("[A-Za-z]")
_LOW_SIGN = re.compile("[\xa1-\xbf\x80-\x9f]")
_ENCODINGS = {"gb18030": _GBK, "big5hkscs": _BIG5}
_MIN_HIGH = 4  # letters in a run that may prove itself
_MAX_EDGE = 4  # clean signs at either end of a run
# Nats a character, by length, that a run must reach to prove itself, and its lead over `_foreign`.
# On Django's messages 95 % of the right readings of 2 characters and 99 % of those of 4 and more
# do; of Cyrillic, Greek, Thai, Arabic, Hebrew, Japanese and Korean read so none (8 languages).
_LIMITS = {1: -5.0, 2: -6.8, 3: -8.5, 4: -9.5, 5: -9.5}
_LIMIT = -10.0
_LIMIT_AMONG_CHINESE = -11.0
_LEAD_OF_TWO, _LEAD_OF_MORE = 3.2, 0.5
_CLEAR = -7.0  # no other alphabet's text reads so well
_SHARED_MARKS = re.compile("[“”‘’…—·]+")
_MARKS = re.compile("[，。、：；！？（）《》“”「」]")


class _Reading(NamedTuple):
    """A run, or most of it, in one encoding: nats of the whole window, and a character's mean."""

    total: float
    mean: float
    run: _Run


def _find_double_byte(text: str, claimed: list[_Run]) -> list[_Run]:
    """Return the runs of GB18030 or Big5, in *text* outside *claimed*."""
    whole = _HAN.search(text) is None  # then all of the document went through the wrong decoder
    strong = [
        m
        for m in _pair_spans(_TWO_PAIRS, text, claimed)
        if len(m[0]) >= _MIN_HIGH <= _count_high(m[0])
    ]
    if not strong:
        return []
    best = _read(text, strong, list(_ENCODINGS))
    sure = [reading for reading in best if _is_surely_pairs(text, reading)] or _agree(text, best)
    if not sure:
        return []
    weight = dict.fromkeys(_ENCODINGS.values(), 0)
    for reading in sure:
        weight[reading.run.rule] += len(_HAN.findall(reading.run.new))
    rule = max(weight, key=weight.__getitem__)
    runs = [r.run for r in sure if r.run.rule == rule or weight[rule] <= 4 * weight[r.run.rule]]
    runs.sort()
    if weight[rule] < _EVIDENT - 2:
        return runs
    encoding = next(name for name, its in _ENCODINGS.items() if its == rule)
    done = {run.start for run in runs}
    others = [m for m in _pair_spans(_PAIR_RUN, text, claimed) if m.start() not in done]
    fit = (
        reading.run
        for reading in _read(text, others, [encoding])
        if _fits(text, reading, whole=whole)
    )
    return _merge(runs, fit)


def _pair_spans(
    pattern: re.Pattern[str], text: str, claimed: list[_Run]
) -> Iterator[re.Match[str]]:
    """Yield what *pattern* finds outside *claimed*."""
    at = 0
    for start, end in (*((run.start, run.end) for run in claimed), (len(text), len(text))):
        yield from pattern.finditer(text, at, start)
        at = end


def _read(text: str, spans: Iterable[re.Match[str]], encodings: Sequence[str]) -> list[_Reading]:
    """Return the likeliest reading of each of *spans* that has one."""
    runs: list[tuple[int, _Run]] = []
    windows = []
    for m in spans:
        before, after = _context(text, m.start(), m.end())
        for start, end in _edges(text, m):
            old = text[start:end]
            for encoding in encodings:
                new = _decode_pairs(old, encoding)
                if new is not None:
                    runs.append((m.start(), _Run(start, end, old, new, _ENCODINGS[encoding])))
                    window = text[m.start() : start] + new + text[end : m.end() + 1]
                    windows.append(before + window + after)
    totals = _score(windows)
    news = _score([run.new for _, run in runs])
    olds = _score([run.old for _, run in runs])
    best: dict[int, _Reading] = {}
    for (at, run), total, nats, damaged in zip(runs, totals, news, olds, strict=True):
        if at not in best or total > best[at].total:
            evident = run._replace(evidence=f"{nats - damaged:+.1f}")
            best[at] = _Reading(total, nats / len(run.new), evident)
    return list(best.values())


def _context(text: str, start: int, end: int) -> tuple[str, str]:
    """Return the Chinese characters, at most two each side, that touch the span."""
    left = _CJK_START.match(text[max(0, start - 2) : start][::-1])
    right = _CJK_START.match(text, end + 1, end + 3)
    return (left[0][::-1] if left else "", right[0] if right else "")


def _edges(text: str, m: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the span of *m*, and what is left of it without clean signs at its ends."""
    first = _EDGE.match(m[0])
    for k in range(min(_MAX_EDGE, len(first[0])) + 1 if first else 1):
        run = _PAIR_RUN.match(text, m.start() + k) if k else m
        if run is None:
            continue
        yield run.span()
        last = _EDGE.match(run[0][: -_MAX_EDGE - 1 : -1])
        for cut in range(1, len(last[0]) + 1) if last else ():
            if _PAIR_RUN.fullmatch(text, run.start(), run.end() - cut):
                yield run.start(), run.end() - cut


def _decode_pairs(old: str, encoding: str) -> str | None:
    """Return *old* read in *encoding*; None if more than one pair in twenty is not in it."""
    data = old.translate(_AS_LATIN).encode("latin-1")
    try:
        return data.decode(encoding)
    except UnicodeError:
        pass
    units = _PAIRS.findall(old)
    chars = [_decode_pair(unit, encoding) for unit in units]
    if 20 * chars.count(None) > len(chars):
        return None
    return "".join(unit if char is None else char for unit, char in zip(units, chars, strict=True))


@lru_cache(maxsize=1 << 15)
def _decode_pair(unit: str, encoding: str) -> str | None:
    try:
        return unit.translate(_AS_LATIN).encode("latin-1").decode(encoding)
    except UnicodeError:
        return None


@cache
def _rare() -> re.Pattern[str]:
    """Return the Han that the model does not know apart: it takes them all for 偍."""
    from corpusprep.text import lm

    han = [chr(code) for code in (*range(0x3400, 0xA000), *range(0xF900, 0xFB00))]
    nats = zip(lm.scores(han), lm.scores([_RARE + char for char in han]), strict=True)
    same = lm.score(_RARE), lm.score(_RARE * 2)
    rare = "".join(char for char, pair in zip(han, nats, strict=True) if pair == same)
    return re.compile(f"[{rare}\U00020000-\U0002fa1f\U00030000-\U000323af]")


@cache
def _odd() -> re.Pattern[str]:
    """Return what running Chinese has little of: rare Han, and all that is neither Han nor mark."""
    return re.compile(f"{_rare().pattern}|[^\0-\x7f\u2010-\u206f{_CJK_CLASS}]")


def _score(texts: Sequence[str]) -> list[float]:
    """Return the nats of each of *texts* as Chinese; ASCII and odd characters cost a fixed sum."""
    from corpusprep.text import lm

    odd = _odd()
    bare = [text if text.isascii() else _ASCII.sub("", text) for text in texts]
    plain = [odd.sub("", text) for text in bare]
    return [
        float(nats) - _ASCII_COST * (len(a) - len(b)) - _ODD_COST * (len(b) - len(c))
        for a, b, c, nats in zip(texts, bare, plain, lm.scores(plain), strict=True)
    ]


def _is_surely_pairs(text: str, reading: _Reading) -> bool:
    """Return whether *reading* alone proves that its run was GB18030 or Big5."""
    run = reading.run
    n = len(run.new)
    high = _count_high(run.old)
    han = _HAN.findall(run.new)
    if (
        high < _MIN_HIGH
        or not han
        or _is_mostly_signs(run.old)
        or run.old == "".join(sorted(run.old))
    ):
        return False
    ordinary = all(map(is_ordinary, han))
    if n <= 2 and not (len(han) == n and ordinary and _LOW_SIGN.search(run.old)):
        return False
    if n <= 5 and _touches_letter(text, run) and not _MARKS.search(run.new):
        return n > 3 and reading.mean > _CLEAR - 1
    limit = _LIMITS.get(n, _LIMIT)
    if n > 2 and high > 4 and ordinary and _in_chinese(text, run):
        limit = _LIMIT_AMONG_CHINESE
    if reading.mean < limit:
        return False
    if n > 3 and reading.mean > _CLEAR:
        return True
    return reading.mean - _foreign(run.old) / n > (_LEAD_OF_TWO if n < 3 else _LEAD_OF_MORE)


def _agree(text: str, readings: list[_Reading]) -> list[_Reading]:
    """Return *readings* if together they prove what none of them does alone; none if they do not."""
    run = [reading.run for reading in readings]
    new, old = "".join(r.new for r in run), "".join(r.old for r in run)
    if len(readings) < 2 or len({r.rule for r in run}) > 1 or len(new) < _MIN_HIGH:
        return []
    if 10 * _count_high(old) < 9 * _count_high(text) or not all(
        map(is_ordinary, _HAN.findall(new))
    ):
        return []
    mean = sum(reading.mean * len(reading.run.new) for reading in readings) / len(new)
    fits = mean > _CLEAR - 1 and mean - _foreign(old) / len(new) > _LEAD_OF_MORE
    return readings if fits else []


def _in_chinese(text: str, run: _Run) -> bool:
    """Return whether *run* touches clean Chinese, or has full-width marks itself."""
    if _MARKS.search(run.new):
        return True
    return any(
        map(_CJK.match, (text[max(0, run.start - 1) : run.start], text[run.end : run.end + 1]))
    )


def _fits(text: str, reading: _Reading, *, whole: bool) -> bool:
    """Return whether *reading* is likely in a document that has proven runs of its encoding."""
    run = reading.run
    if not _is_likely(run.new) or not (_CJK.search(run.new) or _SHARED_MARKS.fullmatch(run.new)):
        return False
    if reading.mean < _MIN_MEAN and len(run.new) > 2:
        return False
    if whole:
        return True
    if _is_mostly_signs(run.old):
        return False
    return _count_high(run.old) > 1 or not _touches_letter(text, run)


def _is_mostly_signs(old: str) -> bool:
    """Return whether *old* may be clean: “……” and —— stand in Chinese text."""
    return len(_SIGN_CLASS.findall(old)) * 2 > _count_high(old)


def _touches_letter(text: str, run: _Run) -> bool:
    """Return whether an ASCII letter stands before *run*, as in née, or after it."""
    before, after = text[max(0, run.start - 1) : run.start], text[run.end : run.end + 1]
    return _LETTER.match(before) is not None or _LETTER.match(after) is not None


# Letters by frequency, nats each: what other alphabets' text looks like after the same damage.
_ALPHABETS = (
    ("cp1251", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ"),
    ("koi8-r", "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"),
    ("iso8859-7", "αοιετσνηυρπκμλωδγχθφβξζψςάίόέήύώ"),
    ("cp1256", "اليمنترةوبعدسفحكقهجشصطخأىإزضءذثغؤظئ"),
    ("iso8859-8", "יוהלארתבשםמנעדחקפכסטגןזץצךף"),
    ("cp874", "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถธศณภ่้ีิัู์็"),
)
_OTHER_LETTER = -9.0
_CAPITAL = -2.5


@cache
def _foreign_tables() -> list[list[float]]:
    tables = []
    for encoding, letters in _ALPHABETS:
        table = [_OTHER_LETTER] * 256
        for rank, letter in enumerate(letters):
            nats = -2.2 - rank / 10
            for char, cost in ((letter.upper(), nats + _CAPITAL), (letter, nats)):
                code = char.encode(encoding, "ignore")
                if len(code) == 1:
                    table[code[0]] = cost
        tables.append(table)
    return tables


def _foreign(old: str) -> float:
    """Return the nats of *old* in the likeliest alphabet that is read so, its capitals dear."""
    data = old.translate(_AS_LATIN).encode("latin-1")
    totals = [sum(map(table.__getitem__, data)) for table in _foreign_tables()]
    hangul = data.decode("euc_kr", "replace")
    totals.append(
        sum(-5.0 if c in _HANGUL else -9.5 if "가" <= c <= "힣" else -13.0 for c in hangul)
    )
    for encoding in ("euc_jp", "shift_jis"):
        japanese = data.decode(encoding, "replace")
        totals.append(sum(-4.5 if "ぁ" <= c <= "ー" else -10.0 for c in japanese))
    return max(totals)


_HANGUL = frozenset(
    "이다는의에하가을지고를은기한사리로도어시대서정자아해라수나인일전부들제주그상장과적보안세만"
    "구여있성소원것거오조스비동모으유국용치위공선경면트신우미화계방할연문무체음요되중행간생관마없"
    "내으개단진드분실학발교설입작말타재재저재영력반식호물"
)
