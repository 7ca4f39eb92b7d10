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
from collections import Counter
from functools import cache, lru_cache
from itertools import accumulate, compress, pairwise, product
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import BOPOMOFO, CJK_PUNCTUATION, FULL_WIDTH_PUNCTUATION, HAN, KANA
from corpusprep.text.edits import Edit, apply, trace
from corpusprep.text.lostbytes import Run, fill, likeliest, plausible_chars
from corpusprep.text.readings import COMMON, JAPANESE, KOREAN, is_ordinary, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["AS_LATIN", "LATIN_GATE", "find_latin"]

# cp1252 gives 27 of the bytes 80-9F a sign; Latin-1 leaves all 32 as control characters, and so do
# decoders that follow the WHATWG standard for the five that cp1252 leaves open.
_SIGNS = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_OPEN = "\x81\x8d\x8f\x90\x9d"
_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    char: char.encode("cp1252")[0] for char in _SIGNS
}
AS_LATIN = {ord(char): byte for char, byte in _BYTE.items()}
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

_MARKS = f"{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}"
_HAN = re.compile(f"[{HAN}]")
_CJK = re.compile(f"[{HAN}{KANA}{BOPOMOFO}{_MARKS}\u3000\uac00-\ud7a3]")
_MARK = re.compile(f"[{_MARKS}]")
_WIDE = re.compile("[\u1100-\uffff]")
_STRETCH = re.compile(f"[{_HIGH}\ufffd]+")
_UTF8, _GBK, _BIG5 = (f"mojibake-{name}-as-latin" for name in ("utf8", "gbk", "big5"))
_REACH = 32  # letters each side of a run that may belong to the same damage
_EVIDENT = 6  # characters in proven runs, from which on the rest of the document needs no proof


