"""Train the line model on labelled pages, and measure it on sites that it did not see.

Run: python scripts/train_line_model.py [--check]   (some minutes; needs catboost, `pip install catboost`)

Reads `../shared/data/pages` and `../shared/data/lines` (page texts stay there; the labels of
pages, made by reading, are in `line_labels.tsv`: runs of K keep, D drop, ? either over the lines
that are not blank) and `line_documents/*.tsv` (pages written for this purpose, with labels).
Writes `corpusprep/models/lines.npz` and `benchmarks/results/line_model.json`; with --check only
the figures, by cross-validation over sites.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
from catboost import CatBoostClassifier

from corpusprep import linemodel
from corpusprep.ruleset import Ruleset, fold, load_rules

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
FOLDS = 10
INNER = 5
DROPOUT = (0.0, 0.35, 0.7)  # of rules: on a new site half of the wordings are new
TREES, DEPTH, RATE = 160, 5, 0.08
TIMES = 2  # each text in the chrome of so many other pages
GOOD = 3.0  # a good line lost weighs as much as so many lines of chrome left
GATE = 3
MIN_KEPT = 0.99  # of the good characters, in cross-validation


@dataclass
class Labelled:
    """A page with the label of each line that is not blank."""

    name: str
    site: str
    genre: str
    text: str
    labels: list[str]


def load() -> list[Labelled]:
    """Return all labelled pages."""
    return [*_pages(), *_tables(DATA / "lines", ""), *_tables(HERE / "line_documents", "made ")]


def _pages() -> list[Labelled]:
    manifest = [json.loads(row) for row in (DATA / "pages" / "manifest.jsonl").open()]
    about = {f"{row['source']}/{row['id']}": row for row in manifest}
    found = []
    for row in (HERE / "line_labels.tsv").read_text("utf-8").splitlines():
        name, runs = row.split("\t")
        source, page = name.split("/")
        text = (DATA / "pages" / source / "txt" / f"{page}.txt").read_text("utf-8")
        labels = [k for k, n in re.findall(r"([KD?])(\d+)", runs) for _ in range(int(n))]
        row_about = about.get(name, {})
        site = _site(row_about.get("url"), page)
        found.append(Labelled(name, site, row_about.get("genre", "article"), text, labels))
    return found


def _site(url: str | None, page: str) -> str:
    host = urlparse(url or "").hostname or ""
    if not host:
        return re.sub(r"^(?:v|list)_", "", page).split("_")[0].split(".")[0]
    parts = [p for p in host.split(".") if p not in {"com", "cn", "org", "net", "www", "gov"}]
    return parts[-1] if parts else host


SAME_SITE = {  # of the labelled lines and the pages
    "forum_discuz_csol_38672": "tiancity", "forum_discuz_csol_38733": "tiancity",
    "forum_rubychina_43661": "ruby-china", "forum_tieba_8057560733": "baidu",
    "news_sina_finance": "sina", "news_ifeng_ningbo": "ifeng", "gov_cmse": "cmse",
    "gov_kepu": "kepuchina", "gov_zjdrc": "zjdrc", "paper_dangdaishangbao_web": "cjddsb",
}  # fmt: skip
ALIAS = {"tieba": "baidu", "baijiahao": "baidu", "wechat": "weixin", "qq": "weixin", "csdn": "csdn"}


def _tables(folder: Path, prefix: str) -> list[Labelled]:
    found = []
    for path in sorted(folder.glob("*.tsv")):
        rows = path.read_text("utf-8").split("\n")
        genre = re.search(r"genre=(\w+)", rows[0])
        pairs = [r.split("\t", 1) for r in rows if "\t" in r and not r.startswith("#")]
        pairs = [p for p in pairs if p[1].strip()]
        site = SAME_SITE.get(path.stem) or prefix + re.sub(r"[-_]?\d+$", "", path.stem).split("_")[0]
        text, labels = "\n".join(p[1] for p in pairs), [p[0] for p in pairs]
        found.append(Labelled(path.stem, site, genre[1] if genre else "article", text, labels))
    return found


class Sample:
    """The pages of a variant of the rules, and what their lines are."""

    def __init__(self, docs: list[Labelled], rules: Ruleset) -> None:
        matcher = rules._matcher
        self.rules = rules.rules
        self.pages = [matcher.match(fold(doc.text)) for doc in docs]
        self.labels = []
        for doc, page in zip(docs, self.pages, strict=True):
            by_char = np.full(len(doc.text) + 1, "?")
            at, k = 0, 0
            for line in doc.text.split("\n"):
                if line.strip():
                    by_char[at : at + len(line)] = doc.labels[k]
                    k += 1
                at += len(line) + 1
            if k != len(doc.labels):
                raise SystemExit(f"{doc.name}: {k} lines, {len(doc.labels)} labels")
            self.labels.append(by_char[[s + len(page.shadow[s:e]) - len(page.shadow[s:e].lstrip()) for s, e in zip(page.start, page.end, strict=True)]])
        self.free = [np.array(page.rule) < 0 for page in self.pages]
        self.lengths = [np.array([len(t) for t in page.text]) for page in self.pages]


def train_pairs(docs: list[Labelled], sample: Sample) -> Any:
    """Return the table of pairs of characters: in how many sites they stand in chrome and in text."""
    sites: dict[str, dict[str, set[int]]] = defaultdict(lambda: {"K": set(), "D": set()})
    prose = np.zeros(linemodel.BUCKETS)
    for doc, page, labels in zip(docs, sample.pages, sample.labels, strict=True):
        for text, label in zip(page.text, labels, strict=True):
            if label in "KD":
                keys = linemodel.pair_keys(f"\n{text}\n")
                sites[doc.site][label].update(keys.tolist())
                if label == "K":
                    np.add.at(prose, keys, 1)
    count = {}
    for label in "KD":
        count[label] = np.zeros(linemodel.BUCKETS)
        for kinds in sites.values():
            count[label][list(kinds[label])] += 1
    total = {k: sum(1 for kinds in sites.values() if kinds[k]) for k in "KD"}
    odds = np.log((count["D"] + 0.4) / (total["D"] + 1)) - np.log((count["K"] + 0.4) / (total["K"] + 1))
    seen = count["D"] + count["K"]
    chrome = np.where(seen > 0, np.clip(np.rint(odds * 20), -127, 127), 0).astype(np.int64)
    logs = np.log((prose + 0.3) / (prose.sum() / 20000))
    surprise = np.clip(np.rint(logs * 10), -127, 127).astype(np.int64)
    return chrome + (surprise << 32)


def bare(doc: Labelled) -> Labelled | None:
    """Return *doc* without its chrome: most texts have none."""
    rows = _rows(doc)
    kept = [(line, label) for line, label in rows if label != "D"]
    if not kept or len(kept) == len(rows):
        return None
    return Labelled(doc.name + " bare", doc.site, doc.genre, *_joined(kept))


def transplanted(doc: Labelled, other: Labelled) -> Labelled | None:
    """Return the text of *doc* between what stands above and below the text of *other*."""
    rows, around = _rows(doc), _rows(other)
    good = [i for i, (_, label) in enumerate(around) if label == "K"]
    body = [i for i, (_, label) in enumerate(rows) if label == "K"]
    if not good or not body or (good[0] < 3 and good[-1] > len(around) - 4):
        return None
    inner = rows[body[0] : body[-1] + 1]
    mixed = around[: good[0]] + inner + around[good[-1] + 1 :]
    return Labelled(f"{doc.name} in {other.name}", doc.site, doc.genre, *_joined(mixed))


def _rows(doc: Labelled) -> list[tuple[str, str]]:
    rows, labels = [], iter(doc.labels)
    blank = ""
    for line in doc.text.split("\n"):
        if line.strip():
            rows.append((blank + line, next(labels)))
            blank = ""
        else:
            blank = "\n"
    return rows


def _joined(rows: list[tuple[str, str]]) -> tuple[str, list[str]]:
    return "\n".join(line for line, _ in rows), [label for _, label in rows]


def augmented(docs: list[Labelled], seed: int, times: int) -> list[Labelled]:
    luck = random.Random(seed)
    found = [b for doc in docs if (b := bare(doc))]
    for doc in docs:
        n = times * (2 if doc.site.startswith("made a") else 1)
        found += [transplanted(doc, luck.choice(docs)) for _ in range(n)]
    return [doc for doc in found if doc]


def make_features(docs, sample, groups, tables) -> Any:  # noqa: ANN001
    """Return the features of all lines, each page by the table of its group."""
    out: list[Any] = [None] * len(docs)
    for group, table in tables.items():
        mine = [i for i, g in enumerate(groups) if g == group]
        if not mine:
            continue
        names, columns = linemodel.features([sample.pages[i] for i in mine], sample.rules, table)
        at = 0
        for i in mine:
            n = len(sample.pages[i])
            out[i] = columns[:, at : at + n].T
            at += n
    return names, out


def boost(X, y, w, seed):  # noqa: ANN001, ANN201
    model = CatBoostClassifier(
        iterations=TREES, depth=DEPTH, learning_rate=RATE, l2_leaf_reg=6, random_seed=seed, border_count=48,
        rsm=0.3, thread_count=2, verbose=False, allow_writing_files=False, bootstrap_type="Bernoulli", subsample=0.7,
    )
    return model.fit(X, y, sample_weight=w)


def fit(docs, samples, seed=0):  # noqa: ANN001, ANN201
    """Return the table of pairs and the trees, trained on *docs*."""
    sites = sorted({doc.site for doc in docs})
    random.Random(seed).shuffle(sites)
    inner = {site: k % INNER for k, site in enumerate(sites)}
    groups = [inner[doc.site] for doc in docs]
    tables = {}
    for k in range(INNER):
        rest = [i for i, g in enumerate(groups) if g != k]
        tables[k] = train_pairs([docs[i] for i in rest], pick(samples[0], rest))
    extra = augmented(docs, seed, TIMES)
    sets = [(docs, groups, sample, 1.0 if v == 0 else 0.5) for v, sample in enumerate(samples)]
    luck = random.Random(seed)
    half = len(extra) // 2
    for part, rate in ((extra[:half], 0.0), (extra[half:], 0.4)):
        rules = Ruleset(r for r in load_rules() if luck.random() >= rate)
        sets.append((part, [inner[d.site] for d in part], Sample(part, rules), 0.5))
    pages, rows, uses, ys, ws, group_of = [], [], [], [], [], []
    for part, part_groups, sample, share in sets:
        _, found = make_features(part, sample, part_groups, tables)
        for i in range(len(part)):
            use = sample.free[i] & np.isin(sample.labels[i], ["K", "D"])
            use &= (~sample.free[i]).sum() >= GATE
            length = np.minimum(sample.lengths[i], 200)
            good = sample.labels[i] == "K"
            w = (0.3 + length / 60) / max(1, len(sample.pages[i])) ** 0.6 * share * np.where(good, GOOD, 1.0)
            pages.append(sample.pages[i]); rows.append(found[i]); uses.append(use)
            ys.append(~good); ws.append(w); group_of.append(part_groups[i])

    def gather(which, matrices):  # noqa: ANN001, ANN202
        return tuple(np.concatenate([m[i][uses[i]] for i in which]) for m in (matrices, ys, ws))

    model = boost(*(np.concatenate([m[i][uses[i]] for i in range(len(pages))]) for m in (rows, ys, ws)), seed)
    return train_pairs(docs, samples[0]), model


def pick(sample: Sample, which: list[int]) -> Any:
    part = object.__new__(Sample)
    part.rules = sample.rules
    for name in ("pages", "labels", "free", "lengths"):
        setattr(part, name, [getattr(sample, name)[i] for i in which])
    return part


def variants(docs: list[Labelled]) -> list[Sample]:
    rules = load_rules()
    found = []
    for k, rate in enumerate(DROPOUT):
        luck = random.Random(k)
        found.append(Sample(docs, Ruleset(r for r in rules if luck.random() >= rate)))
    return found


def cross_validate(docs: list[Labelled], samples: list[Sample]) -> list[Any]:
    """Return for each page how likely its lines are chrome, by a model that never saw its site."""
    sites = sorted({doc.site for doc in docs})
    random.Random(1).shuffle(sites)
    folds = {site: k % FOLDS for k, site in enumerate(sites)}
    out: list[Any] = [None] * len(docs)
    for k in range(FOLDS):
        train = [i for i, doc in enumerate(docs) if folds[doc.site] != k]
        test = [i for i, doc in enumerate(docs) if folds[doc.site] == k]
        table, model = fit([docs[i] for i in train], [pick(s, train) for s in samples])
        part = pick(samples[0], test)
        _, rows = make_features([docs[i] for i in test], part, [0] * len(test), {0: table})
        for i, found in zip(test, rows, strict=True):
            out[i] = model.predict_proba(found)[:, 1]
            if (~samples[0].free[i]).sum() < GATE:
                out[i][:] = 0
    return out


def export(model: CatBoostClassifier, table: Any, threshold: float, path: Path) -> None:
    """Write the tables that `corpusprep.linemodel` reads, and hold them against the trained model."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_model(f"{folder}/model.json", format="json")
        raw = json.loads(Path(f"{folder}/model.json").read_text("utf-8"))
    conditions: dict[tuple[int, float], int] = {}
    trees = np.zeros((len(raw["oblivious_trees"]), DEPTH), dtype=np.int16)
    leaves = np.zeros((len(trees), 1 << DEPTH), dtype=np.float32)
    for row, tree in enumerate(raw["oblivious_trees"]):
        for level, split in enumerate(tree["splits"]):
            key = split["float_feature_index"], split["border"]
            trees[row, level] = conditions.setdefault(key, len(conditions))
        depth = len(tree["splits"])
        for leaf in range(1 << DEPTH):
            leaves[row, leaf] = tree["leaf_values"][leaf & ((1 << depth) - 1)]
        trees[row, depth:] = trees[row, 0]  # a tree less deep: its last levels decide nothing
    scale, (bias,) = raw["scale_and_bias"]
    low = table.astype(np.int32)
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        path,
        chrome=low.astype(np.int8),
        prose=((table - low) >> 32).astype(np.int8),
        feature=np.array([f for f, _ in conditions], dtype=np.int16),
        border=np.array([b for _, b in conditions], dtype=np.float32),
        trees=trees,
        leaves=leaves * np.float32(scale),
        bias=np.float32(bias),
        threshold=np.float32(threshold),
    )


