r"""Encoding damage and its like, undone run by run: mojibake, inserted pinyin, HTML entities.

    推進(jìn)旅游高質(zhì)量發(fā)展        pinyin put in after some characters, against copying
    ä½\xa0å¥½ï¼Œä¸–ç•Œ                UTF-8 read as Latin-1 or cp1252
    ÎÄ¼þ²»´æÔÚ                    GB18030 or Big5 read as Latin-1
    &#20320;&amp;nbsp;            entities that were escaped twice or never resolved

A finder takes the text and gives edits, one for each damaged run; `repair_edits` runs those that
its gate lets through, and clean text meets only the gate. Only what can be inverted is touched:
锟斤拷 has lost its bytes and stays as it is.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from html.entities import html5
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import BOPOMOFO, CJK_PUNCTUATION, FULL_WIDTH_PUNCTUATION, HAN, KANA
from corpusprep.text.decode import COMMON, is_ordinary, plausibility
from corpusprep.text.edits import Edit, apply, settle
from corpusprep.text.width import find_urls, is_code, line_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["repair", "repair_edits"]

# Latin letters with marks, the other signs that bytes 80-FF become, and the ampersand. Left out
# are those that clean Chinese text has: no-break space, soft hyphen and § © « ® ° ± ² ³ · » × ÷.
_GATE = re.compile(
    "[&\x80-\x9f\xa1-\xa6\xa8\xaa\xac\xaf\xb4-\xb6\xb8-\xba\xbc-\xd6\xd8-\xf6\xf8-\u01dc\u0261\u1ebd]"
)


def repair_edits(
    text: str, *, pinyin: bool = True, entities: bool = True, latin: bool = True
) -> list[Edit]:
    """Return the edits that undo encoding damage in *text*, one for each damaged run.

    *pinyin*, *entities* and *latin* switch the finders of inserted pinyin, of HTML entities and of
    mojibake in Latin letters. Rule ids: ``pinyin-annotation``, ``html-entity``,
    ``mojibake-utf8-as-latin``, ``mojibake-gbk-as-latin``, ``mojibake-big5-as-latin``.

    >>> repair_edits("文件名：ÎÄ¼þÃû³Æ")
    [Edit(start=4, end=12, new='文件名称', rule='mojibake-gbk-as-latin')]
    """
    if _GATE.search(text) is None:
        return []
    finders: list[Callable[[str], Iterable[Edit]]] = []
    if pinyin:
        finders.append(_find_pinyin)
    if latin:
        finders.append(_find_latin)
    if entities:
        finders.append(_find_entities)
    return settle(chain.from_iterable(find(text) for find in finders))


def repair(text: str) -> str:
    r"""Return *text* with encoding damage undone, where its bytes are still there.

    Accented words, glosses of rare characters and entities in code or URLs stay.

    >>> repair("創(chuàng)建國(guó)家文旅融合示范區(qū),分(三期)推進(jìn)")
    '創建國家文旅融合示范區,分(三期)推進'
    >>> repair("天安门上空的ï¼šâ€œä½\xa0å¥½â€\x9d")
    '天安门上空的：“你好”'
    >>> repair("他在café里读《龙龘(dá)》，锟斤拷")
    '他在café里读《龙龘(dá)》，锟斤拷'
    """
    return apply(text, repair_edits(text))


# --- pinyin ------------------------------------------------------------------------------------

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ"
_SYLLABLE = (
    f"(?:[bpmfdtlgɡkhjqxrzcsyw]h?|n)?[aeiouv{_TONED}]{{1,4}}(?:n[gɡ]?|r)?|[mnḿńňǹ][gɡ]?|hm|hn[gɡ]"
)
_ANNOTATION = re.compile(f"(?<=[{HAN}])[(（] ?({_SYLLABLE}) ?[)）]")

# All conditions below must hold. Seed 004 has 1,281 annotations of 109 characters: none of them
# stands bare, each has one reading, 87 % are followed by Han, 57 % of them are after one of the
# commonest characters. Glosses of rare characters and lessons differ in at least one of these.
_MIN_ANNOTATIONS = 2
_MIN_DENSITY = 0.01  # annotations a character, where no line has two of them
_MAX_OTHER = 0.125  # annotations of characters that simplified script writes alike: 中(zhōng)
_MIN_FOLLOWED = 0.5  # glosses are set off by marks: 「龜(guī)」、「鱉(biē)」
_MIN_COMMON = 0.1  # nobody explains 國 or 會 to a reader
_MAX_BARE = 0.5  # bare ones for each annotated one: a gloss stands once, its character often


def _find_pinyin(text: str) -> Iterator[Edit]:
    """Find pinyin that a site's converter to traditional script put in after some characters."""
    found = list(_ANNOTATION.finditer(text))
    if len(found) < _MIN_ANNOTATIONS:
        return
    from corpusprep.text.script import recognise_script, simplify_chars  # loads numpy

    bases = [text[m.start() - 1] for m in found]
    simple = simplify_chars("".join(bases))
    ours = [m for m, base, plain in zip(found, bases, simple, strict=True) if base != plain]
    if _is_inserted(text, ours, len(found)) and recognise_script(text) != "simplified":
        yield from (Edit(*m.span(), "", "pinyin-annotation") for m in ours)


