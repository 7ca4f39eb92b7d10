"""Measure how well and how fast copies are found; writes results/duplicates.json.

Two corpora: web pages that come with the truth about their copies (skipped where the shared data
is absent), and documents of a given length made from their sentences, each kind of change by
itself. A copy counts as one to find where at least `THRESHOLD` of the character n-grams are the
same by a count in plain Python; it counts as found where it has the same label as its original.
Speed is CPU time of one core, best of three, beside two baselines in the same run: a bare hash of
the text, and Python sets of its five-character slices.

    python benchmarks/duplicates.py
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import xxhash

from corpusprep.steps.duplicates import Duplicate, Duplicates
from corpusprep.text.script import convert_script
from corpusprep.text.shingles import key_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WEB = Path(__file__).resolve().parents[2] / "shared" / "data" / "web"
RESULTS = Path(__file__).resolve().parent / "results" / "duplicates.json"
THRESHOLD = 0.8
LETTERS = re.compile("[a-z\u0080-\u052f]+")
LENGTH = 365  # characters: that of the corpus on which other tools were measured
FOLD = str.maketrans("，。：；！？（）“”、", ',.:;!?()"",')


def plain_sets(texts: Sequence[str]) -> list[set[str]]:
    """Return the shingle sets by plain Python, from the keys: what similarity is checked against."""
    keys = key_texts(texts)
    flat = keys.flat.astype("<u4").tobytes().decode("utf-32-le")
    found = []
    for start, end in zip(keys.offsets[:-1], keys.offsets[1:], strict=True):
        key = flat[start:end]
        runs = [key[i : i + 12] for i in range(len(key) - 4)]
        found.append({r if len(r) == 12 and LETTERS.fullmatch(r) else r[:5] for r in runs} or {key})
    return found


def similarity(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def cpu(work: Callable[[], object]) -> float:
    """Return seconds of CPU time, the best of three."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def speed(texts: list[str]) -> dict[str, object]:
    """Return how fast sketches are made, and how that compares."""
    step = Duplicates()
    size = sum(len(text.encode()) for text in texts) / 1e6
    sketches = step.sketch(texts)
    sketching = cpu(lambda: step.sketch(texts))
    deciding = cpu(lambda: step.decide(sketches, lambda rows: [texts[row] for row in rows]))
    hashing = cpu(lambda: [xxhash.xxh3_128_digest(text.encode()) for text in texts])
    slicing = cpu(lambda: [{t[i : i + 5] for i in range(len(t) - 4)} for t in texts])
    return {
        "documents": len(texts),
        "megabytes": round(size, 1),
        "sketch": {
            "documents_per_second": round(len(texts) / sketching),
            "megabytes_per_second": round(size / sketching, 1),
            "times_a_bare_hash": round(sketching / hashing, 1),
            "share_of_python_sets": round(sketching / slicing, 3),
        },
        "decide_documents_per_second": round(len(texts) / deciding),
    }


def check(texts: list[str], origin: dict[int, tuple[str, int]]) -> dict[str, object]:
    """Return how many copies are found, by kind, and whether each that goes is one by plain count."""
    step = Duplicates(threshold=THRESHOLD)
    found = step.decide(step.sketch(texts), lambda rows: [texts[row] for row in rows])
    kept = {item.row: item.kept for item in found}
    sets = plain_sets(texts)
    total, alike, met, met_alike = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for row, (kind, other) in origin.items():
        meets = kept.get(row, row) == kept.get(other, other)
        near = similarity(sets[row], sets[other]) >= THRESHOLD
        total[kind] += 1
        alike[kind] += near
        met[kind] += meets
        met_alike[kind] += meets and near
    return {
        "documents": len(texts),
        "dropped": dict(Counter(item.rule for item in found)),
        "dropped_below_threshold": sum(too_far(item, sets) for item in found),
        "pairs_kept_at_or_above_threshold": missed(sets, kept, origin),
        "copies": {
            kind: {
                "all": total[kind],
                "all_found": met[kind],
                "at_threshold": alike[kind],
                "at_threshold_found": met_alike[kind],
            }
            for kind in sorted(total)
        },
    }


