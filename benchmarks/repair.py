"""Measure decoding, repair and normalising on the development data, and store the figures.

    python benchmarks/repair.py

What is measured: real damaged snippets brought back exactly (white space and width apart, script
folded for pages that were converted), seed 004, clean documents and pages that are touched, whole
documents and spans damaged on purpose, marks restored after folding, and throughput in MB of UTF-8
per CPU second.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from corpusprep.errors import UndecodableError
from corpusprep.text.decode import decode
from corpusprep.text.edits import apply
from corpusprep.text.mojibake import repair, repair_edits
from corpusprep.text.script import recognise_script, simplify_chars
from corpusprep.text.width import normalise, normalise_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
RESULTS = ROOT / "benchmarks" / "results" / "repair.json"

PINYIN = re.compile("[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]+[)）]")
ASCII_MARKS = str.maketrans("，：；！？（）", ",:;!?()")
OPEN_BYTES = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))


def read_web() -> tuple[list[str], dict[str, list[str]]]:
    """Return the clean web documents, and the damaged ones by kind of damage."""
    rows = map(
        json.loads, (DATA / "web" / "truth.jsonl").read_text("utf-8").rstrip("\n").split("\n")
    )
    kinds = {row["id"]: row["moji"] for row in rows}
    clean, damaged = [], {}
    for path in sorted((DATA / "web").glob("shard-*.jsonl")):
        for doc in map(json.loads, path.read_text("utf-8").rstrip("\n").split("\n")):
            kind = kinds[doc["id"]]
            (damaged.setdefault(kind, []) if kind else clean).append(doc["text"])
    return clean, damaged


def speed(texts: Iterable[str | bytes], work: Callable[..., object]) -> float:
    """Return MB of UTF-8 (or of bytes) a CPU second, the best of three."""
    texts = list(texts)
    size = sum(len(t.encode() if isinstance(t, str) else t) for t in texts)
    best = 1e9
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return round(size / best / 1e6, 1)


def score_snippets() -> dict[str, str]:
    """Return how many real snippets come back exactly, by class; without gold none may change."""
    good, total = Counter(), Counter()
    for line in (DATA / "mojibake" / "real.dev.jsonl").read_text("utf-8").rstrip("\n").split("\n"):
        row = json.loads(line)
        kind, old, gold = row["cls"].split("_")[0], row["damaged"], row["gold"]
        new = repair(old)
        total[kind] += 1
        if gold is None:
            good[kind] += new == old
        else:
            good[kind] += bones(simplify_chars(new) if kind == "A" else new) == bones(gold)
    return {kind: f"{good[kind]}/{total[kind]}" for kind in sorted(total)}


def bones(text: str) -> str:
    return "".join(text.translate(ASCII_MARKS).split())


def read_sloppily(data: bytes) -> str:
    return "".join(chr(b) if b in OPEN_BYTES else bytes([b]).decode("cp1252") for b in data)


def damage_spans(text: str, encoding: str, rng: random.Random) -> str:
    """Return *text* with eight characters of three lines in ten read in the wrong encoding."""

    def damage(line: str) -> str:
        if len(line) <= 12 or rng.random() > 0.3:
            return line
        at = rng.randrange(len(line) - 8)
        return line[:at] + read_sloppily(line[at : at + 8].encode(encoding)) + line[at + 8 :]

    return "\n".join(map(damage, text.split("\n")))


def score_damage(texts: list[str]) -> dict[str, str]:
    """Return how many of *texts* come back exactly from damage done on purpose."""
    rng = random.Random(1)
    ways: dict[str, Callable[[str], str]] = {
        "utf-8 as latin-1": lambda t: t.encode().decode("latin-1"),
        "utf-8 as cp1252": lambda t: read_sloppily(t.encode()),
        "utf-8 as latin-1 twice": lambda t: t.encode().decode("latin-1").encode().decode("latin-1"),
        "utf-8 as cp1252, lost bytes U+FFFD": lambda t: t.encode().decode("cp1252", "replace"),
        "gb18030 as latin-1": lambda t: t.encode("gb18030").decode("latin-1"),
        "gb18030 as cp1252": lambda t: read_sloppily(t.encode("gb18030")),
        "big5 as latin-1": lambda t: t.encode("big5hkscs").decode("latin-1"),
        "spans, utf-8 as cp1252": lambda t: damage_spans(t, "utf-8", rng),
        "spans, gb18030 as cp1252": lambda t: damage_spans(t, "gb18030", rng),
        "spans, big5 as cp1252": lambda t: damage_spans(t, "big5hkscs", rng),
    }
    figures = {}
    traditional = [
        t.encode("big5hkscs", "ignore").decode("big5hkscs")
        for t in texts
        if recognise_script(t) == "traditional"
    ]
    for name, damage in ways.items():
        good = total = 0
        for text in traditional if "big5" in name else texts[:100]:
            try:
                damaged = damage(text)
            except UnicodeEncodeError:
                continue
            total += 1
            good += repair(damaged) == repair(text)
        figures[name] = f"{good}/{total}"
    return figures


def score_decoding(texts: list[str]) -> dict[str, float]:
    """Return the share of pieces of 10, 30 and 100 characters that decode to what they were."""
    rng = random.Random(1)
    figures = {}
    for encoding in ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be", "hz"):
        for length in (10, 30, 100):
            good = total = 0
            while total < 300:
                text = rng.choice(texts)
                at = rng.randrange(max(1, len(text) - length))
                piece = text[at : at + length]
                if sum("\u4e00" <= c <= "\u9fff" for c in piece) < 2:
                    continue
                try:
                    data = piece.encode(encoding)
                except UnicodeEncodeError:
                    data = b"".join(c.encode(encoding, "ignore") for c in piece)
                    piece = data.decode(encoding)
                total += 1
                good += _reads(data, piece)
            figures[f"{encoding} {length}"] = round(good / total, 3)
    return figures


def _reads(data: bytes, want: str) -> bool:
    try:
        return decode(data).text == want
    except UndecodableError:
        return False


def score_marks(texts: list[str]) -> dict[str, str]:
    """Return, of marks folded to ASCII, how many come back, and how many wrongly become full."""
    figures = {}
    for mark, folded in zip("，：；！？（）", ",:;!?()", strict=True):
        back = lost = wrong = kept = 0
        for text in texts:
            flat = text.translate(ASCII_MARKS)
            new = {e.start for e in normalise_edits(flat) if e.rule == "full-width-punctuation"}
            for at, char in enumerate(text):
                if char == mark:
                    back, lost = back + (at in new), lost + (at not in new)
                elif char == folded:
                    wrong, kept = wrong + (at in new), kept + (at not in new)
        figures[mark] = (
            f"{back}/{back + lost} back, {wrong} of {wrong + kept} that were ASCII became full"
        )
    return figures


def page_texts() -> Iterator[tuple[str, str]]:
    for path in sorted((DATA / "pages").glob("*/txt/*")):
        yield path.name, path.read_text("utf-8", "replace")


def main() -> None:
    if not DATA.is_dir():
        print(f"skipped: no development data in {DATA.name}/ beside the checkout")
        return
    clean, damaged = read_web()
    rng = random.Random(2)
    sample = rng.sample(clean, 100)
    seed = next((ROOT / "seeds").glob("004_*")).read_text("utf-8")
    edits = repair_edits(seed)
    other = [t for _, texts in damaged.items() for t in texts]
    figures = {
        "snippets (A pinyin, B utf-8 as gbk, C gbk as latin, D utf-8 as cp1252, E lost, F-H other)": (
            score_snippets()
        ),
        "seed 004": {
            "annotations removed": len(edits),
            "nothing else touched": apply(seed, edits) == PINYIN.sub("", seed),
        },
        "clean web documents with edits, by rule": {
            "documents": len(clean),
            **Counter(rule for t in clean for rule in {e.rule for e in repair_edits(t)}),
        },
        "damaged web documents without Latin mojibake after repair": {
            kind: f"{sum(not re.search('[À-ÿ]', repair(t)) for t in texts)}/{len(texts)}"
            for kind, texts in sorted(damaged.items())
            if "as-latin1" in kind or "cp1252" in kind
        },
        "pages with edits": {name: len(e) for name, t in page_texts() if (e := repair_edits(t))},
        "documents brought back from damage": score_damage(sample + clean),
        "pieces decoded": score_decoding(clean),
        "marks restored after folding (web)": score_marks(sample),
        "normalising twice": {
            "documents that change again": sum(bool(normalise_edits(normalise(t))) for t in clean)
        },
        "MB per CPU second": {
            "repair, clean web": speed(clean, repair_edits),
            "repair, damaged web": speed(other, repair_edits),
            "normalise, nothing to do": speed(
                [re.sub(r"[,:;!?() \t]", "", normalise(t)).strip() for t in clean], normalise_edits
            ),
            "normalise, web": speed(clean, normalise_edits),
            "normalise, web folded to ASCII marks": speed(
                [t.translate(ASCII_MARKS) for t in sample], normalise_edits
            ),
            "decode, UTF-8": speed(["".join(clean).encode()], decode),
            "bytes.decode, UTF-8": speed(["".join(clean).encode()], bytes.decode),
            "decode, GB18030": speed(["".join(clean).encode("gb18030")], decode),
        },
    }
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
