"""Real damage: snippets found on pages and in source code, seed 004, marks folded to ASCII.

Also the speed of normalising and decoding. Needs the development data beside the checkout and says
what is absent. Snippets are compared with white space and width folded, those of annotated pages
with both scripts folded as well; where there is no clean text (锟斤拷), nothing may change. The
snippets were open to those who wrote the rules.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from benchmarks.mojibake.damage import KINDS, damage
from benchmarks.mojibake.recovery import distance, loosely
from corpusprep.text.decode import decode
from corpusprep.text.edits import apply
from corpusprep.text.mojibake import repair, repair_edits
from corpusprep.text.script import simplify_chars
from corpusprep.text.width import normalise, normalise_edits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"

_ANNOTATION = re.compile("[(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]+[)）]")
_ASCII_MARKS = str.maketrans("，：；！？（）", ",:;!?()")


def rows(path: Path) -> Iterator[Any]:
    if not path.exists():
        print(f"no {path.name}: left out")
        return
    for line in path.read_text("utf-8").rstrip("\n").split("\n"):
        yield json.loads(line)


def snippets(*, show: bool = False) -> dict[str, str]:
    """Return how many real snippets come back, by class; those without a clean text must stay."""
    good: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in rows(DATA / "mojibake" / "real.dev.jsonl"):
        kind, old, gold = row["cls"].split("_")[0], row["damaged"], row["gold"]
        new = repair(old)
        if gold is None:
            right = new == old
        else:
            new, gold = (simplify_chars(t) if kind == "A" else t for t in (new, gold))
            right = loosely(new) == loosely(gold)
        total[kind] += 1
        good[kind] += right
        if show and not right:
            print(f"    {row['id']} damaged {old!r}\n    came    {new!r}\n    clean   {gold!r}")
    return {kind: f"{good[kind]}/{total[kind]}" for kind in sorted(total)}


def generated() -> str:
    """Return how many snippets the generator makes of their clean text: it damages as life does.

    Of classes B to D, that need no list of characters and lose no byte at random.
    """
    rng = random.Random(1)
    found = [
        any(damage(row["gold"], kind, rng) == row["damaged"] for kind in KINDS)
        for row in rows(DATA / "mojibake" / "real.dev.jsonl")
        if row["cls"][0] in "BCD" and row["gold"]
    ]
    return f"{sum(found)}/{len(found)}"


def seed_004() -> dict[str, object]:
    """Return what becomes of the seed with annotations, against its clean text in simplified."""
    seed = next((ROOT / "seeds").glob("004_*")).read_text("utf-8")
    edits = repair_edits(seed)
    repaired = apply(seed, edits)
    found: dict[str, object] = {
        "annotations": len(_ANNOTATION.findall(seed)),
        "annotations left": len(_ANNOTATION.findall(repaired)),
        "edits by class": dict(Counter(edit.rule.split(":")[0] for edit in edits)),
    }
    gold = DATA / "mojibake" / "004.gold.txt"
    if gold.exists():
        text = gold.read_text("utf-8")
        found["characters of the clean text"] = len(text)
        found["characters wrong before"] = distance(simplify_chars(text), simplify_chars(seed))
        found["characters wrong"] = distance(simplify_chars(text), simplify_chars(repaired))
    return found


def pages() -> dict[str, dict[str, int]]:
    """Return the classes of edits in development pages that have any; the pages are not all clean."""
    found = {}
    for path in sorted((DATA / "pages").glob("*/txt/*")):
        edits = repair_edits(path.read_text("utf-8", "replace"))
        if edits:
            found[path.name] = dict(Counter(edit.rule.split(":")[0] for edit in edits))
    return found


def clean_pages() -> list[str]:
    """Return the made-up web documents that nothing was done to."""
    kinds = {row["id"]: row["moji"] for row in rows(DATA / "web" / "truth.jsonl")}
    docs = (doc for path in sorted((DATA / "web").glob("shard-*.jsonl")) for doc in rows(path))
    return [doc["text"] for doc in docs if not kinds.get(doc["id"])]


def marks(clean: list[str]) -> dict[str, object]:
    """Return, of full-width marks folded to ASCII, how many normalising brings back rightly."""
    texts = random.Random(2).sample(clean, min(100, len(clean)))
    found: dict[str, object] = {}
    for mark, folded in zip("，：；！？（）", ",:;!?()", strict=True):
        back = lost = wrong = kept = 0
        for text in texts:
            edits = normalise_edits(text.translate(_ASCII_MARKS))
            new = {edit.start for edit in edits if edit.rule == "full-width-punctuation"}
            for at, char in enumerate(text):
                if char == mark:
                    back, lost = back + (at in new), lost + (at not in new)
                elif char == folded:
                    wrong, kept = wrong + (at in new), kept + (at not in new)
        found[mark] = f"{back}/{back + lost} back, {wrong} of {wrong + kept} ASCII ones became full"
    twice = sum(bool(normalise_edits(normalise(text))) for text in clean)
    return found | {"documents that change again": twice}


def speeds(clean: list[str]) -> dict[str, float]:
    """Return MB of UTF-8 (of bytes for decoding) a CPU second, the best of three."""
    folded = [text.translate(_ASCII_MARKS) for text in clean[:100]]
    whole = "".join(clean)
    jobs: dict[str, tuple[Sequence[str | bytes], Callable[[Any], object]]] = {
        "normalise": (clean, normalise_edits),
        "normalise, marks folded to ASCII": (folded, normalise_edits),
        "decode, UTF-8": ([whole.encode()], decode),
        "decode, GB18030": ([whole.encode("gb18030")], decode),
        "bytes.decode, UTF-8": ([whole.encode()], bytes.decode),
    }
    return {name: _speed(*job) for name, job in jobs.items()} if clean else {}


def _speed(texts: Sequence[str | bytes], work: Callable[[Any], object]) -> float:
    size = sum(len(text.encode() if isinstance(text, str) else text) for text in texts)
    best = float("inf")
    for _ in range(3):
        began = process_time()
        for text in texts:
            work(text)
        best = min(best, process_time() - began)
    return round(size / best / 1e6, 1)


def measure(*, show: bool = False) -> dict[str, object]:
    """Return all figures on real damage."""
    clean = clean_pages()
    found: dict[str, object] = {
        "snippets": snippets(show=show),
        "snippets that damage.py makes of their clean text": generated(),
        "seed 004": seed_004(),
        "pages with edits": pages(),
        "marks folded to ASCII": marks(clean),
        "mb_per_second": speeds(clean),
    }
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return found