def too_far(item: Duplicate, sets: list[set[str]]) -> bool:
    return similarity(sets[item.row], sets[item.kept]) < THRESHOLD


def missed(sets: list[set[str]], kept: dict[int, int], origin: dict[int, tuple[str, int]]) -> int:
    """Count known copies at the threshold of which both stay: what is really left over."""
    return sum(
        row not in kept and other not in kept and similarity(sets[row], sets[other]) >= THRESHOLD
        for row, (_, other) in origin.items()
    )


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def web_pages() -> tuple[list[str], dict[int, tuple[str, int]]]:
    """Return the pages, and for each copy its kind and its original."""
    records = [
        json.loads(line) for path in sorted(WEB.glob("shard-*.jsonl")) for line in lines(path)
    ]
    row = {record["id"]: i for i, record in enumerate(records)}
    truth = map(json.loads, lines(WEB / "truth.jsonl"))
    origin = {row[r["id"]]: (r["kind"], row[r["dup_of"]]) for r in truth if r["dup_of"]}
    return [record["text"] for record in records], origin


def changed(rng: random.Random, text: str, sentences: list[str], kind: str) -> str:
    """Return a copy of *text* with one kind of change."""
    name, _, percent = kind.partition(" ")
    count = len(text) * int(percent or 0) // 100
    if name == "scattered":
        chars = list(text)
        for at in rng.sample(range(len(chars)), count):
            chars[at] = rng.choice(rng.choice(sentences))
        return "".join(chars)
    if name == "block":
        at = rng.randrange(len(text) - count)
        return text[:at] + "".join(rng.choices(sentences, k=9))[:count] + text[at + count :]
    if name == "frame":
        frame = "".join(rng.choices(sentences, k=9))[:count]
        return frame[: count // 2] + "\n" + text + "\n" + frame[count // 2 :]
    return {
        "exact": lambda: text,
        "folded": lambda: text.translate(FOLD),
        "unpunctuated": lambda: "".join(c for c in text if c.isalnum()),
        "spaced": lambda: " ".join(text),
        "traditional": lambda: convert_script(text, "s2t"),
    }[name]()


KINDS = [
    "exact", "folded", "unpunctuated", "spaced", "traditional", "scattered 1", "scattered 2",
    "scattered 3", "scattered 5", "block 5", "block 10", "block 20", "frame 10", "frame 20",
]  # fmt: skip


def made_documents(pages: list[str], count: int) -> tuple[list[str], dict[int, tuple[str, int]]]:
    """Return documents of about `LENGTH` characters from the pages' sentences, and a copy of a third."""
    rng = random.Random(20)
    whole = (part for page in pages for line in page.split("\n") for part in line.split("。"))
    sentences = sorted({part + "。" for part in whole if 12 < len(part) < 100})
    texts = []
    for _ in range(count):
        text = ""
        while len(text) < LENGTH:
            text += rng.choice(sentences)
        texts.append(text[:LENGTH])
    origin = {}
    for i in range(count // 3):
        kind, other = KINDS[i % len(KINDS)], i * 3
        origin[len(texts)] = kind, other
        texts.append(changed(rng, texts[other], sentences, kind))
    return texts, origin


def main() -> int:
    if not WEB.is_dir():
        print("skipped: the web pages of the shared data are not here", file=sys.stderr)
        return 0
    pages, page_origin = web_pages()
    made, made_origin = made_documents(pages, 12_000)
    results = {
        "threshold": THRESHOLD,
        "web_pages": {"quality": check(pages, page_origin), "speed": speed(pages)},
        "made_documents": {"quality": check(made, made_origin), "speed": speed(made[:12_000])},
    }
    text = json.dumps(results, ensure_ascii=False, indent=2)
    RESULTS.write_text(text + "\n", "utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
