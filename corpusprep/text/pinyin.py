"""Pinyin that a converter put in after some characters, and what it broke in doing so.

    推進(jìn)旅游高質(zhì)量發(fā)展        推进旅游高质量发展
    溫變?cè)囼?yàn)箱                    温变试验箱

Sites that copy pages convert them to traditional script character by character and put the
reading behind a fixed list of characters, against copying. Some do so on the bytes of GBK, and
hit the list's characters also where they lie across two others: 變試 is D7 [83 D4] 87, and 83D4 is
冊, read cè. The byte before the bracket then goes lost, and all that follows is paired wrongly. But
the reading that was put in says what the byte was.

The text was simplified before, so it is converted back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from corpusprep.text.chars import HAN
from corpusprep.text.decode import COMMON
from corpusprep.text.doublebyte import lost_byte_runs, lost_gate
from corpusprep.text.edits import Edit
from corpusprep.text.lostbytes import Run, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["PINYIN_GATE", "find_pinyin"]

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ"
_SYLLABLE = (
    f"(?:[bpmfdtlgɡkhjqxrzcsyw]h?|n)?[aeiouv{_TONED}]{{1,4}}(?:n[gɡ]?|r)?|[mnḿńňǹ][gɡ]?|hm|hn[gɡ]"
)
_ANNOTATION = re.compile(f"(?<=[{HAN}])[(（] ?({_SYLLABLE}) ?[)）]")
_COLLISION = re.compile(f"[?\ufffd][(（]?({_SYLLABLE}) ?[)）]")
_SPLIT = re.compile(f"(?<=[{HAN}][@-~])[(（] ?({_SYLLABLE}) ?[)）]")
_HAN = re.compile(f"[{HAN}]")
_SIGNS = re.compile("[\U000f0000-\U000fffff]")
# Converted one to one, 着 became 著 everywhere; these are the words with 著.
_ZHE = re.compile("(?<![显顯名原土编編专專论論卓昭巨遗遺译譯拙合])著(?![名作称稱者述录錄书書文])")
PINYIN_GATE = re.compile(f"[{HAN}?\ufffd][(（]? ?[a-zɡāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜḿńňǹ]{{1,6}} ?[)）]")

# All conditions below must hold. Seed 004 has 1,281 annotations of 109 characters: none of them
# stands bare, each has one reading, 87 % are followed by Han, 57 % of them are after one of the
# commonest characters. Glosses of rare characters and lessons differ in at least one of these.
_MIN_DENSITY = 0.01  # annotations a character, where no line has two of them
_MAX_OTHER = 0.125  # annotations of characters that simplified script writes alike: 中(zhōng)
_MIN_FOLLOWED = 0.5  # glosses are set off by marks: 「龜(guī)」、「鱉(biē)」
_MIN_COMMON = 0.1  # nobody explains 國 or 會 to a reader
_MAX_BARE = 0.5  # bare ones for each annotated one: a gloss stands once, its character often
_MAX_SHIFTED = 400  # characters; a run ends with its line or its sentence
_RULE = "pinyin-annotation"


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    """Return the readings of the characters that have another simplified form."""
    text = files("corpusprep").joinpath("models/readings.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {char: tuple(readings.split(",")) for char, readings in rows}


def _plain(syllable: str) -> str:
    return syllable.replace("ɡ", "g")


def _reads(char: str, syllable: str) -> bool:
    return _plain(syllable) in _readings().get(char, ())


def find_pinyin(text: str) -> Iterator[Edit]:
    """Find inserted pinyin, the bytes it cost, and the conversion that came with it.

    Rule ids: ``pinyin-annotation`` with how many there are, ``gbk-lost-byte``, ``masked-character``.

    >>> [edit.new for edit in find_pinyin("推進(jìn)旅游高質(zhì)量發(fā)展")]
    ['进', '质', '发']
    """
    found = list(_ANNOTATION.finditer(text))
    ours = [m for m in found if _reads(text[m.start() - 1], m[1])]
    behind = {m.end(): m.start() for m in ours}  # two readings in a row
    hits = [
        m
        for m in _COLLISION.finditer(text)
        if _bytes_before(text, behind.get(m.start(), m.start()), m[1])
    ]
    hits += [m for m in _SPLIT.finditer(text) if _is_split(text, m)]
    if not (ours or hits):
        return
    from corpusprep.text.script import recognise_script  # loads numpy

    if not _is_inserted(text, ours, len(found), len(hits)):
        return
    if recognise_script(text) == "simplified":
        return
    yield from _Rewriting(text, ours, hits).edits()


def _bytes_before(text: str, at: int, syllable: str) -> list[str]:
    """Return the bytes that make, after the last byte before *at*, a character so read."""
    last = text[at - 1 : at].encode("gbk", "ignore") if at else b""
    if len(last) < 2:
        return []
    pairs = _spelt().get(_plain(syllable), ())
    return sorted({second for first, second in pairs if first == chr(last[1])})


def _is_split(text: str, m: re.Match[str]) -> bool:
    """Return whether the letter before *m* is the second byte of a character so read."""
    return text[m.start() - 1] in _bytes_before(text, m.start() - 1, m[1])


@cache
def _spelt() -> dict[str, list[tuple[str, str]]]:
    """Return for each reading the bytes of the characters with it, as Latin-1."""
    spelt = defaultdict(list)
    for char, readings in _readings().items():
        data = char.encode("gbk").decode("latin-1")
        for reading in readings:
            spelt[reading].append((data[0], data[1]))
    return spelt


def _is_inserted(text: str, ours: Sequence[re.Match[str]], total: int, hits: int) -> bool:
    """Return whether *ours*, of *total* annotations in *text*, are a converter's work."""
    n = len(ours)
    if (total - n) > _MAX_OTHER * (n + hits):
        return False
    if n + hits < 2 and not hits:
        return _is_lone(text, ours[0])
    readings: dict[str, set[str]] = defaultdict(set)
    followed = common = twice = 0
    line_end = -1
    for m in ours:
        base = text[m.start() - 1]
        readings[base].add(_plain(m[1]))
        followed += _HAN.match(text, m.end()) is not None
        common += base in COMMON
        twice += m.start() < line_end
        if m.start() >= line_end:
            line_end = text.find("\n", m.end())
            line_end = len(text) if line_end < 0 else line_end
    bare = sum(map(text.count, readings)) - n
    return (
        (twice > 0 or hits > 0 or n >= _MIN_DENSITY * len(text))
        and sum(len(r) > 1 for r in readings.values()) <= _MAX_OTHER * len(readings)
        and (hits > 0 or (followed >= _MIN_FOLLOWED * n and common >= _MIN_COMMON * n))
        and bare <= _MAX_BARE * n
    )


