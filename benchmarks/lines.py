"""Measure the boilerplate rules on labelled lines, on gold texts of pages, and their speed.

Run: python benchmarks/lines.py  (under a minute; writes results/lines.json)

Needs the development data beside the checkout and says so where it is absent. Figures by
document: share of the characters of good lines kept and of junk lines removed, and lines. The
seeds and most of these pages were read while the rules were written: the figures for pages of
other sites will be lower. On pages with a gold text (by human annotators) the share of gold
characters kept is given; their gold holds credits and links that the rules take on purpose.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from corpusprep.ruleset import Ruleset, load_rules
from corpusprep.steps.boilerplate import boilerplate_mask

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"


def labelled(path: Path) -> list[tuple[str, str]]:
    """Return the label (K keep, D drop, ? either) and the text of each line."""
    rows = (row.split("\t", 1) for row in path.read_text("utf-8").split("\n"))
    return [(row[0], row[1]) for row in rows if len(row) == 2 and not row[0].startswith("#")]


def share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0


def score(rows: list[tuple[str, str]]) -> dict[str, int]:
    mask = boilerplate_mask([line for _, line in rows])
    sums = dict.fromkeys(
        ("good", "good_kept", "junk", "junk_gone", "lines", "lines_gone", "lost"), 0
    )
    for (label, line), keep in zip(rows, mask, strict=True):
        if label == "K":
            sums["good"] += len(line)
            sums["good_kept"] += len(line) * keep
            sums["lost"] += not keep
        elif label == "D":
            sums["junk"] += len(line)
            sums["junk_gone"] += len(line) * (not keep)
            sums["lines"] += 1
            sums["lines_gone"] += not keep
    return sums


def figures(sums: dict[str, int]) -> dict[str, float]:
    return {
        "good_characters_kept": share(sums["good_kept"], sums["good"]),
        "junk_characters_removed": share(sums["junk_gone"], sums["junk"]),
        "junk_lines": sums["lines"],
        "junk_lines_removed": sums["lines_gone"],
        "good_lines_lost": sums["lost"],
    }


def add_up(scores: list[dict[str, int]]) -> dict[str, float]:
    return figures({key: sum(one[key] for one in scores) for key in scores[0]})


def pages() -> dict[str, float]:
    """Return how much of the gold texts stays when the rules see the whole page."""
    gold_characters = kept_characters = count = 0
    for gold_file in sorted(DATA.glob("pages/*/gold/*.txt")):
        page = gold_file.parents[1] / "txt" / gold_file.name
        if not page.exists():
            continue
        count += 1
        gold = "".join(gold_file.read_text("utf-8").split())
        lines = page.read_text("utf-8").split("\n")
        for line, keep in zip(lines, boilerplate_mask(lines), strict=True):
            bare = "".join(line.split())
            if (
                bare
                and bare in gold
                and (len(bare) >= 12 or bare in gold_file.read_text("utf-8").split())
            ):
                gold_characters += len(bare)
                kept_characters += len(bare) * keep
    return {"pages": count, "gold_characters_kept": share(kept_characters, gold_characters)}


def speed() -> dict[str, float]:
    files = sorted(DATA.glob("web/shard-*.jsonl"))
    texts = [json.loads(line)["text"] for line in files[0].open("rb")]
    size = sum(len(text.encode()) for text in texts) / 1e6
    rules, best = load_rules(), float("inf")
    for _ in range(4):  # each with an empty memory of lines; the first one compiles the regexes
        find = Ruleset(rules).find
        find("")
        start = time.process_time()
        for text in texts:
            find(text)
        best = min(best, time.process_time() - start)
    lines = sum(text.count("\n") + 1 for text in texts)
    return {
        "mb_per_second": round(size / best, 1),
        "microseconds_per_line": round(best / lines * 1e6, 2),
    }


def main() -> None:
    files = sorted((DATA / "lines").glob("*.tsv"))
    if not files:
        print(f"no labelled lines in {DATA / 'lines'}: nothing measured", file=sys.stderr)
        return
    scores = {file.stem: score(labelled(file)) for file in files}
    seeds = [one for name, one in scores.items() if name.startswith("seed_")]
    others = [one for name, one in scores.items() if not name.startswith("seed_")]
    rules = load_rules()
    results = {
        "rules": len(rules),
        "rules_hash": rules.hash[:12],
        "seeds": add_up(seeds),
        "others": add_up(others),
        "documents": {name: figures(one) for name, one in scores.items()},
        "pages": pages(),
        "speed": speed(),
    }
    text = json.dumps(results, indent=2, ensure_ascii=False)
    (HERE / "results" / "lines.json").write_text(text + "\n", "utf-8")
    print(text)


if __name__ == "__main__":
    main()