class _Found(NamedTuple):
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
    a character alone in straight quotes, as code has it: "Ã©".

    >>> list(find_latin("天安门上空的ï¼šâ€œä½\xa0å¥½â€\x9d"))
    [Edit(start=6, end=21, new='：“你好”', rule='mojibake-utf8-as-latin:5 units')]
    >>> list(find_latin("café, naïve, « idée »"))
    []
    """
    if LATIN_GATE.search(text) is None:
        return
    inner, layers = _peel(text)
    found = _find_all(inner)
    if layers:
        spans: Iterable[tuple[int, int]] = [run[:2] for run in found]
        for edits in reversed(layers):
            spans = trace(spans, edits)
        moved = zip(found, spans, strict=True)
        found = [run._replace(start=a, end=b, old=text[a:b]) for run, (a, b) in moved]
        inside = {*found}
        merged = _merge(found, _joined(text, layers[0]))
        found = [run for run in merged if run in inside or _is_bad(run)]
    for start, end, _, new, rule, evidence in found:
        beside = text[max(0, start - 1) : start], text[end : end + 1]
        if len(new) > 1 or not _STRAIGHT.issuperset(beside):
            yield Edit(start, end, new, f"{rule}:{evidence}")


_STRAIGHT = frozenset("\"'`")


def _find_all(text: str) -> list[_Found]:
    """Return the damaged runs of *text*, from which outer layers are off, in order."""
    strong = [m.span() for m in _UTF8_STRONG.finditer(text)]
    high = _count_high(text)
    if 5 * sum(end - start for start, end in strong) < high:  # most of it is no UTF-8
        pairs = _find_double_byte(text, [])
        starts = [run.start for run in pairs]
        before = [bisect_right(starts, start) - 1 for start, _ in strong]
        inside = (k >= 0 and pairs[k].end > at for k, (at, _) in zip(before, strong, strict=True))
        explained = sum(_count_high(run.old) for run in pairs)
        if pairs and 10 * explained >= 9 * high and all(inside):
            return pairs
    found, rest = _find_utf8(text)
    found = _merge(found, _find_double_byte(text, found))
    # Where long stretches stay unexplained, the text is in some other encoding, and so is the rest.
    long = sum(len(stretch) for stretch in _STRETCH.findall(text) if len(stretch) > 3)
    long -= sum(len(run.old) for run in (*found, *rest) if len(run.old) > 3)
    if long > sum(len(run.old) for run in rest):
        return found
    return _merge(found, (run._replace(evidence="ftfy") for run in rest if _is_bad(run)))


def _count_high(text: str) -> int:
    return sum(map(len, _STRETCH.findall(text)))


def _merge(first: list[_Found], second: Iterable[_Found]) -> list[_Found]:
    """Return both lists in order, without those of *second* that overlap one of *first*."""
    starts = [run.start for run in first]
    kept = []
    for run in second:
        k = bisect_right(starts, run.start)
        if (k and first[k - 1].end > run.start) or (k < len(first) and first[k].start < run.end):
            continue
        kept.append(run)
    return sorted((*first, *kept))


# --- outer layers -------------------------------------------------------------------------------

_MAX_LAYERS = 3
_LAYERED = 8  # units of an outer layer, from which on the rest of the document has it too
# How a Latin letter or sign looks after one more round; where a byte of it was lost, the last three.
_LAYER = (
    f"[\xc2\xc3][{_TAIL}]|Å[\x92\x93“’\xa0\xa1\xb8\xbd\xbe]|Æ[\x92’]|Ë[\x86†\x9cœ˜]"
    f"|â(?:[\x80€][{_TAIL}\ufffd]|[\x82‚]\xac|[\x84„]\xa2)|\xc2\ufffd"
    "|\xc2 ?(?=[\xc2\xc3âÅÆË])|â€(?=[\xc2\xc3âÅÆË\\s]|$)"
)
_LAYER_CHAIN = re.compile(f"(?:{_LAYER})+(?:[!-~]{{1,2}}(?:{_LAYER})+)*")
_LAYER_UNIT = re.compile(
    f"[!-~]+|[\xc2\xc3ÅÆË][{_TAIL}\ufffd]|\xc2 ?|â(?:[\x80€][{_TAIL}\ufffd]|[\x82‚]\xac|[\x84„]\xa2|€)"
)
_LETTER_UNIT = re.compile(f"\xc3[{_TAIL}]")
_SPACED_UNITS = re.compile(f"(?:\xc2[{_TAIL}][!-~]?){{4}}")
# ” is the only sign of cp1252 that loses a byte, and so is certain.
_LOST_IN_LAYER = {
    "\xc2\ufffd": "\ufffd", "\xc2": "\ufffd", "\xc2 ": "\xa0", "â€\ufffd": "”", "â€": "”",
}  # fmt: skip


def _peel(text: str) -> tuple[str, list[list[Edit]]]:
    """Take outer layers of UTF-8 off *text*: return what is under them, and the edits of each."""
    layers: list[list[Edit]] = []
    for _ in range(_MAX_LAYERS - 1):
        edits = _layer(text) if "\xc2" in text or "\xc3" in text else []
        if not edits:
            break
        layers.append(edits)
        text = apply(text, edits)
    return text, layers


def _layer(text: str) -> list[Edit]:
    """Return the edits that take one layer off, one for each letter or sign under it."""
    chains = [(m.start(), m[0], _LAYER_UNIT.findall(m[0])) for m in _LAYER_CHAIN.finditer(text)]
    proven = [chain for chain in chains if len(chain[2]) >= 3 and _is_layer(chain[1])]
    edits = []
    for at, _, units in chains if sum(len(c[2]) for c in proven) >= _LAYERED else proven:
        end = at
        for unit in units:
            start, end = end, end + len(unit)
            if _under(unit) != unit:
                edits.append(Edit(start, end, _under(unit), _UTF8))
    return edits


def _is_layer(chain: str) -> bool:
    """Return whether *chain* may be a layer: it has a letter, or signs with ASCII between."""
    return _LETTER_UNIT.search(chain) is not None or (
        _SPACED_UNITS.search(chain) is not None and _ASCII.search(chain) is not None
    )


@lru_cache(1 << 12)
def _under(unit: str) -> str:
    """Return the letter or sign that *unit* was one layer before, or *unit* itself."""
    char = _LOST_IN_LAYER.get(unit) or _decode_strictly(unit)
    return char if char in _BYTE or char == "\ufffd" else unit


def _joined(text: str, edits: Sequence[Edit]) -> Iterator[_Found]:
    """Yield *edits* as runs, those that touch each other as one."""
    ends = [k for k, (edit, then) in enumerate(pairwise(edits), 1) if edit.end < then.start]
    for first, last in pairwise((0, *ends, len(edits))):
        start, end = edits[first].start, edits[last - 1].end
        new = "".join(edit.new for edit in edits[first:last])
        yield _Found(start, end, text[start:end], new, _UTF8, "ftfy")


# --- UTF-8 --------------------------------------------------------------------------------------

# A unit that lost bytes: U+FFFD, a blank or ? in the place of one, or nothing at all.
_LOST = f"[{_TAIL}\ufffd]"
_BLANK = "[ ?](?=[^\0-\x7f]| |$)"
_UTF8_UNIT = (
    f"[\xc2-\xdf]{_LOST}|[\xf0-\xf4][{_TAIL}]{{3}}"
    f"|[\xe0-\xef](?:{_LOST}{{2}}|{_LOST}(?:{_BLANK})?|[ ?][{_TAIL}]|[ ?]{_BLANK})?"
)
_UTF8_UNITS = re.compile(_UTF8_UNIT)
_UTF8_RUN = re.compile(f"(?=[\xc2-\xf4][ ?]{{0,2}}[{_TAIL}\ufffd\xe0-\xef])(?:{_UTF8_UNIT})+")
_UTF8_THREE = re.compile(f"[\xe1-\xef][{_TAIL}]{{2}}")
_UTF8_STRONG = re.compile(f"(?:[\xe1-\xef][{_TAIL}]{{2}}){{2}}")
_UTF8_SHORT = re.compile(f"[\xe0-\xef][{_TAIL}]?(?=[\xe0-\xef])")
# What follows é or è in clean French: « café\xa0» and the like spell 頻, 項, 頓.
_FRENCH = frozenset("\xa0«»“”‘’…–—™©®°·€¹²³")
_MIXED = re.compile(
    "[\u0180-\u024f\u0250-\u02af\u02b0-\u036f](?![\0-\x7f])|[\u0180-\u1fff][\u2e80-\ud7ff]"
)
_NOT_LATIN = re.compile("[^\0-\u024f\u2000-\u2bff\U0001f000-\U0001faff]")


def _find_utf8(text: str) -> tuple[list[_Found], list[_Found]]:
    """Return the runs that were UTF-8 for sure, and others that may have been."""
    runs = _UTF8_RUN.finditer(text)
    found = [_Found(*m.span(), m[0], _decode_strictly(m[0]), _UTF8) for m in runs]
    if not all(run.new for run in found):
        found = _fill_lost(text, found)
    sure: list[_Found] = []
    rest: list[_Found] = []
    for k, run in enumerate(found):
        if _stands_apart(text, found, k):
            (sure if _is_surely_utf8(run) else rest).append(run)
    if sum(len(_CJK.findall(run.new)) for run in sure) >= _EVIDENT:
        fits = [_fits_utf8(text, run) for run in rest]
        sure = sorted((*sure, *compress(rest, fits)))
        rest = [run for run, fit in zip(rest, fits, strict=True) if not fit]
    return [_with_evidence(run) for run in sure], rest


def _decode_strictly(run: str) -> str:
    """Return the text of *run* if it is well-formed UTF-8 without a lost byte, or nothing."""
    try:
        return bytes(map(_BYTE.__getitem__, run)).decode()
    except (KeyError, UnicodeDecodeError):
        return ""


def _stands_apart(text: str, runs: list[_Found], k: int) -> bool:
    """Return whether the letters that touch the run at *k* belong to such runs as well.

    GB18030 and Big5 that were read as Latin letters have a few runs that look like UTF-8.
    """
    run = runs[k]
    if text[run.start - 1 : run.start] not in _BYTE and text[run.end : run.end + 1] not in _BYTE:
        return True
    last = runs[k - 1].end if k and _is_wide(runs[k - 1]) else 0
    then = runs[k + 1].start if k + 1 < len(runs) and _is_wide(runs[k + 1]) else len(text)
    left = _STRETCH.match(text[max(last, run.start - _REACH) : run.start][::-1])
    right = _STRETCH.match(text, run.end, min(then, run.end + _REACH))
    others = (left[0] if left else "") + (right[0] if right else "")
    return 3 * (len(others) - sum(map(others.count, "“”‘’…—–·"))) <= len(run.old)


def _is_wide(run: _Found) -> bool:
    return not run.new or _WIDE.search(run.new) is not None


def _is_surely_utf8(run: _Found) -> bool:
    """Return whether *run* alone proves that it was UTF-8: its result is likely, its form is not."""
    cjk = _CJK.findall(run.new)
    if len(cjk) >= 2:
        whole = len(_UTF8_THREE.findall(run.old)) if run.evidence else len(cjk)
        return whole >= 4 or (whole > 0 and _is_likely(run.new))
    if run.evidence or "\ufffd" in run.new:  # bytes were lost
        return False
    if not cjk:
        return len(run.old) == 3 and run.old.startswith("â€")  # quotes, dashes, dots
    return not _FRENCH.issuperset(run.old[-2:]) and (
        cjk[0] in COMMON or _MARK.match(cjk[0]) is not None
    )


def _fits_utf8(text: str, run: _Found) -> bool:
    """Return whether *run* is likely in a document that has proven runs."""
    before = text[max(0, run.start - 1) : run.start]
    if "\ufffd" in run.new or (run.evidence and before.isascii() and before.isalpha()):
        return False
    return _is_likely(run.new)


def _is_likely(new: str) -> bool:
    """Return whether at least half of the Han in *new* are in daily use."""
    han = _HAN.findall(new)
    return sum(map(is_ordinary, han)) * 2 >= len(han)


def _with_evidence(run: _Found) -> _Found:
    units = len(run.new)
    return run._replace(evidence=run.evidence or f"{units} unit{'s' * (units > 1)}")


def _is_bad(run: _Found) -> bool:
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

_TEXT = re.compile(f"[{HAN}{KANA}{_MARKS}\u3000\u2010-\u203b\u2103-\u26ff]")
_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_ANY = _OPEN + "\xad\xa0"  # bytes that decoders and cleaners lose
_CLOSE = 5.0  # nats; 9 costs a third of the speed and mends one character in 5,000 more
_LEAST_GAIN = 1.5  # nats by which the text must be likelier if one byte more may be gone
_MOST = 12  # candidates for one character; 8 lose a point where AD is lost
_SAMPLE = 300  # letters that show which bytes are gone
_MIN_MEAN = -11.0  # nats a character; wrong readings lie below -12, right ones about -5
_BRACKETS = dict(zip("」』】〕〉》", "「『【〔〈《", strict=True))


class _Losses(NamedTuple):
    """Which bytes may be gone, which may be blanks, and brackets that nothing opens or closes."""

    gone: str
    blank: str
    unlikely: frozenset[str]


def _fill_lost(text: str, found: list[_Found]) -> list[_Found]:
    """Return *found* with lost bytes chosen by what stands around them.

    Those that miss bytes and are part of something else are left out.
    """
    strict = [run for run in found if run.new]
    lossy = [run for k, run in enumerate(found) if not run.new and _stands_apart(text, found, k)]
    clean = "".join(_decode_strictly(m) for run in lossy for m in _UTF8_THREE.findall(run.old))
    clean += "".join(run.new for run in strict)
    if len(clean) < 2 or not _CJK.search(clean):
        return strict
    from corpusprep.text import lm

    runs = _lost_runs(text, lossy, _losses(text, found, lossy, clean))
    olds = [text[run.start : run.end] for run in runs]
    news = fill(text, runs, close=_CLOSE)
    nats = lm.scores(news).tolist()
    for run, old, new, total, before in zip(runs, olds, news, nats, _score(olds), strict=True):
        whole = _decode_strictly(old)
        if whole or total >= _MIN_MEAN * len(new):
            evidence = "" if whole else f"{total - before:+.1f}"
            strict.append(_Found(run.start, run.end, old, new, _UTF8, evidence))
    return sorted(strict)


def _losses(text: str, found: Sequence[_Found], lossy: Sequence[_Found], clean: str) -> _Losses:
    """Return which bytes the decoder or a cleaner lost in *text*, of which *clean* is sure.

    A decoder that marks the five open bytes does not drop them. A cleaner that takes invisible
    characters takes the soft hyphen AD too: then the text is likelier with it, if only a little,
    for without it every lost AD is some other character. A blank is a no-break space, A0.
    """
    letters = "".join(run.old for run in found)
    short = any(_UTF8_SHORT.search(run.old) for run in lossy)
    kept = "\ufffd" in letters or any(byte in letters for byte in _OPEN)
    hard = "" if "\xa0" in letters else "\xa0"
    unlikely = {mark for pair in _BRACKETS.items() for mark in pair if not {*pair} & {*clean}}
    if "】" not in clean:
        unlikely.add("【")
    if not _FULL_WIDTH.search(clean):
        unlikely.update("０－／＝")
    now = _Losses(
        "" if kept or not short else _OPEN,
        hard if kept or short else hard + _OPEN,
        frozenset(unlikely),
    )
    if not short or "\xad" in letters:
        return now
    sizes = accumulate(len(run.old) for run in lossy)
    sample = lossy[: 1 + sum(size <= _SAMPLE for size in sizes)]
    more = now._replace(gone=now.gone + "\xad")
    return more if _weigh(text, sample, more) > _weigh(text, sample, now) + _LEAST_GAIN else now


def _weigh(text: str, lossy: Sequence[_Found], losses: _Losses) -> float:
    from corpusprep.text import lm

    return float(lm.scores(fill(text, _lost_runs(text, lossy, losses), close=_CLOSE)).sum())


def _lost_runs(text: str, lossy: Iterable[_Found], losses: _Losses) -> list[Run]:
    """Return what each of *lossy* may have been; what cannot be UTF-8 divides it."""
    runs = []
    for run in lossy:
        start = at = run.start
        pieces: list[str | tuple[str, ...]] = []
        for unit in _UTF8_UNITS.findall(run.old):
            found = _candidates(unit, losses.gone, losses.blank)
            if len(found) > 1 and unit[0] in "ãï":  # where the marks are
                found = tuple(c for c in found if c[0] not in losses.unlikely) or found
            if found:
                pieces.append(found if len(found) > 1 else found[0])
            elif pieces:
                runs.append(Run(start, at, tuple(pieces), _UTF8))
                pieces = []
            at += len(unit)
            start = start if pieces else at
        if pieces:
            runs.append(Run(start, at, tuple(pieces), _UTF8))
    return [_with_corners(text, run) for run in runs]


def _with_corners(text: str, run: Run) -> Run:
    """Return *run* with 」 where it must stand, and not where no 「 is open."""
    pieces = [*run.pieces]
    before = text[max(0, run.start - _REACH) : run.start]
    opened = before.rfind("「") > before.rfind("」")
    last = "」" if "」" in text[run.end : run.end + _REACH] else "「"
    places: list[int] = []
    for k, piece in enumerate((*run.pieces, last)):
        if piece in ("「", "」"):
            if opened and len(places) == 1 and piece == "「":
                pieces[places[0]] = "」"
            opened, places = piece == "「", []
        elif not isinstance(piece, str) and "」" in piece:
            places.append(k)
            pieces[k] = piece if opened else tuple(char for char in piece if char != "」")
    return run._replace(pieces=tuple(pieces))


@lru_cache(1 << 15)
def _candidates(unit: str, gone: str, blank: str) -> tuple[str, ...]:
    """Return what *unit* may have been: if possible what modern text writes."""
    whole = _decode_strictly(unit)
    if whole or not "\xe0" <= unit[0] <= "\xef":
        return (whole,) if whole else ()
    stands_for = {"\ufffd": _OPEN, " ": blank, "?": blank}
    tails = [stands_for.get(char) or chr(_BYTE.get(char, 0)) for char in unit[1:]]
    found = _spell(unit[0], *tails) if len(tails) == 2 else []
    bare = unit.rstrip(" ?")
    if len(bare) < 3:
        known = tails[: len(bare) - 1]
        for lost in (gone, _ANY):
            ways = ((*known, lost), (lost, *known)) if known else ((lost, lost),)
            spelt = [char for way in ways for char in _spell(unit[0], *way)]
            found += [char + unit[len(bare) :] for char in spelt if lost == gone or not found]
    good = [char for char in found if char[0] in plausible_chars()]
    return likeliest(tuple(sorted({*(good or filter(_TEXT.match, found))})), _MOST)


def _spell(lead: str, second: str, third: str) -> list[str]:
    data = ("".join(way).encode("latin-1") for way in product(lead, second, third))
    return list(filter(None, (each.decode("utf-8", "ignore") for each in data)))


# --- GB18030 and Big5 ---------------------------------------------------------------------------

_LEAD = f"\x81-\xfe{_SIGNS.replace('€', '')}"
_PAIR = f"[{_LEAD}](?:[\x80-\xfe{_SIGNS}]|[0-9][{_LEAD}][0-9]|[@-~])"
_PAIRS = re.compile(_PAIR)
_PAIR_RUN = re.compile(f"(?:{_PAIR})+")
_TWO_PAIRS = re.compile(f"(?:{_PAIR}){{2,}}")
_SIGN_CLASS = re.compile(f"[{_SIGNS}]")
_EDGE = re.compile("[“”‘’…—–·«»°™•]+")
_CJK_START = re.compile(f"[{HAN}{_MARKS}]+")
_ASCII = re.compile("[\0-\x7f]+")
_LETTER = re.compile("[A-Za-z]")
_LOW_SIGN = re.compile("[\xa1-\xbf\x80-\x9f]")
_SHARED_MARKS = re.compile("[“”‘’…—·]+")
_PLAIN_MARKS = re.compile("[，。、：；！？（）《》“”「」]")
_ENCODINGS = {_GBK: "gb18030", _BIG5: "big5hkscs"}
_MIN_HIGH = 4  # letters in a run that may prove itself
_AT_ONCE, _PROOF = 32, 60  # runs read in both encodings; Han in those that prove which it is
_EVIDENT_WHOLE = 20  # Han in proven runs, from which on all of a document is in that encoding
_MAX_EDGE = 4  # clean signs at either end of a run
_ASCII_COST, _ODD_COST = 5.0, 14.0  # nats
# Nats a character, by length, that a run must reach to prove itself, and its lead over `_foreign`.
# On Django's messages 95 % of the right readings of 2 characters and 99 % of those of 4 and more
# do; of Cyrillic, Greek, Thai, Arabic, Hebrew, Japanese and Korean read so none (8 languages).
_LIMITS = {1: -5.0, 2: -6.8, 3: -8.5, 4: -9.5, 5: -9.5}
_LIMIT = -10.0
_LIMIT_AMONG_CHINESE = -11.0
_LEAD_OF_TWO, _LEAD_OF_MORE = 3.2, 0.5
_CLEAR = -7.0  # no other alphabet's text reads so well


class _Reading(NamedTuple):
    """A run, or most of it, in one encoding: nats of the whole window, and a character's mean."""

    total: float
    mean: float
    run: _Found


