"""Train the model of page blocks on pages with main text, and measure it on sites it did not see.

Run: python scripts/train_page_model.py FOLDER... [--check]

Each FOLDER has a `manifest.jsonl` with `html`, `gold` and `url` as in `../shared/data/pages`, whose
texts stay there. A block's label is the share of its character 4-grams that the gold has. Logistic
regression (iteratively reweighted least squares) in numpy; a page weighs as much as the root of its
length. Writes `corpusprep/models/blocks.npz` and the figures of the cross-validation by site to
`benchmarks/results/page_model.json`; with --check they are only printed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from corpusprep.page import main
from corpusprep.page.blocks import describe
from corpusprep.page.html import read_page
from corpusprep.pipeline import extract

HERE = Path(__file__).resolve().parent
MODEL_OF_THE_PACKAGE = main._model  # noqa: SLF001 - put back after each fold
RIDGE = 10.0  # 3 to 30 give the same figures
ROUNDS = 60


class Page(NamedTuple):
    """A page with its gold, its features, and a label and a weight for each of its blocks."""

    site: str
    genre: str
    data: bytes
    url: str
    gold: str
    features: Any
    labels: Any
    weights: Any


def main_() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    pages = [page for folder in options.folders for page in read_pages(folder)]
    figures = {
        "pages": len(pages),
        "sites": len({page.site for page in pages}),
        "unseen_sites": cross_validate(pages),
    }
    main._model = MODEL_OF_THE_PACKAGE  # noqa: SLF001 - as in judge
    model = fit(pages)
    if not options.check:
        save(model, main.MODEL)
    figures["seen"] = judge(pages, lambda _: model)
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    if not options.check:
        target = HERE.parent / "benchmarks" / "results" / "page_model.json"
        target.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def read_pages(folder: Path) -> list[Page]:
    found = []
    for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if not row.get("gold"):
            continue
        data = (folder / row["html"]).read_bytes()
        gold = (folder / row["gold"]).read_text(encoding="utf-8")
        url = row.get("url") or ""
        doc = read_page(data, row["id"], url=url, ignore_optout=True)
        described = describe(doc)
        labels = [label(doc.text[b.start : b.end], gold) for b in described.blocks]
        weights = np.sqrt(np.clip(described.units, 1, 400))
        host = urlsplit(url).netloc or row["id"]
        site = ".".join(host.split(".")[-2:])
        weights = weights / max(1.0, weights.sum()) ** 0.5 * 10
        found.append(
            Page(site, row["genre"], data, url, gold, described.features, np.array(labels), weights)
        )
    return found


def grams(text: str) -> Counter[str]:
    text = re.sub(r"\s+", "", text)
    return Counter(text[i : i + 4] for i in range(max(1, len(text) - 3)))


def label(text: str, gold: str) -> float:
    bare = re.sub(r"\s+", "", text)
    if len(bare) < 8:
        return float(bool(bare) and bare in re.sub(r"\s+", "", gold))
    own = grams(bare)
    return sum((own & grams(gold)).values()) / sum(own.values())


def fit(pages: list[Page]) -> dict[str, Any]:
    features = np.concatenate([page.features for page in pages if len(page.labels)])
    labels = np.concatenate([page.labels for page in pages])
    weights = np.concatenate([page.weights for page in pages])
    mean, scale = features.mean(0), features.std(0) + 1e-6
    columns = np.column_stack((np.ones(len(labels)), (features - mean) / scale))
    found = np.zeros(columns.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-columns @ found))
        spread = weights * chance * (1 - chance) + 1e-6
        curvature = (columns * spread[:, None]).T @ columns + RIDGE * np.eye(len(found))
        step = np.linalg.solve(curvature, columns.T @ (weights * (labels - chance)) - RIDGE * found)
        found += np.clip(step, -2, 2)
        if abs(step).max() < 1e-4:
            break
    return {"mean": mean, "scale": scale, "weights": found[1:], "bias": found[0]}


def save(model: dict[str, Any], path: Path) -> None:
    np.savez_compressed(path, **{k: np.asarray(v, np.float64) for k, v in model.items()})


def cross_validate(pages: list[Page]) -> dict[str, Any]:
    models = {
        site: fit([page for page in pages if page.site != site]) for site in {p.site for p in pages}
    }
    return judge(pages, lambda page: models[page.site])


def judge(pages: list[Page], model_of: Any) -> dict[str, Any]:
    """Return precision, recall and F1 of character 4-grams by genre, means over pages."""
    rows = defaultdict(list)
    for page in pages:
        model = model_of(page)
        main._model = lambda model=model: (  # noqa: SLF001 - the model of this page's fold
            model["mean"], model["scale"], model["weights"], float(model["bias"])
        )  # fmt: skip
        text = extract(page.data, page.url).text
        own, gold = grams(text), grams(page.gold)
        common = sum((own & gold).values())
        precision, recall = common / sum(own.values()), common / sum(gold.values())
        f1 = 2 * precision * recall / (precision + recall) if common else 0.0
        rows[page.genre].append((precision, recall, f1))
        if len(page.gold) < 300 and page.genre != "forum":
            rows["under 300 characters"].append((precision, recall, f1))
    return {
        genre: {
            "pages": len(found),
            **dict(
                zip(("precision", "recall", "f1"), np.mean(found, 0).round(4).tolist(), strict=True)
            ),
        }
        for genre, found in sorted(rows.items())
    }


if __name__ == "__main__":
    sys.exit(main_())
