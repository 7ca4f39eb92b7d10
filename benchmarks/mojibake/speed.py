"""How fast repair is: on clean text, on damaged text, and on text made to be slow.

Run: python -m benchmarks.mojibake.speed

Clean text is nearly all there is, so it must cost next to nothing; damaged text may be slow, but
nothing may be slower than linear, or one page holds up a whole job. Speeds are MB of UTF-8 a CPU
second, and as a share of counting and splitting lines, which moves with the machine as they do.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from benchmarks.mojibake.damage import KINDS, damage, plant
from corpusprep.text.mojibake import repair_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from corpusprep.text.edits import Edit

ROOT = Path(__file__).resolve().parents[2]
CLEAN = Path(__file__).resolve().with_name("clean")
DOCUMENT = 3_000  # characters, an article of middling length
ENOUGH = 1.0  # CPU seconds for one kind of damaged text
SUPER_LINEAR = 1.3  # a text of four times the length must not take more than four to this power
TOO_SHORT = 0.1  # CPU seconds below which a run on a busy machine says nothing about growth
TOO_SLOW = 0.02  # MB a CPU second: a page of 100 kB would take five seconds
TOO_LONG = 4.0  # CPU seconds after which a text is not doubled any more


Finder = Callable[[str], "Iterable[Edit]"]
DAMAGED = (
    "ä½\xa0å¥½ï¼Œä¸–ç•Œ",
    "ÎÄ¼þ²»´æÔÚ",
    "浣犲ソ锛屼笘鐣屻€",
    "推進(jìn)旅游高質(zhì)量發(fā)展",
    "&#20320;",
)


# --- Texts ---------------------------------------------------------------------------------------


def clean_documents(name: str, megabytes: float) -> list[str]:
    """Return documents of lines of clean/*name*.txt in changing order, about so much in all."""
    lines = (CLEAN / f"{name}.txt").read_text("utf-8").splitlines()
    return list(documents(lines, megabytes, random.Random(name)))


def documents(lines: Sequence[str], megabytes: float, rng: random.Random) -> Iterator[str]:
    size = 0.0
    while size < megabytes * 1e6:
        doc: list[str] = []
        while sum(map(len, doc)) < DOCUMENT:
            doc.append(rng.choice(lines))
        text = "\n".join(doc)
        size += len(text.encode())
        yield text


def with_english(texts: Iterable[str]) -> Iterator[str]:
    """Yield *texts* with as much English between their lines as a technical page has."""
    english = "See the FAQ at https://example.com/a?b=1&c=2 (R&D, 5°C, café): 100% of v2.0 is done."
    words = english.split()
    rng = random.Random(3)
    for text in texts:
        lines = text.split("\n")
        yield "\n".join(f"{line} {' '.join(rng.sample(words, 6))}" for line in lines)


def with_questions(texts: Iterable[str]) -> Iterator[str]:
    """Yield *texts* with the marks of a chat: ASCII, and a question mark for every full stop."""
    table = str.maketrans("。？！，；：", "???,;:")
    yield from (text.translate(table) for text in texts)


# One cheap trick each, as long as wanted: what a finder looks at, and nothing that ends it.
UNITS: dict[str, str] = {
    "questions only": "?",
    "questions after Han": "吗?",
    "question and mark": "吗?!",
    "questions in lines": "吗?\n",
    "questions and euros": "拙€吗?",
    "euro signs": "€",
    "dashes and quotes": "—“”",
    "one letter": "Ã",
    "letters in pairs": "Ã©",
    "letters of GBK": "ÄãºÃ",
    "letters of UTF-8": "ä½\u00a0å¥½",
    "cut UTF-8 letters": "ä½",
    "letters and spaces": "ä½ å ¥",
    "letters with ASCII": "Ãa©b",
    "controls": "\u0081\u008d",
    "escaped again and again": "amp;",
    "ampersands": "&",
    "entities": "&#20320;",
    "entities without end": "&#20320",
    "entity twice": "&amp;lt;",
    "unicode escapes": "\\u4f60",
    "cut unicode escapes": "\\u4f6",
    "backslashes": "\\",
    "percent escapes": "%E4%BD%A0",
    "cut percent escapes": "%E4",
    "percent escapes of GBK": "%C4%E3",
    "percent signs": "%",
    "URLs": "http://a.cn/%E4%BD?a=1&b=2 ",
    "kunjinkao": "锟斤拷",
    "pinyin": "進(jìn)行",
    "pinyin everywhere": "進(jìn)國(guó)",
    "pinyin never closed": "進(jìn",
    "parentheses": "進(",
    "lost marks": "\ufffd",
    "lost marks between Han": "你\ufffd好",
    "lost marks and letters": "ä\ufffd½",
    "UTF-8 in GBK": "鐨鏄鍦",
    "one of UTF-8 in GBK": "鐨",
    "marks of UTF-8 in GBK": "銆傘€锛",
    "lost bytes": "?！敝С龅拙€",
    "UTF-8 in Big5": "嚙踝蕭",
    "radicals": "⼀⼁⻓",
    "radicals and Han": "⼀的",
    "compatible": "不",
    "private use": "\ue5e5\ue7c7",
    "masks": "D员",
    "masks of X": "XX市",
    "wrong conversions": "籤約",
    "rare Han": "龘靐齉",
    "Han and kana": "的の",
    "half-width kana": "ｶﾞ",
    "Korean": "한국어",
}


def rare_questions(rng: random.Random) -> Iterator[str]:
    while True:
        yield chr(rng.randrange(0x4E00, 0x9FA5)) + "?"


def rare_characters(rng: random.Random) -> Iterator[str]:
    while True:
        yield chr(rng.randrange(0x4E00, 0x9FA5))


def high_letters(rng: random.Random) -> Iterator[str]:
    while True:
        yield chr(rng.randrange(0xC0, 0x100))


def half_valid(rng: random.Random) -> Iterator[str]:
    """Yield clauses of clean text, every other one as its UTF-8 reads in GBK."""
    for text in iter(lambda: next(documents(_LINES, 0.001, rng)), None):
        for n, clause in enumerate(text.split("，")):
            yield (damage(clause, "utf8-as-gbk", rng) or clause) if n % 2 else clause
            yield "，"


def broken_bytes(rng: random.Random) -> Iterator[str]:
    """Yield what GB18030 makes of bytes that are none, as in a binary file read as text."""
    while True:
        yield rng.randbytes(1000).decode("gb18030", "replace")


def any_characters(rng: random.Random) -> Iterator[str]:
    while True:
        yield chr(rng.choice((rng.randrange(0x20, 0x3000), rng.randrange(0x3000, 0xD800))))


_LINES = (CLEAN / "simplified.txt").read_text("utf-8").splitlines()
STREAMS: dict[str, Callable[[random.Random], Iterator[str]]] = {
    "questions between rare Han": rare_questions,
    "rare Han at random": rare_characters,
    "letters at random": high_letters,
    "half of the clauses UTF-8 in GBK": half_valid,
    "bytes at random": broken_bytes,
    "characters at random": any_characters,
}


def adversary(name: str, size: int) -> str:
    """Return *size* characters of the adversary *name*, on one line if it has no lines."""
    if name in UNITS:
        start = "&" if name.startswith("escaped") else ""
        return (start + UNITS[name] * (size // len(UNITS[name]) + 1))[:size]
    pieces: list[str] = []
    have = 0
    for piece in STREAMS[name](random.Random(name)):
        pieces.append(piece)
        have += len(piece)
        if have >= size:
            break
    return "".join(pieces)[:size]


def damage_document(text: str, kind: str, rng: random.Random) -> str:
    """Return *text* after this damage, line by line where it cannot happen to all of it at once."""
    text = plant(text, kind, rng)
    lines = text.split("\n")
    return damage(text, kind, rng) or "\n".join(damage(x, kind, rng) or x for x in lines)


# --- Times ---------------------------------------------------------------------------------------


def megabytes(text: str) -> float:
    return len(text.encode("utf-8", "surrogatepass")) / 1e6


def seconds(work: Callable[[str], object], text: str, runs: int = 3) -> float:
    best = float("inf")
    for _ in range(runs):
        start = process_time()
        work(text)
        best = min(best, process_time() - start)
        if best > ENOUGH:
            break
    return best


def speed(texts: Iterable[str], baseline: float, find: Finder) -> dict[str, Any]:
    """Return the MB a CPU second of *find* on *texts*, until enough time has gone."""
    size = spent = worst = 0.0
    edits = count = 0
    for text in texts:
        start = process_time()
        edits += len(list(find(text)))
        took = process_time() - start
        spent += took
        size += megabytes(text)
        worst = max(worst, took)
        count += 1
        if spent > ENOUGH:
            break
    rate = size / max(spent, 1e-9)
    return {
        "documents": count,
        "edits": edits,
        "MB/s": round(rate, 3),
        "of baseline": round(rate / baseline, 6),
        "slowest document, ms": round(worst * 1000, 1),
    }


def split_lines(text: str) -> int:
    return text.count("\n") + len(text.split("\n"))


def growth(name: str, longest: int, find: Finder) -> dict[str, Any]:
    """Return how the time grows with the length: 1 is linear, 2 means four times for twice."""
    size = 500
    times: list[float] = []
    while True:
        text = adversary(name, size)
        times.append(seconds(lambda t: list(find(t)), text))
        if size * 2 > longest or times[-1] > TOO_LONG:
            break
        size *= 2
    first, last = times[max(0, len(times) - 3)], times[-1]
    steps = min(2, len(times) - 1)
    exponent = math.log2(max(last, 1e-7) / max(first, 1e-7)) / max(1, steps)
    return {
        "characters": size,
        "MB": round(megabytes(text), 2),
        "seconds at n, 2n, 4n": [round(took, 4) for took in times[-3:]],
        "MB/s": round(megabytes(text) / max(last, 1e-7), 3),
        "exponent": round(exponent, 2),
        "too slow": megabytes(text) / max(last, 1e-7) < TOO_SLOW,
        "super-linear": last > TOO_SHORT and exponent > SUPER_LINEAR,
    }


MEMORY = """
import json, resource, sys, tracemalloc
from time import process_time
from corpusprep.text.mojibake import repair_edits
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6
clean = sys.stdin.read()
repair_edits(clean)
out = {"numpy after clean text": "numpy" in sys.modules, "MB after clean text": round(resident(), 1)}
try:
    from corpusprep.text import lm
except ImportError:
    lm = None
if lm:
    out["MB with numpy"] = round(resident(), 1)
    tracemalloc.start()
    start = process_time()
    lm.score("\u4e2d\u6587")
    out["CPU seconds to load the model"] = round(process_time() - start, 3)
    kept, peak = tracemalloc.get_traced_memory()
    out |= {"MB with the model": round(resident(), 1), "model, MB kept": round(kept / 1e6, 1),
            "model, MB at most while loading": round(peak / 1e6, 1)}
print(json.dumps(out))
"""


def memory() -> dict[str, Any]:
    """Return what a process has in memory before and after the language model is there."""
    clean = "".join(clean_documents("simplified", 0.1))
    done = subprocess.run(
        [sys.executable, "-c", MEMORY],
        input=clean,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(find: Finder = repair_edits) -> dict[str, Any]:
    """Return the speed on clean and damaged text, the growth on hostile text, and the memory."""
    simple, other = clean_documents("simplified", 1.0), clean_documents("traditional", 1.0)
    baseline = megabytes("".join(simple)) / sum(seconds(split_lines, text) for text in simple)
    for text in itertools.chain(with_questions(simple[:3]), DAMAGED):  # loads what is loaded once
        list(find(text))
    seeds = [path.read_text("utf-8") for path in sorted((ROOT / "seeds").glob("*.txt"))]
    clean = {
        "simplified": simple,
        "traditional": other,
        "with English": list(with_english(simple)),
        "with ASCII questions": list(with_questions(simple)),
        "seeds 000-003": seeds[:4] * 5,
    }
    damaged: dict[str, Any] = {}
    for name, kind in KINDS.items():
        rng = random.Random(name)
        texts = other if kind.script == "traditional" else simple
        found = (damage_document(text, name, rng) for text in texts)
        damaged[name] = speed(islice(filter(None, found), 100), baseline, find)
        print(name, damaged[name], file=sys.stderr, flush=True)
    hostile: dict[str, Any] = {}
    for name in (*UNITS, *STREAMS):
        hostile[name] = growth(name, 2_000_000 if name in UNITS else 250_000, find)
        print(name, hostile[name], file=sys.stderr, flush=True)
    return {
        "baseline, MB/s": round(baseline),
        "clean": {name: speed(texts, baseline, find) for name, texts in clean.items()},
        "damaged": damaged,
        "hostile": hostile,
        "super-linear": [name for name, found in hostile.items() if found["super-linear"]],
        "too slow": [name for name, found in hostile.items() if found["too slow"]],
        "memory": memory(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--finder",
        default="corpusprep.text.mojibake:repair_edits",
        help="one finder to try alone, as module:function",
    )
    module, _, function = parser.parse_args().finder.partition(":")
    find = getattr(importlib.import_module(module), function)
    print(json.dumps(measure(find), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
