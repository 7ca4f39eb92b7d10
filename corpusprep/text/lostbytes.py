"""Bytes that a text lost, and what they were: candidates in places, weighed together.

A finder that knows which bytes stood in a text, all but some, gives a `Run`: pieces that are
certain, and for each lost place a tuple of what it may have been. `fill` chooses with the language
model, the script of the text and the document itself; `judge` says which runs make the text so
much likelier that they are right.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from contextlib import suppress
from functools import cache, lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, NamedTuple

from corpusprep.text.chars import KANA
from corpusprep.text.edits import Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

__all__ = [
    "CLAUSE",
    "MARKS",
    "QUESTION",
    "UNKNOWN",
    "Piece",
    "Run",
    "bytes_of",
    "char_of",
    "common_han",
    "judge",
    "likeliest",
    "odd_gate",
    "plausible_chars",
    "private",
    "rare_gate",
    "rare_han",
    "readable",
]

UNKNOWN, QUESTION = "\uffff", "\ufffe"  # in a stream: a byte or two; the same or a question mark
_LOSSES = {"\ufffd": UNKNOWN, "?": QUESTION}
_LEAST_GAIN = 8.0  # nats: how much likelier the repaired run must be
# Nats a character: what is less likely than this is no Chinese either. A list of rare characters
# gains by any other reading, so a short run has to be good Chinese; UTF-8 has its form as proof.
_WORST, _WORST_SHORT, _WORST_SHIFTED, _SHORT, _WORST_PROVEN = -8.0, -6.8, -7.5, 8, -9.5


_MOST_CANDIDATES = 48
CLAUSE = re.compile("[\u3001-\u9fff\uff01-\uff5e]+")  # Chinese with its marks
Piece = str | tuple[str, ...]  # certain, or what may have stood there


class Run(NamedTuple):
    """A stretch of a text and what it was: fixed pieces and, for lost bytes, tuples of candidates."""

    start: int
    end: int
    pieces: tuple[Piece, ...]
    rule: str


# --- tables of the encodings ---------------------------------------------------------------------


_GB_TRAILS = range(0xA1, 0xFF)
_BIG5_TRAILS = (*range(0x40, 0x7F), *_GB_TRAILS)


def _han(leads: range, trails: Iterable[int], encoding: str) -> frozenset[str]:
    pairs = (bytes(pair).decode(encoding, "ignore") for pair in product(leads, trails))
    return frozenset(char for char in pairs if "\u4e00" <= char <= "\u9fff")


@cache
def common_han() -> frozenset[str]:
    """Return the characters of GB2312's first level and of Big5's: all that modern text writes."""
    return _han(range(0xB0, 0xD8), _GB_TRAILS, "gb2312") | _han(
        range(0xA4, 0xC7), _BIG5_TRAILS, "big5"
    )


@cache
def rare_han() -> str:
    """Return the Han of no modern text, as the inside of a class."""
    common = common_han()
    ends = [
        code for code in range(0x4DFF, 0xA001) if chr(code) in common or code in (0x4DFF, 0xA000)
    ]
    ranges = [(a + 1, b - 1) for a, b in pairwise(ends) if b - a > 1]
    return "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in ranges)


@cache
def rare_gate() -> re.Pattern[str]:
    """Return what finds rare Han close together: pairs of bytes that do not belong together.

    Two are not enough: 鹦鹉 and 馄饨 are words.
    """
    rare, near = rare_han(), "[^\n]{0,3}"
    return re.compile(f"[{rare}]{near}[{rare}\ufffd]{near}[{rare}\ufffd?]")


@cache
def odd_gate() -> re.Pattern[str]:
    """Return what finds the same where U+FFFD, kana or private-use characters stand among them."""
    rare, near, private = rare_han(), "[^\n]{0,3}", "\ue000-\uf8ff"
    return re.compile(
        f"\ufffd{near}[{rare}]{near}[{rare}\ufffd]|[{private}]{near}[{private}{rare}]"
        f"|[\u3041-\u30f6]{near}[{rare}{private}]"
    )


def _pairs() -> Iterator[str]:
    """Yield all pairs of bytes that an encoding of two bytes may have, as Latin-1."""
    return (chr(lead) + chr(trail) for lead, trail in product(range(0x81, 0xFF), range(0x40, 0xFF)))


@cache
def readable(encoding: str) -> frozenset[str]:
    """Return the pairs of bytes, as Latin-1, for which *encoding* has a character."""
    return frozenset(pair for pair in _pairs() if char_of(pair, encoding))


@cache
def private(encoding: str) -> frozenset[str]:
    """Return the pairs of bytes that decoders of *encoding* give private-use characters for."""
    wider = "gb18030" if encoding.startswith("gb") else "cp950"
    return frozenset(pair for pair in _pairs() if "\ue000" <= char_of(pair, wider) <= "\uf8ff")


MARKS = frozenset(
    "，。、；：？！“”‘’（）《》〈〉【】「」『』—…·～％　—–•→－＋＝／＂＊＆＃＠０１２３４５６７８９"
)


@cache
def plausible_chars() -> frozenset[str]:
    """Return the characters that may stand for lost bytes: of GB2312, Big5's first level, marks."""
    return common_han() | MARKS | _han(range(0xD8, 0xF8), _GB_TRAILS, "gb2312")