def _is_inserted(text: str, ours: list[re.Match[str]], total: int) -> bool:
    """Return whether *ours*, of *total* annotations in *text*, are a converter's work."""
    n = len(ours)
    if n < _MIN_ANNOTATIONS or (total - n) > _MAX_OTHER * n:
        return False
    readings: dict[str, set[str]] = defaultdict(set)
    followed = common = twice = 0
    line_end = -1
    for m in ours:
        base = text[m.start() - 1]
        readings[base].add(m[1].replace("ɡ", "g"))
        followed += _HAN.match(text, m.end()) is not None
        common += base in COMMON
        twice += m.start() < line_end
        if m.start() >= line_end:
            line_end = text.find("\n", m.end())
            line_end = len(text) if line_end < 0 else line_end
    bare = sum(map(text.count, readings)) - n
    return (
        (twice > 0 or n >= _MIN_DENSITY * len(text))
        and sum(len(r) > 1 for r in readings.values()) <= _MAX_OTHER * len(readings)
        and followed >= _MIN_FOLLOWED * n
        and common >= _MIN_COMMON * n
        and bare <= _MAX_BARE * n
    )


# --- mojibake in Latin letters -----------------------------------------------------------------

_HAN = re.compile(f"[{HAN}]")
_CJK = re.compile(
    f"[{HAN}{KANA}{BOPOMOFO}{CJK_PUNCTUATION}{FULL_WIDTH_PUNCTUATION}\u3000\uac00-\ud7a3]"
)
# cp1252 gives 27 of the bytes 80-9F a sign; Latin-1 leaves all 32 as control characters, and so do
# decoders that follow the WHATWG standard for the five (81 8D 8F 90 9D) that cp1252 leaves open.
_CP1252 = "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BYTE = {chr(byte): byte for byte in range(0x80, 0x100)} | {
    char: char.encode("cp1252")[0] for char in _CP1252
}
_AS_LATIN = {ord(char): byte for char, byte in _BYTE.items()}
_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_TAIL = f"\x80-\xbf{_CP1252}"

# Well-formed UTF-8, spelt in Latin letters. A no-break space is often saved as a plain one, and a
# byte that cp1252 leaves open as U+FFFD: one of these may stand in for a byte of three.
_UTF8_UNIT = (
    f"[\xc2-\xdf][{_TAIL}]"
    f"|[\xe0-\xef](?:[{_TAIL}](?:[{_TAIL}\ufffd]| (?=[\xc2-\xef]))|[\ufffd ][{_TAIL}])"
    f"|[\xf0-\xf4][{_TAIL}]{{3}}"
)
_UTF8_RUN = re.compile(f"(?:{_UTF8_UNIT})+")
_UTF8_UNITS = re.compile(_UTF8_UNIT)
# What follows é or è in clean French: « café\xa0» and the like spell 頻, 項, 頓.
_FRENCH = frozenset("\xa0«»“”‘’…–—™©®°·€¹²³")
_NOT_LATIN = re.compile("[^\0-\u024f\u2000-\u2bff\U0001f000-\U0001faff]")
_MAX_LAYERS = 3
_UTF8_RULE = "mojibake-utf8-as-latin"
_EVIDENT = 6  # characters in proven runs, from which on the rest of the document needs no proof


class _Run(NamedTuple):
    start: int
    end: int
    old: str
    new: str


def _find_latin(text: str) -> Iterator[Edit]:
    """Find UTF-8 (up to three times over), GB18030 and Big5 that were read as Latin-1 or cp1252.

    What proves itself to be one of them comes first; the rest follows where the document has such
    damage, or where ftfy sees mojibake too (café, “ and ’ in Latin-script text).
    """
    runs = [
        _Run(*m.span(), m[0], new)
        for m in _UTF8_RUN.finditer(text)
        if (new := _invert_utf8(m[0])) is not None
    ]
    sure = [run for run in runs if _is_surely_utf8(run)]
    proven = set(sure)
    rest = [run for run in runs if run not in proven and _is_likely(run.new)]
    if sum(len(_CJK.findall(run.new)) for run in sure) >= _EVIDENT:
        sure, rest = sure + rest, []
    # Nine in ten of the suspicious letters are explained: what else there is is no double-byte text.
    explained = 10 * sum(len(run.old) for run in sure) >= 9 * len(_HIGH.findall(text))
    rule, pairs = ("", []) if sure and explained else _find_double_byte(text)
    found = [(_UTF8_RULE, sure), (rule, pairs)]
    # Well-formed UTF-8 is the stronger evidence: doubly damaged text is plausible Big5 as well.
    if 2 * sum(len(run.old) for run in sure) < sum(len(run.old) for run in pairs):
        found.reverse()
    elif sure:
        found[1] = rule, [run for run in pairs if not _UTF8_RUN.search(run.old)]
    found.append((_UTF8_RULE, [run for run in rest if _is_bad(run)]))
    for name, damaged in found:
        yield from (Edit(run.start, run.end, run.new, name) for run in damaged)


