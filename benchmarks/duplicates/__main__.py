"""Measure how well and how fast copies are found, beside other tools; results/duplicates.json.

    python -m benchmarks.duplicates [--documents N] [--peers PYTHON] [--parts made,speed,...]

`made`: documents of our own making (generator.py), in which every copy is known: precision and
recall by kind of change against a count in plain Python (truth.py), and how alike documents are
that have nothing to do with each other. `speed`: documents per CPU second and bytes at the peak.
`settings`: other bands and lengths of runs. `web`: pages with known copies, raw and after a run.
`scale`: time, memory and disk of each stage out of core, for ten times as many documents.
Peers run on a tenth of the documents, in the interpreter PYTHON. Parts not measured keep their
figures. All of it takes about ten minutes, the peers four more.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.duplicates import peers, scale, settings, speed, truth, web
from benchmarks.duplicates.generator import LENGTH, corpus
from benchmarks.duplicates.texts import FORMS
from corpusprep.steps.duplicates import near_duplicates

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.duplicates.generator import Document

RESULTS = Path(__file__).parents[1] / "results" / "duplicates.json"
made_corpus = cache(corpus)


def made(count: int) -> dict[str, Any]:
    documents = made_corpus(count)
    known = truth.Truth(documents)
    pairs = list(known.pairs())
    labels = near_duplicates([document.text for document in documents])
    return {
        "made_of": composition(documents),
        "quality": truth.figures(known, pairs, labels),
        "kinds": truth.by_kind(pairs, labels),
        "unrelated": truth.unrelated(documents),
    }


def composition(documents: list[Document]) -> dict[str, Any]:
    copies = sum(not d.base and d.kind not in FORMS for d in documents)
    bulletins = sum(d.kind in FORMS for d in documents)
    characters = sum(len(d.text) for d in documents)
    return {
        "documents": len(documents),
        "variants": truth.rate(copies, len(documents)),
        "bulletins": truth.rate(bulletins, len(documents)),
        "characters_per_document": round(characters / len(documents)),
    }


def pace(count: int) -> dict[str, Any]:
    texts = [document.text for document in made_corpus(count)]
    return {**speed.pace(texts), "memory": speed.memory(texts)}


def out_of_core(count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        return scale.measure(Path(folder) / "work", count)


PARTS: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "web": ("web_pages", lambda _: web.measure()),
    "made": ("made_documents", made),
    "speed": ("speed", pace),
    "settings": ("settings", lambda count: settings.measure(made_corpus(count // 5))),
    "scale": ("out_of_core", lambda count: out_of_core(10 * count)),
}


def compact(found: object) -> str:
    """Return JSON in which each innermost object is one line, so that a change is seen as one."""
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda m: re.sub(r"\n\s*", " ", m[0]), text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the other tools")
    parser.add_argument("--parts", default=",".join(PARTS))
    given = parser.parse_args()
    stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    stored |= {"threshold": truth.THRESHOLD, "characters": LENGTH}
    for name in filter(None, given.parts.split(",")):
        if name not in PARTS:
            sys.exit(f"{name!r} is none of {', '.join(PARTS)}")
        key, measure = PARTS[name]
        found = measure(given.documents)
        print(f"\n{key}: {compact(found)}", flush=True)
        stored[key] = stored.get(key, found) if "skipped" in found else found
    if given.peers:
        stored["peers"] = peers.measure(made_corpus(given.documents // 10), given.peers)
    RESULTS.write_text(compact(stored) + "\n", "utf-8")


if __name__ == "__main__":
    main()
