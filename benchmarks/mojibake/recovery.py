"""How much of damaged Chinese text comes back, for each kind of damage, at three levels.

A **sentence** is damaged as a whole, a **span** is one clause inside a clean sentence, a
**document** is damaged from its first line to its last. Of each: how many come back exactly, how
many do if width and white space are not looked at, and the character error rate (edits over the
characters of the clean text, all texts together) before and after. Nothing is left out for being
unrecoverable: a byte that is gone counts as wrong if it was not guessed.

Kinds that change the script too are compared with both scripts folded. Of kinds that destroy the
text it is asked that nothing is changed: there a repair would be an invention.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from benchmarks.mojibake.damage import KINDS, damage, damage_span, plant
from corpusprep.text.script import simplify_chars

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

CLEAN = Path(__file__).resolve().with_name("clean")
LEVELS = ("sentence", "span", "document")
PASSES = 20  # over the clean texts, for damage that few of them can have


@dataclass(frozen=True, slots=True)
class Target:
    """What must at least come back exactly (per cent), and the highest error rate (per cent)."""

    exact: float
    error_rate: float | None = None
    span: float | None = None  # exact, of spans
    whole: bool = False  # whether the error rate is asked of documents too


_LATIN = Target(99, span=95)
_SURE = Target(99)
_MARKED = Target(70, 1.5, span=40, whole=True)
_QUESTION = Target(50, 4, span=40, whole=True)
_LOST = Target(45, 5)
TARGETS: dict[str, Target] = {
    "utf8-as-latin1": _LATIN,
    "utf8-as-cp1252": _LATIN,
    "utf8-as-cp1252-dropped": Target(90, span=90),
    "utf8-as-cp1252-cleaned": Target(90, span=90),
    "utf8-as-cp1252-replaced": Target(90, span=90),
    "utf8-as-cp1252-spaced": Target(90, span=90),
    "gbk-as-latin1": _LATIN,
    "gbk-as-cp1252": _LATIN,
    "big5-as-latin1": _LATIN,
    "big5-as-cp1252": _LATIN,
    "utf8-latin1-twice": _LATIN,
    "utf8-cp1252-twice": _LATIN,
    "utf8-mixed-twice": _LATIN,
    "gbk-latin1-utf8-latin1": _LATIN,
    "utf8-as-gbk": _MARKED,
    "utf8-as-gb18030": _MARKED,
    "utf8-as-gb18030-private-dropped": _MARKED,
    "utf8-as-gbk-paired": _MARKED,
    "utf8-as-cp936": _MARKED,
    "utf8-as-cp936-private-dropped": _MARKED,
    "utf8-as-gbk-question": _QUESTION,
    "utf8-as-gbk-question-private-dropped": _QUESTION,
    "gbk-as-big5": Target(80),
    "gbk-as-cp950": Target(80),
    "gbk-as-big5hkscs": Target(80),
    "big5-as-gbk": Target(60),
    "big5-as-gb18030": Target(60),
    "big5-as-cp936": Target(60),
    "big5-as-cp936-private-dropped": Target(60),
    "gbk-lost-byte": _LOST,
    "gbk-lost-byte-folded": _LOST,
    "gbk-lost-byte-cp936": _LOST,
    "gbk-split-mark": _LOST,
    "gbk-split-mark-folded": _LOST,
    "pinyin-annotation": _SURE,
    "pinyin-collision": Target(85),
    "html-decimal": _SURE,
    "html-hex": _SURE,
    "html-double": _SURE,
    "html-named": _SURE,
    "unicode-escape": _SURE,
    "percent-utf8": _SURE,
    "percent-gbk": _SURE,
    "kangxi-radical": _SURE,
    "radical-supplement": _SURE,
    "kunjinkao": Target(100),
    "utf8-cut": Target(100),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A damaged text, and what should come of it."""

    damaged: str
    gold: str