def _invert_utf8(run: str) -> str | None:
    """Return what *run* was before its UTF-8 was read as Latin; None if it is not well-formed."""
    for _ in range(_MAX_LAYERS):
        out = _decode_utf8(run)
        if out is None:
            return None
        inner = _UTF8_RUN.fullmatch(out)
        if inner is None:
            return out
        run = out
    return run


def _decode_utf8(run: str) -> str | None:
    if "\ufffd" not in run and " " not in run:
        try:
            return bytes(map(_BYTE.__getitem__, run)).decode()
        except UnicodeDecodeError:
            return None
    return "".join(map(_decode_unit, _UTF8_UNITS.findall(run))) or None


@lru_cache(maxsize=1 << 14)  # a damaged page says the same few hundred characters again and again
def _decode_unit(unit: str) -> str:
    """Return the character of *unit*; U+FFFD where its lost byte leaves more than one ordinary one.

    Where exactly one character in daily use fits, it was right 737 times in 739. Taking the only
    common one of several was right in 9 of 10 and is not done: what is lost is not guessed.
    """
    holes = _UNDEFINED if "\ufffd" in unit else (0xA0,)
    fits = []
    for hole in holes:
        data = bytes(hole if c in "\ufffd " else _BYTE[c] for c in unit)
        with suppress(UnicodeDecodeError):
            fits.append(data.decode())
    likely = [char for char in fits if is_ordinary(char)] or fits
    return likely[0] if len(likely) == 1 else "\ufffd"


def _is_surely_utf8(run: _Run) -> bool:
    """Return whether *run* alone proves that it was UTF-8: its result is likely, its form is not."""
    cjk = _CJK.findall(run.new)
    if len(cjk) >= 2:
        return _is_likely(run.new)
    if "\ufffd" in run.old or " " in run.old:
        return False
    if not cjk:
        return len(run.old) == 3 and run.old.startswith("â€")  # quotes, dashes, dots
    return not _FRENCH.issuperset(run.old[-2:]) and (cjk[0] in COMMON or not _HAN.match(cjk[0]))


def _is_likely(new: str) -> bool:
    """Return whether at least half of the Han in *new* are in daily use."""
    han = _HAN.findall(new)
    return sum(map(is_ordinary, han)) * 2 >= len(han)


def _is_bad(run: _Run) -> bool:
    """Return whether ftfy sees mojibake here too, and would make of it what we make."""
    if "\ufffd" in run.new or " " in run.old:
        return False
    if len(run.new) == 1 and _NOT_LATIN.match(run.new):  # ×‘ is a sign and a quote, not ב
        return False
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    return is_bad(run.old) and fix_encoding(run.old) == run.new


# --- GB18030 and Big5 --------------------------------------------------------------------------

_LEAD_CLASS = f"\x81-\xfe{_CP1252.replace('€', '')}"
_PAIR = f"[{_LEAD_CLASS}](?:[\x80-\xfe{_CP1252}]|[0-9][{_LEAD_CLASS}][0-9]|[@-~])"
_PAIR_RUN = re.compile(f"(?:{_PAIR})+")
_SIGNS = re.compile(f"[{_CP1252}]")
_HIGH = re.compile(f"[\x80-\xff{_CP1252}]")
_SIGN = re.compile("[\xa1-\xbf\x80-\x9f]")
_RULES = {"gb18030": "mojibake-gbk-as-latin", "big5hkscs": "mojibake-big5-as-latin"}
_MIN_HIGH = 6  # letters in a run that may prove itself; no word of Latin script has six in a row
_MIN_SCORE = 0.3  # Cyrillic and Greek of the same damage stay below (decode.py has the measure)


