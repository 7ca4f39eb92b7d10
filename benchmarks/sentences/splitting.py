"""How well sentences are found: in cases, in golden cases, at the boundaries of treebanks.

A case is right if the sentences, stripped, are one of the answers it accepts. A boundary is the
place behind the last character of a sentence; it is counted in characters that are not white space,
so that it does not matter who keeps the white space. The end of the text does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from corpusprep.text.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.sentences.texts import Case, Document

Figures = dict[str, Any]
Splitter = Callable[[str], list[str]]  # the pieces of a text in their order


def pieces(text: str, **options: Any) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text, **options)]


def case_figures(
    cases: Iterable[Case], work: Callable[..., object], *, show: bool = False
) -> Figures:
    """Return how many cases *work*, given their options, solves; and right/all of each group."""
    of: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for case in cases:
        got = work(case.text, **dict(case.options))
        of[case.group] += 1
        right[case.group] += got in case.wants
        if show and got not in case.wants:
            print(f"{case.group}: {case.text!r}\n  got  {got!r}\n  want {case.wants[0]!r}")
    return {
        "cases": of.total(),
        "right": right.total(),
        "rate": round(right.total() / max(1, of.total()), 4),
        "groups": {group: f"{right[group]}/{n}" for group, n in of.items()},
    }


def by_mode(
    cases: Sequence[Case], split: Callable[..., list[str]], *, show: bool = False
) -> dict[str, Figures]:
    """Return the figures of a splitter on the cases that are meant for each mode of quotations."""
    found = {}
    for mode in ("split", "keep"):

        def work(text: str, mode: str = mode, **options: Any) -> list[str]:
            if "preset" not in options:  # which has a mode of its own
                options["quotes"] = mode
            stripped = (piece.strip() for piece in split(text, **options))
            return [piece for piece in stripped if piece]

        meant = (case for case in cases if case.quotes in {None, mode})
        found[mode] = case_figures(meant, work, show=show)
    return found


def scores(right: int, wrong: int, missed: int) -> Figures:
    return {
        "right": right,
        "wrong": wrong,
        "missed": missed,
        "precision": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, right + missed), 4),
        "f1": round(2 * right / max(1, 2 * right + wrong + missed), 4),
    }


def boundaries(parts: Iterable[str]) -> set[int]:
    ends = list(accumulate(len("".join(part.split())) for part in parts))
    return set(ends) - {0, *ends[-1:]}


def boundary_figures(
    documents: Iterable[Document], split: Splitter, *, show: bool = False
) -> Figures:
    right = wrong = missed = 0
    for text, spans in documents:
        gold = boundaries(text[start:end] for start, end in spans)
        found = boundaries(split(text))
        right += len(gold & found)
        wrong += len(found - gold)
        missed += len(gold - found)
        ink = "".join(text.split()) if show else ""
        for at in sorted(gold ^ found) if show else ():
            word = "wrong" if at in found else "missed"
            print(f"{word}: {ink[max(0, at - 20) : at]} | {ink[at : at + 20]}")
    return scores(right, wrong, missed)