def _find_double_byte(text: str, claimed: list[_Found]) -> list[_Found]:
    """Return the runs of GB18030 or Big5, in *text* outside *claimed*."""
    spans = [m for m in _outside(_TWO_PAIRS, text, claimed) if _count_high(m[0]) >= _MIN_HIGH]
    sure: list[_Reading] = []
    best: list[_Reading] = []
    for at in range(0, len(spans), _AT_ONCE):  # those after the proof need one encoding alone
        read = _read(text, spans[at : at + _AT_ONCE], list(_ENCODINGS))
        best += read
        sure += (reading for reading in read if _is_surely_pairs(text, reading))
        if sum(len(_HAN.findall(reading.run.new)) for reading in sure) >= _PROOF:
            break
    sure = _agree(text, best) or sure
    if not sure:
        return []
    weight: Counter[str] = Counter()
    for reading in sure:
        weight[reading.run.rule] += len(_HAN.findall(reading.run.new))
    rule, most = weight.most_common(1)[0]
    runs = sorted(r.run for r in sure if most <= 4 * weight[r.run.rule])
    if most < _EVIDENT - 2:
        return runs
    done = {run.start for run in runs}
    others = [m for m in _outside(_PAIR_RUN, text, claimed) if m.start() not in done]
    # Without clean Han all of the document went through the wrong decoder: names and signs too.
    whole = _HAN.search(text) is None
    read = _read(text, others, [rule])
    fit = [reading.run for reading in read if _fits(text, reading, whole=whole)]
    if whole and most >= _EVIDENT_WHOLE:
        fit += (r.run for r in read if _decode(r.run.old, _ENCODINGS[rule]) == r.run.new)
    return _merge(runs, sorted({*fit}))


