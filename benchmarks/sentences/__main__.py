"""Measure sentence splitting, line joining and punctuation beside what others use, and how fast.

    python -m benchmarks.sentences [--treebank PATH ...] [--peers] [--parts cases,golden,...] [--show]

Writes the parts that were measured to results/sentences.json, takes a minute or two, as do the peers
(`pip install -r benchmarks/sentences/requirements.txt`), and needs the data beside the checkout:
golden cases, UD Chinese GSDSimp and CFL, documents with broken lines, and made-up web documents.
A treebank of one's own is CoNLL-U, JSONL with text and spans, or one sentence a line; the figures
to believe are those of treebanks that nobody looked at while writing the rules. --show prints what
is not right.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sentences import peers, restoring, speed, splitting, texts
from corpusprep import clean
from corpusprep.text.articles import split_articles
from corpusprep.text.reflow import join_wrapped_lines
from corpusprep.text.width import normalise

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.sentences.splitting import Figures

RESULTS = texts.ROOT / "benchmarks" / "results" / "sentences.json"
SUITES: dict[str, Callable[[str], str]] = {
    "reflow": join_wrapped_lines,
    "punctuation": normalise,
}
WAYS = {"split": {"quotes": "split"}, "keep": {"quotes": "keep"}, "ud": {"preset": "ud"}}


def cases(given: argparse.Namespace) -> Figures:
    found = {
        name: splitting.case_figures(texts.cases(name), work, show=given.show)
        for name, work in SUITES.items()
    }
    sentences = splitting.by_mode(texts.cases("sentences"), splitting.pieces, show=given.show)
    return {"sentences": sentences, **found}


def golden(given: argparse.Namespace) -> Figures:
    return {**splitting.by_mode(texts.golden(), splitting.pieces, show=given.show)}


def boundaries(given: argparse.Namespace) -> Figures:
    found: Figures = {}
    for name, bank in texts.treebanks(given.treebank).items():
        print(f"\n{name}" if given.show else "", end="")
        found[name] = {
            way: splitting.boundary_figures(
                bank, partial(splitting.pieces, **options), show=given.show and way == "ud"
            )
            for way, options in WAYS.items()
        }
    return found


def joins(given: argparse.Namespace) -> Figures:
    found = {}
    for name, file in (("reflow_zh", "reflow_zh.dev"), ("reflow_auto", "reflow_auto")):
        rows = texts.read_rows(texts.DATA / "sentences" / f"{file}.jsonl")
        wrapped = [(row["text"], [was == "J" for was in row["decisions"]]) for row in rows]
        found[name] = restoring.join_figures(wrapped, show=given.show)
    for name, bank in texts.treebanks(given.treebank).items():
        made = restoring.wrapped_documents(bank, random.Random(name))
        found[f"{name}, wrapped"] = restoring.join_figures(made, show=given.show)
    return found


def punctuation(given: argparse.Namespace) -> Figures:
    banks = texts.treebanks(given.treebank)
    sources = {name: [text for text, _ in bank] for name, bank in banks.items()}
    sources["golden"] = [case.text for case in texts.golden()]
    return {
        name: restoring.punctuation_figures(some, show=given.show) for name, some in sources.items()
    }


def articles(_: argparse.Namespace) -> Figures:
    """Return the titles found on our pages of several articles, and the single articles left whole.

    The seeds are counted only: their titles stand in the tests.
    """
    pages = texts.tables("articles")
    gold = [Counter(page["titles"]) for page in pages["splits"]]
    found = [Counter(a.title for a in split_articles(page["text"])) for page in pages["splits"]]
    whole = [len(split_articles(page["text"])) == 1 for page in pages["keeps"]]
    seeds = sorted((texts.ROOT / "seeds").glob("00[01]*.txt"))
    return {
        "titles": sum(gold, Counter()).total(),
        "titles_found": sum((g & f).total() for g, f in zip(gold, found, strict=True)),
        "titles_wrong": sum((f - g).total() for g, f in zip(gold, found, strict=True)),
        "single_articles": len(whole),
        "single_articles_left_whole": sum(whole),
        "seeds": {
            path.name[:3]: len(split_articles(clean(path.read_text("utf-8")))) for path in seeds
        },
    }


def web() -> list[str]:
    shards = sorted((texts.DATA / "web").glob("shard-*"))
    return [row["text"] for path in shards for row in texts.read_rows(path)]


def pace(_: argparse.Namespace) -> Figures:
    news = [text for bank in texts.treebanks(()).values() for text, _ in bank]
    seeds = [path.read_text("utf-8") for path in sorted((texts.ROOT / "seeds").glob("*.txt"))]
    groups = {"web": web(), "treebanks": news * 10, "seeds": seeds * 10}
    return {name: speed.speed(some) for name, some in groups.items()}


def hostile(_: argparse.Namespace) -> Figures:
    return {name: speed.hostile(unit) for name, unit in speed.HOSTILE.items()}


def others(given: argparse.Namespace) -> Figures:
    suites = {"golden": texts.golden(), "cases": texts.cases("sentences")}
    banks = texts.treebanks(given.treebank)
    documents = [text for bank in banks.values() for text, _ in bank] + web()[::10]
    return peers.measure(suites, banks, documents)


PARTS: dict[str, Callable[[argparse.Namespace], Figures]] = {
    "cases": cases,
    "golden": golden,
    "boundaries": boundaries,
    "joins": joins,
    "punctuation": punctuation,
    "articles": articles,
    "speed": pace,
    "hostile": hostile,
}


def compact(found: Figures) -> str:
    """Return JSON in which each innermost object is one line, so that a change is seen as one."""
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return re.sub(r"\{[^{}]*\}", lambda m: re.sub(r"\n\s*", " ", m[0]), text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sentences")
    parser.add_argument("--treebank", type=Path, nargs="+", default=[], metavar="PATH")
    parser.add_argument("--peers", action="store_true", help="measure other libraries too")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--show", action="store_true", help="print what is not right")
    given = parser.parse_args()
    if not texts.DATA.exists():
        sys.exit(f"{texts.DATA}: the data that this measures lie beside the checkout")
    stored = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    for name in filter(None, given.parts.split(",")):
        if name not in PARTS:
            sys.exit(f"{name!r} is none of {', '.join(PARTS)}")
        stored[name] = PARTS[name](given)
        print(f"\n{name}: {compact(stored[name])}", flush=True)
    if given.peers:
        stored["peers"] = others(given)
    RESULTS.write_text(compact(stored) + "\n", "utf-8")


if __name__ == "__main__":
    main()
