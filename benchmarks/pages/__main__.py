"""Measure how much of the main text of pages is found, beside what others use, and how fast.

    python -m benchmarks.pages [--peers PYTHON [--only-peers]] [--data FOLDER] [--out FILE] [--show]

Prints a table and writes results/pages.json; takes a few minutes, most of them the peers', which run
in the interpreter PYTHON (`requirements.txt`). Needs the development pages beside the checkout, or
with --data others of the same layout (gold.py), whose figures are stored only where --out says. What
is not measured keeps its figures. --show prints the F1 of every page.

What is honest here. Most of the main texts were marked by the makers of magic-html, which was
tuned on these pages: it plays at home. The pages were also open to those who write corpusprep. The
figures to believe are those of pages of other sites (--data). Forum texts hold some names, dates
and link texts that are not anybody's words.

CPU seconds on a busy machine differ by a half from run to run. `times_the_baseline` is the time of a
tool in times of that of splitting the same pages at their tags, in the same process between the
tool's runs; `speed_of_ours` compares by that. It too differs by a third where others use the cores.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.pages import gold, peers, scores
from benchmarks.pages.peer_runs import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.pages.gold import Page
    from benchmarks.pages.peers import Result

RESULTS = gold.ROOT / "benchmarks" / "results" / "pages.json"
OURS = "corpusprep"
PACE = ("empty", "raised", "pages_per_cpu_second", "mb_per_cpu_second", "times_the_baseline")


def composition(pages: Sequence[Page]) -> dict[str, Any]:
    hosts = Counter(page.host for page in pages)
    return {
        **{name: len(numbers) for name, numbers in scores.groups(pages).items()},
        "hosts": len(hosts),
        "hosts_with_several": sum(count > 1 for count in hosts.values()),
        "megabytes": round(sum(len(page.html) for page in pages) / 1e6, 2),
    }


def measure(
    names: Sequence[str], given: argparse.Namespace, pages: list[Page]
) -> dict[str, Result]:
    """Return what each tool comes to, and say of each that is done how it went."""
    found = {}
    for name in names:
        python = None if name == OURS else given.peers
        result = peers.measure(name, python, given.data, pages)
        said = result.figures.get("failed") or result.figures.get("first_error", "done")
        print(f"{name}: {said}", file=sys.stderr, flush=True)
        found[name] = result
    return found


def table(found: Mapping[str, Result], groups: Sequence[str]) -> Table:
    """Return the figures as a table: three columns for all pages, F1 for each group."""
    shown = Table("tool", "P", "R", "F1", title="Main text of pages", box=SIMPLE_HEAD)
    for name in (*groups, *PACE):
        short = name.replace("_per_cpu_second", "/s").replace("mb", "MB")
        short = short.replace("times_the_", "x ")
        shown.add_column(short if name in PACE else f"{name} F1", justify="right")
    for name, (figures, _) in found.items():
        if "failed" not in figures:
            cells = [f"{value:.3f}" for value in figures["all"].values()]
            cells += [f"{figures[group]['f1']:.3f}" for group in groups]
            shown.add_row(name, *cells, *(str(figures[key]) for key in PACE))
    return shown


def page_table(found: Mapping[str, Result], pages: Sequence[Page]) -> Table:
    """Return the F1 of every page and tool, the pages that are hardest for all of them first."""
    tools = {name: result.scores for name, result in found.items() if result.scores}
    shown = Table("page", "genre", "characters", *tools, title="F1 by page", box=SIMPLE_HEAD)
    order = sorted(range(len(pages)), key=lambda i: sum(some[i].f1 for some in tools.values()))
    for i in order:
        size = str(len(gold.bare(pages[i].gold)))
        f1 = (f"{some[i].f1:.2f}" for some in tools.values())
        shown.add_row(pages[i].id, pages[i].genre, size, *f1)
    return shown


def show(shown: Table) -> None:
    """Print a table in the width that it needs: a cell cut short is of no use."""
    needed = Console(width=1000).measure(shown).maximum
    Console(width=max(needed, Console().width)).print(shown)


def stored(out: Path, found: Mapping[str, Result], pages: Sequence[Page]) -> dict[str, Any]:
    """Return what *out* holds with the new figures in it; a failure of ours replaces nothing."""
    results = json.loads(out.read_text("utf-8")) if out.exists() else {}
    results["pages"] = composition(pages)
    measured = {name: result.figures for name, result in found.items()}
    ours = measured.pop(OURS, {"failed": "not asked for"})
    if "failed" not in ours:
        results[OURS] = ours
        for figures in measured.values():
            if "failed" not in figures:
                pace = ours["times_the_baseline"] / figures["times_the_baseline"]
                figures["speed_of_ours"] = round(pace, 3)
    if measured:
        results["peers"] = results.get("peers", {}) | measured
    return results


def compact(found: object) -> str:
    """Return JSON in which each innermost object is one line, so that a change is seen as one."""
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return re.sub(r"\{[^{}]*\}", lambda m: re.sub(r"\n\s*", " ", m[0]), text)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the other tools")
    parser.add_argument("--only-peers", action="store_true", help="leave corpusprep out")
    parser.add_argument("--data", type=Path, default=gold.DATA, metavar="FOLDER")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to store the figures")
    parser.add_argument("--show", action="store_true", help="print the F1 of every page")
    given = parser.parse_args()
    if given.only_peers and not given.peers:
        parser.error("--only-peers needs --peers PYTHON")
    if given.out is None and given.data == gold.DATA:
        given.out = RESULTS
    return given


def main() -> None:
    given = arguments()
    if not (given.data / "manifest.jsonl").exists():
        sys.exit(f"{given.data}: no manifest.jsonl; the development pages lie beside the checkout")
    pages = gold.read_pages(given.data)
    if not pages:
        sys.exit(f"{given.data}: no page of the manifest has gold")
    names = [name for name in RUNS if (not given.only_peers if name == OURS else given.peers)]
    found = measure(names, given, pages)
    done = [result.figures for result in found.values() if result.scores]
    if not done:
        sys.exit("nothing was measured")
    groups = [key for key in (*scores.groups(pages), "by_host") if key != "all" and key in done[0]]
    show(table(found, groups))
    if given.show:
        show(page_table(found, pages))
    if given.out:
        given.out.write_text(compact(stored(given.out, found, pages)) + "\n", "utf-8")


if __name__ == "__main__":
    main()
