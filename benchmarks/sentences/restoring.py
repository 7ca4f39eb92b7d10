"""How well text comes back that was wrapped or folded: line breaks and the width of punctuation.

Wrapped lines are those of the documents beside the checkout, and the sentences of the treebanks put
into paragraphs and wrapped again at a width, no line beginning with a closing mark or ending with
an opening one (kinsoku). A join is counted by line break.

Punctuation is folded to ASCII as pipelines do it, and restored with `normalise`. Both texts are
walked side by side without white space; a mark is right if the original stands there again, left if
its ASCII still does, else wrong. Marks that were ASCII in the original count apart, as kept or
changed, which in Chinese context is as it should be.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.sentences.splitting import Figures, scores
from corpusprep.text.reflow import wrapped_line_edits
from corpusprep.text.width import normalise

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.sentences.texts import Document

Wrapped = tuple[str, list[bool]]  # of each line break, whether it stands in mid-paragraph

BREAK = re.compile(r"[ \t\u3000\r]*\n\s*")
NO_START = "，。、；：！？）》〉」』”’】〕…—,.;:!?)]%％"
NO_END = "（《〈「『“‘【〔(["
_UNIT = re.compile(r"[A-Za-z0-9.,:/%-]+|.", re.DOTALL)
GAPS = (("\n", ""), ("\n", "　　"), ("\n\n", ""))  # between paragraphs, and their indent

FOLD = {
    **dict(zip("，：；！？（）", ",:;!?()", strict=True)),
    **dict.fromkeys("“”", '"'),
    **dict.fromkeys("‘’", "'"),
    "……": "...",
    "——": "--",
}
WITH_FULL_STOP = {**FOLD, "。": "."}
ASCII = (*",:;!?()\"'.", "--", "..")
_MARKS = sorted({*FOLD, *FOLD.values(), *"。、.「」『』…—·"}, key=len, reverse=True)
_MARK = re.compile("|".join(map(re.escape, _MARKS)))


def wrap(paragraph: str, width: int) -> list[str]:
    """Return the paragraph in lines of *width* full-width characters, give or take kinsoku."""
    lines, line, used = [], "", 0.0
    for unit in _UNIT.findall(paragraph):
        size = sum(0.5 if char.isascii() else 1 for char in unit)
        if line and used + size > width and unit not in NO_START:
            kept = line.rstrip(NO_END) or line
            lines.append(kept)
            line, used = line[len(kept) :], float(len(line) - len(kept))
        line, used = line + unit, used + size
    return [*lines, line]


def wrapped_documents(documents: Iterable[Document], rng: random.Random) -> Iterator[Wrapped]:
    """Yield documents of two to six paragraphs, of four to ten sentences each, wrapped."""
    sentences = ["".join(text[s:e].split("\n")) for text, spans in documents for s, e in spans]
    at = 0
    while at < len(sentences):
        width, (gap, indent), text = rng.randint(14, 40), rng.choice(GAPS), ""
        inside: list[bool] = []
        for _ in range(rng.randint(2, 6)):
            size = rng.randint(4, 10)
            lines = wrap(indent + "".join(sentences[at : at + size]), width)
            inside += [False] * bool(text) + [True] * (len(lines) - 1)
            text += (gap if text else "") + "\n".join(lines)
            if (at := at + size) >= len(sentences):
                break
        yield text, inside


def join_figures(documents: Iterable[Wrapped], *, show: bool = False) -> Figures:
    right = wrong = missed = whole = of = 0
    for text, gold in documents:
        edits = wrapped_line_edits(text)
        joined = [
            any(edit.start < match.end() and edit.end > match.start() for edit in edits)
            for match in BREAK.finditer(text)
        ]
        pairs = Counter(zip(joined, gold, strict=True))
        right += pairs[True, True]
        wrong += pairs[True, False]
        missed += pairs[False, True]
        whole += joined == gold
        of += 1
        for match, was, should in zip(BREAK.finditer(text), joined, gold, strict=True):
            if show and was != should:
                before, after = text[: match.start()][-20:], text[match.end() :][:20]
                print(f"{'wrong' if was else 'missed'}: {before!r} | {after!r}")
    return {**scores(right, wrong, missed), "documents": of, "documents_right": whole}


def fold(text: str, table: Mapping[str, str]) -> str:
    return re.sub("|".join(table), lambda match: table[match[0]], text)


def compare(
    original: str, restored: str, table: Mapping[str, str]
) -> Iterator[tuple[int, str, str]]:
    """Yield the place of each mark in the original that is watched, the mark, and its fate.

    Neither text has white space. What else `normalise` changes (letters of full width) is passed by.
    """
    unit = re.compile("|".join([*map(re.escape, table), "-{2,}", r"\.{2,}", "."]), re.DOTALL)
    at = 0
    for match in unit.finditer(original):
        mark, start = match[0], match.start()
        if restored.startswith(mark, at):
            at += len(mark)
            if mark in table or mark[:2] in ASCII:
                yield start, mark, "right"
        elif mark in table and restored.startswith(table[mark], at):
            at += len(table[mark])
            yield start, mark, "left"
        elif mark in table or mark[:2] in ASCII:
            found, after = _MARK.match(restored, at), original[match.end() : match.end() + 1]
            if found and not (after and restored.startswith(after, at)):  # else it was removed
                at += len(found[0])
            yield start, mark, "wrong"
        elif restored.startswith(plain := unicodedata.normalize("NFKC", mark), at):
            at += len(plain)
        elif (agrees := restored.find(original[start : start + 3], at, at + 12)) >= 0:
            at = agrees + 1


def mark_figures(
    texts: Iterable[str], table: Mapping[str, str], *, folded: bool, show: bool = False
) -> Figures:
    """Return how many marks are right, wrong and left after `normalise`, in all and by mark."""
    found: dict[str, Counter[str]] = {mark: Counter() for mark in (*table, "ASCII")}
    for text in texts:
        given = "".join(text.split())
        restored = normalise(fold(text, table) if folded else text)
        for at, mark, fate in compare(given, "".join(restored.split()), table):
            if mark in table:
                found[mark][fate] += 1
            else:
                found["ASCII"]["kept" if fate == "right" else "changed"] += 1
            if show and mark in table and fate != "right":
                print(
                    f"{fate}: {given[max(0, at - 15) : at]} {mark} {given[at + len(mark) :][:15]}"
                )
    total = sum((found[mark] for mark in table), Counter())
    return {
        "marks": total.total(),
        **{fate: total[fate] for fate in ("right", "wrong", "left")},
        "rate": round(total["right"] / max(1, total.total()), 4),
        "by_mark": {
            mark: " ".join(f"{n} {fate}" for fate, n in fates.items())
            for mark, fates in found.items()
            if fates
        },
    }


def punctuation_figures(texts: Sequence[str], *, show: bool = False) -> dict[str, Figures]:
    """Return the figures of folded texts, without and with the full stop, and of untouched ones."""
    return {
        "folded": mark_figures(texts, FOLD, folded=True, show=show),
        "folded_with_full_stop": mark_figures(texts, WITH_FULL_STOP, folded=True),
        "unfolded": mark_figures(texts, WITH_FULL_STOP, folded=False, show=show),
    }