@lru_cache(1 << 14)
def char_of(data: str, encoding: str) -> str:
    """Return the character of the two bytes *data*, or nothing."""
    try:
        char = data.encode("latin-1").decode(encoding)
    except UnicodeError:
        return ""
    return char if len(char) == 1 else ""


_WIDER = {"gbk": "gb18030", "gb18030": "gb18030", "big5": "cp950", "big5hkscs": "cp950"}


@lru_cache(1 << 15)
def bytes_of(char: str, encoding: str) -> str:
    """Return the bytes of *char*, as Latin-1; a mark for a lost one, nothing for no such character."""
    if char in _LOSSES:
        return _LOSSES[char]
    if char < "\x80":
        return char
    if char == "€" and encoding == "gbk":
        return "\x80"
    for name in (encoding, _WIDER[encoding]):
        with suppress(UnicodeEncodeError):
            return char.encode(name).decode("latin-1")
    return ""


# --- filling in what is lost ---------------------------------------------------------------------


_BEAM, _MOST_WINDOWS = 12, 400
_CLOSE = 9.0  # nats: what is further behind the best is not followed
_NEAR = 3  # characters: lost places nearer to each other than this are decided together


class _Beam(NamedTuple):
    """One way to fill the lost places of a cluster so far."""

    value: float
    chosen: tuple[str, ...]
    tail: str  # the characters before the next lost place


def fill(text: str, runs: Sequence[Run], *, close: float = _CLOSE) -> list[str]:
    """Return the new text of each of *runs*: of the candidates for lost bytes, the likeliest.

    The language model judges each with three characters on either side, and what stands near to
    each other together. The document is evidence too: a triple that it writes elsewhere counts.
    What is *close* nats and more behind the best in one place is not followed.
    """
    clusters = [cluster for r, run in enumerate(runs) for cluster in _clusters(text, r, run)]
    chosen = [list(run.pieces) for run in runs]
    if clusters:
        judge = _Judge(text, runs, close)
        beams = [[_Beam(0.0, (), cluster.left)] for cluster in clusters]
        for step in range(max(len(cluster.slots) for cluster in clusters)):
            active = [k for k, cluster in enumerate(clusters) if step < len(cluster.slots)]
            grown = judge.grow([(clusters[k], beams[k]) for k in active], step)
            for k, new in zip(active, grown, strict=True):
                beams[k] = new
        for cluster, ways in zip(clusters, beams, strict=True):
            for slot, candidate in zip(cluster.slots, ways[0].chosen, strict=True):
                chosen[cluster.run][slot] = candidate
    return ["".join(piece for piece in pieces if isinstance(piece, str)) for pieces in chosen]


class _Cluster(NamedTuple):
    run: int
    left: str  # what stands before the first lost place
    slots: list[int]  # which pieces of the run are lost
    candidates: list[tuple[str, ...]]
    after: list[str]  # what stands after each lost place, up to the next or three characters


