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
from collections import Counter, defaultdict
from functools import cache
from importlib.resources import files
from math import exp, log1p
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import HAN
from corpusprep.text.doublebyte import lost_gate
from corpusprep.text.edits import Edit, apply
from corpusprep.text.edits import compose as beside
from corpusprep.text.lostbytes import common_han
from corpusprep.text.readings import COMMON, is_ordinary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

__all__ = ["PINYIN_GATE", "find_pinyin"]

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ"
_LETTERS = f"a-zɡ{_TONED}ḿńňǹ"
_SYLLABLE = (
    f"(?:[bpmfdtlgɡkhjqxrzcsyw]h?|n)?[aeiouv{_TONED}]{{1,4}}(?:n[gɡ]?|r)?|[mnḿńňǹ][gɡ]?|hm|hn[gɡ]"
)
_ANNOTATION = re.compile(f"(?<=[{HAN}])[(（] ?({_SYLLABLE}) ?[)）]")
_COLLISION = re.compile(f"[?\ufffd][(（]?({_SYLLABLE}) ?[)）]")
_SPLIT = re.compile(f"(?<=[{HAN})）][@-~€])[(（] ?({_SYLLABLE}) ?[)）]")
_WORD = re.compile(f"(?<=[{HAN}])[(（](?=[a-z' ]*[{_TONED}])[{_LETTERS}' ]{{1,60}}[)）]")
_TONE = re.compile(f"[{_TONED}]")
_HAN = re.compile(f"[{HAN}]")
# Converted one to one, 着 became 著 everywhere; these are the words with 著.
_ZHE = re.compile("(?<![显顯名原土编編专專论論卓昭巨遗遺译譯拙合])著(?![名作称稱者述录錄书書文])")
PINYIN_GATE = re.compile(
    f"[(（?\ufffd](?:(?<=[{HAN}@-~€)）?\ufffd][(（?\ufffd]) ?[a-zɡ]{{0,3}}[{_TONED}][a-zɡ]{{0,3}} ?[)）]"
    "|(?<=[?\ufffd])[a-zɡ]{1,6} ?[)）])"
)