def _outside(pattern: re.Pattern[str], text: str, claimed: list[_Found]) -> Iterator[re.Match[str]]:
    """Yield what *pattern* finds outside *claimed*."""
    at = 0
    for start, end in (*((run.start, run.end) for run in claimed), (len(text), len(text))):
        yield from pattern.finditer(text, at, start)
        at = end


def _read(text: str, spans: Iterable[re.Match[str]], rules: Sequence[str]) -> list[_Reading]:
    """Return the likeliest reading of each of *spans* that has one."""
    runs: list[tuple[int, _Found]] = []
    windows = []
    for m in spans:
        before = _CJK_START.match(text[max(0, m.start() - 2) : m.start()][::-1])
        after = _CJK_START.match(text, m.end() + 1, m.end() + 3)
        left, right = before[0][::-1] if before else "", after[0] if after else ""
        for (start, end), rule in product(_edges(text, m), rules):
            old = text[start:end]
            new = _decode_pairs(old, _ENCODINGS[rule])
            if new:
                runs.append((m.start(), _Found(start, end, old, new, rule)))
                window = text[m.start() : start] + new + text[end : m.end() + 1]
                windows.append(left + window + right)
    totals = _score(windows)
    news = _score([run.new for _, run in runs])
    olds = _score([run.old for _, run in runs])
    best: dict[int, _Reading] = {}
    for (at, run), total, nats, damaged in zip(runs, totals, news, olds, strict=True):
        if at not in best or total > best[at].total:
            evident = run._replace(evidence=f"{nats - damaged:+.1f}")
            best[at] = _Reading(total, nats / len(run.new), evident)
    return list(best.values())