@dataclass(slots=True)
class Score:
    """What a repair made of the samples of one kind and level."""

    n: int = 0
    exact: int = 0
    loose: int = 0  # exact but for width and white space
    unchanged: int = 0
    edits: int = 0
    edits_before: int = 0
    characters: int = 0
    size: int = 0
    seconds: float = 0.0

    def figures(self) -> dict[str, float]:
        """Return shares and rates in per cent, and MB of damaged UTF-8 a CPU second."""

        def share(part: float, whole: float, digits: int = 1) -> float:
            return round(100 * part / whole, digits) if whole else 0.0

        return {
            "n": self.n,
            "exact": share(self.exact, self.n),
            "exact_loosely": share(self.loose, self.n),
            "unchanged": share(self.unchanged, self.n),
            "error_rate_before": share(self.edits_before, self.characters, 2),
            "error_rate": share(self.edits, self.characters, 2),
            "mb_per_second": round(self.size / 1e6 / self.seconds, 3) if self.seconds else 0.0,
        }


# --- texts -------------------------------------------------------------------------------------


@cache
def clean_texts(level: str) -> dict[str, list[str]]:
    """Return the clean texts by script, in the order of the files."""
    if level != "document":
        return {script: _lines(f"{script}.txt") for script in ("simplified", "traditional")}
    found: dict[str, list[str]] = {"simplified": [], "traditional": []}
    for line in _lines("documents.jsonl"):
        row = json.loads(line)
        found[row["script"]].append(row["text"])
    return found


def _lines(name: str) -> list[str]:
    try:
        text = (CLEAN / name).read_text("utf-8")
    except FileNotFoundError:
        print(f"no {CLEAN.name}/{name}: left out", file=sys.stderr)
        return []
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def draw(kind: str, level: str, most: int) -> Iterator[Sample]:
    """Yield up to *most* samples, the same ones each time; a larger number only adds some."""
    if level == "span" and not KINDS[kind].spans:
        return
    way = damage_span if level == "span" else damage
    found = 0
    seen = set()
    again = level == "sentence" or KINDS[kind].folded  # another site, another list
    for turn in range(PASSES if again else 1):
        for number, text in enumerate(texts_for(kind, level, turn)):
            rng = random.Random(f"{kind} {level} {turn} {number}")
            gold = plant(text, kind, rng)
            bad = way(gold, kind, rng)
            if bad is None or bad in seen:
                continue
            seen.add(bad)
            yield Sample(bad, bad if KINDS[kind].left else gold)
            found += 1
            if found == most:
                return


def texts_for(kind: str, level: str, turn: int) -> list[str]:
    """Return the clean texts that a kind may happen to, in an order of their own each turn."""
    rng = random.Random(f"{kind} {level} {turn}")
    found: list[str] = []
    for script, texts in clean_texts(level).items():
        if KINDS[kind].script in {"both", script}:
            drawn = rng.sample(texts, len(texts))
            joined = KINDS[kind].joined and level == "sentence"
            found += map("".join, zip(drawn[::2], drawn[1::2], strict=False)) if joined else drawn
    rng.shuffle(found)
    return found


# --- comparison --------------------------------------------------------------------------------

_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def loosely(text: str) -> str:
    """Return *text* without white space and with full-width ASCII folded.

    >>> loosely("他说：“好！” ")
    '他说:“好!”'
    """
    return "".join(text.translate(_WIDTH).split())


def distance(one: str, two: str) -> int:
    """Return how many characters must be put in, taken out or replaced to make *two* of *one*.

    Myers (1999), "A fast bit-vector algorithm for approximate string matching", on long integers.

    >>> distance("锟斤拷", "锟拷斤"), distance("", "中文")
    (2, 2)
    """
    if one == two or not one or not two:
        return 0 if one == two else len(one or two)
    where: dict[str, int] = {}
    for at, char in enumerate(one):
        where[char] = where.get(char, 0) | 1 << at
    last, full = 1 << len(one) - 1, (1 << len(one)) - 1
    more, less, cost = full, 0, len(one)
    for char in two:
        same = where.get(char, 0)
        down = same | less
        across = (((same & more) + more) ^ more) | same
        up = less | ~(across | more) & full
        back = more & across
        cost += bool(up & last) - bool(back & last)
        up = (up << 1 | 1) & full
        more = (back << 1 | ~(down | up)) & full
        less = up & down
    return cost