# Seed 004 has 1,281 annotations of 109 characters: none of these stands bare, each has one reading,
# its usual one, and 57 % are after one of the commonest characters. Lessons annotate words, and what
# both scripts write alike; glosses explain rare characters and readings, set off by marks
# (「龜(guī)」), and their characters stand bare elsewhere.
_MAX_OTHER = 0.125  # annotations of words or 中(zhōng), for each of ours
_MAX_SHARE = 0.6  # of the Han
_MIN_AMID = 0.5  # of those with Han on either side
_MIN_ORDINARY = 0.5  # of those of characters that nobody need explain
_MIN_USUAL = 0.75  # of those with the usual reading; of few, all
_MIN_DENSITY = 0.01  # annotations a character, where no line has two and no character
_MAX_BARE = 0.25  # bare characters for each annotated one; of few, none
_FEW = 8
_RULE, _LOST = "pinyin-annotation", "gbk-lost-byte"


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    """Return the readings of the characters that have another simplified form, the usual first."""
    text = files("corpusprep").joinpath("models/readings.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {char: tuple(readings.split(",")) for char, readings in rows}


def _plain(syllable: str) -> str:
    return syllable.replace("ɡ", "g")


def find_pinyin(text: str) -> Iterator[Edit]:
    """Find inserted pinyin, the bytes it cost, and the conversion that came with it.

    Rule ids: ``pinyin-annotation`` with how many there are, ``gbk-lost-byte`` with the reading that
    says what was lost or with the gain in nats, ``masked-character``.

    >>> [edit.new for edit in find_pinyin("推進(jìn)旅游高質(zhì)量發(fā)展")]
    ['进', '质', '发']
    """
    found = list(_ANNOTATION.finditer(text))
    ours = [m for m in found if _plain(m[1]) in _readings().get(text[m.start() - 1], ())]
    bare = apply(text, [Edit(*m.span(), "", _RULE) for m in ours])
    hits = _hits(bare)
    if not (ours or hits):
        return
    starts = {m.start() for m in found}
    words = sum(m.start() not in starts for m in _WORD.finditer(text))
    if not _is_inserted(text, ours, len(found) - len(ours) + words, len(hits)):
        return
    from corpusprep.text.script import recognise_script  # loads numpy

    if recognise_script(text) == "simplified" and not any(m[0][1] not in "(（" for m in hits):
        return
    yield from _rewrite(text, bare, ours, _hits(bare, sure=True))


def _hits(text: str, *, sure: bool = False) -> list[re.Match[str]]:
    """Return the readings in *text* of characters that lay across two others.

    What lies before the reading proves one. Where that is so or it is *sure* that pinyin was put
    in, those count too of which a cleaner took what lay before them.
    """
    found = sorted((*_COLLISION.finditer(text), *_SPLIT.finditer(text)), key=re.Match.start)
    proven, likely = set(), set()
    end = -1
    for m in found:
        start = m.start() - (m.re is _SPLIT)
        spelt = _gbk().spelt.get(_plain(m[1]), ())
        if m.re is _SPLIT:
            spelt = [data for data in spelt if data[1:] == _bytes(text[start])]
        last = _bytes(text[start - 1])[1:] if start else ""
        if any(data[0] == last for data in spelt):
            proven.add(m)
        elif spelt and (start == end or _TONE.search(m[1])):
            likely.add(m)
        end = m.end()
    taken = proven | likely if proven or sure else proven
    return [m for m in found if m in taken]


def _is_inserted(text: str, ours: Sequence[re.Match[str]], others: int, hits: int) -> bool:
    """Return whether *ours*, beside *others* in *text*, are a converter's work."""
    n = len(ours)
    if others > _MAX_OTHER * (n + hits):
        return False
    if n + hits == 1 and not hits:
        return _is_lone(text, ours[0])
    if n > _MAX_SHARE * len(_HAN.findall(text)):
        return False
    readings: dict[str, set[str]] = defaultdict(set)
    amid = ordinary = usual = twice = 0
    line_end = -1
    for m in ours:
        at, base = m.start() - 1, text[m.start() - 1]
        readings[base].add(_plain(m[1]))
        usual += _plain(m[1]) == _readings()[base][0]
        amid += bool(_HAN.match(text, m.end()) or _HAN.match(text, max(0, at - 1), at))
        ordinary += is_ordinary(base)
        twice += at < line_end
        if at >= line_end:
            line_end = text.find("\n", at)
            line_end = len(text) if line_end < 0 else line_end
    if sum(len(each) > 1 for each in readings.values()) > _MAX_OTHER * len(readings):
        return False
    bare = sum(map(text.count, readings)) - n
    return hits > 0 or (
        (twice > 0 or n >= _MIN_DENSITY * len(text) or len(readings) < n)
        and amid >= _MIN_AMID * n
        and ordinary >= _MIN_ORDINARY * n
        and usual >= (_MIN_USUAL if n > _FEW else 1) * n
        and bare <= (_MAX_BARE * n if n > _FEW else 0)
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


def _rewrite(
    text: str, bare: str, ours: Sequence[re.Match[str]], hits: Sequence[re.Match[str]]
) -> Iterator[Edit]:
    """Yield the edits of *text*, which is *bare* without the annotations *ours*."""
    from corpusprep.text.lookalikes import find_masks
    from corpusprep.text.script import compose, script_edits

    rule = f"{_RULE}:{len(ours) + len(hits)}"
    done = _joined(Edit(*m.span(), "", rule) for m in ours)
    now, marks = bare, {}
    if hits:
        signs = [
            Edit(*m.span(), _SIGN * (m.re is _COLLISION), f"{_LOST}:{_plain(m[1])}") for m in hits
        ]
        now = apply(bare, signs)
        moved = 0
        for edit, m in zip(signs, hits, strict=True):
            marks[edit.start + moved - (not edit.new)] = m
            moved += len(edit.new) - (edit.end - edit.start)
        done = compose(text, done, _joined(signs))
    for find in (
        lambda now: _restore(now, marks, {text[m.start() - 1] for m in ours}),
        lambda now: script_edits(now, "t2s"),
        lambda now: (Edit(*m.span(), "着", rule) for m in _ZHE.finditer(now)),
    ):
        edits = _joined(e._replace(rule=rule) if e.rule == "t2s" else e for e in find(now))
        if edits:
            done = compose(text, done, edits)
            now = apply(now, edits)
    # A mask stays an edit of its own, which the caller may leave out.
    yield from beside(now, done, list(find_masks(now, "simplified")))


def _joined(edits: Iterable[Edit]) -> list[Edit]:
    """Return *edits*, those that touch as one."""
    out: list[Edit] = []
    for edit in edits:
        if out and out[-1].end == edit.start:
            out[-1] = out[-1]._replace(end=edit.end, new=out[-1].new + edit.new)
        else:
            out.append(edit)
    return out


# --- bytes, as Latin-1 ---------------------------------------------------------------------------

_KEPT = "着范游后于采干托里余占并么筑愿征几制云升斗松表才致"  # converters one to one leave these
_MARKS = frozenset("，。、；：？！“”‘’（）《》〈〉【】「」『』—…·～％　０１２３４５６７８９")
_WIDE = {c: "\xa3" + chr(ord(c) + 0x80) for c in "!?,;:()"}  # a cleaner made them narrow
_LEADS = tuple(map(chr, range(0x81, 0xFF)))


class _Gbk(NamedTuple):
    chars: Mapping[str, str]  # bytes -> character, for those of converted text
    spelt: Mapping[str, Sequence[str]]  # reading -> the bytes of its characters
    private: Mapping[str, Sequence[str]]  # lead -> trails with which it has no character
    simplified: Collection[str]  # characters that a converter replaces


@cache
def _gbk() -> _Gbk:
    from corpusprep.text.script import convert_script, simplify_chars

    traditional = "".join(_readings())
    simple = "".join(sorted(set(simplify_chars(traditional)).difference(traditional, _KEPT)))
    again = convert_script("\n".join(simple), "s2t").split("\n")
    simplified = frozenset(a for a, b in zip(simple, again, strict=True) if a != b)
    chars: dict[str, str] = {}
    private, spelt = defaultdict(list), defaultdict(list)
    for lead in _LEADS:
        for trail in map(chr, (*range(0x40, 0x7F), *range(0x80, 0xFF))):
            char = (lead + trail).encode("latin-1").decode("gb18030")
            if "\ue000" <= char <= "\uf8ff":
                private[lead].append(trail)
            elif (
                char in common_han()
                or char in _readings()
                or char in _MARKS
                or ("\xd8" <= lead <= "\xf7" and trail >= "\xa1")
            ):
                chars[lead + trail] = char
    for char, readings in _readings().items():
        for reading in readings:
            spelt[reading].append(_bytes(char))
    return _Gbk(chars, spelt, private, simplified)


@cache
def _bytes(char: str) -> str:
    """Return the bytes of *char* in GBK, one of ASCII."""
    return "\x80" if char == "€" else char.encode("gb18030", "ignore").decode("latin-1")


def _reads(data: str, syllable: str) -> bool:
    return data in _gbk().spelt.get(_plain(syllable), ())


def _after(first: str, syllable: str) -> list[str]:
    """Return the bytes that make a character so read when they follow the byte *first*."""
    spelt = _gbk().spelt.get(_plain(syllable), ())
    return sorted({data[1] for data in spelt if data[0] == first})


@cache
def _over(lead: str, second: str) -> list[str]:
    """Return the characters whose second byte is *second* after a private-use pair of *lead*."""
    return _likeliest(first + second for first in _gbk().private[lead])


@cache
def _closing(first: str) -> list[str]:
    """Return the characters whose first byte is *first* and whose second is not to be seen."""
    return _likeliest(first + second for second in _LEADS)


def _likeliest(pairs: Iterable[str]) -> list[str]:
    """Return the characters of *pairs* of bytes that come first without a context."""
    from corpusprep.text import lm

    found = [char for pair in pairs if (char := _gbk().chars.get(pair))]
    order = lm.scores(["\0" + char for char in found]).argsort()[::-1]
    return [found[k] for k in order[:_MOST]]


# --- reading on after a lost byte ----------------------------------------------------------------

_SIGN = "\U000ffffd"  # for a mark and the reading after it
_MAX_SHIFTED = 400  # characters; a run ends with its line or its sentence
_WAYS, _CLOSE, _MOST = 10, 14.0, 60  # ways that are followed, nats within the best, candidates
_GAP, _SIMPLE, _LISTED = 1.0, -5.0, -6.0  # nats for a gap, a simplified and a bare listed character
_ECHO = 2.5  # nats for a triple that the document has elsewhere
_CACHED, _SMOOTH = 0.02, 500  # share of a character that the document's own count gives
_GOOD = -19.0  # nats of two characters; a reading with worse ones is tried with gaps too
_MIN_GAIN = 6.0  # nats, where no reading says that a byte was lost


class _Way(NamedTuple):
    """How the characters up to a place may be read."""

    value: float  # nats, less those of the text as it stands
    pending: str  # the byte left over; none where the run ends
    gap: bool  # the byte is the first of a private-use pair, which a cleaner took
    end: int
    new: str


def _restore(
    text: str, marks: Mapping[int, re.Match[str]], listed: Collection[str]
) -> Iterator[Edit]:
    """Yield what *text* said where bytes are lost; *marks* are the readings known at places."""
    lossy = "?" in text or "\ufffd" in text
    gates = [m.start() for m in lost_gate().finditer(text)] if lossy else []
    signs = [at for at in marks if text[at] == _SIGN]
    if not (gates or signs):
        return
    reader = _Reader(text, {at: m[1] for at, m in marks.items()}, listed)
    done, before = 0, ""
    for start in sorted({*gates, *signs}):
        if start < done:
            continue
        edit = reader.read(start, before if start == done else text[max(0, start - 2) : start])
        if edit:
            yield from (
                Edit(at, at + 1, marks[at][0], _LOST) for at in signs if done <= at < edit.start
            )
            yield edit
            done, before = edit.end, edit.new[-2:]
        elif start in marks:
            yield Edit(start, start + 1, marks[start][0], _LOST)
            done, before = start + 1, ""


class _Reader:
    """Reads what follows a lost byte in one text."""

    def __init__(self, text: str, marks: Mapping[int, str], listed: Collection[str]) -> None:
        from corpusprep.text import lm

        self.text, self.marks, self.listed = text + "\n", marks, listed
        self.raw = [0.0, *lm.logprobs(self.text).cumsum(dtype=float).tolist()]
        self.known = frozenset(map("".join, zip(text, text[1:], text[2:], strict=False)))
        self.counts = Counter(text)
        # Real pages need one step in 50 characters; hostile ones may not take longer.
        self.steps = {False: 1000 + len(text) // 10, True: 300 + len(text) // 40}

    def read(self, start: int, left: str) -> Edit | None:
        """Return what stood from *start* on if a byte is lost there, after *left*."""
        syllable = self.marks.get(start, "")
        leads = _after(_bytes(left[-1:])[1:], syllable) if syllable else _LEADS
        for gaps in (False, True):
            ways = [_Way(0.0, lead, False, start + 1, "") for lead in leads]
            best = self._follow(ways, left, gaps=gaps, sure=bool(syllable))
            if best and (gaps or self._is_good(best, left)):
                gain = best.value - self.raw[start + 1] + self.raw[start]
                if syllable or gain >= _MIN_GAIN:
                    why = _plain(syllable) or f"+{gain:.1f}"
                    return Edit(start, best.end, best.new, f"{_LOST}:{why}")
        return None

    def _is_good(self, way: _Way, left: str) -> bool:
        """Return whether *way* reads as Chinese at every place."""
        from corpusprep.text import lm

        values = lm.logprobs(left + way.new + self.text[way.end : way.end + 2])[len(left) :]
        return bool((values[1:] + values[:-1]).min() > _GOOD)

    def _follow(self, ways: list[_Way], left: str, *, gaps: bool, sure: bool) -> _Way | None:
        """Return the best of *ways* where it ends; *gaps* open at the start if that is *sure*."""
        at = ways[0].end if ways else 0
        stop = min(self.text.index("\n", at), at + _MAX_SHIFTED)
        best: _Way | None = None
        while ways and at <= stop and self.steps[gaps] > 0:
            self.steps[gaps] -= 1
            if gaps and (sure or ways[0].new):
                opened = [
                    (way, lead, True, at, char)
                    for way in ways
                    for lead in _gbk().private
                    if (char := _gbk().chars.get(way.pending + lead))
                ]
                ways += self._best(opened, left)
            grown = [
                (way, *step)
                for way in ways
                for step in self._steps(way.pending, at, gap=way.gap, sure=sure)
            ]
            at, sure = at + 1, True
            ended = self._best([step for step in grown if not step[1]], left)
            if ended and (best is None or ended[0].value > best.value):
                best = ended[0]
            ways = self._best([step for step in grown if step[1]], left)
            if best:
                ways = [way for way in ways if way.value > best.value - _CLOSE]
        return best

    def _best(self, grown: Sequence[tuple[_Way, str, bool, int, str]], left: str) -> list[_Way]:
        """Return the best of *grown*: ways and what they go on with."""
        from corpusprep.text import lm

        text, raw = self.text, self.raw
        tails = {way: (left + way.new)[-2:] for way, *_ in grown}
        windows = [
            tails[way] + new + ("" if pending else text[end : end + 2])
            for way, pending, _, end, new in grown
        ]
        values = lm.scores([*tails.values(), *windows]).tolist()
        own = dict(zip(tails, values, strict=False))
        bases = {way: way.value - v + raw[way.end] for way, v in own.items()}
        values = [bases[step[0]] + v for step, v in zip(grown, values[len(tails) :], strict=True)]
        values = [
            v - raw[step[3] + (0 if step[1] else len(text[step[3] : step[3] + 2]))]
            for step, v in zip(grown, values, strict=True)
        ]
        order = sorted(range(len(grown)), key=values.__getitem__, reverse=True)[: 2 * _WAYS]
        usual = lm.scores([tails[grown[k][0]] + grown[k][4] for k in order]).tolist()
        out = []
        for k, nats in zip(order, usual, strict=True):
            way, pending, gap, end, new = grown[k]
            value, window = values[k], windows[k]
            value += _GAP * gap + _SIMPLE * (new[:1] in _gbk().simplified)
            value += _LISTED * (new[-1:] in self.listed and end - 1 not in self.marks)
            value += _ECHO * sum(window[j : j + 3] in self.known for j in range(len(window) - 2))
            share = _CACHED * self.counts[new[:1]] / (len(text) + _SMOOTH)
            value += log1p(share * exp(own[way] - nats))
            out.append(_Way(value, pending, gap, end, way.new + new))
        out.sort(reverse=True)
        return [way for way in out[:_WAYS] if way.value > out[0].value - _CLOSE]

    def _steps(
        self, pending: str, at: int, *, gap: bool, sure: bool
    ) -> Iterator[tuple[str, bool, int, str]]:
        """Yield how to go on at *at*: byte left over, whether of a gap, end, and character."""
        char, chars = self.text[at], _gbk().chars
        syllable = self.marks.get(at)
        if gap and not syllable and len(data := _bytes(char)) == 2 and data[1] > "\x80":
            yield from ((data[1], False, at + 1, new) for new in _over(pending, data[0]))
            return
        for first in _gbk().private[pending] if gap else [pending]:
            if syllable:
                for trail in _after(first, syllable) if char == _SIGN else [_bytes(char)]:
                    if _reads(first + trail, syllable) and first + trail in chars:
                        yield "", False, at + 1, chars[first + trail]
                continue
            if sure and (char in "?\ufffd" or char <= " "):
                yield from (("", False, at + (char > " "), new) for new in _closing(first))
            for data in (_bytes(char), _WIDE.get(char, "")):
                if new := chars.get(first + data[:1]) if data else None:
                    if data[1:] > "\x80":
                        yield data[1], False, at + 1, new
                    else:
                        yield "", False, at + 1, new + data[1:]