def _is_lone(text: str, m: re.Match[str]) -> bool:
    """Return whether one annotation alone shows a converter: in a short text, amid a word."""
    base = text[m.start() - 1]
    return (
        len(text) < 1 / _MIN_DENSITY
        and base in COMMON
        and len(_readings()[base]) == 1
        and text.count(base) == 1
        and m[0].startswith("(")
        and _HAN.match(text, m.end()) is not None
        and _HAN.match(text, max(0, m.start() - 2)) is not None
    )


class _Rewriting:
    """A text as places, each with what stands there now and under which rule it changed."""

    def __init__(
        self, text: str, ours: Sequence[re.Match[str]], hits: Sequence[re.Match[str]]
    ) -> None:
        self.text = text
        self.rule = f"{_RULE}:{len(ours) + len(hits)}"
        self.starts: list[int] = []  # of each place in the text; a place ends where the next starts
        self.now: list[str] = []
        self.rules: list[str] = []
        self.closing: dict[str, list[str]] = {}
        at = 0
        self.syllables: dict[str, str] = {}
        for start, m in sorted((m.start(), m) for m in (*ours, *hits)):
            if start < at:
                continue
            self._add(at, start)
            self.starts.append(start)
            self.rules.append(self.rule)
            sign = chr(0xF0000 + len(self.closing)) if m.re is _COLLISION else ""
            if sign:  # one character stands for the mark and the reading
                self.closing[sign] = [second for _, second in _spelt().get(_plain(m[1]), ())]
                self.syllables[sign] = m[1]
            self.now.append(sign)
            at = m.end()
        self._add(at, len(text))

    def _add(self, start: int, end: int) -> None:
        self.starts += range(start, end)
        self.now += self.text[start:end]
        self.rules += [""] * (end - start)

    def edits(self) -> Iterator[Edit]:
        self._restore_bytes()
        self._convert()
        yield from self._changed()

    def _apply(self, edits: Iterable[Edit]) -> None:
        """Make *edits* of the text of now, character by character where the length stays."""
        places = [(k, at) for k, new in enumerate(self.now) for at in range(len(new))]
        chars = [list(new) for new in self.now]
        for start, end, new, rule in edits:
            same = len(new) == end - start
            for k, (place, at) in enumerate(places[start:end]):
                char = new[k] if same else "" if k else new
                if chars[place][at] != char:
                    chars[place][at] = char
                    self.rules[place] = rule
        self.now = ["".join(new) for new in chars]

    def _restore_bytes(self) -> None:
        text = "".join(self.now)
        plain = _SIGNS.sub("?", text)
        starts = {m.start() for gate in (_SIGNS, lost_gate()) for m in gate.finditer(text)}
        done, edits = 0, []
        for start in sorted(starts):
            line = text.find("\n", start)
            end = min(line if line >= 0 else len(text), start + _MAX_SHIFTED)
            if start < done:
                continue
            runs = [((start, end), run) for run in self._runs(text, start, end)]
            best = next((edit for _, edit in judge(plain, runs, proven=True)), None)
            if best:
                edits.append(best)
                done = best.end
        self._apply(edits)
        self.now = [
            self.text[start : start + 1] + f"{self.syllables[new]})" if new in self.closing else new
            for start, new in zip(self.starts, self.now, strict=True)
        ]

    def _runs(self, text: str, start: int, end: int) -> Iterator[Run]:
        first: list[str] = []
        if text[start] in self.closing:
            first = _bytes_before(text, start, self.syllables[text[start]])
            if not first:
                return
        for gaps in (False, True):
            yield from lost_byte_runs(text, start, end, first, self.closing, gaps=gaps)

    def _convert(self) -> None:
        from corpusprep.text.lookalikes import find_masks
        from corpusprep.text.script import script_edits

        for find in (
            lambda text: script_edits(text, "t2s"),
            lambda text: (Edit(*m.span(), "着", "") for m in _ZHE.finditer(text)),
            lambda text: find_masks(text, "simplified"),
        ):
            self._apply(
                edit if edit.rule.startswith("masked") else edit._replace(rule=self.rule)
                for edit in find("".join(self.now))
            )

    def _changed(self) -> Iterator[Edit]:
        """Yield one edit for each stretch of changed places."""
        ends = [*self.starts[1:], len(self.text)]
        start, new, rule = -1, "", ""
        for place, (begin, end) in enumerate(zip(self.starts, ends, strict=True)):
            now = self.now[place]
            if self.text[begin:end] == now:
                if start >= 0:
                    yield Edit(start, begin, new, rule)
                start, new, rule = -1, "", ""
                continue
            if start < 0:
                start = begin
            new += now
            if not rule or rule == self.rule:
                rule = self.rules[place] or self.rule
        if start >= 0:
            yield Edit(start, len(self.text), new, rule)