def score(
    samples: list[Sample], work: Callable[[str], str], *, folded: bool, show: int = 0
) -> Score:
    """Return how *work* does on *samples*; print the first *show* that do not come back."""
    total = Score()
    work(samples[0].damaged)  # imports and tables
    for sample in samples:
        began = process_time()
        out = work(sample.damaged)
        total.seconds += process_time() - began
        total.n += 1
        total.size += len(sample.damaged.encode(errors="replace"))
        total.unchanged += out == sample.damaged
        before, gold = sample.damaged, sample.gold
        if folded:
            before, out, gold = map(simplify_chars, (before, out, gold))
        total.characters += len(gold)
        total.exact += out == gold
        total.loose += loosely(out) == loosely(gold)
        total.edits += distance(gold, out)
        total.edits_before += distance(gold, before)
        if show and out != gold:
            show -= 1
            print(f"    damaged {before!r}\n    came    {out!r}\n    clean   {gold!r}")
    return total


def floors(kind: str, level: str) -> tuple[float | None, float | None]:
    """Return what is asked of a kind at a level: the share of exact texts, and the error rate.

    Of whole documents that lost bytes none need come back exactly.
    """
    target = TARGETS.get(kind)
    if target is None:
        return None, None
    if level == "sentence":
        return target.exact, target.error_rate
    if level == "span":
        return target.span, None
    return (
        target.exact if target.exact >= _SURE.exact else None,
        target.error_rate if target.whole else None,
    )


def missed(kind: str, level: str, figures: dict[str, float]) -> list[str]:
    """Return what these figures fall short of."""
    exact, error_rate = floors(kind, level)
    short = []
    if exact is not None and figures["exact"] < exact:
        short.append(f"exact {figures['exact']} < {exact}")
    if error_rate is not None and figures["error_rate"] > error_rate:
        short.append(f"error rate {figures['error_rate']} > {error_rate}")
    return short


def has_target(kind: str, level: str) -> bool:
    return floors(kind, level) != (None, None)


# --- all ---------------------------------------------------------------------------------------

Table = dict[str, dict[str, dict[str, float]]]  # level, kind


def measure(
    work: Callable[[str], str],
    *,
    most: int = 300,
    kinds: Collection[str] = tuple(KINDS),
    levels: Collection[str] = LEVELS,
    show: int = 0,
    quiet: bool = False,
) -> Table:
    """Return the figures of *work* by level and kind, and print them as they come."""
    found: Table = {}
    for level in levels:
        found[level] = {}
        if not quiet:
            print(
                f"\n{level:38}{'n':>5}{'exact':>8}{'loosely':>9}{'CER before':>12}{'CER':>8}{'MB/s':>9}"
            )
        for kind in kinds:
            samples = list(draw(kind, level, most))
            if not samples:
                continue
            total = score(samples, work, folded=KINDS[kind].folded, show=show)
            figures = found[level][kind] = total.figures()
            if not quiet:
                print(row(kind, level, figures), flush=True)
    return found


def row(kind: str, level: str, figures: dict[str, float]) -> str:
    short = missed(kind, level, figures)
    verdict = f"MISSED {', '.join(short)}" if short else "met" * has_target(kind, level)
    return (
        f"{kind:38}{figures['n']:5}{figures['exact']:8.1f}{figures['exact_loosely']:9.1f}"
        f"{figures['error_rate_before']:12.2f}{figures['error_rate']:8.2f}"
        f"{figures['mb_per_second']:9.3f}  {verdict}"
    )


def count_met(found: Table) -> dict[str, int]:
    """Return how many of the targets are met and missed."""
    cells = [
        not missed(kind, level, figures)
        for level, kinds in found.items()
        for kind, figures in kinds.items()
        if has_target(kind, level)
    ]
    return {"met": sum(cells), "missed": len(cells) - sum(cells)}
