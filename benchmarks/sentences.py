"""Measure sentence splitting and line joining: golden cases, boundary F1, join precision, speed.

Run: python benchmarks/sentences.py  (half a minute; writes results/sentences.json)

The data lie beside the checkout: hand-written golden cases, documents of UD Chinese GSDSimp and CFL
with their sentence spans, documents with broken lines and the decision for each break, and made-up
web documents. A boundary is the place behind the last character of a sentence; the end of the
text does not count. Joins are counted by break. Speeds are MB of UTF-8 a second of one thread, the
best of five runs, and as a share of ``text.split("。")`` over the same texts in the same run.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusprep.text.reflow import wrapped_line_edits
from corpusprep.text.sentences import sentence_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from corpusprep.text.sentences import Quotes

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
SEEDS = HERE.parent / "seeds"
BREAK = re.compile(r"[ \t\u3000\r]*\n\s*")

# One mark after another, brackets never closed: what costs most for its bytes.
HOSTILE = {
    "marks": "？a", "brackets": "(啊。", "titles": "《啊！", "quotes": '"啊。', "dots": "a. ",
    "spaced": "。 ", "questions": "吗?啊", "closers": "。)", "lines": "啊\n", "one line": "啊啊啊啊啊，",
}  # fmt: skip


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def golden_rate(quotes: Quotes) -> dict[str, float]:
    cases = read(DATA / "sentences" / "golden_zh.dev.jsonl")
    right = 0
    for case in cases:
        text = case["text"]
        found = [text[start:end].strip() for start, end in sentence_spans(text, quotes=quotes)]
        wants = [[s.strip() for s in want] for want in (case["sentences"], *case["alts"])]
        right += [s for s in found if s] in wants
    return {"cases": len(cases), "right": right, "rate": round(right / len(cases), 4)}


def boundaries(text: str, spans: Iterable[tuple[int, int]]) -> set[int]:
    ends = {len(text[:end].rstrip()) for _, end in spans}
    return ends - {0, len(text.rstrip())}


def scores(right: int, wrong: int, missed: int) -> dict[str, float]:
    return {
        "right": right,
        "wrong": wrong,
        "missed": missed,
        "precision": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, right + missed), 4),
        "f1": round(2 * right / max(1, 2 * right + wrong + missed), 4),
    }


def boundary_scores(file: str, quotes: Quotes) -> dict[str, float]:
    right = wrong = missed = 0
    for doc in read(DATA / "sentences" / file):
        gold = boundaries(doc["text"], doc["spans"])
        found = boundaries(doc["text"], sentence_spans(doc["text"], quotes=quotes))
        right += len(gold & found)
        wrong += len(found - gold)
        missed += len(gold - found)
    return scores(right, wrong, missed)


def join_scores(file: str) -> dict[str, float]:
    right = wrong = missed = whole = 0
    docs = read(DATA / "sentences" / file)
    for doc in docs:
        edits = wrapped_line_edits(doc["text"])
        joined = [
            any(edit.start < match.end() and edit.end > match.start() for edit in edits)
            for match in BREAK.finditer(doc["text"])
        ]
        gold = [decision == "J" for decision in doc["decisions"]]
        right += sum(j and g for j, g in zip(joined, gold, strict=True))
        wrong += sum(j and not g for j, g in zip(joined, gold, strict=True))
        missed += sum(g and not j for j, g in zip(joined, gold, strict=True))
        whole += joined == gold
    return {**scores(right, wrong, missed), "documents": len(docs), "documents_right": whole}


def seconds(work: Callable[[str], object], texts: list[str], runs: int = 5) -> float:
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return best


def split_naively(text: str) -> list[str]:
    return text.split("。")


def speed(texts: list[str]) -> dict[str, float]:
    size = sum(len(text.encode()) for text in texts) / 1e6
    base = seconds(split_naively, texts)
    result = {"megabytes": round(size, 1), "baseline_mb_s": round(size / base)}
    for name, work in (("sentences", sentence_spans), ("reflow", wrapped_line_edits)):
        took = seconds(work, texts)
        result[f"{name}_mb_s"] = round(size / took, 1)
        result[f"{name}_of_baseline"] = round(base / took, 4)
    return result


def hostile_speed() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for name, unit in HOSTILE.items():
        text = unit * (200_000 // len(unit))
        size = len(text.encode()) / 1e6
        found[name] = {
            "sentences_mb_s": round(size / seconds(sentence_spans, [text], 2), 1),
            "reflow_mb_s": round(size / max(1e-6, seconds(wrapped_line_edits, [text], 2)), 1),
        }
    return found


def main() -> None:
    if not DATA.exists():
        sys.exit(f"{DATA}: the data that this measures lie beside the checkout")
    ud = ("ud_gsdsimp", "ud_cfl")
    ways: tuple[Quotes, ...] = ("split", "keep")
    web = [doc["text"] for path in sorted((DATA / "web").glob("shard-*")) for doc in read(path)]
    news = [d["text"] for name in ud for d in read(DATA / "sentences" / f"{name}.jsonl")] * 10
    results = {
        "golden": {quotes: golden_rate(quotes) for quotes in ways},
        "boundaries": {name: {q: boundary_scores(f"{name}.jsonl", q) for q in ways} for name in ud},
        "joins": {
            "reflow_zh": join_scores("reflow_zh.dev.jsonl"),
            "reflow_auto": join_scores("reflow_auto.jsonl"),
        },
        "speed": {
            "web": speed(web),
            "treebanks": speed(news),
            "seeds": speed([p.read_text(encoding="utf-8") for p in SEEDS.glob("*.txt")] * 10),
        },
        "hostile": hostile_speed(),
    }
    shown = json.dumps(results, indent=1, ensure_ascii=False)
    print(shown)
    (HERE / "results" / "sentences.json").write_text(shown + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
