"""The texts with their labels and main texts, and what a system's choice of lines comes to.

A system's choice for a text is a mask over its lines that are not blank: True where a line stays.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE_LABELS = ROOT / "scripts" / "line_labels.tsv"
GRAM = 4  # characters, white space left out

Mask = Sequence[bool]


class Text(NamedTuple):
    """A document; *labels* (K keep, D drop, ? either) are those of its lines that are not blank."""

    name: str
    text: str
    labels: str = ""
    gold: str = ""  # the main text, where people marked it
    forum: bool = False

    @property
    def lines(self) -> list[str]:
        """The lines that are not blank."""
        return [line for line in self.text.split("\n") if line.strip()]


def labelled_lines() -> dict[str, list[Text]]:
    """Return the seeds, the other labelled documents, the pages and the negatives that are there."""
    documents = list(map(_table, sorted((DATA / "lines").glob("*.tsv"))))
    groups = {
        "seeds": [text for text in documents if text.name.startswith("seed_")],
        "documents": [text for text in documents if not text.name.startswith("seed_")],
        "pages": [text for text in pages() if text.labels],
        "negatives": list(map(_table, sorted((HERE / "negatives").glob("*.tsv")))),
    }
    return {name: texts for name, texts in groups.items() if texts}


def _table(path: Path) -> Text:
    rows = (row.split("\t", 1) for row in path.read_text("utf-8").split("\n"))
    pairs = [row for row in rows if len(row) == 2 and not row[0].startswith("#")]
    labels = "".join(label for label, line in pairs if line.strip())
    return Text(path.stem, "\n".join(line for _, line in pairs), labels)


def pages() -> Iterator[Text]:
    """Yield the pages of the development data, with their labels and main texts if they have any."""
    runs = dict(row.split("\t") for row in PAGE_LABELS.read_text("utf-8").splitlines())
    for path in sorted(DATA.glob("pages/*/txt/*.txt")):
        source = path.parents[1]
        name = f"{source.name}/{path.stem}"
        gold = source / "gold" / path.name
        text = Text(
            name,
            path.read_text("utf-8"),
            "".join(k * int(n) for k, n in re.findall(r"([KD?])(\d+)", runs.get(name, ""))),
            gold.read_text("utf-8") if gold.exists() else "",
            name in _forums(),
        )
        if text.labels and len(text.labels) != len(text.lines):
            raise SystemExit(f"{name}: {len(text.lines)} lines, {len(text.labels)} labels")
        yield text


@cache
def _forums() -> set[str]:
    rows = map(json.loads, (DATA / "pages" / "manifest.jsonl").open(encoding="utf-8"))
    return {f"{row['source']}/{row['id']}" for row in rows if row["genre"] == "forum"}


def marked_texts() -> dict[str, list[Text]]:
    """Return the pages with a main text that people marked, articles and forums apart."""
    marked = [text for text in pages() if text.gold]
    groups = {
        "articles": [text for text in marked if not text.forum],
        "forums": [text for text in marked if text.forum],
    }
    return {name: texts for name, texts in groups.items() if texts}


def line_figures(texts: Iterable[Text], masks: Mapping[str, Mask]) -> dict[str, float]:
    """Return how well the good lines of *texts* are kept and the junk removed.

    Characters are those of whole lines, without white space around them. `keep_f1` is the mean over
    documents of the F1 of the kept lines; documents without a good line have none.
    """
    sums: Counter[str] = Counter()
    f1 = []
    for text in texts:
        rows = list(zip(text.labels, text.lines, masks[text.name], strict=True))
        found = Counter((label, keep) for label, _, keep in rows)
        for label, line, keep in rows:
            sums[f"{label} {keep} lines"] += 1
            sums[f"{label} {keep}"] += len(line.strip())
        if good := found["K", True] + found["K", False]:
            f1.append(2 * found["K", True] / (good + found["K", True] + found["D", True]))
    return {
        "keep_f1": round(fmean(f1), 4),
        "good_characters_kept": _share(sums["K True"], sums["K False"]),
        "junk_characters_removed": _share(sums["D False"], sums["D True"]),
        "good_lines": sums["K True lines"] + sums["K False lines"],
        "good_lines_lost": sums["K False lines"],
        "junk_lines": sums["D True lines"] + sums["D False lines"],
        "junk_lines_removed": sums["D False lines"],
    }


def text_figures(texts: Sequence[Text], masks: Mapping[str, Mask]) -> dict[str, float]:
    """Return means over *texts* of how the kept text and the main text share their 4-grams.

    `good_characters_kept` is of the lines that are found in the main text, all pages together.
    """
    scores, kept, lost = [], 0, 0
    for text in texts:
        lines = list(zip(text.lines, masks[text.name], strict=True))
        scores.append(_gram_scores("".join(line for line, keep in lines if keep), text.gold))
        bare_gold, words = _bare(text.gold), set(text.gold.split())
        for line, keep in lines:
            bare = _bare(line)
            if bare in words or (len(bare) >= 12 and bare in bare_gold):
                kept += len(bare) * keep
                lost += len(bare) * (not keep)
    precision, recall, f1 = (round(fmean(column), 4) for column in zip(*scores, strict=True))
    return {
        "pages": len(texts),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "good_characters_kept": _share(kept, lost),
    }


def _gram_scores(found: str, gold: str) -> tuple[float, float, float]:
    mine, theirs = _grams(found), _grams(gold)
    both = (mine & theirs).total()
    precision = both / mine.total() if mine else 0.0
    recall = both / theirs.total() if theirs else 0.0
    return precision, recall, 2 * both / max(1, mine.total() + theirs.total())


def _grams(text: str) -> Counter[str]:
    text = _bare(text)
    return Counter(text[i : i + GRAM] for i in range(len(text) - GRAM + 1))


def _bare(text: str) -> str:
    return "".join(text.split())


def _share(part: int, rest: int) -> float:
    return round(part / (part + rest), 4) if part + rest else 1.0


def choose(system: Callable[[Text], list[bool]], texts: Iterable[Text]) -> dict[str, list[bool]]:
    """Return the mask of each text by name."""
    return {name: system(text) for name, text in {text.name: text for text in texts}.items()}


def held_out() -> tuple[str, dict[str, list[bool]]]:
    """Return the masks by models that never saw a text's site, and the hash of the rules used.

    `scripts/train_line_model.py` writes them; without them both are empty.
    """
    path = HERE / "held_out.json"
    if not path.exists():
        return "", {}
    stored = json.loads(path.read_text("utf-8"))
    masks = {name: [k == "1" for k in mask] for name, mask in stored["masks"].items()}
    return stored["rules"], masks