def report(docs, sample, out, thresholds=(0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 2)):  # noqa: ANN001, ANN201
    kinds = defaultdict(list)
    for i, doc in enumerate(docs):
        kind = "seeds" if doc.name.startswith("seed_") else "lines" if doc.name in SAME_SITE or doc.name.startswith("syn_") else "pages" if "/" in doc.name else "negatives" if re.fullmatch(r"a\d+.*", doc.name) else "made"
        kinds[kind].append(i)
        kinds["all"].append(i)
    table = {}
    for kind, which in kinds.items():
        for threshold in thresholds:
            good = kept = junk = gone = 0
            f1 = []
            for i in which:
                go = ~sample.free[i] | (out[i] > threshold)
                K, D = sample.labels[i] == "K", sample.labels[i] == "D"
                n = sample.lengths[i]
                good += n[K].sum(); kept += n[K & ~go].sum(); junk += n[D].sum(); gone += n[D & go].sum()
                tp = (K & ~go).sum(); fp = (D & ~go).sum(); fn = (K & go).sum()
                f1.append(2 * tp / max(1, 2 * tp + fp + fn) if K.any() else 1.0)
            table[f"{kind} {threshold}"] = (kept / max(1, good), gone / max(1, junk), float(np.mean(f1)))
            print(f"{kind:10s} n={len(which):3d} t={threshold:4}: good kept {kept / max(1, good):.4f} junk gone {gone / max(1, junk):.4f} macro keep-F1 {np.mean(f1):.3f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only cross-validate")
    args = parser.parse_args()
    docs = load()
    if not docs:
        sys.exit(f"no pages in {DATA}: nothing to train on")
    samples = variants(docs)
    print(len(docs), "pages,", len({d.site for d in docs}), "sites,", sum(len(d.labels) for d in docs), "lines")
    out = cross_validate(docs, samples)
    report(docs, samples[0], out)


if __name__ == "__main__":
    main()
