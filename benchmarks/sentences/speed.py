"""How fast, in MB of UTF-8 a CPU second of one thread, and how the time grows on hostile text.

Ordinary texts are also compared with ``text.split("。")`` over the same texts in the same run.
Growth is the time for four times the text: 4 is linear, 16 quadratic.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from corpusprep.text.articles import split_articles
from corpusprep.text.reflow import wrapped_line_edits
from corpusprep.text.sentences import sentence_spans
from corpusprep.text.width import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WORK: dict[str, Callable[[str], object]] = {
    "sentences": sentence_spans,
    "reflow": wrapped_line_edits,
    "normalise": normalise,
    "articles": split_articles,
}
# One mark after another, brackets and quotations never closed: what costs most for its bytes.
HOSTILE = {
    "marks": "？a", "brackets": "(啊。", "titles": "《啊！", "quotes": '"啊。', "dots": "a. ",
    "spaced": "。 ", "questions": "吗?啊", "closers": "。)", "lines": "啊\n", "one line": "啊啊啊啊啊，",
    "ellipses": "……", "numbers": "1.", "unclosed quotes": "“啊", "links": "http://a.cn/?b=1 啊",
    "ASCII commas": "啊,", "bylines": "本报记者 甲乙\n", "marked items": "【啊】啊。\n", "spaces": "啊 啊",
    "straight quotes": '"啊,', "ASCII stops": "啊.",
}  # fmt: skip
LONG, TIMES = 200_000, 4  # characters of the longer text, and how many times it is the shorter


def seconds(work: Callable[[str], object], texts: Iterable[str], runs: int = 5) -> float:
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return max(best, 1e-6)


def split_naively(text: str) -> list[str]:
    return text.split("。")


def megabytes(texts: Iterable[str]) -> float:
    return sum(len(text.encode()) for text in texts) / 1e6


def speed(texts: Sequence[str]) -> dict[str, float]:
    size, base = megabytes(texts), seconds(split_naively, texts)
    found = {"megabytes": round(size, 1), "baseline_mb_s": round(size / base)}
    for name, work in WORK.items():
        took = seconds(work, texts)
        found[f"{name}_mb_s"] = round(size / took, 1)
        found[f"{name}_of_baseline"] = round(base / took, 4)
    return found


def hostile(unit: str) -> dict[str, float]:
    found: dict[str, float] = {}
    text = unit * (LONG // len(unit))
    for name, work in WORK.items():
        short = seconds(work, [text[: len(text) // TIMES]], 3)
        took = seconds(work, [text], 2)
        found[f"{name}_mb_s"] = round(megabytes([text]) / took, 1)
        found[f"{name}_growth"] = round(took / short, 1)
    return found