def _edges(text: str, m: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the span of *m*, and what is left of it without clean signs at its ends."""
    first = _EDGE.match(m[0])
    for k in range(min(_MAX_EDGE, len(first[0])) + 1 if first else 1):
        run = _PAIR_RUN.match(text, m.start() + k) if k else m
        if run is None:
            continue
        last = _EDGE.match(run[0][: -_MAX_EDGE - 1 : -1])
        for cut in range(len(last[0]) + 1 if last else 1):
            if not cut or _PAIR_RUN.fullmatch(text, run.start(), run.end() - cut):
                yield run.start(), run.end() - cut


def _decode_pairs(old: str, encoding: str) -> str:
    """Return *old* read in *encoding*; nothing if more than one pair in twenty is not in it."""
    if whole := _decode(old, encoding):
        return whole
    units = _PAIRS.findall(old)
    chars = [_decode_pair(unit, encoding) for unit in units]
    if 20 * chars.count("") > len(chars):
        return ""
    return "".join(char or unit for unit, char in zip(units, chars, strict=True))


def _decode(old: str, encoding: str) -> str:
    try:
        return old.translate(AS_LATIN).encode("latin-1").decode(encoding)
    except UnicodeError:
        return ""


_decode_pair = lru_cache(1 << 15)(_decode)


@cache
def _odd() -> re.Pattern[str]:
    """Return what running Chinese has little of: rare Han, and all that is neither Han nor mark."""
    from corpusprep.text.script import simplify_chars

    han = "".join(map(chr, range(0x3400, 0xA000)))
    pairs = zip(han, simplify_chars(han), strict=True)
    usual = "".join(char for char, simple in pairs if {char, simple} & plausible_chars())
    return re.compile(f"[^\0-\x7f\u2010-\u206f\u3000々〇{_MARKS}{usual}]")


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
    run, mean = reading.run, reading.mean
    n = len(run.new)
    han = _HAN.findall(run.new)
    high = _count_high(run.old)
    if high < _MIN_HIGH or not han or _is_mostly_signs(run.old) or [*run.old] == sorted(run.old):
        return False
    ordinary = all(map(is_ordinary, han))
    if n <= 2 and not (len(han) == n and ordinary and _LOW_SIGN.search(run.old)):
        return False
    if n <= 5 and _touches_letter(text, run) and not _PLAIN_MARKS.search(run.new):
        return n > 3 and mean > _CLEAR - 1
    limit = _LIMITS.get(n, _LIMIT)
    if n > 2 and high > 4 and ordinary and _in_chinese(text, run):
        limit = _LIMIT_AMONG_CHINESE
    if mean < limit:
        return False
    if n > 3 and mean > _CLEAR:
        return True
    return mean - _foreign(run.old) / n > (_LEAD_OF_TWO if n < 3 else _LEAD_OF_MORE)


def _agree(text: str, readings: list[_Reading]) -> list[_Reading]:
    """Return *readings* if together they prove what none of them does alone; none if they do not."""
    run = [reading.run for reading in readings]
    new, old = "".join(r.new for r in run), "".join(r.old for r in run)
    if len(readings) < 2 or len({r.rule for r in run}) > 1 or len(new) < _MIN_HIGH:
        return []
    if 10 * _count_high(old) < 9 * _count_high(text):
        return []
    mean = sum(reading.mean * len(reading.run.new) for reading in readings) / len(new)
    fits = mean > _CLEAR - 1 and mean - _foreign(old) / len(new) > _LEAD_OF_MORE
    return readings if fits and all(map(is_ordinary, _HAN.findall(new))) else []


def _in_chinese(text: str, run: _Found) -> bool:
    """Return whether *run* touches clean Chinese, or has full-width marks itself."""
    beside = text[max(0, run.start - 1) : run.start] + text[run.end : run.end + 1]
    return _PLAIN_MARKS.search(run.new) is not None or _CJK.search(beside) is not None


def _fits(text: str, reading: _Reading, *, whole: bool) -> bool:
    """Return whether *reading* is likely in a document that has proven runs of its encoding."""
    run = reading.run
    if not _is_likely(run.new) or not (_CJK.search(run.new) or _SHARED_MARKS.fullmatch(run.new)):
        return False
    if reading.mean < _MIN_MEAN and len(run.new) > 2:
        return False
    if whole or _is_mostly_signs(run.old):
        return whole
    return _count_high(run.old) > 1 or not _touches_letter(text, run)


def _is_mostly_signs(old: str) -> bool:
    """Return whether *old* may be clean: “……” and —— stand in Chinese text."""
    return len(_SIGN_CLASS.findall(old)) * 2 > _count_high(old)


def _touches_letter(text: str, run: _Found) -> bool:
    """Return whether an ASCII letter stands before *run*, as in née, or after it."""
    beside = text[max(0, run.start - 1) : run.start] + text[run.end : run.end + 1]
    return _LETTER.search(beside) is not None


# Letters by frequency: what other alphabets' text looks like after the same damage.
_ALPHABETS = {
    "cp1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъёіїєґ",
    "koi8-r": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "iso8859-7": "αοιετσνηυρπκμλωδγχθφβξζψςάίόέήύώ",
    "cp1256": "اليمنترةوبعدسفحكقهجشصطخأىإزضءذثغؤظئ",
    "iso8859-8": "יוהלארתבשםמנעדחקפכסטגןזץצךף",
    "cp874": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผซถธศณภ่้ีิัู์็",
}
_SMALL, _CAPITAL, _OTHER_LETTER = -2.2, -4.7, -9.0  # nats
_EAST_ASIAN = (("euc_kr", KOREAN), ("euc_jp", JAPANESE), ("shift_jis", JAPANESE))


@cache
def _foreign_tables() -> list[list[float]]:
    """Return the nats of each byte in each of the alphabets, capitals dear."""
    tables = []
    for encoding, letters in _ALPHABETS.items():
        table = [_OTHER_LETTER] * 256
        for rank, letter in enumerate(letters):
            for char, nats in ((letter.upper(), _CAPITAL), (letter, _SMALL)):
                for byte in char.encode(encoding, "ignore")[:1]:
                    table[byte] = nats - rank / 10
        tables.append(table)
    return tables


def _foreign(old: str) -> float:
    """Return the nats of *old* in the likeliest language that looks so after the same damage."""
    data = old.translate(AS_LATIN).encode("latin-1")
    nats = [sum(map(table.__getitem__, data)) for table in _foreign_tables()]
    verdicts = (judge(data.decode(each, "replace"), language) for each, language in _EAST_ASIAN)
    return max(*nats, *(verdict.nats for verdict in verdicts if verdict.plain))