def _clusters(text: str, number: int, run: Run) -> Iterator[_Cluster]:
    """Yield the lost places of *run*, those near to each other together."""
    left = text[max(0, run.start - _NEAR) : run.start] or "\n"
    gap, cluster = "", None
    for k, piece in enumerate(run.pieces):
        if isinstance(piece, str):
            gap += piece
            continue
        if cluster and len(gap) < _NEAR:
            cluster.after.append(gap)
        else:
            if cluster:
                cluster.after.append(gap[:_NEAR])
                yield cluster
            cluster = _Cluster(number, (left + gap)[-_NEAR:], [], [], [])
        cluster.slots.append(k)
        cluster.candidates.append(piece)
        gap = ""
    if cluster:
        cluster.after.append((gap + (text[run.end : run.end + _NEAR] or "\n"))[:_NEAR])
        yield cluster


class _Judge:
    """The language model, the script of the text and what else the document writes."""

    def __init__(self, text: str, runs: Sequence[Run], close: float) -> None:
        self.close = close
        self.known = _triples(text)
        self.fit = _Script(text, runs)

    def grow(self, work: Sequence[tuple[_Cluster, list[_Beam]]], step: int) -> list[list[_Beam]]:
        """Return the best ways to fill one lost place more of each cluster."""
        from corpusprep.text import lm

        windows: list[str] = []
        for cluster, beams in work:
            candidates = cluster.candidates[step]
            del beams[max(1, _MOST_WINDOWS // len(candidates)) :]
            after = cluster.after[step][:2]
            for beam in beams:
                tail = beam.tail[-2:]
                windows.append(tail)
                windows += [tail + candidate + after for candidate in candidates]
        values = lm.scores(windows)
        out, at = [], 0
        for cluster, beams in work:
            candidates, after = cluster.candidates[step], cluster.after[step]
            fit = self.fit.of(candidates)
            size = len(beams), 1 + len(candidates)
            found = values[at : at + size[0] * size[1]].reshape(size)
            at += found.size
            found = found[:, 1:] - found[:, :1] + fit + [[beam.value] for beam in beams]
            least = found.max() - self.close
            ways = []
            for k in (-found).argsort(axis=None)[: 2 * _BEAM].tolist():
                row, column = divmod(k, len(candidates))
                if found[row, column] < least:
                    break
                beam, candidate = beams[row], candidates[column]
                value = float(found[row, column])
                value += _echo(self.known, beam.tail, candidate, after)
                tail = (beam.tail + candidate + after)[-_NEAR:]
                ways.append(_Beam(value, (*beam.chosen, candidate), tail))
            ways.sort(reverse=True)
            out.append(ways[:_BEAM])
        return out


_MOST_TRIPLES = 200_000


@lru_cache(2)
def _triples(text: str) -> frozenset[str]:
    sample = text[:_MOST_TRIPLES]
    return frozenset(map("".join, zip(sample, sample[1:], sample[2:], strict=False)))


def _echo(known: frozenset[str], left: str, candidate: str, right: str) -> float:
    """Return what it counts that the document writes *candidate* between these neighbours."""
    if len(candidate) != 1 or len(known) < 100:
        return 0.0
    around = left[-2:] + candidate + right[:2]
    return 2.5 * sum(around[k : k + 3] in known for k in range(len(around) - 2))


class _Script:
    """Which of two candidates fits the script of the text: 们 or 們."""

    def __init__(self, text: str, runs: Sequence[Run]) -> None:
        certain = "".join(p for run in runs for p in run.pieces if isinstance(p, str))
        self.simplified, self.traditional = _count_scripts(certain)
        if not (self.simplified or self.traditional):
            self.simplified, self.traditional = _count_scripts(text)

    def of(self, candidates: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Return what it costs each of *candidates* to be of the other script."""
        if self.traditional > 3 * self.simplified:
            return -_MISFIT * _scripts(candidates).clip(min=0)
        if self.simplified >= max(1, self.traditional):
            return _MISFIT * _scripts(candidates).clip(max=0)
        return 0.0 * _scripts(candidates)


def _count_scripts(text: str) -> tuple[int, int]:
    """Return how many Han of the first 5,000 characters are simplified only, and traditional only."""
    signs = [_only(char) for char in text[:5000] if "\u4e00" <= char <= "\u9fff"]
    return signs.count(1), signs.count(-1)


_MISFIT = 5.0  # nats


@lru_cache(1 << 12)
def _scripts(candidates: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return of each of *candidates* how many characters only one script has, `_only` as sign."""
    import numpy as np

    return np.array([sum(map(_only, candidate)) for candidate in candidates], np.float64)


@lru_cache(1 << 14)
def _only(char: str) -> int:
    """Return 1 for a character of GB2312 alone, -1 for one of Big5 alone, 0 for both or neither."""
    simplified = traditional = True
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        simplified = False
    try:
        char.encode("big5")
    except UnicodeEncodeError:
        traditional = False
    return simplified - traditional


def likeliest(candidates: tuple[str, ...], most: int = _MOST_CANDIDATES) -> tuple[str, ...]:
    """Return the candidates that the language model does not rule out without any context."""
    if len(candidates) <= most:
        return candidates
    from corpusprep.text import lm

    order = lm.scores(["\0" + c for c in candidates]).argsort()[::-1]
    return tuple(candidates[k] for k in order[:most])


# --- judging ---------------------------------------------------------------------------------------

_ASCII = re.compile("[\x00-\x7f]+")
_HAN = re.compile("[\u3400-\u9fff]")


def _is_chinese(text: str, worst: float) -> bool:
    """Return whether *text* is running Chinese, of *worst* nats a character or better."""
    from corpusprep.text import lm

    bare = _ASCII.sub(" ", text)
    han = _HAN.findall(bare)
    rare = sum(char not in common_han() for char in han)
    return bool(han) and rare * 8 <= len(han) + 4 and lm.score(bare) >= worst * len(bare)


_LETTERS = re.compile("[0-9A-Za-z]")
_KANA = re.compile(f"[{KANA}]")
_LEAST_HAN = 5  # in what was GBK or Big5 as a whole, and in a row: less proves nothing


def _is_list(old: str, new: str, run: Run) -> bool:
    """Return whether *old* may be rare characters in a list, a dictionary or a name."""
    han = _HAN.findall(new)
    if "-utf8-" in run.rule:
        return False
    if run.rule == "gbk-lost-byte":
        return len(new) < 4 and not old.endswith("\ufffd")
    if len(_KANA.findall(old)) * 5 >= 2 * len(_ASCII.sub("", old)):
        return True  # Japanese; among wrongly paired bytes one in eight is kana
    if max(map(len, CLAUSE.findall(new)), default=0) < _LEAST_HAN:
        return True
    letters = len(_LETTERS.findall(new)) - len(_LETTERS.findall(old))
    return (
        len(han) < _LEAST_HAN or 5 * len(set(han)) < 3 * min(len(han), 40) or letters * 8 > len(new)
    )


def judge(
    text: str, runs: Sequence[tuple[tuple[int, int], Run]]
) -> Iterator[tuple[tuple[int, int], Edit]]:
    """Yield of the *runs* of each window those that make the text much likelier."""
    if not runs:
        return
    from corpusprep.text import lm

    news = fill(text, [run for _, run in runs])
    around = [
        (text[max(0, run.start - 3) : run.start], text[run.end : run.end + 3]) for _, run in runs
    ]
    olds = [text[run.start : run.end] for _, run in runs]
    before = lm.scores([a + old + b for (a, b), old in zip(around, olds, strict=True)])
    after = lm.scores([a + new + b for (a, b), new in zip(around, news, strict=True)])
    gains = after - before
    order = sorted(range(len(runs)), key=lambda k: -gains[k])
    taken: list[tuple[int, int]] = []
    for k in order:
        window, run = runs[k]
        new, (left, right) = news[k], around[k]
        worst = _WORST_SHORT if len(new) < _SHORT else _WORST
        if len(new) < _SHORT and run.rule == "gbk-lost-byte":
            worst = _WORST_SHIFTED
        closed = run.end - run.start > 2 and text[run.end - 1] == "\ufffd"  # where the shift ended
        worst = _WORST_PROVEN if closed or "-utf8-" in run.rule else worst
        if gains[k] < _LEAST_GAIN or "\ufffd" in new or _is_list(olds[k], new, run):
            continue
        if not _is_chinese(left + new + right, worst):
            continue
        at = bisect_left(taken, (run.start, run.end))
        if (at and taken[at - 1][1] > run.start) or (at < len(taken) and taken[at][0] < run.end):
            continue
        taken.insert(at, (run.start, run.end))
        yield window, Edit(run.start, run.end, new, f"{run.rule}:+{gains[k]:.1f}")