def _find_double_byte(text: str) -> tuple[str, list[_Run]]:
    """Return the runs of GB18030 or Big5 that was read as Latin-1 or cp1252, under their rule."""
    # Where no Han stands outside the damage, all of the document went through the wrong decoder.
    whole = _HAN.search(text) is None
    least = 1 if whole else 2
    spans = [m for m in _PAIR_RUN.finditer(text) if len(_HIGH.findall(m[0])) >= least]
    best: tuple[float, str, list[_Run]] = (0.0, "", [])
    for encoding, rule in _RULES.items():
        runs = [run for m in spans if (run := _invert_run(text, m, encoding))]
        sure = [run for run in runs if _is_surely_pairs(run)]
        proof = "".join(run.new for run in sure)
        score = plausibility(proof) * len(proof)
        if score > best[0] and plausibility(proof) >= _MIN_SCORE:
            evident = len(_HAN.findall(proof)) >= _EVIDENT
            fit = (run for run in runs if whole or not _is_mostly_signs(run.old))
            best = score, rule, [run for run in fit if _is_likely(run.new)] if evident else sure
    return best[1], best[2]


def _invert_run(text: str, m: re.Match[str], encoding: str) -> _Run | None:
    """Return the run *m* in *encoding*; without its first sign, a clean “ perhaps, if likelier."""
    run = _invert_pairs(m, encoding)
    if m[0][0] not in _CP1252:
        return run
    later = _PAIR_RUN.match(text, m.start() + 1)
    other = _invert_pairs(later, encoding) if later else None
    if run and other:
        return max(run, other, key=lambda r: plausibility(r.new))
    return run or other


def _invert_pairs(m: re.Match[str], encoding: str) -> _Run | None:
    """Return the run *m* with its text in *encoding*; None if that is not well-formed."""
    old = m[0]
    try:
        new = old.translate(_AS_LATIN).encode("latin-1").decode(encoding)
    except UnicodeError:
        return None
    return _Run(*m.span(), old, new)


def _is_mostly_signs(old: str) -> bool:
    """Return whether *old* may be clean: “……” and —— stand in Chinese text."""
    return len(_SIGNS.findall(old)) * 2 > len(_HIGH.findall(old))


def _is_surely_pairs(run: _Run) -> bool:
    """Return whether *run* alone may prove that it was GB18030 or Big5."""
    high = len(_HIGH.findall(run.old))
    han = _HAN.findall(run.new)
    if high < 4 or not han or _is_mostly_signs(run.old):
        return False
    if high < _MIN_HIGH:  # ÄãºÃ: two of the commonest characters, with a sign among the letters
        return len(han) == len(run.new) and COMMON.issuperset(han) and bool(_SIGN.search(run.old))
    return plausibility(run.new) >= _MIN_SCORE


# --- HTML entities -----------------------------------------------------------------------------

_ENTITY = re.compile(
    "&(?:amp;){0,3}(?:#(?:[0-9]{2,7}|[xX][0-9a-fA-F]{2,6});?|[A-Za-z][A-Za-z0-9]{1,31};"
    "|(?:nbsp|lt|gt|quot)(?![A-Za-z0-9=;]))"
)
_ABOUT_ENTITIES = re.compile("转义|轉義|实体|實體|字符引用|(?i:entit|escap|html)")
_QUOTES = frozenset("\"'`“”‘’「」『』")
_ENDS_URL = re.compile("&(?:amp;)*(?:nbsp|lt|gt|quot|[lr][ds]quo|#)")
_NEAR = 200  # characters each side that make up the context


def _find_entities(text: str) -> Iterator[Edit]:
    """Find HTML entities in running text; not in URLs, in code or in a text about entities."""
    if "&" not in text:
        return
    urls = find_urls(text) if "/" in text else []
    start = end = -1
    new: list[str] = []
    for m in _ENTITY.finditer(text):
        value = _unescape(m[0])
        if value is None or (m.start() != end and _is_meant(text, m, urls)):
            continue
        if m.start() != end:
            if new:
                yield Edit(start, end, "".join(new), "html-entity")
            start, new = m.start(), []
        new.append(value)
        end = m.end()
    if new:
        yield Edit(start, end, "".join(new), "html-entity")


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


def _is_meant(text: str, m: re.Match[str], urls: list[tuple[int, int]]) -> bool:
    """Return whether the author wrote the entity as such: in a URL, in code, in a lesson."""
    start, end = m.span()
    k = bisect_right(urls, (start, len(text))) - 1
    if k >= 0 and start < urls[k][1] and not m[0].endswith(";"):
        return True
    if k >= 0 and end <= urls[k][1] and not _ENDS_URL.match(text, start):
        return True
    if start and end < len(text) and {text[start - 1], text[end]} <= _QUOTES:
        return True
    line_start, line_end = line_at(text, start)
    line = text[max(line_start, start - _NEAR) : min(line_end, end + _NEAR)]
    return _ABOUT_ENTITIES.search(line) is not None or is_code(_ENTITY.sub(" ", line))
